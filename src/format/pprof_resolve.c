#include "format/pprof_decoder.h"
#include "format/pprof_explain.h"

/* `field` of the `ordinal`-th `message` refers to string `index`. */
static inline bool check_string(struct pyr_pprof_decoder *d, uint32_t index, uint32_t message, uint32_t ordinal,
                                uint32_t field)
{
    if (__builtin_expect(index < d->out->string_count, 1))
        return true;
    pyr_pprof_explain(d->in, message, ordinal, field, d->diag, PYR_E_CORRUPT, "string %u of %u", index,
                      d->out->string_count);
    return false;
}

static bool check_symbol_strings(struct pyr_pprof_decoder *d)
{
    const struct pyr_profile *p = d->out;
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct pyr_function *f = &p->functions[i];
        if (!check_string(d, f->name, PYR_PPROF_FUNCTION, i, 2) ||
            !check_string(d, f->system_name, PYR_PPROF_FUNCTION, i, 3) ||
            !check_string(d, f->filename, PYR_PPROF_FUNCTION, i, 4))
            return false;
    }
    for (uint32_t i = 1; i < p->mapping_count; i++) {
        const struct pyr_mapping *m = &p->mappings[i];
        if (!check_string(d, m->filename, PYR_PPROF_MAPPING, i - 1, 5) ||
            !check_string(d, m->build_id, PYR_PPROF_MAPPING, i - 1, 6))
            return false;
    }
    return true;
}

static bool check_label_strings(struct pyr_pprof_decoder *d)
{
    const struct pyr_profile *p = d->out;
    for (uint32_t i = 0; i < p->label_count; i++)
        if (p->labels[i].key >= p->string_count || p->labels[i].str >= p->string_count) {
            pyr_pprof_explain_label(d->in, p->string_count, d->diag);
            return false;
        }
    return true;
}

static bool resolve_types(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    if (p->type_count == 0) {
        pyr_fail(d->diag, PYR_E_INVALID, "sample_type: a profile needs at least one");
        return false;
    }
    if (d->samples_seen != 0 && d->value_width != p->type_count) {
        pyr_pprof_explain(d->in, PYR_PPROF_SAMPLE, 0, 2, d->diag, PYR_E_CORRUPT,
                          "%u values, the profile has %u sample types", d->value_width, p->type_count);
        return false;
    }
    p->types = PYR_ARENA_ARRAY(d->arena, struct pyr_value_type, p->type_count);
    if (p->types == NULL)
        return pyr_pprof_out_of_memory(d);
    for (uint32_t i = 0; i < p->type_count; i++) {
        if (!check_string(d, d->types[i].type, PYR_PPROF_SAMPLE_TYPE, i, 1) ||
            !check_string(d, d->types[i].unit, PYR_PPROF_SAMPLE_TYPE, i, 2))
            return false;
        p->types[i] = (struct pyr_value_type){p->strings[d->types[i].type], p->strings[d->types[i].unit]};
    }
    if (!check_string(d, d->period_type.type, PYR_PPROF_PERIOD_TYPE, 0, 1) ||
        !check_string(d, d->period_type.unit, PYR_PPROF_PERIOD_TYPE, 0, 2) ||
        !check_string(d, p->default_type, PYR_PPROF_DEFAULT_TYPE, 0, 0))
        return false;
    p->period_type = (struct pyr_value_type){p->strings[d->period_type.type], p->strings[d->period_type.unit]};
    return true;
}

/* A profile without a string table has no strings but "". */
static bool ensure_empty_string(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    if (p->string_count == 0)
        p->strings[p->string_count++] = (struct pyr_str){"", 0}; /* reserve() made room */
    return true;
}

/* Marks a location whose references dangle, or that says nothing at all. No sample may keep it. */
static void drop_location(struct pyr_location *l)
{
    *l = (struct pyr_location){.line_first = UINT32_MAX};
}
static bool is_dropped(const struct pyr_location *l)
{
    return l->line_first == UINT32_MAX;
}

/* Handles in locations and lines become indices. Returns how many locations were dropped. */
static uint32_t resolve_locations(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    uint32_t dropped = 0;
    for (uint32_t i = 0; i < p->location_count; i++) {
        struct pyr_location *l = &p->locations[i];
        bool ok = l->line_count != 0 || l->address != 0;
        if (l->mapping != 0) {
            const uint32_t mapping = pyr_id_index(&d->mapping_ids, l->mapping);
            ok &= mapping != PYR_ID_NONE;
            l->mapping = mapping + 1; /* 0 is the stub */
        }
        for (uint32_t k = 0; k < l->line_count; k++) {
            struct pyr_line *line = &p->lines[l->line_first + k];
            const uint32_t function = pyr_id_index(&d->function_ids, line->function);
            ok &= function != PYR_ID_NONE;
            line->function = function != PYR_ID_NONE ? function : 0;
        }
        if (!ok) {
            drop_location(l);
            dropped++;
        }
    }
    return dropped;
}

