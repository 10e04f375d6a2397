#include "codec/base64.h"

static const char alphabet[64] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};

void pyr_base64_encode(struct pyr_span in, char *out)
{
    size_t i = 0;
    for (; in.len - i >= 3; i += 3) {
        const uint32_t v = (uint32_t)in.ptr[i] << 16 | (uint32_t)in.ptr[i + 1] << 8 | in.ptr[i + 2];
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        *out++ = alphabet[v >> 6 & 63];
        *out++ = alphabet[v & 63];
    }
    if (i == in.len)
        return;
    const bool two = in.len - i == 2;
    const uint32_t v = (uint32_t)in.ptr[i] << 16 | (two ? (uint32_t)in.ptr[i + 1] << 8 : 0);
    *out++ = alphabet[v >> 18];
    *out++ = alphabet[v >> 12 & 63];
    *out++ = two ? alphabet[v >> 6 & 63] : '=';
    *out = '=';
}

enum { OK = 64 }; /* set in the entry of every character that may occur */

/* clang-format off */
#define TEN(v) OK + (v), OK + (v) + 1, OK + (v) + 2, OK + (v) + 3, OK + (v) + 4, OK + (v) + 5, OK + (v) + 6, OK + (v) + 7, \
    OK + (v) + 8, OK + (v) + 9
#define SIX(v) OK + (v), OK + (v) + 1, OK + (v) + 2, OK + (v) + 3, OK + (v) + 4, OK + (v) + 5
static const uint8_t values[256] = {
    ['0'] = TEN(52),
    ['A'] = TEN(0), TEN(10), SIX(20),
    ['a'] = TEN(26), TEN(36), SIX(46),
    ['+'] = OK + 62, ['-'] = OK + 62, ['/'] = OK + 63, ['_'] = OK + 63,
};
#undef TEN
#undef SIX
/* clang-format on */

/* The last 2 or 3 characters of an input whose length is not a multiple of four. */
static bool decode_tail(const uint8_t *in, size_t n, uint8_t *out, size_t *out_len)
{
    if (n == 1)
        return false;
    const uint8_t a = values[in[0]], b = values[in[1]], c = n == 3 ? values[in[2]] : OK;
    if ((a & b & c & OK) == 0)
        return false;
    out[(*out_len)++] = (uint8_t)(a << 2 | (b & 63) >> 4);
    if (n == 3)
        out[(*out_len)++] = (uint8_t)(b << 4 | (c & 63) >> 2);
    return true;
}

bool pyr_base64_decode(struct pyr_str in, uint8_t *out, size_t *out_len)
{
    const uint8_t *p = (const uint8_t *)in.ptr;
    size_t n = in.len;
    *out_len = 0;
    if (n != 0 && n % 4 == 0 && p[n - 1] == '=')
        n -= p[n - 2] == '=' ? 2 : 1;
    size_t at = 0;
    for (; n - at >= 4; at += 4, *out_len += 3) {
        const uint8_t a = values[p[at]], b = values[p[at + 1]], c = values[p[at + 2]], d = values[p[at + 3]];
        if ((a & b & c & d & OK) == 0)
            return false;
        uint8_t *o = out + *out_len;
        o[0] = (uint8_t)(a << 2 | (b & 63) >> 4);
        o[1] = (uint8_t)(b << 4 | (c & 63) >> 2);
        o[2] = (uint8_t)(c << 6 | (d & 63));
    }
    return at == n || decode_tail(p + at, n - at, out, out_len);
}
