/* render.c - GET /pyroscope/render: a flame graph and its time line in one JSON answer; and the routes of both renders. */
#include "api/render.h"
#include "api/answer.h"
#include "api/query_request.h"
#include "base/time.h"
#include "query/merge_tree.h"
#include "query/round.h"
#include <stdlib.h>

enum { STEP_MIN_S = 15, STEPS_WANTED = 1500 };

/* Up to `below` seconds wanted, the step is `step`. */
static const struct {
    double below;
    int64_t step_s;
} ladder[] = {
    {17.5, 15},     {25, 20},       {45, 30},       {90, 60},        {210, 120},        {450, 300},
    {750, 600},     {1050, 900},    {1500, 1200},   {2700, 1800},    {5400, 3600},      {9000, 7200},
    {16200, 10800}, {32400, 21600}, {86400, 43200}, {604800, 86400}, {1814400, 604800}, {3628800, 2592000},
};

int64_t pyr_render_step_s(int64_t range_ms)
{
    const double wanted = (double)range_ms / 1000 / STEPS_WANTED;
    if (wanted < STEP_MIN_S)
        return STEP_MIN_S;
    for (size_t i = 0; i < PYR_COUNT_OF(ladder); i++)
        if (wanted <= ladder[i].below)
            return ladder[i].step_s;
    return 31536000;
}

struct render {
    struct pyr_api *api;
    struct pyr_http_request *req;
    struct pyr_http_response *res;
    struct pyr_query q;
    struct pyr_profile_type type;
    struct pyr_str group_by; /* "" = none */
    int64_t start_ms, end_ms;
    uint32_t nodes;
};

/* `<profile type>{selector}`; or a selector whose __name__ is the profile type. */
static pyr_err read_query(struct render *r)
{
    struct pyr_str text;
    if (!pyr_http_query(r->req, "query", 0, &text) || text.len == 0)
        return pyr_fail(r->q.diag, PYR_E_INVALID, "\"query\" is required");
    const ptrdiff_t brace = pyr_str_find(text, '{');
    const size_t cut = brace < 0 ? text.len : (size_t)brace;
    const struct pyr_str type = pyr_str_trim((struct pyr_str){text.ptr, cut});
    const struct pyr_str selector = brace < 0 ? PYR_STR("{}") : (struct pyr_str){text.ptr + cut, text.len - cut};
    PYR_TRY(pyr_selector_parse(&r->q.selector, selector, r->q.diag));
    if (type.len != 0)
        return pyr_profile_type_parse(type, &r->type, r->q.diag);
    for (uint32_t i = 0; i < r->q.selector.count; i++) {
        const struct pyr_matcher *m = &r->q.selector.matchers[i];
        if (!pyr_str_eq(m->name, PYR_LABEL_NAME) || m->negated || m->predicate != NULL)
            continue;
        PYR_TRY(pyr_profile_type_parse(m->equal, &r->type, r->q.diag));
        pyr_selector_remove(&r->q.selector, i);
        return PYR_OK;
    }
    return pyr_fail(r->q.diag, PYR_E_INVALID,
                    "the query names no profile type: <profile type>{...} or {__name__=\"<profile type>\"}");
}

static pyr_err read_request(struct render *r)
{
    struct pyr_str format;
    int64_t nodes;
    PYR_TRY(read_query(r));
    PYR_TRY(pyr_query_add_type(&r->q, &r->type));
    r->start_ms = pyr_render_from_ns(r->req) / PYR_NS_PER_MS;
    r->end_ms = pyr_query_time_param(r->req, "until") / PYR_NS_PER_MS;
    PYR_TRY(pyr_query_set_range_ms(r->api, &r->q, r->start_ms, r->end_ms));
    PYR_TRY(pyr_query_nodes_param(r->req, &nodes, r->q.diag));
    PYR_TRY(pyr_query_nodes(r->api, nodes, &r->nodes, r->q.diag));
    if (pyr_http_query(r->req, "format", 0, &format) && pyr_str_eq(format, PYR_STR("dot")))
        return pyr_fail(r->q.diag, PYR_E_UNIMPLEMENTED, "format=dot is not supported yet");
    if (!pyr_http_query(r->req, "groupBy", 0, &r->group_by))
        r->group_by = PYR_STR("");
    return PYR_OK;
}

static pyr_err merge(struct render *r, struct pyr_flamebearer *fb)
{
    struct pyr_stream *streams;
    struct pyr_tree tree;
    uint32_t count;
    PYR_TRY(pyr_query_select(&r->q, &streams, &count));
    PYR_TRY(pyr_query_tree(&r->q, streams, count, PYR_OVER_TIME_SUM, &tree, NULL));
    PYR_TRY(pyr_answer_cut_tree(&r->q, (struct pyr_stack_selector){0}, r->nodes, &tree));
    return pyr_flamebearer_encode(&tree, &r->q.arena, &r->q.arena, fb);
}

static int64_t floor_to(int64_t v, int64_t step)
{
    const int64_t rest = v % step;
    return v - (rest < 0 ? rest + step : rest);
}

/* A dense line from a series, which has no empty buckets; without one, all zeros. */
static pyr_err fill_line(struct render *r, const struct pyr_series_query *sq, const struct pyr_point_series *series,
                         struct pyr_answer_timeline *out)
{
    const uint32_t count = (uint32_t)((sq->end_ms - sq->start_ms) / sq->step_ms);
    int64_t *samples = pyr_arena_zalloc(&r->q.arena, count, sizeof(int64_t));
    if (samples == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; series != NULL && i < series->point_count; i++) {
        const int64_t k = (series->points[i].time_ms - sq->start_ms) / sq->step_ms;
        if (k < count && series->points[i].value > 0)
            samples[k] = pyr_round_i64(series->points[i].value);
    }
    *out = (struct pyr_answer_timeline){sq->start_ms / 1000, sq->step_ms / 1000, samples, count, false};
    return PYR_OK;
}

