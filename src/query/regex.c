#include "query/regex.h"
#include "query/regex_syntax.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    MATCH_STEPS_MAX = 200000,
    MATCH_HEAP_KIB_MAX = 1024,
    DFA_STEPS_MAX = 200000,
    DFA_WORKSPACE_INTS = 4096,
    LITERALS_MAX = 1024,
};

enum kind { KIND_LITERALS, KIND_ANY_LINE, KIND_ANY_LINE_NONEMPTY, KIND_PCRE };

struct pyr_regex {
    enum kind kind;
    bool anchored, gave_up;
    unsigned expensive;
    struct pyr_str pattern;
    struct pyr_str *literals;
    uint32_t literal_count;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    int *workspace;
    struct pyr_arena *arena;
};

static bool is_meta(char c)
{
    return strchr("\\.+*?()|[]{}^$", c) != NULL && c != '\0';
}

/* Splits a pattern of literals and | into `literals`; false when it is something else. */
static bool split_literals(struct pyr_regex *re)
{
    uint32_t count = 1;
    for (size_t i = 0; i < re->pattern.len; i++) {
        count += re->pattern.ptr[i] == '|';
        if (is_meta(re->pattern.ptr[i]) && re->pattern.ptr[i] != '|')
            return false;
    }
    if (count > LITERALS_MAX || (re->literals = PYR_ARENA_ARRAY(re->arena, struct pyr_str, count)) == NULL)
        return false;
    struct pyr_str rest = re->pattern;
    for (uint32_t i = 0; i < count; i++) {
        const ptrdiff_t bar = pyr_str_find(rest, '|');
        const size_t len = bar < 0 ? rest.len : (size_t)bar;
        re->literals[i] = (struct pyr_str){rest.ptr, len};
        rest = (struct pyr_str){rest.ptr + len + (bar >= 0), rest.len - len - (bar >= 0)};
    }
    re->literal_count = count;
    return true;
}

static enum kind kind_of(struct pyr_regex *re)
{
    if (pyr_str_eq(re->pattern, PYR_STR(".*")))
        return KIND_ANY_LINE;
    if (pyr_str_eq(re->pattern, PYR_STR(".+")))
        return KIND_ANY_LINE_NONEMPTY;
    return split_literals(re) ? KIND_LITERALS : KIND_PCRE;
}

static pyr_err compile_failed(int code, struct pyr_str pattern, struct pyr_diag *diag)
{
    char message[160];
    if (code == PCRE2_ERROR_NOMEMORY)
        return PYR_E_NOMEM;
    pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof(message));
    return pyr_fail(diag, PYR_E_INVALID, "error parsing regexp: %s: `%.*s`", message, PYR_STR_ARG(pattern));
}

