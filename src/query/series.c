#include "query/series.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/time.h"
#include "profile/grow.h"
#include "query/round.h"
#include <stdlib.h>

struct bucket {
    int64_t k;
    double sum;
    uint64_t count;
};

/* Buckets with something in them, in the order in which they came. */
struct buckets {
    struct bucket *items;
    uint32_t count, cap;
};

struct group {
    struct pyr_label *labels;
    uint32_t label_count;
    struct buckets buckets;
};

struct totals {
    struct pyr_query *q;
    const struct pyr_series_query *sq;
    struct group *groups;
    uint32_t group_count, group_cap;
    struct pyr_index by_labels;
    struct buckets one; /* of the series at hand */
};

static pyr_err push(struct pyr_arena *arena, struct buckets *b, struct bucket item)
{
    if (b->count != 0 && b->items[b->count - 1].k == item.k) {
        b->items[b->count - 1].sum += item.sum;
        b->items[b->count - 1].count += item.count;
        return PYR_OK;
    }
    if (!PYR_GROW(arena, b->items, b->cap, (uint64_t)b->count + 1))
        return PYR_E_NOMEM;
    b->items[b->count++] = item;
    return PYR_OK;
}

static int compare_buckets(const void *pa, const void *pb)
{
    const struct bucket *a = pa, *b = pb;
    return (a->k > b->k) - (a->k < b->k);
}

/* Sorted, one entry a bucket. */
static void coalesce(struct buckets *b)
{
    uint32_t kept = 0;
    if (b->count > 1)
        qsort(b->items, b->count, sizeof(*b->items), compare_buckets);
    for (uint32_t i = 0; i < b->count; i++) {
        if (kept != 0 && b->items[kept - 1].k == b->items[i].k) {
            b->items[kept - 1].sum += b->items[i].sum;
            b->items[kept - 1].count += b->items[i].count;
        } else {
            b->items[kept++] = b->items[i];
        }
    }
    b->count = kept;
}

/* Floor for times before 1970 too. */
static int64_t ms_of(int64_t ns)
{
    const int64_t ms = ns / PYR_NS_PER_MS;
    return ms - (ns % PYR_NS_PER_MS < 0);
}

static int64_t bucket_of(const struct pyr_series_query *sq, int64_t time_ns)
{
    const int64_t past = ms_of(time_ns) - sq->start_ms;
    return past <= 0 ? 0 : (past - 1) / sq->step_ms + 1;
}

static pyr_err read_stream(struct totals *t, const struct pyr_stream *s)
{
    struct pyr_arena rows;
    struct pyr_row_cursor *cursor;
    const struct pyr_row *row;
    pyr_query_arena(t->q, &rows);
    pyr_err err = pyr_rows_open(t->q->snap, s, t->q->range, false, &rows, &cursor, t->q->diag);
    while (err == PYR_OK) {
        err = pyr_query_next_row(t->q, cursor, &row);
        if (err != PYR_OK || row == NULL)
            break;
        const struct bucket b = {bucket_of(t->sq, row->time_ns), (double)row->totals[s->type], 1};
        err = push(&t->q->arena, &t->one, b);
    }
    pyr_arena_free(&rows);
    return err;
}

/* The labels of group_by that the series has, in the order asked for. */
static pyr_err project(struct totals *t, const struct pyr_stream_group *series, struct pyr_label **out, uint32_t *count)
{
    struct pyr_label *labels = PYR_ARENA_ARRAY(&t->q->arena, struct pyr_label, t->sq->group_by_count);
    if (labels == NULL)
        return PYR_E_NOMEM;
    *count = 0;
    for (uint32_t i = 0; i < t->sq->group_by_count; i++) {
        const struct pyr_str name = t->sq->group_by[i];
        const struct pyr_str value = pyr_labels_get(series->labels, series->label_count, name);
        if (value.len != 0)
            labels[(*count)++] = (struct pyr_label){name, value};
    }
    *out = labels;
    return PYR_OK;
}

static pyr_err find_group(struct totals *t, const struct pyr_stream_group *series, struct group **out)
{
    struct pyr_label *labels;
    uint32_t count;
    PYR_TRY(project(t, series, &labels, &count));
    const uint64_t hash = pyr_labels_hash(labels, count);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&t->by_labels, hash, &c); id != PYR_INDEX_NONE;
         id = pyr_index_next(&t->by_labels, &c))
        if (pyr_labels_cmp(t->groups[id].labels, t->groups[id].label_count, labels, count) == 0) {
            *out = &t->groups[id];
            return PYR_OK;
        }
    if (!PYR_GROW(&t->q->arena, t->groups, t->group_cap, (uint64_t)t->group_count + 1))
        return PYR_E_NOMEM;
    PYR_TRY(pyr_index_insert(&t->by_labels, hash, t->group_count));
    *out = &t->groups[t->group_count++];
    **out = (struct group){.labels = labels, .label_count = count};
    return PYR_OK;
}

