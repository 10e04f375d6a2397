/* id_space.h - ids of a format (any 64-bit numbers, usually 1, 2, 3, ...) to indices of the things they name.
 *
 * While reading, every id, where it is defined and where it is used, becomes a 32-bit handle: small ids are their own,
 * others are numbered as they come. Definitions may follow uses. Once sealed, a handle gives the index of its
 * definition. Of several definitions of one id the last counts. Memory: the arena's, O(definitions + largest small id). */
#ifndef PYR_FORMAT_ID_SPACE_H
#define PYR_FORMAT_ID_SPACE_H
#include "base/arena.h"
#include "base/err.h"

#define PYR_ID_NONE UINT32_MAX

struct pyr_id_space {
    struct pyr_arena *arena;
    uint32_t small_max; /* ids up to this are their own handles */
    uint32_t count;     /* definitions */
    bool sequential;    /* the k-th definition had id k + 1, so far */
    uint32_t *defined;  /* handle of each definition, once not sequential */
    uint32_t defined_cap;
    uint64_t *wide; /* ids over small_max, by handle - small_max - 1 */
    uint32_t wide_count, wide_cap;
    uint32_t *slots; /* hash table over wide: number + 1 */
    uint32_t slot_mask;
    uint32_t *index_of; /* sealed: by handle */
    uint32_t handles;   /* length of index_of */
};

/* `small_max`: at least the most definitions there can be; also bounds the memory that one large small id may cost. */
void pyr_id_space_init(struct pyr_id_space *s, struct pyr_arena *arena, uint32_t small_max);
/* The slow halves. */
bool pyr_id_wide_handle_(struct pyr_id_space *s, uint64_t id, uint32_t *handle);
bool pyr_id_define_odd_(struct pyr_id_space *s, uint64_t id);

/* False when memory is out. */
static inline bool pyr_id_handle(struct pyr_id_space *s, uint64_t id, uint32_t *handle)
{
    if (__builtin_expect(id > s->small_max, 0))
        return pyr_id_wide_handle_(s, id, handle);
    *handle = (uint32_t)id;
    return true;
}

/* The next thing has this id. False when memory is out. */
static inline bool pyr_id_define(struct pyr_id_space *s, uint64_t id)
{
    if (__builtin_expect(!s->sequential || id != (uint64_t)s->count + 1, 0))
        return pyr_id_define_odd_(s, id);
    s->count++;
    return true;
}

/* No definitions after this. False when memory is out. */
PYR_MUST_USE bool pyr_id_seal(struct pyr_id_space *s);

/* Index of what the handle's id names, or PYR_ID_NONE. */
static inline uint32_t pyr_id_index(const struct pyr_id_space *s, uint32_t handle)
{
    if (s->sequential)
        return handle - 1 < s->count ? handle - 1 : PYR_ID_NONE;
    return handle < s->handles ? s->index_of[handle] : PYR_ID_NONE;
}
#endif
