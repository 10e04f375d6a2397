/* span.h - views of bytes and of text that somebody else owns. Text is bytes too: not terminated, not validated unless
 * a function says so. */
#ifndef PYR_BASE_SPAN_H
#define PYR_BASE_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pyr_span {
    const uint8_t *ptr;
    size_t len;
};

struct pyr_str {
    const char *ptr;
    size_t len;
};

#define PYR_STR(literal) ((struct pyr_str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define PYR_STR_ARG(s) (int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len), ((s).ptr ? (s).ptr : "")

static inline struct pyr_str pyr_str_of(const char *terminated)
{
    return (struct pyr_str){terminated, terminated ? strlen(terminated) : 0};
}

static inline struct pyr_span pyr_str_span(struct pyr_str s)
{
    return (struct pyr_span){(const uint8_t *)s.ptr, s.len};
}

static inline struct pyr_str pyr_span_str(struct pyr_span s)
{
    return (struct pyr_str){(const char *)s.ptr, s.len};
}

/* memcmp, which wants pointers even for no bytes. A view of some bytes has one: that is relied on, not tested. */
static inline int pyr_memcmp_(const void *a, const void *b, size_t n)
{
    if (n == 0)
        return 0;
    if (a == NULL || b == NULL)
        __builtin_unreachable();
    return memcmp(a, b, n);
}

static inline bool pyr_str_eq(struct pyr_str a, struct pyr_str b)
{
    return a.len == b.len && pyr_memcmp_(a.ptr, b.ptr, a.len) == 0;
}

/* Byte order, shorter first on a common prefix: <0, 0, >0. */
static inline int pyr_str_cmp(struct pyr_str a, struct pyr_str b)
{
    const int c = pyr_memcmp_(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool pyr_str_starts(struct pyr_str s, struct pyr_str prefix)
{
    return s.len >= prefix.len && pyr_memcmp_(s.ptr, prefix.ptr, prefix.len) == 0;
}

static inline bool pyr_str_ends(struct pyr_str s, struct pyr_str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + (s.len - suffix.len), suffix.ptr, suffix.len) == 0);
}

/* ASCII letters without regard to case. */
bool pyr_str_eq_nocase(struct pyr_str a, struct pyr_str b);
struct pyr_str pyr_str_trim(struct pyr_str s); /* spaces and tabs on both ends */
/* Index of the first `c`, or -1. */
ptrdiff_t pyr_str_find(struct pyr_str s, char c);
ptrdiff_t pyr_str_find_last(struct pyr_str s, char c);
/* Whole string a decimal number (optional '-' for i64): false on anything else, overflow included. */
bool pyr_str_to_u64(struct pyr_str s, uint64_t *out);
bool pyr_str_to_i64(struct pyr_str s, int64_t *out);
/* Bytes of the well-formed UTF-8 sequence that `s` starts with: 1 to 4, or 0. */
size_t pyr_utf8_len(struct pyr_str s);
/* True when `s` is well-formed UTF-8 (no surrogates, no overlong forms); `*bad_at` gets the first bad byte's offset. */
bool pyr_utf8_valid(struct pyr_str s, size_t *bad_at);
#endif
