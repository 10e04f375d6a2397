/* querier.c - querier.v1.QuerierService: the read API of Grafana Pyroscope. Times are milliseconds, both ends included. */
#include "api/answer.h"
#include "api/query_request.h"
#include "base/time.h"
#include "codec/gen/querier.pb.h"
#include "profile/flamebearer.h"
#include "profile/tree_bytes.h"
#include "query/merge_profile.h"
#include "query/merge_tree.h"
#include "query/series.h"

/* A method is this: it fills call->response within the query. */
typedef pyr_err (*method_fn)(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call);

static enum pyr_outcome run(struct pyr_api *api, struct pyr_rpc_call *call, pyr_err *err, method_fn method)
{
    struct pyr_query q;
    *err = pyr_query_begin(api, call->http, &q, &call->diag);
    if (*err != PYR_OK)
        return PYR_RESPONSE_READY;
    *err = pyr_query_explain(&q, method(api, &q, call));
    pyr_query_end(&q);
    return PYR_RESPONSE_READY;
}

#define METHOD(name)                                                                                                   \
    static enum pyr_outcome name##_rpc(void *ctx, struct pyr_rpc_call *call, pyr_err *err)                             \
    {                                                                                                                  \
        return run(ctx, call, err, name);                                                                              \
    }

static pyr_err add_matchers(struct pyr_query *q, const struct pyr_str *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        PYR_TRY(pyr_selector_parse(&q->selector, matchers[i], q->diag));
    return PYR_OK;
}

/* Results live as long as the request: the query's arena and the snapshot end before the answer is encoded. */
static pyr_err keep_strings(struct pyr_arena *arena, const struct pyr_str *from, uint32_t count, struct pyr_str **items,
                            size_t *kept)
{
    *items = PYR_ARENA_ARRAY(arena, struct pyr_str, count);
    if (*items == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        if (((*items)[i] = pyr_arena_str(arena, from[i])).ptr == NULL)
            return PYR_E_NOMEM;
    *kept = count;
    return PYR_OK;
}

static pyr_err profile_types(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_querier_v1_ProfileTypesRequest *in = call->request;
    struct pyr_querier_v1_ProfileTypesResponse *out = call->response;
    int64_t start = in->start, end = in->end;
    if (start == 0 && end == 0) {
        end = pyr_wall_ns() / PYR_NS_PER_MS;
        start = end - 3600 * 1000;
    }
    PYR_TRY(pyr_query_set_range_ms(api, q, start, end));
    struct pyr_str *ids;
    uint32_t count;
    PYR_TRY(pyr_query_label_values(q, PYR_LABEL_PROFILE_TYPE, &ids, &count));
    out->profile_types.items = PYR_ARENA_ARRAY(call->http->arena, struct pyr_types_v1_ProfileType, count);
    if (out->profile_types.items == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct pyr_profile_type t;
        const struct pyr_str id = pyr_arena_str(call->http->arena, ids[i]);
        if (id.ptr == NULL)
            return PYR_E_NOMEM;
        if (pyr_profile_type_parse(id, &t, NULL) == PYR_OK)
            out->profile_types.items[out->profile_types.count++] =
                (struct pyr_types_v1_ProfileType){.ID = id,
                                                  .name = t.name,
                                                  .sample_type = t.sample_type,
                                                  .sample_unit = t.sample_unit,
                                                  .period_type = t.period_type,
                                                  .period_unit = t.period_unit};
    }
    return PYR_OK;
}
METHOD(profile_types)

static bool is_classic_name(struct pyr_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i != 0 && c >= '0' && c <= '9')))
            return false;
    }
    return s.len != 0;
}

