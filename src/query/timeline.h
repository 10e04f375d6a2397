/* timeline.h - a dense time line of our own and the legacy API: slots of equal length from start on, each profile's total
 * spread over the window that it was collected in, so that windows that do not fit the slots make no zigzag. A gauge is
 * the mean per series of the profiles that touch a slot, then the sum over series. */
#ifndef PYR_QUERY_TIMELINE_H
#define PYR_QUERY_TIMELINE_H
#include "query/sums.h"

enum { PYR_TIMELINE_SLOTS_MAX = 100000 };

struct pyr_timeline {
    struct pyr_str group; /* value of the label grouped by, "" for series that lack it */
    int64_t *slots;
};

struct pyr_timeline_query {
    int64_t start_ns, slot_ns; /* the time line ends at start + slots * slot */
    uint32_t slots;
    struct pyr_str group_by; /* "" = one time line of everything */
    enum pyr_over_time over_time;
    int64_t unit; /* totals are divided by it first: 1, or the period for a line of samples */
};

/* Over the rows of these streams in the query's range. With group_by one time line for each value, sorted by it; without,
 * always exactly one. The result is the query's arena's. */
PYR_MUST_USE pyr_err pyr_query_timelines(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                         const struct pyr_timeline_query *tq, struct pyr_timeline **out,
                                         uint32_t *out_count);
#endif
