#include "base/time.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static _Atomic bool faked;
static _Atomic int64_t fake_wall_ns, fake_mono_ns;

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * PYR_NS_PER_S + t.tv_nsec;
}

int64_t pyr_wall_ns(void)
{
    return atomic_load(&faked) ? atomic_load(&fake_wall_ns) : clock_ns(CLOCK_REALTIME);
}

int64_t pyr_mono_ns(void)
{
    return atomic_load(&faked) ? atomic_load(&fake_mono_ns) : clock_ns(CLOCK_MONOTONIC);
}

int64_t pyr_thread_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void pyr_time_fake(int64_t wall_ns, int64_t mono_ns)
{
    atomic_store(&fake_wall_ns, wall_ns);
    atomic_store(&fake_mono_ns, mono_ns);
    atomic_store(&faked, true);
}

void pyr_time_fake_advance(int64_t ns)
{
    atomic_fetch_add(&fake_wall_ns, ns);
    atomic_fetch_add(&fake_mono_ns, ns);
}

void pyr_time_real(void)
{
    atomic_store(&faked, false);
}
