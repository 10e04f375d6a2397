/* regex_syntax.h - whether a pattern is one of RE2's, before PCRE2 sees it. PCRE2 knows more (back references, looking
 * around, recursion, possessive repeats, callouts, verbs): what RE2 lacks is refused with the message that clients of
 * the peer know, so that patterns mean the same here and there, and so that the constructs with exponential cost by
 * design never run. Source of the grammar: github.com/google/re2/wiki/Syntax. */
#ifndef PYR_QUERY_REGEX_SYNTAX_H
#define PYR_QUERY_REGEX_SYNTAX_H
#include "base/err.h"
#include "base/span.h"

enum { PYR_REGEX_PATTERN_BYTES_MAX = 16 << 10, PYR_REGEX_DEPTH_MAX = 200, PYR_REGEX_REPEAT_MAX = 1000 };

/* PYR_E_INVALID with "error parsing regexp: <what>: `<where>`". */
PYR_MUST_USE pyr_err pyr_regex_check(struct pyr_str pattern, struct pyr_diag *diag);
#endif
