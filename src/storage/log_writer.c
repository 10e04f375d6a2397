#include "storage/log_writer.h"
#include "base/assert.h"
#include "base/logging.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/time.h"
#include "storage/log_reader.h"
#include <stdatomic.h>
#include <stdio.h>

enum { BATCH_FRAMES_MAX = 1024, BATCH_BYTES_MAX = 4 << 20 };
/* An idle log says after this time that its last batch was synced, so that a later bad bit there is known as damage. */
static const int64_t idle_mark_ns = PYR_NS_PER_S;
static const int64_t room_check_ns = PYR_NS_PER_S / 4;

static struct {
    struct pyr_metric *bytes, *frames, *batches, *sync_seconds, *failures, *read_only;
} metrics;

static pthread_once_t metrics_once = PTHREAD_ONCE_INIT;

static void metrics_init(void)
{
    static const double bounds[] = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5};
    metrics.bytes =
        pyr_counter("pyroscope_log_bytes_total", "Bytes written to the log, frame headers included.", NULL, 0);
    metrics.frames = pyr_counter("pyroscope_log_frames_total", "Frames written to the log.", NULL, 0);
    metrics.batches = pyr_counter("pyroscope_log_batches_total", "Batches written to the log.", NULL, 0);
    metrics.sync_seconds = pyr_histogram("pyroscope_log_sync_seconds", "Time the disk took to sync the log.", bounds,
                                         PYR_COUNT_OF(bounds), NULL, 0);
    metrics.failures = pyr_counter("pyroscope_log_failures_total", "Failed writes and syncs of the log.", NULL, 0);
    metrics.read_only = pyr_gauge("pyroscope_log_read_only", "1 while the log cannot be written.", NULL, 0);
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

/* ---- one attempt ---- */

static bool unsynced(const struct pyr_log_writer *w)
{
    return w->active != NULL && w->synced_to < w->active->used;
}

static uint64_t batch_bytes(const struct pyr_log_batch *batch)
{
    return batch->payload_bytes + batch->count * (uint64_t)PYR_LOG_FRAME_HEADER_BYTES;
}

/* Syncs the active segment; then all that was accepted into it is safe. */
static pyr_err sync_active(struct pyr_log_writer *w, struct pyr_diag *diag)
{
    const int64_t begin_ns = pyr_mono_ns();
    const pyr_err err = w->active->file->ops->sync(w->active->file, diag);
    pyr_metric_observe(metrics.sync_seconds, (double)(pyr_mono_ns() - begin_ns) / (double)PYR_NS_PER_S);
    count(&w->counters.syncs, 1);
    w->sync_failed |= err != PYR_OK;
    return err;
}

static void note_synced(struct pyr_log_writer *w)
{
    w->synced_to = w->active->used;
    atomic_store_explicit(&w->counters.synced_sequence, w->next_sequence - 1, memory_order_relaxed);
    w->sync_due_ns = pyr_mono_ns() + w->settings->sync_interval_ns;
}

/* The active segment is used up to here. */
static void use_to(struct pyr_log_writer *w, uint64_t end)
{
    if (end > w->active->bytes)
        pyr_log_files_grow(w->files, w->active, end - w->active->bytes);
    w->active->used = end;
    atomic_store_explicit(&w->slack, w->active->bytes - end, memory_order_relaxed);
}

/* Copies bytes of the old segment that are no good frame, as they are, up to the next one: places keep their distance, and
 * the next replay reports the damage again. */
static pyr_err copy_bad(const struct pyr_log_rescue *rescue, struct pyr_log_reader *r, struct pyr_log_segment *seg,
                        uint64_t *at, uint64_t end, struct pyr_diag *diag)
{
    struct pyr_log_frame_header h;
    if (end == 0) {
        end = *at + 1;
        PYR_TRY(pyr_log_reader_next(r, &end, &h, diag));
    }
    end = end < rescue->end ? end : rescue->end;
    while (*at < end) {
        enum { CHUNK_BYTES = 64 << 10 };
        struct pyr_span run = {.len = end - *at < CHUNK_BYTES ? (size_t)(end - *at) : CHUNK_BYTES};
        PYR_TRY(pyr_log_reader_bytes(r, *at, run.len, &run.ptr, diag));
        PYR_TRY(seg->file->ops->write_at(seg->file, seg->used, &run, 1, diag));
        *at += run.len;
        seg->used += run.len;
    }
    return PYR_OK;
}

