/* sums.h - the sum of every stack of one partition over the rows of a query: a dense array indexed by stack id. */
#ifndef PYR_QUERY_SUMS_H
#define PYR_QUERY_SUMS_H
#include "query/query.h"

/* How rows add up over time. */
enum pyr_over_time {
    PYR_OVER_TIME_SUM,
    PYR_OVER_TIME_MEAN, /* the mean per series, then the sum over series: for gauges */
};

struct pyr_sums {
    struct pyr_partition *partition;
    int64_t *values; /* per stack id */
    uint32_t count;
};

/* What the rows of a query have in common. */
struct pyr_rows_seen {
    uint64_t rows;
    int64_t period; /* of all rows; 0 when they differ */
    int64_t first_ns, last_ns;
};

/* Calls `partition` for each partition that the streams (sorted by partition) lie in, one after the other; the sums are
 * valid during the call. `seen` may be NULL. */
PYR_MUST_USE pyr_err pyr_query_sums(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                    enum pyr_over_time over_time,
                                    pyr_err (*partition)(void *ctx, const struct pyr_sums *sums), void *ctx,
                                    struct pyr_rows_seen *seen);
#endif
