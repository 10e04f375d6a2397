/* append.c - profiles into the log: intern, encode, queue.
 *
 * All partitions of a call are locked, in the order of their addresses; everything that can fail (interning, encoding,
 * memory for the records, room in the queue) is done before the first record is queued; so a call is stored whole or not
 * at all, and what it interned in vain goes into the next frame of that partition. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "storage/append_bound.h"
#include "storage/frame.h"
#include "storage/intern.h"
#include "storage/row_group.h"
#include "storage/store_impl.h"
#include <stdlib.h>

#define RESERVE_WAIT_NS (200 * PYR_NS_PER_MS)

/* A row that becomes visible when its frame is durable. */
struct queued_row {
    struct pyr_series *series;
    int64_t time_ns;
    uint32_t offset, bytes; /* in the payload */
    bool has_key;
    struct pyr_repeat_key key;
};

/* A frame on its way; frees itself when it has completed. */
struct append_record {
    struct pyr_log_record log; /* first: the log hands this back */
    struct pyr_completion completion;
    struct pyr_store *store;
    struct pyr_generation *generation;
    struct pyr_completion *then; /* NULL: nobody waits (a table copy) */
    struct pyr_join *join;       /* or one of several frames */
    uint32_t row_count;
    struct queued_row rows[]; /* then the payload */
};

/* Several frames of one call. */
struct append_join {
    struct pyr_completion completion; /* first; what the join completes */
    struct pyr_join join;
    struct pyr_completion *then;
};

/* The writes of one partition in this call, and what becomes of them. */
struct part {
    struct pyr_partition *partition;
    uint32_t first, count; /* in append.order */
    struct append_record *record;
    struct pyr_table_ids until; /* the tables' ends that the frame carries */
    size_t table_bytes;
};

struct ordered_write {
    struct pyr_partition *partition;
    const struct pyr_write *write;
};

struct append {
    struct pyr_store *store;
    const struct pyr_write *writes;
    uint32_t write_count;
    struct pyr_diag *diag;
    struct pyr_append_scratch *scratch;
    struct pyr_generation *generation;
    struct ordered_write *order;
    struct part *parts;
    uint32_t part_count, locked;
    size_t reserved, used;
    int64_t received_ns;
};

/* ---- completion, on the log thread ---- */

static void show_rows(struct append_record *r)
{
    uint32_t ordinal = atomic_load_explicit(&r->generation->rows_published, memory_order_relaxed);
    for (uint32_t i = 0; i < r->row_count; i++) {
        const struct queued_row *row = &r->rows[i];
        pyr_row_index_add(&row->series->rows,
                          &(struct pyr_row_ref){.time_ns = row->time_ns,
                                                .ordinal = ordinal++,
                                                .place = {r->log.place.segment, r->log.place.offset + row->offset},
                                                .bytes = row->bytes});
    }
    /* Released after the rows: a snapshot that counts them finds them. */
    atomic_store_explicit(&r->generation->rows_published, ordinal, memory_order_release);
    atomic_fetch_add_explicit(&r->store->rows, r->row_count, memory_order_relaxed);
}

static void forget_rows(struct append_record *r)
{
    for (uint32_t i = 0; i < r->row_count; i++)
        if (r->rows[i].has_key)
            pyr_repeats_forget(&r->store->repeats, r->rows[i].key);
}

static void record_done(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag)
{
    struct append_record *r = (struct append_record *)((char *)self - offsetof(struct append_record, completion));
    if (err == PYR_OK)
        show_rows(r);
    else
        forget_rows(r);
    struct pyr_completion *then = r->then;
    struct pyr_join *join = r->join;
    pyr_free(r);
    if (join != NULL)
        pyr_join_done(join, err, diag);
    else if (then != NULL)
        pyr_complete(then, err, diag);
}

