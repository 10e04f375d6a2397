/* row_index.h - where the rows of one series lie in the log: 24 bytes a row.
 *
 * An appender makes room under the partition's lock; the log thread fills it in once the row is durable, and so never has
 * to allocate. Rows are in the order in which they became durable; `ordinal` counts that order over the generation, so
 * that a snapshot sees exactly the rows that were there when it was taken. */
#ifndef PYR_STORAGE_ROW_INDEX_H
#define PYR_STORAGE_ROW_INDEX_H
#include "storage/chunked.h"
#include "storage/log.h"
#include <assert.h>

struct pyr_row_ref {
    int64_t time_ns;
    uint32_t ordinal;
    struct pyr_log_place place; /* of the row group's first byte */
    uint32_t bytes;
};
static_assert(sizeof(struct pyr_row_ref) == 24, "the head's memory is planned with 24 bytes a row");

struct pyr_row_index {
    struct pyr_chunked rows;        /* struct pyr_row_ref */
    uint32_t promised;              /* rows there is room for that were queued; partition's lock */
    _Atomic int64_t min_ns, max_ns; /* of the published rows; meaningful once there is one */
};

void pyr_row_index_init(struct pyr_row_index *ix);
void pyr_row_index_free(struct pyr_row_index *ix);
/* Room for one more row; partition's lock. PYR_E_NOMEM, PYR_E_TOOBIG. */
PYR_MUST_USE pyr_err pyr_row_index_promise(struct pyr_row_index *ix, struct pyr_tally *tally);
/* A promised row will not come. */
static inline void pyr_row_index_retract(struct pyr_row_index *ix)
{
    PYR_ASSERT(ix->promised != 0);
    ix->promised--;
}
/* Shows a promised row to readers; the log thread (or replay). */
void pyr_row_index_add(struct pyr_row_index *ix, const struct pyr_row_ref *row);

static inline struct pyr_row_ref pyr_row_index_at(const struct pyr_row_index *ix, uint32_t i)
{
    return *(const struct pyr_row_ref *)pyr_chunked_at(&ix->rows, i, sizeof(struct pyr_row_ref));
}
/* How many of the rows have an ordinal below `ordinals`; they are the first ones. */
uint32_t pyr_row_index_visible(const struct pyr_row_index *ix, uint32_t ordinals);
/* Whether a row with an ordinal below `ordinals` has a time in [from_ns, until_ns]. */
bool pyr_row_index_overlaps(const struct pyr_row_index *ix, uint32_t ordinals, int64_t from_ns, int64_t until_ns);
#endif
