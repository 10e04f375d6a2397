/* grow.h - arrays in an arena that grow by doubling: PYR_GROW(arena, items, cap, need) makes room for `need` items in
 * all, and is false when the arena is full (items is NULL then: give up). `cap` is a uint32_t. */
#ifndef PYR_PROFILE_GROW_H
#define PYR_PROFILE_GROW_H
#include "base/arena.h"

static inline void *pyr_grow_(struct pyr_arena *arena, void *items, uint32_t *cap, uint64_t need, size_t item_bytes)
{
    const uint64_t doubled = (uint64_t)*cap * 2;
    const uint64_t room = need > doubled ? need : doubled;
    if (room > UINT32_MAX || room > SIZE_MAX / item_bytes)
        return NULL;
    void *grown = pyr_arena_regrow(arena, items, *cap * item_bytes, (size_t)room * item_bytes);
    if (grown != NULL)
        *cap = (uint32_t)room;
    return grown;
}

#define PYR_GROW(arena, items, cap, need)                                                                              \
    (__builtin_expect((need) <= (cap), 1) ||                                                                           \
     ((items) = pyr_grow_((arena), (items), &(cap), (need), sizeof(*(items)))) != NULL)
#endif
