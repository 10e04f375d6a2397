/* tree_bytes.h - the TREE format of querier.v1: nodes in preorder, each as uvarint length of its name, the name, uvarint
 * self, uvarint number of children. The first node is the root, with an empty name. Siblings in descending order of name.
 * A tree without nodes is no bytes at all. Totals are not sent. */
#ifndef PYR_PROFILE_TREE_BYTES_H
#define PYR_PROFILE_TREE_BYTES_H
#include "base/buf.h"
#include "profile/tree.h"

/* Appends; ask out->err afterwards. Negative values are written as 0: the format has none. PYR_E_NOMEM (scratch). */
PYR_MUST_USE pyr_err pyr_tree_bytes_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_buf *out);
#endif
