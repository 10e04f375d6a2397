/* store.c - the store's life: opening, freezing generations, closing, and what it says of itself. */
#include "base/logging.h"
#include "base/mem.h"
#include "base/time.h"
#include "storage/snapshot.h"
#include "storage/store_impl.h"
#include <stdio.h>

void pyr_store_settings_default(struct pyr_store_settings *s)
{
    *s = (struct pyr_store_settings){
        .sync = PYR_LOG_SYNC_BATCH,
        .sync_interval_ns = PYR_NS_PER_S,
        .free_bytes_min = UINT64_C(256) << 20,
        .table_bytes_max = (size_t)256 << 20,
        .generation_table_bytes = (size_t)64 << 20,
        .generation_log_bytes = UINT64_C(1) << 30,
        .generation_age_ns = 30 * 60 * PYR_NS_PER_S,
        .partition_nodes_max = 4 << 20,
        .table_copy_bytes = (size_t)16 << 20,
        .tenant_series_max = 250000,
        .segment_bytes = (size_t)64 << 20,
        .first_segment_bytes = (size_t)1 << 20,
        .queue_bytes_max = (size_t)32 << 20,
        .retry_ns = PYR_NS_PER_S,
    };
}

/* ---- generations ---- */

pyr_err pyr_store_add_generation(struct pyr_store *store, uint64_t number, struct pyr_generation **out)
{
    if (store->generation_count == store->generation_room) {
        const uint32_t room = store->generation_room != 0 ? 2 * store->generation_room : 8;
        struct pyr_generation **grown = pyr_reallocarray(store->generations, room, sizeof(struct pyr_generation *));
        if (grown == NULL)
            return PYR_E_NOMEM;
        store->generations = grown;
        store->generation_room = room;
    }
    PYR_TRY(pyr_generation_create(number, out));
    store->generations[store->generation_count++] = *out;
    return PYR_OK;
}

static struct pyr_generation *newest(const struct pyr_store *store)
{
    return store->generations[store->generation_count - 1];
}

struct pyr_generation *pyr_store_open_generation(struct pyr_store *store)
{
    pyr_mutex_lock(&store->lock);
    struct pyr_generation *g = newest(store);
    pyr_mutex_unlock(&store->lock);
    return g;
}

static size_t generation_bytes(const struct pyr_generation *g)
{
    return pyr_tally_bytes(&g->tables) + pyr_tally_bytes(&g->rows);
}

size_t pyr_store_table_bytes(struct pyr_store *store, const struct pyr_generation *open)
{
    return atomic_load_explicit(&store->frozen_bytes, memory_order_relaxed) + generation_bytes(open);
}

/* Whether the generation has reached one of its limits. */
static bool freeze_is_due(const struct pyr_store *store, const struct pyr_generation *g)
{
    const struct pyr_store_settings *s = &store->settings;
    const int64_t began_ns = atomic_load_explicit(&g->began_ns, memory_order_relaxed);
    return atomic_load_explicit(&g->full, memory_order_relaxed) ||
           pyr_tally_bytes(&g->tables) >= s->generation_table_bytes ||
           atomic_load_explicit(&g->log_bytes, memory_order_relaxed) >= s->generation_log_bytes ||
           (began_ns != 0 && pyr_mono_ns() - began_ns >= s->generation_age_ns);
}

/* Store's lock held; `g` is the open one, `next` follows it in the set. */
static pyr_err freeze_locked(struct pyr_store *store, struct pyr_generation *g)
{
    struct pyr_generation *next;
    PYR_TRY(pyr_store_add_generation(store, g->number + 1, &next));
    struct pyr_partition **locked;
    uint32_t count;
    const pyr_err err = pyr_generation_lock_all(g, &locked, &count);
    if (err != PYR_OK) {
        store->generation_count--;
        pyr_generation_free(next);
        return err;
    }
    g->frozen = true;
    pyr_log_rotate(store->log, next->number, &g->synced);
    pyr_generation_unlock_all(g, locked, count);
    return PYR_OK;
}

/* Ends `g` if it is still the open one. */
static pyr_err freeze_generation(struct pyr_store *store, struct pyr_generation *g, struct pyr_diag *diag)
{
    pyr_err err = PYR_OK;
    pyr_mutex_lock(&store->lock);
    const bool is_open = g == newest(store);
    if (is_open)
        err = freeze_locked(store, g);
    pyr_mutex_unlock(&store->lock);
    if (err != PYR_OK)
        return pyr_fail(diag, err, "cannot begin a generation: out of memory");
    if (is_open) {
        pyr_generation_drop_write_side(g);
        atomic_fetch_add_explicit(&store->frozen_bytes, generation_bytes(g), memory_order_relaxed);
    }
    return PYR_OK;
}

