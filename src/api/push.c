/* push.v1.PusherService/Push: series of labels with profiles. Each RawSample is a profile of its own: all are tried,
 * those that are good go in together, and the answer is an error when one was not. It says so once the good ones are on
 * disk. */
#include "api/api.h"
#include "api/pprof_payload.h"
#include "base/time.h"
#include "codec/gen/push.pb.h"
#include "ingest/discard.h"
#include "ingest/identity.h"
#include "ingest/ingest.h"
#include "tenant/tenant.h"

struct push {
    struct pyr_completion stored; /* first */
    struct pyr_api *api;
    struct pyr_rpc_call *call;
    struct pyr_ingest_context context;
    struct pyr_write *writes;
    uint32_t write_count;
    size_t profiles;     /* seen */
    pyr_err first_error; /* of a profile; its message is in call->diag */
};

static pyr_err copy_labels(struct push *p, const struct pyr_push_v1_RawProfileSeries *series,
                           struct pyr_ingest_profile *out, struct pyr_diag *diag)
{
    const size_t count = series->labels.count;
    struct pyr_label *labels = count <= UINT32_MAX ? PYR_ARENA_ARRAY(p->context.arena, struct pyr_label, count) : NULL;
    if (labels == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for labels");
    for (size_t i = 0; i < count; i++)
        labels[i] = (struct pyr_label){series->labels.items[i].name, series->labels.items[i].value};
    out->labels = labels;
    out->label_count = (uint32_t)count;
    return PYR_OK;
}

static pyr_err take_profile(struct push *p, const struct pyr_push_v1_RawProfileSeries *series,
                            const struct pyr_push_v1_RawSample *sample, struct pyr_diag *diag)
{
    struct pyr_profile *profile = PYR_ARENA_NEW(p->context.arena, struct pyr_profile);
    if (profile == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "no memory for a profile");
    struct pyr_ingest_profile in = {.profile = profile};
    struct pyr_write *write = &p->writes[p->write_count];
    PYR_TRY(
        pyr_pprof_payload_decode(sample->raw_profile, p->context.limits, p->context.arena, profile, &in.bytes, diag));
    PYR_TRY(copy_labels(p, series, &in, diag));
    pyr_identity_of_push(p->context.tenant, sample->ID, sample->raw_profile, in.identity);
    PYR_TRY(pyr_ingest_prepare(&p->context, &in, write, diag));
    p->write_count += write->row_count != 0;
    return PYR_OK;
}

static struct pyr_str source_of(const struct pyr_push_v1_RawProfileSeries *series)
{
    for (size_t i = 0; i < series->labels.count; i++)
        if (pyr_str_eq(series->labels.items[i].name, PYR_LABEL_SERVICE))
            return series->labels.items[i].value;
    return PYR_STR("");
}

static void take_series(struct push *p, size_t index)
{
    const struct pyr_push_v1_PushRequest *request = p->call->request;
    const struct pyr_push_v1_RawProfileSeries *series = &request->series.items[index];
    for (size_t k = 0; k < series->samples.count; k++) {
        struct pyr_diag diag;
        diag.code = PYR_OK;
        const pyr_err err =
            pyr_payload_error(take_profile(p, series, &series->samples.items[k], &diag), p->context.arena);
        p->profiles++;
        if (err == PYR_OK)
            continue;
        pyr_discard_profile(p->context.tenant, source_of(series), err, series->samples.items[k].raw_profile.len,
                            diag.message);
        if (p->first_error == PYR_OK) {
            p->first_error = err;
            pyr_fail(&p->call->diag, err, "series[%zu].samples[%zu]: %s", index, k, diag.message);
        }
    }
}

static size_t count_profiles(const struct pyr_push_v1_PushRequest *request)
{
    size_t n = 0;
    for (size_t i = 0; i < request->series.count; i++)
        n += request->series.items[i].samples.count;
    return n;
}

/* None of the good ones could be stored. */
static pyr_err refuse_all(struct push *p, pyr_err err, const char *message)
{
    for (uint32_t i = 0; i < p->write_count; i++)
        pyr_discard_profile(p->context.tenant, p->writes[i].service, err, 0, message);
    /* What the client may retry counts for more than what it may not. */
    p->call->diag.code = PYR_OK;
    return pyr_fail(&p->call->diag, err, "%s", message);
}

/* On the log's thread. */
static void stored(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag)
{
    struct push *p = (struct push *)self;
    if (err != PYR_OK)
        err = refuse_all(p, err, diag != NULL ? diag->message : "not stored");
    else
        err = p->first_error;
    pyr_rpc_finish(p->call, err);
}

static pyr_err begin(struct push *p)
{
    const struct pyr_push_v1_PushRequest *request = p->call->request;
    const struct pyr_str header = pyr_http_header(p->call->http, PYR_TENANT_HEADER);
    PYR_TRY(pyr_tenant_of_write(p->api->multitenancy, header, &p->context.tenant, &p->call->diag));
    const size_t profiles = count_profiles(request);
    if (profiles == 0)
        return pyr_fail(&p->call->diag, PYR_E_INVALID, "no profiles in the request");
    p->writes = profiles <= UINT32_MAX ? PYR_ARENA_ARRAY(p->context.arena, struct pyr_write, profiles) : NULL;
    if (p->writes == NULL)
        return pyr_fail(&p->call->diag, PYR_E_NOMEM, "no memory for %zu profiles", profiles);
    for (size_t i = 0; i < request->series.count; i++)
        take_series(p, i);
    return PYR_OK;
}

static enum pyr_outcome serve_push(void *ctx, struct pyr_rpc_call *call, pyr_err *err)
{
    struct pyr_api *api = ctx;
    struct push *p = PYR_ARENA_NEW(call->http->arena, struct push);
    if (p == NULL) {
        *err = pyr_fail(&call->diag, PYR_E_NOMEM, "no memory for the request");
        return PYR_RESPONSE_READY;
    }
    *p = (struct push){.stored.fn = stored, .api = api, .call = call};
    p->context = (struct pyr_ingest_context){
        .tenant = PYR_STR(""), .limits = &api->limits, .arena = call->http->arena, .now_ns = pyr_wall_ns()};
    *err = begin(p);
    if (*err != PYR_OK)
        return PYR_RESPONSE_READY;
    *err = p->first_error;
    if (p->write_count == 0)
        return PYR_RESPONSE_READY;
    struct pyr_diag diag = {0};
    const pyr_err append = pyr_store_append(api->store, p->writes, p->write_count, &p->stored, &diag);
    if (append == PYR_OK)
        return PYR_RESPONSE_PENDING;
    *err = refuse_all(p, append, diag.message);
    return PYR_RESPONSE_READY;
}

void pyr_api_push_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    static const struct pyr_rpc_method push = {.path = "/push.v1.PusherService/Push",
                                               .request = &pyr_push_v1_PushRequest_pb,
                                               .response = &pyr_push_v1_PushResponse_pb,
                                               .work = PYR_WORK_INGEST,
                                               .handler = serve_push};
    pyr_route_add_rpc(list, &push, api);
}
