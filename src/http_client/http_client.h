/* http_client.h - one HTTP request at a time, blocking, over libcurl. http and https; gzip answers are inflated;
 * redirects are not followed. Any thread. */
#ifndef PYR_HTTP_CLIENT_HTTP_CLIENT_H
#define PYR_HTTP_CLIENT_HTTP_CLIENT_H
#include "base/buf.h"
#include "base/err.h"

struct pyr_http_call {
    const char *url;
    const char *const *headers; /* "Name: value", NULL at the end; or NULL */
    int64_t timeout_ns;         /* for all of it */
};

struct pyr_http_reply {
    int status;
    struct pyr_buf body; /* the caller's, initialised with the most bytes it takes */
};

/* An answer of any status is PYR_OK. PYR_E_INVALID: the URL; PYR_E_TOOBIG: the answer is over the body's maximum;
 * PYR_E_DEADLINE; PYR_E_UNAVAILABLE: no connection, or it broke. The message names the URL. */
PYR_MUST_USE pyr_err pyr_http_get(const struct pyr_http_call *call, struct pyr_http_reply *reply,
                                  struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_http_post(const struct pyr_http_call *call, struct pyr_span body, struct pyr_http_reply *reply,
                                   struct pyr_diag *diag);
#endif
