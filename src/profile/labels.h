/* labels.h - label names and values, and the labels that are derived from a series' sample types. */
#ifndef PYR_PROFILE_LABELS_H
#define PYR_PROFILE_LABELS_H
#include "base/arena.h"
#include "base/span.h"

struct pyr_label {
    struct pyr_str name, value;
};

#define PYR_LABEL_NAME PYR_STR("__name__")
#define PYR_LABEL_SERVICE PYR_STR("service_name")
#define PYR_LABEL_SERVICE_PRIVATE PYR_STR("__service_name__")
#define PYR_LABEL_PROFILE_TYPE PYR_STR("__profile_type__")
#define PYR_LABEL_TYPE PYR_STR("__type__")
#define PYR_LABEL_UNIT PYR_STR("__unit__")
#define PYR_LABEL_PERIOD_TYPE PYR_STR("__period_type__")
#define PYR_LABEL_PERIOD_UNIT PYR_STR("__period_unit__")
#define PYR_LABEL_SESSION PYR_STR("__session_id__")
#define PYR_LABEL_DELTA PYR_STR("__delta__")
#define PYR_LABEL_SPY PYR_STR("pyroscope_spy")

/* Sorts by name (bytes). */
void pyr_labels_sort(struct pyr_label *labels, uint32_t count);
/* Of label sets in one order: a hash keyed by the process's secret, and their order (by names, then values). */
uint64_t pyr_labels_hash(const struct pyr_label *labels, uint32_t count);
int pyr_labels_cmp(const struct pyr_label *a, uint32_t a_count, const struct pyr_label *b, uint32_t b_count);
/* In sorted labels; "" when absent. */
struct pyr_str pyr_labels_get(const struct pyr_label *labels, uint32_t count, struct pyr_str name);
/* `name:type:unit:period type:period unit`, in the arena; ptr NULL when it is full. */
struct pyr_str pyr_profile_type_id(struct pyr_str name, struct pyr_str type, struct pyr_str unit,
                                   struct pyr_str period_type, struct pyr_str period_unit, struct pyr_arena *arena);
/* A gauge's values are states (heap in use, goroutines, threads, live objects): over time they are averaged per series,
 * not summed. Told by name and sample type. */
bool pyr_profile_type_is_gauge(struct pyr_str name, struct pyr_str sample_type);
#endif
