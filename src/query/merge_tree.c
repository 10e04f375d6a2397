#include "query/merge_tree.h"
#include "base/assert.h"
#include "profile/frame_name.h"

enum { UNKNOWN = 0 }; /* in names_of_location and tree nodes: ids are kept plus one */

/* One partition on its way into the tree. */
struct merger {
    struct pyr_tree_builder builder;
    struct pyr_arena scratch;
    const struct pyr_partition *partition;
    uint64_t *touched;          /* bit per node: on the way from a summed stack to the root */
    uint32_t *node_of;          /* per touched node: its last frame in the tree */
    uint32_t *name_of_location; /* name id + 1, for locations that are one frame */
    uint32_t location_count;
};

static pyr_err name_of_line(struct merger *m, uint32_t line, uint32_t *name)
{
    const struct pyr_function f = pyr_partition_function(m->partition, pyr_partition_line(m->partition, line).function);
    const struct pyr_str text =
        pyr_frame_name(pyr_partition_string(m->partition, f.name), pyr_partition_string(m->partition, f.system_name));
    return pyr_tree_builder_name(&m->builder, text, name);
}

static pyr_err add_frames(struct merger *m, const struct pyr_location *l, uint32_t *node)
{
    uint32_t name;
    for (uint32_t k = l->line_count; k-- > 0;) {
        PYR_TRY(name_of_line(m, l->line_first + k, &name));
        PYR_TRY(pyr_tree_builder_child(&m->builder, *node, name, node));
    }
    return PYR_OK;
}

static pyr_err name_of_single(struct merger *m, const struct pyr_location *l, uint32_t *name)
{
    if (l->line_count != 0)
        return name_of_line(m, l->line_first, name);
    char buf[PYR_FRAME_ADDRESS_BYTES];
    struct pyr_mapping mapping = {0};
    struct pyr_str file = {0};
    if (l->mapping != 0) {
        mapping = pyr_partition_mapping(m->partition, l->mapping);
        file = pyr_partition_string(m->partition, mapping.filename);
    }
    return pyr_tree_builder_name(&m->builder, pyr_frame_address(l->address, &mapping, file, buf), name);
}

/* *node becomes the frame of `location` below it; the innermost one where inlining made several. */
static pyr_err descend(struct merger *m, uint32_t location, uint32_t *node)
{
    uint32_t name = UNKNOWN;
    if (location < m->location_count && (name = m->name_of_location[location]) != UNKNOWN)
        return pyr_tree_builder_child(&m->builder, *node, name - 1, node);
    const struct pyr_location l = pyr_partition_location(m->partition, location);
    if (l.line_count > 1)
        return add_frames(m, &l, node);
    PYR_TRY(name_of_single(m, &l, &name));
    if (location < m->location_count)
        m->name_of_location[location] = name + 1;
    return pyr_tree_builder_child(&m->builder, *node, name, node);
}

static bool touch(uint64_t *touched, uint32_t node)
{
    const uint64_t bit = UINT64_C(1) << (node & 63);
    const bool was = (touched[node >> 6] & bit) != 0;
    touched[node >> 6] |= bit;
    return was;
}

/* Marks the way up from each summed stack; it ends where another one passed before. */
static void touch_stacks(struct merger *m, const struct pyr_sums *sums)
{
    for (uint32_t from = 0, run; from < sums->count; from += run) {
        const uint32_t *nodes = pyr_partition_stack_nodes(m->partition, from, &run);
        if (run > sums->count - from)
            run = sums->count - from;
        PYR_ASSERT(run != 0);
        for (uint32_t i = 0; i < run; i++)
            if (sums->values[from + i] != 0)
                for (uint32_t node = nodes[i]; !touch(m->touched, node) && node != 0;)
                    node = pyr_partition_node(m->partition, node).parent;
    }
}

/* Parents have smaller ids: ascending order finds every parent placed. */
static pyr_err place_nodes(struct merger *m, uint32_t words)
{
    m->node_of[0] = 0;
    m->touched[0] &= ~UINT64_C(1);
    for (uint32_t w = 0; w < words; w++)
        for (uint64_t bits = m->touched[w]; bits != 0; bits &= bits - 1) {
            const uint32_t id = w * 64 + (uint32_t)__builtin_ctzll(bits);
            const struct pyr_node n = pyr_partition_node(m->partition, id);
            uint32_t node = m->node_of[n.parent];
            PYR_TRY(descend(m, n.location, &node));
            m->node_of[id] = node;
        }
    return PYR_OK;
}

/* A stack without frames still has a value: it gets a name, so that nothing is on the root itself. */
static pyr_err place_empty_stack(struct merger *m, uint32_t *node)
{
    uint32_t name;
    PYR_TRY(pyr_tree_builder_name(&m->builder, PYR_FRAME_EMPTY_STACK, &name));
    return pyr_tree_builder_child(&m->builder, 0, name, node);
}

static pyr_err add_values(struct merger *m, const struct pyr_sums *sums)
{
    for (uint32_t s = 0; s < sums->count; s++) {
        if (sums->values[s] == 0)
            continue;
        uint32_t node = m->node_of[pyr_partition_stack_node(m->partition, s)];
        if (node == 0)
            PYR_TRY(place_empty_stack(m, &node));
        pyr_tree_builder_add(&m->builder, node, sums->values[s]);
    }
    return PYR_OK;
}

static pyr_err merge_partition(void *ctx, const struct pyr_sums *sums)
{
    struct merger *m = ctx;
    m->partition = sums->partition;
    const uint32_t nodes = pyr_partition_node_count(m->partition), words = nodes / 64 + 1;
    m->location_count = pyr_partition_location_count(m->partition);
    pyr_arena_reset(&m->scratch);
    m->touched = pyr_arena_zalloc(&m->scratch, words, sizeof(uint64_t));
    m->node_of = PYR_ARENA_ARRAY(&m->scratch, uint32_t, nodes);
    m->name_of_location = pyr_arena_zalloc(&m->scratch, m->location_count, sizeof(uint32_t));
    if (m->touched == NULL || m->node_of == NULL || m->name_of_location == NULL)
        return PYR_E_NOMEM;
    touch_stacks(m, sums);
    PYR_TRY(place_nodes(m, words));
    return add_values(m, sums);
}

pyr_err pyr_query_tree(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                       enum pyr_over_time over_time, struct pyr_tree *out, struct pyr_rows_seen *seen)
{
    struct merger m = {0};
    pyr_query_arena(q, &m.scratch);
    pyr_err err = pyr_tree_builder_init(&m.builder, &q->arena, PYR_QUERY_NODES_MAX);
    if (err == PYR_OK)
        err = pyr_query_sums(q, streams, count, over_time, merge_partition, &m, seen);
    if (err == PYR_OK)
        *out = pyr_tree_builder_finish(&m.builder);
    pyr_tree_builder_free(&m.builder);
    pyr_arena_free(&m.scratch);
    return pyr_query_explain(q, err);
}
