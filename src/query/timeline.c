#include "query/timeline.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/saturate.h"
#include "profile/grow.h"
#include "query/round.h"
#include <stdlib.h>

struct lines {
    struct pyr_query *q;
    const struct pyr_timeline_query *tq;
    struct pyr_timeline *items;
    uint32_t count, cap;
    struct pyr_index by_group;
    double *gauge_sum; /* of the series at hand */
    uint32_t *gauge_count;
};

/* What [from, from + length) of the time line a row covers; a row without duration, or one that began before the line,
 * covers at least the instant where it counts. */
struct window {
    int64_t from, length;
};

static struct window window_of(const struct pyr_timeline_query *tq, const struct pyr_row *row)
{
    const int64_t span = tq->slot_ns * tq->slots;
    int64_t from = row->time_ns - tq->start_ns;
    if (from < 0)
        from = 0;
    if (from >= span)
        from = span - 1;
    int64_t length = row->duration_ns > 0 ? row->duration_ns : 1;
    if (length > span - from)
        length = span - from;
    return (struct window){from, length};
}

/* `value` x part / whole, rounded down: shares that follow from cumulative parts add up to exactly the value. */
static int64_t part_of(int64_t value, int64_t part, int64_t whole)
{
    return (int64_t)((__int128)value * part / whole);
}

static void spread(const struct pyr_timeline_query *tq, int64_t *slots, const struct pyr_row *row, int64_t value)
{
    const struct window w = window_of(tq, row);
    const int64_t first = w.from / tq->slot_ns, last = (w.from + w.length - 1) / tq->slot_ns;
    int64_t before = 0;
    for (int64_t k = first; k <= last; k++) {
        const int64_t end = k == last ? w.length : (k + 1) * tq->slot_ns - w.from;
        const int64_t upto = part_of(value, end, w.length);
        slots[k] = pyr_add_saturating(slots[k], upto - before);
        before = upto;
    }
}

static void note_gauge(struct lines *l, const struct pyr_row *row, int64_t value)
{
    const struct window w = window_of(l->tq, row);
    for (int64_t k = w.from / l->tq->slot_ns; k <= (w.from + w.length - 1) / l->tq->slot_ns; k++) {
        l->gauge_sum[k] += (double)value;
        l->gauge_count[k]++;
    }
}

static pyr_err read_stream(struct lines *l, const struct pyr_stream *s, int64_t *slots)
{
    struct pyr_arena rows;
    struct pyr_row_cursor *cursor;
    const struct pyr_row *row;
    pyr_query_arena(l->q, &rows);
    pyr_err err = pyr_rows_open(l->q->snap, s, l->q->range, false, &rows, &cursor, l->q->diag);
    while (err == PYR_OK) {
        err = pyr_query_next_row(l->q, cursor, &row);
        if (err != PYR_OK || row == NULL)
            break;
        if (l->tq->over_time == PYR_OVER_TIME_MEAN)
            note_gauge(l, row, row->totals[s->type] / l->tq->unit);
        else
            spread(l->tq, slots, row, row->totals[s->type] / l->tq->unit);
    }
    pyr_arena_free(&rows);
    return err;
}

static pyr_err find_line(struct lines *l, struct pyr_str group, struct pyr_timeline **out)
{
    const uint64_t hash = pyr_hash_str(group);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&l->by_group, hash, &c); id != PYR_INDEX_NONE;
         id = pyr_index_next(&l->by_group, &c))
        if (pyr_str_eq(l->items[id].group, group)) {
            *out = &l->items[id];
            return PYR_OK;
        }
    if (!PYR_GROW(&l->q->arena, l->items, l->cap, (uint64_t)l->count + 1))
        return PYR_E_NOMEM;
    *out = &l->items[l->count];
    **out = (struct pyr_timeline){group, pyr_arena_zalloc(&l->q->arena, l->tq->slots, sizeof(int64_t))};
    if ((*out)->slots == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(pyr_index_insert(&l->by_group, hash, l->count));
    l->count++;
    return PYR_OK;
}

static void add_gauge(struct lines *l, int64_t *slots)
{
    for (uint32_t k = 0; k < l->tq->slots; k++) {
        if (l->gauge_count[k] != 0)
            slots[k] = pyr_add_saturating(slots[k], pyr_round_i64(l->gauge_sum[k] / l->gauge_count[k]));
        l->gauge_sum[k] = 0;
        l->gauge_count[k] = 0;
    }
}

static pyr_err add_series(struct lines *l, const struct pyr_stream_group *series)
{
    struct pyr_timeline *line;
    const struct pyr_str group =
        l->tq->group_by.len == 0 ? PYR_STR("") : pyr_labels_get(series->labels, series->label_count, l->tq->group_by);
    PYR_TRY(find_line(l, group, &line));
    for (uint32_t i = 0; i < series->count; i++)
        PYR_TRY(read_stream(l, series->streams[i], line->slots));
    if (l->tq->over_time == PYR_OVER_TIME_MEAN)
        add_gauge(l, line->slots);
    return PYR_OK;
}

static int compare_lines(const void *pa, const void *pb)
{
    return pyr_str_cmp(((const struct pyr_timeline *)pa)->group, ((const struct pyr_timeline *)pb)->group);
}

static pyr_err add_all(struct lines *l, const struct pyr_stream *streams, uint32_t count)
{
    struct pyr_stream_group *series;
    struct pyr_timeline *only;
    uint32_t series_count;
    l->gauge_sum = pyr_arena_zalloc(&l->q->arena, l->tq->slots, sizeof(double));
    l->gauge_count = pyr_arena_zalloc(&l->q->arena, l->tq->slots, sizeof(uint32_t));
    if (l->gauge_sum == NULL || l->gauge_count == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(pyr_query_group_series(l->q, streams, count, &series, &series_count));
    for (uint32_t i = 0; i < series_count; i++)
        PYR_TRY(add_series(l, &series[i]));
    return l->count == 0 && l->tq->group_by.len == 0 ? find_line(l, PYR_STR(""), &only) : PYR_OK;
}

pyr_err pyr_query_timelines(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                            const struct pyr_timeline_query *tq, struct pyr_timeline **out, uint32_t *out_count)
{
    PYR_ASSERT(tq->slots >= 1 && tq->slots <= PYR_TIMELINE_SLOTS_MAX && tq->slot_ns >= 1 && tq->unit >= 1);
    struct lines l = {.q = q, .tq = tq};
    pyr_index_init(&l.by_group, UINT32_MAX / 4);
    const pyr_err err = add_all(&l, streams, count);
    pyr_index_free(&l.by_group);
    if (l.count > 1)
        qsort(l.items, l.count, sizeof(*l.items), compare_lines);
    *out = l.items;
    *out_count = l.count;
    return pyr_query_explain(q, err);
}
