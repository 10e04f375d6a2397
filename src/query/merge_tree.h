/* merge_tree.h - the call tree of a query: stacks summed per partition, then merged by function name.
 *
 * Inlined lines are frames of their own. A location without symbols keeps its place as `module+0xaddress` (relative to
 * where the module is mapped), so that the tree's total equals that of the time line. */
#ifndef PYR_QUERY_MERGE_TREE_H
#define PYR_QUERY_MERGE_TREE_H
#include "profile/tree.h"
#include "query/sums.h"

/* *out is the query's arena's. */
PYR_MUST_USE pyr_err pyr_query_tree(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                    enum pyr_over_time over_time, struct pyr_tree *out, struct pyr_rows_seen *seen);
#endif
