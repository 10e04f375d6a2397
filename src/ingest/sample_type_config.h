/* sample_type_config.h - the part of that name which Go, Node and .NET clients send beside a pprof: a JSON object, by
 * sample type, of {units, display-name, aggregation, cumulative, sampled}. Units, aggregation and sampled say nothing
 * that the pprof does not. */
#ifndef PYR_INGEST_SAMPLE_TYPE_CONFIG_H
#define PYR_INGEST_SAMPLE_TYPE_CONFIG_H
#include "base/arena.h"
#include "base/err.h"

struct pyr_sample_type_setting {
    struct pyr_str type, display_name; /* display_name "" when none is given */
    bool cumulative;
};
struct pyr_sample_type_config {
    const struct pyr_sample_type_setting *items;
    uint32_t count;
};

/* What holds where no such part came. */
extern const struct pyr_sample_type_config pyr_sample_type_config_default;

/* PYR_E_CORRUPT: not JSON, or another shape. The items are the arena's. */
PYR_MUST_USE pyr_err pyr_sample_type_config_parse(struct pyr_span json, struct pyr_arena *arena,
                                                  struct pyr_sample_type_config *out, struct pyr_diag *diag);
/* NULL when the type has no entry. */
const struct pyr_sample_type_setting *pyr_sample_type_setting(const struct pyr_sample_type_config *config,
                                                              struct pyr_str type);
#endif
