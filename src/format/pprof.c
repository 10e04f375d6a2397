/* One pass over the top level; sub-messages are decoded as they come, ids and string indices are checked once all is
 * read (the string table usually comes last). The steps return false on any mistake. One that breaks a rule has said so
 * in d->diag; malformed bytes are looked for again, to name their place: good profiles do not pay for the bad ones'
 * messages.
 *
 * Source of the format: github.com/google/pprof, proto/profile.proto. */
#include "format/pprof.h"
#include "base/assert.h"
#include "format/frames.h"
#include "format/pprof_decoder.h"
#include "format/pprof_explain.h"
#include "format/wire.h"
#include "profile/grow.h"

bool pyr_pprof_out_of_memory(struct pyr_pprof_decoder *d)
{
    pyr_fail(d->diag, PYR_E_NOMEM, "profile of %zu bytes needs more memory than a request may have", d->in.len);
    return false;
}

/* A string index as it is kept until the string table is known: too large ones stay too large. */
static inline uint32_t string_index(uint64_t v)
{
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* Ordinals count from 0. */
static bool bad_id(struct pyr_pprof_decoder *d, uint32_t field, uint32_t ordinal)
{
    pyr_pprof_explain(d->in, field, ordinal, 1, d->diag, PYR_E_CORRUPT, "id 0 is reserved");
    return false;
}

/* ---- samples ---- */

/* A sample while it is read. */
struct sample {
    int64_t values[PYR_FORMAT_TYPES_MAX]; /* the first of them */
    uint32_t value_count;                 /* of all */
    int64_t any, signs;                   /* all or-ed together: zero if all are; negative if one is */
    uint32_t *stack_end;                  /* location ids go here; there is room */
};

static inline void add_value(struct sample *s, uint64_t v)
{
    if (s->value_count < PYR_FORMAT_TYPES_MAX)
        s->values[s->value_count] = (int64_t)v;
    s->value_count++;
    s->any |= (int64_t)v;
    s->signs |= (int64_t)v;
}

static bool add_location_id(struct pyr_pprof_decoder *d, struct sample *s, uint64_t id)
{
    return pyr_id_handle(&d->location_ids, id, s->stack_end++) || pyr_pprof_out_of_memory(d);
}

/* One id, of any length. NULL: malformed, or out of memory. */
__attribute__((noinline)) static const uint8_t *read_long_id(struct pyr_pprof_decoder *d, struct sample *s,
                                                             const uint8_t *p, const uint8_t *end)
{
    const struct pyr_wire_value id = pyr_wire_varint(p, end);
    if (id.next == NULL || !add_location_id(d, s, id.v))
        return NULL;
    return id.next;
}

/* Ids are mostly of one and two bytes, in no order that a processor could predict. So eight bytes are taken at once: a
 * bit for each byte that ends an id, and the ids between those bits put together without branches. */
static bool read_packed_ids(struct pyr_pprof_decoder *d, struct sample *s, const uint8_t *p, const uint8_t *end)
{
    const uint64_t small_max = d->location_ids.small_max;
    const uint8_t *const readable = d->in.ptr + d->in.len;
    while (p < end) {
        uint64_t stops = 0, w = 0;
        if (__builtin_expect(readable - p >= 8, 1)) {
            w = pyr_load_le64(p);
            stops = ~w & 0x8080808080808080u;
            if (end - p < 8)
                stops &= (UINT64_C(1) << (8 * (unsigned)(end - p))) - 1;
        }
        unsigned start = 0; /* bits */
        uint32_t *out = s->stack_end;
        for (; stops != 0; stops &= stops - 1) {
            const unsigned stop = (unsigned)__builtin_ctzll(stops) + 1;
            const uint64_t x = w << (64 - stop) >> (64 - stop + start);
            const uint64_t id = (x & 0x7f) | (x >> 1 & 0x3f80) | (x >> 2 & 0x1fc000);
            if (__builtin_expect(stop - start > 24 || id > small_max, 0))
                break;
            *out++ = (uint32_t)id;
            start = stop;
        }
        s->stack_end = out;
        p += start / 8;
        /* An id of more than three bytes, a large one, or the last bytes of the input. */
        if (__builtin_expect(start == 0, 0)) {
            p = read_long_id(d, s, p, end);
            if (p == NULL)
                return false;
        }
    }
    return true;
}

static bool read_packed_values(struct sample *s, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const struct pyr_wire_value v = pyr_wire_varint(p, end);
        if (v.next == NULL)
            return false;
        add_value(s, v.v);
        p = v.next;
    }
    return true;
}

