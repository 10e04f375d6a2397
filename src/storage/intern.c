#include "storage/intern.h"
#include <stdlib.h>

static uint32_t *unknown_ids(struct pyr_arena *arena, uint32_t count)
{
    uint32_t *ids = PYR_ARENA_ARRAY(arena, uint32_t, count);
    if (ids != NULL)
        memset(ids, 0xff, count * sizeof(*ids));
    return ids;
}

static uint32_t deepest_stack(const struct pyr_profile *p)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < p->sample_count; i++)
        if (p->samples[i].stack_count > deepest)
            deepest = p->samples[i].stack_count;
    return deepest;
}

static uint32_t longest_location(const struct pyr_profile *p)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < p->location_count; i++)
        if (p->locations[i].line_count > longest)
            longest = p->locations[i].line_count;
    return longest;
}

pyr_err pyr_intern_init(struct pyr_intern *in, struct pyr_tables *tables, const struct pyr_profile *profile,
                        struct pyr_arena *arena)
{
    *in = (struct pyr_intern){.tables = tables, .profile = profile, .arena = arena};
    in->strings = unknown_ids(arena, profile->string_count);
    in->functions = unknown_ids(arena, profile->function_count);
    in->mappings = unknown_ids(arena, profile->mapping_count);
    in->locations = unknown_ids(arena, profile->location_count);
    in->shifts = PYR_ARENA_ARRAY(arena, uint64_t, profile->mapping_count);
    in->run = PYR_ARENA_ARRAY(arena, uint32_t, deepest_stack(profile));
    in->lines = PYR_ARENA_ARRAY(arena, struct pyr_line, longest_location(profile));
    const bool ok = in->strings != NULL && in->functions != NULL && in->mappings != NULL && in->locations != NULL &&
                    in->shifts != NULL && in->run != NULL && in->lines != NULL;
    return ok ? PYR_OK : PYR_E_NOMEM;
}

/* ---- symbols ---- */

static pyr_err intern_string(struct pyr_intern *in, uint32_t index, uint32_t *id)
{
    PYR_ASSERT(index < in->profile->string_count);
    if (in->strings[index] == PYR_INDEX_NONE)
        PYR_TRY(pyr_symbols_intern_string(&in->tables->symbols, in->profile->strings[index], in->tables->tally,
                                          &in->strings[index]));
    *id = in->strings[index];
    return PYR_OK;
}

static pyr_err intern_function(struct pyr_intern *in, uint32_t index, uint32_t *id)
{
    PYR_ASSERT(index < in->profile->function_count);
    if (in->functions[index] == PYR_INDEX_NONE) {
        struct pyr_function f = in->profile->functions[index];
        PYR_TRY(intern_string(in, f.name, &f.name));
        PYR_TRY(intern_string(in, f.system_name, &f.system_name));
        PYR_TRY(intern_string(in, f.filename, &f.filename));
        PYR_TRY(pyr_symbols_intern_function(&in->tables->symbols, &f, in->tables->tally, &in->functions[index]));
    }
    *id = in->functions[index];
    return PYR_OK;
}

/* Also finds out how far the stored load of the file is from the profile's. */
static pyr_err intern_mapping(struct pyr_intern *in, uint32_t index, uint32_t *id)
{
    *id = 0;
    if (index == 0)
        return PYR_OK;
    PYR_ASSERT(index < in->profile->mapping_count);
    if (in->mappings[index] == PYR_INDEX_NONE) {
        struct pyr_mapping m = in->profile->mappings[index];
        PYR_TRY(intern_string(in, m.filename, &m.filename));
        PYR_TRY(intern_string(in, m.build_id, &m.build_id));
        PYR_TRY(pyr_symbols_intern_mapping(&in->tables->symbols, &m, in->tables->tally, &in->mappings[index]));
        in->shifts[index] = pyr_symbols_mapping(&in->tables->symbols, in->mappings[index]).start - m.start;
    }
    *id = in->mappings[index];
    return PYR_OK;
}

/* An address within its mapping moves along with it. */
static uint64_t rebased(const struct pyr_intern *in, const struct pyr_location *l)
{
    if (l->mapping == 0)
        return l->address;
    const struct pyr_mapping *m = &in->profile->mappings[l->mapping];
    return l->address >= m->start && l->address < m->limit ? l->address + in->shifts[l->mapping] : l->address;
}

static pyr_err intern_location(struct pyr_intern *in, uint32_t index)
{
    const struct pyr_location *l = &in->profile->locations[index];
    uint32_t mapping;
    PYR_TRY(intern_mapping(in, l->mapping, &mapping));
    for (uint32_t i = 0; i < l->line_count; i++) {
        const struct pyr_line *line = &in->profile->lines[l->line_first + i];
        in->lines[i].line = line->line;
        PYR_TRY(intern_function(in, line->function, &in->lines[i].function));
    }
    return pyr_symbols_intern_location(&in->tables->symbols, rebased(in, l), mapping, in->lines, l->line_count,
                                       in->tables->tally, &in->locations[index]);
}

