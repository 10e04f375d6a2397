/* pprof.h - decodes profile.proto (google/pprof), not compressed, in place.
 *
 * Strings of the result are views into `in`. Errors name the field and the byte offset in `in`:
 *   PYR_E_CORRUPT  bytes that are no protobuf, or ids, indices and counts that contradict each other
 *   PYR_E_INVALID  a readable profile that breaks a rule or a limit
 *   PYR_E_NOMEM    the arena is full
 * Left out and counted in `out->dropped`, as docs/compatibility.md says: samples with a negative value, samples of zeros
 * only, samples whose stack refers to nothing, labels that are no strings. Of a stack over the depth limit the locations
 * nearest the root are kept. */
#ifndef PYR_FORMAT_PPROF_H
#define PYR_FORMAT_PPROF_H
#include "base/arena.h"
#include "base/err.h"
#include "format/limits.h"
#include "profile/profile.h"

PYR_MUST_USE pyr_err pyr_pprof_decode(struct pyr_span in, const struct pyr_format_limits *limits,
                                      struct pyr_arena *arena, struct pyr_profile *out, struct pyr_diag *diag);
#endif
