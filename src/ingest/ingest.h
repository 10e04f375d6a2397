/* ingest.h - from a decoded profile and what its upload says of it to the rows that are stored: one function. */
#ifndef PYR_INGEST_INGEST_H
#define PYR_INGEST_INGEST_H
#include "base/err.h"
#include "profile/labels.h"
#include "profile/profile.h"
#include "storage/store.h"
#include "tenant/limits.h"

/* Whose upload it is; the same for all profiles of a request. */
struct pyr_ingest_context {
    struct pyr_str tenant;
    const struct pyr_limits *limits;
    struct pyr_arena *arena;
    int64_t now_ns;
};

struct pyr_ingest_profile {
    struct pyr_profile *profile; /* function names may be rewritten, in place */
    struct pyr_label *labels;    /* of the series, as the client has them, in any order; changed */
    uint32_t label_count;
    int64_t from_ns, until_ns; /* the window that the request names; 0 = it does not */
    uint64_t span_id;          /* of all samples that have none of their own; 0 = none */
    uint8_t identity[16];      /* ingest/identity.h */
    size_t bytes;              /* of the profile, inflated: for the metrics */
};

/* Normalises, splits, labels. `out` (row_count 0: an empty profile, nothing to store) is for pyr_store_append and lives as
 * long as the arena and the profile. What the profile lost on the way is counted in the metrics; a refusal is the
 * caller's to count.
 *
 * Time: the profile's own; in 1970 or before, the window's begin; else now. PYR_E_INVALID: too old or too far ahead for
 * the limits, no name of the profile, labels over a limit, a sample type with a '-'. Duration: the profile's own, else
 * the window's. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_ingest_prepare(const struct pyr_ingest_context *ctx, const struct pyr_ingest_profile *in,
                                        struct pyr_write *out, struct pyr_diag *diag);
#endif