static void join_done(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag)
{
    struct append_join *j = (struct append_join *)self;
    struct pyr_completion *then = j->then;
    struct pyr_diag kept = {0};
    if (diag != NULL)
        kept = *diag;
    pyr_free(j);
    pyr_complete(then, err, err != PYR_OK ? &kept : NULL);
}

/* ---- what can be refused at once ---- */

static pyr_err check_row(const struct pyr_profile *p, const struct pyr_write_row *row, struct pyr_diag *diag)
{
    if (row->series.type_count == 0 || row->series.type_count > PYR_SERIES_TYPES_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "a profile of %u sample types; 1 to %d can be stored",
                        row->series.type_count, PYR_SERIES_TYPES_MAX);
    if (row->series.label_count > PYR_SERIES_LABELS_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "a series of %u labels; at most %d can be stored", row->series.label_count,
                        PYR_SERIES_LABELS_MAX);
    for (uint32_t k = 0; k < row->series.type_count; k++)
        PYR_ASSERT(row->columns[k] < p->type_count);
    for (uint32_t i = 0; i < row->sample_count; i++)
        PYR_ASSERT(row->samples[i] < p->sample_count);
    return PYR_OK;
}

static pyr_err check_writes(const struct append *a)
{
    for (uint32_t i = 0; i < a->write_count; i++) {
        if (a->writes[i].tenant.len == 0)
            return pyr_fail(a->diag, PYR_E_INVALID, "a profile without a tenant");
        for (uint32_t k = 0; k < a->writes[i].row_count; k++)
            PYR_TRY(check_row(a->writes[i].profile, &a->writes[i].rows[k], a->diag));
    }
    return PYR_OK;
}

static pyr_err check_tables(const struct append *a)
{
    const size_t max = a->store->settings.table_bytes_max;
    const size_t used = pyr_store_table_bytes(a->store, pyr_store_open_generation(a->store));
    if (max != 0 && used >= max)
        return pyr_fail(a->diag, PYR_E_UNAVAILABLE, "intern tables and indexes take %zu bytes of the %zu they may have",
                        used, max);
    return PYR_OK;
}

static pyr_err reserve_room(struct append *a)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < a->write_count; i++)
        bytes += pyr_append_bound(&a->writes[i]);
    /* What it comes to in the end is checked again; a bound above the largest record says little. */
    if (bytes > PYR_LOG_FRAME_BYTES_MAX)
        bytes = PYR_LOG_FRAME_BYTES_MAX;
    PYR_TRY(pyr_log_reserve(a->store->log, bytes, RESERVE_WAIT_NS, a->diag));
    a->reserved = bytes;
    return PYR_OK;
}

/* ---- scratch ---- */

static struct pyr_append_scratch *scratch_take(struct pyr_store *store)
{
    pyr_mutex_lock(&store->lock);
    struct pyr_append_scratch *s = store->scratch;
    if (s != NULL)
        store->scratch = s->next;
    pyr_mutex_unlock(&store->lock);
    if (s != NULL)
        return s;
    s = pyr_malloc(sizeof(*s));
    if (s != NULL) {
        pyr_arena_init(&s->arena, SIZE_MAX, NULL);
        pyr_buf_init(&s->row, PYR_LOG_FRAME_BYTES_MAX);
        pyr_buf_init(&s->frame, PYR_LOG_FRAME_BYTES_MAX);
    }
    return s;
}

static void scratch_give(struct pyr_store *store, struct pyr_append_scratch *s)
{
    pyr_arena_reset(&s->arena);
    if (s->row.cap > PYR_SCRATCH_KEPT_BYTES_MAX)
        pyr_buf_free(&s->row);
    if (s->frame.cap > PYR_SCRATCH_KEPT_BYTES_MAX)
        pyr_buf_free(&s->frame);
    pyr_mutex_lock(&store->lock);
    s->next = store->scratch;
    store->scratch = s;
    pyr_mutex_unlock(&store->lock);
}

/* ---- partitions ---- */

