/* row_cursor.c - the rows of one series, in order of time, read back from the log. Rows that lie close together are read
 * in one go; a time line reads no more than the heads. */
#include "storage/row_group.h"
#include "storage/snapshot.h"
#include "storage/store_impl.h"
#include <stdlib.h>

enum {
    RUN_BYTES_MAX = 64 << 10, /* one read, unless a row alone is larger */
    GAP_BYTES_MAX = 4 << 10   /* what lies between is read over: cheaper than another call */
};

struct pyr_row_cursor {
    struct pyr_log *log;
    struct pyr_arena *arena;
    const struct pyr_series *series;
    uint32_t stack_count;
    bool entries;
    struct pyr_row_ref *rows; /* by time */
    uint32_t count, next;

    uint8_t *buffer;
    size_t buffer_bytes;
    uint32_t run_end; /* rows before it, from `next` on, are in the buffer */
    struct pyr_log_place run_place;

    struct pyr_row row;
    struct pyr_row_head head;
    const uint8_t *body; /* NULL when only heads are read */
};

static int by_time(const void *a, const void *b)
{
    const struct pyr_row_ref *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* The visible rows in the range, by time. */
static pyr_err collect_rows(struct pyr_row_cursor *c, uint32_t visible, struct pyr_time_range range)
{
    const struct pyr_row_index *ix = &c->series->rows;
    bool sorted = true;
    c->rows = PYR_ARENA_ARRAY(c->arena, struct pyr_row_ref, visible);
    if (c->rows == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < visible; i++) {
        const struct pyr_row_ref row = pyr_row_index_at(ix, i);
        if (row.time_ns < range.from_ns || row.time_ns > range.until_ns)
            continue;
        sorted &= c->count == 0 || c->rows[c->count - 1].time_ns <= row.time_ns;
        c->rows[c->count++] = row;
    }
    if (!sorted)
        qsort(c->rows, c->count, sizeof(*c->rows), by_time);
    return PYR_OK;
}

pyr_err pyr_rows_open(struct pyr_snapshot *snap, const struct pyr_stream *series_of, struct pyr_time_range range,
                      bool entries, struct pyr_arena *arena, struct pyr_row_cursor **out, struct pyr_diag *diag)
{
    struct pyr_row_cursor *c = PYR_ARENA_NEW(arena, struct pyr_row_cursor);
    if (c == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "the query's memory budget is too small for a series");
    c->log = snap->store->log;
    c->arena = arena;
    c->series = series_of->series;
    c->entries = entries;
    c->stack_count = pyr_partition_stack_count(series_of->partition);
    const uint32_t ordinals = pyr_snapshot_ordinals(snap, series_of->partition->generation);
    if (collect_rows(c, pyr_row_index_visible(&c->series->rows, ordinals), range) != PYR_OK)
        return pyr_fail(diag, PYR_E_NOMEM, "the query's memory budget is too small for the rows of a series");
    *out = c;
    return PYR_OK;
}

static uint32_t wanted_bytes(const struct pyr_row_cursor *c, const struct pyr_row_ref *row)
{
    return c->entries || row->bytes < PYR_ROW_HEAD_BYTES_MAX ? row->bytes : PYR_ROW_HEAD_BYTES_MAX;
}

/* How far one read goes: rows from `next` until *end, *bytes in all. */
static void plan_run(const struct pyr_row_cursor *c, uint32_t *end, size_t *bytes)
{
    const struct pyr_row_ref *first = &c->rows[c->next];
    uint64_t stop = (uint64_t)first->place.offset + wanted_bytes(c, first);
    uint32_t i = c->next + 1;
    for (; i < c->count; i++) {
        const struct pyr_row_ref *row = &c->rows[i];
        const uint64_t row_stop = (uint64_t)row->place.offset + wanted_bytes(c, row);
        if (row->place.segment != first->place.segment || row->place.offset < stop ||
            row->place.offset - stop > GAP_BYTES_MAX || row_stop - first->place.offset > RUN_BYTES_MAX)
            break;
        stop = row_stop;
    }
    *end = i;
    *bytes = (size_t)(stop - first->place.offset);
}

static pyr_err read_run(struct pyr_row_cursor *c, struct pyr_diag *diag)
{
    uint32_t end;
    size_t bytes;
    plan_run(c, &end, &bytes);
    if (bytes > c->buffer_bytes) {
        size_t room = c->buffer_bytes != 0 ? c->buffer_bytes : 1024;
        while (room < bytes)
            room *= 2;
        c->buffer = pyr_arena_alloc(c->arena, room);
        c->buffer_bytes = c->buffer != NULL ? room : 0;
        if (c->buffer == NULL)
            return pyr_fail(diag, PYR_E_NOMEM, "the query's memory budget is too small for %zu bytes of rows", bytes);
    }
    c->run_place = c->rows[c->next].place;
    PYR_TRY(pyr_log_read(c->log, c->run_place, c->buffer, bytes, diag));
    c->run_end = end;
    return PYR_OK;
}

/* Parses the row in the buffer. */
static pyr_err open_row(struct pyr_row_cursor *c, const struct pyr_row_ref *ref, struct pyr_diag *diag)
{
    const uint8_t *bytes = c->buffer + (ref->place.offset - c->run_place.offset);
    PYR_TRY(pyr_row_head_parse((struct pyr_span){bytes, wanted_bytes(c, ref)}, ref->bytes, &c->head, diag));
    if (c->head.type_count != c->series->type_count)
        return pyr_fail(diag, PYR_E_CORRUPT, "row group: not of its series");
    c->body = c->entries ? bytes + c->head.head_bytes : NULL;
    if (c->entries)
        PYR_TRY(pyr_row_body_check(&c->head, c->body, diag));
    c->row = (struct pyr_row){.time_ns = c->head.time_ns,
                              .duration_ns = c->head.duration_ns,
                              .period = c->head.period,
                              .entry_count = c->head.entry_count,
                              .totals = c->head.totals,
                              .impl = c};
    memcpy(c->row.identity, c->head.identity, sizeof(c->row.identity));
    return PYR_OK;
}

pyr_err pyr_rows_next(struct pyr_row_cursor *c, const struct pyr_row **row, struct pyr_diag *diag)
{
    *row = NULL;
    if (c->next == c->count)
        return PYR_OK;
    pyr_err err = c->next >= c->run_end ? read_run(c, diag) : PYR_OK;
    /* A row that cannot be read is passed by, so that the next call goes on behind it. */
    const struct pyr_row_ref *ref = &c->rows[c->next++];
    if (err == PYR_OK)
        err = open_row(c, ref, diag);
    if (err != PYR_OK) {
        pyr_diag_prefix(diag, "segment %u, offset %u", ref->place.segment, ref->place.offset);
        return err;
    }
    *row = &c->row;
    return PYR_OK;
}

pyr_err pyr_row_add(const struct pyr_row *row, uint32_t type, int64_t *sums, struct pyr_diag *diag)
{
    const struct pyr_row_cursor *c = row->impl;
    PYR_ASSERT(c->body != NULL && type < c->head.type_count);
    return pyr_row_add_column(&c->head, c->body, type, sums, c->stack_count, diag);
}

pyr_err pyr_row_entries(const struct pyr_row *row, uint32_t type, struct pyr_arena *arena, struct pyr_row_entries *out,
                        struct pyr_diag *diag)
{
    const struct pyr_row_cursor *c = row->impl;
    PYR_ASSERT(c->body != NULL && type < c->head.type_count);
    const uint32_t n = c->head.entry_count;
    const uint8_t flags = c->head.flags;
    uint32_t *stacks = PYR_ARENA_ARRAY(arena, uint32_t, n);
    int64_t *values = PYR_ARENA_ARRAY(arena, int64_t, n);
    uint64_t *span_ids = (flags & PYR_ROW_HAS_SPANS) ? PYR_ARENA_ARRAY(arena, uint64_t, n) : NULL;
    uint8_t(*trace_ids)[16] = (flags & PYR_ROW_HAS_TRACES) ? pyr_arena_array(arena, n, sizeof(*trace_ids)) : NULL;
    int64_t *times_ns = (flags & PYR_ROW_HAS_TIMES) ? PYR_ARENA_ARRAY(arena, int64_t, n) : NULL;
    if (stacks == NULL || values == NULL || ((flags & PYR_ROW_HAS_SPANS) && span_ids == NULL) ||
        ((flags & PYR_ROW_HAS_TRACES) && trace_ids == NULL) || ((flags & PYR_ROW_HAS_TIMES) && times_ns == NULL))
        return pyr_fail(diag, PYR_E_NOMEM, "the query's memory budget is too small for a row of %u entries", n);
    PYR_TRY(pyr_row_decode_stacks(&c->head, c->body, c->stack_count, stacks, diag));
    PYR_TRY(pyr_row_decode_values(&c->head, c->body, type, values, diag));
    PYR_TRY(pyr_row_decode_optional(&c->head, c->body, span_ids, trace_ids, times_ns, diag));
    *out = (struct pyr_row_entries){.stacks = stacks,
                                    .values = values,
                                    .span_ids = span_ids,
                                    .trace_ids = (const uint8_t(*)[16])trace_ids,
                                    .times_ns = times_ns,
                                    .count = n};
    return PYR_OK;
}
