/* tree.h - the legacy `tree` format: a tree of whole frames in pre-order (preorder.h) with self values; the root's name
 * is empty. foo;bar 2 and foo;baz 3: 00 00 01 | 03 foo 00 02 | 03 bar 02 00 | 03 baz 03 00.
 *
 * Errors as for folded.h, naming the byte; strings of `out` are views into `in`. */
#ifndef PYR_FORMAT_TREE_H
#define PYR_FORMAT_TREE_H
#include "base/arena.h"
#include "base/err.h"
#include "format/limits.h"
#include "profile/profile.h"

PYR_MUST_USE pyr_err pyr_tree_decode(struct pyr_span in, const struct pyr_format_limits *limits,
                                     struct pyr_arena *arena, struct pyr_profile *out, struct pyr_diag *diag);
#endif
