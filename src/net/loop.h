/* loop.h - one event loop: a thread, the connections it owns, and an inbox for the other threads. Internal to net.
 *
 * Everything here is the loop's own thread's, but for the fields under "any thread". */
#ifndef PYR_NET_LOOP_H
#define PYR_NET_LOOP_H
#include "net/server.h"
#include <pthread.h>
#include <uv.h>

struct pyr_connection;
struct pyr_exchange;

enum { PYR_LOOP_READ_BYTES = 64 << 10 };

enum pyr_loop_event {                      /* bits */
                      PYR_LOOP_DRAIN = 1,  /* answer what is there, then close */
                      PYR_LOOP_ABORT = 2,  /* close every connection now */
                      PYR_LOOP_STOP = 4,   /* leave the loop; no connection is open any more */
                      PYR_LOOP_RESUME = 8, /* bytes were given back to the budget */
};

struct pyr_loop {
    struct pyr_http_server *server;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    uv_poll_t accept; /* the first loop's */
    bool accepting, accept_open;
    pthread_t thread;

    struct pyr_connection *connections;           /* all open ones */
    struct pyr_exchange *waiting, **waiting_last; /* for bytes of the budget, first come first */
    struct pyr_exchange *spare;                   /* for reuse */
    unsigned spare_count;
    struct pyr_http_header *headers; /* scratch of headers_max */
    uint8_t *read;                   /* scratch of PYR_LOOP_READ_BYTES */
    int64_t now_ns;                  /* monotonic, at the last event */
    int64_t drain_since_ns;          /* 0 = not draining */
    int64_t date_s;
    char date[32]; /* "Sun, 06 Nov 1994 08:49:37 GMT" of date_s */

    /* any thread */
    _Atomic unsigned connection_count;
    _Atomic unsigned events;
    _Atomic(struct pyr_exchange *) finished;   /* answered by their handlers: newest first */
    _Atomic(struct pyr_connection *) arrivals; /* accepted by the first loop: newest first */
};

PYR_MUST_USE pyr_err pyr_loop_start(struct pyr_loop *l, struct pyr_http_server *s);
/* Posts STOP, joins, frees. All connections are closed. */
void pyr_loop_stop(struct pyr_loop *l);
/* Any thread. */
void pyr_loop_post(struct pyr_loop *l, enum pyr_loop_event event);
void pyr_loop_finish(struct pyr_loop *l, struct pyr_exchange *ex);
/* Text for the Date header. */
const char *pyr_loop_date(struct pyr_loop *l);
#endif
