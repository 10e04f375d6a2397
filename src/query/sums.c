#include "query/sums.h"
#include "base/assert.h"
#include "query/round.h"
#include <assert.h>

/* Sums in the making. Means add fractions of integers, so they are kept as doubles (exact to 2^53) and rounded once. */
struct accumulator {
    struct pyr_query *q;
    struct pyr_arena arena; /* of one partition */
    struct pyr_arena row_arena;
    struct pyr_sums sums;
    double *means; /* instead of sums.values */
    bool mean;
    struct pyr_rows_seen *seen;
};

static void note_row(struct pyr_rows_seen *seen, const struct pyr_row *row)
{
    if (seen->rows == 0)
        *seen = (struct pyr_rows_seen){.period = row->period, .first_ns = row->time_ns, .last_ns = row->time_ns};
    if (row->period != seen->period)
        seen->period = 0;
    if (row->time_ns < seen->first_ns)
        seen->first_ns = row->time_ns;
    if (row->time_ns > seen->last_ns)
        seen->last_ns = row->time_ns;
    seen->rows++;
}

/* The partition may have grown since its sums were made: ids that a row uses were published before the row was. */
static pyr_err make_room(struct accumulator *a)
{
    const uint32_t need = pyr_partition_stack_count(a->sums.partition);
    if (need <= a->sums.count)
        return PYR_OK;
    static_assert(sizeof(double) == sizeof(int64_t), "either kind of sums in the same room");
    void **array = a->mean ? (void **)&a->means : (void **)&a->sums.values;
    uint8_t *grown =
        pyr_arena_regrow(&a->arena, *array, (size_t)a->sums.count * sizeof(int64_t), (size_t)need * sizeof(int64_t));
    if (grown == NULL)
        return PYR_E_NOMEM;
    memset(grown + (size_t)a->sums.count * sizeof(int64_t), 0, (size_t)(need - a->sums.count) * sizeof(int64_t));
    *array = grown;
    a->sums.count = need;
    return PYR_OK;
}

static pyr_err add_fraction(struct accumulator *a, const struct pyr_row *row, uint32_t type, double share,
                            struct pyr_diag *diag)
{
    struct pyr_row_entries entries;
    pyr_arena_reset(&a->row_arena);
    PYR_TRY(pyr_row_entries(row, type, &a->row_arena, &entries, diag));
    for (uint32_t i = 0; i < entries.count; i++) {
        PYR_ASSERT(entries.stacks[i] < a->sums.count);
        a->means[entries.stacks[i]] += (double)entries.values[i] * share;
    }
    return PYR_OK;
}

static pyr_err add_row(struct accumulator *a, const struct pyr_row *row, uint32_t type, double share)
{
    struct pyr_diag diag = {0};
    note_row(a->seen, row);
    PYR_TRY(make_room(a));
    const pyr_err err =
        a->mean ? add_fraction(a, row, type, share, &diag) : pyr_row_add(row, type, a->sums.values, &diag);
    return pyr_query_step_over(a->q, err, &diag);
}

static pyr_err add_stream(struct accumulator *a, const struct pyr_stream *s, double share)
{
    struct pyr_row_cursor *cursor;
    const struct pyr_row *row;
    struct pyr_arena rows;
    pyr_query_arena(a->q, &rows);
    pyr_err err = pyr_rows_open(a->q->snap, s, a->q->range, true, &rows, &cursor, a->q->diag);
    while (err == PYR_OK) {
        err = pyr_query_next_row(a->q, cursor, &row);
        if (err != PYR_OK || row == NULL)
            break;
        err = add_row(a, row, s->type, share);
    }
    pyr_arena_free(&rows);
    return err;
}

static void round_means(struct accumulator *a)
{
    a->sums.values = (int64_t *)a->means;
    for (uint32_t i = 0; i < a->sums.count; i++) {
        const int64_t v = pyr_round_i64(a->means[i]);
        memcpy(&a->sums.values[i], &v, sizeof(v));
    }
}

static pyr_err count_rows(struct pyr_query *q, const struct pyr_stream_group *group, struct pyr_arena *arena,
                          uint64_t *rows)
{
    for (uint32_t i = 0; i < group->count; i++) {
        struct pyr_row_cursor *cursor;
        const struct pyr_row *row;
        pyr_arena_reset(arena);
        PYR_TRY(pyr_rows_open(q->snap, group->streams[i], q->range, false, arena, &cursor, q->diag));
        for (;;) {
            PYR_TRY(pyr_query_next_row(q, cursor, &row));
            if (row == NULL)
                break;
            ++*rows;
        }
    }
    return PYR_OK;
}

/* shares[i] = 1 / number of rows of stream i's series in the range, over all generations. */
static pyr_err count_shares(struct accumulator *a, const struct pyr_stream *streams, uint32_t count, double **out)
{
    struct pyr_stream_group *groups;
    uint32_t group_count;
    double *shares = PYR_ARENA_ARRAY(&a->q->arena, double, count);
    if (shares == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(pyr_query_group_series(a->q, streams, count, &groups, &group_count));
    for (uint32_t g = 0; g < group_count; g++) {
        uint64_t rows = 0;
        PYR_TRY(count_rows(a->q, &groups[g], &a->row_arena, &rows));
        for (uint32_t i = 0; i < groups[g].count; i++)
            shares[groups[g].streams[i] - streams] = rows == 0 ? 0 : 1 / (double)rows;
    }
    *out = shares;
    return PYR_OK;
}

/* The run of streams of one partition. */
static pyr_err add_partition(struct accumulator *a, const struct pyr_stream *streams, uint32_t count,
                             const double *shares)
{
    a->sums = (struct pyr_sums){.partition = streams[0].partition};
    a->means = NULL;
    PYR_TRY(make_room(a));
    for (uint32_t i = 0; i < count; i++)
        PYR_TRY(add_stream(a, &streams[i], shares == NULL ? 1 : shares[i]));
    if (a->mean)
        round_means(a);
    return PYR_OK;
}

static uint32_t run_length(const struct pyr_stream *streams, uint32_t count)
{
    uint32_t n = 1;
    while (n < count && streams[n].partition == streams[0].partition)
        n++;
    return n;
}

static pyr_err sum_all(struct accumulator *a, const struct pyr_stream *streams, uint32_t count,
                       pyr_err (*partition)(void *ctx, const struct pyr_sums *sums), void *ctx)
{
    double *shares = NULL;
    if (a->mean)
        PYR_TRY(count_shares(a, streams, count, &shares));
    for (uint32_t at = 0, n; at < count; at += n) {
        n = run_length(streams + at, count - at);
        pyr_arena_reset(&a->arena);
        PYR_TRY(add_partition(a, streams + at, n, shares == NULL ? NULL : shares + at));
        PYR_TRY(partition(ctx, &a->sums));
        PYR_TRY(pyr_query_check(a->q));
    }
    return PYR_OK;
}

pyr_err pyr_query_sums(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                       enum pyr_over_time over_time, pyr_err (*partition)(void *ctx, const struct pyr_sums *sums),
                       void *ctx, struct pyr_rows_seen *seen)
{
    struct pyr_rows_seen unseen = {0};
    struct accumulator a = {.q = q, .mean = over_time == PYR_OVER_TIME_MEAN, .seen = seen != NULL ? seen : &unseen};
    *a.seen = unseen;
    pyr_query_arena(q, &a.arena);
    pyr_query_arena(q, &a.row_arena);
    const pyr_err err = sum_all(&a, streams, count, partition, ctx);
    pyr_arena_free(&a.row_arena);
    pyr_arena_free(&a.arena);
    return pyr_query_explain(q, err);
}