/* Labels without a string belong to no series: they are not kept. */
static bool read_label(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    uint64_t f[PYR_WIRE_NUMBERS];
    f[1] = f[2] = 0;
    if (!pyr_wire_number_message(p, end, f))
        return false;
    if (f[1] == 0 || f[2] == 0) {
        out->dropped.numeric_labels++;
        return true;
    }
    if (!PYR_GROW(d->arena, out->labels, d->cap.labels, (uint64_t)out->label_count + 1))
        return pyr_pprof_out_of_memory(d);
    out->labels[out->label_count++] = (struct pyr_sample_label){.key = string_index(f[1]), .str = string_index(f[2])};
    return true;
}

/* A field of one number, not packed. */
static const uint8_t *read_single(struct pyr_pprof_decoder *d, struct sample *s, const uint8_t *p, const uint8_t *end)
{
    const struct pyr_wire_value v = pyr_wire_varint(p + 1, end);
    if (v.next == NULL)
        return NULL;
    if (*p == PYR_PB_TAG(2, PYR_PB_WIRE_VARINT))
        add_value(s, v.v);
    else if (!add_location_id(d, s, v.v))
        return NULL;
    return v.next;
}

static bool read_sample_fields(struct pyr_pprof_decoder *d, struct sample *s, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t tag = *p;
        if (tag == PYR_PB_TAG(1, PYR_PB_WIRE_VARINT) || tag == PYR_PB_TAG(2, PYR_PB_WIRE_VARINT)) {
            p = read_single(d, s, p, end);
        } else if (tag == PYR_PB_TAG(1, PYR_PB_WIRE_LEN) || tag == PYR_PB_TAG(2, PYR_PB_WIRE_LEN) ||
                   tag == PYR_PB_TAG(3, PYR_PB_WIRE_LEN)) {
            const struct pyr_wire_value len = pyr_wire_length(p + 1, end);
            if (len.next == NULL)
                return false;
            p = len.next + len.v;
            const bool ok = tag == PYR_PB_TAG(1, PYR_PB_WIRE_LEN)   ? read_packed_ids(d, s, len.next, p)
                            : tag == PYR_PB_TAG(2, PYR_PB_WIRE_LEN) ? read_packed_values(s, len.next, p)
                                                                    : read_label(d, len.next, p);
            if (!ok)
                return false;
        } else {
            p = pyr_wire_skip(p, end);
        }
        if (p == NULL)
            return false;
    }
    return true;
}

