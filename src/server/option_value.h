/* option_value.h - the written forms of settings: "64MiB", "1h30m", "true", ":4040". Whole strings: anything left over is
 * an error. Each says in `diag` what it expected (without naming the setting: the caller prefixes it). */
#ifndef PYR_SERVER_OPTION_VALUE_H
#define PYR_SERVER_OPTION_VALUE_H
#include "base/err.h"
#include "base/span.h"

/* true, false, yes, no, on, off, 1, 0. */
PYR_MUST_USE pyr_err pyr_value_bool(struct pyr_str text, bool *out, struct pyr_diag *diag);
/* A number with an optional fraction and unit: B, KB, MB, GB, TB (thousands), KiB, MiB, GiB, TiB (1024), in any case,
 * with or without the B. */
PYR_MUST_USE pyr_err pyr_value_bytes(struct pyr_str text, uint64_t *out, struct pyr_diag *diag);
/* Numbers with units, the largest first as one says it: "1h30m", "1.5s", "7d"; ns us ms s m h d w y (365 d); or "0". */
PYR_MUST_USE pyr_err pyr_value_duration(struct pyr_str text, int64_t *out_ns, struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_value_count(struct pyr_str text, uint32_t *out, struct pyr_diag *diag);
/* "host:port", ":port", "[v6]:port"; only the form is checked. */
PYR_MUST_USE pyr_err pyr_value_address(struct pyr_str text, struct pyr_diag *diag);
/* The place in `words`, which ends with NULL. */
PYR_MUST_USE pyr_err pyr_value_word(struct pyr_str text, const char *const *words, int *out, struct pyr_diag *diag);
#endif