/* Copies the frames to be rescued to the begin of `seg`, under its salt. */
static pyr_err copy_frames(const struct pyr_log_rescue *rescue, struct pyr_log_reader *r, struct pyr_log_segment *seg,
                           struct pyr_diag *diag)
{
    for (uint64_t at = rescue->begin; at < rescue->end;) {
        enum pyr_log_found found;
        struct pyr_log_frame_header h;
        struct pyr_span payload;
        uint8_t header[PYR_LOG_FRAME_HEADER_BYTES];
        PYR_TRY(pyr_log_reader_frame(r, at, &found, &h, &payload, diag));
        if (found != PYR_LOG_FOUND_FRAME) {
            const uint64_t end = found == PYR_LOG_FOUND_BAD_PAYLOAD ? pyr_log_frame_end(at, &h) : 0;
            PYR_TRY(copy_bad(rescue, r, seg, &at, end, diag));
            continue;
        }
        h.payload_hash = pyr_log_payload_hash(payload, seg->header.salt);
        pyr_log_frame_encode(&h, seg->header.salt, header);
        const struct pyr_span runs[2] = {{header, sizeof(header)}, payload};
        PYR_TRY(seg->file->ops->write_at(seg->file, seg->used, runs, 2, diag));
        at += sizeof(header) + payload.len;
        seg->used += sizeof(header) + payload.len;
    }
    return PYR_OK;
}

static pyr_err carry_over(const struct pyr_log_rescue *rescue, struct pyr_log_segment *seg, struct pyr_diag *diag)
{
    struct pyr_log_reader reader;
    PYR_TRY(pyr_log_reader_init(&reader, rescue->from, diag));
    pyr_err err = copy_frames(rescue, &reader, seg, diag);
    if (err == PYR_OK && reader.unreadable_end != 0) /* a later attempt may be luckier; the original is still there */
        err = pyr_fail(diag, PYR_E_IO, "%s", reader.unreadable.message);
    pyr_log_reader_free(&reader);
    if (seg->used > seg->bytes)
        seg->bytes = seg->used;
    return err;
}

/* The copies are safe: from now on they are what counts. */
static void finish_rescue(struct pyr_log_writer *w)
{
    const struct pyr_log_place to = {w->active->header.number, PYR_LOG_HEADER_BYTES};
    pyr_log_files_move(w->files, w->rescue.from, w->rescue.begin, to);
    pyr_log_files_unpin(w->files, w->rescue.from);
    w->rescue = (struct pyr_log_rescue){0};
}

/* Starts a segment with room for `bytes`. It is in the log only with what it takes over, all of it synced. */
static pyr_err enter(struct pyr_log_writer *w, uint64_t bytes, struct pyr_diag *diag)
{
    const struct pyr_log_rescue *rescue = &w->rescue;
    const bool rescuing = rescue->from != NULL;
    const uint64_t least = PYR_LOG_HEADER_BYTES + bytes + (rescue->end - rescue->begin);
    const uint64_t prepared = least > w->settings->segment_bytes ? least : w->settings->segment_bytes;
    const uint64_t first = rescuing ? rescue->first_sequence : w->next_sequence;
    const struct pyr_log_header header = {.generation = rescuing ? rescue->from->header.generation : w->generation,
                                          .first_sequence = first,
                                          .durable = first - 1};
    struct pyr_log_segment *seg;
    PYR_TRY(pyr_log_files_begin(w->files, header, prepared, &seg, diag));
    w->capacity = seg->bytes >= prepared ? seg->bytes : 0;
    const pyr_err err = rescuing ? carry_over(rescue, seg, diag) : PYR_OK;
    if (err != PYR_OK) {
        pyr_log_files_abort(w->files, seg);
        return err;
    }
    PYR_TRY(pyr_log_files_publish(w->files, seg, diag));
    w->active = seg;
    w->sync_failed = w->wanted = false;
    w->unmarked = rescuing; /* else the header says that all before it was synced */
    use_to(w, seg->used);
    note_synced(w);
    if (rescuing)
        finish_rescue(w);
    return PYR_OK;
}

