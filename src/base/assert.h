/* assert.h - PYR_ASSERT states what the code relies on and is always compiled in: it prints expression, file, line and
 * a backtrace to standard error, then aborts. PYR_DASSERT is for whole scans, debug builds only (PYR_DEBUG).
 * Bytes from disk or network never assert. */
#ifndef PYR_BASE_ASSERT_H
#define PYR_BASE_ASSERT_H

_Noreturn void pyr_assert_failed(const char *expr, const char *file, int line);

#define PYR_ASSERT(x) ((__builtin_expect(!!(x), 1)) ? (void)0 : pyr_assert_failed(#x, __FILE__, __LINE__))
#ifdef PYR_DEBUG
#define PYR_DASSERT(x) PYR_ASSERT(x)
#else
#define PYR_DASSERT(x) ((void)sizeof(x))
#endif
#endif
