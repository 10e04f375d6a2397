/* pb.h - the protobuf wire format, in place: a cursor that reads fields out of a run of bytes, and functions that append
 * fields to a buffer. No allocation, no tables; message types are the caller's switch:
 *
 *     struct pyr_pb_reader r = pyr_pb_reader(body);
 *     while (pyr_pb_next(&r)) {
 *         switch (r.tag) {
 *         case PYR_PB_TAG(1, PYR_PB_WIRE_LEN): pyr_pb_read_sub(&r, &sub) && decode_location(&sub, ...); break;
 *         case PYR_PB_TAG(2, PYR_PB_WIRE_VARINT): pyr_pb_read_varint(&r, &id); break;
 *         default: pyr_pb_skip(&r);
 *         }
 *     }
 *     if (r.error != NULL)
 *         return pyr_pb_fail(&r, diag, "Profile");
 *
 * The first mistake in the bytes sets `error` to a phrase and ends the loop: pyr_pb_next returns false from then on and
 * reads return false. `at` stays at the field's value or tag that is wrong. A sub-reader has an error of its own, and
 * counts offsets from the start of the whole input as its parent does.
 *
 * Source of the format: protobuf.dev/programming-guides/encoding. Field numbers are 1 to 2^29 - 1. Unknown groups are
 * skipped, nested at most PYR_PB_DEPTH_MAX deep. */
#ifndef PYR_CODEC_PB_H
#define PYR_CODEC_PB_H
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "codec/varint.h"

enum pyr_pb_wire {
    PYR_PB_WIRE_VARINT = 0,
    PYR_PB_WIRE_FIXED64 = 1,
    PYR_PB_WIRE_LEN = 2,
    PYR_PB_WIRE_GROUP_START = 3,
    PYR_PB_WIRE_GROUP_END = 4,
    PYR_PB_WIRE_FIXED32 = 5
};
enum { PYR_PB_DEPTH_MAX = 64 };

/* A field's number and wire type as one word, as it stands on the wire. */
#define PYR_PB_TAG(number, wire) ((uint32_t)(number) << 3 | (uint32_t)(wire))

struct pyr_pb_reader {
    const uint8_t *at, *end;
    const uint8_t *base; /* the whole input begins here: offsets in messages count from it */
    uint32_t tag;        /* of the field that pyr_pb_next found */
    const char *error;   /* NULL, or what is wrong at `at` */
};

/* For a part of a bigger input (`in` lies within the bytes that begin at `base`). */
static inline struct pyr_pb_reader pyr_pb_reader_within(struct pyr_span in, const uint8_t *base)
{
    /* The empty span may be NULL, to which C forbids adding even zero. */
    return (struct pyr_pb_reader){.at = in.ptr, .end = in.len != 0 ? in.ptr + in.len : in.ptr, .base = base};
}

static inline struct pyr_pb_reader pyr_pb_reader(struct pyr_span in)
{
    return pyr_pb_reader_within(in, in.ptr);
}

static inline uint32_t pyr_pb_number(const struct pyr_pb_reader *r)
{
    return r->tag >> 3;
}
static inline uint32_t pyr_pb_wire(const struct pyr_pb_reader *r)
{
    return r->tag & 7;
}
static inline size_t pyr_pb_left(const struct pyr_pb_reader *r)
{
    return (size_t)(r->end - r->at);
}
static inline size_t pyr_pb_offset(const struct pyr_pb_reader *r)
{
    return (size_t)(r->at - r->base);
}

/* "<what>: <error> at byte <offset>", PYR_E_CORRUPT. The reader has an error. */
pyr_err pyr_pb_fail(const struct pyr_pb_reader *r, struct pyr_diag *diag, const char *what);

/* Says what is wrong with the bytes (callers too: a value that makes no sense there). Always false. `phrase` is kept. */
static inline bool pyr_pb_error(struct pyr_pb_reader *r, const char *phrase)
{
    if (r->error == NULL)
        r->error = phrase;
    return false;
}

/* The cold halves of what follows: finds the words for what the inline code refused. */
void pyr_pb_refuse_varint_(struct pyr_pb_reader *r);
void pyr_pb_refuse_tag_(struct pyr_pb_reader *r, uint64_t tag);
bool pyr_pb_skip_group_(struct pyr_pb_reader *r);

static inline bool pyr_pb_read_varint(struct pyr_pb_reader *r, uint64_t *out)
{
    const uint8_t *next = pyr_uvarint_read(r->at, r->end, out);
    if (__builtin_expect(next == NULL, 0)) {
        pyr_pb_refuse_varint_(r);
        return false;
    }
    r->at = next;
    return true;
}

