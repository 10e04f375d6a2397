#include "format/frames.h"
#include "profile/grow.h"

bool pyr_frames_init(struct pyr_frames *f, const struct pyr_format_limits *limits, struct pyr_arena *arena,
                     struct pyr_profile *out, size_t in_bytes)
{
    *f = (struct pyr_frames){.limits = limits};
    const size_t hint = in_bytes / 256;
    return pyr_profile_builder_init(&f->builder, arena, out, limits->depth_max,
                                    hint > UINT32_MAX ? UINT32_MAX : (uint32_t)hint);
}

bool pyr_frames_push(struct pyr_frames *f, struct pyr_str name, bool copy)
{
    if (name.len == 0)
        return true;
    uint32_t location;
    name = pyr_format_cut_string(name, f->limits->string_bytes_max, &f->builder.profile->dropped.cut_strings);
    if (!PYR_GROW(f->builder.arena, f->items, f->cap, (uint64_t)f->count + 1) ||
        !pyr_profile_builder_frame(&f->builder, name, copy, &location))
        return false;
    f->items[f->count++] = location;
    return true;
}

pyr_err pyr_frames_full(struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_NOMEM, "profile needs more memory than a request may have");
}

pyr_err pyr_frames_expand(struct pyr_frames *f, size_t bytes, struct pyr_diag *diag)
{
    f->expanded += bytes;
    if (f->expanded > f->limits->expanded_bytes_max)
        return pyr_fail(diag, PYR_E_INVALID, "the stacks take more than %zu bytes", f->limits->expanded_bytes_max);
    return PYR_OK;
}

pyr_err pyr_frames_sample(struct pyr_frames *f, uint64_t value, struct pyr_diag *diag)
{
    if (f->limits->samples_max != 0 && f->samples >= f->limits->samples_max)
        return pyr_fail(diag, PYR_E_INVALID, "more than the limit of %u samples", f->limits->samples_max);
    f->samples++;
    const uint32_t kept = f->count < f->limits->depth_max ? f->count : f->limits->depth_max;
    PYR_TRY(pyr_frames_expand(f, kept * sizeof(*f->items), diag));
    const int64_t v = value > INT64_MAX ? INT64_MAX : (int64_t)value;
    return pyr_profile_builder_sample(&f->builder, f->items, f->count, v) ? PYR_OK : pyr_frames_full(diag);
}

struct pyr_str pyr_format_cut_string(struct pyr_str s, size_t most, uint32_t *cut)
{
    if (s.len <= most)
        return s;
    ++*cut;
    s.ptr += s.len - most;
    s.len = most;
    while (s.len != 0 && ((uint8_t)s.ptr[0] & 0xc0) == 0x80) {
        s.ptr++;
        s.len--;
    }
    return s;
}
