/* tree_call_site.h - the part of a tree below a call site: what `stack_trace_selector` and focusing ask for. */
#ifndef PYR_PROFILE_TREE_CALL_SITE_H
#define PYR_PROFILE_TREE_CALL_SITE_H
#include "profile/tree.h"

/* Only the stacks that start with these frames, root first, whole; those that end before the last of them are gone. No
 * match: only the root. Shares the names of `t`; the arrays are the arena's. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_tree_call_site(const struct pyr_tree *t, const struct pyr_str *frames, size_t count,
                                        struct pyr_arena *arena, struct pyr_tree *out);
#endif
