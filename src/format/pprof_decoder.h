/* pprof_decoder.h - what the two halves of the pprof decoder share: pprof.c reads the bytes, pprof_resolve.c turns ids and
 * string indices into what they name. Private to them. */
#ifndef PYR_FORMAT_PPROF_DECODER_H
#define PYR_FORMAT_PPROF_DECODER_H
#include "base/arena.h"
#include "base/err.h"
#include "format/id_space.h"
#include "format/limits.h"
#include "profile/profile.h"

struct pyr_pprof_type_ref {
    uint32_t type, unit; /* strings */
};

struct pyr_pprof_decoder {
    struct pyr_span in;
    const struct pyr_format_limits *limits;
    struct pyr_arena *arena;
    struct pyr_diag *diag;
    struct pyr_profile *out;
    struct {
        uint32_t strings, mappings, functions, lines, locations, stack_locations, samples, labels, values;
    } cap;
    struct pyr_id_space mapping_ids, location_ids, function_ids;
    struct pyr_pprof_type_ref types[PYR_FORMAT_TYPES_MAX], period_type;
    uint32_t samples_seen; /* those dropped too */
    uint32_t value_width;  /* values of the first sample */
    uint32_t functions_without_id;
};

/* Reports it; returns false, as all steps of the decoder do on an error. */
bool pyr_pprof_out_of_memory(struct pyr_pprof_decoder *d);

/* All is read: checks string indices, replaces ids by indices, drops what dangles. */
bool pyr_pprof_resolve(struct pyr_pprof_decoder *d);
#endif
