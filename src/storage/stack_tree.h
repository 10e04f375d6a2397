/* stack_tree.h - a partition's stacks: a tree of (parent, location) nodes, and dense ids for the stacks that were really
 * sampled, each pointing to its node.
 *
 * Node 0 is the root (its own parent, no location) and is there from the start. Parents have smaller ids than children.
 * A stack that was seen before costs one probe: a hash of its whole run of location ids finds the stack id, and walking
 * up from its node verifies it. A new one is looked for level by level, each by the hash of its path from the root. Writers hold the partition's lock; readers use published counts. */
#ifndef PYR_STORAGE_STACK_TREE_H
#define PYR_STORAGE_STACK_TREE_H
#include "base/index.h"
#include "storage/chunked.h"
#include "storage/store.h"

#define PYR_LOCATION_NONE UINT32_MAX

struct pyr_stack_tree {
    struct pyr_chunked nodes;  /* struct pyr_node */
    struct pyr_chunked stacks; /* uint32_t: the stack's node */
    /* Write side only; gone once the generation is frozen. */
    struct pyr_index children; /* path from the root -> node */
    struct pyr_index runs;     /* run of locations -> stack */
};

static inline struct pyr_node pyr_stack_tree_node(const struct pyr_stack_tree *t, uint32_t node)
{
    return *(const struct pyr_node *)pyr_chunked_at(&t->nodes, node, sizeof(struct pyr_node));
}
static inline uint32_t pyr_stack_tree_stack(const struct pyr_stack_tree *t, uint32_t stack)
{
    return *(const uint32_t *)pyr_chunked_at(&t->stacks, stack, sizeof(uint32_t));
}

/* PYR_E_NOMEM: nothing is held. */
PYR_MUST_USE pyr_err pyr_stack_tree_init(struct pyr_stack_tree *t, struct pyr_tally *tally);
void pyr_stack_tree_free(struct pyr_stack_tree *t);
void pyr_stack_tree_freeze(struct pyr_stack_tree *t, struct pyr_tally *tally);

/* The locations of a stack, leaf first. */
struct pyr_run {
    const uint32_t *locations;
    uint32_t count;
};

/* The ids of the stacks with these runs; an empty run is the root's stack. They are looked up side by side, so the more at
 * a time, the better. PYR_E_NOMEM, PYR_E_TOOBIG; what was added before stays. */
PYR_MUST_USE pyr_err pyr_stack_tree_intern(struct pyr_stack_tree *t, const struct pyr_run *runs, uint32_t count,
                                           struct pyr_tally *tally, uint32_t *stacks);

/* Replay: append without looking. */
PYR_MUST_USE pyr_err pyr_stack_tree_add_node(struct pyr_stack_tree *t, struct pyr_node node, struct pyr_tally *tally);
PYR_MUST_USE pyr_err pyr_stack_tree_add_stack(struct pyr_stack_tree *t, uint32_t node, struct pyr_tally *tally);
#endif
