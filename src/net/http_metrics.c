#include "net/http_metrics.h"
#include "base/assert.h"
#include "net/server.h"
#include <stdatomic.h>
#include <stdio.h>

static const char *const class_names[] = {
    [PYR_WORK_INGEST] = "ingest", [PYR_WORK_QUERY] = "query", [PYR_WORK_LOOP] = "loop"};

static const char *const refusal_names[PYR_REFUSED_COUNT] = {
    [PYR_REFUSED_SYNTAX] = "syntax",     [PYR_REFUSED_HEAD_SIZE] = "head_size", [PYR_REFUSED_BODY_SIZE] = "body_size",
    [PYR_REFUSED_ENCODING] = "encoding", [PYR_REFUSED_ROUTE] = "route",         [PYR_REFUSED_SLOW] = "slow_client",
    [PYR_REFUSED_BUSY] = "busy",         [PYR_REFUSED_MEMORY] = "memory",       [PYR_REFUSED_FLOOD] = "flood",
};

/* Seconds; ingest acknowledgements are milliseconds, long queries tens of seconds. */
static const double bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

static double inflight_bytes(void *ctx)
{
    return (double)pyr_inflight_used(&((struct pyr_http_server *)ctx)->inflight);
}
static double inflight_limit(void *ctx)
{
    return (double)((struct pyr_http_server *)ctx)->inflight.limit;
}
static double connections(void *ctx)
{
    return (double)atomic_load(&((struct pyr_http_server *)ctx)->connections);
}
static double exchanges(void *ctx)
{
    return (double)atomic_load(&((struct pyr_http_server *)ctx)->exchanges);
}

void pyr_http_metrics_init(struct pyr_http_metrics *m, struct pyr_http_server *s)
{
    for (size_t i = 0; i < PYR_REFUSED_COUNT; i++) {
        const struct pyr_metric_label label = {"reason", pyr_str_of(refusal_names[i])};
        m->refused[i] = pyr_counter("pyroscope_http_refused_total",
                                    "Requests and connections that no handler was asked about, by reason.", &label, 1);
    }
    for (size_t i = 0; i < PYR_COUNT_OF(class_names); i++) {
        const struct pyr_metric_label label = {"class", pyr_str_of(class_names[i])};
        m->seconds[i] =
            pyr_histogram("pyroscope_http_request_seconds", "From the last byte of a request to its answer.", bounds,
                          PYR_COUNT_OF(bounds), &label, 1);
    }
    m->received_bytes = pyr_counter("pyroscope_http_received_bytes_total", "Bytes read from clients.", NULL, 0);
    m->sent_bytes = pyr_counter("pyroscope_http_sent_bytes_total", "Bytes written to clients.", NULL, 0);
    m->accepted = pyr_counter("pyroscope_http_connections_total", "Connections accepted.", NULL, 0);
    pyr_gauge_callback("pyroscope_http_inflight_bytes", "Bytes that requests and responses hold.", inflight_bytes, s);
    pyr_gauge_callback("pyroscope_http_inflight_bytes_limit", "Reading stops at so many.", inflight_limit, s);
    pyr_gauge_callback("pyroscope_http_connections", "Open connections.", connections, s);
    pyr_gauge_callback("pyroscope_http_requests_inflight", "Requests not answered yet.", exchanges, s);
}

void pyr_http_metrics_end(struct pyr_http_server *s)
{
    pyr_metric_callback_remove(s);
}

/* Series are made the first time a status is answered and then found without a lock. */
static struct pyr_metric *requests_of(enum pyr_work_class work, int status)
{
    static _Atomic(struct pyr_metric *) known[PYR_COUNT_OF(class_names)][600];
    PYR_ASSERT(work <= PYR_WORK_LOOP && status >= 100 && status < 600);
    struct pyr_metric *m = atomic_load_explicit(&known[work][status], memory_order_acquire);
    if (m != NULL)
        return m;
    char text[8];
    (void)snprintf(text, sizeof(text), "%d", status);
    const struct pyr_metric_label labels[] = {{"class", pyr_str_of(class_names[work])}, {"code", pyr_str_of(text)}};
    m = pyr_counter("pyroscope_http_requests_total", "Requests answered, by class of work and HTTP status.", labels, 2);
    atomic_store_explicit(&known[work][status], m, memory_order_release);
    return m;
}

void pyr_http_metrics_request(struct pyr_http_metrics *m, enum pyr_work_class work, int status, double seconds)
{
    pyr_metric_add(requests_of(work, status), 1);
    pyr_metric_observe(m->seconds[work], seconds);
}