static int by_partition(const void *a, const void *b)
{
    const struct ordered_write *x = a, *y = b;
    if (x->partition != y->partition)
        return (uintptr_t)x->partition < (uintptr_t)y->partition ? -1 : 1;
    return (x->write > y->write) - (x->write < y->write);
}

/* Writes that have rows, in the order of their partitions. */
static pyr_err find_partitions(struct append *a)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->write_count; i++) {
        const struct pyr_write *w = &a->writes[i];
        if (w->row_count == 0)
            continue;
        a->order[n].write = w;
        PYR_TRY(pyr_generation_open_partition(a->generation, w->tenant, w->service, &a->order[n].partition));
        n++;
    }
    qsort(a->order, n, sizeof(*a->order), by_partition);
    a->part_count = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || a->order[i].partition != a->order[i - 1].partition)
            a->parts[a->part_count++] = (struct part){.partition = a->order[i].partition, .first = i};
        a->parts[a->part_count - 1].count++;
    }
    return PYR_OK;
}

static void unlock_partitions(struct append *a)
{
    while (a->locked != 0)
        pyr_mutex_unlock(&a->parts[--a->locked].partition->lock);
}

/* Locks the partitions of the open generation. */
static pyr_err lock_partitions(struct append *a)
{
    for (;;) {
        a->generation = pyr_store_open_generation(a->store);
        const pyr_err err = find_partitions(a);
        if (err == PYR_E_AGAIN)
            continue; /* frozen since: there is a newer one */
        if (err != PYR_OK)
            return pyr_fail(a->diag, err, "cannot open a partition");
        for (; a->locked < a->part_count; a->locked++) {
            if (a->locked == 0)
                pyr_mutex_lock(&a->parts[0].partition->lock);
            else
                pyr_mutex_lock_same_rank(&a->parts[a->locked].partition->lock);
        }
        if (a->part_count == 0 || !a->generation->frozen)
            return PYR_OK;
        unlock_partitions(a);
    }
}

/* ---- one frame ---- */

struct pyr_repeat_key pyr_row_repeat_key(const struct pyr_partition *p, const struct pyr_series *s,
                                         const uint8_t identity[16])
{
    uint64_t id[2];
    memcpy(id, identity, sizeof(id));
    const uint64_t place = pyr_hash_mix(pyr_hash_str(p->tenant), pyr_hash_str(p->service));
    return (struct pyr_repeat_key){{pyr_hash_mix(pyr_hash_mix(s->content_hash[0] ^ place, id[0]), id[1]),
                                    pyr_hash_mix(pyr_hash_mix(s->content_hash[1] ^ place, id[1]), id[0])}};
}

static bool is_known(const uint8_t identity[16])
{
    static const uint8_t none[16];
    return memcmp(identity, none, sizeof(none)) != 0;
}

/* A row that is to be in the frame: queued, then encoded. Undone by undo_rows. */
static pyr_err put_row(struct append *a, struct part *part, struct pyr_intern *in, const struct pyr_write_row *row,
                       struct queued_row *rows, uint32_t *count)
{
    struct pyr_partition *p = part->partition;
    struct queued_row q = {.time_ns = row->time_ns, .has_key = is_known(row->identity)};
    PYR_TRY(pyr_partition_series(p, &row->series, a->store->settings.tenant_series_max, &a->scratch->arena, &q.series,
                                 a->diag));
    if (q.has_key) {
        bool seen;
        q.key = pyr_row_repeat_key(p, q.series, row->identity);
        PYR_TRY(pyr_repeats_note(&a->store->repeats, q.key, a->received_ns, &seen));
        if (seen)
            return PYR_OK; /* the original is queued before this frame, whose completion tells of both */
    }
    const pyr_err err = pyr_row_index_promise(&q.series->rows, &a->generation->rows);
    if (err != PYR_OK) {
        if (q.has_key)
            pyr_repeats_forget(&a->store->repeats, q.key);
        return err;
    }
    struct queued_row *kept = &rows[(*count)++];
    *kept = q;

