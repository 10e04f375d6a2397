/* varint.h - unsigned LEB128 ("base 128 varints") of at most 64 bits, and zigzag for signed values. Header-only: it is
 * inside every hot loop that reads profiles.
 *
 * Source of the format: protobuf.dev/programming-guides/encoding. An encoding longer than ten bytes, or a tenth byte
 * that carries bits past the 64th, is malformed; needlessly long encodings ("80 00") are accepted as everywhere. */
#ifndef PYR_CODEC_VARINT_H
#define PYR_CODEC_VARINT_H
#include "base/span.h"
#include <assert.h>

enum { PYR_UVARINT_BYTES_MAX = 10 };
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fixed-width fields and word loads are little endian");

static inline uint32_t pyr_load_le32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint64_t pyr_load_le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Squeezes the eight 7-bit groups of `w` together. */
static inline uint64_t pyr_uvarint_squeeze_(uint64_t w)
{
    w &= 0x7f7f7f7f7f7f7f7fu;
    w = (w & 0x007f007f007f007fu) | ((w & 0x7f007f007f007f00u) >> 1);
    w = (w & 0x00003fff00003fffu) | ((w & 0x3fff00003fff0000u) >> 2);
    return (w & 0x000000000fffffffu) | ((w & 0x0fffffff00000000u) >> 4);
}

/* At least ten readable bytes at `p`: no bounds checks, and no branch that depends on the length up to eight bytes. */
static inline const uint8_t *pyr_uvarint_read_fast_(const uint8_t *p, uint64_t *out)
{
    const uint64_t w = pyr_load_le64(p);
    const uint64_t stops = ~w & 0x8080808080808080u;
    if (__builtin_expect(stops != 0, 1)) {
        /* stops ^ (stops - 1): every bit up to and including the lowest stop bit. */
        *out = pyr_uvarint_squeeze_(w & (stops ^ (stops - 1)));
        return p + ((unsigned)__builtin_ctzll(stops) >> 3) + 1;
    }
    const uint64_t low = pyr_uvarint_squeeze_(w) | (uint64_t)(p[8] & 0x7f) << 56;
    if (p[8] < 0x80) {
        *out = low;
        return p + 9;
    }
    if (p[9] > 1)
        return NULL;
    *out = low | (uint64_t)p[9] << 63;
    return p + 10;
}

static inline const uint8_t *pyr_uvarint_read_checked_(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && p < end; shift += 7) {
        const uint8_t b = *p++;
        if (shift == 63 && b > 1)
            return NULL;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *out = v;
            return p;
        }
    }
    return NULL;
}

/* Returns the byte after the varint, or NULL when it is malformed or does not end before `end`. */
static inline const uint8_t *pyr_uvarint_read(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
    if (p < end && *p < 0x80) {
        *out = *p;
        return p + 1;
    }
    if (__builtin_expect(end - p >= PYR_UVARINT_BYTES_MAX, 1))
        return pyr_uvarint_read_fast_(p, out);
    return pyr_uvarint_read_checked_(p, end, out);
}

/* Bytes that `v` takes: 1 to 10. */
static inline size_t pyr_uvarint_size(uint64_t v)
{
    return (size_t)((63 - __builtin_clzll(v | 1)) * 9 + 73) / 64;
}

/* Room for pyr_uvarint_size(v) bytes at `p`; returns the byte after. */
static inline uint8_t *pyr_uvarint_write(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* How many varints end within `s`: the length of a packed field, without decoding it. */
static inline size_t pyr_uvarint_count(struct pyr_span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] < 0x80;
    return n;
}

static inline uint64_t pyr_zigzag_encode(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static inline int64_t pyr_zigzag_decode(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
#endif
