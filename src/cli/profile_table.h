/* profile_table.h - a profile as a terminal shows it: its tree of calls, and the table of functions. */
#ifndef PYR_CLI_PROFILE_TABLE_H
#define PYR_CLI_PROFILE_TABLE_H
#include "base/err.h"
#include "profile/profile.h"
#include "profile/tree.h"
#include <stdio.h>

/* Sums the first sample type over stacks of function names, inlined functions included, named as the server names them
 * (profile/frame_name.h). */
PYR_MUST_USE pyr_err pyr_profile_to_tree(const struct pyr_profile *p, struct pyr_arena *arena, struct pyr_tree *out,
                                         struct pyr_diag *diag);
/* Function, self, total and their shares, largest self first; at most `rows` of them (0: all). `unit` as in the profile
 * type: nanoseconds and bytes are shown in larger units. */
PYR_MUST_USE pyr_err pyr_print_top(FILE *out, const struct pyr_tree *tree, struct pyr_str unit, uint32_t rows,
                                   struct pyr_arena *arena, struct pyr_diag *diag);
#endif
