/* tree.h - the call tree: what a query makes of summed stacks, and what every answer is an encoding of.
 *
 * Flat arrays in one arena. Parents come before their children, so totals are one backward pass and every transform is
 * a function from tree to tree that walks forward. Node 0 is the root: synthetic, its own parent, named by name 0, which
 * is always "total" (a function of that name shares it). Siblings have different names, but for a dropped node: it
 * stands for the children that truncation left out and may be called as a function is.
 *
 * Names are valid UTF-8 without NUL: what is not is replaced by U+FFFD as it comes in, once for each name. Values are
 * signed (custom types); sums saturate. */
#ifndef PYR_PROFILE_TREE_H
#define PYR_PROFILE_TREE_H
#include "base/arena.h"
#include "base/index.h"
#include "base/saturate.h"
#include "base/span.h"

#define PYR_TREE_OTHER PYR_STR("other")

struct pyr_tree_node {
    uint32_t parent, name;
    int64_t self, total;
};

struct pyr_tree {
    struct pyr_tree_node *nodes;
    struct pyr_str *names;
    const uint8_t *dropped; /* per node 0 or 1; NULL: none is */
    uint32_t count, name_count;
};

static inline bool pyr_tree_is_dropped(const struct pyr_tree *t, uint32_t node)
{
    return t->dropped != NULL && t->dropped[node] != 0;
}

/* Merges stacks into a tree by (parent, name). The arrays are the arena's, which outlives the tree; one thread. */
struct pyr_tree_builder {
    struct pyr_tree tree;
    uint32_t node_cap, name_cap;
    struct pyr_index by_child, by_name;
    struct pyr_arena *arena;
};

/* `nodes_max` bounds nodes and names. Errors of all: PYR_E_NOMEM (arena), PYR_E_TOOBIG (nodes_max). */
PYR_MUST_USE pyr_err pyr_tree_builder_init(struct pyr_tree_builder *b, struct pyr_arena *arena, uint32_t nodes_max);
/* Frees the lookup tables; what finish returned stays. Also right after a failed init. */
void pyr_tree_builder_free(struct pyr_tree_builder *b);
/* The id of a name; the bytes are copied. */
PYR_MUST_USE pyr_err pyr_tree_builder_name(struct pyr_tree_builder *b, struct pyr_str name, uint32_t *id);
/* The child of `parent` with that name id, made when absent. */
PYR_MUST_USE pyr_err pyr_tree_builder_child(struct pyr_tree_builder *b, uint32_t parent, uint32_t name, uint32_t *node);
static inline void pyr_tree_builder_add(struct pyr_tree_builder *b, uint32_t node, int64_t value)
{
    b->tree.nodes[node].self = pyr_add_saturating(b->tree.nodes[node].self, value);
}
/* One stack by names, root first. */
PYR_MUST_USE pyr_err pyr_tree_builder_add_stack(struct pyr_tree_builder *b, const struct pyr_str *frames,
                                                uint32_t count, int64_t value);
/* Totals, and the tree. The builder may be filled further and finished again. */
struct pyr_tree pyr_tree_builder_finish(struct pyr_tree_builder *b);

/* totals = self + totals of the children, saturating: one backward pass. */
void pyr_tree_sum_totals(struct pyr_tree *t);
/* The id of a name, or UINT32_MAX: a scan. */
uint32_t pyr_tree_find_name(const struct pyr_tree *t, struct pyr_str name);
/* Checks what this header promises of a tree; for PYR_DASSERT and tests. */
bool pyr_tree_valid(const struct pyr_tree *t);
#endif
