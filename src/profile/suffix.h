/* suffix.h - the last dot-suffix of a legacy application name and the profile type it stands for: `app.cpu` is the type
 * process_cpu:cpu:nanoseconds:cpu:nanoseconds of the service `app`. Ingest maps names to types with it, legacy queries
 * and listings both ways. */
#ifndef PYR_PROFILE_SUFFIX_H
#define PYR_PROFILE_SUFFIX_H
#include "base/span.h"

struct pyr_suffix {
    struct pyr_str suffix;                   /* "cpu" */
    struct pyr_str name;                     /* __name__: "process_cpu" */
    struct pyr_str type, unit;               /* "cpu", "nanoseconds" */
    struct pyr_str period_type, period_unit; /* "" where the type has no period */
    bool sampled;                            /* values are counts of samples: times the sampling period */
};

/* NULL when the suffix is not known. */
const struct pyr_suffix *pyr_suffix_find(struct pyr_str suffix);
/* The table, in the order in which a type's preferred suffix comes first. */
const struct pyr_suffix *pyr_suffix_table(size_t *count);

/* Splits `app.cpu` into service and suffix. Without a dot the suffix is cpu's and the service the whole name. False when
 * there is a dot and what follows is not a suffix we know: *service is the whole name then. */
bool pyr_suffix_split(struct pyr_str app, struct pyr_str *service, const struct pyr_suffix **suffix);

/* The suffix under which the legacy API shows a profile type: of the table where that has one, else the sample type
 * itself (`goroutine`, `alloc_samples`). */
struct pyr_str pyr_suffix_of_type(struct pyr_str name, struct pyr_str type, struct pyr_str unit);
#endif
