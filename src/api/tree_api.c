/* tree_api.c - GET /api/v2/tree: the page's call tree (docs/flame-tree.md). Gauges are means over time. */
#include "api/query_request.h"
#include "base/time.h"
#include "profile/flame_tree.h"
#include "profile/tree_truncate.h"
#include "query/merge_tree.h"

struct tree_request {
    struct pyr_profile_type type;
    uint32_t nodes;
};

/* A number is milliseconds, however many digits it has; else the grammar of the other APIs. */
static int64_t ms_param(const struct pyr_http_request *req, const char *name)
{
    struct pyr_str text;
    int64_t ms;
    if (pyr_http_query(req, name, 0, &text) && pyr_str_to_i64(text, &ms))
        return ms;
    return pyr_query_time_param(req, name) / PYR_NS_PER_MS;
}

static pyr_err read_request(struct pyr_api *api, struct pyr_query *q, const struct pyr_http_request *req,
                            struct tree_request *out)
{
    struct pyr_str text;
    int64_t nodes;
    if (!pyr_http_query(req, "type", 0, &text) || text.len == 0)
        return pyr_fail(q->diag, PYR_E_INVALID, "\"type\" is required");
    PYR_TRY(pyr_profile_type_parse(text, &out->type, q->diag));
    if (!pyr_http_query(req, "query", 0, &text) || text.len == 0)
        text = PYR_STR("{}");
    PYR_TRY(pyr_selector_parse(&q->selector, text, q->diag));
    PYR_TRY(pyr_query_add_type(q, &out->type));
    if (!pyr_http_query(req, "from", 0, &text) || text.len == 0)
        return pyr_fail(q->diag, PYR_E_INVALID, "\"from\" is required");
    PYR_TRY(pyr_query_set_range_ms(api, q, ms_param(req, "from"), ms_param(req, "until")));
    PYR_TRY(pyr_query_nodes_param(req, &nodes, q->diag));
    return pyr_query_nodes(api, nodes, &out->nodes, q->diag);
}

static pyr_err answer(struct pyr_api *api, struct pyr_query *q, const struct pyr_http_request *req, struct pyr_buf *out)
{
    struct tree_request r = {0};
    struct pyr_stream *streams;
    uint32_t count;
    struct pyr_tree tree, cut;
    int64_t threshold;
    PYR_TRY(read_request(api, q, req, &r));
    PYR_TRY(pyr_query_select(q, &streams, &count));
    const enum pyr_over_time over_time = pyr_profile_type_gauge(&r.type) ? PYR_OVER_TIME_MEAN : PYR_OVER_TIME_SUM;
    PYR_TRY(pyr_query_tree(q, streams, count, over_time, &tree, NULL));
    PYR_TRY(pyr_tree_threshold(&tree, r.nodes, &q->arena, &threshold));
    PYR_TRY(pyr_tree_truncate(&tree, threshold, false, &q->arena, &cut));
    PYR_TRY(pyr_flame_tree_encode(&cut, &q->arena, out));
    return out->err;
}

static enum pyr_outcome tree(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    struct pyr_diag diag = {0};
    struct pyr_query q;
    pyr_err err = pyr_query_begin(ctx, req, &q, &diag);
    if (err != PYR_OK)
        return pyr_query_json_error(res, err, &diag);
    err = pyr_query_explain(&q, answer(ctx, &q, req, &res->body));
    pyr_query_end(&q);
    if (err != PYR_OK) {
        pyr_buf_clear(&res->body);
        return pyr_query_json_error(res, err, &diag);
    }
    pyr_http_set_header(res, "content-type", PYR_STR(PYR_FLAME_TREE_MEDIA_TYPE));
    return PYR_RESPONSE_READY;
}

void pyr_api_tree_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    pyr_route_add(list, (struct pyr_route){"GET", "/api/v2/tree", PYR_WORK_QUERY, tree, api});
}
