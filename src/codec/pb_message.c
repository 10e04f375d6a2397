/* The binary form. A message is read in two passes over its own fields (nested ones are one step each): the first counts
 * the values of every repeated field, so that the second fills arrays of exactly the right size. */
#include "codec/pb_message.h"
#include "codec/pb_message_internal.h"
#include <stdio.h>

bool pyr_pb_is_present(const void *msg, const struct pyr_pb_field *f)
{
    if (f->has_offset != 0)
        return *((const char *)msg + f->has_offset) != 0;
    if (f->type == PYR_PB_MESSAGE)
        return pyr_pb_load_pointer(msg, f) != NULL;
    if (f->type == PYR_PB_STRING || f->type == PYR_PB_BYTES) {
        struct pyr_span s;
        memcpy(&s, pyr_pb_field_of(msg, f), sizeof(s));
        return s.len != 0;
    }
    return pyr_pb_load_number(f->type, pyr_pb_field_of(msg, f)) != 0;
}

void *pyr_pb_message_of(void *msg, const struct pyr_pb_field *f, struct pyr_arena *arena)
{
    void *sub;
    memcpy(&sub, pyr_pb_field_at(msg, f), sizeof(sub));
    if (sub == NULL) {
        sub = pyr_arena_zalloc(arena, 1, f->message->size);
        memcpy(pyr_pb_field_at(msg, f), &sub, sizeof(sub));
    }
    return sub;
}

pyr_err pyr_pb_fail_nomem(const struct pyr_pb_message *m, const struct pyr_pb_field *f, struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_NOMEM, "%s.%s: no memory left for it", m->name, f->name);
}

/* One message being decoded. */
struct decode {
    const struct pyr_pb_message *m;
    struct pyr_pb_reader r;
    struct pyr_arena *arena;
    struct pyr_diag *diag;
    unsigned depth;
    size_t near; /* index of the field found last: the next is often the same or the one after */
};

static pyr_err refuse(const struct decode *d, const struct pyr_pb_field *f)
{
    char what[256];
    (void)snprintf(what, sizeof(what), f != NULL ? "%s.%s" : "%s", d->m->name, f != NULL ? f->name : "");
    return pyr_pb_fail(&d->r, d->diag, what);
}

static bool is_packed(const struct decode *d, const struct pyr_pb_field *f)
{
    return f->repeated && pyr_pb_wire(&d->r) == PYR_PB_WIRE_LEN && pyr_pb_wire_of(f->type) != PYR_PB_WIRE_LEN;
}

/* The field that the reader stands at. NULL when unknown, which a known number with another wire type is too. */
static const struct pyr_pb_field *find_field(struct decode *d)
{
    const struct pyr_pb_message *m = d->m;
    const uint32_t number = pyr_pb_number(&d->r);
    if (d->near == m->count || m->fields[d->near].number > number)
        d->near = 0;
    while (d->near < m->count && m->fields[d->near].number < number)
        d->near++;
    if (d->near == m->count || m->fields[d->near].number != number)
        return NULL;
    const struct pyr_pb_field *f = &m->fields[d->near];
    return pyr_pb_wire(&d->r) == (uint32_t)pyr_pb_wire_of(f->type) || is_packed(d, f) ? f : NULL;
}

static size_t count_packed(enum pyr_pb_type type, struct pyr_span values)
{
    switch (pyr_pb_wire_of(type)) {
    case PYR_PB_WIRE_VARINT:
        return pyr_uvarint_count(values);
    case PYR_PB_WIRE_FIXED32:
        return values.len / 4;
    default:
        return values.len / 8;
    }
}

/* First pass: checks the framing of all fields. */
static pyr_err count_values(struct decode *d, size_t *counts)
{
    const struct pyr_pb_reader start = d->r;
    while (pyr_pb_next(&d->r)) {
        const struct pyr_pb_field *f = find_field(d);
        struct pyr_span packed;
        if (f == NULL || !f->repeated) {
            if (!pyr_pb_skip(&d->r))
                return refuse(d, f);
        } else if (is_packed(d, f)) {
            if (!pyr_pb_read_bytes(&d->r, &packed))
                return refuse(d, f);
            counts[d->near] += count_packed(f->type, packed);
        } else {
            if (!pyr_pb_skip(&d->r))
                return refuse(d, f);
            counts[d->near]++;
        }
    }
    if (d->r.error != NULL)
        return refuse(d, NULL);
    d->r = start;
    d->near = 0;
    return PYR_OK;
}

