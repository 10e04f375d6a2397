/* server.h - what the loops of one server share. Internal to net. */
#ifndef PYR_NET_SERVER_H
#define PYR_NET_SERVER_H
#include "base/lock.h"
#include "net/http.h"
#include "net/http_metrics.h"
#include "net/inflight.h"
#include "net/routes.h"

struct pyr_loop;

struct pyr_http_server {
    struct pyr_http_settings settings;
    struct pyr_routes routes;
    struct pyr_route not_found; /* for paths without one */
    struct pyr_inflight inflight;
    struct pyr_http_metrics metrics;
    int listener; /* -1 once closed */
    unsigned port;
    struct pyr_loop *loops;
    unsigned loop_count;
    _Atomic unsigned connections; /* open ones */
    _Atomic unsigned exchanges;   /* requests that are not answered yet, those of clients gone included */
    _Atomic unsigned senders;     /* threads that are in pyr_loop_finish: the server must not go before they are out */
    _Atomic bool draining;
    _Atomic unsigned undrained; /* loops that have not heard of it yet */

    struct pyr_mutex lock; /* PYR_RANK_NET; guards nothing but the sleep of drain and free */
    struct pyr_cond quiet; /* one of the counts above went to 0 */
};

/* From the loops, after one of the counts went to 0. */
void pyr_http_server_quiet(struct pyr_http_server *s);
/* Wakes every loop: bytes were given back and somebody waits for them. */
void pyr_http_server_resume(struct pyr_http_server *s);
#endif
