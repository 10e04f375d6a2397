/* saturate.h - sums and products of 64 bits that stop at the largest or the smallest number. */
#ifndef PYR_BASE_SATURATE_H
#define PYR_BASE_SATURATE_H
#include <stdint.h>

static inline int64_t pyr_add_saturating(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_expect(__builtin_add_overflow(a, b, &sum), 0))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

static inline int64_t pyr_mul_saturating(int64_t a, int64_t b)
{
    int64_t product;
    if (__builtin_expect(__builtin_mul_overflow(a, b, &product), 0))
        return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
    return product;
}
#endif
