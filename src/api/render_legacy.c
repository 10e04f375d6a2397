/* render_legacy.c - GET /render of legacy Pyroscope: FlameQL, values in samples, a time line with slots of 10 s and more whose
 * values are one too large so that zero can mean "nothing", gauges averaged, errors as text. */
#include "api/answer.h"
#include "api/legacy.h"
#include "api/query_request.h"
#include "api/render.h"
#include "base/time.h"
#include "net/status.h"
#include "profile/collapsed.h"
#include "profile/pprof_encode.h"
#include "profile/tree_truncate.h"
#include "query/flameql.h"
#include "query/merge_tree.h"
#include "query/timeline.h"
#include <time.h>

enum { SLOT_S = 10, NODES_DEFAULT = 8192 };

/* Times are kept to what sums of them cannot overflow: 1966 to 2255. */
static int64_t clamp_ns(int64_t ns)
{
    const int64_t least = INT64_C(-100000000000000000), most = INT64_C(9000000000000000000);
    return ns < least ? least : ns > most ? most : ns;
}

static int64_t floor_s(int64_t ns, int64_t step_s)
{
    const int64_t step = step_s * PYR_NS_PER_S;
    return (ns / step - (ns % step < 0)) * step_s;
}

struct pyr_legacy_range pyr_legacy_range(int64_t from_ns, int64_t until_ns)
{
    struct pyr_legacy_range r = {.step_s = SLOT_S};
    until_ns = clamp_ns(until_ns);
    r.start_s = floor_s(clamp_ns(from_ns), SLOT_S);
    r.end_s = floor_s(until_ns, SLOT_S);
    if (r.end_s * PYR_NS_PER_S != until_ns || r.end_s <= r.start_s)
        r.end_s = (r.end_s < r.start_s ? r.start_s : r.end_s) + SLOT_S;
    while (r.step_s * 10 * 1024 < r.end_s - r.start_s)
        r.step_s *= 10;
    r.slots = (uint32_t)((r.end_s - r.start_s) / r.step_s);
    return r;
}

struct legacy {
    struct pyr_api *api;
    struct pyr_http_request *req;
    struct pyr_http_response *res;
    struct pyr_query q;
    struct pyr_str text, app, group_by, format;
    int64_t from_ns, until_ns;
    struct pyr_legacy_range range;
    uint32_t nodes;
    struct pyr_stream *streams;
    uint32_t stream_count;
    enum pyr_over_time over_time;
    struct pyr_tree tree;
    struct pyr_rows_seen seen;
    int64_t unit; /* values are divided by it: nanoseconds to samples */
    struct pyr_str units;
    int64_t sample_rate;
};

static pyr_err read_request(struct legacy *r)
{
    int64_t nodes;
    if (pyr_http_query(r->req, "name", 0, &r->text) && r->text.len != 0) {
        PYR_TRY(pyr_flameql_parse_key(&r->q.selector, r->text, &r->app, r->q.diag));
    } else {
        if (!pyr_http_query(r->req, "query", 0, &r->text))
            r->text = PYR_STR("");
        PYR_TRY(pyr_flameql_parse(&r->q.selector, r->text, &r->app, r->q.diag));
    }
    if (!pyr_http_query(r->req, "groupBy", 0, &r->group_by))
        r->group_by = PYR_STR("");
    PYR_TRY(pyr_query_nodes_param(r->req, &nodes, r->q.diag));
    PYR_TRY(pyr_query_nodes(r->api, nodes == 0 ? NODES_DEFAULT : nodes, &r->nodes, r->q.diag));
    r->from_ns = pyr_render_from_ns(r->req);
    r->until_ns = pyr_query_time_param(r->req, "until");
    if (r->until_ns < r->from_ns)
        return pyr_fail(r->q.diag, PYR_E_INVALID, "until is before from");
    r->range = pyr_legacy_range(r->from_ns, r->until_ns);
    return pyr_query_set_range(
        r->api, &r->q, (struct pyr_time_range){r->range.start_s * PYR_NS_PER_S, r->range.end_s * PYR_NS_PER_S - 1});
}

