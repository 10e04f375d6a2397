/* flamebearer.h - the flame graph as the wire has had it since the first Pyroscope: names, and levels of nodes from left
 * to right, four numbers each: x offset, total, self, name. An offset is relative to the end of the node before it on
 * the same level (the first: to 0); children start at x + self of their parent, in byte order of name, a dropped `other`
 * last. Level 0 is the root; names[0] is "total". Names are numbered in the order of a depth-first walk that visits the
 * last child first. */
#ifndef PYR_PROFILE_FLAMEBEARER_H
#define PYR_PROFILE_FLAMEBEARER_H
#include "profile/tree.h"

enum { PYR_FLAMEBEARER_NUMBERS = 4 }; /* a node */

struct pyr_flamebearer_level {
    int64_t *values;
    size_t count; /* of values: 4 a node */
};

struct pyr_flamebearer {
    struct pyr_str *names;
    struct pyr_flamebearer_level *levels;
    size_t name_count, level_count;
    int64_t total, max_self;
};

/* Everything in *out is `arena`'s, copies of the names included; `scratch` may be freed when it returns. The tree was
 * truncated with fold_other. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_flamebearer_encode(const struct pyr_tree *t, struct pyr_arena *scratch,
                                            struct pyr_arena *arena, struct pyr_flamebearer *out);
#endif