/* Whether the client said that it can read label names that are any UTF-8: a parameter of any range in Accept. */
static bool takes_utf8_names(const struct pyr_http_request *req)
{
    const struct pyr_str accept = pyr_http_header(req, "accept");
    static const struct pyr_str parameter = {"allow-utf8-labelnames=true", 26};
    for (size_t i = 0; i + parameter.len <= accept.len; i++)
        if (pyr_str_eq_nocase((struct pyr_str){accept.ptr + i, parameter.len}, parameter))
            return true;
    return false;
}

static pyr_err label_names(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_types_v1_LabelNamesRequest *in = call->request;
    struct pyr_types_v1_LabelNamesResponse *out = call->response;
    struct pyr_str *names;
    uint32_t count, shown = 0;
    PYR_TRY(pyr_query_set_range_ms(api, q, in->start, in->end));
    PYR_TRY(add_matchers(q, in->matchers.items, in->matchers.count));
    PYR_TRY(pyr_query_label_names(q, &names, &count));
    const bool all = takes_utf8_names(call->http);
    for (uint32_t i = 0; i < count; i++)
        if (all || is_classic_name(names[i]))
            names[shown++] = names[i];
    return keep_strings(call->http->arena, names, shown, &out->names.items, &out->names.count);
}
METHOD(label_names)

static pyr_err label_values(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_types_v1_LabelValuesRequest *in = call->request;
    struct pyr_types_v1_LabelValuesResponse *out = call->response;
    struct pyr_str *values;
    uint32_t count;
    if (in->name.len == 0)
        return pyr_fail(q->diag, PYR_E_INVALID, "name is required");
    PYR_TRY(pyr_query_set_range_ms(api, q, in->start, in->end));
    PYR_TRY(add_matchers(q, in->matchers.items, in->matchers.count));
    PYR_TRY(pyr_query_label_values(q, in->name, &values, &count));
    return keep_strings(call->http->arena, values, count, &out->names.items, &out->names.count);
}
METHOD(label_values)

static pyr_err series(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_querier_v1_SeriesRequest *in = call->request;
    struct pyr_querier_v1_SeriesResponse *out = call->response;
    PYR_TRY(pyr_query_set_range_ms(api, q, in->start, in->end));
    PYR_TRY(add_matchers(q, in->matchers.items, in->matchers.count));
    return pyr_answer_label_sets(q, in->label_names.items, in->label_names.count, call->http->arena,
                                 &out->labels_set.items, &out->labels_set.count);
}
METHOD(series)

/* What the three merging methods have in common. */
struct merge_request {
    struct pyr_profile_type type;
    struct pyr_stream *streams;
    uint32_t stream_count;
    struct pyr_stack_selector site;
};

static pyr_err refuse_later(struct pyr_query *q, bool used, const char *field)
{
    return used ? pyr_fail(q->diag, PYR_E_UNIMPLEMENTED, "%s is not supported yet", field) : PYR_OK;
}

static pyr_err read_selector(struct pyr_query *q, const struct pyr_types_v1_StackTraceSelector *s,
                             struct pyr_stack_selector *out)
{
    *out = (struct pyr_stack_selector){0};
    if (s == NULL)
        return PYR_OK;
    if (s->go_pgo != NULL) { /* for a compiler: instead of the call site, and only in a pprof */
        *out = (struct pyr_stack_selector){.keep_locations = s->go_pgo->keep_locations,
                                           .merge_leaf_lines = s->go_pgo->aggregate_callees};
        return PYR_OK;
    }
    struct pyr_str *frames = PYR_ARENA_ARRAY(&q->arena, struct pyr_str, s->call_site.count);
    if (frames == NULL)
        return pyr_query_explain(q, PYR_E_NOMEM);
    for (size_t i = 0; i < s->call_site.count; i++)
        frames[i] = s->call_site.items[i].name;
    *out = (struct pyr_stack_selector){.frames = frames, .count = s->call_site.count};
    return PYR_OK;
}

