/* pprof_explain.h - error messages that name the field and byte of a bad profile: "sample[12].location_id: truncated
 * varint at byte 5123". The place is searched for in the bytes once something is known to be wrong. */
#ifndef PYR_FORMAT_PPROF_EXPLAIN_H
#define PYR_FORMAT_PPROF_EXPLAIN_H
#include "base/err.h"
#include "base/span.h"
#include "codec/pb.h"

/* Fields of Profile. */
enum {
    PYR_PPROF_SAMPLE_TYPE = 1,
    PYR_PPROF_SAMPLE = 2,
    PYR_PPROF_MAPPING = 3,
    PYR_PPROF_LOCATION = 4,
    PYR_PPROF_FUNCTION = 5,
    PYR_PPROF_STRING = 6,
    PYR_PPROF_TIME = 9,
    PYR_PPROF_DURATION = 10,
    PYR_PPROF_PERIOD_TYPE = 11,
    PYR_PPROF_PERIOD = 12,
    PYR_PPROF_DEFAULT_TYPE = 14
};

/* Some bytes are no protobuf: finds the first of them. */
void pyr_pprof_explain_malformed(struct pyr_span in, struct pyr_diag *diag);

/* What `fmt` says is wrong with `sub_field` (0: with all) of the `ordinal`-th `field`. */
void pyr_pprof_explain(struct pyr_span in, uint32_t field, uint32_t ordinal, uint32_t sub_field, struct pyr_diag *diag,
                       pyr_err code, const char *fmt, ...) PYR_PRINTF(7, 8);

/* Some label of some sample has a key or value outside the table of strings. */
void pyr_pprof_explain_label(struct pyr_span in, uint32_t string_count, struct pyr_diag *diag);
/* Some function has no id. */
void pyr_pprof_explain_function_id(struct pyr_span in, struct pyr_diag *diag);
#endif
