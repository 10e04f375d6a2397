/* partition.h - one service of one tenant in one generation: its intern tables behind one lock.
 *
 * The lock is held from the first look into the tables until the frame is in the log's queue, so that no frame uses an id
 * which a later one defines. What was interned and not yet put in a frame (memory ran out in between) goes into the next
 * frame: `logged` says up to where each table is in the log. */
#ifndef PYR_STORAGE_PARTITION_H
#define PYR_STORAGE_PARTITION_H
#include "base/lock.h"
#include "storage/series_index.h"
#include "storage/tables.h"

struct pyr_generation;

struct pyr_partition {
    struct pyr_mutex lock;
    struct pyr_generation *generation;
    uint32_t number; /* in the generation */
    struct pyr_str tenant, service;
    struct pyr_series_index *index; /* the tenant's */
    struct pyr_tables tables;
    /* Partition's lock: */
    struct pyr_table_ids logged;
    bool defined;                /* a frame that names tenant and service is queued */
    uint64_t bytes_since_copy;   /* of frames since the tables were last written whole */
    uint64_t table_bytes_logged; /* of those, and before, what the tables' tails took: about what a copy takes */
};

/* PYR_E_NOMEM. `index` is the tenant's in this generation. */
PYR_MUST_USE pyr_err pyr_partition_create(struct pyr_generation *g, uint32_t number, struct pyr_str service,
                                          struct pyr_series_index *index, struct pyr_partition **out);
void pyr_partition_free(struct pyr_partition *p);

/* Lock held. The series with this key, added when absent. PYR_E_LIMIT, PYR_E_NOMEM, PYR_E_TOOBIG. */
PYR_MUST_USE pyr_err pyr_partition_series(struct pyr_partition *p, const struct pyr_series_key *key,
                                          uint32_t series_max, struct pyr_arena *scratch, struct pyr_series **out,
                                          struct pyr_diag *diag);
#endif
