/* pb_message_internal.h - how values lie in the structs that the tables describe. For pb_message.c and
 * pb_message_json.c only. */
#ifndef PYR_CODEC_PB_MESSAGE_INTERNAL_H
#define PYR_CODEC_PB_MESSAGE_INTERNAL_H
#include "base/assert.h"
#include "codec/pb.h"
#include "codec/pb_message.h"

/* The wire type of one value. */
static inline enum pyr_pb_wire pyr_pb_wire_of(enum pyr_pb_type type)
{
    switch (type) {
    case PYR_PB_FIXED32:
    case PYR_PB_SFIXED32:
    case PYR_PB_FLOAT:
        return PYR_PB_WIRE_FIXED32;
    case PYR_PB_FIXED64:
    case PYR_PB_SFIXED64:
    case PYR_PB_DOUBLE:
        return PYR_PB_WIRE_FIXED64;
    case PYR_PB_STRING:
    case PYR_PB_BYTES:
    case PYR_PB_MESSAGE:
        return PYR_PB_WIRE_LEN;
    default:
        return PYR_PB_WIRE_VARINT;
    }
}

static inline bool pyr_pb_is_signed32(enum pyr_pb_type type)
{
    return type == PYR_PB_INT32 || type == PYR_PB_SINT32 || type == PYR_PB_SFIXED32 || type == PYR_PB_ENUM;
}

static inline bool pyr_pb_is_64(enum pyr_pb_type type)
{
    return type == PYR_PB_INT64 || type == PYR_PB_UINT64 || type == PYR_PB_SINT64 || type == PYR_PB_FIXED64 ||
           type == PYR_PB_SFIXED64 || type == PYR_PB_DOUBLE;
}

/* Bytes of one value where it lies: a number, a view, or a whole message (in a repeated field). */
static inline size_t pyr_pb_value_size(const struct pyr_pb_field *f)
{
    switch (f->type) {
    case PYR_PB_STRING:
        return sizeof(struct pyr_str);
    case PYR_PB_BYTES:
        return sizeof(struct pyr_span);
    case PYR_PB_MESSAGE:
        return f->message->size;
    case PYR_PB_BOOL:
        return sizeof(bool);
    default:
        return pyr_pb_is_64(f->type) ? 8 : 4;
    }
}

/* Numbers as 64 bits: signed ones sign-extended, floating-point ones by their bits. */
static inline uint64_t pyr_pb_load_number(enum pyr_pb_type type, const void *at)
{
    if (type == PYR_PB_BOOL)
        return *(const bool *)at;
    if (pyr_pb_is_64(type))
        return pyr_load_le64(at);
    const uint32_t v = pyr_load_le32(at);
    return pyr_pb_is_signed32(type) ? (uint64_t)(int64_t)(int32_t)v : v;
}

static inline void pyr_pb_store_number(enum pyr_pb_type type, void *at, uint64_t v)
{
    if (type == PYR_PB_BOOL) {
        *(bool *)at = v != 0;
    } else if (pyr_pb_is_64(type)) {
        memcpy(at, &v, sizeof(v));
    } else {
        const uint32_t low = (uint32_t)v;
        memcpy(at, &low, sizeof(low));
    }
}

/* Fields are reached by copying, as their struct types are not known here. */
static inline void *pyr_pb_field_at(void *msg, const struct pyr_pb_field *f)
{
    return (char *)msg + f->offset;
}
static inline const void *pyr_pb_field_of(const void *msg, const struct pyr_pb_field *f)
{
    return (const char *)msg + f->offset;
}

static inline struct pyr_pb_repeated pyr_pb_load_repeated(const void *msg, const struct pyr_pb_field *f)
{
    struct pyr_pb_repeated r;
    memcpy(&r, pyr_pb_field_of(msg, f), sizeof(r));
    return r;
}

static inline void pyr_pb_store_repeated(void *msg, const struct pyr_pb_field *f, struct pyr_pb_repeated r)
{
    memcpy(pyr_pb_field_at(msg, f), &r, sizeof(r));
}

static inline const void *pyr_pb_load_pointer(const void *msg, const struct pyr_pb_field *f)
{
    const void *p;
    memcpy(&p, pyr_pb_field_of(msg, f), sizeof(p));
    return p;
}

static inline void pyr_pb_mark_present(void *msg, const struct pyr_pb_field *f)
{
    if (f->has_offset != 0)
        *((char *)msg + f->has_offset) = true;
}

/* Whether a field that is not repeated is to be written. */
bool pyr_pb_is_present(const void *msg, const struct pyr_pb_field *f);
/* The message of a single message field, made when absent. NULL: the arena has no more. */
void *pyr_pb_message_of(void *msg, const struct pyr_pb_field *f, struct pyr_arena *arena);
pyr_err pyr_pb_fail_nomem(const struct pyr_pb_message *m, const struct pyr_pb_field *f, struct pyr_diag *diag);
#endif
