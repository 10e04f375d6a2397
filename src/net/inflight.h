/* inflight.h - the one budget of bytes in flight: what requests and responses of all connections hold. At its limit
 * reading stops, and starts again as bytes are given back. Lock-free; any thread.
 *
 * Requests that arrive piece by piece could each hold a part and wait for each other for ever. So one request at a time,
 * the first that finds the budget empty, may overdraw it, until it has given back all it holds: the bytes held are at
 * most the limit, one request and its response, and the responses of requests that were already admitted. */
#ifndef PYR_NET_INFLIGHT_H
#define PYR_NET_INFLIGHT_H
#include <stdbool.h>
#include <stddef.h>

struct pyr_inflight {
    _Atomic size_t used;
    size_t limit;
    _Atomic(const void *) privileged; /* who may overdraw */
    _Atomic unsigned waiting;         /* how many wait for bytes */
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
/* Past twice the limit what arrives unasked is refused, not kept. */
bool pyr_inflight_flooded(const struct pyr_inflight *f);
size_t pyr_inflight_used(const struct pyr_inflight *f);
#endif
