/* time.h - clocks. Wall time in nanoseconds since 1970 (UTC), monotonic time in nanoseconds. Tests may set both. */
#ifndef PYR_BASE_TIME_H
#define PYR_BASE_TIME_H
#include <stdint.h>

#define PYR_NS_PER_S INT64_C(1000000000)
#define PYR_NS_PER_MS INT64_C(1000000)

int64_t pyr_wall_ns(void);
int64_t pyr_mono_ns(void);
int64_t pyr_thread_cpu_ns(void); /* CPU time of the calling thread */

/* Tests: from now on both clocks stand still at these values, until advanced or released. */
void pyr_time_fake(int64_t wall_ns, int64_t mono_ns);
void pyr_time_fake_advance(int64_t ns);
void pyr_time_real(void);
#endif