/* Syncs and closes the active segment. */
static pyr_err leave(struct pyr_log_writer *w, struct pyr_diag *diag)
{
    if (unsynced(w)) {
        PYR_TRY(sync_active(w, diag));
        note_synced(w);
    }
    pyr_log_files_unpin(w->files, w->active);
    w->active = NULL;
    atomic_store_explicit(&w->slack, 0, memory_order_relaxed);
    pyr_log_spares_tidy(w->spares);
    return PYR_OK;
}

static bool fits(struct pyr_log_writer *w, uint64_t bytes)
{
    const uint64_t end = w->active->used + bytes;
    if (w->active->used == PYR_LOG_HEADER_BYTES)
        return true;
    if (w->capacity != 0)
        return end <= w->capacity;
    /* Made in haste: good enough until a prepared one waits. */
    return end <= w->settings->first_segment_bytes ||
           (end <= w->settings->segment_bytes && !pyr_log_files_has_spare(w->files, w->settings->segment_bytes));
}

/* Makes the active segment one of the right generation with room for `bytes`. */
static pyr_err settle(struct pyr_log_writer *w, uint64_t bytes, struct pyr_diag *diag)
{
    for (;;) {
        if (w->active == NULL)
            PYR_TRY(enter(w, bytes, diag));
        if (w->active->header.generation == w->generation && fits(w, bytes))
            return PYR_OK;
        PYR_TRY(leave(w, diag));
    }
}

static pyr_err write_frames(struct pyr_log_writer *w, const struct pyr_log_batch *batch, struct pyr_diag *diag)
{
    const uint64_t salt = w->active->header.salt;
    uint64_t at = w->active->used, sequence = w->next_sequence;
    const uint64_t durable = atomic_load_explicit(&w->counters.synced_sequence, memory_order_relaxed);
    struct pyr_span *run = w->runs;
    uint8_t *header = w->headers;
    for (struct pyr_log_record *r = batch->first; r != NULL; r = r->next) {
        struct pyr_log_frame_header h = {.sequence = sequence++,
                                         .durable = durable,
                                         .length = (uint32_t)r->payload.len,
                                         .partition = r->frame.partition,
                                         .type = r->frame.type,
                                         .payload_hash = pyr_log_payload_hash(r->payload, salt)};
        memcpy(h.first_ids, r->frame.first_ids, sizeof(h.first_ids));
        pyr_log_frame_encode(&h, salt, header);
        r->frame.generation = w->generation;
        r->place = (struct pyr_log_place){w->active->header.number, (uint32_t)(at + PYR_LOG_FRAME_HEADER_BYTES)};
        *run++ = (struct pyr_span){header, PYR_LOG_FRAME_HEADER_BYTES};
        *run++ = r->payload;
        header += PYR_LOG_FRAME_HEADER_BYTES;
        at += PYR_LOG_FRAME_HEADER_BYTES + r->payload.len;
    }
    return w->active->file->ops->write_at(w->active->file, w->active->used, w->runs, (size_t)(run - w->runs), diag);
}

/* Counts the batch in: it is in the active segment. */
static void accept(struct pyr_log_writer *w, const struct pyr_log_batch *batch, bool synced)
{
    use_to(w, w->active->used + batch_bytes(batch));
    w->next_sequence += batch->count;
    atomic_store_explicit(&w->counters.last_sequence, w->next_sequence - 1, memory_order_relaxed);
    if (synced)
        note_synced(w);
}

static pyr_err attempt(struct pyr_log_writer *w, const struct pyr_log_batch *batch, bool sync, struct pyr_diag *diag)
{
    PYR_TRY(settle(w, batch_bytes(batch), diag));
    if (batch->count != 0)
        PYR_TRY(write_frames(w, batch, diag));
    sync = sync && (batch->count != 0 || unsynced(w));
    if (sync)
        PYR_TRY(sync_active(w, diag));
    accept(w, batch, sync);
    return PYR_OK;
}

