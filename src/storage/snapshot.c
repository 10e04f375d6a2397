/* snapshot.c - what a query sees: the generations there are, each up to the row it had when the snapshot was taken. */
#include "storage/snapshot.h"
#include "base/mem.h"
#include "storage/store_impl.h"
#include <stdlib.h>

struct pyr_snapshot *pyr_store_pin(struct pyr_store *store)
{
    pyr_mutex_lock(&store->lock);
    const uint32_t count = store->generation_count;
    struct pyr_snapshot *snap = pyr_malloc(sizeof(*snap) + count * sizeof(snap->parts[0]));
    if (snap != NULL) {
        *snap = (struct pyr_snapshot){.store = store, .count = count};
        /* Newest first: with a row that is seen, all that became durable before it are. */
        for (uint32_t i = count; i-- != 0;) {
            struct pyr_generation *g = store->generations[i];
            snap->parts[i] = (struct pyr_snapshot_part){
                .generation = g, .ordinals = atomic_load_explicit(&g->rows_published, memory_order_acquire)};
        }
        atomic_fetch_add(&store->pins, 1);
    }
    pyr_mutex_unlock(&store->lock);
    return snap;
}

void pyr_snapshot_unpin(struct pyr_snapshot *snap)
{
    if (snap == NULL)
        return;
    atomic_fetch_sub(&snap->store->pins, 1);
    pyr_free(snap);
}

uint32_t pyr_snapshot_ordinals(const struct pyr_snapshot *snap, const struct pyr_generation *g)
{
    for (uint32_t i = snap->count; i-- != 0;)
        if (snap->parts[i].generation == g)
            return snap->parts[i].ordinals;
    return 0; /* newer than the snapshot */
}

/* ---- walking the indexes ---- */

/* A question to every index of some tenants. */
struct question {
    struct pyr_snapshot *snap;
    const struct pyr_str *tenants;
    uint32_t tenant_count;
    struct pyr_series_query query;
    struct pyr_arena *arena;
};

static bool named_before(const struct pyr_str *tenants, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (pyr_str_eq(tenants[k], tenants[i]))
            return true;
    return false;
}

static pyr_err ask_each(struct question *q,
                        pyr_err (*answer)(void *ctx, struct pyr_series_index *ix, const struct pyr_stream_set *set),
                        void *ctx)
{
    for (uint32_t i = 0; i < q->snap->count; i++) {
        const struct pyr_snapshot_part *part = &q->snap->parts[i];
        q->query.ordinals = part->ordinals;
        for (uint32_t t = 0; t < q->tenant_count && part->ordinals != 0; t++) {
            struct pyr_series_index *ix = pyr_generation_tenant(part->generation, q->tenants[t]);
            struct pyr_stream_set set;
            if (ix == NULL || named_before(q->tenants, t))
                continue;
            PYR_TRY(pyr_series_index_match(ix, &q->query, q->arena, &set));
            PYR_TRY(answer(ctx, ix, &set));
        }
    }
    return PYR_OK;
}

static pyr_err out_of_memory(struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_NOMEM, "the query's memory budget is too small for its selector");
}

/* ---- streams ---- */

struct stream_list {
    struct pyr_arena *arena;
    struct pyr_stream *streams;
    uint32_t count, room;
};

static void add_stream(void *ctx, const struct pyr_stream *stream)
{
    struct stream_list *list = ctx;
    PYR_ASSERT(list->count < list->room);
    list->streams[list->count++] = *stream;
}

static pyr_err add_streams(void *ctx, struct pyr_series_index *ix, const struct pyr_stream_set *set)
{
    struct stream_list *list = ctx;
    uint32_t more = 0;
    for (size_t w = 0; w < ((size_t)set->count + 63) / 64; w++)
        more += (uint32_t)__builtin_popcountll(set->bits[w]);
    const uint32_t room = list->count + more;
    struct pyr_stream *grown =
        pyr_arena_regrow(list->arena, list->streams, list->room * sizeof(*grown), room * sizeof(*grown));
    if (grown == NULL)
        return PYR_E_NOMEM;
    list->streams = grown;
    list->room = room;
    pyr_series_index_each(ix, set, add_stream, list);
    return PYR_OK;
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_partition(const void *a, const void *b)
{
    const struct pyr_stream *x = a, *y = b;
    int c = compare_u64(x->partition->generation->number, y->partition->generation->number);
    if (c == 0)
        c = compare_u64(x->partition->number, y->partition->number);
    if (c == 0)
        c = compare_u64(x->series->number, y->series->number);
    return c != 0 ? c : compare_u64(x->type, y->type);
}

pyr_err pyr_snapshot_select(struct pyr_snapshot *snap, const struct pyr_str *tenants, uint32_t tenant_count,
                            const struct pyr_matcher *matchers, uint32_t matcher_count, struct pyr_time_range range,
                            struct pyr_arena *arena, struct pyr_stream **out, uint32_t *out_count,
                            struct pyr_diag *diag)
{
    struct question q = {.snap = snap,
                         .tenants = tenants,
                         .tenant_count = tenant_count,
                         .query = {.matchers = matchers, .matcher_count = matcher_count, .range = range},
                         .arena = arena};
    struct stream_list list = {.arena = arena};
    if (ask_each(&q, add_streams, &list) != PYR_OK)
        return out_of_memory(diag);
    if (list.count > 1)
        qsort(list.streams, list.count, sizeof(*list.streams), by_partition);
    *out = list.streams;
    *out_count = list.count;
    return PYR_OK;
}

/* ---- names and values ---- */

struct text_list {
    struct pyr_arena *arena;
    bool names; /* or the values of `name` */
    struct pyr_str name;
    struct pyr_str *texts;
    uint32_t count;
};

static pyr_err add_texts(void *ctx, struct pyr_series_index *ix, const struct pyr_stream_set *set)
{
    struct text_list *list = ctx;
    if (list->names)
        return pyr_series_index_names(ix, set, list->arena, &list->texts, &list->count);
    return pyr_series_index_values(ix, set, list->name, list->arena, &list->texts, &list->count);
}

static int by_bytes(const void *a, const void *b)
{
    return pyr_str_cmp(*(const struct pyr_str *)a, *(const struct pyr_str *)b);
}

static uint32_t sort_unique(struct pyr_str *texts, uint32_t count)
{
    uint32_t kept = 0;
    if (count > 1)
        qsort(texts, count, sizeof(*texts), by_bytes);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || !pyr_str_eq(texts[kept - 1], texts[i]))
            texts[kept++] = texts[i];
    return kept;
}