    struct pyr_row_group rg;
    PYR_TRY(pyr_intern_row(in, row, &rg));
    const size_t start = a->scratch->row.len;
    pyr_row_group_encode(&rg, &a->scratch->row);
    kept->offset = (uint32_t)start; /* among the row groups, for now */
    kept->bytes = (uint32_t)(a->scratch->row.len - start);
    return a->scratch->row.err;
}

static void undo_rows(struct append *a, struct queued_row *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pyr_row_index_retract(&rows[i].series->rows);
        if (rows[i].has_key)
            pyr_repeats_forget(&a->store->repeats, rows[i].key);
    }
}

static pyr_err put_rows(struct append *a, struct part *part, struct queued_row *rows, uint32_t *count)
{
    pyr_buf_clear(&a->scratch->row);
    for (uint32_t i = 0; i < part->count; i++) {
        const struct pyr_write *w = a->order[part->first + i].write;
        struct pyr_intern in;
        PYR_TRY(pyr_intern_init(&in, &part->partition->tables, w->profile, &a->scratch->arena));
        for (uint32_t k = 0; k < w->row_count; k++)
            PYR_TRY(put_row(a, part, &in, &w->rows[k], rows, count));
    }
    return PYR_OK;
}

/* The payload in scratch->frame: the tables' new tails, then the rows, whose offsets become those of the payload. */
static pyr_err encode_frame(struct append *a, struct part *part, struct queued_row *rows, uint32_t count)
{
    struct pyr_partition *p = part->partition;
    struct pyr_buf *out = &a->scratch->frame;
    const struct pyr_str none = {NULL, 0};
    pyr_buf_clear(out);
    part->until = pyr_tables_counts(&p->tables);
    pyr_frame_begin(out, a->received_ns, p->defined ? none : p->tenant, p->service);
    pyr_frame_put_tables(out, &p->tables, &p->logged, &part->until);
    part->table_bytes = out->len;
    pyr_frame_put_row_count(out, count);
    for (uint32_t i = 0; i < count; i++) {
        pyr_frame_put_row(out, rows[i].series->number,
                          (struct pyr_span){a->scratch->row.data + rows[i].offset, rows[i].bytes});
        rows[i].offset = (uint32_t)(out->len - rows[i].bytes);
    }
    return out->err;
}

/* The payload in scratch->frame as a frame of `type` whose tables begin at `first`. */
static struct append_record *make_record(struct append *a, const struct pyr_partition *p, uint8_t type,
                                         const struct pyr_table_ids *first, const struct queued_row *rows,
                                         uint32_t count)
{
    const struct pyr_buf *payload = &a->scratch->frame;
    const size_t rows_bytes = count * sizeof(*rows);
    struct append_record *r = pyr_malloc(sizeof(*r) + rows_bytes + payload->len);
    if (r == NULL)
        return NULL;
    *r = (struct append_record){
        .completion = {record_done}, .store = a->store, .generation = a->generation, .row_count = count};
    if (count != 0)
        memcpy(r->rows, rows, rows_bytes);
    uint8_t *bytes = (uint8_t *)(r->rows + count);
    memcpy(bytes, payload->data, payload->len);
    r->log.frame = (struct pyr_log_frame){.generation = a->generation->number, .partition = p->number, .type = type};
    memcpy(r->log.frame.first_ids, first->of, sizeof(r->log.frame.first_ids));
    r->log.payload = (struct pyr_span){bytes, payload->len};
    r->log.done = &r->completion;
    return r;
}

