/* profile_merger.h - interns strings, functions, mappings, locations and stacks of several partitions into one struct
 * pyr_profile. */
#ifndef PYR_QUERY_PROFILE_MERGER_H
#define PYR_QUERY_PROFILE_MERGER_H
#include "base/index.h"
#include "profile/profile.h"

struct pyr_profile_merger {
    struct pyr_profile profile;
    struct pyr_arena *arena;
    uint32_t string_cap, mapping_cap, function_cap, line_cap, location_cap, stack_cap, sample_cap, value_cap;
    struct pyr_index strings, mappings, functions, locations, stacks;
};

/* String 0 is "", mapping 0 the stub. Arrays and strings are the arena's. All: PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_profile_merger_init(struct pyr_profile_merger *b, struct pyr_arena *arena);
/* Frees the lookup tables; the profile stays. Also right after a failed init. */
void pyr_profile_merger_free(struct pyr_profile_merger *b);

PYR_MUST_USE pyr_err pyr_profile_merger_string(struct pyr_profile_merger *b, struct pyr_str s, uint32_t *id);
/* Ids inside these are of the builder's profile; equal ones are found again. */
PYR_MUST_USE pyr_err pyr_profile_merger_function(struct pyr_profile_merger *b, struct pyr_function f, uint32_t *id);
PYR_MUST_USE pyr_err pyr_profile_merger_mapping(struct pyr_profile_merger *b, struct pyr_mapping m, uint32_t *id);
PYR_MUST_USE pyr_err pyr_profile_merger_location(struct pyr_profile_merger *b, uint64_t address, uint32_t mapping,
                                                 const struct pyr_line *lines, uint32_t line_count, uint32_t *id);
/* Adds to the sample of that stack (leaf first), made when absent. */
PYR_MUST_USE pyr_err pyr_profile_merger_add(struct pyr_profile_merger *b, const uint32_t *locations, uint32_t count,
                                            int64_t value);
#endif