/* Appends to what is there: a message that comes in pieces is merged, as the format wants it. */
static pyr_err make_room(struct decode *d, const size_t *counts, void *out)
{
    for (size_t i = 0; i < d->m->count; i++) {
        if (counts[i] == 0)
            continue;
        const struct pyr_pb_field *f = &d->m->fields[i];
        struct pyr_pb_repeated have = pyr_pb_load_repeated(out, f);
        void *items = pyr_arena_zalloc(d->arena, have.count + counts[i], pyr_pb_value_size(f));
        if (items == NULL)
            return pyr_pb_fail_nomem(d->m, f, d->diag);
        if (have.count != 0)
            memcpy(items, have.items, have.count * pyr_pb_value_size(f));
        have.items = items;
        pyr_pb_store_repeated(out, f, have);
    }
    return PYR_OK;
}

static bool read_number(struct pyr_pb_reader *r, enum pyr_pb_type type, void *at)
{
    uint64_t v = 0;
    uint32_t low = 0;
    switch (pyr_pb_wire_of(type)) {
    case PYR_PB_WIRE_VARINT:
        if (!pyr_pb_read_varint(r, &v))
            return false;
        if (type == PYR_PB_SINT32 || type == PYR_PB_SINT64)
            v = (uint64_t)pyr_zigzag_decode(type == PYR_PB_SINT32 ? (uint32_t)v : v);
        break;
    case PYR_PB_WIRE_FIXED32:
        if (!pyr_pb_read_fixed32(r, &low))
            return false;
        v = low;
        break;
    default:
        if (!pyr_pb_read_fixed64(r, &v))
            return false;
    }
    pyr_pb_store_number(type, at, v);
    return true;
}

static pyr_err decode_fields(struct decode *d, void *out);

static pyr_err read_message(struct decode *d, const struct pyr_pb_field *f, void *out)
{
    struct decode sub = *d;
    sub.m = f->message;
    sub.near = 0;
    if (sub.depth-- == 0) {
        pyr_pb_error(&d->r, "messages nested too deep");
        return refuse(d, f);
    }
    if (!pyr_pb_read_sub(&d->r, &sub.r))
        return refuse(d, f);
    return decode_fields(&sub, out);
}

/* One value to `at`: a number, a view, or a message. */
static pyr_err read_value(struct decode *d, const struct pyr_pb_field *f, void *at)
{
    if (f->type == PYR_PB_MESSAGE)
        return read_message(d, f, at);
    if (f->type == PYR_PB_STRING || f->type == PYR_PB_BYTES) {
        struct pyr_span s; /* struct pyr_str has the same layout */
        static_assert(sizeof(struct pyr_str) == sizeof(struct pyr_span), "views of text and of bytes look the same");
        if (!pyr_pb_read_bytes(&d->r, &s))
            return refuse(d, f);
        memcpy(at, &s, sizeof(s));
        return PYR_OK;
    }
    return read_number(&d->r, f->type, at) ? PYR_OK : refuse(d, f);
}

static pyr_err append_packed(struct decode *d, const struct pyr_pb_field *f, struct pyr_pb_repeated *values)
{
    struct pyr_pb_reader packed;
    const size_t size = pyr_pb_value_size(f);
    if (!pyr_pb_read_sub(&d->r, &packed))
        return refuse(d, f);
    while (pyr_pb_left(&packed) != 0) {
        uint64_t v; /* room for any number; a torn last one was not counted, and has no place of its own */
        if (!read_number(&packed, f->type, &v)) {
            d->r = packed;
            return refuse(d, f);
        }
        memcpy((char *)values->items + values->count++ * size, &v, size);
    }
    return PYR_OK;
}

static pyr_err append_value(struct decode *d, const struct pyr_pb_field *f, void *out)
{
    struct pyr_pb_repeated values = pyr_pb_load_repeated(out, f);
    if (is_packed(d, f)) {
        PYR_TRY(append_packed(d, f, &values));
    } else {
        PYR_TRY(read_value(d, f, (char *)values.items + values.count * pyr_pb_value_size(f)));
        values.count++;
    }
    pyr_pb_store_repeated(out, f, values);
    return PYR_OK;
}

