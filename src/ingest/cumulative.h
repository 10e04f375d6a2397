/* cumulative.h - profiles that count since the process began, sent with the one before (`prev_profile`, Go clients up to
 * 0.4): what happened in between is the difference.
 *
 * Stacks are matched by their functions, lines and addresses and by labels, since ids differ between two profiles. Where
 * a stack's value went down (the counter began anew) nothing is left of it. */
#ifndef PYR_INGEST_CUMULATIVE_H
#define PYR_INGEST_CUMULATIVE_H
#include "base/err.h"
#include "ingest/sample_type_config.h"
#include "profile/profile.h"

/* Changes `profile` in place: cumulative columns become differences, samples of zeros go. `previous` NULL: nothing is
 * known of before, and of cumulative columns nothing can be said: they become zero, unless `config` is the default one
 * (clients that send neither send no cumulative profiles). PYR_E_INVALID: the two have other sample types. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_cumulative_subtract(struct pyr_profile *profile, const struct pyr_profile *previous,
                                             const struct pyr_sample_type_config *config, struct pyr_arena *arena,
                                             struct pyr_diag *diag);
#endif
