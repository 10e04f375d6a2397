/* frames.h - the stack that a text format is reading: frames from the root on, and what they cost. */
#ifndef PYR_FORMAT_FRAMES_H
#define PYR_FORMAT_FRAMES_H
#include "format/limits.h"
#include "profile/builder.h"

struct pyr_frames {
    struct pyr_profile_builder builder;
    const struct pyr_format_limits *limits;
    uint32_t *items; /* locations, root first */
    uint32_t count, cap;
    uint32_t samples; /* added, those dropped too */
    size_t expanded;  /* bytes that the stacks take, and names that were put together */
};

PYR_MUST_USE bool pyr_frames_init(struct pyr_frames *f, const struct pyr_format_limits *limits, struct pyr_arena *arena,
                                  struct pyr_profile *out, size_t in_bytes);
/* An empty name pushes nothing. */
PYR_MUST_USE bool pyr_frames_push(struct pyr_frames *f, struct pyr_str name, bool copy);
/* The stack as it stands, with this value. PYR_E_INVALID: one more than limits->samples_max, or stacks of more than
 * limits->expanded_bytes_max: what a few bytes of shared prefixes may stand for is bounded. */
PYR_MUST_USE pyr_err pyr_frames_sample(struct pyr_frames *f, uint64_t value, struct pyr_diag *diag);
/* Counts bytes towards limits->expanded_bytes_max. */
PYR_MUST_USE pyr_err pyr_frames_expand(struct pyr_frames *f, size_t bytes, struct pyr_diag *diag);
/* PYR_E_NOMEM with its message. */
pyr_err pyr_frames_full(struct pyr_diag *diag);

/* Keeps the end of a string that is too long, from the start of a character on; then adds 1 to *cut. */
struct pyr_str pyr_format_cut_string(struct pyr_str s, size_t most, uint32_t *cut);
#endif
