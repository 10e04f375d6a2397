#include "storage/intern.h"
#include <stdlib.h>

static_assert(PYR_CHUNKED_MAX < PYR_INTERN_LISTED, "no id means anything else");

/* Locations of the stacks that are looked up at a time; a deeper stack is alone. */
enum { STACKS_AT_A_TIME = 64, RUNS_CAP_MIN = 4096 };

static uint32_t *unused_ids(struct pyr_arena *arena, uint32_t count)
{
    uint32_t *ids = PYR_ARENA_ARRAY(arena, uint32_t, count);
    if (ids != NULL)
        memset(ids, 0xff, count * sizeof(*ids));
    return ids;
}

static bool kind_init(struct pyr_intern_kind *kind, uint32_t count, struct pyr_arena *arena)
{
    kind->ids = unused_ids(arena, count);
    kind->listed = PYR_ARENA_ARRAY(arena, uint32_t, count);
    return kind->ids != NULL && kind->listed != NULL;
}

static uint32_t deepest_stack(const struct pyr_profile *p)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < p->sample_count; i++)
        if (p->samples[i].stack_count > deepest)
            deepest = p->samples[i].stack_count;
    return deepest;
}

pyr_err pyr_intern_init(struct pyr_intern *in, struct pyr_tables *tables, const struct pyr_profile *profile,
                        struct pyr_arena *arena)
{
    *in = (struct pyr_intern){.tables = tables, .profile = profile, .arena = arena};
    const bool kinds = kind_init(&in->strings, profile->string_count, arena) &&
                       kind_init(&in->functions, profile->function_count, arena) &&
                       kind_init(&in->locations, profile->location_count, arena);
    in->mappings = unused_ids(arena, profile->mapping_count);
    in->shifts = PYR_ARENA_ARRAY(arena, uint64_t, profile->mapping_count);
    in->lines = PYR_ARENA_ARRAY(arena, struct pyr_line, profile->line_count);
    const uint32_t deepest = deepest_stack(profile);
    in->runs_cap = deepest > RUNS_CAP_MIN ? deepest : RUNS_CAP_MIN;
    in->runs = PYR_ARENA_ARRAY(arena, uint32_t, in->runs_cap);
    const bool ok = kinds && in->mappings != NULL && in->shifts != NULL && in->lines != NULL && in->runs != NULL;
    return ok ? PYR_OK : PYR_E_NOMEM;
}

/* ---- what is used ---- */

static inline void list(struct pyr_intern_kind *kind, uint32_t index)
{
    if (kind->ids[index] == PYR_INTERN_UNUSED) {
        kind->ids[index] = PYR_INTERN_LISTED;
        kind->listed[kind->listed_count++] = index;
    }
}

static void list_locations(struct pyr_intern *in, const struct pyr_write_row *row)
{
    for (uint32_t i = 0; i < row->sample_count; i++) {
        const struct pyr_sample *s = &in->profile->samples[row->samples[i]];
        for (uint32_t k = 0; k < s->stack_count; k++)
            list(&in->locations, in->profile->stack_locations[s->stack_first + k]);
    }
}

static void list_functions(struct pyr_intern *in)
{
    for (uint32_t i = 0; i < in->locations.listed_count; i++) {
        const struct pyr_location *l = &in->profile->locations[in->locations.listed[i]];
        for (uint32_t k = 0; k < l->line_count; k++)
            list(&in->functions, in->profile->lines[l->line_first + k].function);
    }
}

static void list_strings(struct pyr_intern *in)
{
    for (uint32_t i = 0; i < in->functions.listed_count; i++) {
        const struct pyr_function *f = &in->profile->functions[in->functions.listed[i]];
        list(&in->strings, f->name);
        list(&in->strings, f->system_name);
        list(&in->strings, f->filename);
    }
}

/* ---- mappings: few, one by one ---- */

static pyr_err mapping_string(struct pyr_intern *in, uint32_t index, uint32_t *id)
{
    PYR_ASSERT(index < in->profile->string_count && in->strings.listed_count == 0);
    if (in->strings.ids[index] == PYR_INTERN_UNUSED)
        PYR_TRY(pyr_symbols_intern_string(&in->tables->symbols, in->profile->strings[index], in->tables->tally,
                                          &in->strings.ids[index]));
    *id = in->strings.ids[index];
    return PYR_OK;
}

/* Also finds out how far the stored load of the file is from the profile's. */
static pyr_err intern_mapping(struct pyr_intern *in, uint32_t index)
{
    struct pyr_mapping m = in->profile->mappings[index];
    PYR_TRY(mapping_string(in, m.filename, &m.filename));
    PYR_TRY(mapping_string(in, m.build_id, &m.build_id));
    PYR_TRY(pyr_symbols_intern_mapping(&in->tables->symbols, &m, in->tables->tally, &in->mappings[index]));
    in->shifts[index] = pyr_symbols_mapping(&in->tables->symbols, in->mappings[index]).start - m.start;
    return PYR_OK;
}

/* Those of the listed locations; 0 is none. */
static pyr_err intern_mappings(struct pyr_intern *in)
{
    for (uint32_t i = 0; i < in->locations.listed_count; i++) {
        const uint32_t mapping = in->profile->locations[in->locations.listed[i]].mapping;
        if (mapping != 0 && in->mappings[mapping] == PYR_INTERN_UNUSED)
            PYR_TRY(intern_mapping(in, mapping));
    }
    return PYR_OK;
}

/* ---- strings, functions, locations ---- */

enum { AT_A_TIME = 64 };

