/* series_labels.h - from the labels a client sent to those a series has: defaults, renames, what the server alone says,
 * limits. */
#ifndef PYR_INGEST_SERIES_LABELS_H
#define PYR_INGEST_SERIES_LABELS_H
#include "base/err.h"
#include "profile/labels.h"
#include "tenant/limits.h"

struct pyr_series_labels {
    struct pyr_label *items; /* sorted by name, unique, no empty values */
    uint32_t count, cap;
    struct pyr_str name, service, session; /* of __name__, service_name, __session_id__ (as sent; "" without) */
    bool is_go;                            /* pyroscope_spy says so */
};

/* Takes `count` labels in any order (the array is changed). In this order:
 * - service_name: unknown_service when missing or empty;
 * - __name__ "godeltaprof_x" becomes "x", with __name_replaced__;
 * - __delta__ and __order__ are consumed, derived labels dropped; __session_id__ is dropped, or kept modulo the limit;
 * - names are made legacy ones where the limits ask for it.
 * PYR_E_INVALID: __name__ missing, a name twice, no UTF-8, over a limit; the message names the label.
 * The result is the arena's. */
PYR_MUST_USE pyr_err pyr_series_labels_make(struct pyr_label *labels, uint32_t count, const struct pyr_limits *limits,
                                            struct pyr_arena *arena, struct pyr_series_labels *out,
                                            struct pyr_diag *diag);

/* Whether a sample's label of that name may become a label of the series. */
bool pyr_series_label_allowed(struct pyr_str name);

/* One label of samples that joins a copy of the series' labels: checked alike, made legacy alike. */
PYR_MUST_USE pyr_err pyr_series_label_check(struct pyr_label *label, const struct pyr_limits *limits,
                                            struct pyr_arena *arena, struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_series_labels_check_count(uint32_t count, const struct pyr_limits *limits,
                                                   struct pyr_diag *diag);
#endif
