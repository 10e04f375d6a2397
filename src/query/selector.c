#include "query/selector.h"
#include "base/assert.h"

enum { FIRST_CAP = 8 };

void pyr_selector_init(struct pyr_selector *s, struct pyr_arena *arena)
{
    *s = (struct pyr_selector){.arena = arena};
}

/* The regular expression of a matcher that has one. */
static struct pyr_regex *regex_of(const struct pyr_matcher *m)
{
    return m->predicate == pyr_regex_predicate ? m->ctx : NULL;
}

void pyr_selector_free(struct pyr_selector *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        pyr_regex_free(regex_of(&s->matchers[i]));
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
    s->cap = cap;
    return PYR_OK;
}

/* Takes over the regular expression, also when it fails. */
static pyr_err add(struct pyr_selector *s, struct pyr_matcher m, struct pyr_diag *diag)
{
    const pyr_err err = make_room(s, diag);
    if (err == PYR_OK)
        s->matchers[s->count++] = m;
    else
        pyr_regex_free(regex_of(&m));
    return err;
}

pyr_err pyr_selector_add_equal(struct pyr_selector *s, struct pyr_str name, bool negated, struct pyr_str value,
                               struct pyr_diag *diag)
{
    return add(s, (struct pyr_matcher){.name = name, .negated = negated, .equal = value}, diag);
}

pyr_err pyr_selector_add_predicate(struct pyr_selector *s, struct pyr_str name,
                                   bool (*predicate)(void *ctx, struct pyr_str value), void *ctx, struct pyr_diag *diag)
{
    return add(s, (struct pyr_matcher){.name = name, .predicate = predicate, .ctx = ctx}, diag);
}

pyr_err pyr_selector_add_regex(struct pyr_selector *s, struct pyr_str name, bool negated, struct pyr_str pattern,
                               bool anchored, struct pyr_diag *diag)
{
    struct pyr_regex *re;
    PYR_TRY(pyr_regex_compile(pattern, anchored, s->arena, &re, diag));
    return add(s, (struct pyr_matcher){.name = name, .negated = negated, .predicate = pyr_regex_predicate, .ctx = re},
               diag);
}

void pyr_selector_remove(struct pyr_selector *s, uint32_t i)
{
    PYR_ASSERT(i < s->count);
    pyr_regex_free(regex_of(&s->matchers[i]));
    s->matchers[i] = s->matchers[--s->count];
}

pyr_err pyr_selector_check(const struct pyr_selector *s, struct pyr_diag *diag)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (regex_of(&s->matchers[i]) != NULL)
            PYR_TRY(pyr_regex_failed(regex_of(&s->matchers[i]), diag));
    return PYR_OK;
}