/* Whether the generation before this one is all on disk. Until then (the disk is slow, or fails) this one goes on: the log
 * has room for few markers, and with all partitions locked one must not wait for it. */
static bool is_flushable_before(struct pyr_store *store, const struct pyr_generation *g)
{
    bool flushable = true;
    pyr_mutex_lock(&store->lock);
    for (uint32_t i = 1; i < store->generation_count; i++)
        if (store->generations[i] == g)
            flushable = atomic_load(&store->generations[i - 1]->flushable);
    pyr_mutex_unlock(&store->lock);
    return flushable;
}

pyr_err pyr_store_freeze_when_due(struct pyr_store *store, struct pyr_diag *diag)
{
    struct pyr_generation *g = pyr_store_open_generation(store);
    return freeze_is_due(store, g) && is_flushable_before(store, g) ? freeze_generation(store, g, diag) : PYR_OK;
}

pyr_err pyr_store_freeze(struct pyr_store *store, struct pyr_diag *diag)
{
    struct pyr_generation *g = pyr_store_open_generation(store);
    if (pyr_chunked_count(&g->partitions) == 0)
        return PYR_OK;
    return freeze_generation(store, g, diag);
}

/* ---- opening and closing ---- */

static char *join_path(const char *dir, const char *name)
{
    const size_t bytes = strlen(dir) + 1 + strlen(name) + 1;
    char *path = pyr_malloc(bytes);
    if (path != NULL)
        (void)snprintf(path, bytes, "%s/%s", dir, name);
    return path;
}

static pyr_err open_dirs(struct pyr_store *store, struct pyr_diag *diag)
{
    const struct pyr_vfs_ops *ops = store->vfs->ops;
    PYR_TRY(ops->mkdir(store->vfs, store->dir, diag));
    char *lock_path = join_path(store->dir, "lock");
    if (lock_path == NULL)
        return PYR_E_NOMEM;
    const pyr_err err = ops->lock(store->vfs, lock_path, &store->lock_file, diag);
    pyr_free(lock_path);
    PYR_TRY(err);
    PYR_TRY(ops->mkdir(store->vfs, store->log_dir, diag));
    return ops->sync_dir(store->vfs, store->dir, diag);
}

static pyr_err open_log(struct pyr_store *store, struct pyr_diag *diag)
{
    const struct pyr_store_settings *s = &store->settings;
    const struct pyr_log_settings log = {.vfs = store->vfs,
                                         .dir = store->log_dir,
                                         .segment_bytes = s->segment_bytes,
                                         .first_segment_bytes = s->first_segment_bytes,
                                         .queue_bytes_max = s->queue_bytes_max,
                                         .disk_bytes_max = s->disk_bytes_max,
                                         .free_bytes_min = s->free_bytes_min,
                                         .sync = s->sync,
                                         .sync_interval_ns = s->sync_interval_ns,
                                         .retry_ns = s->retry_ns};
    const struct pyr_log_replay replay = {
        .ctx = store, .frame = pyr_store_replay_frame, .damage = pyr_store_replay_damage};
    uint64_t number;
    PYR_TRY(pyr_log_open(&log, &replay, &number, &store->log, diag));
    PYR_TRY(store->replay_err);
    if (store->damages > PYR_STORE_DAMAGES_LOGGED)
        pyr_log(PYR_LOG_ERROR, "more of the log is damaged, or builds on what is",
                PYR_KV_I("places", store->damages - PYR_STORE_DAMAGES_LOGGED),
                PYR_KV_I("lost_frames", store->lost_frames));
    for (uint32_t i = 0; i < store->generation_count; i++) {
        store->generations[i]->frozen = true;
        store->generations[i]->flushable = true;
        store->frozen_bytes += generation_bytes(store->generations[i]);
    }
    struct pyr_generation *open;
    return pyr_store_add_generation(store, number, &open);
}

