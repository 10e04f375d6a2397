#include "net/header_value.h"
#include "net/http1_parse.h"

bool pyr_list_item(struct pyr_str *rest, struct pyr_str *item)
{
    while (rest->len != 0) {
        const ptrdiff_t comma = pyr_str_find(*rest, ',');
        const size_t n = comma < 0 ? rest->len : (size_t)comma;
        const size_t skip = comma < 0 ? n : n + 1;
        *item = pyr_str_trim((struct pyr_str){rest->ptr, n});
        *rest = (struct pyr_str){rest->ptr + skip, rest->len - skip};
        if (item->len != 0)
            return true;
    }
    return false;
}

/* A cursor over a header value. */
struct scan {
    const char *at, *end;
};

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

static bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static struct pyr_str take_token(struct scan *s)
{
    const char *from = s->at;
    while (s->at < s->end && pyr_h1_is_token((struct pyr_str){s->at, 1}))
        s->at++;
    return (struct pyr_str){from, (size_t)(s->at - from)};
}

/* After the opening quote. */
static bool take_quoted(struct scan *s)
{
    while (s->at < s->end) {
        const char c = *s->at++;
        if (c == '"')
            return true;
        if (c == '\\' && s->at++ >= s->end)
            return false;
    }
    return false;
}

static bool take_parameter(struct scan *s)
{
    if (take_token(s).len == 0)
        return false;
    skip_space(s);
    if (!take(s, '='))
        return false;
    skip_space(s);
    return take(s, '"') ? take_quoted(s) : take_token(s).len != 0;
}

/* One media range with its parameters, up to the comma or the end. */
static bool take_range(struct scan *s)
{
    if (take_token(s).len == 0)
        return false;
    if (take(s, '/') && take_token(s).len == 0)
        return false;
    skip_space(s);
    while (take(s, ';')) {
        skip_space(s);
        if (s->at == s->end || *s->at == ',' || *s->at == ';')
            continue; /* an empty parameter */
        if (!take_parameter(s))
            return false;
        skip_space(s);
    }
    return s->at == s->end || *s->at == ',';
}

bool pyr_accept_valid(struct pyr_str value)
{
    struct scan s = {value.ptr, value.ptr + value.len};
    for (;;) {
        skip_space(&s);
        if (s.at == s.end)
            return true;
        if (!take(&s, ',') && !take_range(&s))
            return false;
    }
}

struct pyr_str pyr_media_type(struct pyr_str content_type)
{
    const ptrdiff_t semicolon = pyr_str_find(content_type, ';');
    if (semicolon >= 0)
        content_type.len = (size_t)semicolon;
    return pyr_str_trim(content_type);
}

bool pyr_media_charset_utf8(struct pyr_str content_type)
{
    ptrdiff_t semicolon;
    while ((semicolon = pyr_str_find(content_type, ';')) >= 0) {
        content_type.ptr += semicolon + 1;
        content_type.len -= (size_t)semicolon + 1;
        const struct pyr_str parameter = pyr_str_trim(pyr_media_type(content_type));
        const ptrdiff_t equals = pyr_str_find(parameter, '=');
        if (equals < 0 || !pyr_str_eq_nocase((struct pyr_str){parameter.ptr, (size_t)equals}, PYR_STR("charset")))
            continue;
        const struct pyr_str value = {parameter.ptr + equals + 1, parameter.len - (size_t)equals - 1};
        return pyr_str_eq_nocase(value, PYR_STR("utf-8")) || pyr_str_eq_nocase(value, PYR_STR("\"utf-8\""));
    }
    return true;
}

/* Whether a weight is more than zero: "0", "0.", "0.000" are zero. */
static bool weight_positive(struct pyr_str parameters)
{
    while (parameters.len != 0) {
        const ptrdiff_t semicolon = pyr_str_find(parameters, ';');
        const size_t n = semicolon < 0 ? parameters.len : (size_t)semicolon;
        const struct pyr_str p = pyr_str_trim((struct pyr_str){parameters.ptr, n});
        if (p.len >= 2 && (p.ptr[0] | 0x20) == 'q' && p.ptr[1] == '=') {
            for (size_t i = 2; i < p.len; i++)
                if (p.ptr[i] >= '1' && p.ptr[i] <= '9')
                    return true;
            return false;
        }
        const size_t skip = semicolon < 0 ? n : n + 1;
        parameters = (struct pyr_str){parameters.ptr + skip, parameters.len - skip};
    }
    return true;
}

bool pyr_accept_encoding_gzip(struct pyr_str value)
{
    bool any = false;
    struct pyr_str item;
    while (pyr_list_item(&value, &item)) {
        const struct pyr_str coding = pyr_media_type(item);
        const struct pyr_str parameters = {coding.ptr + coding.len,
                                           (size_t)(item.ptr + item.len - coding.ptr) - coding.len};
        if (pyr_str_eq_nocase(coding, PYR_STR("gzip")) || pyr_str_eq_nocase(coding, PYR_STR("x-gzip")))
            return weight_positive(parameters);
        if (pyr_str_eq(coding, PYR_STR("*")))
            any = weight_positive(parameters);
    }
    return any;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool pyr_percent_decode(struct pyr_arena *arena, struct pyr_str s, bool plus, struct pyr_str *out)
{
    *out = s;
    if (pyr_str_find(s, '%') < 0 && !(plus && pyr_str_find(s, '+') >= 0))
        return true;
    char *to = pyr_arena_alloc_aligned(arena, s.len, 1);
    *out = (struct pyr_str){to, 0};
    if (to == NULL)
        return true;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            const int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
            const int low = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        to[out->len++] = c;
    }
    return true;
}