static bool is_gauge(const struct pyr_stream *s)
{
    return pyr_profile_type_is_gauge(pyr_stream_label(s, PYR_LABEL_NAME), pyr_stream_type(s).type);
}

static bool is_time(struct pyr_value_type t)
{
    return pyr_str_eq(t.unit, PYR_STR("nanoseconds"));
}

/* What the legacy API called the units of a type; times that were sampled are counted in samples there. */
static struct pyr_str units_of(const struct pyr_stream *s)
{
    const struct pyr_value_type t = pyr_stream_type(s);
    const struct pyr_str name = pyr_stream_label(s, PYR_LABEL_NAME);
    const bool lock = pyr_str_eq(name, PYR_STR("mutex")) || pyr_str_eq(name, PYR_STR("block"));
    if (pyr_str_eq(t.unit, PYR_STR("bytes")))
        return PYR_STR("bytes");
    if (lock)
        return is_time(t) ? PYR_STR("lock_nanoseconds") : PYR_STR("lock_samples");
    if (pyr_str_starts(t.type, PYR_STR("goroutine")))
        return PYR_STR("goroutines");
    return pyr_str_ends(t.type, PYR_STR("_objects")) ? PYR_STR("objects") : PYR_STR("samples");
}

static bool all_multiples(const struct pyr_tree *t, int64_t unit)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->nodes[i].self % unit != 0)
            return false;
    return true;
}

/* Sampled time goes out as samples where that is exact: every profile had the same period and every value is a multiple of
 * it. Otherwise as samples of a nanosecond each: nothing is rounded. */
static void choose_units(struct legacy *r)
{
    r->unit = 1;
    r->units = PYR_STR("");
    r->sample_rate = 0;
    if (r->stream_count == 0)
        return;
    const struct pyr_stream *s = &r->streams[0];
    r->units = units_of(s);
    r->sample_rate = 100;
    if (!is_time(pyr_stream_type(s)) || !pyr_str_eq(r->units, PYR_STR("samples")))
        return;
    r->sample_rate = PYR_NS_PER_S;
    const int64_t period = r->seen.period;
    if (is_time(pyr_stream_period_type(s)) && period > 0 && PYR_NS_PER_S % period == 0 &&
        all_multiples(&r->tree, period)) {
        r->unit = period;
        r->sample_rate = PYR_NS_PER_S / period;
    }
}

static void divide(struct pyr_tree *t, int64_t unit)
{
    for (uint32_t i = 0; i < t->count; i++)
        t->nodes[i].self /= unit;
    pyr_tree_sum_totals(t);
}

static pyr_err merge(struct legacy *r)
{
    PYR_TRY(pyr_query_select(&r->q, &r->streams, &r->stream_count));
    if (r->stream_count != 0 && is_gauge(&r->streams[0]))
        r->over_time = PYR_OVER_TIME_MEAN;
    PYR_TRY(pyr_query_tree(&r->q, r->streams, r->stream_count, r->over_time, &r->tree, &r->seen));
    choose_units(r);
    if (r->unit != 1)
        divide(&r->tree, r->unit);
    return PYR_OK;
}

