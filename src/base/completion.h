/* completion.h - "tell me when it is done": what a log record carries so that the log knows nothing of requests. */
#ifndef PYR_BASE_COMPLETION_H
#define PYR_BASE_COMPLETION_H
#include "base/err.h"

/* Lives in the waiter's struct. `fn` runs exactly once, on whichever thread finished the work; it must be short and must
 * not block. `diag` is valid during the call only, and NULL on success. */
struct pyr_completion {
    void (*fn)(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag);
};

static inline void pyr_complete(struct pyr_completion *c, pyr_err err, const struct pyr_diag *diag)
{
    c->fn(c, err, diag);
}

/* Completes `then` once `pending` parts have called pyr_join_done; the first error wins. */
struct pyr_join {
    _Atomic unsigned pending;
    _Atomic int failed; /* 0 or 1 */
    struct pyr_diag diag;
    struct pyr_completion *then;
};
void pyr_join_init(struct pyr_join *j, unsigned pending, struct pyr_completion *then);
void pyr_join_done(struct pyr_join *j, pyr_err err, const struct pyr_diag *diag);

/* A completion one can wait for (tests, command line). */
struct pyr_waiter {
    struct pyr_completion completion; /* first: hand out &w.completion */
    _Atomic int done;                 /* a futex word */
    pyr_err err;
    struct pyr_diag diag;
};
void pyr_waiter_init(struct pyr_waiter *w);
pyr_err pyr_waiter_wait(struct pyr_waiter *w);
#endif
