/* status.h - the one table from our error codes to HTTP, gRPC and Connect. */
#ifndef PYR_NET_STATUS_H
#define PYR_NET_STATUS_H
#include "base/err.h"

struct pyr_status {
    int http;            /* plain handlers */
    int grpc;            /* grpc-status */
    const char *connect; /* "invalid_argument" */
    int connect_http;    /* the HTTP status Connect prescribes for that code */
};
/* Any code, unknown ones as internal. */
const struct pyr_status *pyr_status_of(pyr_err err);

/* The "code" of the JSON error body that plain handlers answer with this HTTP status: "invalid_argument", "unknown". */
const char *pyr_status_plain_code(int http);
/* grpc-status for an answer that was refused with an HTTP status before any handler ran. */
int pyr_status_grpc_of_http(int http);
/* "Not Found"; "Status" for one without a name. */
const char *pyr_status_reason(int http);
#endif
