/* store_impl.h - the parts of struct pyr_store, for the modules behind store.h: store.c (life, freezing, state),
 * append.c, replay.c, snapshot.c, row_cursor.c. */
#ifndef PYR_STORAGE_STORE_IMPL_H
#define PYR_STORAGE_STORE_IMPL_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/lock.h"
#include "storage/generation.h"
#include "storage/repeats.h"
#include "storage/store.h"

/* What an append works in; taken from the store and given back, so that a warm append allocates next to nothing. */
struct pyr_append_scratch {
    struct pyr_append_scratch *next;
    struct pyr_arena arena;
    struct pyr_buf row, frame;
};
enum { PYR_SCRATCH_KEPT_BYTES_MAX = 4 << 20, PYR_STORE_DAMAGES_LOGGED = 20 };

struct pyr_store {
    struct pyr_store_settings settings;
    struct pyr_vfs *vfs;
    char *dir, *log_dir;
    struct pyr_file *lock_file;
    struct pyr_log *log;
    struct pyr_repeats repeats;

    struct pyr_mutex lock;               /* below, up to the counters; PYR_RANK_STORE */
    struct pyr_generation **generations; /* oldest first; the last one is open */
    uint32_t generation_count, generation_room;
    struct pyr_append_scratch *scratch; /* free ones */

    _Atomic size_t frozen_bytes; /* tables of all generations but the open one */
    _Atomic uint32_t pins;
    _Atomic uint64_t rows;
    uint64_t lost_frames; /* replay found them without what they build on; constant after open */
    uint64_t damages;     /* reported by the replay */
    pyr_err replay_err;   /* what ends the replay: memory ran out */
};

/* The open generation; it may be frozen by the time it is used. */
struct pyr_generation *pyr_store_open_generation(struct pyr_store *store);
/* Ends the open generation if it has reached one of its limits. PYR_E_NOMEM: it has, and goes on. */
PYR_MUST_USE pyr_err pyr_store_freeze_when_due(struct pyr_store *store, struct pyr_diag *diag);
size_t pyr_store_table_bytes(struct pyr_store *store, const struct pyr_generation *open);

/* replay.c: what pyr_log_open calls; ctx is the store. */
pyr_err pyr_store_replay_frame(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload,
                               struct pyr_log_place place, struct pyr_diag *diag);
void pyr_store_replay_damage(void *ctx, uint32_t segment, uint32_t offset, const char *what);
/* Opens a generation: the next one of `store`, which has its lock or is not shared yet. */
PYR_MUST_USE pyr_err pyr_store_add_generation(struct pyr_store *store, uint64_t number, struct pyr_generation **out);

/* Of a row with an identity; see repeats.h. */
struct pyr_repeat_key pyr_row_repeat_key(const struct pyr_partition *p, const struct pyr_series *s,
                                         const uint8_t identity[16]);
#endif
