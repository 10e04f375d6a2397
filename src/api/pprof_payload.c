#include "api/pprof_payload.h"
#include "codec/gzip.h"
#include "format/pprof.h"

struct pyr_format_limits pyr_format_limits_of(const struct pyr_limits *l)
{
    struct pyr_format_limits f = PYR_FORMAT_LIMITS_DEFAULT;
    f.samples_max = l->samples_max;
    if (l->sample_labels_max != 0)
        f.sample_labels_max = l->sample_labels_max;
    if (l->stack_depth_max != 0)
        f.depth_max = l->stack_depth_max;
    if (l->symbol_bytes_max != 0)
        f.string_bytes_max = l->symbol_bytes_max;
    return f;
}

pyr_err pyr_payload_inflate(struct pyr_span payload, const struct pyr_limits *limits, struct pyr_arena *arena,
                            struct pyr_span *out, struct pyr_diag *diag)
{
    const uint64_t max = limits->profile_bytes_max != 0 ? limits->profile_bytes_max : SIZE_MAX / 2;
    *out = payload;
    if (pyr_is_gzip(payload))
        return pyr_gunzip(payload, max, arena, out, diag);
    if (payload.len > max)
        return pyr_fail(diag, PYR_E_TOOBIG, "profile of %zu bytes: the limit is %llu", payload.len,
                        (unsigned long long)max);
    return PYR_OK;
}

pyr_err pyr_pprof_payload_decode(struct pyr_span payload, const struct pyr_limits *limits, struct pyr_arena *arena,
                                 struct pyr_profile *out, size_t *bytes, struct pyr_diag *diag)
{
    struct pyr_span in;
    PYR_TRY(pyr_payload_inflate(payload, limits, arena, &in, diag));
    *bytes = in.len;
    const struct pyr_format_limits f = pyr_format_limits_of(limits);
    return pyr_pprof_decode(in, &f, arena, out, diag);
}

pyr_err pyr_payload_error(pyr_err err, const struct pyr_arena *arena)
{
    return err == PYR_E_NOMEM && arena->over_limit ? PYR_E_TOOBIG : err;
}