static pyr_err select_streams(struct pyr_api *api, struct pyr_query *q, struct pyr_str type, struct pyr_str selector,
                              int64_t start, int64_t end, struct merge_request *out)
{
    PYR_TRY(pyr_query_set_range_ms(api, q, start, end));
    PYR_TRY(pyr_profile_type_parse(type, &out->type, q->diag));
    PYR_TRY(pyr_selector_parse(&q->selector, selector, q->diag));
    PYR_TRY(pyr_query_add_type(q, &out->type));
    return pyr_query_select(q, &out->streams, &out->stream_count);
}

static pyr_err answer_flamegraph(const struct pyr_tree *tree, struct pyr_query *q, struct pyr_rpc_call *call)
{
    struct pyr_querier_v1_SelectMergeStacktracesResponse *out = call->response;
    struct pyr_flamebearer fb;
    struct pyr_querier_v1_FlameGraph *graph = PYR_ARENA_NEW(call->http->arena, struct pyr_querier_v1_FlameGraph);
    if (graph == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(pyr_flamebearer_encode(tree, &q->arena, call->http->arena, &fb));
    graph->names.items = fb.names;
    graph->names.count = fb.name_count;
    graph->total = fb.total;
    graph->max_self = fb.max_self;
    graph->levels.items = PYR_ARENA_ARRAY(call->http->arena, struct pyr_querier_v1_Level, fb.level_count);
    graph->levels.count = fb.level_count;
    if (graph->levels.items == NULL)
        return PYR_E_NOMEM;
    for (size_t i = 0; i < fb.level_count; i++) {
        graph->levels.items[i].values.items = fb.levels[i].values;
        graph->levels.items[i].values.count = fb.levels[i].count;
    }
    out->flamegraph = graph;
    return PYR_OK;
}

static pyr_err answer_tree_bytes(const struct pyr_tree *tree, struct pyr_query *q, struct pyr_rpc_call *call)
{
    struct pyr_querier_v1_SelectMergeStacktracesResponse *out = call->response;
    struct pyr_buf bytes;
    pyr_buf_init(&bytes, PYR_QUERY_MEMORY_MAX);
    pyr_err err = pyr_tree_bytes_encode(tree, &q->arena, &bytes);
    if (err == PYR_OK)
        err = bytes.err;
    if (err == PYR_OK)
        out->tree = pyr_str_span(pyr_arena_str(call->http->arena, pyr_span_str(pyr_buf_span(&bytes))));
    if (err == PYR_OK && out->tree.ptr == NULL)
        err = PYR_E_NOMEM;
    pyr_buf_free(&bytes);
    return err;
}

static pyr_err answer_tree(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call, struct merge_request *m)
{
    const struct pyr_querier_v1_SelectMergeStacktracesRequest *in = call->request;
    uint32_t nodes;
    struct pyr_tree tree;
    PYR_TRY(pyr_query_nodes(api, in->max_nodes, &nodes, q->diag));
    PYR_TRY(pyr_query_tree(q, m->streams, m->stream_count, PYR_OVER_TIME_SUM, &tree, NULL));
    PYR_TRY(pyr_answer_cut_tree(q, m->site, nodes, &tree));
    return pyr_query_explain(q, in->format == PYR_QUERIER_V1_PROFILE_FORMAT_TREE ? answer_tree_bytes(&tree, q, call)
                                                                                 : answer_flamegraph(&tree, q, call));
}

static pyr_err answer_pprof(struct pyr_query *q, const struct merge_request *m, int64_t end_ms,
                            struct pyr_google_v1_Profile *out, struct pyr_arena *arena)
{
    struct pyr_profile profile;
    PYR_TRY(pyr_answer_profile(q, m->streams, m->stream_count, m->site, &m->type, pyr_ns_of_ms(end_ms), &profile));
    return profile.sample_count == 0 ? PYR_OK : pyr_answer_google_profile(q, &profile, arena, out);
}

static pyr_err select_merge_stacktraces(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_querier_v1_SelectMergeStacktracesRequest *in = call->request;
    struct pyr_querier_v1_SelectMergeStacktracesResponse *out = call->response;
    struct merge_request m;
    uint32_t nodes;
    PYR_TRY(pyr_query_nodes(api, in->max_nodes, &nodes, q->diag));
    PYR_TRY(refuse_later(q, in->profile_id_selector.count != 0, "profile_id_selector"));
    PYR_TRY(refuse_later(q, in->trace_id_selector.count != 0, "trace_id_selector"));
    PYR_TRY(refuse_later(q, in->span_selector.count != 0, "span_selector"));
    PYR_TRY(refuse_later(q, in->format == PYR_QUERIER_V1_PROFILE_FORMAT_DOT, "PROFILE_FORMAT_DOT"));
    PYR_TRY(read_selector(q, in->stack_trace_selector, &m.site));
    PYR_TRY(select_streams(api, q, in->profile_typeID, in->label_selector, in->start, in->end, &m));
    if (in->format != PYR_QUERIER_V1_PROFILE_FORMAT_PPROF)
        return answer_tree(api, q, call, &m);
    out->pprof = PYR_ARENA_NEW(call->http->arena, struct pyr_querier_v1_PprofProfile);
    struct pyr_google_v1_Profile *profile = PYR_ARENA_NEW(call->http->arena, struct pyr_google_v1_Profile);
    if (out->pprof == NULL || profile == NULL)
        return pyr_query_explain(q, PYR_E_NOMEM);
    out->pprof->profile = profile;
    return answer_pprof(q, &m, in->end, profile, call->http->arena);
}
METHOD(select_merge_stacktraces)

static pyr_err select_merge_profile(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_querier_v1_SelectMergeProfileRequest *in = call->request;
    struct merge_request m;
    uint32_t nodes;
    PYR_TRY(pyr_query_nodes(api, in->max_nodes, &nodes, q->diag));
    PYR_TRY(refuse_later(q, in->profile_id_selector.count != 0, "profile_id_selector"));
    PYR_TRY(refuse_later(q, in->trace_id_selector.count != 0, "trace_id_selector"));
    PYR_TRY(read_selector(q, in->stack_trace_selector, &m.site));
    PYR_TRY(select_streams(api, q, in->profile_typeID, in->label_selector, in->start, in->end, &m));
    return answer_pprof(q, &m, in->end, call->response, call->http->arena);
}
METHOD(select_merge_profile)

static pyr_err select_series(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    const struct pyr_querier_v1_SelectSeriesRequest *in = call->request;
    struct pyr_querier_v1_SelectSeriesResponse *out = call->response;
    struct pyr_profile_type type;
    struct pyr_series_query sq = {.start_ms = in->start, .end_ms = in->end, .group_by = in->group_by.items};
    PYR_TRY(pyr_query_set_range_ms(api, q, in->start, in->end));
    PYR_TRY(pyr_profile_type_parse(in->profile_typeID, &type, q->diag));
    if (!(in->step >= 0.001))
        return pyr_fail(q->diag, PYR_E_INVALID, "step must be at least a millisecond");
    PYR_TRY(refuse_later(q, in->stack_trace_selector != NULL && in->stack_trace_selector->call_site.count != 0,
                         "stack_trace_selector of SelectSeries"));
    PYR_TRY(refuse_later(q, in->exemplar_type > PYR_TYPES_V1_EXEMPLAR_TYPE_NONE, "exemplar_type"));
    PYR_TRY(pyr_selector_parse(&q->selector, in->label_selector, q->diag));
    PYR_TRY(pyr_query_add_type(q, &type));
    pyr_series_query_clamp(&sq, in->step);
    sq.group_by_count = (uint32_t)in->group_by.count;
    sq.limit = in->limit > 0 ? (uint64_t)in->limit : 0;
    if (in->aggregation == PYR_TYPES_V1_TIME_SERIES_AGGREGATION_TYPE_AVERAGE)
        sq.aggregation = pyr_aggregation_average(pyr_profile_type_gauge(&type));
    struct pyr_point_series *result;
    uint32_t count;
    PYR_TRY(pyr_query_series(q, &sq, &result, &count));
    return pyr_query_explain(
        q, pyr_answer_series(result, count, call->http->arena, &out->series.items, &out->series.count));
}
METHOD(select_series)

static pyr_err get_profile_stats(struct pyr_api *api, struct pyr_query *q, struct pyr_rpc_call *call)
{
    struct pyr_types_v1_GetProfileStatsResponse *out = call->response;
    struct pyr_stream *streams;
    uint32_t count;
    (void)api;
    if (q->tenant_count != 1)
        return pyr_fail(q->diag, PYR_E_INVALID, "profile stats are those of one tenant");
    pyr_query_set_range_all(q);
    PYR_TRY(pyr_query_select(q, &streams, &count));
    struct pyr_time_range all = {INT64_MAX, INT64_MIN};
    for (uint32_t i = 0; i < count; i++) {
        const struct pyr_time_range one = pyr_stream_times(&streams[i]);
        all.from_ns = one.from_ns < all.from_ns ? one.from_ns : all.from_ns;
        all.until_ns = one.until_ns > all.until_ns ? one.until_ns : all.until_ns;
    }
    out->data_ingested = count != 0;
    out->oldest_profile_time = count != 0 ? all.from_ns / PYR_NS_PER_MS : 0;
    out->newest_profile_time = count != 0 ? all.until_ns / PYR_NS_PER_MS : 0;
    return PYR_OK;
}
METHOD(get_profile_stats)

void pyr_api_querier_routes(struct pyr_api *api, struct pyr_route_list *list)
{
#define SERVICE "/querier.v1.QuerierService/"
    static const struct pyr_rpc_method methods[] = {
        {SERVICE "ProfileTypes", &pyr_querier_v1_ProfileTypesRequest_pb, &pyr_querier_v1_ProfileTypesResponse_pb,
         PYR_WORK_QUERY, profile_types_rpc, NULL},
        {SERVICE "LabelNames", &pyr_types_v1_LabelNamesRequest_pb, &pyr_types_v1_LabelNamesResponse_pb, PYR_WORK_QUERY,
         label_names_rpc, NULL},
        {SERVICE "LabelValues", &pyr_types_v1_LabelValuesRequest_pb, &pyr_types_v1_LabelValuesResponse_pb,
         PYR_WORK_QUERY, label_values_rpc, NULL},
        {SERVICE "Series", &pyr_querier_v1_SeriesRequest_pb, &pyr_querier_v1_SeriesResponse_pb, PYR_WORK_QUERY,
         series_rpc, NULL},
        {SERVICE "SelectMergeStacktraces", &pyr_querier_v1_SelectMergeStacktracesRequest_pb,
         &pyr_querier_v1_SelectMergeStacktracesResponse_pb, PYR_WORK_QUERY, select_merge_stacktraces_rpc, NULL},
        {SERVICE "SelectMergeProfile", &pyr_querier_v1_SelectMergeProfileRequest_pb, &pyr_google_v1_Profile_pb,
         PYR_WORK_QUERY, select_merge_profile_rpc, NULL},
        {SERVICE "SelectSeries", &pyr_querier_v1_SelectSeriesRequest_pb, &pyr_querier_v1_SelectSeriesResponse_pb,
         PYR_WORK_QUERY, select_series_rpc, NULL},
        {SERVICE "GetProfileStats", &pyr_types_v1_GetProfileStatsRequest_pb, &pyr_types_v1_GetProfileStatsResponse_pb,
         PYR_WORK_QUERY, get_profile_stats_rpc, NULL},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(methods); i++)
        pyr_route_add_rpc(list, &methods[i], api);
}
