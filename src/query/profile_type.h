/* profile_type.h - a profile type id: name:sample_type:sample_unit:period_type:period_unit, with a sixth part (`delta`) that
 * old clients send and nobody reads. */
#ifndef PYR_QUERY_PROFILE_TYPE_H
#define PYR_QUERY_PROFILE_TYPE_H
#include "base/err.h"
#include "base/span.h"

struct pyr_profile_type {
    struct pyr_str id; /* the five parts: what __profile_type__ holds */
    struct pyr_str name, sample_type, sample_unit, period_type, period_unit;
};

/* Views into `text`. PYR_E_INVALID. */
PYR_MUST_USE pyr_err pyr_profile_type_parse(struct pyr_str text, struct pyr_profile_type *out, struct pyr_diag *diag);
/* Whether values are states that are averaged over time (profile/labels.h). */
bool pyr_profile_type_gauge(const struct pyr_profile_type *t);
#endif
