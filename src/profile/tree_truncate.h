/* tree_truncate.h - a tree cut to about N nodes: what matters stays, the rest is summed where it was, so that every
 * total stays exact. */
#ifndef PYR_PROFILE_TREE_TRUNCATE_H
#define PYR_PROFILE_TREE_TRUNCATE_H
#include "profile/tree.h"

/* The `n`-th largest total of all nodes but the root: what nodes must have to stay. INT64_MIN when there are no more
 * than n such nodes; INT64_MAX for n = 0. Linear whatever the values. */
PYR_MUST_USE pyr_err pyr_tree_threshold(const struct pyr_tree *t, uint32_t n, struct pyr_arena *scratch, int64_t *out);

/* Nodes with a total below `threshold` (and what is below them) are folded, per parent, into one leaf called `other`
 * that is marked as dropped. With `fold_other` a kept child that is itself called `other` is folded in too where its
 * parent has such a leaf: for formats that cannot tell the two apart. *out shares the names of `t`; with nothing to cut
 * it is `t`. */
PYR_MUST_USE pyr_err pyr_tree_truncate(const struct pyr_tree *t, int64_t threshold, bool fold_other,
                                       struct pyr_arena *arena, struct pyr_tree *out);
#endif
