/* The proto3 JSON form (protobuf.dev/programming-guides/json), as lenient in reading as the wire's servers are. */
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "codec/pb_message_internal.h"
#include <math.h>
#include <stdlib.h>

/* One message being read. */
struct load {
    const struct pyr_pb_message *m;
    struct pyr_arena *arena;
    struct pyr_diag *diag;
    unsigned depth;
};

static pyr_err refuse(const struct load *l, const struct pyr_pb_field *f, const char *what)
{
    return pyr_fail(l->diag, PYR_E_CORRUPT, "%s.%s: %s", l->m->name, f->name, what);
}

/* A decimal number with fraction or exponent, and nothing around it. */
static bool real_from_text(struct pyr_str s, double *out)
{
    char text[64];
    if (s.len == 0 || s.len >= sizeof(text) || s.ptr[0] == '+')
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    char *end;
    *out = strtod(text, &end);
    return strspn(text, "0123456789+-.eE") == s.len && end == text + s.len;
}

static bool real_from_json(const json_t *v, double *out)
{
    if (json_is_number(v)) {
        *out = json_number_value(v);
        return true;
    }
    if (!json_is_string(v))
        return false;
    const struct pyr_str s = pyr_json_text(v);
    if (pyr_str_eq(s, PYR_STR("NaN")))
        *out = NAN;
    else if (pyr_str_eq(s, PYR_STR("Infinity")))
        *out = INFINITY;
    else if (pyr_str_eq(s, PYR_STR("-Infinity")))
        *out = -INFINITY;
    else
        return real_from_text(s, out) && isfinite(*out);
    return true;
}

static bool i64_from_json(const json_t *v, int64_t *out)
{
    double real;
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return true;
    }
    if (json_is_string(v) && pyr_str_to_i64(pyr_json_text(v), out))
        return true;
    /* 1.0 and 1e3 are integers too. */
    if (!real_from_json(v, &real) || real != trunc(real) || real < -0x1p63 || real >= 0x1p63)
        return false;
    *out = (int64_t)real;
    return true;
}

static bool u64_from_json(const json_t *v, uint64_t *out)
{
    int64_t small;
    double real;
    if (json_is_string(v) && pyr_str_to_u64(pyr_json_text(v), out))
        return true;
    if (i64_from_json(v, &small)) {
        *out = (uint64_t)small;
        return small >= 0;
    }
    if (!real_from_json(v, &real) || real != trunc(real) || !(real >= 0 && real < 0x1p64))
        return false;
    *out = (uint64_t)real;
    return true;
}

static bool is_unsigned(enum pyr_pb_type type)
{
    return type == PYR_PB_UINT32 || type == PYR_PB_UINT64 || type == PYR_PB_FIXED32 || type == PYR_PB_FIXED64;
}

static pyr_err load_integer(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    int64_t i = 0;
    uint64_t u = 0;
    const bool wide = pyr_pb_is_64(f->type);
    if (is_unsigned(f->type)) {
        if (!u64_from_json(v, &u) || (!wide && u > UINT32_MAX))
            return refuse(l, f, "expected an unsigned integer, as a number or a string, within its range");
    } else {
        if (!i64_from_json(v, &i) || (!wide && (i < INT32_MIN || i > INT32_MAX)))
            return refuse(l, f, "expected an integer, as a number or a string, within its range");
        u = (uint64_t)i;
    }
    pyr_pb_store_number(f->type, at, u);
    return PYR_OK;
}

static pyr_err load_real(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    double real;
    if (!real_from_json(v, &real))
        return refuse(l, f, "expected a number");
    if (f->type == PYR_PB_DOUBLE) {
        memcpy(at, &real, sizeof(real));
        return PYR_OK;
    }
    /* From here on it would round to infinity: half a digit above FLT_MAX, whose shortest decimal is above it too. */
    if (isfinite(real) && fabs(real) >= 0x1.ffffffp127)
        return refuse(l, f, "number out of range");
    const float small = (float)real;
    memcpy(at, &small, sizeof(small));
    return PYR_OK;
}

static pyr_err load_bool(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    if (!json_is_boolean(v))
        return refuse(l, f, "expected true or false");
    pyr_pb_store_number(f->type, at, json_is_true(v));
    return PYR_OK;
}

static pyr_err load_string(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    if (!json_is_string(v))
        return refuse(l, f, "expected a string");
    const struct pyr_str s = pyr_json_text(v);
    memcpy(at, &s, sizeof(s));
    return PYR_OK;
}

