#include "profile/flamebearer.h"
#include "base/assert.h"
#include "profile/tree_order.h"

enum { UNNUMBERED = UINT32_MAX };

/* number_of[name id] = index in the answer. `stack` holds nodes to visit: the last child comes off first. */
static void number_names(const struct pyr_tree *t, const struct pyr_tree_order *order, uint32_t *stack,
                         uint32_t *number_of, struct pyr_flamebearer *out)
{
    memset(number_of, 0xff, t->name_count * sizeof(*number_of));
    uint32_t depth = 0;
    stack[depth++] = 0;
    while (depth != 0) {
        const uint32_t node = stack[--depth], name = t->nodes[node].name;
        if (number_of[name] == UNNUMBERED) {
            number_of[name] = (uint32_t)out->name_count;
            out->names[out->name_count++] = t->names[name];
        }
        for (uint32_t k = order->first[node]; k < order->first[node + 1]; k++)
            stack[depth++] = order->child[k];
    }
}

static pyr_err copy_names(struct pyr_flamebearer *out, const struct pyr_str *names, struct pyr_arena *arena)
{
    out->names = PYR_ARENA_ARRAY(arena, struct pyr_str, out->name_count);
    if (out->names == NULL)
        return PYR_E_NOMEM;
    for (size_t i = 0; i < out->name_count; i++) {
        out->names[i] = pyr_arena_str(arena, names[i]);
        if (out->names[i].ptr == NULL)
            return PYR_E_NOMEM;
    }
    return PYR_OK;
}

static pyr_err name_all(const struct pyr_tree *t, const struct pyr_tree_order *order, struct pyr_arena *scratch,
                        struct pyr_arena *arena, uint32_t *number_of, struct pyr_flamebearer *out)
{
    uint32_t *stack = PYR_ARENA_ARRAY(scratch, uint32_t, t->count);
    struct pyr_str *names = PYR_ARENA_ARRAY(scratch, struct pyr_str, t->name_count);
    if (stack == NULL || names == NULL)
        return PYR_E_NOMEM;
    out->names = names;
    number_names(t, order, stack, number_of, out);
    return copy_names(out, names, arena);
}

/* Where levels start in level order: starts[level_count] is the end. */
static uint32_t count_levels(const struct pyr_tree_order *order, const uint32_t *nodes, uint32_t count,
                             uint32_t *starts)
{
    uint32_t levels = 0;
    for (uint32_t at = 0, end = 1; at < count;) {
        starts[levels++] = at;
        uint32_t next = end;
        for (; at < end; at++)
            next += order->first[nodes[at] + 1] - order->first[nodes[at]];
        end = next;
    }
    starts[levels] = count;
    return levels;
}

/* x of each node, in level order: a parent gives its children theirs before their turn comes. */
static void place(const struct pyr_tree *t, const struct pyr_tree_order *order, const uint32_t *nodes, uint64_t *x)
{
    uint32_t next = 1;
    x[0] = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct pyr_tree_node *n = &t->nodes[nodes[i]];
        uint64_t at = x[i] + (nodes[i] == 0 ? 0 : (uint64_t)n->self);
        for (uint32_t k = order->first[nodes[i]]; k < order->first[nodes[i] + 1]; k++) {
            x[next++] = at;
            at += (uint64_t)t->nodes[order->child[k]].total;
        }
    }
}

static void fill_levels(const struct pyr_tree *t, const uint32_t *nodes, const uint64_t *x, const uint32_t *starts,
                        const uint32_t *number_of, int64_t *values, struct pyr_flamebearer *out)
{
    for (size_t level = 0; level < out->level_count; level++) {
        const uint32_t first = starts[level], end = starts[level + 1];
        out->levels[level] = (struct pyr_flamebearer_level){values, (size_t)(end - first) * PYR_FLAMEBEARER_NUMBERS};
        uint64_t before = 0;
        for (uint32_t i = first; i < end; i++, values += PYR_FLAMEBEARER_NUMBERS) {
            const struct pyr_tree_node *n = &t->nodes[nodes[i]];
            values[0] = (int64_t)(x[i] - before);
            values[1] = n->total;
            values[2] = n->self;
            values[3] = number_of[n->name];
            before = x[i] + (uint64_t)n->total;
            if (n->self > out->max_self)
                out->max_self = n->self;
        }
    }
}

pyr_err pyr_flamebearer_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_arena *arena,
                               struct pyr_flamebearer *out)
{
    *out = (struct pyr_flamebearer){.total = t->nodes[0].total};
    struct pyr_tree_order order;
    PYR_TRY(pyr_tree_order_by_name(t, scratch, &order));
    uint32_t *number_of = PYR_ARENA_ARRAY(scratch, uint32_t, t->name_count);
    if (number_of == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(name_all(t, &order, scratch, arena, number_of, out));

    const uint32_t *nodes = pyr_tree_level_order(t, &order, scratch);
    uint32_t *starts = PYR_ARENA_ARRAY(scratch, uint32_t, (size_t)t->count + 1);
    uint64_t *x = PYR_ARENA_ARRAY(scratch, uint64_t, t->count);
    int64_t *values = pyr_arena_array(arena, t->count, PYR_FLAMEBEARER_NUMBERS * sizeof(int64_t));
    if (nodes == NULL || starts == NULL || x == NULL || values == NULL)
        return PYR_E_NOMEM;
    out->level_count = count_levels(&order, nodes, t->count, starts);
    out->levels = PYR_ARENA_ARRAY(arena, struct pyr_flamebearer_level, out->level_count);
    if (out->levels == NULL)
        return PYR_E_NOMEM;
    place(t, &order, nodes, x);
    fill_levels(t, nodes, x, starts, number_of, values, out);
    return PYR_OK;
}
