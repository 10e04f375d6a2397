#include "query/flameql.h"
#include "profile/suffix.h"
#include "query/profile_type.h"

static struct pyr_str suffix_of_id(struct pyr_str profile_type)
{
    struct pyr_profile_type t;
    if (pyr_profile_type_parse(profile_type, &t, NULL) != PYR_OK)
        return (struct pyr_str){0};
    return pyr_suffix_of_type(t.name, t.sample_type, t.sample_unit);
}

static bool has_suffix(void *ctx, struct pyr_str profile_type)
{
    const struct pyr_str *wanted = ctx;
    return pyr_str_eq(suffix_of_id(profile_type), *wanted);
}

struct pyr_str pyr_flameql_app_of(struct pyr_str service, struct pyr_str profile_type, struct pyr_arena *arena)
{
    return pyr_arena_printf(arena, "%.*s.%.*s", PYR_STR_ARG(service), PYR_STR_ARG(suffix_of_id(profile_type)));
}

static pyr_err add_app(struct pyr_selector *s, struct pyr_str app, struct pyr_diag *diag)
{
    struct pyr_str service;
    const struct pyr_suffix *known;
    struct pyr_str *suffix = PYR_ARENA_NEW(s->arena, struct pyr_str);
    if (suffix == NULL)
        return PYR_E_NOMEM;
    if (pyr_suffix_split(app, &service, &known)) {
        /* Several suffixes may stand for one type: the first is the one that types are shown under. */
        *suffix = pyr_suffix_of_type(known->name, known->type, known->unit);
    } else {
        service.len = (size_t)pyr_str_find_last(app, '.');
        *suffix = (struct pyr_str){app.ptr + service.len + 1, app.len - service.len - 1};
    }
    PYR_TRY(pyr_selector_add_equal(s, PYR_LABEL_SERVICE, false, service, diag));
    return pyr_selector_add_predicate(s, PYR_LABEL_PROFILE_TYPE, has_suffix, suffix, diag);
}

static bool is_name_byte(char c, const char *more)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(more, c) != NULL);
}

static bool is_name(struct pyr_str s, const char *more)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_name_byte(s.ptr[i], more))
            return false;
    return s.len != 0;
}

/* Takes one `key op "value"` off the front of *rest, up to the comma that follows it; commas in quotes are values. */
static struct pyr_str take_matcher(struct pyr_str *rest)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->len && (quoted || rest->ptr[i] != ','); i++) {
        if (rest->ptr[i] == '\\' && quoted && i + 1 < rest->len)
            i++;
        else if (rest->ptr[i] == '"')
            quoted = !quoted;
    }
    const struct pyr_str one = {rest->ptr, i};
    const size_t used = i + (i < rest->len);
    *rest = (struct pyr_str){rest->ptr + used, rest->len - used};
    return one;
}

static bool unquote(struct pyr_str s, struct pyr_arena *arena, struct pyr_str *out)
{
    if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
        return false;
    s = (struct pyr_str){s.ptr + 1, s.len - 2};
    char *text = pyr_arena_alloc(arena, s.len + 1);
    if (text == NULL)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        /* Only the quote needs one; other backslashes are the regular expression's. */
        if (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '"')
            i++;
        else if (s.ptr[i] == '"')
            return false;
        text[len++] = s.ptr[i];
    }
    *out = (struct pyr_str){text, len};
    return true;
}

static pyr_err invalid(struct pyr_diag *diag, const char *what, struct pyr_str where)
{
    return pyr_fail(diag, PYR_E_INVALID, "query: %s: %.*s", what, PYR_STR_ARG(where));
}

static pyr_err add_regex(struct pyr_selector *s, struct pyr_str key, bool negated, struct pyr_str pattern,
                         struct pyr_diag *diag)
{
    const pyr_err err = pyr_selector_add_regex(s, key, negated, pattern, false, diag);
    if (err != PYR_OK)
        pyr_diag_prefix(diag, "query");
    return err;
}

