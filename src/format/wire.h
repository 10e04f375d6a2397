/* wire.h - protobuf's wire format for the pprof decoder's inner loops: everything in registers, a malformed value is only
 * "NULL". Who fails looks for the words to say it with codec/pb.h. */
#ifndef PYR_FORMAT_WIRE_H
#define PYR_FORMAT_WIRE_H
#include "codec/pb.h"
#include "codec/varint.h"

struct pyr_wire_value {
    const uint8_t *next; /* NULL: malformed */
    uint64_t v;
};

__attribute__((noinline, unused)) static struct pyr_wire_value pyr_wire_long_varint(const uint8_t *p,
                                                                                    const uint8_t *end)
{
    struct pyr_wire_value r;
    r.next = pyr_uvarint_read(p, end, &r.v);
    return r;
}

/* Branches on the length: inside a message it is what it was in the one before. */
static inline struct pyr_wire_value pyr_wire_varint(const uint8_t *p, const uint8_t *end)
{
    if (__builtin_expect(end - p >= 2, 1)) {
        if (p[0] < 0x80)
            return (struct pyr_wire_value){p + 1, p[0]};
        if (p[1] < 0x80)
            return (struct pyr_wire_value){p + 2, (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7};
    }
    return pyr_wire_long_varint(p, end);
}

/* Of a length-delimited value at `p`: v is its length, next its first byte. Never reaches past `end`. */
static inline struct pyr_wire_value pyr_wire_length(const uint8_t *p, const uint8_t *end)
{
    struct pyr_wire_value len = pyr_wire_varint(p, end);
    if (__builtin_expect(len.next != NULL && len.v > (size_t)(end - len.next), 0))
        len.next = NULL;
    return len;
}

/* Steps over the field whose tag is at `p`, whatever it is. */
__attribute__((noinline, unused)) static const uint8_t *pyr_wire_skip(const uint8_t *p, const uint8_t *end)
{
    struct pyr_pb_reader r = {.at = p, .end = end, .base = p};
    return pyr_pb_next(&r) && pyr_pb_skip(&r) ? r.at : NULL;
}

enum { PYR_WIRE_NUMBERS = 16 };

/* Fields that are varints and have one-byte tags, into `f` by field number, up to the first that is another kind:
 * returns where that stands, or `end`. */
static inline const uint8_t *pyr_wire_numbers(const uint8_t *p, const uint8_t *end, uint64_t f[PYR_WIRE_NUMBERS])
{
    while (p < end) {
        const uint8_t tag = *p;
        if ((tag & 0x87) != 0 || tag == 0)
            return p;
        const struct pyr_wire_value number = pyr_wire_varint(p + 1, end);
        if (__builtin_expect(number.next == NULL, 0))
            return NULL;
        f[tag >> 3] = number.v;
        p = number.next;
    }
    return p;
}

/* A message of nothing but numbers; anything else in it is stepped over. False: malformed. */
static inline bool pyr_wire_number_message(const uint8_t *p, const uint8_t *end, uint64_t f[PYR_WIRE_NUMBERS])
{
    for (;;) {
        p = pyr_wire_numbers(p, end, f);
        if (p == end)
            return true;
        if (p != NULL)
            p = pyr_wire_skip(p, end);
        if (p == NULL)
            return false;
    }
}
#endif
