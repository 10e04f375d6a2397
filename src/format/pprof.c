/* One pass over the top level; sub-messages are decoded as they come, ids and string indices are checked once all is
 * read (the string table usually comes last). What is wrong is then looked for again in the bytes, to name its place:
 * good profiles do not pay for the bad ones' messages.
 *
 * Source of the format: github.com/google/pprof, proto/profile.proto. */
#include "format/pprof.h"
#include "base/assert.h"
#include "codec/pb.h"
#include "format/frames.h"
#include "format/pprof_decoder.h"
#include "format/pprof_explain.h"
#include "profile/grow.h"

bool pyr_pprof_out_of_memory(struct pyr_pprof_decoder *d)
{
    pyr_fail(d->diag, PYR_E_NOMEM, "profile of %zu bytes needs more memory than a request may have", d->in.len);
    return false;
}

/* Passes a sub-message's mistake on, as "sample[12].location_id: truncated varint at byte 5123". */
static bool bad_wire(struct pyr_pprof_decoder *d, const struct pyr_pb_reader *r, uint32_t field, uint32_t ordinal)
{
    pyr_pprof_explain_wire(r, field, ordinal, d->diag);
    return false;
}

/* A string index as it is kept until the string table is known: too large ones stay too large. */
static inline uint32_t string_index(uint64_t v)
{
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* ---- samples ---- */

/* Ids are mostly of one and two bytes in no predictable order: no branch between those. `end` of the field; `readable`
 * bytes go further, to the end of the input. */
static inline const uint8_t *read_id(const uint8_t *p, const uint8_t *readable, uint64_t *id)
{
    if (__builtin_expect(readable - p >= 2, 1)) {
        const uint32_t w = (uint32_t)p[0] | (uint32_t)p[1] << 8;
        if (__builtin_expect((w & 0x8080) != 0x8080, 1)) {
            const uint32_t two = w >> 7 & 1;
            *id = (w & 0x7f) | (w >> 1 & 0x3f80 & (0 - two));
            return p + 1 + two;
        }
    }
    return pyr_uvarint_read(p, readable, id);
}

static bool add_location_id(struct pyr_pprof_decoder *d, uint64_t id, uint32_t *count)
{
    return pyr_id_handle(&d->location_ids, id, &d->out->stack_locations[(*count)++]) || pyr_pprof_out_of_memory(d);
}

static bool read_location_ids(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r, uint32_t *count)
{
    struct pyr_pb_reader ids;
    if (!pyr_pb_read_sub(r, &ids))
        return true; /* the caller looks at r->error */
    const uint8_t *p = ids.at, *const readable = d->in.ptr + d->in.len;
    while (p < ids.end) {
        uint64_t id;
        const uint8_t *next = read_id(p, readable, &id);
        if (__builtin_expect(next == NULL || next > ids.end, 0)) {
            r->at = p;
            pyr_pb_error(r, "malformed varint");
            return true;
        }
        p = next;
        if (!add_location_id(d, id, count))
            return false;
    }
    return true;
}

struct sample_values {
    int64_t items[PYR_FORMAT_TYPES_MAX];
    uint32_t count; /* of all; only the first are kept */
    int64_t any;    /* or of all */
    int64_t signs;  /* negative if one of them is */
};

static inline void add_value(struct sample_values *values, int64_t v)
{
    if (values->count < PYR_FORMAT_TYPES_MAX)
        values->items[values->count] = v;
    values->count++;
    values->any |= v;
    values->signs |= v;
}

static void read_values(struct pyr_pb_reader *r, struct sample_values *values)
{
    struct pyr_pb_reader packed;
    uint64_t v;
    if (!pyr_pb_read_sub(r, &packed))
        return;
    while (pyr_pb_left(&packed) != 0) {
        if (!pyr_pb_read_varint(&packed, &v)) {
            r->at = packed.at;
            pyr_pb_error(r, packed.error);
            return;
        }
        add_value(values, (int64_t)v);
    }
}

/* Labels without a string belong to no series: they are not kept. */
static bool read_label(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_pb_reader sub;
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    uint64_t key = 0, str = 0, v;
    while (pyr_pb_next(&sub)) {
        if (sub.tag == PYR_PB_TAG(1, PYR_PB_WIRE_VARINT))
            pyr_pb_read_varint(&sub, &key);
        else if (sub.tag == PYR_PB_TAG(2, PYR_PB_WIRE_VARINT))
            pyr_pb_read_varint(&sub, &str);
        else if (pyr_pb_wire(&sub) == PYR_PB_WIRE_VARINT)
            pyr_pb_read_varint(&sub, &v);
        else
            pyr_pb_skip(&sub);
    }
    if (sub.error != NULL) {
        r->at = sub.at;
        pyr_pb_error(r, sub.error);
        return true;
    }
    struct pyr_profile *p = d->out;
    if (key == 0 || str == 0) {
        p->dropped.numeric_labels++;
        return true;
    }
    if (!PYR_GROW(d->arena, p->labels, d->cap.labels, (uint64_t)p->label_count + 1))
        return pyr_pprof_out_of_memory(d);
    p->labels[p->label_count++] = (struct pyr_sample_label){.key = string_index(key), .str = string_index(str)};
    return true;
}

static bool read_sample_fields(struct pyr_pprof_decoder *d, struct pyr_pb_reader *sub, uint32_t *stack_end,
                               struct sample_values *values)
{
    uint64_t v;
    while (pyr_pb_next(sub)) {
        bool ok = true;
        switch (sub->tag) {
        case PYR_PB_TAG(1, PYR_PB_WIRE_LEN):
            ok = read_location_ids(d, sub, stack_end);
            break;
        case PYR_PB_TAG(1, PYR_PB_WIRE_VARINT):
            ok = !pyr_pb_read_varint(sub, &v) || add_location_id(d, v, stack_end);
            break;
        case PYR_PB_TAG(2, PYR_PB_WIRE_LEN):
            read_values(sub, values);
            break;
        case PYR_PB_TAG(2, PYR_PB_WIRE_VARINT):
            if (pyr_pb_read_varint(sub, &v))
                add_value(values, (int64_t)v);
            break;
        case PYR_PB_TAG(3, PYR_PB_WIRE_LEN):
            ok = read_label(d, sub);
            break;
        default:
            pyr_pb_skip(sub);
        }
        if (!ok)
            return false;
    }
    return true;
}

/* The rules that a sample can be held to by itself. *keep = false: it is dropped. */
static bool check_sample(struct pyr_pprof_decoder *d, const struct sample_values *values, uint32_t labels, bool *keep)
{
    struct pyr_profile *p = d->out;
    const uint32_t ordinal = d->samples_seen;
    if (ordinal == 0)
        d->value_width = values->count;
    if (values->count != d->value_width || values->count > PYR_FORMAT_TYPES_MAX) {
        pyr_pprof_explain(d->in, PYR_PPROF_SAMPLE, ordinal, 2, d->diag, PYR_E_CORRUPT,
                          "%u values, the profile has %u sample types", values->count, d->value_width);
        return false;
    }
    if (labels > d->limits->sample_labels_max) {
        pyr_pprof_explain(d->in, PYR_PPROF_SAMPLE, ordinal, 3, d->diag, PYR_E_INVALID, "%u labels, the limit is %u",
                          labels, d->limits->sample_labels_max);
        return false;
    }
    if (d->limits->samples_max != 0 && ordinal >= d->limits->samples_max) {
        pyr_pprof_explain(d->in, PYR_PPROF_SAMPLE, ordinal, 0, d->diag, PYR_E_INVALID,
                          "more than the limit of %u samples", d->limits->samples_max);
        return false;
    }
    p->dropped.negative += values->signs < 0;
    p->dropped.zero += values->any == 0;
    *keep = values->any != 0 && values->signs >= 0;
    return true;
}

/* Leaf first, so what is nearest the root comes last. */
static uint32_t cut_stack(struct pyr_pprof_decoder *d, uint32_t first, uint32_t count)
{
    const uint32_t most = d->limits->depth_max;
    if (count <= most)
        return count;
    uint32_t *stack = d->out->stack_locations + first;
    memmove(stack, stack + (count - most), most * sizeof(*stack));
    d->out->dropped.truncated++;
    return most;
}

static bool keep_sample(struct pyr_pprof_decoder *d, const struct sample_values *values, uint32_t stack_count,
                        uint32_t label_first)
{
    struct pyr_profile *p = d->out;
    const uint64_t value_at = (uint64_t)p->sample_count * d->value_width;
    if (!PYR_GROW(d->arena, p->samples, d->cap.samples, (uint64_t)p->sample_count + 1) ||
        !PYR_GROW(d->arena, p->values, d->cap.values, value_at + d->value_width))
        return pyr_pprof_out_of_memory(d);
    p->samples[p->sample_count++] = (struct pyr_sample){
        .stack_first = p->stack_location_count,
        .stack_count = cut_stack(d, p->stack_location_count, stack_count),
        .label_first = label_first,
        .label_count = p->label_count - label_first,
    };
    memcpy(p->values + value_at, values->items, d->value_width * sizeof(*p->values));
    p->stack_location_count += p->samples[p->sample_count - 1].stack_count;
    return true;
}

static bool read_sample(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_pb_reader sub;
    struct pyr_profile *p = d->out;
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    /* An id takes a byte at least: one check here, none per id. */
    const uint64_t ids_most = (uint64_t)p->stack_location_count + pyr_pb_left(&sub);
    if (!PYR_GROW(d->arena, p->stack_locations, d->cap.stack_locations, ids_most))
        return pyr_pprof_out_of_memory(d);
    const uint32_t label_first = p->label_count;
    uint32_t stack_end = p->stack_location_count;
    struct sample_values values;
    values.count = 0;
    values.any = values.signs = 0;
    if (!read_sample_fields(d, &sub, &stack_end, &values))
        return false;
    if (sub.error != NULL)
        return bad_wire(d, &sub, PYR_PPROF_SAMPLE, d->samples_seen);
    bool keep;
    if (!check_sample(d, &values, p->label_count - label_first, &keep))
        return false;
    d->samples_seen++;
    if (keep)
        return keep_sample(d, &values, stack_end - p->stack_location_count, label_first);
    p->label_count = label_first;
    return true;
}

/* ---- symbols ---- */

static bool read_mapping(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_pb_reader sub;
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    uint64_t f[11] = {0}; /* by field number; all are varints */
    while (pyr_pb_next(&sub)) {
        if (pyr_pb_wire(&sub) == PYR_PB_WIRE_VARINT && pyr_pb_number(&sub) <= 10)
            pyr_pb_read_varint(&sub, &f[pyr_pb_number(&sub)]);
        else
            pyr_pb_skip(&sub);
    }
    struct pyr_profile *p = d->out;
    const uint32_t ordinal = p->mapping_count - 1;
    if (sub.error != NULL)
        return bad_wire(d, &sub, PYR_PPROF_MAPPING, ordinal);
    if (f[1] == 0) {
        pyr_pprof_explain(d->in, PYR_PPROF_MAPPING, ordinal, 1, d->diag, PYR_E_CORRUPT, "id 0 is reserved");
        return false;
    }
    if (!PYR_GROW(d->arena, p->mappings, d->cap.mappings, (uint64_t)p->mapping_count + 1) ||
        !pyr_id_define(&d->mapping_ids, f[1]))
        return pyr_pprof_out_of_memory(d);
    p->mappings[p->mapping_count++] = (struct pyr_mapping){
        .start = f[2],
        .limit = f[3],
        .offset = f[4],
        .filename = string_index(f[5]),
        .build_id = string_index(f[6]),
        .has_functions = f[7] != 0,
        .has_filenames = f[8] != 0,
        .has_line_numbers = f[9] != 0,
        .has_inline_frames = f[10] != 0,
    };
    return true;
}

static bool read_line(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_pb_reader sub;
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    uint64_t function = 0, line = 0;
    while (pyr_pb_next(&sub)) {
        if (sub.tag == PYR_PB_TAG(1, PYR_PB_WIRE_VARINT))
            pyr_pb_read_varint(&sub, &function);
        else if (sub.tag == PYR_PB_TAG(2, PYR_PB_WIRE_VARINT))
            pyr_pb_read_varint(&sub, &line);
        else
            pyr_pb_skip(&sub);
    }
    if (sub.error != NULL) {
        r->at = sub.at;
        pyr_pb_error(r, sub.error);
        return true;
    }
    struct pyr_profile *p = d->out;
    uint32_t handle;
    if (!PYR_GROW(d->arena, p->lines, d->cap.lines, (uint64_t)p->line_count + 1) ||
        !pyr_id_handle(&d->function_ids, function, &handle))
        return pyr_pprof_out_of_memory(d);
    p->lines[p->line_count++] = (struct pyr_line){.function = handle, .line = (int64_t)line};
    return true;
}

static bool read_location(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_pb_reader sub;
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    struct pyr_profile *p = d->out;
    const uint32_t line_first = p->line_count;
    uint64_t id = 0, mapping = 0, address = 0;
    while (pyr_pb_next(&sub)) {
        if (sub.tag == PYR_PB_TAG(1, PYR_PB_WIRE_VARINT)) {
            pyr_pb_read_varint(&sub, &id);
        } else if (sub.tag == PYR_PB_TAG(2, PYR_PB_WIRE_VARINT)) {
            pyr_pb_read_varint(&sub, &mapping);
        } else if (sub.tag == PYR_PB_TAG(3, PYR_PB_WIRE_VARINT)) {
            pyr_pb_read_varint(&sub, &address);
        } else if (sub.tag == PYR_PB_TAG(4, PYR_PB_WIRE_LEN)) {
            if (!read_line(d, &sub))
                return false;
        } else {
            pyr_pb_skip(&sub);
        }
    }
    if (sub.error != NULL)
        return bad_wire(d, &sub, PYR_PPROF_LOCATION, p->location_count);
    if (id == 0) {
        pyr_pprof_explain(d->in, PYR_PPROF_LOCATION, p->location_count, 1, d->diag, PYR_E_CORRUPT, "id 0 is reserved");
        return false;
    }
    uint32_t mapping_handle;
    if (!PYR_GROW(d->arena, p->locations, d->cap.locations, (uint64_t)p->location_count + 1) ||
        !pyr_id_define(&d->location_ids, id) || !pyr_id_handle(&d->mapping_ids, mapping, &mapping_handle))
        return pyr_pprof_out_of_memory(d);
    p->locations[p->location_count++] = (struct pyr_location){
        .address = address,
        .mapping = mapping_handle,
        .line_first = line_first,
        .line_count = p->line_count - line_first,
    };
    return true;
}

static bool read_function(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_pb_reader sub;
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    uint64_t f[6] = {0}; /* by field number */
    while (pyr_pb_next(&sub)) {
        if (pyr_pb_wire(&sub) == PYR_PB_WIRE_VARINT && pyr_pb_number(&sub) <= 5)
            pyr_pb_read_varint(&sub, &f[pyr_pb_number(&sub)]);
        else
            pyr_pb_skip(&sub);
    }
    struct pyr_profile *p = d->out;
    if (sub.error != NULL)
        return bad_wire(d, &sub, PYR_PPROF_FUNCTION, p->function_count);
    if (f[1] == 0) {
        pyr_pprof_explain(d->in, PYR_PPROF_FUNCTION, p->function_count, 1, d->diag, PYR_E_CORRUPT, "id 0 is reserved");
        return false;
    }
    if (!PYR_GROW(d->arena, p->functions, d->cap.functions, (uint64_t)p->function_count + 1) ||
        !pyr_id_define(&d->function_ids, f[1]))
        return pyr_pprof_out_of_memory(d);
    p->functions[p->function_count++] = (struct pyr_function){
        .name = string_index(f[2]),
        .system_name = string_index(f[3]),
        .filename = string_index(f[4]),
        .start_line = (int64_t)f[5],
    };
    return true;
}

static bool is_ascii(struct pyr_str s)
{
    uint64_t high = 0;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8)
        high |= pyr_load_le64((const uint8_t *)s.ptr + i);
    for (; i < s.len; i++)
        high |= (uint8_t)s.ptr[i];
    return (high & 0x8080808080808080u) == 0;
}

