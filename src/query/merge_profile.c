#include "query/merge_profile.h"
#include "profile/grow.h"
#include "query/profile_merger.h"

/* Ids of one partition in the profile, plus one; 0 = not there yet. */
struct merger {
    struct pyr_profile_merger merged;
    struct pyr_stack_selector site;
    struct pyr_arena scratch; /* of one partition */
    const struct pyr_partition *partition;
    uint32_t *location_of;
    uint32_t location_count;
    uint32_t *stack; /* leaf first, in the profile's ids */
    uint32_t stack_cap;
    struct pyr_line *lines;
    uint32_t lines_cap;
};

static pyr_err merge_string(struct merger *m, uint32_t string, uint32_t *id)
{
    return pyr_profile_merger_string(&m->merged, pyr_partition_string(m->partition, string), id);
}

static pyr_err merge_line(struct merger *m, uint32_t line, struct pyr_line *out)
{
    *out = pyr_partition_line(m->partition, line);
    struct pyr_function f = pyr_partition_function(m->partition, out->function);
    PYR_TRY(merge_string(m, f.name, &f.name));
    PYR_TRY(merge_string(m, f.system_name, &f.system_name));
    PYR_TRY(merge_string(m, f.filename, &f.filename));
    return pyr_profile_merger_function(&m->merged, f, &out->function);
}

static pyr_err merge_mapping(struct merger *m, uint32_t mapping, uint32_t *id)
{
    *id = 0;
    if (mapping == 0)
        return PYR_OK;
    struct pyr_mapping mp = pyr_partition_mapping(m->partition, mapping);
    PYR_TRY(merge_string(m, mp.filename, &mp.filename));
    PYR_TRY(merge_string(m, mp.build_id, &mp.build_id));
    return pyr_profile_merger_mapping(&m->merged, mp, id);
}

static pyr_err merge_location(struct merger *m, uint32_t location, uint32_t *id)
{
    if (location < m->location_count && m->location_of[location] != 0) {
        *id = m->location_of[location] - 1;
        return PYR_OK;
    }
    const struct pyr_location l = pyr_partition_location(m->partition, location);
    uint32_t mapping;
    PYR_TRY(merge_mapping(m, l.mapping, &mapping));
    if (!PYR_GROW(m->merged.arena, m->lines, m->lines_cap, l.line_count))
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < l.line_count; i++)
        PYR_TRY(merge_line(m, l.line_first + i, &m->lines[i]));
    PYR_TRY(pyr_profile_merger_location(&m->merged, l.address, mapping, m->lines, l.line_count, id));
    if (location < m->location_count)
        m->location_of[location] = *id + 1;
    return PYR_OK;
}

/* Whether the frames of the stack, root first, start with the call site. */
static bool is_below_site(const struct merger *m, uint32_t count)
{
    const struct pyr_profile *p = &m->merged.profile;
    size_t matched = 0;
    for (uint32_t i = count; i-- > 0 && matched < m->site.count;) {
        const struct pyr_location *l = &p->locations[m->stack[i]];
        for (uint32_t k = l->line_count; k-- > 0 && matched < m->site.count; matched++) {
            const struct pyr_function *f = &p->functions[p->lines[l->line_first + k].function];
            if (!pyr_str_eq(p->strings[f->name], m->site.frames[matched]))
                return false;
        }
        if (l->line_count == 0)
            return false;
    }
    return matched == m->site.count;
}

/* The leaf's location without address and line numbers. */
static pyr_err merge_leaf(struct merger *m, uint32_t *location)
{
    const struct pyr_profile *p = &m->merged.profile;
    const struct pyr_location l = p->locations[*location];
    if (l.line_count == 0)
        return PYR_OK; /* the address is all that is known of it */
    for (uint32_t i = 0; i < l.line_count; i++)
        m->lines[i] = (struct pyr_line){p->lines[l.line_first + i].function, 0};
    return pyr_profile_merger_location(&m->merged, 0, l.mapping, m->lines, l.line_count, location);
}

static pyr_err merge_stack(struct merger *m, uint32_t stack, int64_t value)
{
    uint32_t count = 0;
    for (uint32_t node = pyr_partition_stack_node(m->partition, stack); node != 0;) {
        const struct pyr_node n = pyr_partition_node(m->partition, node);
        if (!PYR_GROW(m->merged.arena, m->stack, m->stack_cap, count + 1))
            return PYR_E_NOMEM;
        PYR_TRY(merge_location(m, n.location, &m->stack[count++]));
        node = n.parent;
    }
    if (!is_below_site(m, count))
        return PYR_OK;
    if (m->site.keep_locations != 0 && count > m->site.keep_locations)
        count = m->site.keep_locations;
    if (m->site.merge_leaf_lines && count != 0)
        PYR_TRY(merge_leaf(m, &m->stack[0]));
    return pyr_profile_merger_add(&m->merged, m->stack, count, value);
}

static pyr_err merge_partition(void *ctx, const struct pyr_sums *sums)
{
    struct merger *m = ctx;
    m->partition = sums->partition;
    m->location_count = pyr_partition_location_count(m->partition);
    pyr_arena_reset(&m->scratch);
    m->location_of = pyr_arena_zalloc(&m->scratch, m->location_count, sizeof(uint32_t));
    if (m->location_of == NULL)
        return PYR_E_NOMEM;
    for (uint32_t s = 0; s < sums->count; s++)
        if (sums->values[s] != 0)
            PYR_TRY(merge_stack(m, s, sums->values[s]));
    return PYR_OK;
}

pyr_err pyr_query_profile(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                          enum pyr_over_time over_time, struct pyr_stack_selector site, struct pyr_value_type type,
                          struct pyr_profile *out, struct pyr_rows_seen *seen)
{
    struct merger m = {.site = site};
    pyr_query_arena(q, &m.scratch);
    uint32_t type_name = 0;
    pyr_err err = pyr_profile_merger_init(&m.merged, &q->arena);
    if (err == PYR_OK)
        err = pyr_profile_merger_string(&m.merged, type.type, &type_name);
    if (err == PYR_OK)
        err = pyr_query_sums(q, streams, count, over_time, merge_partition, &m, seen);
    *out = m.merged.profile;
    pyr_profile_merger_free(&m.merged);
    pyr_arena_free(&m.scratch);
    if (err == PYR_OK && (out->types = PYR_ARENA_NEW(&q->arena, struct pyr_value_type)) == NULL)
        err = PYR_E_NOMEM;
    if (err == PYR_OK) {
        *out->types = type;
        out->default_type = type_name;
    }
    return pyr_query_explain(q, err);
}
