/* discard.h - nothing is refused, cut or dropped silently: counters by tenant and reason, and what was received. The
 * number of series is bounded by base/metrics.h. Any thread. */
#ifndef PYR_INGEST_DISCARD_H
#define PYR_INGEST_DISCARD_H
#include "base/err.h"
#include "profile/profile.h"

/* A profile of `bytes` (inflated, or as far as known) of `source` (the name it came under, "" when unknown) was refused:
 * counted, and logged with the message; at most one line a second for each reason, which says how many it stands for. */
void pyr_discard_profile(struct pyr_str tenant, struct pyr_str source, pyr_err err, size_t bytes, const char *message);
/* What the decoder left out of a profile that was taken. */
void pyr_discard_dropped(struct pyr_str tenant, const struct pyr_profile_dropped *dropped);
/* A profile was taken. */
void pyr_count_received(struct pyr_str tenant, const struct pyr_profile *profile, size_t bytes);
#endif
