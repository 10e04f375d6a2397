/* labels.c - names and values of labels: /labels and /label-values of legacy Pyroscope, where an application is a service
 * and a profile type in one name; /pyroscope/label-values of the newer one. */
#include "api/legacy.h"
#include "api/query_request.h"
#include "base/time.h"
#include "codec/json_writer.h"
#include "query/flameql.h"
#include <stdlib.h>

static void put_array(struct pyr_http_response *res, const struct pyr_str *items, uint32_t count)
{
    struct pyr_json_writer w = pyr_json_writer(&res->body);
    pyr_json_begin_array(&w);
    for (uint32_t i = 0; i < count; i++)
        pyr_json_str(&w, items[i]);
    pyr_json_end_array(&w);
}

typedef pyr_err (*list_fn)(struct pyr_query *q, const struct pyr_http_request *req, struct pyr_str **items,
                           uint32_t *count);

/* The legacy API looks at all times. */
static pyr_err read_legacy_query(struct pyr_query *q, const struct pyr_http_request *req)
{
    struct pyr_str text, app;
    pyr_query_set_range_all(q);
    if (!pyr_http_query(req, "query", 0, &text) || text.len == 0)
        return PYR_OK;
    return pyr_flameql_parse(&q->selector, text, &app, q->diag);
}

/* Labels that the legacy API does not know as tags: the service is part of its names, the spy has a field of its own. */
static bool is_tag(struct pyr_str name)
{
    if (pyr_str_eq(name, PYR_LABEL_NAME))
        return true;
    return !pyr_str_starts(name, PYR_STR("__")) && !pyr_str_eq(name, PYR_LABEL_SERVICE) &&
           !pyr_str_eq(name, PYR_LABEL_SPY);
}

static pyr_err legacy_names(struct pyr_query *q, const struct pyr_http_request *req, struct pyr_str **items,
                            uint32_t *count)
{
    uint32_t all;
    PYR_TRY(read_legacy_query(q, req));
    PYR_TRY(pyr_query_label_names(q, items, &all));
    *count = 0;
    for (uint32_t i = 0; i < all; i++)
        if (is_tag((*items)[i]))
            (*items)[(*count)++] = (*items)[i];
    return PYR_OK;
}

static int compare_str(const void *a, const void *b)
{
    return pyr_str_cmp(*(const struct pyr_str *)a, *(const struct pyr_str *)b);
}

/* Services times the profile types that each has. */
static pyr_err applications(struct pyr_query *q, struct pyr_str **items, uint32_t *count)
{
    struct pyr_stream *streams;
    uint32_t stream_count;
    PYR_TRY(pyr_query_select(q, &streams, &stream_count));
    struct pyr_str *apps = PYR_ARENA_ARRAY(&q->arena, struct pyr_str, stream_count);
    if (apps == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < stream_count; i++) {
        apps[i] = pyr_flameql_app_of(pyr_stream_label(&streams[i], PYR_LABEL_SERVICE),
                                     pyr_stream_label(&streams[i], PYR_LABEL_PROFILE_TYPE), &q->arena);
        if (apps[i].ptr == NULL)
            return PYR_E_NOMEM;
    }
    if (stream_count > 1)
        qsort(apps, stream_count, sizeof(*apps), compare_str);
    *count = 0;
    for (uint32_t i = 0; i < stream_count; i++)
        if (*count == 0 || !pyr_str_eq(apps[*count - 1], apps[i]))
            apps[(*count)++] = apps[i];
    *items = apps;
    return PYR_OK;
}

static pyr_err legacy_values(struct pyr_query *q, const struct pyr_http_request *req, struct pyr_str **items,
                             uint32_t *count)
{
    struct pyr_str label;
    if (!pyr_http_query(req, "label", 0, &label) || label.len == 0)
        return pyr_fail(q->diag, PYR_E_INVALID, "label parameter is required");
    PYR_TRY(read_legacy_query(q, req));
    if (pyr_str_eq(label, PYR_LABEL_NAME))
        return applications(q, items, count);
    return pyr_query_label_values(q, label, items, count);
}

static enum pyr_outcome answer_legacy(struct pyr_api *api, struct pyr_http_request *req, struct pyr_http_response *res,
                                      list_fn list)
{
    struct pyr_diag diag = {0};
    struct pyr_query q;
    struct pyr_str *items = NULL;
    uint32_t count = 0;
    pyr_err err = pyr_query_begin(api, req, &q, &diag);
    if (err != PYR_OK)
        return pyr_legacy_error(req, res, err, &diag);
    err = pyr_query_explain(&q, list(&q, req, &items, &count));
    if (err == PYR_OK)
        put_array(res, items, count);
    pyr_query_end(&q);
    if (err != PYR_OK)
        return pyr_legacy_error(req, res, err, &diag);
    pyr_buf_byte(&res->body, '\n');
    pyr_http_set_header(res, "content-type", PYR_STR("text/plain; charset=utf-8"));
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome labels(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    return answer_legacy(ctx, req, res, legacy_names);
}

static enum pyr_outcome label_values(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    return answer_legacy(ctx, req, res, legacy_values);
}

/* label, and what LabelValues takes: query (a selector), from, until (the last hour). __name__ lists profile types. */
static pyr_err modern_values(struct pyr_api *api, struct pyr_query *q, const struct pyr_http_request *req,
                             struct pyr_str **items, uint32_t *count)
{
    struct pyr_str label, text;
    const int64_t now = pyr_wall_ns();
    if (!pyr_http_query(req, "label", 0, &label) || label.len == 0)
        return pyr_fail(q->diag, PYR_E_INVALID, "\"label\" is required");
    if (pyr_http_query(req, "query", 0, &text) && text.len != 0)
        PYR_TRY(pyr_selector_parse(&q->selector, text, q->diag));
    const bool has_from = pyr_http_query(req, "from", 0, &text) && text.len != 0;
    const int64_t from = has_from ? pyr_query_time_param(req, "from") : now - 3600 * PYR_NS_PER_S;
    PYR_TRY(pyr_query_set_range_ms(api, q, from / PYR_NS_PER_MS, pyr_query_time_param(req, "until") / PYR_NS_PER_MS));
    return pyr_query_label_values(q, pyr_str_eq(label, PYR_LABEL_NAME) ? PYR_LABEL_PROFILE_TYPE : label, items, count);
}

static enum pyr_outcome pyroscope_label_values(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    struct pyr_diag diag = {0};
    struct pyr_query q;
    struct pyr_str *items = NULL;
    uint32_t count = 0;
    pyr_err err = pyr_query_begin(ctx, req, &q, &diag);
    if (err != PYR_OK)
        return pyr_query_json_error(res, err, &diag);
    err = pyr_query_explain(&q, modern_values(ctx, &q, req, &items, &count));
    if (err == PYR_OK)
        put_array(res, items, count);
    pyr_query_end(&q);
    if (err != PYR_OK)
        return pyr_query_json_error(res, err, &diag);
    pyr_http_set_header(res, "content-type", PYR_STR("application/json"));
    return PYR_RESPONSE_READY;
}

void pyr_api_labels_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    pyr_route_add(list, (struct pyr_route){"GET", "/labels", PYR_WORK_QUERY, labels, api});
    pyr_route_add(list, (struct pyr_route){"GET", "/label-values", PYR_WORK_QUERY, label_values, api});
    pyr_route_add(list,
                  (struct pyr_route){"GET", "/pyroscope/label-values", PYR_WORK_QUERY, pyroscope_label_values, api});
}