pyr_err pyr_intern_stack(struct pyr_intern *in, uint32_t sample, uint32_t *stack)
{
    PYR_ASSERT(sample < in->profile->sample_count);
    const struct pyr_sample *s = &in->profile->samples[sample];
    const uint32_t *from = in->profile->stack_locations + s->stack_first;
    for (uint32_t i = 0; i < s->stack_count; i++) {
        if (__builtin_expect(in->locations[from[i]] == PYR_INDEX_NONE, 0))
            PYR_TRY(intern_location(in, from[i]));
        in->run[i] = in->locations[from[i]];
    }
    return pyr_stack_tree_intern(&in->tables->tree, in->run, s->stack_count, in->tables->tally, stack);
}

/* ---- series ---- */

static pyr_err intern_pair(struct pyr_tables *t, struct pyr_str first, struct pyr_str second, uint32_t *words)
{
    PYR_TRY(pyr_symbols_intern_string(&t->symbols, first, t->tally, &words[0]));
    return pyr_symbols_intern_string(&t->symbols, second, t->tally, &words[1]);
}

pyr_err pyr_intern_series_words(struct pyr_tables *tables, const struct pyr_series_key *key, struct pyr_arena *arena,
                                uint32_t **words)
{
    uint32_t *word = PYR_ARENA_ARRAY(arena, uint32_t, 2 * (size_t)(key->label_count + key->type_count + 1));
    if (word == NULL)
        return PYR_E_NOMEM;
    *words = word;
    for (uint32_t i = 0; i < key->label_count; i++, word += 2)
        PYR_TRY(intern_pair(tables, key->labels[i].name, key->labels[i].value, word));
    for (uint32_t i = 0; i < key->type_count; i++, word += 2)
        PYR_TRY(intern_pair(tables, key->types[i].type, key->types[i].unit, word));
    return intern_pair(tables, key->period_type.type, key->period_type.unit, word);
}

/* ---- rows ---- */

/* A stack id in the upper half, the position in the row's samples in the lower: sorts by stack, stable. */
enum { RADIX_FROM = 48 };

