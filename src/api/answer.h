/* answer.h - what several reading surfaces make of a query's results: label sets, cut trees, profiles, series. Results are
 * copied into the request's arena, as the query ends before the answer is encoded. */
#ifndef PYR_API_ANSWER_H
#define PYR_API_ANSWER_H
#include "codec/gen/querier.pb.h"
#include "codec/json_writer.h"
#include "profile/flamebearer.h"
#include "query/merge_profile.h"
#include "query/profile_type.h"
#include "query/series.h"

/* The distinct label sets of the selected series, sorted, projected to `names` (none: all labels). A set that has none
 * of the names is an empty one. */
PYR_MUST_USE pyr_err pyr_answer_label_sets(struct pyr_query *q, const struct pyr_str *names, size_t name_count,
                                           struct pyr_arena *arena, struct pyr_types_v1_Labels **items, size_t *count);

/* Focuses on the call site, then cuts to `nodes`, for formats in which what was dropped is a function called `other`. */
PYR_MUST_USE pyr_err pyr_answer_cut_tree(struct pyr_query *q, struct pyr_stack_selector site, uint32_t nodes,
                                         struct pyr_tree *tree);

/* The merged profile of a type; its time is `time_ns`, its period that of the rows where they agree, else what is usual. */
PYR_MUST_USE pyr_err pyr_answer_profile(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                        struct pyr_stack_selector site, const struct pyr_profile_type *type,
                                        int64_t time_ns, struct pyr_profile *out);
PYR_MUST_USE pyr_err pyr_answer_google_profile(struct pyr_query *q, const struct pyr_profile *profile,
                                               struct pyr_arena *arena, struct pyr_google_v1_Profile *out);

PYR_MUST_USE pyr_err pyr_answer_series(const struct pyr_point_series *series, uint32_t count, struct pyr_arena *arena,
                                       struct pyr_types_v1_Series **items, size_t *item_count);

/* {"names":[...],"levels":[[...]],"numTicks":n,"maxSelf":n} */
void pyr_answer_flamebearer_json(struct pyr_json_writer *w, const struct pyr_flamebearer *fb);

struct pyr_answer_timeline {
    int64_t start_s, step_s;
    const int64_t *samples;
    uint32_t count;
    bool watermarks; /* {} as the legacy API has it; else null */
};
void pyr_answer_timeline_json(struct pyr_json_writer *w, const struct pyr_answer_timeline *t);

/* `units` and `sampleRate` of /pyroscope/render: what a reader divides values by to get seconds, and what they are. */
struct pyr_tree_units {
    struct pyr_str units;
    int64_t sample_rate;
};
struct pyr_tree_units pyr_answer_units(struct pyr_str sample_type, struct pyr_str sample_unit);
#endif
