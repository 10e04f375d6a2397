/* tree_top.h - the table: self and total of each function. A function's total counts every unit of cost once, however
 * often recursion puts the function on the stack. */
#ifndef PYR_PROFILE_TREE_TOP_H
#define PYR_PROFILE_TREE_TOP_H
#include "profile/tree.h"

struct pyr_top_row {
    uint32_t name; /* of the tree */
    int64_t self, total;
};

/* All functions, in descending order of self, then total, then byte order of name. The root and dropped nodes are no functions. The
 * rows are the arena's. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_tree_top(const struct pyr_tree *t, struct pyr_arena *arena, struct pyr_top_row **rows,
                                  uint32_t *count);
#endif
