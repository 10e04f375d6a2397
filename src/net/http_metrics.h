/* http_metrics.h - what the server counts: pyroscope_http_*. Any thread. */
#ifndef PYR_NET_HTTP_METRICS_H
#define PYR_NET_HTTP_METRICS_H
#include "base/metrics.h"
#include "net/http.h"

enum pyr_http_refusal {
    PYR_REFUSED_SYNTAX, /* not HTTP, or not one we read */
    PYR_REFUSED_HEAD_SIZE,
    PYR_REFUSED_BODY_SIZE,
    PYR_REFUSED_ENCODING, /* content that does not decode */
    PYR_REFUSED_ROUTE,    /* 404, 405 */
    PYR_REFUSED_SLOW,     /* timeouts against slow clients, both ways */
    PYR_REFUSED_BUSY,     /* a pool's queue was full */
    PYR_REFUSED_MEMORY,
    PYR_REFUSED_FLOOD, /* HTTP/2: resets, settings, pings */
    PYR_REFUSED_COUNT
};

struct pyr_http_metrics {
    struct pyr_metric *refused[PYR_REFUSED_COUNT];
    struct pyr_metric *seconds[PYR_WORK_LOOP + 1];
    struct pyr_metric *received_bytes, *sent_bytes, *accepted;
};

struct pyr_http_server;
void pyr_http_metrics_init(struct pyr_http_metrics *m, struct pyr_http_server *s);
void pyr_http_metrics_end(struct pyr_http_server *s);
void pyr_http_metrics_request(struct pyr_http_metrics *m, enum pyr_work_class work, int status, double seconds);
#endif
