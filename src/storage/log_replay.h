/* log_replay.h - reads the whole log in order, decides what is torn and what is damaged, and says where to go on.
 *
 * Segment k holds the sequences from its own first one up to the first one of the next segment: whatever else lies in
 * it (a batch that was written again elsewhere after a failed sync) does not count, so each sequence is applied once.
 * A bad frame is damage when it is not in the newest segment, or any header or later frame says that its sequence was
 * synced. Otherwise it is the torn tail of the last batch, was never acknowledged, and the log ends there. */
#ifndef PYR_STORAGE_LOG_REPLAY_H
#define PYR_STORAGE_LOG_REPLAY_H
#include "storage/log_files.h"

struct pyr_log_replayed {
    uint64_t generation;    /* newest found; 0: no segment */
    uint64_t next_sequence; /* for the next frame */
    uint64_t durable;       /* frames up to here were synced by whoever wrote them */
    /* Good frames past `durable`, of the newest segment: perhaps only in the page cache. NULL: there are none. */
    struct pyr_log_segment *tail; /* pinned for the caller */
    uint64_t tail_from, tail_first_sequence;
    uint64_t frames, torn_bytes, damaged_frames;
};

/* The files were scanned. Fails with PYR_E_NOMEM, or PYR_E_IO where going on could cut off acknowledged frames. */
PYR_MUST_USE pyr_err pyr_log_replay_all(struct pyr_log_files *fs, const struct pyr_log_replay *to,
                                        struct pyr_log_replayed *out, struct pyr_diag *diag);
#endif
