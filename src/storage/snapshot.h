/* snapshot.h - the inside of a snapshot, for snapshot.c and row_cursor.c. */
#ifndef PYR_STORAGE_SNAPSHOT_H
#define PYR_STORAGE_SNAPSHOT_H
#include "storage/generation.h"
#include "storage/store.h"

struct pyr_snapshot_part {
    struct pyr_generation *generation;
    uint32_t ordinals; /* rows with a smaller ordinal belong to the snapshot */
};
struct pyr_snapshot {
    struct pyr_store *store;
    uint32_t count;
    struct pyr_snapshot_part parts[];
};

uint32_t pyr_snapshot_ordinals(const struct pyr_snapshot *snap, const struct pyr_generation *g);
#endif