/* The rules that a sample can be held to by itself. *keep = false: it is dropped. */
static bool check_sample(struct pyr_pprof_decoder *d, const struct sample *s, uint32_t labels, bool *keep)
{
    struct pyr_profile *p = d->out;
    const uint32_t ordinal = d->samples_seen;
    if (ordinal == 0)
        d->value_width = s->value_count;
    if (s->value_count != d->value_width || s->value_count > PYR_FORMAT_TYPES_MAX) {
        pyr_pprof_explain(d->in, PYR_PPROF_SAMPLE, ordinal, 2, d->diag, PYR_E_CORRUPT,
                          "%u values, the sample before has %u", s->value_count, d->value_width);
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
    p->dropped.negative += s->signs < 0;
    p->dropped.zero += s->any == 0;
    *keep = s->any != 0 && s->signs >= 0;
    return true;
}

/* Leaf first, so what is nearest the root comes last. */
static uint32_t cut_stack(struct pyr_pprof_decoder *d, uint32_t *stack, uint32_t count)
{
    const uint32_t most = d->limits->depth_max;
    if (count <= most)
        return count;
    memmove(stack, stack + (count - most), most * sizeof(*stack));
    d->out->dropped.truncated++;
    return most;
}

static bool keep_sample(struct pyr_pprof_decoder *d, const struct sample *s, uint32_t label_first)
{
    struct pyr_profile *p = d->out;
    uint32_t *stack = p->stack_locations + p->stack_location_count;
    const uint64_t value_at = (uint64_t)p->sample_count * d->value_width;
    if (!PYR_GROW(d->arena, p->samples, d->cap.samples, (uint64_t)p->sample_count + 1) ||
        !PYR_GROW(d->arena, p->values, d->cap.values, value_at + d->value_width))
        return pyr_pprof_out_of_memory(d);
    const uint32_t stack_count = cut_stack(d, stack, (uint32_t)(s->stack_end - stack));
    p->samples[p->sample_count++] = (struct pyr_sample){
        .stack_first = p->stack_location_count,
        .stack_count = stack_count,
        .label_first = label_first,
        .label_count = p->label_count - label_first,
    };
    for (uint32_t i = 0; i < d->value_width; i++)
        p->values[value_at + i] = s->values[i];
    p->stack_location_count += stack_count;
    return true;
}

static bool read_sample(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    const uint32_t label_first = out->label_count;
    /* An id takes a byte at least: one check here, none per id. */
    const uint64_t ids_most = (uint64_t)out->stack_location_count + (size_t)(end - p);
    if (!PYR_GROW(d->arena, out->stack_locations, d->cap.stack_locations, ids_most))
        return pyr_pprof_out_of_memory(d);
    struct sample s;
    s.value_count = 0;
    s.any = s.signs = 0;
    s.stack_end = out->stack_locations + out->stack_location_count;
    bool keep;
    if (!read_sample_fields(d, &s, p, end) || !check_sample(d, &s, out->label_count - label_first, &keep))
        return false;
    d->samples_seen++;
    if (keep)
        return keep_sample(d, &s, label_first);
    out->label_count = label_first;
    return true;
}

/* ---- symbols ---- */

static bool read_mapping(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    uint64_t f[PYR_WIRE_NUMBERS] = {0};
    if (!pyr_wire_number_message(p, end, f))
        return false;
    if (f[1] == 0)
        return bad_id(d, PYR_PPROF_MAPPING, out->mapping_count - 1);
    if (!PYR_GROW(d->arena, out->mappings, d->cap.mappings, (uint64_t)out->mapping_count + 1) ||
        !pyr_id_define(&d->mapping_ids, f[1]))
        return pyr_pprof_out_of_memory(d);
    out->mappings[out->mapping_count++] = (struct pyr_mapping){
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

static bool read_line(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    uint64_t f[PYR_WIRE_NUMBERS];
    f[1] = f[2] = 0;
    if (!pyr_wire_number_message(p, end, f))
        return false;
    uint32_t function;
    if (!PYR_GROW(d->arena, out->lines, d->cap.lines, (uint64_t)out->line_count + 1) ||
        !pyr_id_handle(&d->function_ids, f[1], &function))
        return pyr_pprof_out_of_memory(d);
    out->lines[out->line_count++] = (struct pyr_line){.function = function, .line = (int64_t)f[2]};
    return true;
}

/* What is in a location besides numbers. */
static const uint8_t *read_location_field(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    if (*p != PYR_PB_TAG(4, PYR_PB_WIRE_LEN))
        return pyr_wire_skip(p, end);
    const struct pyr_wire_value len = pyr_wire_length(p + 1, end);
    if (len.next == NULL || !read_line(d, len.next, len.next + len.v))
        return NULL;
    return len.next + len.v;
}

static bool read_location(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    const uint32_t line_first = out->line_count;
    uint64_t f[PYR_WIRE_NUMBERS];
    f[1] = f[2] = f[3] = 0;
    while ((p = pyr_wire_numbers(p, end, f)) != end) {
        if (p == NULL || (p = read_location_field(d, p, end)) == NULL)
            return false;
    }
    if (f[1] == 0)
        return bad_id(d, PYR_PPROF_LOCATION, out->location_count);
    uint32_t mapping;
    if (!PYR_GROW(d->arena, out->locations, d->cap.locations, (uint64_t)out->location_count + 1) ||
        !pyr_id_define(&d->location_ids, f[1]) || !pyr_id_handle(&d->mapping_ids, f[2], &mapping))
        return pyr_pprof_out_of_memory(d);
    out->locations[out->location_count++] = (struct pyr_location){
        .address = f[3],
        .mapping = mapping,
        .line_first = line_first,
        .line_count = out->line_count - line_first,
    };
    return true;
}

static bool read_function(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    uint64_t f[PYR_WIRE_NUMBERS];
    f[1] = f[2] = f[3] = f[4] = f[5] = 0;
    if (!pyr_wire_number_message(p, end, f))
        return false;
    if (f[1] == 0) { /* older .NET clients: see pyr_pprof_resolve */
        f[1] = (uint64_t)out->function_count + 1;
        d->functions_without_id++;
    }
    if (!PYR_GROW(d->arena, out->functions, d->cap.functions, (uint64_t)out->function_count + 1) ||
        !pyr_id_define(&d->function_ids, f[1]))
        return pyr_pprof_out_of_memory(d);
    out->functions[out->function_count++] = (struct pyr_function){
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

static bool read_string(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    struct pyr_profile *out = d->out;
    struct pyr_str s = {(const char *)p, (size_t)(end - p)};
    size_t bad_at;
    if (out->string_count == 0 && s.len != 0) {
        pyr_fail(d->diag, PYR_E_CORRUPT, "string_table[0]: must be empty at byte %zu", (size_t)(p - d->in.ptr));
        return false;
    }
    if (__builtin_expect(!is_ascii(s), 0) && !pyr_utf8_valid(s, &bad_at)) {
        pyr_fail(d->diag, PYR_E_CORRUPT, "string_table[%u]: invalid UTF-8 at byte %zu", out->string_count,
                 (size_t)(p - d->in.ptr) + bad_at);
        return false;
    }
    if (!PYR_GROW(d->arena, out->strings, d->cap.strings, (uint64_t)out->string_count + 1))
        return pyr_pprof_out_of_memory(d);
    out->strings[out->string_count++] =
        pyr_format_cut_string(s, d->limits->string_bytes_max, &out->dropped.cut_strings);
    return true;
}

/* ---- the top level ---- */

static bool read_value_type(const uint8_t *p, const uint8_t *end, struct pyr_pprof_type_ref *type)
{
    uint64_t f[PYR_WIRE_NUMBERS];
    f[1] = f[2] = 0;
    if (!pyr_wire_number_message(p, end, f))
        return false;
    *type = (struct pyr_pprof_type_ref){.type = string_index(f[1]), .unit = string_index(f[2])};
    return true;
}

static bool read_sample_type(struct pyr_pprof_decoder *d, const uint8_t *p, const uint8_t *end)
{
    const uint32_t n = d->out->type_count;
    if (n == PYR_FORMAT_TYPES_MAX) {
        pyr_fail(d->diag, PYR_E_INVALID, "sample_type[%u]: more than %u sample types at byte %zu", n,
                 PYR_FORMAT_TYPES_MAX, (size_t)(p - d->in.ptr));
        return false;
    }
    d->out->type_count++;
    return read_value_type(p, end, &d->types[n]);
}

/* A field with a length. Unknown ones are stepped over. */
static inline bool read_message(struct pyr_pprof_decoder *d, uint8_t tag, const uint8_t *p, const uint8_t *end)
{
    switch (tag >> 3) {
    case PYR_PPROF_SAMPLE:
        return read_sample(d, p, end);
    case PYR_PPROF_LOCATION:
        return read_location(d, p, end);
    case PYR_PPROF_FUNCTION:
        return read_function(d, p, end);
    case PYR_PPROF_STRING:
        return read_string(d, p, end);
    case PYR_PPROF_MAPPING:
        return read_mapping(d, p, end);
    case PYR_PPROF_SAMPLE_TYPE:
        return read_sample_type(d, p, end);
    case PYR_PPROF_PERIOD_TYPE:
        return read_value_type(p, end, &d->period_type);
    default:
        return true;
    }
}

/* First capacities from the size of the input, so that usual profiles grow nothing (measured on Go's). */
static bool reserve(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    const uint64_t n = d->in.len;
    if (PYR_GROW(d->arena, p->strings, d->cap.strings, n / 80 + 16) &&
        PYR_GROW(d->arena, p->functions, d->cap.functions, n / 110 + 16) &&
        PYR_GROW(d->arena, p->locations, d->cap.locations, n / 70 + 16) &&
        PYR_GROW(d->arena, p->lines, d->cap.lines, n / 50 + 16) &&
        PYR_GROW(d->arena, p->samples, d->cap.samples, n / 70 + 16) &&
        PYR_GROW(d->arena, p->values, d->cap.values, n / 35 + 16) &&
        PYR_GROW(d->arena, p->stack_locations, d->cap.stack_locations, n / 5 + 64) &&
        PYR_GROW(d->arena, p->mappings, d->cap.mappings, 8))
        return true;
    return pyr_pprof_out_of_memory(d);
}

static bool read_profile(struct pyr_pprof_decoder *d)
{
    const uint8_t *p = d->in.ptr, *const end = p + d->in.len;
    uint64_t f[PYR_WIRE_NUMBERS] = {0};
    while ((p = pyr_wire_numbers(p, end, f)) != end) {
        if (p == NULL)
            return false;
        const uint8_t tag = *p;
        if ((tag & 0x87) != PYR_PB_WIRE_LEN || tag >> 3 == 0) {
            p = pyr_wire_skip(p, end);
            if (p == NULL)
                return false;
            continue;
        }
        const struct pyr_wire_value len = pyr_wire_length(p + 1, end);
        if (len.next == NULL || !read_message(d, tag, len.next, len.next + len.v))
            return false;
        p = len.next + len.v;
    }
    struct pyr_profile *out = d->out;
    out->time_ns = (int64_t)f[PYR_PPROF_TIME];
    out->duration_ns = (int64_t)f[PYR_PPROF_DURATION];
    out->period = (int64_t)f[PYR_PPROF_PERIOD];
    out->default_type = string_index(f[PYR_PPROF_DEFAULT_TYPE]);
    return true;
}

pyr_err pyr_pprof_decode(struct pyr_span in, const struct pyr_format_limits *limits, struct pyr_arena *arena,
                         struct pyr_profile *out, struct pyr_diag *diag)
{
    struct pyr_diag own;
    own.code = PYR_OK;
    struct pyr_pprof_decoder d = {.in = in, .limits = limits, .arena = arena, .diag = &own, .out = out};
    *out = (struct pyr_profile){0};
    if (in.len > INT32_MAX)
        return pyr_fail(diag, PYR_E_TOOBIG, "profile of %zu bytes: the limit is 2 GiB", in.len);
    pyr_id_space_init(&d.mapping_ids, arena, (uint32_t)in.len);
    pyr_id_space_init(&d.location_ids, arena, (uint32_t)in.len);
    pyr_id_space_init(&d.function_ids, arena, (uint32_t)in.len);
    if (reserve(&d)) {
        out->mappings[out->mapping_count++] = (struct pyr_mapping){0};
        if (!read_profile(&d) && own.code == PYR_OK)
            pyr_pprof_explain_malformed(in, &own);
        else if (own.code == PYR_OK)
            (void)pyr_pprof_resolve(&d);
    }
    if (own.code != PYR_OK)
        return pyr_fail(diag, own.code, "%s", own.message);
    PYR_ASSERT(out->string_count != 0 && out->strings[0].len == 0);
    return PYR_OK;
}
