#include "profile/builder.h"
#include "base/hash.h"
#include "profile/grow.h"

static bool make_table(struct pyr_profile_builder *b, uint32_t size)
{
    b->slots = pyr_arena_zalloc(b->arena, size, sizeof(*b->slots));
    b->tags = PYR_ARENA_ARRAY(b->arena, uint32_t, size);
    b->slot_mask = size - 1;
    return b->slots != NULL && b->tags != NULL;
}

static bool add_string(struct pyr_profile_builder *b, struct pyr_str s)
{
    struct pyr_profile *p = b->profile;
    if (!PYR_GROW(b->arena, p->strings, b->cap.strings, (uint64_t)p->string_count + 1))
        return false;
    p->strings[p->string_count++] = s;
    return true;
}

bool pyr_profile_builder_init(struct pyr_profile_builder *b, struct pyr_arena *arena, struct pyr_profile *profile,
                              uint32_t depth_max, uint32_t frames_hint)
{
    *b = (struct pyr_profile_builder){.arena = arena, .profile = profile, .depth_max = depth_max};
    *profile = (struct pyr_profile){.type_count = 1};
    uint32_t size = 64;
    while (size < frames_hint * UINT64_C(2) && size < UINT32_C(1) << 20)
        size *= 2;
    profile->types = PYR_ARENA_NEW(arena, struct pyr_value_type);
    return profile->types != NULL && make_table(b, size) && add_string(b, PYR_STR(""));
}

/* Frames are numbered alike as locations, lines and functions; string k + 1 is the name of frame k. */
static bool grow_table(struct pyr_profile_builder *b)
{
    const uint32_t *slots = b->slots, *tags = b->tags;
    const uint32_t size = b->slot_mask + 1;
    if (size > UINT32_MAX / 2 || !make_table(b, size * 2))
        return false;
    for (uint32_t i = 0; i < size; i++) {
        if (slots[i] == 0)
            continue;
        uint32_t at = tags[i] & b->slot_mask;
        while (b->slots[at] != 0)
            at = (at + 1) & b->slot_mask;
        b->slots[at] = slots[i];
        b->tags[at] = tags[i];
    }
    return true;
}

static bool add_frame(struct pyr_profile_builder *b, struct pyr_str name, uint32_t *location)
{
    struct pyr_profile *p = b->profile;
    const uint32_t frame = p->location_count;
    const uint64_t need = (uint64_t)frame + 1;
    if (!PYR_GROW(b->arena, p->functions, b->cap.functions, need) ||
        !PYR_GROW(b->arena, p->lines, b->cap.lines, need) ||
        !PYR_GROW(b->arena, p->locations, b->cap.locations, need) || !add_string(b, name))
        return false;
    p->functions[p->function_count++] = (struct pyr_function){.name = frame + 1};
    p->lines[p->line_count++] = (struct pyr_line){.function = frame};
    p->locations[p->location_count++] = (struct pyr_location){.line_first = frame, .line_count = 1};
    *location = frame;
    return true;
}

bool pyr_profile_builder_frame(struct pyr_profile_builder *b, struct pyr_str name, bool copy, uint32_t *location)
{
    const uint32_t tag = (uint32_t)(pyr_hash_str(name) >> 32);
    uint32_t at = tag & b->slot_mask;
    for (; b->slots[at] != 0; at = (at + 1) & b->slot_mask) {
        if (b->tags[at] == tag && pyr_str_eq(b->profile->strings[b->slots[at]], name)) {
            *location = b->slots[at] - 1;
            return true;
        }
    }
    if (copy) {
        name = pyr_arena_str(b->arena, name);
        if (name.ptr == NULL)
            return false;
    }
    if (!add_frame(b, name, location))
        return false;
    b->slots[at] = *location + 1;
    b->tags[at] = tag;
    return b->profile->location_count <= b->slot_mask / 4 * 3 || grow_table(b);
}

bool pyr_profile_builder_sample(struct pyr_profile_builder *b, const uint32_t *stack, uint32_t count, int64_t value)
{
    struct pyr_profile *p = b->profile;
    p->dropped.negative += value < 0;
    p->dropped.zero += value == 0;
    if (value <= 0)
        return true;
    p->dropped.truncated += count > b->depth_max;
    const uint32_t kept = count < b->depth_max ? count : b->depth_max;
    const uint64_t samples = (uint64_t)p->sample_count + 1;
    if (!PYR_GROW(b->arena, p->stack_locations, b->cap.stack_locations, (uint64_t)p->stack_location_count + kept) ||
        !PYR_GROW(b->arena, p->samples, b->cap.samples, samples) ||
        !PYR_GROW(b->arena, p->values, b->cap.values, samples))
        return false;
    p->samples[p->sample_count] = (struct pyr_sample){.stack_first = p->stack_location_count, .stack_count = kept};
    p->values[p->sample_count++] = value;
    for (uint32_t i = kept; i-- > 0;) /* a profile's stacks are leaf first */
        p->stack_locations[p->stack_location_count++] = stack[i];
    return true;
}
