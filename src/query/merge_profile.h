/* merge_profile.h - the summed stacks of a query as one profile, for pprof: functions with files and lines, locations with
 * addresses and mappings, as far as their sources had them. What is equal in several partitions is there once; stacks are
 * not cut. */
#ifndef PYR_QUERY_MERGE_PROFILE_H
#define PYR_QUERY_MERGE_PROFILE_H
#include "profile/profile.h"
#include "query/sums.h"

/* Which stacks, and how much of them. All zero: all of all. */
struct pyr_stack_selector {
    const struct pyr_str *frames; /* only stacks that start with these function names, root first */
    size_t count;
    uint32_t keep_locations; /* so many nearest the leaf; 0 = all */
    bool merge_leaf_lines;   /* the leaf is its functions, wherever in them it was */
};

/* *out is the query's arena's, with `type` as its one sample type; the caller sets period and time. */
PYR_MUST_USE pyr_err pyr_query_profile(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                       enum pyr_over_time over_time, struct pyr_stack_selector site,
                                       struct pyr_value_type type, struct pyr_profile *out, struct pyr_rows_seen *seen);
#endif
