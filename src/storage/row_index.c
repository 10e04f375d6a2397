#include "storage/row_index.h"

void pyr_row_index_init(struct pyr_row_index *ix)
{
    *ix = (struct pyr_row_index){.min_ns = INT64_MAX, .max_ns = INT64_MIN};
}

void pyr_row_index_free(struct pyr_row_index *ix)
{
    pyr_chunked_free(&ix->rows);
}

pyr_err pyr_row_index_promise(struct pyr_row_index *ix, struct pyr_tally *tally)
{
    PYR_TRY(pyr_chunked_reserve(&ix->rows, ix->promised, sizeof(struct pyr_row_ref), tally));
    ix->promised++;
    return PYR_OK;
}

void pyr_row_index_add(struct pyr_row_index *ix, const struct pyr_row_ref *row)
{
    const uint32_t at = pyr_chunked_count(&ix->rows);
    *(struct pyr_row_ref *)pyr_chunked_at(&ix->rows, at, sizeof(*row)) = *row;
    /* The bounds come before the count: whoever sees the row finds it within them. */
    if (row->time_ns < atomic_load_explicit(&ix->min_ns, memory_order_relaxed))
        atomic_store_explicit(&ix->min_ns, row->time_ns, memory_order_relaxed);
    if (row->time_ns > atomic_load_explicit(&ix->max_ns, memory_order_relaxed))
        atomic_store_explicit(&ix->max_ns, row->time_ns, memory_order_relaxed);
    pyr_chunked_publish(&ix->rows, at + 1);
}

uint32_t pyr_row_index_visible(const struct pyr_row_index *ix, uint32_t ordinals)
{
    uint32_t low = 0, high = pyr_chunked_count(&ix->rows);
    if (high != 0 && pyr_row_index_at(ix, high - 1).ordinal < ordinals)
        return high;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (pyr_row_index_at(ix, middle).ordinal < ordinals)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool pyr_row_index_overlaps(const struct pyr_row_index *ix, uint32_t ordinals, int64_t from_ns, int64_t until_ns)
{
    const uint32_t visible = pyr_row_index_visible(ix, ordinals);
    const int64_t min_ns = atomic_load_explicit(&ix->min_ns, memory_order_relaxed);
    const int64_t max_ns = atomic_load_explicit(&ix->max_ns, memory_order_relaxed);
    if (visible == 0 || max_ns < from_ns || min_ns > until_ns)
        return false;
    if (from_ns <= min_ns && max_ns <= until_ns)
        return true;
    /* Newest first: most questions are about now. */
    for (uint32_t i = visible; i-- != 0;) {
        const int64_t time_ns = pyr_row_index_at(ix, i).time_ns;
        if (from_ns <= time_ns && time_ns <= until_ns)
            return true;
    }
    return false;
}