static pyr_err ask_texts(struct question *q, struct text_list *list, struct pyr_str **out, uint32_t *out_count,
                         struct pyr_diag *diag)
{
    list->arena = q->arena;
    if (ask_each(q, add_texts, list) != PYR_OK)
        return out_of_memory(diag);
    *out_count = sort_unique(list->texts, list->count);
    *out = list->texts;
    return PYR_OK;
}

pyr_err pyr_snapshot_label_names(struct pyr_snapshot *snap, const struct pyr_str *tenants, uint32_t tenant_count,
                                 const struct pyr_matcher *matchers, uint32_t matcher_count,
                                 struct pyr_time_range range, struct pyr_arena *arena, struct pyr_str **out,
                                 uint32_t *out_count, struct pyr_diag *diag)
{
    struct question q = {.snap = snap,
                         .tenants = tenants,
                         .tenant_count = tenant_count,
                         .query = {.matchers = matchers, .matcher_count = matcher_count, .range = range},
                         .arena = arena};
    return ask_texts(&q, &(struct text_list){.names = true}, out, out_count, diag);
}

pyr_err pyr_snapshot_label_values(struct pyr_snapshot *snap, const struct pyr_str *tenants, uint32_t tenant_count,
                                  struct pyr_str name, const struct pyr_matcher *matchers, uint32_t matcher_count,
                                  struct pyr_time_range range, struct pyr_arena *arena, struct pyr_str **out,
                                  uint32_t *out_count, struct pyr_diag *diag)
{
    struct question q = {.snap = snap,
                         .tenants = tenants,
                         .tenant_count = tenant_count,
                         .query = {.matchers = matchers, .matcher_count = matcher_count, .range = range},
                         .arena = arena};
    return ask_texts(&q, &(struct text_list){.name = name}, out, out_count, diag);
}

/* ---- labels of a stream ---- */

struct pyr_label *pyr_stream_labels(const struct pyr_stream *s, struct pyr_arena *arena, uint32_t *count)
{
    const struct pyr_symbols *symbols = &s->partition->tables.symbols;
    struct pyr_label *labels =
        PYR_ARENA_ARRAY(arena, struct pyr_label, s->series->label_count + 1 + PYR_SERIES_DERIVED_MAX);
    if (labels == NULL)
        return NULL;
    uint32_t n = pyr_series_derived_labels(s->series, symbols, s->type, labels);
    labels[n++] = (struct pyr_label){PYR_LABEL_PROFILE_TYPE, s->series->type_ids[s->type]};
    for (uint32_t i = 0; i < s->series->label_count; i++) {
        const uint32_t *words = pyr_series_label(s->series, i);
        labels[n++] = (struct pyr_label){pyr_symbols_string(symbols, words[0]), pyr_symbols_string(symbols, words[1])};
    }
    pyr_labels_sort(labels, n);
    *count = n;
    return labels;
}

struct pyr_str pyr_stream_label(const struct pyr_stream *s, struct pyr_str name)
{
    const struct pyr_symbols *symbols = &s->partition->tables.symbols;
    if (pyr_str_eq(name, PYR_LABEL_PROFILE_TYPE))
        return s->series->type_ids[s->type];
    struct pyr_label derived[PYR_SERIES_DERIVED_MAX];
    const uint32_t n = pyr_series_derived_labels(s->series, symbols, s->type, derived);
    for (uint32_t i = 0; i < n; i++)
        if (pyr_str_eq(derived[i].name, name))
            return derived[i].value;
    return pyr_series_label_value(s->series, symbols, name);
}

static struct pyr_value_type value_type(const struct pyr_stream *s, uint32_t type)
{
    const struct pyr_symbols *symbols = &s->partition->tables.symbols;
    const uint32_t *words = pyr_series_type(s->series, type);
    return (struct pyr_value_type){pyr_symbols_string(symbols, words[0]), pyr_symbols_string(symbols, words[1])};
}

struct pyr_value_type pyr_stream_type(const struct pyr_stream *s)
{
    return value_type(s, s->type);
}

struct pyr_value_type pyr_stream_period_type(const struct pyr_stream *s)
{
    return value_type(s, s->series->type_count);
}

struct pyr_str pyr_stream_tenant(const struct pyr_stream *s)
{
    return s->partition->tenant;
}

struct pyr_time_range pyr_stream_times(const struct pyr_stream *s)
{
    const struct pyr_row_index *rows = &s->series->rows;
    return (struct pyr_time_range){atomic_load_explicit(&rows->min_ns, memory_order_relaxed),
                                   atomic_load_explicit(&rows->max_ns, memory_order_relaxed)};
}