/* Moves on to the next field and sets `tag`: the caller must then read or skip its value. False at the end and after
 * an error. */
static inline bool pyr_pb_next(struct pyr_pb_reader *r)
{
    if (r->at >= r->end || r->error != NULL)
        return false;
    uint64_t tag;
    const uint8_t *start = r->at;
    if (!pyr_pb_read_varint(r, &tag))
        return false;
    if (__builtin_expect(tag > UINT32_MAX || tag < 8 || (tag & 7) > PYR_PB_WIRE_FIXED32, 0)) {
        r->at = start;
        pyr_pb_refuse_tag_(r, tag);
        return false;
    }
    r->tag = (uint32_t)tag;
    return true;
}

static inline bool pyr_pb_read_fixed32(struct pyr_pb_reader *r, uint32_t *out)
{
    if (__builtin_expect(pyr_pb_left(r) < 4, 0))
        return pyr_pb_error(r, "truncated 32-bit value");
    *out = pyr_load_le32(r->at);
    r->at += 4;
    return true;
}

static inline bool pyr_pb_read_fixed64(struct pyr_pb_reader *r, uint64_t *out)
{
    if (__builtin_expect(pyr_pb_left(r) < 8, 0))
        return pyr_pb_error(r, "truncated 64-bit value");
    *out = pyr_load_le64(r->at);
    r->at += 8;
    return true;
}

/* A length-delimited value: a view into the input. */
static inline bool pyr_pb_read_bytes(struct pyr_pb_reader *r, struct pyr_span *out)
{
    const uint8_t *start = r->at;
    uint64_t len;
    if (!pyr_pb_read_varint(r, &len))
        return false;
    if (__builtin_expect(len > pyr_pb_left(r), 0)) {
        r->at = start;
        (void)pyr_pb_error(r, "length reaches past the end");
        return false;
    }
    *out = (struct pyr_span){r->at, (size_t)len};
    r->at += len;
    return true;
}

/* A length-delimited value as a reader: a nested message (pyr_pb_next), or a packed field, whose values are read one
 * after the other while pyr_pb_left(&sub) != 0. */
static inline bool pyr_pb_read_sub(struct pyr_pb_reader *r, struct pyr_pb_reader *sub)
{
    struct pyr_span s;
    if (!pyr_pb_read_bytes(r, &s))
        return false;
    *sub = pyr_pb_reader_within(s, r->base);
    return true;
}

/* Steps over the value of the field that pyr_pb_next found. */
static inline bool pyr_pb_skip(struct pyr_pb_reader *r)
{
    uint64_t v;
    uint32_t w;
    struct pyr_span s;
    switch (pyr_pb_wire(r)) {
    case PYR_PB_WIRE_VARINT:
        return pyr_pb_read_varint(r, &v);
    case PYR_PB_WIRE_FIXED64:
        return pyr_pb_read_fixed64(r, &v);
    case PYR_PB_WIRE_LEN:
        return pyr_pb_read_bytes(r, &s);
    case PYR_PB_WIRE_FIXED32:
        return pyr_pb_read_fixed32(r, &w);
    default:
        return pyr_pb_skip_group_(r);
    }
}

/* The writers append to a buffer, whose `err` says in the end whether all fitted. They write what they are given, zeros
 * included: leaving a zero out is the caller's choice. */
void pyr_pb_put_varint(struct pyr_buf *out, uint64_t v); /* bare, without a tag */
void pyr_pb_put_fixed32(struct pyr_buf *out, uint32_t v);
void pyr_pb_put_fixed64(struct pyr_buf *out, uint64_t v);
static inline void pyr_pb_put_tag(struct pyr_buf *out, uint32_t number, enum pyr_pb_wire wire)
{
    pyr_pb_put_varint(out, PYR_PB_TAG(number, wire));
}
void pyr_pb_write_uint(struct pyr_buf *out, uint32_t number, uint64_t v); /* also int (sign-extended), bool and enum */
void pyr_pb_write_bytes(struct pyr_buf *out, uint32_t number, struct pyr_span v);
void pyr_pb_write_str(struct pyr_buf *out, uint32_t number, struct pyr_str v);
void pyr_pb_write_packed_u64(struct pyr_buf *out, uint32_t number, const uint64_t *v, size_t count);
void pyr_pb_write_packed_i64(struct pyr_buf *out, uint32_t number, const int64_t *v, size_t count);

/* A nested message: begin, write its fields, end with what begin returned. One byte is kept for the length; a longer
 * message is moved up when it ends. */
size_t pyr_pb_begin(struct pyr_buf *out, uint32_t number);
void pyr_pb_end(struct pyr_buf *out, size_t begun);
#endif