/* The next of the listed from `from` on; says how many. */
static const uint32_t *next_listed(const struct pyr_intern_kind *kind, uint32_t from, uint32_t *count)
{
    *count = kind->listed_count - from < AT_A_TIME ? kind->listed_count - from : AT_A_TIME;
    return kind->listed + from;
}

static void note_ids(struct pyr_intern_kind *kind, const uint32_t *listed, uint32_t count, const uint32_t *ids)
{
    for (uint32_t i = 0; i < count; i++)
        kind->ids[listed[i]] = ids[i];
}

static pyr_err intern_strings(struct pyr_intern *in)
{
    struct pyr_str texts[AT_A_TIME];
    uint32_t ids[AT_A_TIME];
    for (uint32_t from = 0, n; from < in->strings.listed_count; from += n) {
        const uint32_t *listed = next_listed(&in->strings, from, &n);
        for (uint32_t i = 0; i < n; i++)
            texts[i] = in->profile->strings[listed[i]];
        PYR_TRY(pyr_symbols_intern_strings(&in->tables->symbols, texts, n, in->tables->tally, ids));
        note_ids(&in->strings, listed, n, ids);
    }
    in->strings.listed_count = 0;
    return PYR_OK;
}

static pyr_err intern_functions(struct pyr_intern *in)
{
    struct pyr_function functions[AT_A_TIME];
    uint32_t ids[AT_A_TIME];
    const uint32_t *string = in->strings.ids;
    for (uint32_t from = 0, n; from < in->functions.listed_count; from += n) {
        const uint32_t *listed = next_listed(&in->functions, from, &n);
        for (uint32_t i = 0; i < n; i++) {
            const struct pyr_function *f = &in->profile->functions[listed[i]];
            functions[i] = (struct pyr_function){.name = string[f->name],
                                                 .system_name = string[f->system_name],
                                                 .filename = string[f->filename],
                                                 .start_line = f->start_line};
        }
        PYR_TRY(pyr_symbols_intern_functions(&in->tables->symbols, functions, n, in->tables->tally, ids));
        note_ids(&in->functions, listed, n, ids);
    }
    in->functions.listed_count = 0;
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

/* The location as the table has it; its lines are put where the profile has them. */
static struct pyr_location translated(struct pyr_intern *in, const struct pyr_location *l)
{
    for (uint32_t i = l->line_first; i < l->line_first + l->line_count; i++) {
        const struct pyr_line *line = &in->profile->lines[i];
        in->lines[i] = (struct pyr_line){.function = in->functions.ids[line->function], .line = line->line};
    }
    return (struct pyr_location){.address = rebased(in, l),
                                 .mapping = l->mapping != 0 ? in->mappings[l->mapping] : 0,
                                 .line_first = l->line_count != 0 ? l->line_first : 0,
                                 .line_count = l->line_count};
}

static pyr_err intern_locations(struct pyr_intern *in)
{
    struct pyr_location locations[AT_A_TIME];
    uint32_t ids[AT_A_TIME];
    for (uint32_t from = 0, n; from < in->locations.listed_count; from += n) {
        const uint32_t *listed = next_listed(&in->locations, from, &n);
        for (uint32_t i = 0; i < n; i++)
            locations[i] = translated(in, &in->profile->locations[listed[i]]);
        PYR_TRY(pyr_symbols_intern_locations(&in->tables->symbols, locations, in->lines, n, in->tables->tally, ids));
        note_ids(&in->locations, listed, n, ids);
    }
    in->locations.listed_count = 0;
    return PYR_OK;
}

static pyr_err intern_symbols(struct pyr_intern *in, const struct pyr_write_row *row)
{
    list_locations(in, row);
    PYR_TRY(intern_mappings(in));
    list_functions(in);
    list_strings(in);
    PYR_TRY(intern_strings(in));
    PYR_TRY(intern_functions(in));
    return intern_locations(in);
}

/* ---- stacks ---- */

/* Translates the stacks of samples from `from` on, as many as fit; at least one does. */
static uint32_t next_runs(struct pyr_intern *in, const struct pyr_write_row *row, uint32_t from, struct pyr_run *runs)
{
    uint32_t n = 0, used = 0;
    for (; n < STACKS_AT_A_TIME && from + n < row->sample_count; n++) {
        const struct pyr_sample *s = &in->profile->samples[row->samples[from + n]];
        if (s->stack_count > in->runs_cap - used)
            break;
        const uint32_t *locations = in->profile->stack_locations + s->stack_first;
        for (uint32_t i = 0; i < s->stack_count; i++)
            in->runs[used + i] = in->locations.ids[locations[i]];
        runs[n] = (struct pyr_run){in->runs + used, s->stack_count};
        used += s->stack_count;
    }
    return n;
}

static pyr_err intern_stacks(struct pyr_intern *in, const struct pyr_write_row *row, uint32_t *stacks)
{
    struct pyr_run runs[STACKS_AT_A_TIME];
    for (uint32_t from = 0, n; from < row->sample_count; from += n) {
        n = next_runs(in, row, from, runs);
        PYR_ASSERT(n != 0);
        PYR_TRY(pyr_stack_tree_intern(&in->tables->tree, runs, n, in->tables->tally, stacks + from));
    }
    return PYR_OK;
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
    uint32_t *stacks = PYR_ARENA_ARRAY(in->arena, uint32_t, row->sample_count);
    if (keys == NULL || spare == NULL || stacks == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(intern_symbols(in, row));
    PYR_TRY(intern_stacks(in, row, stacks));
    uint32_t largest = 0;
    for (uint32_t i = 0; i < row->sample_count; i++) {
        keys[i] = (uint64_t)stacks[i] << 32 | i;
        largest = stacks[i] > largest ? stacks[i] : largest;
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