static pyr_err prepare_part(struct append *a, struct part *part)
{
    uint32_t rows_max = 0, count = 0;
    for (uint32_t i = 0; i < part->count; i++)
        rows_max += a->order[part->first + i].write->row_count;
    struct queued_row *rows = PYR_ARENA_ARRAY(&a->scratch->arena, struct queued_row, rows_max);
    if (rows == NULL)
        return PYR_E_NOMEM;
    pyr_err err = put_rows(a, part, rows, &count);
    if (err == PYR_OK)
        err = encode_frame(a, part, rows, count);
    if (err == PYR_OK) {
        part->record = make_record(a, part->partition, PYR_FRAME_APPEND, &part->partition->logged, rows, count);
        err = part->record != NULL ? PYR_OK : PYR_E_NOMEM;
    }
    if (err != PYR_OK)
        undo_rows(a, rows, count);
    else
        a->used += part->record->log.payload.len;
    return err;
}

static void drop_part(struct append *a, struct part *part)
{
    if (part->record == NULL)
        return;
    undo_rows(a, part->record->rows, part->record->row_count);
    pyr_free(part->record);
    part->record = NULL;
}

/* ---- all of it ---- */

static pyr_err prepare_parts(struct append *a)
{
    for (uint32_t i = 0; i < a->part_count; i++)
        PYR_TRY(prepare_part(a, &a->parts[i]));
    if (a->used <= a->reserved)
        return PYR_OK;
    /* Tails of calls that failed come on top of the bound. */
    PYR_TRY(pyr_log_reserve(a->store->log, a->used - a->reserved, 0, a->diag));
    a->reserved = a->used;
    return PYR_OK;
}

/* Tells each record whom to tell. */
static pyr_err connect(struct append *a, struct pyr_completion *done)
{
    if (a->part_count == 1) {
        a->parts[0].record->then = done;
        return PYR_OK;
    }
    struct append_join *j = pyr_malloc(sizeof(*j));
    if (j == NULL)
        return PYR_E_NOMEM;
    j->completion = (struct pyr_completion){join_done};
    j->then = done;
    pyr_join_init(&j->join, a->part_count, &j->completion);
    for (uint32_t i = 0; i < a->part_count; i++)
        a->parts[i].record->join = &j->join;
    return PYR_OK;
}

static void queue_parts(struct append *a)
{
    for (uint32_t i = 0; i < a->part_count; i++) {
        struct part *part = &a->parts[i];
        struct pyr_partition *p = part->partition;
        p->logged = part->until;
        p->defined = true;
        p->bytes_since_copy += part->record->log.payload.len;
        p->table_bytes_logged += part->table_bytes;
        if (part->until.of[PYR_TABLE_NODES] >= a->store->settings.partition_nodes_max)
            atomic_store_explicit(&a->generation->full, true, memory_order_relaxed);
        pyr_log_append(a->store->log, &part->record->log); /* it may be gone after this */
    }
    atomic_fetch_add_explicit(&a->generation->log_bytes, a->used, memory_order_relaxed);
    int64_t not_begun = 0;
    atomic_compare_exchange_strong(&a->generation->began_ns, &not_begun, pyr_mono_ns());
}

static pyr_err append_locked(struct append *a, struct pyr_completion *done)
{
    pyr_err err = prepare_parts(a);
    if (err == PYR_OK)
        err = connect(a, done);
    if (err == PYR_OK) {
        queue_parts(a);
        return PYR_OK;
    }
    for (uint32_t i = 0; i < a->part_count; i++)
        drop_part(a, &a->parts[i]);
    return pyr_fail(a->diag, err, err == PYR_E_NOMEM ? "out of memory" : "the profile cannot be stored");
}

static pyr_err append_reserved(struct append *a, struct pyr_completion *done)
{
    a->order = PYR_ARENA_ARRAY(&a->scratch->arena, struct ordered_write, a->write_count);
    a->parts = PYR_ARENA_ARRAY(&a->scratch->arena, struct part, a->write_count);
    if (a->order == NULL || a->parts == NULL)
        return pyr_fail(a->diag, PYR_E_NOMEM, "out of memory");
    PYR_TRY(lock_partitions(a));
    if (a->part_count == 0) {
        pyr_complete(done, PYR_OK, NULL); /* nothing to store */
        return PYR_OK;
    }
    const pyr_err err = append_locked(a, done);
    unlock_partitions(a);
    return err;
}

