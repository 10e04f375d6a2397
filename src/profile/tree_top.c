#include "profile/tree_top.h"
#include "profile/tree_order.h"
#include <stdlib.h>

/* Depth first, counting per name how often it is on the path: a node adds to its function's total only where the function
 * is entered first. */
static void sum_rows(const struct pyr_tree *t, const struct pyr_tree_order *order, uint32_t *next, uint32_t *on_path,
                     struct pyr_top_row *rows)
{
    memcpy(next, order->first, t->count * sizeof(*next));
    for (uint32_t node = 0;;) {
        if (next[node] < order->first[node + 1]) {
            node = order->child[next[node]++];
            const struct pyr_tree_node *n = &t->nodes[node];
            struct pyr_top_row *row = &rows[n->name];
            if (pyr_tree_is_dropped(t, node))
                continue;
            row->self = pyr_add_saturating(row->self, n->self);
            if (on_path[n->name]++ == 0)
                row->total = pyr_add_saturating(row->total, n->total);
            continue;
        }
        if (node == 0)
            return;
        if (!pyr_tree_is_dropped(t, node))
            on_path[t->nodes[node].name]--;
        node = t->nodes[node].parent;
    }
}

static int compare_rows(const void *pa, const void *pb, void *names)
{
    const struct pyr_top_row *a = pa, *b = pb;
    if (a->self != b->self)
        return a->self < b->self ? 1 : -1;
    if (a->total != b->total)
        return a->total < b->total ? 1 : -1;
    return pyr_str_cmp(((const struct pyr_str *)names)[a->name], ((const struct pyr_str *)names)[b->name]);
}

static uint32_t keep_functions(const struct pyr_tree *t, struct pyr_top_row *rows, uint32_t *is_function)
{
    memset(is_function, 0, t->name_count * sizeof(*is_function));
    for (uint32_t i = 1; i < t->count; i++)
        if (!pyr_tree_is_dropped(t, i))
            is_function[t->nodes[i].name] = 1;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->name_count; i++)
        if (is_function[i] != 0) {
            rows[kept] = rows[i];
            rows[kept++].name = i;
        }
    return kept;
}

pyr_err pyr_tree_top(const struct pyr_tree *t, struct pyr_arena *arena, struct pyr_top_row **rows, uint32_t *count)
{
    struct pyr_tree_order order;
    PYR_TRY(pyr_tree_order_by_name(t, arena, &order));
    uint32_t *next = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    uint32_t *on_path = pyr_arena_zalloc(arena, t->name_count, sizeof(uint32_t));
    *rows = pyr_arena_zalloc(arena, t->name_count, sizeof(**rows));
    if (next == NULL || on_path == NULL || *rows == NULL)
        return PYR_E_NOMEM;
    sum_rows(t, &order, next, on_path, *rows);
    *count = keep_functions(t, *rows, on_path);
    qsort_r(*rows, *count, sizeof(**rows), compare_rows, t->names);
    return PYR_OK;
}