/* ---- failures ---- */

/* After a failure: the active segment gets nothing more. What was accepted into it and is not synced is kept for
 * rescue; a sync that failed is not tried again, since the kernel may have marked the pages clean. */
static void abandon(struct pyr_log_writer *w)
{
    struct pyr_log_segment *seg = w->active;
    w->active = NULL;
    atomic_store_explicit(&w->slack, 0, memory_order_relaxed);
    if (seg == NULL)
        return;
    PYR_ASSERT(w->rescue.from == NULL);
    if (seg->used == PYR_LOG_HEADER_BYTES) {
        pyr_log_files_discard(w->files, seg);
        return;
    }
    const bool safe = w->synced_to == seg->used || (!w->sync_failed && seg->file->ops->sync(seg->file, NULL) == PYR_OK);
    if (safe) {
        atomic_store_explicit(&w->counters.synced_sequence, w->next_sequence - 1, memory_order_relaxed);
        pyr_log_files_unpin(w->files, seg);
        return;
    }
    w->rescue = (struct pyr_log_rescue){seg, w->synced_to, seg->used,
                                        atomic_load_explicit(&w->counters.synced_sequence, memory_order_relaxed) + 1};
}

static void note_failure(struct pyr_log_writer *w, const struct pyr_diag *diag, bool first)
{
    count(&w->counters.failures, 1);
    pyr_metric_add(metrics.failures, 1);
    pyr_metric_set(metrics.read_only, 1);
    pyr_log_queue_set_failing(w->queue, diag->code != PYR_OK ? diag->message : "unknown");
    if (first)
        pyr_log(PYR_LOG_ERROR, "the log cannot be written; nothing is accepted until it can",
                PYR_KV_S("error", diag->message));
    abandon(w);
}

static void note_recovery(struct pyr_log_writer *w, unsigned attempts)
{
    pyr_metric_set(metrics.read_only, 0);
    pyr_log_queue_set_failing(w->queue, NULL);
    pyr_log(PYR_LOG_WARN, "the log is written again, to a new segment", PYR_KV_I("segment", w->active->header.number),
            PYR_KV_I("attempts", attempts));
}

/* Until it is done: once more at once (a new segment may be all it takes), then again after each pause. An error means
 * that the log is closing. */
static pyr_err commit(struct pyr_log_writer *w, const struct pyr_log_batch *batch, bool sync, struct pyr_diag *diag)
{
    for (unsigned tries = 0;; tries++) {
        *diag = (struct pyr_diag){0};
        const pyr_err err = attempt(w, batch, sync || tries != 0, diag);
        if (err == PYR_OK) {
            if (tries != 0)
                note_recovery(w, tries + 1);
            return PYR_OK;
        }
        note_failure(w, diag, tries == 0);
        if (tries != 0 && !pyr_log_queue_pause(w->queue, w->settings->retry_ns))
            return err;
    }
}

/* ---- what the thread does ---- */

static void complete_batch(const struct pyr_log_batch *batch, pyr_err err, const struct pyr_diag *diag)
{
    struct pyr_log_record *next;
    for (struct pyr_log_record *r = batch->first; r != NULL; r = next) {
        next = r->next; /* the record is its owner's again with the completion */
        pyr_complete(r->done, err, err != PYR_OK ? diag : NULL);
    }
}

/* Frames build on those before them: once a batch was given up (the disk failed until the log closed), so is what
 * follows, even if the disk would take it now. */
static pyr_err commit_next(struct pyr_log_writer *w, const struct pyr_log_batch *batch, bool sync)
{
    if (w->gave_up == PYR_OK)
        w->gave_up = commit(w, batch, sync, &w->why);
    return w->gave_up;
}

