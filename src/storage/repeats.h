/* repeats.h - identities of rows received lately, so that a client's retry counts once.
 *
 * Bounded: two halves, each of at most PYR_REPEATS_HALF_MAX identities and PYR_REPEATS_WINDOW_NS of time; when the newer
 * one is full or old it becomes the older one, whose identities are forgotten. So an identity is known for one to two
 * windows, less under a load that fills a half sooner. Outlives generations; rebuilt from the log at start.
 *
 * Thread-safe. Callers hold the partition's lock between asking and queueing, so whoever is told "seen" knows that the
 * original was queued before. */
#ifndef PYR_STORAGE_REPEATS_H
#define PYR_STORAGE_REPEATS_H
#include "base/index.h"
#include "base/lock.h"
#include "base/time.h"

enum { PYR_REPEATS_HALF_MAX = 1 << 17 };
#define PYR_REPEATS_WINDOW_NS (10 * 60 * PYR_NS_PER_S)

/* Of a row: tenant, service, series and the identity its source gave. */
struct pyr_repeat_key {
    uint64_t word[2];
};

struct pyr_repeats_half {
    struct pyr_index index;
    struct pyr_repeat_key *keys;
    uint32_t count, room;
    int64_t since_ns;
};
struct pyr_repeats {
    struct pyr_mutex lock;
    struct pyr_repeats_half newer, older;
    uint64_t repeats; /* told "seen" */
};

void pyr_repeats_init(struct pyr_repeats *r);
void pyr_repeats_free(struct pyr_repeats *r);
/* *seen: whether the key is known; if not, it is from now on. PYR_E_NOMEM: nothing changed. `now_ns`: time of receipt. */
PYR_MUST_USE pyr_err pyr_repeats_note(struct pyr_repeats *r, struct pyr_repeat_key key, int64_t now_ns, bool *seen);
/* The row was not stored after all. */
void pyr_repeats_forget(struct pyr_repeats *r, struct pyr_repeat_key key);
uint64_t pyr_repeats_count(struct pyr_repeats *r);
#endif