static pyr_err read_field(struct decode *d, const struct pyr_pb_field *f, void *out)
{
    if (f->repeated)
        return append_value(d, f, out);
    void *at = pyr_pb_field_at(out, f);
    if (f->type == PYR_PB_MESSAGE) {
        at = pyr_pb_message_of(out, f, d->arena);
        if (at == NULL)
            return pyr_pb_fail_nomem(d->m, f, d->diag);
    }
    pyr_pb_mark_present(out, f);
    return read_value(d, f, at);
}

static pyr_err decode_fields(struct decode *d, void *out)
{
    size_t counts[PYR_PB_FIELDS_MAX] = {0};
    PYR_ASSERT(d->m->count <= PYR_PB_FIELDS_MAX);
    PYR_TRY(count_values(d, counts));
    PYR_TRY(make_room(d, counts, out));
    while (pyr_pb_next(&d->r)) {
        const struct pyr_pb_field *f = find_field(d);
        if (f != NULL)
            PYR_TRY(read_field(d, f, out));
        else if (!pyr_pb_skip(&d->r))
            return refuse(d, f);
    }
    return PYR_OK;
}

pyr_err pyr_pb_decode(const struct pyr_pb_message *m, struct pyr_span in, struct pyr_arena *arena, void *out,
                      struct pyr_diag *diag)
{
    memset(out, 0, m->size);
    struct decode d = {.m = m, .r = pyr_pb_reader(in), .arena = arena, .diag = diag, .depth = PYR_PB_DEPTH_MAX};
    return decode_fields(&d, out);
}

static void write_number(enum pyr_pb_type type, const void *at, struct pyr_buf *out)
{
    const uint64_t v = pyr_pb_load_number(type, at);
    switch (pyr_pb_wire_of(type)) {
    case PYR_PB_WIRE_VARINT:
        pyr_pb_put_varint(out, type == PYR_PB_SINT32 || type == PYR_PB_SINT64 ? pyr_zigzag_encode((int64_t)v) : v);
        break;
    case PYR_PB_WIRE_FIXED32:
        pyr_pb_put_fixed32(out, (uint32_t)v);
        break;
    default:
        pyr_pb_put_fixed64(out, v);
    }
}

/* `at`: as for read_value. */
static void write_value(const struct pyr_pb_field *f, const void *at, struct pyr_buf *out)
{
    if (f->type == PYR_PB_MESSAGE) {
        const size_t begun = pyr_pb_begin(out, f->number);
        pyr_pb_encode(f->message, at, out);
        pyr_pb_end(out, begun);
    } else if (f->type == PYR_PB_STRING || f->type == PYR_PB_BYTES) {
        struct pyr_span s;
        memcpy(&s, at, sizeof(s));
        pyr_pb_write_bytes(out, f->number, s);
    } else {
        pyr_pb_put_tag(out, f->number, pyr_pb_wire_of(f->type));
        write_number(f->type, at, out);
    }
}

static void write_repeated(const struct pyr_pb_field *f, struct pyr_pb_repeated values, struct pyr_buf *out)
{
    const size_t size = pyr_pb_value_size(f);
    const bool packed = pyr_pb_wire_of(f->type) != PYR_PB_WIRE_LEN;
    const size_t begun = packed && values.count != 0 ? pyr_pb_begin(out, f->number) : 0;
    for (size_t i = 0; i < values.count && out->err == PYR_OK; i++) {
        const void *at = (const char *)values.items + i * size;
        if (packed)
            write_number(f->type, at, out);
        else
            write_value(f, at, out);
    }
    if (begun != 0)
        pyr_pb_end(out, begun);
}

void pyr_pb_encode(const struct pyr_pb_message *m, const void *msg, struct pyr_buf *out)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct pyr_pb_field *f = &m->fields[i];
        if (f->repeated)
            write_repeated(f, pyr_pb_load_repeated(msg, f), out);
        else if (pyr_pb_is_present(msg, f))
            write_value(f, f->type == PYR_PB_MESSAGE ? pyr_pb_load_pointer(msg, f) : pyr_pb_field_of(msg, f), out);
    }
}
