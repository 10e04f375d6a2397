#include "ingest/name.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static bool is_app_char(char c)
{
    return is_word(c) || c == '/' || c == '-';
}

static pyr_err check_chars(const char *what, struct pyr_str s, bool (*allowed)(char), struct pyr_diag *diag)
{
    if (s.len == 0)
        return pyr_fail(diag, PYR_E_INVALID, "name: the %s is empty", what);
    for (size_t i = 0; i < s.len; i++)
        if (!allowed(s.ptr[i]))
            return pyr_fail(diag, PYR_E_INVALID, "name: invalid character 0x%02x at byte %zu of the %s",
                            (unsigned)(uint8_t)s.ptr[i], i, what);
    return PYR_OK;
}

/* Index of the first of two characters, or the length. */
static size_t find_either(struct pyr_str s, char a, char b)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] != a && s.ptr[i] != b)
        i++;
    return i;
}

static struct pyr_str cut(struct pyr_str *left, size_t len, size_t and_skip)
{
    const struct pyr_str s = {left->ptr, len};
    left->ptr += len + and_skip;
    left->len -= len + and_skip;
    return pyr_str_trim(s);
}

static void put_tag(struct pyr_ingest_name *out, struct pyr_label tag)
{
    for (uint32_t i = 0; i < out->tag_count; i++)
        if (pyr_str_eq(out->tags[i].name, tag.name)) {
            out->tags[i] = tag;
            return;
        }
    out->tags[out->tag_count++] = tag;
}

static pyr_err parse_tags(struct pyr_str left, struct pyr_ingest_name *out, struct pyr_diag *diag)
{
    for (;;) {
        const size_t key_end = find_either(left, '=', '}');
        if (key_end == left.len || left.ptr[key_end] == '}')
            return PYR_OK;
        struct pyr_label tag;
        tag.name = cut(&left, key_end, 1);
        const size_t value_end = find_either(left, ',', '}');
        if (value_end == left.len)
            return PYR_OK;
        const bool last = left.ptr[value_end] == '}';
        tag.value = cut(&left, value_end, 1);
        PYR_TRY(check_chars("key of a tag", tag.name, is_word, diag));
        put_tag(out, tag);
        if (last)
            return PYR_OK;
    }
}

pyr_err pyr_ingest_name_parse(struct pyr_str text, struct pyr_arena *arena, struct pyr_ingest_name *out,
                              struct pyr_diag *diag)
{
    enum { TAGS_MAX = 1024 }; /* put_tag looks through them all; label limits are far below */
    *out = (struct pyr_ingest_name){0};
    size_t bad_at, tags = 0;
    if (!pyr_utf8_valid(text, &bad_at))
        return pyr_fail(diag, PYR_E_INVALID, "name: invalid UTF-8 at byte %zu", bad_at);
    for (size_t i = 0; i < text.len; i++)
        tags += text.ptr[i] == '=';
    if (tags > TAGS_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "name: more than %d tags", TAGS_MAX);
    out->tags = PYR_ARENA_ARRAY(arena, struct pyr_label, tags);
    if (out->tags == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for the tags of a name");

    const size_t brace = find_either(text, '{', '{');
    out->app = cut(&text, brace, brace < text.len);
    PYR_TRY(check_chars("application", out->app, is_app_char, diag));
    return parse_tags(text, out, diag);
}
