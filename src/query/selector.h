/* selector.h - label matchers of a query, from PromQL's metric selector, `name{a="x",b!~"y.*"}`, or from FlameQL (query/flameql.h).
 *
 * The selector and all it refers to are the arena's, but for PCRE2's memory: pyr_selector_free. */
#ifndef PYR_QUERY_SELECTOR_H
#define PYR_QUERY_SELECTOR_H
#include "query/regex.h"
#include "storage/store.h"

enum { PYR_SELECTOR_MATCHERS_MAX = 256 };

struct pyr_selector {
    struct pyr_arena *arena;
    struct pyr_matcher *matchers;
    uint32_t count, cap;
};

void pyr_selector_init(struct pyr_selector *s, struct pyr_arena *arena);
void pyr_selector_free(struct pyr_selector *s);

/* Strings are kept by reference. PYR_E_NOMEM, PYR_E_INVALID over PYR_SELECTOR_MATCHERS_MAX. */
PYR_MUST_USE pyr_err pyr_selector_add_equal(struct pyr_selector *s, struct pyr_str name, bool negated,
                                            struct pyr_str value, struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_selector_add_predicate(struct pyr_selector *s, struct pyr_str name,
                                                bool (*predicate)(void *ctx, struct pyr_str value), void *ctx,
                                                struct pyr_diag *diag);
/* Also PYR_E_INVALID: the pattern is no good. */
PYR_MUST_USE pyr_err pyr_selector_add_regex(struct pyr_selector *s, struct pyr_str name, bool negated,
                                            struct pyr_str pattern, bool anchored, struct pyr_diag *diag);

/* Adds the matchers of a PromQL metric selector to those that are there: all have to match. Quotes are " ' or `; names
 * may be quoted; a metric name in front is __name__; {} is every series; an empty text is an error. Regular expressions
 * are anchored. PYR_E_INVALID: `parsing label selector "...": 1:5: parse error: ...`. */
PYR_MUST_USE pyr_err pyr_selector_parse(struct pyr_selector *s, struct pyr_str text, struct pyr_diag *diag);

/* Takes one out; the order of the others is not kept. */
void pyr_selector_remove(struct pyr_selector *s, uint32_t i);

/* Once the matchers were used: PYR_E_LIMIT when a regular expression gave up. */
PYR_MUST_USE pyr_err pyr_selector_check(const struct pyr_selector *s, struct pyr_diag *diag);
#endif