static void insertion_sort(uint64_t *keys, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        const uint64_t key = keys[i];
        uint32_t at = i;
        for (; at != 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

static void radix_pass(const uint64_t *from, uint64_t *to, uint32_t n, unsigned shift)
{
    uint32_t at[256] = {0};
    for (uint32_t i = 0; i < n; i++)
        at[from[i] >> shift & 0xff]++;
    for (uint32_t i = 0, sum = 0; i < 256; i++) {
        const uint32_t count = at[i];
        at[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < n; i++)
        to[at[from[i] >> shift & 0xff]++] = from[i];
}

/* Returns the sorted one of the two arrays. */
static uint64_t *sort_keys(uint64_t *keys, uint64_t *spare, uint32_t n, uint32_t largest_stack)
{
    if (n < RADIX_FROM) {
        insertion_sort(keys, n);
        return keys;
    }
    for (unsigned shift = 32; shift < 64 && largest_stack >> (shift - 32) != 0; shift += 8) {
        radix_pass(keys, spare, n, shift);
        uint64_t *sorted = spare;
        spare = keys;
        keys = sorted;
    }
    return keys;
}

static uint32_t stack_of(uint64_t key)
{
    return (uint32_t)(key >> 32);
}
static uint32_t position_of(uint64_t key)
{
    return (uint32_t)key;
}

/* Order of two entries of one stack. */
static int by_optional(const void *a, const void *b, void *ctx)
{
    const struct pyr_write_row *row = ctx;
    const uint32_t x = position_of(*(const uint64_t *)a), y = position_of(*(const uint64_t *)b);
    if (row->span_ids != NULL && row->span_ids[x] != row->span_ids[y])
        return row->span_ids[x] < row->span_ids[y] ? -1 : 1;
    if (row->trace_ids != NULL) {
        const int c = memcmp(row->trace_ids[x], row->trace_ids[y], sizeof(row->trace_ids[x]));
        if (c != 0)
            return c;
    }
    if (row->times_ns != NULL && row->times_ns[x] != row->times_ns[y])
        return row->times_ns[x] < row->times_ns[y] ? -1 : 1;
    return 0;
}

static bool has_optional(const struct pyr_write_row *row)
{
    return row->span_ids != NULL || row->trace_ids != NULL || row->times_ns != NULL;
}

static void sort_within_stacks(uint64_t *keys, uint32_t n, const struct pyr_write_row *row)
{
    for (uint32_t from = 0, until; from < n; from = until) {
        for (until = from + 1; until < n && stack_of(keys[until]) == stack_of(keys[from]); until++)
            ;
        if (until - from > 1)
            qsort_r(keys + from, until - from, sizeof(*keys), by_optional, (void *)(uintptr_t)row);
    }
}

static pyr_err stack_keys(struct pyr_intern *in, const struct pyr_write_row *row, uint64_t **out)
{
    uint64_t *keys = PYR_ARENA_ARRAY(in->arena, uint64_t, row->sample_count);
    uint64_t *spare = PYR_ARENA_ARRAY(in->arena, uint64_t, row->sample_count);
    if (keys == NULL || spare == NULL)
        return PYR_E_NOMEM;
    uint32_t largest = 0;
    for (uint32_t i = 0; i < row->sample_count; i++) {
        uint32_t stack;
        PYR_TRY(pyr_intern_stack(in, row->samples[i], &stack));
        keys[i] = (uint64_t)stack << 32 | i;
        largest = stack > largest ? stack : largest;
    }
    *out = sort_keys(keys, spare, row->sample_count, largest);
    if (has_optional(row))
        sort_within_stacks(*out, row->sample_count, row);
    return PYR_OK;
}

/* The row group's arrays, with a place for each sample. Written through these, read through the group. */
struct columns {
    uint32_t *stacks;
    int64_t *values;
    uint64_t *span_ids;
    uint8_t (*trace_ids)[16];
    int64_t *times_ns;
};

static pyr_err columns_alloc(struct pyr_intern *in, const struct pyr_write_row *row, uint32_t entries,
                             struct columns *c)
{
    c->stacks = PYR_ARENA_ARRAY(in->arena, uint32_t, entries);
    c->values = pyr_arena_zalloc(in->arena, (size_t)entries * row->series.type_count, sizeof(*c->values));
    c->span_ids = row->span_ids != NULL ? PYR_ARENA_ARRAY(in->arena, uint64_t, entries) : NULL;
    c->trace_ids = row->trace_ids != NULL ? pyr_arena_array(in->arena, entries, sizeof(*c->trace_ids)) : NULL;
    c->times_ns = row->times_ns != NULL ? PYR_ARENA_ARRAY(in->arena, int64_t, entries) : NULL;
    const bool ok = c->stacks != NULL && c->values != NULL && (row->span_ids == NULL || c->span_ids != NULL) &&
                    (row->trace_ids == NULL || c->trace_ids != NULL) && (row->times_ns == NULL || c->times_ns != NULL);
    return ok ? PYR_OK : PYR_E_NOMEM;
}

static bool same_entry(const struct pyr_write_row *row, uint64_t a, uint64_t b)
{
    return stack_of(a) == stack_of(b) && by_optional(&a, &b, (void *)(uintptr_t)row) == 0;
}

static uint32_t count_entries(const uint64_t *keys, const struct pyr_write_row *row)
{
    uint32_t entries = row->sample_count != 0;
    for (uint32_t i = 1; i < row->sample_count; i++)
        entries += !same_entry(row, keys[i - 1], keys[i]);
    return entries;
}

static void entry_begin(struct columns *c, uint32_t e, const struct pyr_write_row *row, uint64_t key)
{
    const uint32_t position = position_of(key);
    c->stacks[e] = stack_of(key);
    if (c->span_ids != NULL)
        c->span_ids[e] = row->span_ids[position];
    if (c->trace_ids != NULL)
        memcpy(c->trace_ids[e], row->trace_ids[position], sizeof(c->trace_ids[e]));
    if (c->times_ns != NULL)
        c->times_ns[e] = row->times_ns[position];
}

static void fill_columns(struct pyr_intern *in, const struct pyr_write_row *row, const uint64_t *keys, uint32_t entries,
                         struct columns *c)
{
    const struct pyr_profile *p = in->profile;
    uint32_t e = UINT32_MAX;
    for (uint32_t i = 0; i < row->sample_count; i++) {
        if (i == 0 || !same_entry(row, keys[i - 1], keys[i]))
            entry_begin(c, ++e, row, keys[i]);
        const int64_t *values = p->values + (size_t)row->samples[position_of(keys[i])] * p->type_count;
        for (uint32_t k = 0; k < row->series.type_count; k++) {
            int64_t *sum = &c->values[(size_t)k * entries + e];
            *sum = pyr_add_saturating(*sum, values[row->columns[k]]);
        }
    }
    PYR_ASSERT(e + 1 == entries);
}

pyr_err pyr_intern_row(struct pyr_intern *in, const struct pyr_write_row *row, struct pyr_row_group *out)
{
    uint64_t *keys;
    PYR_TRY(stack_keys(in, row, &keys));
    const uint32_t entries = count_entries(keys, row);
    struct columns c;
    PYR_TRY(columns_alloc(in, row, entries, &c));
    fill_columns(in, row, keys, entries, &c);
    *out = (struct pyr_row_group){.time_ns = row->time_ns,
                                  .duration_ns = row->duration_ns,
                                  .period = row->period,
                                  .type_count = row->series.type_count,
                                  .entry_count = entries,
                                  .stacks = c.stacks,
                                  .values = c.values,
                                  .span_ids = c.span_ids,
                                  .trace_ids = (const uint8_t(*)[16])c.trace_ids,
                                  .times_ns = c.times_ns};
    memcpy(out->identity, row->identity, sizeof(out->identity));
    return PYR_OK;
}
