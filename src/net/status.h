/* status.h - the one table from our error codes to HTTP, gRPC and Connect. */
#ifndef PYR_NET_STATUS_H
#define PYR_NET_STATUS_H
#include "base/err.h"

struct pyr_status {
    int http;            /* plain handlers and Connect */
    int grpc;            /* grpc-status */
    const char *connect; /* "invalid_argument" */
};
/* Any code, unknown ones as internal. */
const struct pyr_status *pyr_status_of(pyr_err err);
#endif
