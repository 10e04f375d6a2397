#include "format/id_space.h"
#include "base/hash.h"
#include "profile/grow.h"

void pyr_id_space_init(struct pyr_id_space *s, struct pyr_arena *arena, uint32_t small_max)
{
    *s = (struct pyr_id_space){.arena = arena, .small_max = small_max, .sequential = true};
}

static uint32_t slot_of(const struct pyr_id_space *s, uint64_t id)
{
    uint32_t at = (uint32_t)pyr_hash_mix(pyr_hash_seed, id) & s->slot_mask;
    while (s->slots[at] != 0 && s->wide[s->slots[at] - 1] != id)
        at = (at + 1) & s->slot_mask;
    return at;
}

static bool rehash(struct pyr_id_space *s)
{
    const uint32_t size = s->slots == NULL ? 64 : (s->slot_mask + 1) * 2;
    s->slots = pyr_arena_zalloc(s->arena, size, sizeof(*s->slots));
    if (s->slots == NULL)
        return false;
    s->slot_mask = size - 1;
    for (uint32_t i = 0; i < s->wide_count; i++)
        s->slots[slot_of(s, s->wide[i])] = i + 1;
    return true;
}

bool pyr_id_wide_handle_(struct pyr_id_space *s, uint64_t id, uint32_t *handle)
{
    const uint32_t size = s->slots == NULL ? 0 : s->slot_mask + 1;
    if (s->wide_count >= size / 2 && !rehash(s))
        return false;
    const uint32_t slot = slot_of(s, id);
    if (s->slots[slot] == 0) {
        if (s->wide_count >= PYR_ID_NONE - 1 - s->small_max ||
            !PYR_GROW(s->arena, s->wide, s->wide_cap, (uint64_t)s->wide_count + 1))
            return false;
        s->wide[s->wide_count++] = id;
        s->slots[slot] = s->wide_count;
    }
    *handle = s->small_max + s->slots[slot];
    return true;
}

static bool record(struct pyr_id_space *s, uint32_t handle)
{
    if (!PYR_GROW(s->arena, s->defined, s->defined_cap, (uint64_t)s->count + 1))
        return false;
    s->defined[s->count++] = handle;
    return true;
}

bool pyr_id_define_odd_(struct pyr_id_space *s, uint64_t id)
{
    if (s->sequential) {
        const uint32_t before = s->count;
        s->sequential = false;
        s->count = 0;
        while (s->count < before)
            if (!record(s, s->count + 1))
                return false;
    }
    uint32_t handle;
    return pyr_id_handle(s, id, &handle) && record(s, handle);
}

bool pyr_id_seal(struct pyr_id_space *s)
{
    if (s->sequential)
        return true;
    uint32_t largest = 0;
    for (uint32_t i = 0; i < s->count; i++)
        largest = s->defined[i] > largest ? s->defined[i] : largest;
    s->handles = largest + 1;
    s->index_of = PYR_ARENA_ARRAY(s->arena, uint32_t, s->handles);
    if (s->index_of == NULL)
        return false;
    memset(s->index_of, 0xff, (size_t)s->handles * sizeof(*s->index_of));
    for (uint32_t i = 0; i < s->count; i++)
        s->index_of[s->defined[i]] = i;
    return true;
}
