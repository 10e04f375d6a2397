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

/* The child of `parent` at `location`, whose path hashes to `path`; PYR_INDEX_NONE: not there. */
static uint32_t find_child(const struct pyr_stack_tree *t, uint64_t path, uint32_t parent, uint32_t location)
{
    struct pyr_index_cursor c;
    uint32_t at = pyr_index_first(&t->children, path, &c);
    for (; at != PYR_INDEX_NONE; at = pyr_index_next(&t->children, &c)) {
        const struct pyr_node kept = pyr_stack_tree_node(t, at);
        if (kept.parent == parent && kept.location == location)
            break;
    }
    return at;
}

static pyr_err add_child(struct pyr_stack_tree *t, uint64_t path, struct pyr_node node, struct pyr_tally *tally)
{
    const uint32_t id = pyr_chunked_count(&t->nodes);
    PYR_TRY(pyr_chunked_reserve(&t->nodes, id, sizeof(node), tally));
    PYR_TRY(pyr_index_insert_counted(&t->children, path, id, tally));
    return pyr_stack_tree_add_node(t, node, tally);
}

/* The node of a run, adding what is missing. Nodes are found by the hash of the locations from the root, which needs no
 * node: so the processor, guessing that each level is there, looks for several at a time. A level that is missing has
 * nothing below it. */
static pyr_err find_or_add_path(struct pyr_stack_tree *t, struct pyr_run run, struct pyr_tally *tally, uint32_t *node)
{
    const uint32_t *locations = run.locations;
    uint64_t path = pyr_hash_seed;
    uint32_t left = run.count, found;
    *node = 0;
    for (; left != 0; left--, *node = found) {
        const uint64_t next = pyr_hash_mix(path, locations[left - 1]);
        found = find_child(t, next, *node, locations[left - 1]);
        if (found == PYR_INDEX_NONE)
            break;
        path = next;
    }
    while (left-- != 0) {
        path = pyr_hash_mix(path, locations[left]);
        const uint32_t id = pyr_chunked_count(&t->nodes);
        PYR_TRY(add_child(t, path, (struct pyr_node){.parent = *node, .location = locations[left]}, tally));
        *node = id;
    }
    return PYR_OK;
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

static bool runs_to_root(const struct pyr_stack_tree *t, uint32_t stack, struct pyr_run run)
{
    uint32_t node = pyr_stack_tree_stack(t, stack);
    uint32_t first = pyr_chunked_first_beside(node);
    const struct pyr_node *chunk = pyr_chunked_at(&t->nodes, first, sizeof(*chunk)); /* of `node`, from `first` on */
    for (uint32_t i = 0; i < run.count; i++) {
        if (__builtin_expect(node < first, 0)) {
            first = pyr_chunked_first_beside(node);
            chunk = pyr_chunked_at(&t->nodes, first, sizeof(*chunk));
        }
        const struct pyr_node *n = &chunk[node - first];
        if (n->location != run.locations[i])
            return false; /* the root's location is none: a shorter stack ends here */
        node = parent_of(n, node);
    }
    return node == 0;
}

static pyr_err intern(struct pyr_stack_tree *t, struct pyr_run run, uint64_t hash, struct pyr_tally *tally,
                      uint32_t *stack)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&t->runs, hash, &c); at != PYR_INDEX_NONE; at = pyr_index_next(&t->runs, &c)) {
        if (runs_to_root(t, at, run)) {
            *stack = at;
            return PYR_OK;
        }
    }
    uint32_t node;
    PYR_TRY(find_or_add_path(t, run, tally, &node));
    *stack = pyr_chunked_count(&t->stacks);
    PYR_TRY(pyr_chunked_reserve(&t->stacks, *stack, sizeof(node), tally));
    PYR_TRY(pyr_index_insert_counted(&t->runs, hash, *stack, tally));
    return pyr_stack_tree_add_stack(t, node, tally);
}

enum { SIDE_BY_SIDE = 16 }; /* about as many misses as a core has on the way at a time */

/* Hashes the runs and gets what looking them up will touch on its way into the cache, a step for all, then the next. */
static void look_ahead(const struct pyr_stack_tree *t, const struct pyr_run *runs, uint32_t count, uint64_t *hashes)
{
    uint32_t guesses[SIDE_BY_SIDE];
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = pyr_hash_bytes(runs[i].locations, runs[i].count * sizeof(*runs[i].locations));
        pyr_index_prefetch(&t->runs, hashes[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        guesses[i] = pyr_index_guess(&t->runs, hashes[i]);
        if (guesses[i] != PYR_INDEX_NONE)
            __builtin_prefetch(pyr_chunked_at(&t->stacks, guesses[i], sizeof(uint32_t)));
    }
    for (uint32_t i = 0; i < count; i++)
        if (guesses[i] != PYR_INDEX_NONE)
            __builtin_prefetch(pyr_chunked_at(&t->nodes, pyr_stack_tree_stack(t, guesses[i]), sizeof(struct pyr_node)));
}

pyr_err pyr_stack_tree_intern(struct pyr_stack_tree *t, const struct pyr_run *runs, uint32_t count,
                              struct pyr_tally *tally, uint32_t *stacks)
{
    uint64_t hashes[SIDE_BY_SIDE];
    for (uint32_t from = 0, n; from < count; from += n) {
        n = count - from < SIDE_BY_SIDE ? count - from : SIDE_BY_SIDE;
        look_ahead(t, runs + from, n, hashes);
        for (uint32_t i = 0; i < n; i++)
            PYR_TRY(intern(t, runs[from + i], hashes[i], tally, &stacks[from + i]));
    }
    return PYR_OK;
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
