/* tree_order.h - the children of every node as one sorted run, and the nodes in level order: what encoders walk. */
#ifndef PYR_PROFILE_TREE_ORDER_H
#define PYR_PROFILE_TREE_ORDER_H
#include "profile/tree.h"

/* Children of node i: child[first[i]] .. child[first[i + 1] - 1]. A dropped node is always the last of its siblings. */
struct pyr_tree_order {
    uint32_t *first; /* tree->count + 1 */
    uint32_t *child; /* tree->count - 1 */
};

/* Siblings in ascending byte order of name. The arrays are the arena's. Linear but for sorting the distinct names.
 * PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_tree_order_by_name(const struct pyr_tree *t, struct pyr_arena *arena,
                                            struct pyr_tree_order *out);
/* Siblings in descending order of total, equal totals by name. */
PYR_MUST_USE pyr_err pyr_tree_order_by_total(const struct pyr_tree *t, struct pyr_arena *arena,
                                             struct pyr_tree_order *out);
/* All nodes breadth first: the root, its children, the children of the first of these, ... NULL when the arena is full. */
uint32_t *pyr_tree_level_order(const struct pyr_tree *t, const struct pyr_tree_order *order, struct pyr_arena *arena);
#endif
