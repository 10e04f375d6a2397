#include "profile/tree_order.h"
#include "base/assert.h"
#include <stdlib.h>

static int compare_names(const void *a, const void *b, void *names)
{
    const struct pyr_str *all = names;
    return pyr_str_cmp(all[*(const uint32_t *)a], all[*(const uint32_t *)b]);
}

/* first_of[name id] = where the nodes of that name start when all are sorted by name. */
static pyr_err count_by_name(const struct pyr_tree *t, struct pyr_arena *arena, uint32_t **out)
{
    uint32_t *sorted = PYR_ARENA_ARRAY(arena, uint32_t, t->name_count);
    uint32_t *first_of = pyr_arena_zalloc(arena, t->name_count, sizeof(uint32_t));
    if (sorted == NULL || first_of == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < t->name_count; i++)
        sorted[i] = i;
    qsort_r(sorted, t->name_count, sizeof(*sorted), compare_names, t->names);
    for (uint32_t i = 1; i < t->count; i++)
        first_of[t->nodes[i].name]++;
    for (uint32_t i = 0, at = 0; i < t->name_count; i++) {
        const uint32_t count = first_of[sorted[i]];
        first_of[sorted[i]] = at;
        at += count;
    }
    *out = first_of;
    return PYR_OK;
}

static void count_children(const struct pyr_tree *t, uint32_t *first)
{
    memset(first, 0, ((size_t)t->count + 1) * sizeof(*first));
    for (uint32_t i = 1; i < t->count; i++)
        first[t->nodes[i].parent + 1]++;
    for (uint32_t i = 0; i < t->count; i++)
        first[i + 1] += first[i];
}

/* A counting sort of the nodes by name, then one by parent: stable, so siblings end up in order of name. */
pyr_err pyr_tree_order_by_name(const struct pyr_tree *t, struct pyr_arena *arena, struct pyr_tree_order *out)
{
    uint32_t *by_name = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    uint32_t *next = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    out->first = PYR_ARENA_ARRAY(arena, uint32_t, (size_t)t->count + 1);
    out->child = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    if (by_name == NULL || next == NULL || out->first == NULL || out->child == NULL)
        return PYR_E_NOMEM;
    uint32_t *place;
    PYR_TRY(count_by_name(t, arena, &place));
    for (uint32_t i = 1; i < t->count; i++)
        by_name[place[t->nodes[i].name]++] = i;
    count_children(t, out->first);
    memcpy(next, out->first, t->count * sizeof(*next));
    for (int dropped = 0; dropped <= (t->dropped != NULL); dropped++)
        for (uint32_t k = 0; k + 1 < t->count; k++)
            if (pyr_tree_is_dropped(t, by_name[k]) == dropped)
                out->child[next[t->nodes[by_name[k]].parent]++] = by_name[k];
    return PYR_OK;
}

struct keyed_child {
    int64_t total;
    uint32_t place, node; /* place: among the siblings by name, so that the sort is stable */
    bool dropped;
};

static int compare_totals(const void *pa, const void *pb)
{
    const struct keyed_child *a = pa, *b = pb;
    if (a->dropped != b->dropped)
        return a->dropped - b->dropped;
    if (a->total != b->total)
        return a->total < b->total ? 1 : -1;
    return (a->place > b->place) - (a->place < b->place);
}

static uint32_t widest(const struct pyr_tree *t, const struct pyr_tree_order *order)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < t->count; i++)
        if (order->first[i + 1] - order->first[i] > most)
            most = order->first[i + 1] - order->first[i];
    return most;
}

static void sort_siblings(const struct pyr_tree *t, uint32_t *child, uint32_t count, struct keyed_child *keys)
{
    for (uint32_t k = 0; k < count; k++)
        keys[k] = (struct keyed_child){t->nodes[child[k]].total, k, child[k], pyr_tree_is_dropped(t, child[k])};
    qsort(keys, count, sizeof(*keys), compare_totals);
    for (uint32_t k = 0; k < count; k++)
        child[k] = keys[k].node;
}

pyr_err pyr_tree_order_by_total(const struct pyr_tree *t, struct pyr_arena *arena, struct pyr_tree_order *out)
{
    PYR_TRY(pyr_tree_order_by_name(t, arena, out));
    struct keyed_child *keys = PYR_ARENA_ARRAY(arena, struct keyed_child, widest(t, out));
    if (keys == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < t->count; i++) {
        const uint32_t count = out->first[i + 1] - out->first[i];
        if (count > 1)
            sort_siblings(t, out->child + out->first[i], count, keys);
    }
    return PYR_OK;
}

uint32_t *pyr_tree_level_order(const struct pyr_tree *t, const struct pyr_tree_order *order, struct pyr_arena *arena)
{
    uint32_t *nodes = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    if (nodes == NULL)
        return NULL;
    nodes[0] = 0;
    uint32_t end = 1;
    for (uint32_t i = 0; i < end; i++)
        for (uint32_t k = order->first[nodes[i]]; k < order->first[nodes[i] + 1]; k++)
            nodes[end++] = order->child[k];
    PYR_ASSERT(end == t->count);
    return nodes;
}
