/* profile_name.h - what kind of profile an upload to /ingest is: its __name__, and for formats that carry no types, its
 * sample type too. */
#ifndef PYR_INGEST_PROFILE_NAME_H
#define PYR_INGEST_PROFILE_NAME_H
#include "ingest/sample_type_config.h"
#include "profile/profile.h"

/* Of a pprof, told by its sample types as the configuration displays them. A view into the profile or the config, or
 * static. */
struct pyr_str pyr_pprof_profile_name(const struct pyr_profile *profile, const struct pyr_sample_type_config *config);

/* Of formats that count stacks and no more: the application's name ends in ".cpu", ".alloc_space" and so on. */
struct pyr_text_profile_type {
    struct pyr_str name; /* __name__ */
    struct pyr_value_type type;
    bool is_time; /* counts of samples at a rate: values become nanoseconds */
};
/* Cuts the suffix off `app`. Without one that is known, the type is cpu and the whole name the service's. */
struct pyr_text_profile_type pyr_text_profile_type(struct pyr_str *app);

/* Gives a profile of counts its type, period and, where is_time, values in nanoseconds (saturating).
 * `sample_rate` in Hz; 0: values are what they are. */
void pyr_text_profile_apply(struct pyr_profile *profile, const struct pyr_text_profile_type *type,
                            uint32_t sample_rate);
#endif
