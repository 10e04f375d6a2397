/* fail.h - a benchmark that cannot go on says why and ends. */
#ifndef PYR_BENCH_FAIL_H
#define PYR_BENCH_FAIL_H
#include "base/err.h"

_Noreturn void load_fail(const char *fmt, ...) PYR_PRINTF(1, 2);
#define LOAD_CHECK(x) ((x) ? (void)0 : load_fail("%s:%d: %s does not hold", __FILE__, __LINE__, #x))
#endif
