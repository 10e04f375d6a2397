/* inflight.h - the one budget of bytes in flight: what requests and responses of all connections hold. At its limit
 * reading stops, and starts again as bytes are given back. Lock-free; any thread.
 *
 * Requests that arrive piece by piece could each hold a part and wait for each other for ever. So one request at a time,
 * the first that finds the budget empty, may overdraw it, until it has given back all it holds: the bytes held are at
 * most the limit, one request and its response, the responses of requests that were already admitted, and as much as the
 * limit again of what HTTP/2 clients send within their windows. */
#ifndef PYR_NET_INFLIGHT_H
#define PYR_NET_INFLIGHT_H
#include <stdbool.h>
#include <stddef.h>

struct pyr_inflight {
    _Atomic size_t used;
    size_t limit;
    _Atomic(const void *) privileged; /* who may overdraw */
    _Atomic unsigned waiting;         /* how many wait for bytes */
    _Atomic size_t unasked;           /* bytes that came though no more was asked for */
};

void pyr_inflight_init(struct pyr_inflight *f, size_t limit);
/* False: nothing was taken, `who` has to wait: pyr_inflight_wait, then try once more, then sleep. */
bool pyr_inflight_take(struct pyr_inflight *f, const void *who, size_t bytes);
/* For bytes that are already there: always counts them. */
void pyr_inflight_force(struct pyr_inflight *f, size_t bytes);
/* True when somebody waits and should be woken. */
bool pyr_inflight_give(struct pyr_inflight *f, size_t bytes);
/* `who` holds nothing any more. True: as above. */
bool pyr_inflight_leave(struct pyr_inflight *f, const void *who);
void pyr_inflight_wait(struct pyr_inflight *f);
void pyr_inflight_unwait(struct pyr_inflight *f);
/* What a client may send before it is told to wait (HTTP/2 windows) is kept, and counted here besides, until the budget
 * has room. False: so much of it is there, as much as the limit, that it is to be refused. */
bool pyr_inflight_unasked(struct pyr_inflight *f, size_t bytes);
void pyr_inflight_settled(struct pyr_inflight *f, size_t bytes);
bool pyr_inflight_full(const struct pyr_inflight *f);
size_t pyr_inflight_used(const struct pyr_inflight *f);
#endif
