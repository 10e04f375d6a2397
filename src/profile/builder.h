/* builder.h - makes a profile of one sample type out of frame names, for formats that know no more than names.
 *
 * A frame becomes one function and one location with one line; equal names become the same one. Names are looked at when
 * pushed and kept by reference, or copied into the arena where the caller says so. Everything is the arena's; when it is
 * full a call returns false, and the profile is of no use. */
#ifndef PYR_PROFILE_BUILDER_H
#define PYR_PROFILE_BUILDER_H
#include "base/arena.h"
#include "base/err.h"
#include "profile/profile.h"

struct pyr_profile_builder {
    struct pyr_arena *arena;
    struct pyr_profile *profile;
    uint32_t depth_max;
    uint32_t *slots; /* hash table over frames: location + 1 */
    uint32_t *tags;  /* of the hash, beside each slot */
    uint32_t slot_mask;
    struct {
        uint32_t strings, functions, lines, locations, stack_locations, samples, values;
    } cap;
};

/* Clears `profile`, gives it one sample type without names (the caller's to fill in) and the string "".
 * `frames_hint`: about how many distinct frames are to be expected. */
PYR_MUST_USE bool pyr_profile_builder_init(struct pyr_profile_builder *b, struct pyr_arena *arena,
                                           struct pyr_profile *profile, uint32_t depth_max, uint32_t frames_hint);

/* The location of a frame of that name. `copy`: the name's bytes do not live as long as the profile. */
PYR_MUST_USE bool pyr_profile_builder_frame(struct pyr_profile_builder *b, struct pyr_str name, bool copy,
                                            uint32_t *location);

/* Adds a sample; `stack` is root first. Of one deeper than depth_max the frames nearest the root are kept. Negative and
 * zero values are dropped and counted, as for every format. */
PYR_MUST_USE bool pyr_profile_builder_sample(struct pyr_profile_builder *b, const uint32_t *stack, uint32_t count,
                                             int64_t value);
#endif
