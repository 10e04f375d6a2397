#include "api/query_request.h"
#include "base/saturate.h"
#include "base/time.h"
#include "profile/time_arg.h"
#include "tenant/tenant.h"

static bool is_canceled(const void *request)
{
    return pyr_http_canceled(request);
}

pyr_err pyr_query_begin(struct pyr_api *api, struct pyr_http_request *req, struct pyr_query *q, struct pyr_diag *diag)
{
    struct pyr_str *tenants;
    uint32_t count;
    PYR_TRY(pyr_tenants_of_read(api->multitenancy, pyr_http_header(req, PYR_TENANT_HEADER), req->arena, &tenants,
                                &count, diag));
    pyr_query_init(q, api->store, tenants, count, req->arena->budget, diag);
    q->canceled = is_canceled;
    q->canceled_ctx = req;
    if (api->limits.query_timeout_ns > 0)
        q->deadline_mono_ns = pyr_mono_ns() + api->limits.query_timeout_ns;
    return PYR_OK;
}

int64_t pyr_ns_of_ms(int64_t ms)
{
    return pyr_mul_saturating(ms, PYR_NS_PER_MS);
}

void pyr_query_set_range_all(struct pyr_query *q)
{
    q->range = (struct pyr_time_range){INT64_MIN, INT64_MAX};
}

static pyr_err check_length(const struct pyr_api *api, const struct pyr_query *q)
{
    const int64_t most = api->limits.query_length_ns_max;
    int64_t length;
    if (most == 0 || (!__builtin_sub_overflow(q->range.until_ns, q->range.from_ns, &length) && length <= most))
        return PYR_OK;
    return pyr_fail(q->diag, PYR_E_INVALID, "the query's time range is longer than the limit of %lld seconds",
                    (long long)(most / PYR_NS_PER_S));
}

static void limit_lookback(const struct pyr_api *api, struct pyr_query *q)
{
    if (api->limits.query_lookback_ns_max != 0)
        q->earliest_ns = pyr_wall_ns() - api->limits.query_lookback_ns_max;
    if (q->range.from_ns < q->earliest_ns)
        q->range.from_ns = q->earliest_ns;
    if (q->range.until_ns < q->range.from_ns) /* all of it is too far back: nothing */
        q->range = (struct pyr_time_range){INT64_MIN, INT64_MIN};
}

pyr_err pyr_query_set_range(struct pyr_api *api, struct pyr_query *q, struct pyr_time_range range)
{
    q->range = range;
    PYR_TRY(check_length(api, q));
    limit_lookback(api, q);
    return PYR_OK;
}

pyr_err pyr_query_set_range_ms(struct pyr_api *api, struct pyr_query *q, int64_t start_ms, int64_t end_ms)
{
    if (start_ms == 0 || end_ms == 0)
        return pyr_fail(q->diag, PYR_E_INVALID, "missing time range in the query");
    if (start_ms > end_ms)
        return pyr_fail(q->diag, PYR_E_INVALID, "query start time is after end time");
    return pyr_query_set_range(
        api, q,
        (struct pyr_time_range){pyr_ns_of_ms(start_ms), pyr_add_saturating(pyr_ns_of_ms(end_ms), PYR_NS_PER_MS - 1)});
}

pyr_err pyr_query_add_type(struct pyr_query *q, const struct pyr_profile_type *type)
{
    return pyr_selector_add_equal(&q->selector, PYR_LABEL_PROFILE_TYPE, false, type->id, q->diag);
}

pyr_err pyr_query_nodes(const struct pyr_api *api, int64_t asked, uint32_t *out, struct pyr_diag *diag)
{
    if (asked < 0)
        return pyr_fail(diag, PYR_E_INVALID, "max flamegraph nodes limit must be set (max allowed %u)",
                        api->limits.nodes_max);
    if (asked > api->limits.nodes_max)
        return pyr_fail(diag, PYR_E_INVALID, "max flamegraph nodes limit %lld is greater than allowed %u",
                        (long long)asked, api->limits.nodes_max);
    *out = asked == 0 ? api->limits.nodes_default : (uint32_t)asked;
    return PYR_OK;
}

pyr_err pyr_query_nodes_param(const struct pyr_http_request *req, int64_t *out, struct pyr_diag *diag)
{
    struct pyr_str text;
    *out = 0;
    if (!pyr_http_query(req, "maxNodes", 0, &text) && !pyr_http_query(req, "max-nodes", 0, &text))
        return PYR_OK;
    if (text.len == 0 || pyr_str_to_i64(text, out))
        return PYR_OK;
    return pyr_fail(diag, PYR_E_INVALID, "max-nodes is not a number: \"%.*s\"", PYR_STR_ARG(text));
}

int64_t pyr_query_time_param(const struct pyr_http_request *req, const char *name)
{
    struct pyr_str text = {0};
    (void)pyr_http_query(req, name, 0, &text);
    return pyr_time_arg(text, pyr_wall_ns());
}

enum pyr_outcome pyr_query_json_error(struct pyr_http_response *res, pyr_err err, const struct pyr_diag *diag)
{
    pyr_rpc_http_error(res, err, diag->code != PYR_OK ? diag->message : pyr_err_name(err));
    return PYR_RESPONSE_READY;
}