static pyr_err compile_code(struct pyr_regex *re, struct pyr_diag *diag)
{
    const struct pyr_str wrapped =
        pyr_arena_printf(re->arena, re->anchored ? "^(?:%.*s)$" : "(?:%.*s)", PYR_STR_ARG(re->pattern));
    pcre2_compile_context *limits = pcre2_compile_context_create(NULL);
    if (wrapped.ptr == NULL || limits == NULL) {
        pcre2_compile_context_free(limits);
        return PYR_E_NOMEM;
    }
    int code;
    PCRE2_SIZE offset;
    pcre2_set_parens_nest_limit(limits, PYR_REGEX_DEPTH_MAX + 8);
    re->code = pcre2_compile((PCRE2_SPTR)wrapped.ptr, wrapped.len,
                             PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &code, &offset, limits);
    pcre2_compile_context_free(limits);
    if (re->code == NULL)
        return compile_failed(code, re->pattern, diag);
    /* Without JIT (no executable memory allowed) the interpreter runs, under the same limits. */
    (void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
    return PYR_OK;
}

static pyr_err prepare_match(struct pyr_regex *re)
{
    re->match = pcre2_match_data_create(1, NULL);
    re->context = pcre2_match_context_create(NULL);
    if (re->match == NULL || re->context == NULL)
        return PYR_E_NOMEM;
    pcre2_set_match_limit(re->context, MATCH_STEPS_MAX);
    pcre2_set_depth_limit(re->context, MATCH_STEPS_MAX);
    pcre2_set_heap_limit(re->context, MATCH_HEAP_KIB_MAX);
    return PYR_OK;
}

pyr_err pyr_regex_compile(struct pyr_str pattern, bool anchored, struct pyr_arena *arena, struct pyr_regex **out,
                          struct pyr_diag *diag)
{
    PYR_TRY(pyr_regex_check(pattern, diag));
    struct pyr_regex *re = PYR_ARENA_NEW(arena, struct pyr_regex);
    if (re == NULL)
        return PYR_E_NOMEM;
    *re = (struct pyr_regex){.arena = arena, .anchored = anchored, .pattern = pyr_arena_str(arena, pattern)};
    if (re->pattern.ptr == NULL)
        return PYR_E_NOMEM;
    re->kind = kind_of(re);
    pyr_err err = PYR_OK;
    if (re->kind == KIND_PCRE) {
        err = compile_code(re, diag);
        if (err == PYR_OK)
            err = prepare_match(re);
    }
    if (err != PYR_OK) {
        pyr_regex_free(re);
        return err;
    }
    *out = re;
    return PYR_OK;
}

void pyr_regex_free(struct pyr_regex *re)
{
    if (re == NULL)
        return;
    pcre2_match_context_free(re->context);
    pcre2_match_data_free(re->match);
    pcre2_code_free(re->code);
    re->context = NULL;
    re->match = NULL;
    re->code = NULL;
}

static bool match_literals(const struct pyr_regex *re, struct pyr_str value)
{
    for (uint32_t i = 0; i < re->literal_count; i++) {
        const struct pyr_str l = re->literals[i];
        if (re->anchored ? pyr_str_eq(l, value) : l.len == 0 || memmem(value.ptr, value.len, l.ptr, l.len) != NULL)
            return true;
    }
    return false;
}

/* Another algorithm: no backtracking, cost bounded by states times length; slower where the first one does well. */
static bool match_without_backtracking(struct pyr_regex *re, struct pyr_str value)
{
    if (re->workspace == NULL)
        re->workspace = PYR_ARENA_ARRAY(re->arena, int, DFA_WORKSPACE_INTS);
    if (re->workspace == NULL || ++re->expensive > PYR_REGEX_EXPENSIVE_MAX) {
        re->gave_up = true;
        return false;
    }
    pcre2_set_match_limit(re->context, DFA_STEPS_MAX);
    const int rc = pcre2_dfa_match(re->code, (PCRE2_SPTR)value.ptr, value.len, 0, PCRE2_DFA_SHORTEST, re->match,
                                   re->context, re->workspace, DFA_WORKSPACE_INTS);
    pcre2_set_match_limit(re->context, MATCH_STEPS_MAX);
    re->gave_up = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
    return rc >= 0;
}

static bool match_pcre(struct pyr_regex *re, struct pyr_str value)
{
    /* Text that is not UTF-8 matches nothing but by the shortcuts above. */
    if (re->gave_up || !pyr_utf8_valid(value, &(size_t){0}))
        return false;
    const int rc =
        pcre2_match(re->code, (PCRE2_SPTR)value.ptr, value.len, 0, PCRE2_NO_UTF_CHECK, re->match, re->context);
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
        return rc >= 0;
    return match_without_backtracking(re, value);
}

bool pyr_regex_match(struct pyr_regex *re, struct pyr_str value)
{
    if (value.ptr == NULL)
        value.ptr = "";
    switch (re->kind) {
    case KIND_LITERALS:
        return match_literals(re, value);
    case KIND_ANY_LINE:
        return !re->anchored || memchr(value.ptr, '\n', value.len) == NULL;
    case KIND_ANY_LINE_NONEMPTY:
        if (re->anchored)
            return value.len != 0 && memchr(value.ptr, '\n', value.len) == NULL;
        for (size_t i = 0; i < value.len; i++)
            if (value.ptr[i] != '\n')
                return true;
        return false;
    case KIND_PCRE:
        break;
    }
    return match_pcre(re, value);
}

bool pyr_regex_predicate(void *re, struct pyr_str value)
{
    return pyr_regex_match(re, value);
}

pyr_err pyr_regex_failed(const struct pyr_regex *re, struct pyr_diag *diag)
{
    if (!re->gave_up)
        return PYR_OK;
    return pyr_fail(diag, PYR_E_LIMIT, "regular expression `%.*s` takes too long on these label values",
                    PYR_STR_ARG(re->pattern));
}

bool pyr_regex_is_literal(const struct pyr_regex *re)
{
    return re->kind != KIND_PCRE;
}