static pyr_err add_matcher(struct pyr_selector *s, struct pyr_str text, struct pyr_diag *diag)
{
    size_t op = 0;
    while (op < text.len && text.ptr[op] != '=' && text.ptr[op] != '!')
        op++;
    const struct pyr_str key = pyr_str_trim((struct pyr_str){text.ptr, op});
    if (op == text.len)
        return invalid(diag, "invalid tag matchers syntax", text);
    const struct pyr_str sign = {text.ptr + op, text.len - op};
    const bool two = pyr_str_starts(sign, PYR_STR("!=")) || pyr_str_starts(sign, PYR_STR("!~")) ||
                     pyr_str_starts(sign, PYR_STR("=~"));
    if (!two && sign.ptr[0] == '!')
        return invalid(diag, "unknown tag match operator", text);
    if (!is_name(key, "_."))
        return invalid(diag, "invalid tag key", text);
    if (pyr_str_eq(key, PYR_LABEL_NAME))
        return invalid(diag, "tag key is reserved", key);
    struct pyr_str value;
    if (!unquote(pyr_str_trim((struct pyr_str){sign.ptr + 1 + two, sign.len - 1 - two}), s->arena, &value))
        return invalid(diag, "invalid tag value syntax", text);
    const bool negated = sign.ptr[0] == '!';
    if (two && sign.ptr[1] == '~')
        return add_regex(s, key, negated, value, diag);
    return pyr_selector_add_equal(s, key, negated, value, diag);
}

/* The application's matchers; *inside gets what stands between the braces, ptr NULL without any. */
static pyr_err parse_app(struct pyr_selector *s, struct pyr_str text, struct pyr_str *app, struct pyr_str *inside,
                         struct pyr_diag *diag)
{
    text = pyr_str_trim(text);
    const ptrdiff_t brace = pyr_str_find(text, '{');
    *app = pyr_str_trim((struct pyr_str){text.ptr, brace < 0 ? text.len : (size_t)brace});
    *inside = (struct pyr_str){0};
    if (app->len == 0)
        return pyr_fail(diag, PYR_E_INVALID, "query: application name is required");
    if (!is_name(*app, "_.-/"))
        return invalid(diag, "invalid application name", *app);
    PYR_TRY(add_app(s, *app, diag));
    if (brace < 0)
        return PYR_OK;
    if (text.ptr[text.len - 1] != '}')
        return invalid(diag, "invalid query syntax", text);
    *inside = (struct pyr_str){text.ptr + brace + 1, text.len - (size_t)brace - 2};
    return PYR_OK;
}

pyr_err pyr_flameql_parse(struct pyr_selector *s, struct pyr_str text, struct pyr_str *app, struct pyr_diag *diag)
{
    struct pyr_str rest;
    PYR_TRY(parse_app(s, text, app, &rest, diag));
    while (pyr_str_trim(rest).len != 0)
        PYR_TRY(add_matcher(s, pyr_str_trim(take_matcher(&rest)), diag));
    return PYR_OK;
}

pyr_err pyr_flameql_parse_key(struct pyr_selector *s, struct pyr_str text, struct pyr_str *app, struct pyr_diag *diag)
{
    struct pyr_str rest;
    PYR_TRY(parse_app(s, text, app, &rest, diag));
    while (rest.len != 0) {
        const ptrdiff_t comma = pyr_str_find(rest, ',');
        const struct pyr_str pair = {rest.ptr, comma < 0 ? rest.len : (size_t)comma};
        const size_t used = pair.len + (comma >= 0);
        rest = (struct pyr_str){rest.ptr + used, rest.len - used};
        const ptrdiff_t equals = pyr_str_find(pair, '=');
        if (equals < 0)
            return invalid(diag, "invalid tag syntax", pair);
        const struct pyr_str key = {pair.ptr, (size_t)equals};
        const struct pyr_str value = {pair.ptr + equals + 1, pair.len - (size_t)equals - 1};
        PYR_TRY(pyr_selector_add_equal(s, pyr_str_trim(key), false, pyr_str_trim(value), diag));
    }
    return PYR_OK;
}
