/* series.h - totals of profiles over time, as querier.v1's SelectSeries has them: bucket k has the time stamp start + k *
 * step and covers (stamp - step, stamp]; a profile belongs to the bucket of its time; empty buckets are left out. */
#ifndef PYR_QUERY_SERIES_H
#define PYR_QUERY_SERIES_H
#include "query/query.h"

enum pyr_aggregation {
    PYR_AGGREGATION_SUM,
    PYR_AGGREGATION_AVERAGE, /* of the profiles in a bucket */
    PYR_AGGREGATION_GAUGE,   /* the mean per series, then the sum over series */
};

struct pyr_series_query {
    int64_t start_ms, end_ms, step_ms; /* step >= 1; no bucket is later than end */
    const struct pyr_str *group_by;
    uint32_t group_by_count;
    enum pyr_aggregation aggregation;
    uint64_t limit; /* the largest N; 0 = all */
};

struct pyr_point {
    int64_t time_ms;
    double value;
};

struct pyr_point_series {
    struct pyr_label *labels; /* of group_by, those that are there */
    struct pyr_point *points; /* ascending */
    uint32_t label_count, point_count;
    double total;
};

/* What a client's wish for the average means: states are averaged per series and then added up, as the tree of such a type
 * is; of anything else it is the mean of the profiles. */
static inline enum pyr_aggregation pyr_aggregation_average(bool gauge)
{
    return gauge ? PYR_AGGREGATION_GAUGE : PYR_AGGREGATION_AVERAGE;
}

/* Sets step_ms from seconds, and moves start and end into what nanoseconds of 64 bits can hold. */
void pyr_series_query_clamp(struct pyr_series_query *sq, double step_seconds);

/* Reads the query's selector; its range is set from the series query and its earliest_ns. Sorted by descending total, then by labels. The
 * result is the query's arena's. */
PYR_MUST_USE pyr_err pyr_query_series(struct pyr_query *q, const struct pyr_series_query *sq,
                                      struct pyr_point_series **out, uint32_t *count);
#endif
