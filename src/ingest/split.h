/* split.h - the samples of a profile by the label sets they carry: each set becomes a series of its own.
 *
 * String labels of samples become labels of the series unless the series has that name (then the series' value stands).
 * span_id (16 hex digits; also under its older name profile_id) and trace_id (32) do not: they stay with the sample; of
 * other lengths they are dropped. Of a key given twice in one sample the first counts. */
#ifndef PYR_INGEST_SPLIT_H
#define PYR_INGEST_SPLIT_H
#include "base/err.h"
#include "profile/labels.h"
#include "profile/profile.h"

struct pyr_split_pair {
    uint32_t key, str; /* strings of the profile */
};

struct pyr_split_group {
    uint32_t pair_first, pair_count;     /* sorted by key */
    uint32_t sample_first, sample_count; /* into pyr_split.samples */
};

struct pyr_split {
    struct pyr_split_group *groups; /* in the order in which they first come; none when there are no samples */
    uint32_t group_count;
    struct pyr_split_pair *pairs;
    uint32_t *samples;        /* indices of samples, group after group, in order */
    uint64_t *span_ids;       /* beside `samples`, or NULL: no sample has one. The 16 digits as a number; 0 = none */
    uint8_t (*trace_ids)[16]; /* likewise */
};

/* `series`: sorted by name. All is the arena's. */
PYR_MUST_USE pyr_err pyr_split_samples(const struct pyr_profile *profile, const struct pyr_label *series,
                                       uint32_t series_count, struct pyr_arena *arena, struct pyr_split *out,
                                       struct pyr_diag *diag);

/* 16 hex digits; false for anything else. */
bool pyr_span_id_parse(struct pyr_str text, uint64_t *out);
#endif
