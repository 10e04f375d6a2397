#include "profile/pprof_encode.h"
#include "base/assert.h"
#include "codec/pb.h"

/* Field numbers of profile.proto. */
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_TIME_NANOS = 9,
    PROFILE_DURATION_NANOS = 10,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_DEFAULT_TYPE = 14
};

/* proto3 leaves zeros out. */
static void put_uint(struct pyr_buf *out, uint32_t number, uint64_t v)
{
    if (v != 0)
        pyr_pb_write_uint(out, number, v);
}

/* Strings past the profile's own: the few names of types. Their places follow from the order in which they are asked
 * for, which is the order in which they are written. */
struct extra_strings {
    const struct pyr_profile *profile;
    uint32_t base, count;
    struct pyr_str items[2 * 16 + 2]; /* later ones are written again: duplicates are legal */
};

static uint32_t extra_string(struct extra_strings *x, struct pyr_str s)
{
    if (s.len == 0)
        return 0;
    for (uint32_t i = 0; i < x->count; i++)
        if (pyr_str_eq(x->items[i], s))
            return x->base + i;
    for (uint32_t i = 0; i < x->profile->string_count && i < 16; i++)
        if (pyr_str_eq(x->profile->strings[i], s))
            return i;
    PYR_ASSERT(x->count < PYR_COUNT_OF(x->items));
    x->items[x->count] = s;
    return x->base + x->count++;
}

static void put_value_type(struct pyr_buf *out, uint32_t number, struct extra_strings *x, struct pyr_value_type t)
{
    const size_t begun = pyr_pb_begin(out, number);
    put_uint(out, 1, extra_string(x, t.type));
    put_uint(out, 2, extra_string(x, t.unit));
    pyr_pb_end(out, begun);
}

static void put_label(struct pyr_buf *out, const struct pyr_sample_label *label)
{
    const size_t begun = pyr_pb_begin(out, 3);
    put_uint(out, 1, label->key);
    put_uint(out, 2, label->str);
    put_uint(out, 3, (uint64_t)label->num);
    put_uint(out, 4, label->num_unit);
    pyr_pb_end(out, begun);
}

static void put_sample(struct pyr_buf *out, const struct pyr_profile *p, uint32_t index)
{
    const struct pyr_sample *s = &p->samples[index];
    const size_t begun = pyr_pb_begin(out, PROFILE_SAMPLE);
    if (s->stack_count != 0) {
        const size_t ids = pyr_pb_begin(out, 1);
        for (uint32_t i = 0; i < s->stack_count; i++)
            pyr_pb_put_varint(out, (uint64_t)p->stack_locations[s->stack_first + i] + 1);
        pyr_pb_end(out, ids);
    }
    pyr_pb_write_packed_i64(out, 2, p->values + (size_t)index * p->type_count, p->type_count);
    for (uint32_t i = 0; i < s->label_count; i++)
        put_label(out, &p->labels[s->label_first + i]);
    pyr_pb_end(out, begun);
}

static void put_mapping(struct pyr_buf *out, uint32_t id, const struct pyr_mapping *m)
{
    const size_t begun = pyr_pb_begin(out, PROFILE_MAPPING);
    put_uint(out, 1, id);
    put_uint(out, 2, m->start);
    put_uint(out, 3, m->limit);
    put_uint(out, 4, m->offset);
    put_uint(out, 5, m->filename);
    put_uint(out, 6, m->build_id);
    put_uint(out, 7, m->has_functions);
    put_uint(out, 8, m->has_filenames);
    put_uint(out, 9, m->has_line_numbers);
    put_uint(out, 10, m->has_inline_frames);
    pyr_pb_end(out, begun);
}

static void put_location(struct pyr_buf *out, const struct pyr_profile *p, uint32_t index)
{
    const struct pyr_location *l = &p->locations[index];
    const size_t begun = pyr_pb_begin(out, PROFILE_LOCATION);
    put_uint(out, 1, (uint64_t)index + 1);
    put_uint(out, 2, l->mapping);
    put_uint(out, 3, l->address);
    for (uint32_t i = 0; i < l->line_count; i++) {
        const struct pyr_line *line = &p->lines[l->line_first + i];
        const size_t line_begun = pyr_pb_begin(out, 4);
        put_uint(out, 1, (uint64_t)line->function + 1);
        put_uint(out, 2, (uint64_t)line->line);
        pyr_pb_end(out, line_begun);
    }
    pyr_pb_end(out, begun);
}

static void put_function(struct pyr_buf *out, const struct pyr_profile *p, uint32_t index)
{
    const struct pyr_function *f = &p->functions[index];
    const size_t begun = pyr_pb_begin(out, PROFILE_FUNCTION);
    put_uint(out, 1, (uint64_t)index + 1);
    put_uint(out, 2, f->name);
    put_uint(out, 3, f->system_name);
    put_uint(out, 4, f->filename);
    put_uint(out, 5, (uint64_t)f->start_line);
    pyr_pb_end(out, begun);
}

static void put_strings(struct pyr_buf *out, const struct pyr_profile *p, const struct extra_strings *x)
{
    if (p->string_count == 0)
        pyr_pb_write_str(out, PROFILE_STRING, (struct pyr_str){"", 0});
    for (uint32_t i = 0; i < p->string_count; i++)
        pyr_pb_write_str(out, PROFILE_STRING, p->strings[i]);
    for (uint32_t i = 0; i < x->count; i++)
        pyr_pb_write_str(out, PROFILE_STRING, x->items[i]);
}

void pyr_pprof_encode(const struct pyr_profile *p, struct pyr_buf *out)
{
    PYR_ASSERT(p->string_count == 0 || p->strings[0].len == 0);
    struct extra_strings x = {.profile = p, .base = p->string_count == 0 ? 1 : p->string_count};
    for (uint32_t i = 0; i < p->type_count; i++)
        put_value_type(out, PROFILE_SAMPLE_TYPE, &x, p->types[i]);
    for (uint32_t i = 0; i < p->sample_count; i++)
        put_sample(out, p, i);
    for (uint32_t i = 1; i < p->mapping_count; i++)
        put_mapping(out, i, &p->mappings[i]);
    for (uint32_t i = 0; i < p->location_count; i++)
        put_location(out, p, i);
    for (uint32_t i = 0; i < p->function_count; i++)
        put_function(out, p, i);
    if (p->period_type.type.len != 0)
        put_value_type(out, PROFILE_PERIOD_TYPE, &x, p->period_type);
    put_strings(out, p, &x);
    put_uint(out, PROFILE_TIME_NANOS, (uint64_t)p->time_ns);
    put_uint(out, PROFILE_DURATION_NANOS, (uint64_t)p->duration_ns);
    put_uint(out, PROFILE_PERIOD, (uint64_t)p->period);
    put_uint(out, PROFILE_DEFAULT_TYPE, p->default_type);
}
