/* pprof_payload.h - a pprof as clients send it: gzipped or not, bounded by a tenant's limits. */
#ifndef PYR_API_PPROF_PAYLOAD_H
#define PYR_API_PPROF_PAYLOAD_H
#include "base/arena.h"
#include "base/err.h"
#include "format/limits.h"
#include "profile/profile.h"
#include "tenant/limits.h"

struct pyr_format_limits pyr_format_limits_of(const struct pyr_limits *limits);

/* Inflates when the bytes begin as gzip's do; else gives them back. PYR_E_TOOBIG: over limits->profile_bytes_max. */
PYR_MUST_USE pyr_err pyr_payload_inflate(struct pyr_span payload, const struct pyr_limits *limits,
                                         struct pyr_arena *arena, struct pyr_span *out, struct pyr_diag *diag);
/* The same, then decodes. `*bytes`: inflated. `out` refers to the payload or to the arena. */
PYR_MUST_USE pyr_err pyr_pprof_payload_decode(struct pyr_span payload, const struct pyr_limits *limits,
                                              struct pyr_arena *arena, struct pyr_profile *out, size_t *bytes,
                                              struct pyr_diag *diag);
/* What to answer: PYR_E_NOMEM becomes PYR_E_TOOBIG where the upload needs more than any request may have (`arena` is the
 * request's), so that its client does not send it again and again. */
pyr_err pyr_payload_error(pyr_err err, const struct pyr_arena *arena);
#endif