static bool read_string(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_profile *p = d->out;
    struct pyr_str s;
    size_t bad_at;
    if (!pyr_pb_read_str(r, &s))
        return true;
    if (p->string_count == 0 && s.len != 0) {
        pyr_fail(d->diag, PYR_E_CORRUPT, "string_table[0]: must be empty at byte %zu", pyr_pb_offset(r) - s.len);
        return false;
    }
    if (!is_ascii(s) && !pyr_utf8_valid(s, &bad_at)) {
        pyr_fail(d->diag, PYR_E_CORRUPT, "string_table[%u]: invalid UTF-8 at byte %zu", p->string_count,
                 pyr_pb_offset(r) - s.len + bad_at);
        return false;
    }
    if (!PYR_GROW(d->arena, p->strings, d->cap.strings, (uint64_t)p->string_count + 1))
        return pyr_pprof_out_of_memory(d);
    p->strings[p->string_count++] = pyr_format_cut_string(s, d->limits->string_bytes_max);
    return true;
}

/* ---- the top level ---- */

static bool read_value_type(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r, uint32_t field,
                            struct pyr_pprof_type_ref *type)
{
    struct pyr_pb_reader sub;
    uint64_t f[3] = {0};
    if (!pyr_pb_read_sub(r, &sub))
        return true;
    while (pyr_pb_next(&sub)) {
        if (pyr_pb_wire(&sub) == PYR_PB_WIRE_VARINT && pyr_pb_number(&sub) <= 2)
            pyr_pb_read_varint(&sub, &f[pyr_pb_number(&sub)]);
        else
            pyr_pb_skip(&sub);
    }
    *type = (struct pyr_pprof_type_ref){.type = string_index(f[1]), .unit = string_index(f[2])};
    return sub.error == NULL || bad_wire(d, &sub, field, d->out->type_count);
}