static pyr_err store_open(struct pyr_store *store, struct pyr_diag *diag)
{
    store->dir = pyr_strdup(store->settings.dir);
    store->log_dir = store->dir != NULL ? join_path(store->dir, "log") : NULL;
    if (store->log_dir == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(open_dirs(store, diag));
    return open_log(store, diag);
}

pyr_err pyr_store_open(const struct pyr_store_settings *s, struct pyr_store **out, struct pyr_diag *diag)
{
    struct pyr_store *store = pyr_calloc(1, sizeof(*store));
    if (store == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "out of memory");
    store->settings = *s;
    store->vfs = s->vfs != NULL ? s->vfs : pyr_vfs_disk();
    pyr_mutex_init(&store->lock, PYR_RANK_STORE, "store");
    pyr_repeats_init(&store->repeats);
    const pyr_err err = store_open(store, diag);
    if (err != PYR_OK) {
        pyr_store_close(store);
        return pyr_fail(diag, err, "cannot open the store: %s", pyr_err_name(err));
    }
    *out = store;
    return PYR_OK;
}

static void free_scratch(struct pyr_store *store)
{
    for (struct pyr_append_scratch *s = store->scratch, *next; s != NULL; s = next) {
        next = s->next;
        pyr_arena_free(&s->arena);
        pyr_buf_free(&s->row);
        pyr_buf_free(&s->frame);
        pyr_free(s);
    }
}

void pyr_store_close(struct pyr_store *store)
{
    PYR_ASSERT(atomic_load(&store->pins) == 0);
    if (store->log != NULL)
        pyr_log_close(store->log);
    for (uint32_t i = 0; i < store->generation_count; i++)
        pyr_generation_free(store->generations[i]);
    pyr_free(store->generations);
    free_scratch(store);
    pyr_repeats_free(&store->repeats);
    if (store->lock_file != NULL)
        store->lock_file->ops->close(store->lock_file);
    pyr_free(store->dir);
    pyr_free(store->log_dir);
    pyr_mutex_destroy(&store->lock);
    pyr_free(store);
}

/* ---- state ---- */

static void add_series_stats(const struct pyr_partition *p, struct pyr_store_stats *out)
{
    const uint32_t count = pyr_chunked_count(&p->tables.series.series);
    out->series += count;
    for (uint32_t i = 0; i < count; i++) {
        const struct pyr_row_index *rows = &pyr_series_at(&p->tables.series, i)->rows;
        if (pyr_chunked_count(&rows->rows) == 0)
            continue;
        const int64_t min_ns = atomic_load_explicit(&rows->min_ns, memory_order_relaxed);
        const int64_t max_ns = atomic_load_explicit(&rows->max_ns, memory_order_relaxed);
        if (out->oldest_ns == 0 || min_ns < out->oldest_ns)
            out->oldest_ns = min_ns;
        if (out->newest_ns == 0 || max_ns > out->newest_ns)
            out->newest_ns = max_ns;
    }
}

static void add_generation_stats(struct pyr_generation *g, struct pyr_store_stats *out)
{
    out->table_bytes += pyr_tally_bytes(&g->tables);
    out->row_index_bytes += pyr_tally_bytes(&g->rows);
    const uint32_t count = pyr_chunked_count(&g->partitions);
    for (uint32_t i = 0; i < count; i++) {
        const struct pyr_partition *p = pyr_generation_partition(g, i);
        if (p == NULL)
            continue;
        out->partitions++;
        add_series_stats(p, out);
    }
}

/* Asks the way an append does: for the tables, and for room in the log. */
static void say_whether_writable(struct pyr_store *store, struct pyr_store_stats *out)
{
    enum { PROBE_BYTES = 1 << 20 }; /* a generous request */
    const size_t max = store->settings.table_bytes_max;
    struct pyr_diag diag = {0};
    if (max != 0 && out->table_bytes + out->row_index_bytes >= max) {
        (void)snprintf(out->why_not, sizeof(out->why_not), "intern tables and indexes are at their limit of %zu bytes",
                       max);
    } else if (pyr_log_reserve(store->log, PROBE_BYTES, 0, &diag) != PYR_OK) {
        (void)snprintf(out->why_not, sizeof(out->why_not), "%.*s", (int)sizeof(out->why_not) - 1, diag.message);
    } else {
        pyr_log_unreserve(store->log, PROBE_BYTES);
        out->writable = true;
    }
}

void pyr_store_stats(struct pyr_store *store, struct pyr_store_stats *out)
{
    *out = (struct pyr_store_stats){0};
    pyr_log_stats(store->log, &out->log);
    /* Every series is looked at: not under the store's lock. */
    struct pyr_snapshot *snap = pyr_store_pin(store);
    out->generations = snap != NULL ? snap->count : 0;
    for (uint32_t i = 0; i < out->generations; i++)
        add_generation_stats(snap->parts[i].generation, out);
    pyr_snapshot_unpin(snap);
    out->rows = atomic_load_explicit(&store->rows, memory_order_relaxed);
    out->lost_frames = store->lost_frames;
    out->repeats = pyr_repeats_count(&store->repeats);
    say_whether_writable(store, out);
}
