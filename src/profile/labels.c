#include "profile/labels.h"
#include "base/assert.h"
#include "base/hash.h"
#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    const struct pyr_label *x = a, *y = b;
    return pyr_str_cmp(x->name, y->name);
}

void pyr_labels_sort(struct pyr_label *labels, uint32_t count)
{
    if (count > 1)
        qsort(labels, count, sizeof(*labels), by_name);
}

uint64_t pyr_labels_hash(const struct pyr_label *labels, uint32_t count)
{
    uint64_t hash = pyr_hash_seed;
    for (uint32_t i = 0; i < count; i++)
        hash = pyr_hash_mix(pyr_hash_mix(hash, pyr_hash_str(labels[i].name)), pyr_hash_str(labels[i].value));
    return hash;
}

int pyr_labels_cmp(const struct pyr_label *a, uint32_t a_count, const struct pyr_label *b, uint32_t b_count)
{
    for (uint32_t i = 0; i < a_count && i < b_count; i++) {
        const int name = pyr_str_cmp(a[i].name, b[i].name);
        const int value = name != 0 ? name : pyr_str_cmp(a[i].value, b[i].value);
        if (value != 0)
            return value;
    }
    return (a_count > b_count) - (a_count < b_count);
}

struct pyr_str pyr_labels_get(const struct pyr_label *labels, uint32_t count, struct pyr_str name)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int c = pyr_str_cmp(labels[middle].name, name);
        if (c == 0)
            return labels[middle].value;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return PYR_STR("");
}

struct pyr_str pyr_profile_type_id(struct pyr_str name, struct pyr_str type, struct pyr_str unit,
                                   struct pyr_str period_type, struct pyr_str period_unit, struct pyr_arena *arena)
{
    const struct pyr_str parts[] = {name, type, unit, period_type, period_unit};
    size_t len = PYR_COUNT_OF(parts) - 1;
    for (size_t i = 0; i < PYR_COUNT_OF(parts); i++)
        len += parts[i].len;
    char *text = pyr_arena_alloc_aligned(arena, len + 1, 1);
    if (text == NULL)
        return (struct pyr_str){NULL, 0};

    char *at = text;
    for (size_t i = 0; i < PYR_COUNT_OF(parts); i++) {
        if (i != 0)
            *at++ = ':';
        if (parts[i].len != 0)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    *at = '\0';
    PYR_ASSERT((size_t)(at - text) == len);
    return (struct pyr_str){text, len};
}

bool pyr_profile_type_is_gauge(struct pyr_str name, struct pyr_str sample_type)
{
    static const struct pyr_str states[] = {PYR_STR("inuse_objects"), PYR_STR("inuse_space"), PYR_STR("goroutine"),
                                            PYR_STR("goroutines"),    PYR_STR("live"),        PYR_STR("threads"),
                                            PYR_STR("threadcreate")};
    if (pyr_str_starts(sample_type, PYR_STR("inuse_")))
        return true;
    for (size_t i = 0; i < PYR_COUNT_OF(states); i++)
        if (pyr_str_eq(sample_type, states[i]))
            return true;
    /* Named by the profile alone: the sample type of a thread dump is "count" or "samples". */
    return pyr_str_starts(name, PYR_STR("goroutine")) || pyr_str_eq(name, PYR_STR("threadcreate")) ||
           pyr_str_eq(name, PYR_STR("threads"));
}