static bool read_sample_type(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_profile *p = d->out;
    if (p->type_count == PYR_FORMAT_TYPES_MAX) {
        pyr_fail(d->diag, PYR_E_INVALID, "sample_type[%u]: more than %u sample types at byte %zu", p->type_count,
                 PYR_FORMAT_TYPES_MAX, pyr_pb_offset(r));
        return false;
    }
    if (!read_value_type(d, r, PYR_PPROF_SAMPLE_TYPE, &d->types[p->type_count]))
        return false;
    p->type_count += r->error == NULL;
    return true;
}

static void read_number(struct pyr_pb_reader *r, int64_t *out)
{
    uint64_t v;
    if (pyr_pb_read_varint(r, &v))
        *out = (int64_t)v;
}

static bool read_field(struct pyr_pprof_decoder *d, struct pyr_pb_reader *r)
{
    struct pyr_profile *p = d->out;
    int64_t v = 0;
    switch (r->tag) {
    case PYR_PB_TAG(PYR_PPROF_SAMPLE, PYR_PB_WIRE_LEN):
        return read_sample(d, r);
    case PYR_PB_TAG(PYR_PPROF_LOCATION, PYR_PB_WIRE_LEN):
        return read_location(d, r);
    case PYR_PB_TAG(PYR_PPROF_FUNCTION, PYR_PB_WIRE_LEN):
        return read_function(d, r);
    case PYR_PB_TAG(PYR_PPROF_STRING, PYR_PB_WIRE_LEN):
        return read_string(d, r);
    case PYR_PB_TAG(PYR_PPROF_MAPPING, PYR_PB_WIRE_LEN):
        return read_mapping(d, r);
    case PYR_PB_TAG(PYR_PPROF_SAMPLE_TYPE, PYR_PB_WIRE_LEN):
        return read_sample_type(d, r);
    case PYR_PB_TAG(PYR_PPROF_PERIOD_TYPE, PYR_PB_WIRE_LEN):
        return read_value_type(d, r, PYR_PPROF_PERIOD_TYPE, &d->period_type);
    case PYR_PB_TAG(PYR_PPROF_TIME, PYR_PB_WIRE_VARINT):
        read_number(r, &p->time_ns);
        return true;
    case PYR_PB_TAG(PYR_PPROF_DURATION, PYR_PB_WIRE_VARINT):
        read_number(r, &p->duration_ns);
        return true;
    case PYR_PB_TAG(PYR_PPROF_PERIOD, PYR_PB_WIRE_VARINT):
        read_number(r, &p->period);
        return true;
    case PYR_PB_TAG(PYR_PPROF_DEFAULT_TYPE, PYR_PB_WIRE_VARINT):
        read_number(r, &v);
        p->default_type = string_index((uint64_t)v);
        return true;
    default:
        pyr_pb_skip(r);
        return true;
    }
}

