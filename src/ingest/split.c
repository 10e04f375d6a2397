#include "ingest/split.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/index.h"
#include "ingest/series_labels.h"
#include "profile/grow.h"
#include <stdlib.h>

/* What a label's key means; the same for all samples, so it is found out once per string. */
enum key_kind { KEY_UNKNOWN, KEY_SERIES, KEY_IGNORED, KEY_SPAN, KEY_TRACE };

struct splitter {
    const struct pyr_profile *profile;
    const struct pyr_label *series;
    uint32_t series_count;
    struct pyr_arena *arena;
    struct pyr_split *out;
    uint8_t *kinds;                 /* enum key_kind, by string */
    struct pyr_split_pair *scratch; /* of the sample at hand */
    uint32_t *group_of;             /* by sample */
    uint64_t *span_of;              /* by sample; NULL until one has a span */
    uint8_t (*trace_of)[16];
    uint32_t *slots;  /* hash table over groups: number + 1 */
    uint64_t *hashes; /* by group */
    uint32_t slot_mask;
    uint32_t group_cap, hash_cap, pair_cap, pair_count;
};

static bool has_label(const struct splitter *s, struct pyr_str name)
{
    return pyr_labels_get(s->series, s->series_count, name).len != 0;
}

static enum key_kind find_kind(const struct splitter *s, struct pyr_str key)
{
    if (pyr_str_eq(key, PYR_STR("span_id")) || pyr_str_eq(key, PYR_STR("profile_id")))
        return KEY_SPAN;
    if (pyr_str_eq(key, PYR_STR("trace_id")))
        return KEY_TRACE;
    return has_label(s, key) || !pyr_series_label_allowed(key) ? KEY_IGNORED : KEY_SERIES;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* `text` of twice as many digits. */
static bool parse_hex(struct pyr_str text, uint8_t *out, size_t bytes)
{
    if (text.len != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        const int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool pyr_span_id_parse(struct pyr_str text, uint64_t *out)
{
    uint8_t bytes[8];
    if (!parse_hex(text, bytes, sizeof(bytes)))
        return false;
    *out = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        *out = *out << 8 | bytes[i];
    return true;
}

static bool set_span(struct splitter *s, uint32_t sample, struct pyr_str text)
{
    uint64_t id;
    if (!pyr_span_id_parse(text, &id))
        return true;
    if (s->span_of == NULL)
        s->span_of = pyr_arena_zalloc(s->arena, s->profile->sample_count, sizeof(*s->span_of));
    if (s->span_of == NULL)
        return false;
    if (s->span_of[sample] == 0)
        s->span_of[sample] = id;
    return true;
}

static bool set_trace(struct splitter *s, uint32_t sample, struct pyr_str text)
{
    uint8_t id[16];
    if (!parse_hex(text, id, sizeof(id)))
        return true;
    if (s->trace_of == NULL)
        s->trace_of = pyr_arena_zalloc(s->arena, s->profile->sample_count, sizeof(*s->trace_of));
    if (s->trace_of == NULL)
        return false;
    memcpy(s->trace_of[sample], id, sizeof(id));
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct pyr_split_pair *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->str > y->str) - (x->str < y->str);
}

static bool has_key(const struct splitter *s, uint32_t count, uint32_t key)
{
    for (uint32_t i = 0; i < count; i++)
        if (s->scratch[i].key == key)
            return true;
    return false;
}

/* The labels of a sample that make its group, into scratch, sorted; spans and traces are put aside. */
static bool gather(struct splitter *s, uint32_t sample, uint32_t *count)
{
    const struct pyr_profile *p = s->profile;
    const struct pyr_sample *at = &p->samples[sample];
    *count = 0;
    for (uint32_t i = 0; i < at->label_count; i++) {
        const struct pyr_sample_label *l = &p->labels[at->label_first + i];
        if (l->str == 0 || p->strings[l->str].len == 0)
            continue;
        if (s->kinds[l->key] == KEY_UNKNOWN)
            s->kinds[l->key] = (uint8_t)find_kind(s, p->strings[l->key]);
        const uint8_t kind = s->kinds[l->key];
        if (kind == KEY_SERIES && !has_key(s, *count, l->key))
            s->scratch[(*count)++] = (struct pyr_split_pair){l->key, l->str};
        else if ((kind == KEY_SPAN && !set_span(s, sample, p->strings[l->str])) ||
                 (kind == KEY_TRACE && !set_trace(s, sample, p->strings[l->str])))
            return false;
    }
    if (*count > 1)
        qsort(s->scratch, *count, sizeof(*s->scratch), by_key);
    return true;
}

static bool same_pairs(const struct splitter *s, uint32_t group, uint32_t count)
{
    const struct pyr_split_group *g = &s->out->groups[group];
    return g->pair_count == count &&
           (count == 0 || memcmp(s->out->pairs + g->pair_first, s->scratch, count * sizeof(*s->scratch)) == 0);
}

static bool rehash(struct splitter *s)
{
    const uint32_t size = s->slots == NULL ? 64 : (s->slot_mask + 1) * 2;
    s->slots = pyr_arena_zalloc(s->arena, size, sizeof(*s->slots));
    if (s->slots == NULL)
        return false;
    s->slot_mask = size - 1;
    PYR_ASSERT(s->out->group_count == 0 || s->hashes != NULL);
    for (uint32_t g = 0; g < s->out->group_count; g++) {
        uint32_t at = (uint32_t)s->hashes[g] & s->slot_mask;
        while (s->slots[at] != 0)
            at = (at + 1) & s->slot_mask;
        s->slots[at] = g + 1;
    }
    return true;
}

static bool add_group(struct splitter *s, uint64_t hash, uint32_t count)
{
    struct pyr_split *out = s->out;
    if (!PYR_GROW(s->arena, out->groups, s->group_cap, (uint64_t)out->group_count + 1) ||
        !PYR_GROW(s->arena, s->hashes, s->hash_cap, (uint64_t)out->group_count + 1) ||
        !PYR_GROW(s->arena, out->pairs, s->pair_cap, (uint64_t)s->pair_count + count))
        return false;
    s->hashes[out->group_count] = hash;
    out->groups[out->group_count++] = (struct pyr_split_group){.pair_first = s->pair_count, .pair_count = count};
    if (count != 0)
        memcpy(out->pairs + s->pair_count, s->scratch, count * sizeof(*s->scratch));
    s->pair_count += count;
    return true;
}

/* The group of the labels in scratch. */
static bool find_group(struct splitter *s, uint32_t count, uint32_t *group)
{
    if (s->out->group_count >= (s->slots == NULL ? 0 : (s->slot_mask + 1) / 2) && !rehash(s))
        return false;
    uint64_t hash = pyr_hash_seed;
    for (uint32_t i = 0; i < count; i++)
        hash = pyr_hash_mix(hash, (uint64_t)s->scratch[i].key << 32 | s->scratch[i].str);
    uint32_t at = (uint32_t)hash & s->slot_mask;
    for (; s->slots[at] != 0; at = (at + 1) & s->slot_mask) {
        *group = s->slots[at] - 1;
        PYR_ASSERT(s->hashes != NULL);
        if (s->hashes[*group] == hash && same_pairs(s, *group, count))
            return true;
    }
    *group = s->out->group_count;
    if (!add_group(s, hash, count))
        return false;
    s->slots[at] = *group + 1;
    return true;
}

static bool assign_groups(struct splitter *s)
{
    uint32_t group = PYR_INDEX_NONE;
    for (uint32_t i = 0; i < s->profile->sample_count; i++) {
        uint32_t count;
        if (!gather(s, i, &count))
            return false;
        /* Samples of one label set often come together. */
        if ((group == PYR_INDEX_NONE || !same_pairs(s, group, count)) && !find_group(s, count, &group))
            return false;
        s->group_of[i] = group;
        s->out->groups[group].sample_count++;
    }
    return true;
}

/* Groups' samples side by side, in their order. */
static bool lay_out(struct splitter *s)
{
    const uint32_t n = s->profile->sample_count;
    struct pyr_split *out = s->out;
    out->samples = PYR_ARENA_ARRAY(s->arena, uint32_t, n);
    out->span_ids = s->span_of == NULL ? NULL : PYR_ARENA_ARRAY(s->arena, uint64_t, n);
    out->trace_ids = s->trace_of == NULL ? NULL : pyr_arena_array(s->arena, n, sizeof(*out->trace_ids));
    if (out->samples == NULL || (s->span_of != NULL && out->span_ids == NULL) ||
        (s->trace_of != NULL && out->trace_ids == NULL))
        return false;
    uint32_t first = 0;
    for (uint32_t g = 0; g < out->group_count; g++) {
        out->groups[g].sample_first = first;
        first += out->groups[g].sample_count;
        out->groups[g].sample_count = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct pyr_split_group *g = &out->groups[s->group_of[i]];
        const uint32_t at = g->sample_first + g->sample_count++;
        out->samples[at] = i;
        if (out->span_ids != NULL)
            out->span_ids[at] = s->span_of[i];
        if (out->trace_ids != NULL)
            memcpy(out->trace_ids[at], s->trace_of[i], sizeof(*out->trace_ids));
    }
    return true;
}

static uint32_t most_labels(const struct pyr_profile *p)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < p->sample_count; i++)
        most = p->samples[i].label_count > most ? p->samples[i].label_count : most;
    return most;
}

pyr_err pyr_split_samples(const struct pyr_profile *profile, const struct pyr_label *series, uint32_t series_count,
                          struct pyr_arena *arena, struct pyr_split *out, struct pyr_diag *diag)
{
    struct splitter s = {
        .profile = profile, .series = series, .series_count = series_count, .arena = arena, .out = out};
    *out = (struct pyr_split){0};
    if (profile->sample_count == 0)
        return PYR_OK;
    s.kinds = pyr_arena_zalloc(arena, profile->string_count, sizeof(*s.kinds));
    s.scratch = PYR_ARENA_ARRAY(arena, struct pyr_split_pair, most_labels(profile));
    s.group_of = PYR_ARENA_ARRAY(arena, uint32_t, profile->sample_count);
    if (s.kinds == NULL || s.scratch == NULL || s.group_of == NULL || !assign_groups(&s) || !lay_out(&s))
        return pyr_fail(diag, PYR_E_NOMEM, "no memory to split the profile by its samples' labels");
    return PYR_OK;
}
