/* series_index.h - the series of one tenant in one generation: for each label name its values, for each value the
 * ascending ids of the streams that have it (postings), labels derived from the sample types included.
 *
 * A stream is one sample type of a series; its id is dense in this index. Readers hold a lock of rank PYR_RANK_SERIES for
 * short steps, writers only for a new series; predicates of matchers (regular expressions) run outside of it. Nothing is
 * ever removed; the index lives as long as its generation. */
#ifndef PYR_STORAGE_SERIES_INDEX_H
#define PYR_STORAGE_SERIES_INDEX_H
#include "base/index.h"
#include "base/lock.h"
#include "storage/byte_heap.h"
#include "storage/series.h"
#include "storage/store.h"

struct pyr_posting { /* one value of a label */
    struct pyr_str value;
    uint32_t *streams; /* ascending */
    uint32_t count, room;
};

struct pyr_label_index { /* one label name */
    struct pyr_str name;
    struct pyr_index by_value;
    struct pyr_posting *postings;
    uint32_t count, room;
};

struct pyr_series_index {
    struct pyr_str tenant;
    struct pyr_rwlock lock; /* all below */
    struct pyr_index by_name;
    struct pyr_label_index *names;
    uint32_t name_count, name_room;
    struct pyr_stream *streams;
    uint32_t stream_count, stream_room;
    uint32_t series_count;
    struct pyr_byte_heap text; /* tenant and profile type ids; the rest are views of the partitions' strings */
    struct pyr_tally *tally;
};

/* PYR_E_NOMEM: nothing is held. */
PYR_MUST_USE pyr_err pyr_series_index_init(struct pyr_series_index *ix, struct pyr_str tenant, struct pyr_tally *tally);
void pyr_series_index_free(struct pyr_series_index *ix);

uint32_t pyr_series_index_series_count(struct pyr_series_index *ix);
/* Adds a prepared series, and gives it its profile type ids. PYR_E_NOMEM, PYR_E_TOOBIG: nothing was added. */
PYR_MUST_USE pyr_err pyr_series_index_add(struct pyr_series_index *ix, struct pyr_partition *partition,
                                          const struct pyr_symbols *symbols, struct pyr_series *series);

/* What a question is about: matchers, and which rows count. */
struct pyr_series_query {
    const struct pyr_matcher *matchers;
    uint32_t matcher_count;
    struct pyr_time_range range;
    uint32_t ordinals; /* rows with a smaller ordinal are visible */
};

/* A set of stream ids: a bit each. */
struct pyr_stream_set {
    uint64_t *bits;
    uint32_t count; /* of streams that there were */
};
/* The streams that match and have a visible row in the range. The set is the arena's. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_series_index_match(struct pyr_series_index *ix, const struct pyr_series_query *q,
                                            struct pyr_arena *arena, struct pyr_stream_set *out);

/* Calls `found` for each stream of the set. */
void pyr_series_index_each(struct pyr_series_index *ix, const struct pyr_stream_set *set,
                           void (*found)(void *ctx, const struct pyr_stream *stream), void *ctx);
/* Names (or values of one name) that a stream of the set has, each once, in no order; `*out` grows in the arena. */
PYR_MUST_USE pyr_err pyr_series_index_names(struct pyr_series_index *ix, const struct pyr_stream_set *set,
                                            struct pyr_arena *arena, struct pyr_str **out, uint32_t *out_count);
PYR_MUST_USE pyr_err pyr_series_index_values(struct pyr_series_index *ix, const struct pyr_stream_set *set,
                                             struct pyr_str name, struct pyr_arena *arena, struct pyr_str **out,
                                             uint32_t *out_count);
#endif