/* First capacities from the size of the input, so that usual profiles grow nothing (measured on Go's). */
static bool reserve(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    const uint64_t n = d->in.len;
    if (PYR_GROW(d->arena, p->strings, d->cap.strings, n / 28 + 16) &&
        PYR_GROW(d->arena, p->functions, d->cap.functions, n / 56 + 16) &&
        PYR_GROW(d->arena, p->locations, d->cap.locations, n / 40 + 16) &&
        PYR_GROW(d->arena, p->lines, d->cap.lines, n / 36 + 16) &&
        PYR_GROW(d->arena, p->samples, d->cap.samples, n / 80 + 16) &&
        PYR_GROW(d->arena, p->values, d->cap.values, n / 40 + 16) &&
        PYR_GROW(d->arena, p->stack_locations, d->cap.stack_locations, n / 4 + 64) &&
        PYR_GROW(d->arena, p->mappings, d->cap.mappings, 8))
        return true;
    return pyr_pprof_out_of_memory(d);
}

static bool read_profile(struct pyr_pprof_decoder *d)
{
    struct pyr_pb_reader r = pyr_pb_reader(d->in);
    while (pyr_pb_next(&r))
        if (!read_field(d, &r))
            return false;
    if (r.error != NULL)
        pyr_pb_fail(&r, d->diag, "Profile");
    return r.error == NULL;
}

pyr_err pyr_pprof_decode(struct pyr_span in, const struct pyr_format_limits *limits, struct pyr_arena *arena,
                         struct pyr_profile *out, struct pyr_diag *diag)
{
    struct pyr_diag own = {0};
    struct pyr_pprof_decoder d = {.in = in, .limits = limits, .arena = arena, .diag = &own, .out = out};
    *out = (struct pyr_profile){0};
    if (in.len > INT32_MAX)
        return pyr_fail(diag, PYR_E_TOOBIG, "profile of %zu bytes: the limit is 2 GiB", in.len);
    pyr_id_space_init(&d.mapping_ids, arena, (uint32_t)in.len);
    pyr_id_space_init(&d.location_ids, arena, (uint32_t)in.len);
    pyr_id_space_init(&d.function_ids, arena, (uint32_t)in.len);
    if (!reserve(&d))
        goto out;
    out->mappings[out->mapping_count++] = (struct pyr_mapping){0};
    if (read_profile(&d))
        (void)pyr_pprof_resolve(&d);
out:
    if (own.code != PYR_OK)
        return pyr_fail(diag, own.code, "%s", own.message);
    PYR_ASSERT(out->string_count != 0 && out->strings[0].len == 0);
    return PYR_OK;
}
