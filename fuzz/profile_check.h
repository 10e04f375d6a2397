/* profile_check.h - what every decoded profile promises (profile/profile.h), for the fuzzers of formats. */
#ifndef PYR_FUZZ_PROFILE_CHECK_H
#define PYR_FUZZ_PROFILE_CHECK_H
#include "base/assert.h"
#include "profile/profile.h"

static inline void check_text(struct pyr_str s)
{
    size_t bad_at;
    PYR_ASSERT(pyr_utf8_valid(s, &bad_at));
}

static inline void check_symbols(const struct pyr_profile *p)
{
    PYR_ASSERT(p->string_count != 0 && p->strings[0].len == 0);
    for (uint32_t i = 0; i < p->string_count; i++)
        check_text(p->strings[i]);
    for (uint32_t i = 0; i < p->function_count; i++) {
        const struct pyr_function *f = &p->functions[i];
        PYR_ASSERT(f->name < p->string_count && f->system_name < p->string_count && f->filename < p->string_count);
    }
    for (uint32_t i = 0; i < p->mapping_count; i++)
        PYR_ASSERT(p->mappings[i].filename < p->string_count && p->mappings[i].build_id < p->string_count);
    for (uint32_t i = 0; i < p->line_count; i++)
        PYR_ASSERT(p->function_count != 0 ? p->lines[i].function < p->function_count : p->lines[i].function == 0);
    for (uint32_t i = 0; i < p->location_count; i++) {
        const struct pyr_location *l = &p->locations[i];
        PYR_ASSERT(l->line_count <= p->line_count && l->line_first <= p->line_count - l->line_count);
        PYR_ASSERT(l->mapping == 0 || l->mapping < p->mapping_count);
    }
}

static inline void check_profile(const struct pyr_profile *p)
{
    check_symbols(p);
    PYR_ASSERT(p->type_count >= 1 && p->default_type < p->string_count);
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const struct pyr_sample *s = &p->samples[i];
        int64_t any = 0;
        PYR_ASSERT(s->stack_first <= p->stack_location_count &&
                   s->stack_count <= p->stack_location_count - s->stack_first);
        for (uint32_t k = 0; k < s->stack_count; k++) {
            const uint32_t location = p->stack_locations[s->stack_first + k];
            PYR_ASSERT(location < p->location_count);
            PYR_ASSERT(p->locations[location].line_count != 0 || p->locations[location].address != 0);
        }
        PYR_ASSERT(s->label_first <= p->label_count && s->label_count <= p->label_count - s->label_first);
        for (uint32_t k = 0; k < s->label_count; k++)
            PYR_ASSERT(p->labels[s->label_first + k].key < p->string_count &&
                       p->labels[s->label_first + k].str < p->string_count);
        for (uint32_t t = 0; t < p->type_count; t++) {
            const int64_t v = p->values[(size_t)i * p->type_count + t];
            PYR_ASSERT(v >= 0);
            any |= v;
        }
        PYR_ASSERT(any != 0);
    }
}
#endif