static pyr_err load_bytes(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    if (!json_is_string(v))
        return refuse(l, f, "expected a string of base64");
    const struct pyr_str text = pyr_json_text(v);
    uint8_t *bytes = pyr_arena_alloc_aligned(l->arena, pyr_base64_decoded_max(text.len), 1);
    if (bytes == NULL)
        return pyr_pb_fail_nomem(l->m, f, l->diag);
    struct pyr_span s = {bytes, 0};
    if (!pyr_base64_decode(text, bytes, &s.len))
        return refuse(l, f, "not base64");
    memcpy(at, &s, sizeof(s));
    return PYR_OK;
}

static const struct pyr_pb_enum_value *enum_by_name(const struct pyr_pb_enum *e, struct pyr_str name)
{
    for (size_t i = 0; i < e->count; i++)
        if (pyr_str_eq(pyr_str_of(e->values[i].name), name))
            return &e->values[i];
    return NULL;
}

static pyr_err load_enum(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    if (!json_is_string(v))
        return load_integer(l, f, v, at);
    pyr_pb_store_number(f->type, at, (uint64_t)enum_by_name(f->enumeration, pyr_json_text(v))->number);
    return PYR_OK;
}

static pyr_err load_fields(const struct load *l, const json_t *object, void *out);

static pyr_err load_message(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    if (!json_is_object(v))
        return refuse(l, f, "expected an object");
    if (l->depth == 0)
        return refuse(l, f, "messages nested too deep");
    const struct load sub = {.m = f->message, .arena = l->arena, .diag = l->diag, .depth = l->depth - 1};
    return load_fields(&sub, v, at);
}

/* One value to `at`, as read_value of the binary form. */
static pyr_err load_value(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *at)
{
    switch (f->type) {
    case PYR_PB_BOOL:
        return load_bool(l, f, v, at);
    case PYR_PB_FLOAT:
    case PYR_PB_DOUBLE:
        return load_real(l, f, v, at);
    case PYR_PB_ENUM:
        return load_enum(l, f, v, at);
    case PYR_PB_STRING:
        return load_string(l, f, v, at);
    case PYR_PB_BYTES:
        return load_bytes(l, f, v, at);
    case PYR_PB_MESSAGE:
        return load_message(l, f, v, at);
    default:
        return load_integer(l, f, v, at);
    }
}

/* The name of an enum value that came after us is ignored, as fields that came after us are. */
static bool is_unknown(const struct pyr_pb_field *f, const json_t *v)
{
    return f->type == PYR_PB_ENUM && json_is_string(v) && enum_by_name(f->enumeration, pyr_json_text(v)) == NULL;
}

static pyr_err load_repeated(const struct load *l, const struct pyr_pb_field *f, const json_t *array, void *out)
{
    if (!json_is_array(array))
        return refuse(l, f, "expected an array");
    const size_t size = pyr_pb_value_size(f), count = json_array_size(array);
    struct pyr_pb_repeated values = {NULL, 0};
    if (count != 0 && (values.items = pyr_arena_zalloc(l->arena, count, size)) == NULL)
        return pyr_pb_fail_nomem(l->m, f, l->diag);
    for (size_t i = 0; i < count; i++) {
        const json_t *v = json_array_get(array, i);
        if (is_unknown(f, v))
            continue;
        PYR_TRY(load_value(l, f, v, (char *)values.items + values.count * size));
        values.count++;
    }
    pyr_pb_store_repeated(out, f, values);
    return PYR_OK;
}

static pyr_err load_field(const struct load *l, const struct pyr_pb_field *f, const json_t *v, void *out)
{
    if (json_is_null(v) || (!f->repeated && is_unknown(f, v)))
        return PYR_OK;
    if (f->repeated)
        return load_repeated(l, f, v, out);
    void *at = pyr_pb_field_at(out, f);
    if (f->type == PYR_PB_MESSAGE && (at = pyr_pb_message_of(out, f, l->arena)) == NULL)
        return pyr_pb_fail_nomem(l->m, f, l->diag);
    pyr_pb_mark_present(out, f);
    return load_value(l, f, v, at);
}

/* Index of the field, or m->count. */
static size_t find_field(const struct pyr_pb_message *m, struct pyr_str name)
{
    size_t i = 0;
    while (i < m->count && !pyr_str_eq(name, pyr_str_of(m->fields[i].json_name)) &&
           !pyr_str_eq(name, pyr_str_of(m->fields[i].name)))
        i++;
    return i;
}

