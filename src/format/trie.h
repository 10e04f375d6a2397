/* trie.h - the legacy `trie` format: a radix tree, in pre-order (preorder.h), over stacks as strings "foo;bar". A node's
 * key is the names on its path put together; a value above zero is a sample.
 * foo;bar 2 and foo;baz 3: 00 00 01 | 06 "foo;ba" 00 02 | 01 "r" 02 00 | 01 "z" 03 00.
 *
 * Errors as for folded.h, naming the byte. Names are copied, for they are in pieces in `in`. */
#ifndef PYR_FORMAT_TRIE_H
#define PYR_FORMAT_TRIE_H
#include "base/arena.h"
#include "base/err.h"
#include "format/limits.h"
#include "profile/profile.h"

PYR_MUST_USE pyr_err pyr_trie_decode(struct pyr_span in, const struct pyr_format_limits *limits,
                                     struct pyr_arena *arena, struct pyr_profile *out, struct pyr_diag *diag);
#endif
