/* time_arg.h - times as the HTTP APIs take them (from, until, startTime, ...).
 *
 * '_', ',' and spaces are left out. All digits: eight that are a date are YYYYMMDD (UTC midnight); otherwise an epoch, in
 * milliseconds with 13 digits, microseconds with 16, nanoseconds with 19, else seconds. A number with a decimal point is
 * seconds. An RFC 3339 time is itself. Anything else is an offset from now: what stands before the first '+' or '-' is
 * not looked at ("now-1h", "-30min", "now-1h30m"); then integers with units by their first letters: s; min or m; h; d;
 * w; M or mon (30 days); y (365 days); an unknown unit counts nothing. Empty is now. No input is an error. */
#ifndef PYR_PROFILE_TIME_ARG_H
#define PYR_PROFILE_TIME_ARG_H
#include "base/span.h"

/* Nanoseconds since 1970, saturating. `now_ns` likewise. */
int64_t pyr_time_arg(struct pyr_str text, int64_t now_ns);
/* The same; `*finer` tells whether the text gave more than whole seconds (then a time identifies an upload). */
int64_t pyr_time_arg_precise(struct pyr_str text, int64_t now_ns, bool *finer);
#endif
