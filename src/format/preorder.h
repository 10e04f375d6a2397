/* preorder.h - the frame of the two binary tree formats: nodes in pre-order, each
 *     uvarint name length, name bytes, uvarint value, uvarint number of children
 * Iterative: a deep tree costs memory of the arena, never of the thread's stack. */
#ifndef PYR_FORMAT_PREORDER_H
#define PYR_FORMAT_PREORDER_H
#include "base/arena.h"
#include "base/err.h"

struct pyr_preorder {
    const uint8_t *at, *end, *base;
    struct pyr_arena *arena;
    uint64_t *left; /* per open level: children still to come */
    uint32_t depth, cap;
    bool begun;
};

struct pyr_preorder_node {
    struct pyr_str name;
    uint64_t value;
    uint32_t depth; /* of the root: 0 */
};

void pyr_preorder_init(struct pyr_preorder *w, struct pyr_span in, struct pyr_arena *arena);
/* *more = false after the last node. Errors name the byte. */
PYR_MUST_USE pyr_err pyr_preorder_next(struct pyr_preorder *w, struct pyr_preorder_node *node, bool *more,
                                       struct pyr_diag *diag);
#endif
