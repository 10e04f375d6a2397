#include "query/profile_merger.h"
#include "base/hash.h"
#include "profile/grow.h"
#include "profile/tree.h"

enum { IDS_MAX = 64 << 20 };

#define PUSH(b, array, count, cap, item)                                                                               \
    (PYR_GROW((b)->arena, (b)->profile.array, (b)->cap, (uint64_t)(b)->profile.count + 1)                              \
         ? ((b)->profile.array[(b)->profile.count++] = (item), PYR_OK)                                                 \
         : PYR_E_NOMEM)

pyr_err pyr_profile_merger_init(struct pyr_profile_merger *b, struct pyr_arena *arena)
{
    *b = (struct pyr_profile_merger){.arena = arena, .profile.type_count = 1};
    struct pyr_index *all[] = {&b->strings, &b->mappings, &b->functions, &b->locations, &b->stacks};
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++)
        pyr_index_init(all[i], IDS_MAX);
    uint32_t empty;
    PYR_TRY(pyr_profile_merger_string(b, PYR_STR(""), &empty));
    return PUSH(b, mappings, mapping_count, mapping_cap, (struct pyr_mapping){0});
}

void pyr_profile_merger_free(struct pyr_profile_merger *b)
{
    struct pyr_index *all[] = {&b->strings, &b->mappings, &b->functions, &b->locations, &b->stacks};
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++)
        pyr_index_free(all[i]);
}

pyr_err pyr_profile_merger_string(struct pyr_profile_merger *b, struct pyr_str s, uint32_t *id)
{
    const uint64_t hash = pyr_hash_str(s);
    struct pyr_index_cursor c;
    for (*id = pyr_index_first(&b->strings, hash, &c); *id != PYR_INDEX_NONE; *id = pyr_index_next(&b->strings, &c))
        if (pyr_str_eq(b->profile.strings[*id], s))
            return PYR_OK;
    const struct pyr_str copy = pyr_arena_str(b->arena, s);
    if (copy.ptr == NULL)
        return PYR_E_NOMEM;
    *id = b->profile.string_count;
    PYR_TRY(PUSH(b, strings, string_count, string_cap, copy));
    return pyr_index_insert(&b->strings, hash, *id);
}

static bool function_eq(const struct pyr_function *a, const struct pyr_function *b)
{
    return a->name == b->name && a->system_name == b->system_name && a->filename == b->filename &&
           a->start_line == b->start_line;
}

pyr_err pyr_profile_merger_function(struct pyr_profile_merger *b, struct pyr_function f, uint32_t *id)
{
    const uint64_t hash = pyr_hash_mix(pyr_hash_mix(pyr_hash_seed, (uint64_t)f.name << 32 | f.filename),
                                       (uint64_t)f.system_name << 32 ^ (uint64_t)f.start_line);
    struct pyr_index_cursor c;
    for (*id = pyr_index_first(&b->functions, hash, &c); *id != PYR_INDEX_NONE; *id = pyr_index_next(&b->functions, &c))
        if (function_eq(&b->profile.functions[*id], &f))
            return PYR_OK;
    *id = b->profile.function_count;
    PYR_TRY(PUSH(b, functions, function_count, function_cap, f));
    return pyr_index_insert(&b->functions, hash, *id);
}

static bool mapping_eq(const struct pyr_mapping *a, const struct pyr_mapping *b)
{
    return a->start == b->start && a->limit == b->limit && a->offset == b->offset && a->filename == b->filename &&
           a->build_id == b->build_id && a->has_functions == b->has_functions && a->has_filenames == b->has_filenames &&
           a->has_line_numbers == b->has_line_numbers && a->has_inline_frames == b->has_inline_frames;
}

