/* folded.h - stacks as text: "main;run;work 12" (folded, collapsed, groups), or one stack a line that counts one each
 * (lines). Root first, frames divided by ';'; empty frames are left out; "\r\n" ends a line too.
 *
 * Folded: the number follows the last space. Lines without a space are skipped, a number that is none is
 * PYR_E_CORRUPT naming the line, and so are bytes that are no UTF-8. PYR_E_INVALID: over a limit;
 * PYR_E_NOMEM: the arena is full.
 * `out` has one sample type, whose names the caller fills in; its strings are views into `in`. */
#ifndef PYR_FORMAT_FOLDED_H
#define PYR_FORMAT_FOLDED_H
#include "base/arena.h"
#include "base/err.h"
#include "format/limits.h"
#include "profile/profile.h"

enum pyr_folded_kind { PYR_FOLDED_GROUPS, PYR_FOLDED_LINES };

PYR_MUST_USE pyr_err pyr_folded_decode(struct pyr_span in, enum pyr_folded_kind kind,
                                       const struct pyr_format_limits *limits, struct pyr_arena *arena,
                                       struct pyr_profile *out, struct pyr_diag *diag);
#endif
