/* profile_name.h - what kind of profile an upload to /ingest is: its __name__, and for formats that carry no types, its
 * sample type too. */
#ifndef PYR_INGEST_PROFILE_NAME_H
#define PYR_INGEST_PROFILE_NAME_H
#include "ingest/sample_type_config.h"
#include "profile/profile.h"
#include "profile/suffix.h"

/* Of a pprof, told by its sample types as the configuration displays them. A view into the profile or the config, or
 * static. */
struct pyr_str pyr_pprof_profile_name(const struct pyr_profile *profile, const struct pyr_sample_type_config *config);

/* Of formats that count stacks and no more: the application's name ends in ".cpu", ".alloc_space" and so on. Cuts the
 * suffix off `app`. Without one that is known, the type is cpu and the whole name the service's. */
const struct pyr_suffix *pyr_text_profile_type(struct pyr_str *app);

/* Gives a profile of counts its type and, where it is sampled, its period and values in nanoseconds (saturating).
 * `sample_rate` in Hz; 0: values are what they are. */
void pyr_text_profile_apply(struct pyr_profile *profile, const struct pyr_suffix *suffix, uint32_t sample_rate);
#endif