static pyr_err add_series(struct totals *t, const struct pyr_stream_group *series)
{
    t->one.count = 0;
    for (uint32_t i = 0; i < series->count; i++)
        PYR_TRY(read_stream(t, series->streams[i]));
    if (t->one.count == 0)
        return PYR_OK;
    coalesce(&t->one);
    struct group *g;
    PYR_TRY(find_group(t, series, &g));
    for (uint32_t i = 0; i < t->one.count; i++) {
        struct bucket b = t->one.items[i];
        if (t->sq->aggregation == PYR_AGGREGATION_GAUGE)
            b = (struct bucket){b.k, b.sum / (double)b.count, 1};
        PYR_TRY(push(&t->q->arena, &g->buckets, b));
    }
    return PYR_OK;
}

static pyr_err finish_group(struct totals *t, struct group *g, struct pyr_point_series *out)
{
    coalesce(&g->buckets);
    *out = (struct pyr_point_series){.labels = g->labels, .label_count = g->label_count};
    out->points = PYR_ARENA_ARRAY(&t->q->arena, struct pyr_point, g->buckets.count);
    if (out->points == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < g->buckets.count; i++) {
        const struct bucket *b = &g->buckets.items[i];
        const double value = t->sq->aggregation == PYR_AGGREGATION_AVERAGE ? b->sum / (double)b->count : b->sum;
        out->points[out->point_count++] = (struct pyr_point){t->sq->start_ms + b->k * t->sq->step_ms, value};
        out->total += value;
    }
    return PYR_OK;
}

static int compare_series(const void *pa, const void *pb)
{
    const struct pyr_point_series *a = pa, *b = pb;
    if (a->total != b->total)
        return a->total < b->total ? 1 : -1;
    return pyr_labels_cmp(a->labels, a->label_count, b->labels, b->label_count);
}

static pyr_err total_all(struct totals *t, struct pyr_point_series **out, uint32_t *count)
{
    struct pyr_stream *streams;
    struct pyr_stream_group *series;
    uint32_t stream_count, series_count;
    PYR_TRY(pyr_query_select(t->q, &streams, &stream_count));
    PYR_TRY(pyr_query_group_series(t->q, streams, stream_count, &series, &series_count));
    for (uint32_t i = 0; i < series_count; i++)
        PYR_TRY(add_series(t, &series[i]));
    *out = PYR_ARENA_ARRAY(&t->q->arena, struct pyr_point_series, t->group_count);
    if (*out == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < t->group_count; i++)
        PYR_TRY(finish_group(t, &t->groups[i], &(*out)[i]));
    if (t->group_count > 1)
        qsort(*out, t->group_count, sizeof(**out), compare_series);
    *count = t->sq->limit != 0 && t->sq->limit < t->group_count ? (uint32_t)t->sq->limit : t->group_count;
    return PYR_OK;
}

static int64_t clamp_ms(int64_t ms)
{
    static const int64_t most = INT64_MAX / 4 / 1000000;
    return ms > most ? most : ms < -most ? -most : ms;
}

void pyr_series_query_clamp(struct pyr_series_query *sq, double step_seconds)
{
    sq->start_ms = clamp_ms(sq->start_ms);
    sq->end_ms = clamp_ms(sq->end_ms);
    sq->step_ms = clamp_ms(pyr_round_i64(step_seconds * 1000));
    if (sq->step_ms < 1)
        sq->step_ms = 1;
}

/* The first bucket reaches back one step before start, the last one ends at or before end. */
static struct pyr_time_range range_of(const struct pyr_series_query *sq)
{
    const int64_t last_ms = sq->start_ms + (sq->end_ms - sq->start_ms) / sq->step_ms * sq->step_ms;
    return (struct pyr_time_range){(sq->start_ms - sq->step_ms + 1) * PYR_NS_PER_MS,
                                   last_ms * PYR_NS_PER_MS + PYR_NS_PER_MS - 1};
}

pyr_err pyr_query_series(struct pyr_query *q, const struct pyr_series_query *sq, struct pyr_point_series **out,
                         uint32_t *count)
{
    PYR_ASSERT(sq->step_ms >= 1 && sq->start_ms <= sq->end_ms);
    struct totals t = {.q = q, .sq = sq};
    q->range = range_of(sq);
    if (q->range.from_ns < q->earliest_ns)
        q->range.from_ns = q->earliest_ns;
    pyr_index_init(&t.by_labels, UINT32_MAX / 4);
    const pyr_err err = total_all(&t, out, count);
    pyr_index_free(&t.by_labels);
    return pyr_query_explain(q, err);
}
