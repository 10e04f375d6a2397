/* regex.h - regular expressions of label matchers: RE2's syntax (query/regex_syntax.h), run by PCRE2.
 *
 * A hostile pattern costs at most its budget. A match that needs more steps than a limit is tried again by the
 * algorithm that does not backtrack; after PYR_REGEX_EXPENSIVE_MAX such values, or one that is too much for that one
 * too, the expression gives up: it matches nothing more and says so (pyr_regex_failed), and the query fails.
 *
 * Literals and alternations of literals, which is what most matchers are, `.*` and `.+` never reach PCRE2. */
#ifndef PYR_QUERY_REGEX_H
#define PYR_QUERY_REGEX_H
#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

enum { PYR_REGEX_EXPENSIVE_MAX = 32 };
struct pyr_regex;

/* The regex and a copy of what it needs of the pattern are the arena's, but for PCRE2's part: pyr_regex_free. One thread
 * at a time. `anchored`: the whole value has to match. PYR_E_INVALID as of pyr_regex_check; PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_regex_compile(struct pyr_str pattern, bool anchored, struct pyr_arena *arena,
                                       struct pyr_regex **out, struct pyr_diag *diag);
void pyr_regex_free(struct pyr_regex *re);
bool pyr_regex_match(struct pyr_regex *re, struct pyr_str value);
/* The same as a predicate of struct pyr_matcher. */
bool pyr_regex_predicate(void *re, struct pyr_str value);
/* Whether it gave up: PYR_E_LIMIT naming the pattern, else PYR_OK. To be asked once the values have been. */
PYR_MUST_USE pyr_err pyr_regex_failed(const struct pyr_regex *re, struct pyr_diag *diag);
/* Whether values are compared without PCRE2 (tests). */
bool pyr_regex_is_literal(const struct pyr_regex *re);
#endif
