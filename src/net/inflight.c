#include "net/inflight.h"
#include "base/assert.h"
#include <stdatomic.h>

void pyr_inflight_init(struct pyr_inflight *f, size_t limit)
{
    *f = (struct pyr_inflight){.limit = limit};
}

static bool may_overdraw(struct pyr_inflight *f, const void *who)
{
    const void *expected = NULL;
    return atomic_load(&f->privileged) == who || atomic_compare_exchange_strong(&f->privileged, &expected, who);
}

bool pyr_inflight_take(struct pyr_inflight *f, const void *who, size_t bytes)
{
    PYR_ASSERT(who != NULL);
    /* Never too much for a moment: another's bytes that do fit would be refused, and nobody would wake it. */
    size_t used = atomic_load(&f->used);
    while (used <= f->limit && bytes <= f->limit - used)
        if (atomic_compare_exchange_weak(&f->used, &used, used + bytes))
            return true;
    if (!may_overdraw(f, who))
        return false;
    atomic_fetch_add(&f->used, bytes);
    return true;
}

void pyr_inflight_force(struct pyr_inflight *f, size_t bytes)
{
    atomic_fetch_add(&f->used, bytes);
}

bool pyr_inflight_give(struct pyr_inflight *f, size_t bytes)
{
    if (bytes == 0)
        return false;
    const size_t before = atomic_fetch_sub(&f->used, bytes);
    PYR_ASSERT(before >= bytes);
    return atomic_load(&f->waiting) != 0;
}

bool pyr_inflight_leave(struct pyr_inflight *f, const void *who)
{
    const void *expected = who;
    if (atomic_load(&f->privileged) != who || !atomic_compare_exchange_strong(&f->privileged, &expected, NULL))
        return false;
    return atomic_load(&f->waiting) != 0;
}

void pyr_inflight_wait(struct pyr_inflight *f)
{
    atomic_fetch_add(&f->waiting, 1);
}

void pyr_inflight_unwait(struct pyr_inflight *f)
{
    const unsigned before = atomic_fetch_sub(&f->waiting, 1);
    PYR_ASSERT(before != 0);
}

bool pyr_inflight_unasked(struct pyr_inflight *f, size_t bytes)
{
    if (atomic_fetch_add(&f->unasked, bytes) + bytes <= f->limit || !pyr_inflight_full(f))
        return true;
    pyr_inflight_settled(f, bytes);
    return false;
}

void pyr_inflight_settled(struct pyr_inflight *f, size_t bytes)
{
    const size_t before = atomic_fetch_sub(&f->unasked, bytes);
    PYR_ASSERT(before >= bytes);
}

bool pyr_inflight_full(const struct pyr_inflight *f)
{
    return atomic_load(&f->used) >= f->limit;
}

size_t pyr_inflight_used(const struct pyr_inflight *f)
{
    return atomic_load(&f->used);
}