static void do_batch(struct pyr_log_writer *w, const struct pyr_log_batch *batch)
{
    const pyr_err err = commit_next(w, batch, w->settings->sync == PYR_LOG_SYNC_BATCH);
    if (err == PYR_OK) {
        w->unmarked = true;
        count(&w->counters.frames, batch->count);
        count(&w->counters.batches, 1);
        count(&w->counters.payload_bytes, batch->payload_bytes);
        pyr_metric_add(metrics.frames, (int64_t)batch->count);
        pyr_metric_add(metrics.batches, 1);
        pyr_metric_add(metrics.bytes, (int64_t)batch_bytes(batch));
    }
    pyr_log_queue_spend(w->queue, batch->payload_bytes, batch_bytes(batch));
    complete_batch(batch, err, &w->why);
}

/* An empty frame of the log's own, for the sake of its `durable`. */
static void write_mark(struct pyr_log_writer *w)
{
    struct pyr_log_record record = {0};
    const struct pyr_log_batch batch = {.first = &record, .count = 1};
    struct pyr_diag diag;
    if (commit(w, &batch, true, &diag) == PYR_OK)
        w->unmarked = false;
}

static void do_marker(struct pyr_log_writer *w, struct pyr_log_marker *marker)
{
    static const struct pyr_log_batch nothing = {0};
    struct pyr_completion *done = marker->done;
    const pyr_err err = commit_next(w, &nothing, true);
    w->generation = marker->next_generation;
    pyr_log_queue_unmark(w->queue, marker);
    pyr_complete(done, err, err != PYR_OK ? &w->why : NULL);
    /* The new generation's segment is made even if nothing comes: the folder remembers the number. */
    (void)commit_next(w, &nothing, false);
}

static bool has_limits(const struct pyr_log_writer *w)
{
    return w->settings->disk_bytes_max != 0 || w->settings->free_bytes_min != 0;
}

/* How long the thread may sleep; negative: until there is work. */
static int64_t sleep_ns(const struct pyr_log_writer *w)
{
    int64_t ns = w->unmarked && !unsynced(w) ? idle_mark_ns : INT64_MAX;
    if (w->settings->sync == PYR_LOG_SYNC_INTERVAL && unsynced(w)) {
        const int64_t due_ns = w->sync_due_ns - pyr_mono_ns();
        ns = due_ns < 0 ? 0 : due_ns < ns ? due_ns : ns;
    }
    if (has_limits(w) && w->settings->retry_ns < ns)
        ns = w->settings->retry_ns;
    return ns == INT64_MAX ? -1 : ns;
}

static void housekeeping(struct pyr_log_writer *w, bool idle)
{
    static const struct pyr_log_batch nothing = {0};
    struct pyr_diag diag;
    const int64_t now_ns = pyr_mono_ns();
    const bool due = w->settings->sync == PYR_LOG_SYNC_INTERVAL && unsynced(w) && now_ns >= w->sync_due_ns;
    if (due)
        (void)commit(w, &nothing, true, &diag);
    else if (idle && w->unmarked && !unsynced(w))
        write_mark(w);
    if (has_limits(w) && (idle || now_ns - w->room_checked_ns >= room_check_ns)) {
        w->room_checked_ns = now_ns;
        pyr_log_writer_check_room(w);
    }
    if (!w->wanted && w->active != NULL) {
        const uint64_t size = w->capacity != 0 ? w->capacity : w->settings->first_segment_bytes;
        w->wanted = w->active->used > size / 4;
        if (w->wanted)
            pyr_log_spares_want(w->spares);
    }
}

/* All is written; what the mode left unsynced is synced now. */
static void finish(struct pyr_log_writer *w)
{
    static const struct pyr_log_batch nothing = {0};
    struct pyr_diag diag;
    if (unsynced(w))
        (void)commit(w, &nothing, true, &diag);
    if (w->active != NULL && w->unmarked)
        write_mark(w);
}

static void *run(void *arg)
{
    struct pyr_log_writer *w = arg;
    const size_t room = w->settings->segment_bytes - PYR_LOG_HEADER_BYTES;
    const size_t bytes_max = room < BATCH_BYTES_MAX ? room : BATCH_BYTES_MAX;
    for (;;) {
        struct pyr_log_batch batch;
        const enum pyr_log_taken taken = pyr_log_queue_take(w->queue, BATCH_FRAMES_MAX, bytes_max, sleep_ns(w), &batch);
        if (taken == PYR_LOG_TAKEN_END)
            break;
        if (taken == PYR_LOG_TAKEN_WORK) {
            if (batch.marker != NULL)
                do_marker(w, batch.marker);
            else
                do_batch(w, &batch);
        }
        housekeeping(w, taken == PYR_LOG_TAKEN_NOTHING);
    }
    finish(w);
    return NULL;
}

