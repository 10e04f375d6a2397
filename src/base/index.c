#include "base/index.h"
#include "base/assert.h"
#include "base/mem.h"

enum { SLOTS_MIN = 16 };

void pyr_index_init(struct pyr_index *ix, uint32_t max_ids)
{
    *ix = (struct pyr_index){.max = max_ids};
}

void pyr_index_free(struct pyr_index *ix)
{
    pyr_free(ix->slots);
    pyr_index_init(ix, ix->max);
}

static void place(struct pyr_index_slot *slots, uint32_t mask, struct pyr_index_slot slot)
{
    uint32_t at = slot.tag & mask;
    while (slots[at].id1 != 0)
        at = (at + 1) & mask;
    slots[at] = slot;
}

static pyr_err grow(struct pyr_index *ix)
{
    const uint64_t old = ix->slots != NULL ? (uint64_t)ix->mask + 1 : 0;
    const uint64_t wanted = old != 0 ? old * 2 : SLOTS_MIN;
    if (wanted > (uint64_t)UINT32_MAX + 1)
        return PYR_E_TOOBIG; /* 32 bits of tag cannot spread further */
    struct pyr_index_slot *slots = pyr_calloc(wanted, sizeof(*slots));
    if (slots == NULL)
        return PYR_E_NOMEM;
    const uint32_t mask = (uint32_t)(wanted - 1);
    for (uint64_t i = 0; i < old; i++)
        if (ix->slots[i].id1 != 0)
            place(slots, mask, ix->slots[i]);
    pyr_free(ix->slots);
    ix->slots = slots;
    ix->mask = mask;
    return PYR_OK;
}

pyr_err pyr_index_insert(struct pyr_index *ix, uint64_t hash, uint32_t id)
{
    PYR_ASSERT(id != PYR_INDEX_NONE);
    if (ix->count >= ix->max)
        return PYR_E_TOOBIG;
    const uint64_t slots = ix->slots != NULL ? (uint64_t)ix->mask + 1 : 0;
    if (ix->count >= slots - slots / 4)
        PYR_TRY(grow(ix));
    place(ix->slots, ix->mask, (struct pyr_index_slot){.tag = (uint32_t)(hash >> 32), .id1 = id + 1});
    ix->count++;
    return PYR_OK;
}
