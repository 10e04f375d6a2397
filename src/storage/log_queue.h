/* log_queue.h - what waits to be written: a bounded first-in-first-out list of the callers' records, and who may add to
 * it. Allocates nothing per record. Thread-safe; one thread takes. */
#ifndef PYR_STORAGE_LOG_QUEUE_H
#define PYR_STORAGE_LOG_QUEUE_H
#include "base/lock.h"
#include "storage/log.h"

enum { PYR_LOG_MARKERS = 4, PYR_LOG_WHY_BYTES = 160 };

/* "From here on the next generation": lies in the list among the records. */
struct pyr_log_marker {
    struct pyr_log_record record; /* first; type 0, which no user's record has */
    uint64_t next_generation;
    struct pyr_completion *done;
    bool in_use;
};

struct pyr_log_queue {
    struct pyr_mutex lock;
    struct pyr_cond work, room;
    struct pyr_log_record *first, **last;
    size_t reserved, max; /* bytes of payload */
    uint64_t disk_room;   /* bytes that may still be reserved before a limit of the disk is met */
    char why_no_room[PYR_LOG_WHY_BYTES];
    char failing[PYR_LOG_WHY_BYTES]; /* why the log is read-only; "" when it is not */
    unsigned waiters;                /* for room */
    bool writer_waits, stopping;
    struct pyr_log_marker markers[PYR_LOG_MARKERS];
};

/* What the writer takes at once: records, or one marker. */
struct pyr_log_batch {
    struct pyr_log_record *first;
    size_t count, payload_bytes;
    struct pyr_log_marker *marker;
};

enum pyr_log_taken { PYR_LOG_TAKEN_WORK, PYR_LOG_TAKEN_NOTHING /* in time */, PYR_LOG_TAKEN_END };

void pyr_log_queue_init(struct pyr_log_queue *q, size_t max);
void pyr_log_queue_free(struct pyr_log_queue *q);

PYR_MUST_USE pyr_err pyr_log_queue_reserve(struct pyr_log_queue *q, size_t bytes, int64_t wait_ns,
                                           struct pyr_diag *diag);
void pyr_log_queue_unreserve(struct pyr_log_queue *q, size_t bytes);
/* The same, for a batch that was written and takes `disk_bytes` of the room on disk. */
void pyr_log_queue_spend(struct pyr_log_queue *q, size_t bytes, uint64_t disk_bytes);
void pyr_log_queue_append(struct pyr_log_queue *q, struct pyr_log_record *record);
/* Waits while PYR_LOG_MARKERS of them are under way. */
void pyr_log_queue_mark(struct pyr_log_queue *q, uint64_t next_generation, struct pyr_completion *done);

/* Waits up to `wait_ns` (negative: for ever) for records or a marker. At most `count_max` records of `bytes_max` bytes,
 * but at least one. END: stopping, and the list is empty. */
enum pyr_log_taken pyr_log_queue_take(struct pyr_log_queue *q, size_t count_max, size_t bytes_max, int64_t wait_ns,
                                      struct pyr_log_batch *out);
void pyr_log_queue_unmark(struct pyr_log_queue *q, struct pyr_log_marker *marker);
/* False: the queue is stopping; returns at once then. */
bool pyr_log_queue_pause(struct pyr_log_queue *q, int64_t ns);
void pyr_log_queue_stop(struct pyr_log_queue *q);

/* `why` NULL or "": no longer. */
void pyr_log_queue_set_failing(struct pyr_log_queue *q, const char *why);
void pyr_log_queue_set_room(struct pyr_log_queue *q, uint64_t bytes, const char *why);
#endif
