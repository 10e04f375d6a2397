/* series.h - the series of a partition: a label set with its sample types, interned, and where its rows are. Once
 * published only `rows` changes. */
#ifndef PYR_STORAGE_SERIES_H
#define PYR_STORAGE_SERIES_H
#include "storage/row_index.h"
#include "storage/store.h"
#include "storage/symbols.h"

enum { PYR_SERIES_TYPES_MAX = 16, PYR_SERIES_LABELS_MAX = 4096 };

struct pyr_series {
    uint32_t number; /* in the partition */
    uint32_t label_count, type_count;
    bool has_period;
    /* String ids: (name, value) of each label, by name; (type, unit) of each sample type; (type, unit) of the period. */
    const uint32_t *words;
    /* Profile type id of each sample type: text of the tenant's series index. */
    const struct pyr_str *type_ids;
    uint64_t content_hash[2]; /* of the labels and types as text: the same in every generation of this process */
    struct pyr_row_index rows;
};

static inline const uint32_t *pyr_series_label(const struct pyr_series *s, uint32_t i)
{
    return s->words + 2 * i;
}
static inline const uint32_t *pyr_series_type(const struct pyr_series *s, uint32_t i)
{
    return s->words + 2 * (s->label_count + i);
}
static inline uint32_t pyr_series_word_count(const struct pyr_series *s)
{
    return 2 * (s->label_count + s->type_count + 1);
}

enum { PYR_SERIES_DERIVED_MAX = 6 };
/* The labels that follow from sample type `type`, except the profile type id; returns how many. Views of the symbols. */
uint32_t pyr_series_derived_labels(const struct pyr_series *s, const struct pyr_symbols *symbols, uint32_t type,
                                   struct pyr_label out[PYR_SERIES_DERIVED_MAX]);
/* Value of one label as stored ("" when absent). */
struct pyr_str pyr_series_label_value(const struct pyr_series *s, const struct pyr_symbols *symbols,
                                      struct pyr_str name);

/* The table of a partition's series. Writers hold the partition's lock. */
struct pyr_series_table {
    struct pyr_chunked series; /* struct pyr_series *: most services have few, and a place for one is large */
    struct pyr_byte_heap heap; /* what they point to */
    struct pyr_index index;    /* write side only */
};

static inline struct pyr_series *pyr_series_at(const struct pyr_series_table *t, uint32_t number)
{
    return *(struct pyr_series *const *)pyr_chunked_at(&t->series, number, sizeof(struct pyr_series *));
}

void pyr_series_table_init(struct pyr_series_table *t);
void pyr_series_table_free(struct pyr_series_table *t);
void pyr_series_table_freeze(struct pyr_series_table *t, struct pyr_tally *tally);

/* The series with this key, or NULL. `words` as in struct pyr_series. */
struct pyr_series *pyr_series_find(const struct pyr_series_table *t, const uint32_t *words, uint32_t label_count,
                                   uint32_t type_count, bool has_period);
/* Fills in the next series without publishing it: the tenant's index comes first. `indexed`: it can be found again by its
 * key (not at replay). PYR_E_NOMEM, PYR_E_TOOBIG: nothing was added. */
PYR_MUST_USE pyr_err pyr_series_prepare(struct pyr_series_table *t, const struct pyr_symbols *symbols,
                                        const uint32_t *words, uint32_t label_count, uint32_t type_count,
                                        bool has_period, bool indexed, struct pyr_tally *tally,
                                        struct pyr_series **out);
static inline void pyr_series_publish(struct pyr_series_table *t, const struct pyr_series *s)
{
    pyr_chunked_publish(&t->series, s->number + 1);
}
#endif