pyr_err pyr_profile_merger_mapping(struct pyr_profile_merger *b, struct pyr_mapping m, uint32_t *id)
{
    const uint64_t hash =
        pyr_hash_mix(pyr_hash_mix(pyr_hash_seed, (uint64_t)m.filename << 32 | m.build_id), m.start ^ m.offset);
    struct pyr_index_cursor c;
    for (*id = pyr_index_first(&b->mappings, hash, &c); *id != PYR_INDEX_NONE; *id = pyr_index_next(&b->mappings, &c))
        if (mapping_eq(&b->profile.mappings[*id], &m))
            return PYR_OK;
    *id = b->profile.mapping_count;
    PYR_TRY(PUSH(b, mappings, mapping_count, mapping_cap, m));
    return pyr_index_insert(&b->mappings, hash, *id);
}

static bool lines_eq(const struct pyr_line *a, const struct pyr_line *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (a[i].function != b[i].function || a[i].line != b[i].line)
            return false;
    return true;
}

static bool location_eq(const struct pyr_profile *p, const struct pyr_location *l, uint64_t address, uint32_t mapping,
                        const struct pyr_line *lines, uint32_t line_count)
{
    return l->address == address && l->mapping == mapping && l->line_count == line_count &&
           lines_eq(p->lines + l->line_first, lines, line_count);
}

pyr_err pyr_profile_merger_location(struct pyr_profile_merger *b, uint64_t address, uint32_t mapping,
                                    const struct pyr_line *lines, uint32_t line_count, uint32_t *id)
{
    uint64_t hash = pyr_hash_mix(pyr_hash_mix(pyr_hash_seed, address), mapping);
    for (uint32_t i = 0; i < line_count; i++)
        hash = pyr_hash_mix(hash, (uint64_t)lines[i].function << 32 ^ (uint64_t)lines[i].line);
    struct pyr_index_cursor c;
    for (*id = pyr_index_first(&b->locations, hash, &c); *id != PYR_INDEX_NONE; *id = pyr_index_next(&b->locations, &c))
        if (location_eq(&b->profile, &b->profile.locations[*id], address, mapping, lines, line_count))
            return PYR_OK;
    *id = b->profile.location_count;
    const struct pyr_location location = {address, mapping, b->profile.line_count, line_count};
    PYR_TRY(PUSH(b, locations, location_count, location_cap, location));
    for (uint32_t i = 0; i < line_count; i++)
        PYR_TRY(PUSH(b, lines, line_count, line_cap, lines[i]));
    return pyr_index_insert(&b->locations, hash, *id);
}

static pyr_err add_sample(struct pyr_profile_merger *b, const uint32_t *locations, uint32_t count)
{
    const struct pyr_sample sample = {.stack_first = b->profile.stack_location_count, .stack_count = count};
    for (uint32_t i = 0; i < count; i++)
        PYR_TRY(PUSH(b, stack_locations, stack_location_count, stack_cap, locations[i]));
    if (!PYR_GROW(b->arena, b->profile.values, b->value_cap, (uint64_t)b->profile.sample_count + 1))
        return PYR_E_NOMEM;
    b->profile.values[b->profile.sample_count] = 0;
    return PUSH(b, samples, sample_count, sample_cap, sample);
}

pyr_err pyr_profile_merger_add(struct pyr_profile_merger *b, const uint32_t *locations, uint32_t count, int64_t value)
{
    const uint64_t hash = pyr_hash_bytes(locations, count * sizeof(*locations));
    struct pyr_index_cursor c;
    uint32_t id = pyr_index_first(&b->stacks, hash, &c);
    for (; id != PYR_INDEX_NONE; id = pyr_index_next(&b->stacks, &c)) {
        const struct pyr_sample *s = &b->profile.samples[id];
        if (s->stack_count == count && (count == 0 || memcmp(b->profile.stack_locations + s->stack_first, locations,
                                                             count * sizeof(*locations)) == 0))
            break;
    }
    if (id == PYR_INDEX_NONE) {
        id = b->profile.sample_count;
        PYR_TRY(add_sample(b, locations, count));
        PYR_TRY(pyr_index_insert(&b->stacks, hash, id));
    }
    b->profile.values[id] = pyr_add_saturating(b->profile.values[id], value);
    return PYR_OK;
}
