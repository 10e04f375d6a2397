#include "base/completion.h"
#include "base/assert.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

void pyr_join_init(struct pyr_join *j, unsigned pending, struct pyr_completion *then)
{
    PYR_ASSERT(pending != 0 && then != NULL);
    *j = (struct pyr_join){.pending = pending, .then = then};
}

void pyr_join_done(struct pyr_join *j, pyr_err err, const struct pyr_diag *diag)
{
    /* Only the part that sets `failed` writes the diagnostics, before it counts itself out: the last part reads them
     * after all others have. */
    if (err != PYR_OK && atomic_exchange(&j->failed, 1) == 0) {
        if (diag != NULL)
            j->diag = *diag;
        j->diag.code = err;
    }
    const unsigned before = atomic_fetch_sub(&j->pending, 1);
    PYR_ASSERT(before != 0);
    if (before == 1)
        pyr_complete(j->then, j->diag.code, j->diag.code != PYR_OK ? &j->diag : NULL);
}

static void waiter_done(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag)
{
    struct pyr_waiter *w = (struct pyr_waiter *)self;
    w->err = err;
    if (diag != NULL)
        w->diag = *diag;
    atomic_store(&w->done, 1);
    /* The waiter may be gone by now; waking an address nobody waits on does nothing. */
    (void)syscall(SYS_futex, &w->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void pyr_waiter_init(struct pyr_waiter *w)
{
    *w = (struct pyr_waiter){.completion = {waiter_done}};
}

pyr_err pyr_waiter_wait(struct pyr_waiter *w)
{
    while (atomic_load(&w->done) == 0)
        (void)syscall(SYS_futex, &w->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return w->err;
}
