/* replay.c - from the log's frames back to generations, at start. Tables are appended to as the frames say; hash tables
 * are not needed, because a replayed generation takes nothing new. */
#include "base/logging.h"
#include "base/time.h"
#include "storage/frame.h"
#include "storage/row_group.h"
#include "storage/store_impl.h"

static pyr_err generation_of(struct pyr_store *store, uint64_t number, struct pyr_generation **out)
{
    for (uint32_t i = store->generation_count; i-- != 0;) {
        *out = store->generations[i];
        if ((*out)->number == number)
            return PYR_OK;
    }
    return pyr_store_add_generation(store, number, out);
}

static pyr_err partition_of(struct pyr_generation *g, uint32_t number, const struct pyr_frame_reader *r,
                            struct pyr_partition **out, struct pyr_diag *diag)
{
    *out = number < pyr_chunked_count(&g->partitions) ? pyr_generation_partition(g, number) : NULL;
    if (*out != NULL)
        return PYR_OK;
    if (r->tenant.len == 0)
        return pyr_fail(diag, PYR_E_CORRUPT, "log frame: of a partition whose first frame is missing");
    const pyr_err err = pyr_generation_define_partition(g, number, r->tenant, r->service, out);
    return err == PYR_OK ? PYR_OK : pyr_fail(diag, err, "log frame: partition %u", number);
}

static pyr_err index_series(struct pyr_partition *p, uint32_t from)
{
    const uint32_t until = pyr_chunked_count(&p->tables.series.series);
    for (uint32_t i = from; i < until; i++)
        PYR_TRY(pyr_series_index_add(p->index, p, &p->tables.symbols, pyr_series_at(&p->tables.series, i)));
    return PYR_OK;
}

static pyr_err note_identity(struct pyr_store *store, const struct pyr_partition *p, const struct pyr_series *s,
                             const struct pyr_row_head *head, int64_t received_ns)
{
    static const uint8_t none[16];
    if (memcmp(head->identity, none, sizeof(none)) == 0 || received_ns < pyr_wall_ns() - 2 * PYR_REPEATS_WINDOW_NS)
        return PYR_OK;
    bool seen;
    return pyr_repeats_note(&store->repeats, pyr_row_repeat_key(p, s, head->identity), received_ns, &seen);
}

static pyr_err add_row(struct pyr_store *store, struct pyr_partition *p, uint32_t number, struct pyr_span bytes,
                       struct pyr_log_place place, int64_t received_ns, struct pyr_diag *diag)
{
    if (number >= pyr_chunked_count(&p->tables.series.series))
        return pyr_fail(diag, PYR_E_CORRUPT, "log frame: a row of a series that is not there");
    struct pyr_series *s = pyr_series_at(&p->tables.series, number);
    struct pyr_row_head head;
    PYR_TRY(pyr_row_head_parse(bytes, bytes.len, &head, diag));
    if (head.type_count != s->type_count)
        return pyr_fail(diag, PYR_E_CORRUPT, "row group: not of its series");
    struct pyr_generation *g = p->generation;
    PYR_TRY(note_identity(store, p, s, &head, received_ns));
    PYR_TRY(pyr_row_index_promise(&s->rows, &g->rows));
    const uint32_t ordinal = atomic_load_explicit(&g->rows_published, memory_order_relaxed);
    pyr_row_index_add(&s->rows,
                      &(struct pyr_row_ref){
                          .time_ns = head.time_ns, .ordinal = ordinal, .place = place, .bytes = (uint32_t)bytes.len});
    atomic_store_explicit(&g->rows_published, ordinal + 1, memory_order_release);
    store->rows++;
    return PYR_OK;
}

/* All rows that make sense; the first error of those that do not. */
static pyr_err add_rows(struct pyr_store *store, struct pyr_partition *p, struct pyr_frame_reader *r,
                        struct pyr_log_place place, struct pyr_diag *diag)
{
    pyr_err first = PYR_OK, err;
    uint32_t number, offset, bytes;
    while (pyr_frame_next_row(r, &number, &offset, &bytes, &err)) {
        const struct pyr_log_place at = {place.segment, place.offset + offset};
        err = add_row(store, p, number, (struct pyr_span){r->base + offset, bytes}, at, r->received_ns, diag);
        if (err == PYR_E_NOMEM)
            return err;
        if (first == PYR_OK)
            first = err;
    }
    return first != PYR_OK ? first : err;
}

static pyr_err replay(struct pyr_store *store, const struct pyr_log_frame *f, struct pyr_span payload,
                      struct pyr_log_place place, struct pyr_diag *diag)
{
    struct pyr_frame_reader r;
    struct pyr_generation *g;
    struct pyr_partition *p;
    if (f->type != PYR_FRAME_APPEND && f->type != PYR_FRAME_TABLES)
        return pyr_fail(diag, PYR_E_CORRUPT, "log frame: unknown type %u", f->type);
    PYR_TRY(pyr_frame_open(&r, payload, diag));
    PYR_TRY(generation_of(store, f->generation, &g));
    PYR_TRY(partition_of(g, f->partition, &r, &p, diag));
    atomic_fetch_add_explicit(&g->log_bytes, payload.len, memory_order_relaxed);

    struct pyr_table_ids first;
    memcpy(first.of, f->first_ids, sizeof(first.of));
    const uint32_t series_before = pyr_chunked_count(&p->tables.series.series);
    PYR_TRY(pyr_frame_read_tables(&r, &first, &p->tables, diag));
    PYR_TRY(index_series(p, series_before));
    return add_rows(store, p, &r, place, diag);
}

pyr_err pyr_store_replay_frame(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload,
                               struct pyr_log_place place, struct pyr_diag *diag)
{
    struct pyr_store *store = ctx;
    if (store->replay_err != PYR_OK)
        return store->replay_err;
    const pyr_err err = replay(store, f, payload, place, diag);
    if (err == PYR_E_NOMEM)
        store->replay_err = err;
    else if (err != PYR_OK)
        store->lost_frames++;
    return err;
}

/* One bad frame may make a thousand useless: after some lines the number says more (store.c). */
void pyr_store_replay_damage(void *ctx, uint32_t segment, uint32_t offset, const char *what)
{
    struct pyr_store *store = ctx;
    /* Without memory the store does not open: nothing is lost by that. */
    if (store->replay_err != PYR_OK || ++store->damages > PYR_STORE_DAMAGES_LOGGED)
        return;
    pyr_log(PYR_LOG_ERROR, "the log is damaged: profiles were lost", PYR_KV_I("segment", segment),
            PYR_KV_I("offset", offset), PYR_KV_S("what", what));
}