static bool resolve_stack(struct pyr_pprof_decoder *d, const struct pyr_sample *s)
{
    struct pyr_profile *p = d->out;
    for (uint32_t i = 0; i < s->stack_count; i++) {
        uint32_t *at = &p->stack_locations[s->stack_first + i];
        const uint32_t location = pyr_id_index(&d->location_ids, *at);
        if (location == PYR_ID_NONE || is_dropped(&p->locations[location]))
            return false;
        *at = location;
    }
    return true;
}

/* The usual case: ids are 1..n and nothing dangles. False, and nothing changed, when it is not. */
static bool resolve_all_stacks(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    uint32_t *stack = p->stack_locations, largest = 0;
    if (!d->location_ids.sequential)
        return false;
    for (uint32_t i = 0; i < p->stack_location_count; i++)
        largest = stack[i] - 1 > largest ? stack[i] - 1 : largest; /* 0 becomes the largest of all */
    if (p->stack_location_count != 0 && largest >= p->location_count)
        return false;
    for (uint32_t i = 0; i < p->stack_location_count; i++)
        stack[i]--;
    return true;
}

static void resolve_samples(struct pyr_pprof_decoder *d, bool all_locations_good)
{
    struct pyr_profile *p = d->out;
    if (all_locations_good && resolve_all_stacks(d))
        return;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->sample_count; i++) {
        if (!resolve_stack(d, &p->samples[i])) {
            p->dropped.dangling++;
            continue;
        }
        p->samples[kept] = p->samples[i];
        memmove(p->values + (size_t)kept * p->type_count, p->values + (size_t)i * p->type_count,
                p->type_count * sizeof(*p->values));
        kept++;
    }
    p->sample_count = kept;
}

/* The limit is one of frames, and inlining makes several of one location. Those of a location are leaf first, too: what
 * is nearest the root stays. Returns the most that one location has. */
static uint32_t cut_locations(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    const uint32_t most = d->limits->depth_max;
    uint32_t lines = 1;
    for (uint32_t i = 0; i < p->location_count; i++) {
        struct pyr_location *l = &p->locations[i];
        if (l->line_count > most) {
            l->line_first += l->line_count - most;
            l->line_count = most;
        }
        lines = l->line_count > lines ? l->line_count : lines;
    }
    return lines;
}

/* How many locations, from the root on, make at most depth_max frames; one at least. */
static uint32_t locations_within(const struct pyr_pprof_decoder *d, const struct pyr_sample *s)
{
    const struct pyr_profile *p = d->out;
    const uint32_t *end = p->stack_locations + s->stack_first + s->stack_count;
    uint64_t frames = 0;
    uint32_t count = 0;
    for (; count < s->stack_count; count++) {
        const uint32_t lines = p->locations[end[-1 - (ptrdiff_t)count]].line_count;
        frames += lines != 0 ? lines : 1;
        if (frames > d->limits->depth_max && count != 0)
            break;
    }
    return count;
}

static void cut_inlined(struct pyr_pprof_decoder *d)
{
    struct pyr_profile *p = d->out;
    const uint64_t lines_most = cut_locations(d);
    for (uint32_t i = 0; i < p->sample_count; i++) {
        struct pyr_sample *s = &p->samples[i];
        if (s->stack_count * lines_most <= d->limits->depth_max)
            continue;
        const uint32_t kept = locations_within(d, s);
        p->dropped.truncated += kept < s->stack_count;
        s->stack_first += s->stack_count - kept;
        s->stack_count = kept;
    }
}

/* What a dropped sample or location leaves behind must not be out of bounds either. */
static void tidy_dropped(struct pyr_pprof_decoder *d, uint32_t dropped_locations)
{
    struct pyr_profile *p = d->out;
    for (uint32_t i = 0; dropped_locations != 0 && i < p->location_count; i++)
        if (is_dropped(&p->locations[i]))
            p->locations[i].line_first = 0;
    if (p->mapping_count == 1) {
        p->mapping_count = 0;
        p->mappings = NULL;
    }
}

/* Older .NET clients leave the ids of functions out, and mean those of the locations beside them. Anybody else's function
 * without an id is a mistake. */
static bool check_function_ids(struct pyr_pprof_decoder *d)
{
    const uint32_t n = d->functions_without_id, functions = d->out->function_count;
    if (n == 0 || (n == functions && functions == d->out->location_count && d->location_ids.sequential))
        return true;
    pyr_pprof_explain_function_id(d->in, d->diag);
    return false;
}

bool pyr_pprof_resolve(struct pyr_pprof_decoder *d)
{
    if (!check_function_ids(d))
        return false;
    if (!ensure_empty_string(d) || !resolve_types(d) || !check_symbol_strings(d) || !check_label_strings(d))
        return false;
    if (!pyr_id_seal(&d->mapping_ids) || !pyr_id_seal(&d->location_ids) || !pyr_id_seal(&d->function_ids))
        return pyr_pprof_out_of_memory(d);
    const uint32_t dropped = resolve_locations(d);
    resolve_samples(d, dropped == 0);
    cut_inlined(d);
    tidy_dropped(d, dropped);
    return true;
}
