/* pool.h - a fixed number of worker threads with one bounded queue, first in, first out. Jobs live in their owner's
 * structs: submitting allocates nothing. */
#ifndef PYR_BASE_POOL_H
#define PYR_BASE_POOL_H
#include "base/err.h"

struct pyr_job {
    struct pyr_job *next; /* the pool's while queued */
    void (*run)(struct pyr_job *job);
};
struct pyr_pool;

/* `nice_by` > 0 lowers the threads' CPU priority (queries give way to ingest). Names show in /proc and gdb. */
PYR_MUST_USE pyr_err pyr_pool_create(const char *name, unsigned threads, unsigned queue_max, int nice_by,
                                     struct pyr_pool **out);
/* PYR_E_AGAIN when the queue is full or the pool is stopping. */
PYR_MUST_USE pyr_err pyr_pool_submit(struct pyr_pool *pool, struct pyr_job *job);
unsigned pyr_pool_queued(struct pyr_pool *pool);
/* Runs what is queued, joins, frees. */
void pyr_pool_stop(struct pyr_pool *pool);
#endif
