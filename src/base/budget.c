#include "base/budget.h"
#include "base/assert.h"
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool pyr_budget_take(struct pyr_budget *b, size_t bytes)
{
    size_t used = atomic_load(&b->used), sum;
    do {
        if (__builtin_add_overflow(used, bytes, &sum) || sum > b->limit)
            return false;
    } while (!atomic_compare_exchange_weak(&b->used, &used, sum));
    return true;
}

/* Until `given` is no longer `seen`, or `until` has passed. */
static void sleep_while(_Atomic uint32_t *given, uint32_t seen, const struct timespec *until)
{
    /* The BITSET form takes an absolute time of CLOCK_MONOTONIC. */
    (void)syscall(SYS_futex, given, FUTEX_WAIT_BITSET_PRIVATE, seen, until, NULL, FUTEX_BITSET_MATCH_ANY);
}

static bool passed(const struct timespec *until)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}

bool pyr_budget_wait(struct pyr_budget *b, size_t bytes, int64_t timeout_ns)
{
    enum { NS_PER_S = 1000000000 };
    if (pyr_budget_take(b, bytes))
        return true;
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    const int64_t ns = until.tv_nsec + timeout_ns % NS_PER_S;
    until.tv_sec += timeout_ns / NS_PER_S + ns / NS_PER_S;
    until.tv_nsec = ns % NS_PER_S;

    bool taken;
    atomic_fetch_add(&b->waiting, 1);
    for (;;) {
        /* Whoever gives after the failed attempt sees that somebody waits, and changes what was seen before it. */
        const uint32_t seen = atomic_load(&b->given);
        taken = pyr_budget_take(b, bytes);
        if (taken || passed(&until))
            break;
        sleep_while(&b->given, seen, &until);
    }
    atomic_fetch_sub(&b->waiting, 1);
    return taken;
}

void pyr_budget_give(struct pyr_budget *b, size_t bytes)
{
    if (bytes == 0)
        return;
    const size_t before = atomic_fetch_sub(&b->used, bytes);
    PYR_ASSERT(before >= bytes);
    if (atomic_load(&b->waiting) == 0)
        return;
    atomic_fetch_add(&b->given, 1);
    (void)syscall(SYS_futex, &b->given, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

size_t pyr_budget_used(const struct pyr_budget *b)
{
    return atomic_load(&b->used);
}
