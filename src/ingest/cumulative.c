#include "ingest/cumulative.h"
#include "base/hash.h"
#include "base/saturate.h"

/* 64 bits keyed by the process's secret stand for a stack: two of one profile never meet by chance, nor by intent. */
static uint64_t *hash_locations(const struct pyr_profile *p, struct pyr_arena *arena)
{
    uint64_t *hashes = PYR_ARENA_ARRAY(arena, uint64_t, p->location_count);
    uint64_t *names = PYR_ARENA_ARRAY(arena, uint64_t, p->function_count);
    if (hashes == NULL || names == NULL)
        return NULL;
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct pyr_function *f = &p->functions[i];
        names[i] = pyr_hash_mix(pyr_hash_str(p->strings[f->name]), pyr_hash_str(p->strings[f->filename]));
    }
    for (uint32_t i = 0; i < p->location_count; i++) {
        const struct pyr_location *l = &p->locations[i];
        uint64_t h = pyr_hash_mix(pyr_hash_seed, l->address);
        for (uint32_t k = 0; k < l->line_count; k++) {
            const struct pyr_line *line = &p->lines[l->line_first + k];
            h = pyr_hash_mix(pyr_hash_mix(h, names[line->function]), (uint64_t)line->line);
        }
        hashes[i] = h;
    }
    return hashes;
}

static uint64_t hash_sample(const struct pyr_profile *p, const uint64_t *locations, const struct pyr_sample *s)
{
    uint64_t h = pyr_hash_mix(pyr_hash_seed, s->stack_count);
    for (uint32_t i = 0; i < s->stack_count; i++)
        h = pyr_hash_mix(h, locations[p->stack_locations[s->stack_first + i]]);
    for (uint32_t i = 0; i < s->label_count; i++) {
        const struct pyr_sample_label *l = &p->labels[s->label_first + i];
        h = pyr_hash_mix(pyr_hash_mix(h, pyr_hash_str(p->strings[l->key])), pyr_hash_str(p->strings[l->str]));
    }
    return h;
}

/* Sums per stack of the previous profile. */
struct sums {
    uint64_t *hashes; /* 0: free slot */
    int64_t *values;  /* slot * type_count + type */
    uint32_t mask, type_count;
};

static uint32_t slot_of(const struct sums *t, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & t->mask;
    while (t->hashes[at] != 0 && t->hashes[at] != hash)
        at = (at + 1) & t->mask;
    return at;
}

static bool make_sums(struct sums *t, const struct pyr_profile *p, struct pyr_arena *arena)
{
    const uint64_t *locations = hash_locations(p, arena);
    uint32_t size = 16;
    while (size / 2 < p->sample_count)
        size *= 2;
    *t = (struct sums){.mask = size - 1, .type_count = p->type_count};
    t->hashes = pyr_arena_zalloc(arena, size, sizeof(*t->hashes));
    t->values = pyr_arena_zalloc(arena, (size_t)size * p->type_count, sizeof(*t->values));
    if (locations == NULL || t->hashes == NULL || t->values == NULL)
        return false;
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const uint64_t h = hash_sample(p, locations, &p->samples[i]) | 1;
        const uint32_t slot = slot_of(t, h);
        t->hashes[slot] = h;
        for (uint32_t k = 0; k < p->type_count; k++) {
            int64_t *sum = &t->values[(size_t)slot * p->type_count + k];
            *sum = pyr_add_saturating(*sum, p->values[(size_t)i * p->type_count + k]);
        }
    }
    return true;
}

/* Takes from each sample what is left of its stack's sum before. */
static bool subtract(struct pyr_profile *p, struct sums *before, const bool *cumulative, struct pyr_arena *arena)
{
    const uint64_t *locations = hash_locations(p, arena);
    if (locations == NULL)
        return false;
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const uint32_t slot = slot_of(before, hash_sample(p, locations, &p->samples[i]) | 1);
        for (uint32_t k = 0; k < p->type_count; k++) {
            int64_t *left = &before->values[(size_t)slot * p->type_count + k];
            int64_t *value = &p->values[(size_t)i * p->type_count + k];
            const int64_t take = !cumulative[k] ? 0 : *left < *value ? *left : *value;
            *left -= take;
            *value -= take;
        }
    }
    return true;
}

static void clear(struct pyr_profile *p, const bool *cumulative)
{
    for (uint32_t i = 0; i < p->sample_count; i++)
        for (uint32_t k = 0; k < p->type_count; k++)
            if (cumulative[k])
                p->values[(size_t)i * p->type_count + k] = 0;
}

static void remove_zeros(struct pyr_profile *p)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const int64_t *values = p->values + (size_t)i * p->type_count;
        int64_t any = 0;
        for (uint32_t k = 0; k < p->type_count; k++)
            any |= values[k];
        if (any == 0)
            continue;
        p->samples[kept] = p->samples[i];
        memmove(p->values + (size_t)kept * p->type_count, values, p->type_count * sizeof(*values));
        kept++;
    }
    p->sample_count = kept;
}

static bool same_types(const struct pyr_profile *a, const struct pyr_profile *b)
{
    if (a->type_count != b->type_count)
        return false;
    for (uint32_t i = 0; i < a->type_count; i++)
        if (!pyr_str_eq(a->types[i].type, b->types[i].type) || !pyr_str_eq(a->types[i].unit, b->types[i].unit))
            return false;
    return true;
}

pyr_err pyr_cumulative_subtract(struct pyr_profile *p, const struct pyr_profile *previous,
                                const struct pyr_sample_type_config *config, struct pyr_arena *arena,
                                struct pyr_diag *diag)
{
    bool *cumulative = pyr_arena_zalloc(arena, p->type_count, sizeof(*cumulative)), any = false;
    if (cumulative == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory to subtract the previous profile");
    for (uint32_t k = 0; k < p->type_count; k++) {
        const struct pyr_sample_type_setting *setting = pyr_sample_type_setting(config, p->types[k].type);
        cumulative[k] = setting != NULL && setting->cumulative;
        any |= cumulative[k];
    }
    if (!any || (previous == NULL && config == &pyr_sample_type_config_default))
        return PYR_OK;
    struct sums before;
    if (previous == NULL) {
        clear(p, cumulative);
    } else if (!same_types(p, previous)) {
        return pyr_fail(diag, PYR_E_INVALID, "prev_profile: its sample types are not those of profile");
    } else if (!make_sums(&before, previous, arena) || !subtract(p, &before, cumulative, arena)) {
        return pyr_fail(diag, PYR_E_NOMEM, "no memory to subtract the previous profile");
    }
    remove_zeros(p);
    return PYR_OK;
}
