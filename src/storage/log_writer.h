/* log_writer.h - the log's one writing thread: batches to the active segment, one sync each, completions in order; a new
 * segment when one is full, when a generation ends, and after every failed write or sync.
 *
 * A failure never leaves anything behind: what was accepted but not synced in the failed segment (only where the mode
 * lets records complete before the sync, and after a start) is *rescued*, copied to the new segment and synced there before
 * anything else, and reads of the old places are sent to the new ones. */
#ifndef PYR_STORAGE_LOG_WRITER_H
#define PYR_STORAGE_LOG_WRITER_H
#include "storage/log_files.h"
#include "storage/log_queue.h"
#include "storage/log_replay.h"
#include "storage/log_spares.h"

struct pyr_log_counters { /* written by the writer alone, read by anyone */
    _Atomic uint64_t frames, batches, syncs, payload_bytes, failures, last_sequence, synced_sequence;
};

/* Frames that are to be copied to the next segment. */
struct pyr_log_rescue {
    struct pyr_log_segment *from; /* pinned; NULL: none */
    uint64_t begin, end, first_sequence;
};

struct pyr_log_writer {
    const struct pyr_log_settings *settings;
    struct pyr_log_files *files;
    struct pyr_log_queue *queue;
    struct pyr_log_spares *spares;
    struct pyr_log_counters counters;
    _Atomic uint64_t slack; /* unused bytes at the end of the active segment's file */
    pthread_t thread;
    /* The thread's own from here on. */
    struct pyr_log_segment *active; /* NULL: the next commit starts one */
    uint64_t capacity;              /* of the active segment's file when it was made beforehand, else 0 */
    uint64_t synced_to;             /* offset in the active segment */
    uint64_t generation, next_sequence;
    struct pyr_log_rescue rescue;
    pyr_err gave_up; /* on a batch, when the log closed on a failing disk; `why` tells more */
    struct pyr_diag why;
    bool sync_failed; /* of the active segment */
    bool unmarked;    /* the last batch is not yet followed by anything that says it was synced */
    bool wanted;      /* a spare was asked for */
    int64_t sync_due_ns, room_checked_ns;
    uint8_t *headers; /* of the frames of a batch */
    struct pyr_span *runs;
};

/* Goes on after what was replayed, in generation + 1. The first segment is tried at once; should that fail, the log is
 * read-only and the thread tries again. */
PYR_MUST_USE pyr_err pyr_log_writer_start(struct pyr_log_writer *w, const struct pyr_log_replayed *replayed,
                                          struct pyr_diag *diag);
/* The queue was stopped: writes what is in it, syncs, joins, frees. */
void pyr_log_writer_finish(struct pyr_log_writer *w);
/* Compares the disk with the limits, for pyr_log_queue_reserve. Any thread. */
void pyr_log_writer_check_room(struct pyr_log_writer *w);
#endif
