#include "storage/stack_tree.h"
#include "base/hash.h"
#include "storage/symbols.h"

pyr_err pyr_stack_tree_add_node(struct pyr_stack_tree *t, struct pyr_node node, struct pyr_tally *tally)
{
    const uint32_t id = pyr_chunked_count(&t->nodes);
    PYR_ASSERT(node.parent < id || id == 0);
    PYR_TRY(pyr_chunked_reserve(&t->nodes, id, sizeof(node), tally));
    *(struct pyr_node *)pyr_chunked_at(&t->nodes, id, sizeof(node)) = node;
    pyr_chunked_publish(&t->nodes, id + 1);
    return PYR_OK;
}

pyr_err pyr_stack_tree_add_stack(struct pyr_stack_tree *t, uint32_t node, struct pyr_tally *tally)
{
    const uint32_t id = pyr_chunked_count(&t->stacks);
    PYR_TRY(pyr_chunked_reserve(&t->stacks, id, sizeof(node), tally));
    *(uint32_t *)pyr_chunked_at(&t->stacks, id, sizeof(node)) = node;
    pyr_chunked_publish(&t->stacks, id + 1);
    return PYR_OK;
}

/* Finds or adds the child of `parent` at `location`. */
static pyr_err child(struct pyr_stack_tree *t, uint32_t parent, uint32_t location, struct pyr_tally *tally,
                     uint32_t *node)
{
    const uint64_t hash = pyr_hash_mix(pyr_hash_seed, (uint64_t)parent << 32 | location);
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&t->children, hash, &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&t->children, &c)) {
        const struct pyr_node kept = pyr_stack_tree_node(t, at);
        if (kept.parent == parent && kept.location == location) {
            *node = at;
            return PYR_OK;
        }
    }
    *node = pyr_chunked_count(&t->nodes);
    PYR_TRY(pyr_chunked_reserve(&t->nodes, *node, sizeof(struct pyr_node), tally));
    PYR_TRY(pyr_index_insert_counted(&t->children, hash, *node, tally));
    return pyr_stack_tree_add_node(t, (struct pyr_node){.parent = parent, .location = location}, tally);
}

/* Walking up is a chain of dependent loads, unless the processor may guess: the nodes that a stack added when it was new
 * have consecutive ids, so a parent is mostly the node before its child. Taking that as a branch instead of as data lets it
 * run ahead (the empty asm keeps the compiler from seeing that both ways say the same); a warm profile costs a third
 * less for it. */
static inline uint32_t parent_of(const struct pyr_node *n, uint32_t node)
{
    if (__builtin_expect(n->parent == node - 1, 1)) {
        uint32_t before = node - 1;
        __asm__("" : "+r"(before));
        return before;
    }
    return n->parent;
}

static bool runs_to_root(const struct pyr_stack_tree *t, uint32_t stack, const uint32_t *locations, uint32_t count)
{
    uint32_t node = pyr_stack_tree_stack(t, stack);
    const struct pyr_node *chunk = NULL; /* of `node`, which is at least `first` */
    uint32_t first = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (__builtin_expect(node < first, 0)) {
            first = pyr_chunked_first_beside(node);
            chunk = pyr_chunked_at(&t->nodes, first, sizeof(*chunk));
        }
        const struct pyr_node *n = &chunk[node - first];
        if (n->location != locations[i])
            return false; /* the root's location is none: a shorter stack ends here */
        node = parent_of(n, node);
    }
    return node == 0;
}

pyr_err pyr_stack_tree_intern(struct pyr_stack_tree *t, const uint32_t *locations, uint32_t count,
                              struct pyr_tally *tally, uint32_t *stack)
{
    const uint64_t hash = pyr_hash_bytes(locations, (size_t)count * sizeof(*locations));
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&t->runs, hash, &c); at != PYR_INDEX_NONE; at = pyr_index_next(&t->runs, &c)) {
        if (runs_to_root(t, at, locations, count)) {
            *stack = at;
            return PYR_OK;
        }
    }
    uint32_t node = 0;
    for (uint32_t i = count; i-- != 0;)
        PYR_TRY(child(t, node, locations[i], tally, &node));
    *stack = pyr_chunked_count(&t->stacks);
    PYR_TRY(pyr_chunked_reserve(&t->stacks, *stack, sizeof(node), tally));
    PYR_TRY(pyr_index_insert_counted(&t->runs, hash, *stack, tally));
    return pyr_stack_tree_add_stack(t, node, tally);
}

pyr_err pyr_stack_tree_init(struct pyr_stack_tree *t, struct pyr_tally *tally)
{
    *t = (struct pyr_stack_tree){0};
    pyr_index_init(&t->children, PYR_CHUNKED_MAX);
    pyr_index_init(&t->runs, PYR_CHUNKED_MAX);
    return pyr_stack_tree_add_node(t, (struct pyr_node){.parent = 0, .location = PYR_LOCATION_NONE}, tally);
}

void pyr_stack_tree_free(struct pyr_stack_tree *t)
{
    pyr_chunked_free(&t->nodes);
    pyr_chunked_free(&t->stacks);
    pyr_index_free(&t->children);
    pyr_index_free(&t->runs);
}

void pyr_stack_tree_freeze(struct pyr_stack_tree *t, struct pyr_tally *tally)
{
    pyr_index_free_counted(&t->children, tally);
    pyr_index_free_counted(&t->runs, tally);
}
