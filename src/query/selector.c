#include "query/selector.h"
#include "base/assert.h"

enum { FIRST_CAP = 8 };

void pyr_selector_init(struct pyr_selector *s, struct pyr_arena *arena)
{
    *s = (struct pyr_selector){.arena = arena};
}

void pyr_selector_free(struct pyr_selector *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        pyr_regex_free(s->regexes[i]);
    s->count = 0;
}

static pyr_err make_room(struct pyr_selector *s, struct pyr_diag *diag)
{
    if (s->count < s->cap)
        return PYR_OK;
    if (s->count == PYR_SELECTOR_MATCHERS_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "a query has at most %d label matchers", PYR_SELECTOR_MATCHERS_MAX);
    const uint32_t cap = s->cap == 0 ? FIRST_CAP : s->cap * 2;
    struct pyr_matcher *matchers =
        pyr_arena_regrow(s->arena, s->matchers, s->cap * sizeof(*matchers), cap * sizeof(*matchers));
    if (matchers == NULL)
        return PYR_E_NOMEM;
    s->matchers = matchers;
    struct pyr_regex **regexes =
        pyr_arena_regrow(s->arena, s->regexes, s->cap * sizeof(*regexes), cap * sizeof(*regexes));
    if (regexes == NULL)
        return PYR_E_NOMEM;
    s->regexes = regexes;
    s->cap = cap;
    return PYR_OK;
}

static pyr_err add(struct pyr_selector *s, struct pyr_matcher m, struct pyr_regex *regex, struct pyr_diag *diag)
{
    const pyr_err err = make_room(s, diag);
    if (err != PYR_OK) {
        pyr_regex_free(regex);
        return err;
    }
    s->matchers[s->count] = m;
    s->regexes[s->count++] = regex;
    return PYR_OK;
}

pyr_err pyr_selector_add_equal(struct pyr_selector *s, struct pyr_str name, bool negated, struct pyr_str value,
                               struct pyr_diag *diag)
{
    return add(s, (struct pyr_matcher){.name = name, .negated = negated, .equal = value}, NULL, diag);
}

pyr_err pyr_selector_add_predicate(struct pyr_selector *s, struct pyr_str name,
                                   bool (*predicate)(void *ctx, struct pyr_str value), void *ctx, struct pyr_diag *diag)
{
    return add(s, (struct pyr_matcher){.name = name, .predicate = predicate, .ctx = ctx}, NULL, diag);
}

pyr_err pyr_selector_add_regex(struct pyr_selector *s, struct pyr_str name, bool negated, struct pyr_str pattern,
                               bool anchored, struct pyr_diag *diag)
{
    struct pyr_regex *re;
    PYR_TRY(pyr_regex_compile(pattern, anchored, s->arena, &re, diag));
    return add(s, (struct pyr_matcher){.name = name, .negated = negated, .predicate = pyr_regex_predicate, .ctx = re},
               re, diag);
}

void pyr_selector_remove(struct pyr_selector *s, uint32_t i)
{
    PYR_ASSERT(i < s->count);
    pyr_regex_free(s->regexes[i]);
    s->count--;
    s->matchers[i] = s->matchers[s->count];
    s->regexes[i] = s->regexes[s->count];
}

pyr_err pyr_selector_check(const struct pyr_selector *s, struct pyr_diag *diag)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->regexes[i] != NULL)
            PYR_TRY(pyr_regex_failed(s->regexes[i], diag));
    return PYR_OK;
}
