/* Puts the parts together: log_format (bytes), log_files (segments, spares, handles), log_queue (what waits),
 * log_writer (the thread), log_spares (files made ahead), log_replay (the start). */
#include "storage/log.h"
#include "base/logging.h"
#include "base/mem.h"
#include "storage/log_writer.h"
#include <stdatomic.h>
#include <stdio.h>

struct pyr_log {
    struct pyr_log_settings settings;
    struct pyr_log_files files;
    struct pyr_log_queue queue;
    struct pyr_log_spares spares;
    struct pyr_log_writer writer;
    struct pyr_log_replayed replayed;
};

static pyr_err check_settings(const struct pyr_log_settings *s, struct pyr_diag *diag)
{
    /* Offsets are 32 bits, and a segment may have to take a rescue and a large record on top of its size. */
    if (s->segment_bytes < (size_t)2 * PYR_LOG_HEADER_BYTES || s->segment_bytes > (size_t)1 << 31)
        return pyr_fail(diag, PYR_E_INVALID, "log: a segment of %zu bytes; between %d and %zu are possible",
                        s->segment_bytes, 2 * PYR_LOG_HEADER_BYTES, (size_t)1 << 31);
    if (s->queue_bytes_max == 0 || s->retry_ns <= 0)
        return pyr_fail(diag, PYR_E_INVALID, "log: the queue's size and the pause between attempts must be positive");
    if (s->sync == PYR_LOG_SYNC_INTERVAL && s->sync_interval_ns <= 0)
        return pyr_fail(diag, PYR_E_INVALID, "log: the interval between syncs must be positive");
    return PYR_OK;
}

/* Segments of which nothing counts: of released generations, left by attempts that failed, or by a start after which
 * nothing was written. */
static bool is_useless(const void *ctx, const struct pyr_log_segment *seg)
{
    const struct pyr_log_files *fs = ctx;
    const bool empty = seg->readable && !seg->keep_tail && seg->used == PYR_LOG_HEADER_BYTES && seg->pins == 0;
    return empty || seg->header.generation <= fs->released;
}

static pyr_err start(struct pyr_log *log, const struct pyr_log_replay *replay, struct pyr_diag *diag)
{
    PYR_TRY(pyr_log_files_scan(&log->files, diag));
    PYR_TRY(pyr_log_replay_all(&log->files, replay, &log->replayed, diag));
    pyr_err err = pyr_log_spares_start(&log->spares, &log->files, &log->settings, diag);
    if (err == PYR_OK) {
        err = pyr_log_writer_start(&log->writer, &log->replayed, diag);
        if (err != PYR_OK)
            pyr_log_spares_stop(&log->spares);
        log->replayed.tail = NULL; /* the writer had it */
    }
    if (log->replayed.tail != NULL)
        pyr_log_files_unpin(&log->files, log->replayed.tail);
    return err;
}

pyr_err pyr_log_open(const struct pyr_log_settings *s, const struct pyr_log_replay *replay, uint64_t *generation,
                     struct pyr_log **out, struct pyr_diag *diag)
{
    PYR_TRY(check_settings(s, diag));
    struct pyr_log *log = pyr_calloc(1, sizeof(*log));
    if (log == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "log: no memory");
    log->settings = *s;
    pyr_err err = pyr_log_files_init(&log->files, s->vfs, s->dir, diag);
    if (err != PYR_OK) {
        pyr_free(log);
        return err;
    }
    log->settings.dir = log->files.dir;
    pyr_log_queue_init(&log->queue, s->queue_bytes_max);
    log->writer = (struct pyr_log_writer){
        .settings = &log->settings, .files = &log->files, .queue = &log->queue, .spares = &log->spares};
    err = start(log, replay, diag);
    if (err != PYR_OK) {
        pyr_log_queue_free(&log->queue);
        pyr_log_files_free(&log->files);
        pyr_free(log);
        return err;
    }
    pyr_log_writer_check_room(&log->writer);
    struct pyr_diag untidy = {0};
    if (pyr_log_files_recycle(&log->files, is_useless, &log->files, &untidy) != PYR_OK) /* they do no harm */
        pyr_log(PYR_LOG_WARN, "useless log segments could not be removed", PYR_KV_S("error", untidy.message));
    *generation = log->replayed.generation + 1;
    *out = log;
    return PYR_OK;
}