/* ---- table copies ---- */

enum { COPY_AFTER_TABLES = 16 };

/* Lock held. Whether it is time to write the partition's tables again; asking restarts the count. */
static bool copy_is_due(const struct pyr_store *store, struct pyr_partition *p)
{
    if (p->bytes_since_copy < store->settings.table_copy_bytes ||
        p->bytes_since_copy < COPY_AFTER_TABLES * p->table_bytes_logged)
        return false;
    p->bytes_since_copy = 0;
    return true;
}

static struct append_record *copy_record(struct append *a, struct pyr_partition *p)
{
    struct pyr_buf *out = &a->scratch->frame;
    const struct pyr_table_ids from = PYR_TABLES_BUILT_IN;
    struct pyr_table_ids until;
    pyr_buf_clear(out);
    pyr_frame_begin(out, a->received_ns, p->tenant, p->service);
    /* Published entries only: no lock. Counted in this order: what an entry refers to is counted after it. */
    for (uint32_t t = PYR_TABLE_COUNT; t-- != 0;)
        until.of[t] = pyr_chunked_count(pyr_tables_array(&p->tables, (enum pyr_table)t));
    pyr_frame_put_tables(out, &p->tables, &from, &until);
    pyr_frame_put_row_count(out, 0);
    return out->err == PYR_OK ? make_record(a, p, PYR_FRAME_TABLES, &from, NULL, 0) : NULL;
}

/* Writes the partition's tables once more, so that damage before here costs nothing after it. A convenience: where memory
 * or room is short it waits for the next time. */
static void copy_tables(struct append *a, struct pyr_partition *p)
{
    struct append_record *r = copy_record(a, p);
    if (r == NULL)
        return;
    const size_t bytes = r->log.payload.len;
    if (pyr_log_reserve(a->store->log, bytes, 0, NULL) != PYR_OK) {
        pyr_free(r);
        return;
    }
    pyr_mutex_lock(&p->lock);
    const bool frozen = a->generation->frozen;
    if (!frozen) {
        atomic_fetch_add_explicit(&a->generation->log_bytes, bytes, memory_order_relaxed);
        pyr_log_append(a->store->log, &r->log);
    }
    pyr_mutex_unlock(&p->lock);
    if (frozen) {
        pyr_log_unreserve(a->store->log, bytes);
        pyr_free(r);
    }
}

static void copy_due_tables(struct append *a)
{
    for (uint32_t i = 0; i < a->part_count; i++) {
        struct pyr_partition *p = a->parts[i].partition;
        pyr_mutex_lock(&p->lock);
        const bool due = copy_is_due(a->store, p);
        pyr_mutex_unlock(&p->lock);
        if (due)
            copy_tables(a, p);
    }
}

/* ---- the call ---- */

pyr_err pyr_store_append(struct pyr_store *store, const struct pyr_write *writes, uint32_t count,
                         struct pyr_completion *done, struct pyr_diag *diag)
{
    struct append a = {
        .store = store, .writes = writes, .write_count = count, .diag = diag, .received_ns = pyr_wall_ns()};
    PYR_TRY(check_writes(&a));
    /* First of all: what nothing could be added to any more (a tenant has all the series it may have) ends in time, too. */
    PYR_TRY(pyr_store_freeze_when_due(store, diag));
    PYR_TRY(check_tables(&a));
    a.scratch = scratch_take(store);
    if (a.scratch == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "out of memory");
    pyr_err err = reserve_room(&a);
    if (err == PYR_OK) {
        err = append_reserved(&a, done);
        const size_t unused = a.reserved - (err == PYR_OK ? a.used : 0);
        if (unused != 0)
            pyr_log_unreserve(store->log, unused);
        if (err == PYR_OK)
            copy_due_tables(&a);
    }
    scratch_give(store, a.scratch);
    return err;
}