static pyr_err load_fields(const struct load *l, const json_t *object, void *out)
{
    uint64_t seen = 0;
    static_assert(PYR_PB_FIELDS_MAX <= 64, "a bit for each field");
    /* Iterating takes the object as it may be changed; it is not. */
    json_t *o = (json_t *)(uintptr_t)object;
    for (void *it = json_object_iter(o); it != NULL; it = json_object_iter_next(o, it)) {
        const size_t i = find_field(l->m, pyr_str_of(json_object_iter_key(it)));
        if (i == l->m->count)
            continue;
        const struct pyr_pb_field *f = &l->m->fields[i];
        if ((seen & UINT64_C(1) << i) != 0)
            return refuse(l, f, "given twice, under both of its names");
        seen |= UINT64_C(1) << i;
        PYR_TRY(load_field(l, f, json_object_iter_value(it), out));
    }
    return PYR_OK;
}

pyr_err pyr_pb_json_decode(const struct pyr_pb_message *m, struct pyr_span in, struct pyr_arena *arena, void *out,
                           struct pyr_diag *diag)
{
    memset(out, 0, m->size);
    const json_t *object;
    PYR_TRY(pyr_json_load(in, arena, &object, diag));
    if (!json_is_object(object))
        return pyr_fail(diag, PYR_E_CORRUPT, "%s: expected an object", m->name);
    const struct load l = {.m = m, .arena = arena, .diag = diag, .depth = PYR_PB_DEPTH_MAX};
    return load_fields(&l, object, out);
}

static void write_fields(const struct pyr_pb_message *m, const void *msg, struct pyr_json_writer *w);

static void write_enum(const struct pyr_pb_enum *e, int32_t number, struct pyr_json_writer *w)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->values[i].number == number) {
            pyr_json_str(w, pyr_str_of(e->values[i].name));
            return;
        }
    }
    pyr_json_int(w, number);
}

static void write_number(const struct pyr_pb_field *f, const void *at, struct pyr_json_writer *w)
{
    const uint64_t v = pyr_pb_load_number(f->type, at);
    if (is_unsigned(f->type)) {
        if (pyr_pb_is_64(f->type))
            pyr_json_uint_str(w, v);
        else
            pyr_json_uint(w, v);
    } else if (pyr_pb_is_64(f->type)) {
        pyr_json_int_str(w, (int64_t)v);
    } else {
        pyr_json_int(w, (int64_t)v);
    }
}

static void write_value(const struct pyr_pb_field *f, const void *at, struct pyr_json_writer *w)
{
    struct pyr_span s;
    double real;
    float small;
    switch (f->type) {
    case PYR_PB_BOOL:
        pyr_json_bool(w, *(const bool *)at);
        break;
    case PYR_PB_FLOAT:
        memcpy(&small, at, sizeof(small));
        pyr_json_real32(w, small);
        break;
    case PYR_PB_DOUBLE:
        memcpy(&real, at, sizeof(real));
        pyr_json_real(w, real);
        break;
    case PYR_PB_ENUM:
        write_enum(f->enumeration, (int32_t)pyr_pb_load_number(f->type, at), w);
        break;
    case PYR_PB_STRING:
        memcpy(&s, at, sizeof(s));
        pyr_json_str(w, pyr_span_str(s));
        break;
    case PYR_PB_BYTES:
        memcpy(&s, at, sizeof(s));
        pyr_json_base64(w, s);
        break;
    case PYR_PB_MESSAGE:
        write_fields(f->message, at, w);
        break;
    default:
        write_number(f, at, w);
    }
}

static void write_repeated(const struct pyr_pb_field *f, struct pyr_pb_repeated values, struct pyr_json_writer *w)
{
    pyr_json_begin_array(w);
    for (size_t i = 0; i < values.count && w->out->err == PYR_OK; i++)
        write_value(f, (const char *)values.items + i * pyr_pb_value_size(f), w);
    pyr_json_end_array(w);
}

static void write_fields(const struct pyr_pb_message *m, const void *msg, struct pyr_json_writer *w)
{
    pyr_json_begin_object(w);
    for (size_t i = 0; i < m->count; i++) {
        const struct pyr_pb_field *f = &m->fields[i];
        const struct pyr_pb_repeated values =
            f->repeated ? pyr_pb_load_repeated(msg, f) : (struct pyr_pb_repeated){NULL, 0};
        if (f->repeated ? values.count == 0 : !pyr_pb_is_present(msg, f))
            continue;
        pyr_json_key(w, pyr_str_of(f->json_name));
        if (f->repeated)
            write_repeated(f, values, w);
        else
            write_value(f, f->type == PYR_PB_MESSAGE ? pyr_pb_load_pointer(msg, f) : pyr_pb_field_of(msg, f), w);
    }
    pyr_json_end_object(w);
}

void pyr_pb_json_encode(const struct pyr_pb_message *m, const void *msg, struct pyr_buf *out)
{
    struct pyr_json_writer w = pyr_json_writer(out);
    write_fields(m, msg, &w);
}
