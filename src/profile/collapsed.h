/* collapsed.h - the tree as folded stacks: `root;child;leaf value`, one line for each node with a value of its own, depth
 * first, siblings in order of name. A newline in a name becomes a space; the format cannot escape `;`. */
#ifndef PYR_PROFILE_COLLAPSED_H
#define PYR_PROFILE_COLLAPSED_H
#include "base/buf.h"
#include "profile/tree.h"

/* Appends; ask out->err afterwards. PYR_E_NOMEM (scratch). */
PYR_MUST_USE pyr_err pyr_collapsed_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_buf *out);
#endif