/* ---- limits ---- */

void pyr_log_writer_check_room(struct pyr_log_writer *w)
{
    const struct pyr_log_settings *s = w->settings;
    char why[PYR_LOG_WHY_BYTES] = "";
    uint64_t room = UINT64_MAX, free_bytes;
    if (s->disk_bytes_max != 0) {
        const uint64_t used = atomic_load(&w->files->segment_bytes) - atomic_load(&w->slack);
        room = used < s->disk_bytes_max ? s->disk_bytes_max - used : 0;
        (void)snprintf(why, sizeof(why), "the log has reached its limit of %llu bytes on disk",
                       (unsigned long long)s->disk_bytes_max);
    }
    if (s->free_bytes_min != 0 && s->vfs->ops->free_bytes(s->vfs, s->dir, &free_bytes, NULL) == PYR_OK) {
        const uint64_t left = free_bytes > s->free_bytes_min ? free_bytes - s->free_bytes_min : 0;
        if (left < room) {
            room = left;
            (void)snprintf(why, sizeof(why), "the disk has %llu bytes free; at least %llu are to stay so",
                           (unsigned long long)free_bytes, (unsigned long long)s->free_bytes_min);
        }
    }
    pyr_log_queue_set_room(w->queue, room, why);
}

/* ---- start and end ---- */

static pyr_err first_segment(struct pyr_log_writer *w, struct pyr_diag *diag)
{
    const pyr_err err = settle(w, 0, diag);
    if (err != PYR_OK)
        note_failure(w, diag, true);
    return err;
}

static void *run_after_failure(void *arg)
{
    static const struct pyr_log_batch nothing = {0};
    struct pyr_log_writer *w = arg;
    struct pyr_diag diag;
    if (w->active == NULL && commit(w, &nothing, false, &diag) == PYR_OK)
        note_recovery(w, 2);
    return run(w);
}

static void let_go(struct pyr_log_writer *w)
{
    if (w->active != NULL)
        pyr_log_files_unpin(w->files, w->active);
    if (w->rescue.from != NULL)
        pyr_log_files_unpin(w->files, w->rescue.from);
    pyr_free(w->headers);
    pyr_free(w->runs);
}

pyr_err pyr_log_writer_start(struct pyr_log_writer *w, const struct pyr_log_replayed *replayed, struct pyr_diag *diag)
{
    (void)pthread_once(&metrics_once, metrics_init);
    w->headers = pyr_malloc((size_t)BATCH_FRAMES_MAX * PYR_LOG_FRAME_HEADER_BYTES);
    w->runs = pyr_malloc(2 * BATCH_FRAMES_MAX * sizeof(*w->runs));
    w->generation = replayed->generation + 1;
    w->next_sequence = replayed->next_sequence;
    atomic_store(&w->counters.last_sequence, w->next_sequence - 1);
    atomic_store(&w->counters.synced_sequence, replayed->durable);
    if (replayed->tail != NULL)
        w->rescue = (struct pyr_log_rescue){replayed->tail, replayed->tail_from, replayed->tail->used,
                                            replayed->tail_first_sequence};
    struct pyr_diag failed = {0};
    if (w->headers != NULL && w->runs != NULL) {
        (void)first_segment(w, &failed);
        if (pthread_create(&w->thread, NULL, run_after_failure, w) == 0) {
            (void)pthread_setname_np(w->thread, "log-writer");
            return PYR_OK;
        }
    }
    let_go(w);
    return pyr_fail(diag, PYR_E_NOMEM, "log: no memory for the writer");
}

void pyr_log_writer_finish(struct pyr_log_writer *w)
{
    (void)pthread_join(w->thread, NULL);
    let_go(w);
}
