/* index.h - the hash table under every intern table: finds the u32 ids whose key has a hash. It holds no keys: the
 * caller compares. Open addressing, 8 bytes a slot, load <= 3/4, grows by doubling up to `max` ids. One writer.
 *
 *     for (uint32_t id = pyr_index_first(ix, h, &c); id != PYR_INDEX_NONE; id = pyr_index_next(ix, &c))
 *         if (key_of(id) equals mine) return id;
 *     PYR_TRY(pyr_index_insert(ix, h, new_id)); */
#ifndef PYR_BASE_INDEX_H
#define PYR_BASE_INDEX_H
#include "base/err.h"
#include <stdint.h>

#define PYR_INDEX_NONE UINT32_MAX

struct pyr_index_slot {
    uint32_t tag; /* upper half of the hash; the home slot is derived from it */
    uint32_t id1; /* id + 1; 0 = empty */
};
struct pyr_index {
    struct pyr_index_slot *slots;
    uint32_t mask, count, max; /* mask = slots - 1 (or 0 with slots NULL) */
};
struct pyr_index_cursor {
    uint32_t at, tag;
};

void pyr_index_init(struct pyr_index *ix, uint32_t max_ids); /* allocates nothing yet */
void pyr_index_free(struct pyr_index *ix);
/* PYR_E_NOMEM, or PYR_E_TOOBIG at max; unchanged then. Does not look for an equal id. */
PYR_MUST_USE pyr_err pyr_index_insert(struct pyr_index *ix, uint64_t hash, uint32_t id);
static inline size_t pyr_index_bytes(const struct pyr_index *ix)
{
    return ix->slots ? ((size_t)ix->mask + 1) * sizeof(struct pyr_index_slot) : 0;
}

static inline uint32_t pyr_index_scan_(const struct pyr_index *ix, struct pyr_index_cursor *c)
{
    for (;;) {
        const struct pyr_index_slot s = ix->slots[c->at];
        if (s.id1 == 0)
            return PYR_INDEX_NONE;
        c->at = (c->at + 1) & ix->mask;
        if (s.tag == c->tag)
            return s.id1 - 1;
    }
}
static inline uint32_t pyr_index_first(const struct pyr_index *ix, uint64_t hash, struct pyr_index_cursor *c)
{
    c->tag = (uint32_t)(hash >> 32);
    c->at = c->tag & ix->mask;
    return ix->slots != NULL ? pyr_index_scan_(ix, c) : PYR_INDEX_NONE;
}
/* Asks the memory for the slot where a look-up of this hash will begin. Who looks for many keys asks for all of them first:
 * in a large table each is a miss, and misses side by side take the time of one. */
static inline void pyr_index_prefetch(const struct pyr_index *ix, uint64_t hash)
{
    if (ix->slots != NULL)
        __builtin_prefetch(&ix->slots[(uint32_t)(hash >> 32) & ix->mask]);
}
/* The id that such a look-up will most likely end with, to ask for its key. */
static inline uint32_t pyr_index_guess(const struct pyr_index *ix, uint64_t hash)
{
    struct pyr_index_cursor c;
    return pyr_index_first(ix, hash, &c);
}
static inline uint32_t pyr_index_next(const struct pyr_index *ix, struct pyr_index_cursor *c)
{
    return pyr_index_scan_(ix, c);
}
#endif
