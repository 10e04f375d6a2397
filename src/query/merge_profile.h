/* merge_profile.h - the summed stacks of a query as one profile, for pprof: functions with files and lines, locations with
 * addresses and mappings, as far as their sources had them. What is equal in several partitions is there once; stacks are
 * not cut. */
#ifndef PYR_QUERY_MERGE_PROFILE_H
#define PYR_QUERY_MERGE_PROFILE_H
#include "profile/profile.h"
#include "query/sums.h"

/* Only stacks that start with these function names, root first; count 0: all. */
struct pyr_call_site {
    const struct pyr_str *frames;
    size_t count;
};

/* *out is the query's arena's, with `type` as its one sample type; the caller sets period and time. */
PYR_MUST_USE pyr_err pyr_query_profile(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                       enum pyr_over_time over_time, struct pyr_call_site site,
                                       struct pyr_value_type type, struct pyr_profile *out, struct pyr_rows_seen *seen);
#endif
