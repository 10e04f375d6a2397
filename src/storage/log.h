/* log.h - the durable log: what was acknowledged is in here until a block holds it.
 *
 * A folder of segments; a segment is a header and frames (byte layout: log_format.h, docs/format.md). One
 * writer thread takes records from a bounded first-in-first-out queue, writes a batch, syncs once, then completes each
 * record of the batch, in order. After a failed write or sync the batch is written whole to a new segment; while that
 * fails the log is read-only, says so, and retries: nothing is dropped.
 *
 * The log knows nothing of what payloads mean; generations are numbers to it. */
#ifndef PYR_STORAGE_LOG_H
#define PYR_STORAGE_LOG_H
#include "base/completion.h"
#include "base/err.h"
#include "base/span.h"
#include "base/vfs.h"

enum { PYR_LOG_TABLES = 8 };                  /* first ids a frame carries */
enum { PYR_LOG_FRAME_BYTES_MAX = 256 << 20 }; /* larger than any record that ingest can make */

enum pyr_log_sync { PYR_LOG_SYNC_BATCH, PYR_LOG_SYNC_INTERVAL, PYR_LOG_SYNC_NONE };

struct pyr_log_settings {
    struct pyr_vfs *vfs;
    const char *dir;            /* exists, and is locked by the caller */
    size_t segment_bytes;       /* 64 MiB; a record that is larger gets a segment of its own size */
    size_t first_segment_bytes; /* small, so that an empty store starts at once; 1 MiB */
    size_t queue_bytes_max;     /* reserved and not yet completed; 32 MiB */
    uint64_t
        disk_bytes_max; /* all segments, but for one made ahead; 0 = no limit. At it: PYR_E_UNAVAILABLE from reserve */
    uint64_t free_bytes_min; /* of the file system; below it likewise */
    enum pyr_log_sync sync;
    int64_t sync_interval_ns; /* PYR_LOG_SYNC_INTERVAL */
    int64_t retry_ns;         /* pause between attempts after a failure */
};

/* Where a payload lies. */
struct pyr_log_place {
    uint32_t segment; /* number, unique for the store's life */
    uint32_t offset;  /* of the payload's first byte in the segment, bytes */
};

/* What a frame says of itself besides its payload. */
struct pyr_log_frame {
    uint64_t generation;                /* set by the log: the order of append and rotate decides it */
    uint32_t partition;                 /* number within the generation */
    uint8_t type;                       /* the user's, 1 or more; 0 is the log's own */
    uint32_t first_ids[PYR_LOG_TABLES]; /* the user's: first id per table, checked by the user at replay */
};

/* Lives in the appender's struct until `done` completes; payload too. The log fills `place` before completing. */
struct pyr_log_record {
    struct pyr_log_record *next; /* the log's */
    struct pyr_log_frame frame;
    struct pyr_span payload;
    struct pyr_log_place place;
    struct pyr_completion
        *done; /* runs on the log thread, after the sync (or at once after the write, as `sync` says) */
};

/* Replay, in the order of sequence, each sequence once. Runs inside pyr_log_open on its thread. */
struct pyr_log_replay {
    void *ctx;
    /* `payload` is valid during the call. An error means the frame is of no use (a gap in ids): it is counted as damage
     * and replay goes on. */
    pyr_err (*frame)(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload, struct pyr_log_place place,
                     struct pyr_diag *diag);
    /* A bad frame below the mark up to which everything was synced: what was there is lost. */
    void (*damage)(void *ctx, uint32_t segment, uint32_t offset, const char *what);
};

struct pyr_log_stats {
    uint64_t segments, disk_bytes, recycled_segments;
    uint64_t frames, batches, syncs, payload_bytes;
    uint64_t sync_failures; /* and failed writes */
    uint64_t replayed_frames, torn_bytes, damaged_frames;
    uint64_t queued_bytes;
    uint64_t last_sequence, synced_sequence;
    bool read_only;
    char why[160]; /* of read_only */
};

struct pyr_log;

/* Replays what is there, then starts a new segment for `generation + 1` of the newest found (1 for an empty folder) and
 * the writer thread. `*generation` tells which. A torn tail is cut; damage is reported, skipped, and not deleted. When the
 * disk cannot be written the log opens read-only and retries; when it cannot be read where acknowledged records may lie
 * unmarked, PYR_E_IO. PYR_E_UNIMPLEMENTED: a newer program wrote it. */
PYR_MUST_USE pyr_err pyr_log_open(const struct pyr_log_settings *s, const struct pyr_log_replay *replay,
                                  uint64_t *generation, struct pyr_log **out, struct pyr_diag *diag);
/* Writes and syncs what is queued, completes it (with an error while the disk fails), joins, frees. Nothing may be
 * reserved, appended or read any more. */
void pyr_log_close(struct pyr_log *log);

/* Reserves room in the queue before the caller takes a partition lock; may block for a short while when the queue is
 * full, at most `wait_ns`. PYR_E_UNAVAILABLE: full, read-only or at a disk limit; the diag says which. */
PYR_MUST_USE pyr_err pyr_log_reserve(struct pyr_log *log, size_t bytes, int64_t wait_ns, struct pyr_diag *diag);
/* Gives back what was reserved and not used (a smaller record than feared). */
void pyr_log_unreserve(struct pyr_log *log, size_t bytes);
/* Queues; never blocks on the disk, never fails. payload.len must have been reserved. The order of calls is the order
 * in the log. */
void pyr_log_append(struct pyr_log *log, struct pyr_log_record *record);
/* Queues a marker: records appended later belong to the next generation and go to a new segment. `done` completes when
 * everything before the marker is synced. Waits for the disk only while four earlier ones are not done. */
void pyr_log_rotate(struct pyr_log *log, uint64_t next_generation, struct pyr_completion *done);
/* This generation and older ones hold nothing that is needed any more: they are dropped from the log, at one stroke and
 * durably, and their segments recycled. On an error that may have happened or not; the call may be repeated. Any thread;
 * one at a time. */
PYR_MUST_USE pyr_err pyr_log_release(struct pyr_log *log, uint64_t generation, struct pyr_diag *diag);

/* Reads bytes of a completed payload, or of several of one segment and what lies between them; any thread, through the
 * page cache. PYR_E_IO names segment and offset;
 * PYR_E_NOTFOUND: it was released. Does not verify: callers decode defensively. */
PYR_MUST_USE pyr_err pyr_log_read(struct pyr_log *log, struct pyr_log_place place, void *dst, size_t len,
                                  struct pyr_diag *diag);

void pyr_log_stats(struct pyr_log *log, struct pyr_log_stats *out);
#endif
