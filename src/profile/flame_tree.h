/* flame_tree.h - the page's binary tree, `application/x-flame-tree`; docs/flame-tree.md is the format, byte by byte. */
#ifndef PYR_PROFILE_FLAME_TREE_H
#define PYR_PROFILE_FLAME_TREE_H
#include "base/buf.h"
#include "profile/tree.h"

#define PYR_FLAME_TREE_MEDIA_TYPE "application/x-flame-tree"

/* Appends; ask out->err afterwards. The tree was truncated without fold_other, if at all. The format has no negative
 * values: they count as 0, as does what the root itself has (queries give it to a child). PYR_E_NOMEM (scratch), PYR_E_TOOBIG
 * when a section passes 4 GiB. */
PYR_MUST_USE pyr_err pyr_flame_tree_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_buf *out);
#endif
