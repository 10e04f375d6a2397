/* arena.h - memory by lifetime (a request, a query, a scratch area): allocate forward, free all at once.
 *
 * Bounded twice: by its own limit, and by the shared budget it draws its chunks from (may be NULL). One thread at a
 * time. Allocation returns NULL when a bound is met; `PYR_E_NOMEM` is what callers make of it. */
#ifndef PYR_BASE_ARENA_H
#define PYR_BASE_ARENA_H
#include "base/budget.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/span.h"
#include <stdalign.h>
#include <string.h>

struct pyr_arena_chunk;

struct pyr_arena {
    struct pyr_arena_chunk *chunks; /* newest first */
    uint8_t *at, *end;              /* free part of the newest chunk */
    size_t held, limit;             /* bytes of chunks; most bytes of chunks */
    struct pyr_budget *budget;
    size_t drawn;    /* bytes of the budget: of the chunks, and what was reserved */
    bool over_limit; /* an allocation was more than `limit` allows: trying again later cannot help. Until reset */
};

/* Allocates nothing yet. `limit` in bytes. */
void pyr_arena_init(struct pyr_arena *a, size_t limit, struct pyr_budget *budget);
/* Frees all but one small chunk: for reuse. */
void pyr_arena_reset(struct pyr_arena *a);
void pyr_arena_free(struct pyr_arena *a);
/* Gives back what was drawn. From here on it is `budget` (NULL: none) that chunks are drawn from, and with the next one
 * what is held already. */
void pyr_arena_set_budget(struct pyr_arena *a, struct pyr_budget *budget);
/* Draws what is held and `bytes` more, half of the budget at most, ahead of their use; waits for them as
 * pyr_budget_wait does. What is not used is given back by reset and free. False: not within `timeout_ns`. */
bool pyr_arena_reserve(struct pyr_arena *a, size_t bytes, int64_t timeout_ns);

/* Slow path of pyr_arena_alloc: a new chunk. */
void *pyr_arena_grow(struct pyr_arena *a, size_t bytes, size_t align);

/* `align` is a power of two. Zero bytes give a valid pointer. Not cleared. */
static inline void *pyr_arena_alloc_aligned(struct pyr_arena *a, size_t bytes, size_t align)
{
    const size_t pad = (size_t)(-(uintptr_t)a->at) & (align - 1);
    if (a->at != NULL && pad <= (size_t)(a->end - a->at) && bytes <= (size_t)(a->end - a->at) - pad) {
        uint8_t *p = a->at + pad;
        a->at = p + bytes;
        return p;
    }
    return pyr_arena_grow(a, bytes, align);
}

static inline void *pyr_arena_alloc(struct pyr_arena *a, size_t bytes)
{
    return pyr_arena_alloc_aligned(a, bytes, alignof(max_align_t));
}

/* NULL also when count * bytes overflows. */
void *pyr_arena_array(struct pyr_arena *a, size_t count, size_t bytes);
void *pyr_arena_zalloc(struct pyr_arena *a, size_t count, size_t bytes);
/* Grows an array that was the arena's: extends in place when it was the last allocation, else copies. */
void *pyr_arena_regrow(struct pyr_arena *a, void *old, size_t old_bytes, size_t new_bytes);
/* Copies, adding a terminator that is not counted. ptr is NULL on failure. */
struct pyr_str pyr_arena_str(struct pyr_arena *a, struct pyr_str s);
struct pyr_str pyr_arena_printf(struct pyr_arena *a, const char *fmt, ...) PYR_PRINTF(2, 3);
/* Bytes of chunks held. */
static inline size_t pyr_arena_bytes(const struct pyr_arena *a)
{
    return a->held;
}
#define PYR_ARENA_NEW(arena, type) ((type *)pyr_arena_zalloc((arena), 1, sizeof(type)))
#define PYR_ARENA_ARRAY(arena, type, n) ((type *)pyr_arena_array((arena), (n), sizeof(type)))
#endif
