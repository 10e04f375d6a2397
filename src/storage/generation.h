/* generation.h - a set of partitions and of log segments that begin and end together. Ids live as long as it does, so
 * cutting the log never orphans them.
 *
 * One generation is open and takes new rows; freezing it (all partition locks held while the log's marker is queued) makes
 * it read-only for good, and its hash tables go. */
#ifndef PYR_STORAGE_GENERATION_H
#define PYR_STORAGE_GENERATION_H
#include "base/completion.h"
#include "storage/partition.h"

struct pyr_generation {
    struct pyr_completion synced; /* the freezing marker's: everything of it is on disk */
    _Atomic bool flushable;       /* set by `synced` */
    uint64_t number;
    struct pyr_tally tables; /* bytes of everything below, rows included */
    struct pyr_tally rows;   /* of those: row indexes */
    _Atomic uint64_t log_bytes;
    _Atomic uint32_t rows_published; /* ordinal of the next row; one writer: the log thread, or replay */
    _Atomic bool full;               /* a partition is at its budget of nodes */
    _Atomic int64_t began_ns;        /* monotonic clock, of the first frame; 0 = there is none */
    bool frozen;                     /* set with `lock` and all partition locks held; read with one of them */

    struct pyr_rwlock lock; /* the two sets of names; the arrays are read without */
    struct pyr_index by_name;
    struct pyr_chunked partitions; /* struct pyr_partition *; NULL where replay has not seen a number */
    struct pyr_chunked tenants;    /* struct pyr_series_index * */
};

PYR_MUST_USE pyr_err pyr_generation_create(uint64_t number, struct pyr_generation **out);
void pyr_generation_free(struct pyr_generation *g);

static inline struct pyr_partition *pyr_generation_partition(const struct pyr_generation *g, uint32_t number)
{
    return *(struct pyr_partition *const *)pyr_chunked_at(&g->partitions, number, sizeof(struct pyr_partition *));
}

/* The partition of a service, made when absent. PYR_E_AGAIN: the generation is frozen. PYR_E_NOMEM, PYR_E_TOOBIG. */
PYR_MUST_USE pyr_err pyr_generation_open_partition(struct pyr_generation *g, struct pyr_str tenant,
                                                   struct pyr_str service, struct pyr_partition **out);
/* Replay: makes partition `number`. PYR_E_CORRUPT when the number cannot be. */
enum { PYR_GENERATION_PARTITIONS_MAX = 1 << 22 };
PYR_MUST_USE pyr_err pyr_generation_define_partition(struct pyr_generation *g, uint32_t number, struct pyr_str tenant,
                                                     struct pyr_str service, struct pyr_partition **out);
/* The index of a tenant, or NULL. */
struct pyr_series_index *pyr_generation_tenant(struct pyr_generation *g, struct pyr_str tenant);

/* Between these two all partition locks are held, and no partition can be added. PYR_E_NOMEM: none is. */
PYR_MUST_USE pyr_err pyr_generation_lock_all(struct pyr_generation *g, struct pyr_partition ***locked, uint32_t *count);
void pyr_generation_unlock_all(struct pyr_generation *g, struct pyr_partition **locked, uint32_t count);
/* After it is frozen: frees what only writers need. */
void pyr_generation_drop_write_side(struct pyr_generation *g);
#endif
