#include "base/span.h"

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool pyr_str_eq_nocase(struct pyr_str a, struct pyr_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

struct pyr_str pyr_str_trim(struct pyr_str s)
{
    while (s.len != 0 && blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len != 0 && blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

ptrdiff_t pyr_str_find(struct pyr_str s, char c)
{
    const char *at = s.len != 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at != NULL ? at - s.ptr : -1;
}

ptrdiff_t pyr_str_find_last(struct pyr_str s, char c)
{
    const char *at = s.len != 0 ? memrchr(s.ptr, c, s.len) : NULL;
    return at != NULL ? at - s.ptr : -1;
}

bool pyr_str_to_u64(struct pyr_str s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
            return false;
    }
    *out = v;
    return true;
}

bool pyr_str_to_i64(struct pyr_str s, int64_t *out)
{
    const bool negative = s.len != 0 && s.ptr[0] == '-';
    if (negative) {
        s.ptr++;
        s.len--;
    }
    uint64_t v;
    if (!pyr_str_to_u64(s, &v) || v > (uint64_t)INT64_MAX + negative)
        return false;
    *out = (int64_t)(negative ? -v : v);
    return true;
}

static bool continues(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

/* Unicode 15, table 3-7: the second byte alone decides about overlong forms, surrogates and the end of the range. */
size_t pyr_utf8_len(struct pyr_str s)
{
    const uint8_t *p = (const uint8_t *)s.ptr;
    if (s.len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    if (p[0] < 0xE0)
        return s.len >= 2 && continues(p[1]) ? 2 : 0;
    if (p[0] < 0xF0) {
        const uint8_t least = p[0] == 0xE0 ? 0xA0 : 0x80, most = p[0] == 0xED ? 0x9F : 0xBF;
        return s.len >= 3 && p[1] >= least && p[1] <= most && continues(p[2]) ? 3 : 0;
    }
    const uint8_t least = p[0] == 0xF0 ? 0x90 : 0x80, most = p[0] == 0xF4 ? 0x8F : 0xBF;
    return s.len >= 4 && p[1] >= least && p[1] <= most && continues(p[2]) && continues(p[3]) ? 4 : 0;
}

/* Names are nearly all ASCII: eight bytes a step until one is not. */
static size_t skip_ascii(struct pyr_str s, size_t at)
{
    uint64_t word;
    for (; at + sizeof(word) <= s.len; at += sizeof(word)) {
        memcpy(&word, s.ptr + at, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return at;
}

bool pyr_utf8_valid(struct pyr_str s, size_t *bad_at)
{
    for (size_t at = skip_ascii(s, 0); at < s.len;) {
        const size_t n = pyr_utf8_len((struct pyr_str){s.ptr + at, s.len - at});
        if (n == 0) {
            if (bad_at != NULL)
                *bad_at = at;
            return false;
        }
        at += n;
        if (n == 1)
            at = skip_ascii(s, at);
    }
    return true;
}
