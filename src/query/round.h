/* round.h - a double to the nearest integer, halves away from zero, saturating; NaN is 0. */
#ifndef PYR_QUERY_ROUND_H
#define PYR_QUERY_ROUND_H
#include <stdint.h>

static inline int64_t pyr_round_i64(double v)
{
    if (!(v > -0x1p63 && v < 0x1p63))
        return v >= 0x1p63 ? INT64_MAX : v <= -0x1p63 ? INT64_MIN : 0;
    if (v >= 0x1p52 || v <= -0x1p52) /* an integer already; adding a half would round it */
        return (int64_t)v;
    return (int64_t)(v < 0 ? v - 0.5 : v + 0.5);
}
#endif
