#include "query/query.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/logging.h"
#include "base/time.h"

void pyr_query_init(struct pyr_query *q, struct pyr_store *store, const struct pyr_str *tenants, uint32_t tenant_count,
                    struct pyr_budget *budget, struct pyr_diag *diag)
{
    *q = (struct pyr_query){
        .snap = pyr_store_pin(store), .tenants = tenants, .tenant_count = tenant_count, .diag = diag};
    q->earliest_ns = INT64_MIN;
    q->budget = budget;
    q->memory_max =
        budget != NULL && budget->limit / 2 < PYR_QUERY_MEMORY_MAX ? budget->limit / 2 : PYR_QUERY_MEMORY_MAX;
    pyr_query_arena(q, &q->arena);
    pyr_selector_init(&q->selector, &q->arena);
}

void pyr_query_end(struct pyr_query *q)
{
    pyr_selector_free(&q->selector);
    pyr_arena_free(&q->arena);
    if (q->snap != NULL)
        pyr_snapshot_unpin(q->snap);
}

pyr_err pyr_query_explain(struct pyr_query *q, pyr_err err)
{
    if (err == PYR_E_NOMEM)
        return pyr_fail(
            q->diag, err,
            "the query needs more memory than it may have (%zu MiB, shared with other requests): narrow its "
            "time range or its labels",
            q->memory_max >> 20);
    if (err == PYR_E_TOOBIG)
        return pyr_fail(q->diag, err, "the query's tree has more than %d nodes: narrow its time range or its labels",
                        PYR_QUERY_NODES_MAX);
    return err;
}

/* The pin itself takes memory, which may be out. */
static pyr_err need_snapshot(struct pyr_query *q)
{
    return q->snap != NULL ? PYR_OK : pyr_query_explain(q, PYR_E_NOMEM);
}

static pyr_err after_select(struct pyr_query *q, pyr_err err)
{
    if (err == PYR_OK)
        err = pyr_selector_check(&q->selector, q->diag);
    return pyr_query_explain(q, err);
}

pyr_err pyr_query_select(struct pyr_query *q, struct pyr_stream **streams, uint32_t *count)
{
    PYR_TRY(need_snapshot(q));
    return after_select(q, pyr_snapshot_select(q->snap, q->tenants, q->tenant_count, q->selector.matchers,
                                               q->selector.count, q->range, &q->arena, streams, count, q->diag));
}

pyr_err pyr_query_label_names(struct pyr_query *q, struct pyr_str **out, uint32_t *count)
{
    PYR_TRY(need_snapshot(q));
    return after_select(q, pyr_snapshot_label_names(q->snap, q->tenants, q->tenant_count, q->selector.matchers,
                                                    q->selector.count, q->range, &q->arena, out, count, q->diag));
}

pyr_err pyr_query_label_values(struct pyr_query *q, struct pyr_str name, struct pyr_str **out, uint32_t *count)
{
    PYR_TRY(need_snapshot(q));
    return after_select(q, pyr_snapshot_label_values(q->snap, q->tenants, q->tenant_count, name, q->selector.matchers,
                                                     q->selector.count, q->range, &q->arena, out, count, q->diag));
}

pyr_err pyr_query_check(struct pyr_query *q)
{
    if (q->canceled != NULL && q->canceled(q->canceled_ctx))
        return pyr_fail(q->diag, PYR_E_CANCELED, "the client went away");
    if (q->deadline_mono_ns != 0 && pyr_mono_ns() > q->deadline_mono_ns)
        return pyr_fail(q->diag, PYR_E_DEADLINE,
                        "the query took longer than it may: narrow its time range or its labels");
    return PYR_OK;
}

enum { ROWS_BETWEEN_CHECKS = 64 };

pyr_err pyr_query_step_over(struct pyr_query *q, pyr_err err, const struct pyr_diag *diag)
{
    if (err == PYR_E_CORRUPT) {
        pyr_log(PYR_LOG_ERROR, "a query stepped over a damaged row", PYR_KV_S("error", diag->message));
        return PYR_OK;
    }
    if (err == PYR_OK || diag->code == PYR_OK)
        return pyr_query_explain(q, err);
    return pyr_fail(q->diag, err, "%s", diag->message);
}

pyr_err pyr_query_next_row(struct pyr_query *q, struct pyr_row_cursor *cursor, const struct pyr_row **row)
{
    if (++q->rows_read % ROWS_BETWEEN_CHECKS == 0)
        PYR_TRY(pyr_query_check(q));
    for (;;) {
        struct pyr_diag diag = {0};
        const pyr_err err = pyr_rows_next(cursor, row, &diag);
        if (err == PYR_OK)
            return PYR_OK;
        PYR_TRY(pyr_query_step_over(q, err, &diag));
    }
}

struct grouping {
    struct pyr_stream_group *groups;
    uint32_t *group_of; /* per stream */
    uint32_t count;
    struct pyr_index by_labels;
};

static pyr_err find_group(struct pyr_query *q, struct grouping *g, const struct pyr_stream *s, uint32_t *out)
{
    uint32_t count;
    struct pyr_label *labels = pyr_stream_labels(s, &q->arena, &count);
    if (labels == NULL)
        return PYR_E_NOMEM;
    /* Tenants that are read together keep their series apart. */
    const uint64_t hash = pyr_hash_mix(pyr_labels_hash(labels, count), pyr_hash_str(pyr_stream_tenant(s)));
    struct pyr_index_cursor c;
    for (*out = pyr_index_first(&g->by_labels, hash, &c); *out != PYR_INDEX_NONE;
         *out = pyr_index_next(&g->by_labels, &c))
        if (pyr_labels_cmp(g->groups[*out].labels, g->groups[*out].label_count, labels, count) == 0 &&
            pyr_str_eq(pyr_stream_tenant(g->groups[*out].streams[0]), pyr_stream_tenant(s)))
            return PYR_OK;
    PYR_TRY(pyr_index_insert(&g->by_labels, hash, g->count));
    *out = g->count++;
    struct pyr_stream_group *group = &g->groups[*out];
    *group = (struct pyr_stream_group){.labels = labels, .label_count = count};
    group->streams = PYR_ARENA_ARRAY(&q->arena, const struct pyr_stream *, 1);
    if (group->streams == NULL)
        return PYR_E_NOMEM;
    group->streams[0] = s;
    return PYR_OK;
}

static pyr_err group_streams(struct pyr_query *q, struct grouping *g, const struct pyr_stream *streams, uint32_t count)
{
    g->groups = PYR_ARENA_ARRAY(&q->arena, struct pyr_stream_group, count);
    g->group_of = PYR_ARENA_ARRAY(&q->arena, uint32_t, count);
    if (g->groups == NULL || g->group_of == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        PYR_TRY(find_group(q, g, &streams[i], &g->group_of[i]));
        g->groups[g->group_of[i]].count++;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        g->groups[i].streams = PYR_ARENA_ARRAY(&q->arena, const struct pyr_stream *, g->groups[i].count);
        if (g->groups[i].streams == NULL)
            return PYR_E_NOMEM;
        g->groups[i].count = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct pyr_stream_group *group = &g->groups[g->group_of[i]];
        group->streams[group->count++] = &streams[i];
    }
    return PYR_OK;
}

pyr_err pyr_query_group_series(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                               struct pyr_stream_group **groups, uint32_t *group_count)
{
    struct grouping g = {0};
    pyr_index_init(&g.by_labels, count + 1);
    const pyr_err err = group_streams(q, &g, streams, count);
    pyr_index_free(&g.by_labels);
    *groups = g.groups;
    *group_count = g.count;
    return pyr_query_explain(q, err);
}