static struct pyr_str group_of(const struct pyr_point_series *s)
{
    return s->label_count != 0 ? s->labels[0].value : PYR_STR("*");
}

static int compare_groups(const void *a, const void *b)
{
    return pyr_str_cmp(group_of(a), group_of(b));
}

static pyr_err put_groups(struct render *r, struct pyr_json_writer *w, const struct pyr_series_query *sq,
                          struct pyr_point_series *series, uint32_t count)
{
    struct pyr_answer_timeline line;
    if (count > 1)
        qsort(series, count, sizeof(*series), compare_groups);
    pyr_json_begin_object(w);
    for (uint32_t i = 0; i < count; i++) {
        PYR_TRY(fill_line(r, sq, &series[i], &line));
        pyr_json_key(w, group_of(&series[i]));
        pyr_answer_timeline_json(w, &line);
    }
    pyr_json_end_object(w);
    return PYR_OK;
}

static pyr_err put_lines(struct render *r, struct pyr_json_writer *w)
{
    struct pyr_point_series *series;
    struct pyr_answer_timeline line;
    uint32_t count;
    struct pyr_str aggregation;
    const int64_t step_ms = pyr_render_step_s(r->end_ms - r->start_ms) * 1000;
    const bool grouped = r->group_by.len != 0;
    const bool average =
        pyr_http_query(r->req, "aggregation", 0, &aggregation) && pyr_str_eq(aggregation, PYR_STR("avg"));
    const struct pyr_series_query sq = {
        .start_ms = floor_to(r->start_ms, step_ms),
        .end_ms = floor_to(r->end_ms, step_ms),
        .step_ms = step_ms,
        .group_by = &r->group_by,
        .group_by_count = grouped,
        .aggregation = average ? pyr_aggregation_average(pyr_profile_type_gauge(&r->type)) : PYR_AGGREGATION_SUM};
    PYR_TRY(pyr_query_series(&r->q, &sq, &series, &count));
    /* As its clients know it: the line of everything is there when nothing was split. */
    PYR_TRY(fill_line(r, &sq, count == 1 ? &series[0] : NULL, &line));
    pyr_json_key(w, PYR_STR("timeline"));
    pyr_answer_timeline_json(w, &line);
    pyr_json_key(w, PYR_STR("groups"));
    if (grouped)
        return put_groups(r, w, &sq, series, count);
    pyr_json_null(w);
    return PYR_OK;
}

static void put_metadata(const struct render *r, struct pyr_json_writer *w)
{
    const struct pyr_tree_units units = pyr_answer_units(r->type.sample_type, r->type.sample_unit);
    pyr_json_begin_object(w);
    pyr_json_key(w, PYR_STR("format"));
    pyr_json_str(w, PYR_STR("single"));
    pyr_json_key(w, PYR_STR("spyName"));
    pyr_json_str(w, PYR_STR(""));
    pyr_json_key(w, PYR_STR("sampleRate"));
    pyr_json_int(w, units.sample_rate);
    pyr_json_key(w, PYR_STR("units"));
    pyr_json_str(w, units.units);
    pyr_json_key(w, PYR_STR("name"));
    pyr_json_str(w, r->type.sample_type);
    pyr_json_end_object(w);
}

static pyr_err answer(struct render *r)
{
    struct pyr_flamebearer fb;
    struct pyr_json_writer w = pyr_json_writer(&r->res->body);
    PYR_TRY(read_request(r));
    PYR_TRY(merge(r, &fb));
    pyr_json_begin_object(&w);
    pyr_json_key(&w, PYR_STR("version"));
    pyr_json_int(&w, 1);
    pyr_json_key(&w, PYR_STR("flamebearer"));
    pyr_answer_flamebearer_json(&w, &fb);
    pyr_json_key(&w, PYR_STR("metadata"));
    put_metadata(r, &w);
    PYR_TRY(put_lines(r, &w));
    pyr_json_key(&w, PYR_STR("heatmap"));
    pyr_json_null(&w);
    pyr_json_end_object(&w);
    pyr_buf_byte(&r->res->body, '\n');
    return r->res->body.err;
}

static enum pyr_outcome render(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    struct pyr_diag diag = {0};
    struct render r = {.api = ctx, .req = req, .res = res};
    pyr_err err = pyr_query_begin(r.api, req, &r.q, &diag);
    if (err != PYR_OK)
        return pyr_query_json_error(res, err, &diag);
    err = pyr_query_explain(&r.q, answer(&r));
    pyr_query_end(&r.q);
    if (err != PYR_OK) {
        pyr_buf_clear(&res->body);
        return pyr_query_json_error(res, err, &diag);
    }
    pyr_http_set_header(res, "content-type", PYR_STR("application/json"));
    return PYR_RESPONSE_READY;
}

int64_t pyr_render_from_ns(const struct pyr_http_request *req)
{
    struct pyr_str text;
    if (pyr_http_query(req, "from", 0, &text) && text.len != 0)
        return pyr_query_time_param(req, "from");
    return pyr_wall_ns() - 3600 * PYR_NS_PER_S;
}

void pyr_api_render_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    pyr_route_add(list, (struct pyr_route){"GET", "/pyroscope/render", PYR_WORK_QUERY, render, api});
    pyr_route_add(list, (struct pyr_route){"GET", "/render", PYR_WORK_QUERY, pyr_render_legacy, api});
}