void pyr_log_close(struct pyr_log *log)
{
    pyr_log_queue_stop(&log->queue);
    pyr_log_writer_finish(&log->writer);
    pyr_log_spares_stop(&log->spares);
    pyr_log_queue_free(&log->queue);
    pyr_log_files_free(&log->files);
    pyr_free(log);
}

pyr_err pyr_log_reserve(struct pyr_log *log, size_t bytes, int64_t wait_ns, struct pyr_diag *diag)
{
    return pyr_log_queue_reserve(&log->queue, bytes, wait_ns, diag);
}

void pyr_log_unreserve(struct pyr_log *log, size_t bytes)
{
    pyr_log_queue_unreserve(&log->queue, bytes);
}

void pyr_log_append(struct pyr_log *log, struct pyr_log_record *record)
{
    pyr_log_queue_append(&log->queue, record);
}

void pyr_log_rotate(struct pyr_log *log, uint64_t next_generation, struct pyr_completion *done)
{
    pyr_log_queue_mark(&log->queue, next_generation, done);
}

pyr_err pyr_log_release(struct pyr_log *log, uint64_t generation, struct pyr_diag *diag)
{
    const pyr_err err = pyr_log_files_release(&log->files, generation, diag);
    pyr_log_writer_check_room(&log->writer);
    return err;
}

static pyr_err read_run(struct pyr_log *log, struct pyr_log_place place, void *dst, size_t len, struct pyr_diag *diag)
{
    struct pyr_log_segment *seg;
    pyr_err err = pyr_log_files_pin(&log->files, place.segment, &seg, diag);
    if (err == PYR_OK) {
        err = seg->file->ops->read_at(seg->file, place.offset, dst, len, diag);
        pyr_log_files_unpin(&log->files, seg);
    }
    if (err != PYR_OK)
        pyr_diag_prefix(diag, "log segment %u, offset %u", place.segment, place.offset);
    return err;
}

pyr_err pyr_log_read(struct pyr_log *log, struct pyr_log_place place, void *dst, size_t len, struct pyr_diag *diag)
{
    pyr_err err = PYR_OK;
    for (uint8_t *to = dst; len != 0 && err == PYR_OK;) {
        size_t run = len;
        err = read_run(log, pyr_log_files_resolve(&log->files, place, &run), to, run, diag);
        to += run;
        len -= run;
        place.offset += (uint32_t)run;
    }
    return err;
}

void pyr_log_stats(struct pyr_log *log, struct pyr_log_stats *out)
{
    const struct pyr_log_counters *c = &log->writer.counters;
    *out = (struct pyr_log_stats){.frames = atomic_load(&c->frames),
                                  .batches = atomic_load(&c->batches),
                                  .syncs = atomic_load(&c->syncs),
                                  .payload_bytes = atomic_load(&c->payload_bytes),
                                  .sync_failures = atomic_load(&c->failures),
                                  .last_sequence = atomic_load(&c->last_sequence),
                                  .synced_sequence = atomic_load(&c->synced_sequence),
                                  .replayed_frames = log->replayed.frames,
                                  .torn_bytes = log->replayed.torn_bytes,
                                  .damaged_frames = log->replayed.damaged_frames};
    pyr_mutex_lock(&log->files.lock);
    out->segments = log->files.count;
    out->recycled_segments = log->files.spare_count;
    out->disk_bytes = atomic_load(&log->files.segment_bytes) + atomic_load(&log->files.spare_bytes);
    pyr_mutex_unlock(&log->files.lock);
    struct pyr_log_queue *q = &log->queue;
    pyr_mutex_lock(&q->lock);
    out->queued_bytes = q->reserved;
    const char *why = q->failing[0] != '\0' ? q->failing : q->disk_room == 0 ? q->why_no_room : "";
    out->read_only = why[0] != '\0';
    (void)snprintf(out->why, sizeof(out->why), "%s", why);
    pyr_mutex_unlock(&q->lock);
}