static const char *rfc3339(struct legacy *r)
{
    struct tm tm;
    const time_t s = (time_t)floor_s(r->from_ns, 1);
    char text[32];
    if (gmtime_r(&s, &tm) == NULL || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return "";
    const struct pyr_str kept = pyr_arena_printf(r->req->arena, "%s", text);
    return kept.ptr != NULL ? kept.ptr : "";
}

/* The legacy limit counts the root, too. */
static pyr_err cut(struct legacy *r, struct pyr_flamebearer *fb)
{
    int64_t threshold;
    struct pyr_tree small;
    PYR_TRY(pyr_tree_threshold(&r->tree, r->nodes - 1, &r->q.arena, &threshold));
    if (r->nodes == 1)
        threshold = r->tree.nodes[0].total;
    PYR_TRY(pyr_tree_truncate(&r->tree, threshold, true, &r->q.arena, &small));
    return pyr_flamebearer_encode(&small, &r->q.arena, &r->q.arena, fb);
}

static void put_line(struct legacy *r, struct pyr_json_writer *w, int64_t *slots)
{
    int64_t *shown = PYR_ARENA_ARRAY(&r->q.arena, int64_t, r->range.slots);
    const struct pyr_answer_timeline line = {r->range.start_s, r->range.step_s, shown,
                                             shown != NULL ? r->range.slots : 0, true};
    for (uint32_t i = 0; i < line.count; i++)
        shown[i] = slots[i] == 0 ? 0 : pyr_add_saturating(slots[i], 1);
    pyr_answer_timeline_json(w, &line);
}

static pyr_err put_lines(struct legacy *r, struct pyr_json_writer *w)
{
    struct pyr_timeline *all, *groups;
    uint32_t count, group_count;
    struct pyr_timeline_query tq = {.start_ns = r->range.start_s * PYR_NS_PER_S,
                                    .slot_ns = r->range.step_s * PYR_NS_PER_S,
                                    .slots = r->range.slots,
                                    .over_time = r->over_time,
                                    .unit = r->unit};
    PYR_TRY(pyr_query_timelines(&r->q, r->streams, r->stream_count, &tq, &all, &count));
    pyr_json_key(w, PYR_STR("timeline"));
    put_line(r, w, all[0].slots);
    tq.group_by = r->group_by;
    groups = all;
    group_count = r->stream_count == 0 ? 0 : count;
    if (tq.group_by.len != 0)
        PYR_TRY(pyr_query_timelines(&r->q, r->streams, r->stream_count, &tq, &groups, &group_count));
    pyr_json_key(w, PYR_STR("groups"));
    pyr_json_begin_object(w);
    for (uint32_t i = 0; i < group_count; i++) {
        pyr_json_key(w, groups[i].group.len != 0 ? groups[i].group : PYR_STR("*"));
        put_line(r, w, groups[i].slots);
    }
    pyr_json_end_object(w);
    return PYR_OK;
}

static void put_str(struct pyr_json_writer *w, struct pyr_str key, struct pyr_str value)
{
    pyr_json_key(w, key);
    pyr_json_str(w, value);
}

static void put_int(struct pyr_json_writer *w, struct pyr_str key, int64_t value)
{
    pyr_json_key(w, key);
    pyr_json_int(w, value);
}

static void put_metadata(struct legacy *r, struct pyr_json_writer *w)
{
    const struct pyr_str name = pyr_arena_printf(&r->q.arena, "%.*s %s", PYR_STR_ARG(r->app), rfc3339(r));
    pyr_json_key(w, PYR_STR("metadata"));
    pyr_json_begin_object(w);
    put_str(w, PYR_STR("format"), PYR_STR("single"));
    put_str(w, PYR_STR("spyName"),
            r->stream_count != 0 ? pyr_stream_label(&r->streams[0], PYR_LABEL_SPY) : PYR_STR(""));
    put_int(w, PYR_STR("sampleRate"), r->sample_rate);
    put_str(w, PYR_STR("units"), r->units);
    put_str(w, PYR_STR("name"), name);
    put_str(w, PYR_STR("appName"), r->app);
    put_int(w, PYR_STR("startTime"), floor_s(r->from_ns, 1));
    put_int(w, PYR_STR("endTime"), floor_s(r->until_ns, 1));
    put_str(w, PYR_STR("query"), r->text);
    put_int(w, PYR_STR("maxNodes"), r->nodes);
    pyr_json_end_object(w);
}

static pyr_err answer_json(struct legacy *r)
{
    struct pyr_flamebearer fb;
    struct pyr_json_writer w = pyr_json_writer(&r->res->body);
    PYR_TRY(cut(r, &fb));
    pyr_json_begin_object(&w);
    put_int(&w, PYR_STR("version"), 1);
    pyr_json_key(&w, PYR_STR("flamebearer"));
    pyr_answer_flamebearer_json(&w, &fb);
    PYR_TRY(put_lines(r, &w));
    pyr_json_key(&w, PYR_STR("heatmap"));
    pyr_json_null(&w);
    put_metadata(r, &w);
    pyr_json_key(&w, PYR_STR("annotations"));
    pyr_json_begin_array(&w);
    pyr_json_end_array(&w);
    pyr_json_end_object(&w);
    pyr_buf_byte(&r->res->body, '\n');
    pyr_http_set_header(r->res, "content-type", PYR_STR("application/json"));
    return PYR_OK;
}

static void attach(struct legacy *r, const char *extension)
{
    const struct pyr_str disposition =
        pyr_arena_printf(r->req->arena, "attachment; filename=%.*s %s.%s", PYR_STR_ARG(r->app), rfc3339(r), extension);
    pyr_http_set_header(r->res, "content-type", PYR_STR("application/octet-stream"));
    if (disposition.ptr != NULL)
        pyr_http_set_header(r->res, "content-disposition", disposition);
}

static pyr_err answer_pprof(struct legacy *r)
{
    struct pyr_profile profile;
    const struct pyr_value_type type = {PYR_STR(""), r->units};
    PYR_TRY(pyr_query_profile(&r->q, r->streams, r->stream_count, r->over_time, (struct pyr_stack_selector){0}, type,
                              &profile, NULL));
    for (uint32_t i = 0; i < profile.sample_count; i++)
        profile.values[i] /= r->unit;
    profile.time_ns = r->from_ns;
    attach(r, "pprof");
    pyr_pprof_encode(&profile, &r->res->body);
    return PYR_OK;
}

static pyr_err answer_collapsed(struct legacy *r)
{
    attach(r, "collapsed.txt");
    return pyr_collapsed_encode(&r->tree, &r->q.arena, &r->res->body);
}

static pyr_err answer(struct legacy *r)
{
    static const struct {
        struct pyr_str name;
        pyr_err (*answer)(struct legacy *r);
    } formats[] = {
        {PYR_STR("json"), answer_json}, {PYR_STR("pprof"), answer_pprof}, {PYR_STR("collapsed"), answer_collapsed}};
    PYR_TRY(read_request(r));
    if (!pyr_http_query(r->req, "format", 0, &r->format) || r->format.len == 0)
        return PYR_OK;
    for (size_t i = 0; i < PYR_COUNT_OF(formats); i++)
        if (pyr_str_eq(r->format, formats[i].name)) {
            PYR_TRY(merge(r));
            PYR_TRY(formats[i].answer(r));
            return r->res->body.err;
        }
    if (pyr_str_eq(r->format, PYR_STR("html")))
        return pyr_fail(r->q.diag, PYR_E_UNIMPLEMENTED, "format=html is not supported yet");
    return pyr_fail(r->q.diag, PYR_E_INVALID, "unknown format");
}

enum pyr_outcome pyr_render_legacy(void *api, struct pyr_http_request *req, struct pyr_http_response *res)
{
    struct pyr_diag diag = {0};
    struct legacy r = {.api = api, .req = req, .res = res};
    pyr_err err = pyr_query_begin(r.api, req, &r.q, &diag);
    if (err != PYR_OK)
        return pyr_legacy_error(req, res, err, &diag);
    err = pyr_query_explain(&r.q, answer(&r));
    pyr_query_end(&r.q);
    return err == PYR_OK ? PYR_RESPONSE_READY : pyr_legacy_error(req, res, err, &diag);
}
