/* POST /ingest: the upload of all clients before push.v1, and of many after. The query says whose and when, the format
 * parameter or the Content-Type what the body is:
 *   trie, tree, lines, groups (the default; also "folded")    counts of stacks, the type being in the name
 *   pprof                                                     raw, or a multipart form with its configuration
 * Answers 200 with an empty body once the profile is on disk. */
#include "ingest/ingest.h"
#include "api/api.h"
#include "api/pprof_payload.h"
#include "base/assert.h"
#include "base/time.h"
#include "codec/multipart.h"
#include "format/folded.h"
#include "format/tree.h"
#include "format/trie.h"
#include "ingest/cumulative.h"
#include "ingest/discard.h"
#include "ingest/function_names.h"
#include "ingest/identity.h"
#include "ingest/name.h"
#include "ingest/profile_name.h"
#include "ingest/sample_type_config.h"
#include "ingest/split.h"
#include "profile/time_arg.h"
#include "tenant/tenant.h"

enum { DEFAULT_SAMPLE_RATE = 100, OWN_LABELS = 4 }; /* __name__, pyroscope_spy, service_name, app_name */

enum format { FORMAT_GROUPS, FORMAT_LINES, FORMAT_TRIE, FORMAT_TREE, FORMAT_PPROF, FORMAT_FORM, FORMAT_UNSUPPORTED };

/* One request, in its arena. */
struct upload {
    struct pyr_completion stored; /* first */
    struct pyr_api *api;
    struct pyr_http_request *req;
    struct pyr_http_response *res;
    struct pyr_diag diag;
    struct pyr_ingest_context context;
    struct pyr_str name_text, from_text, until_text, spy, format_text;
    struct pyr_ingest_name name;
    enum format format;
    uint32_t sample_rate;
    bool precise_time;    /* the window is given finer than in seconds */
    struct pyr_span body; /* inflated, where the format is text */
    struct pyr_profile profile;
    struct pyr_ingest_profile parts;
    struct pyr_write write;
};

/* ---- the query ---- */

static struct pyr_str query_param(const struct upload *u, const char *name, struct pyr_str fallback)
{
    struct pyr_str value;
    return pyr_http_query(u->req, name, 0, &value) ? value : fallback;
}

static enum format find_format(const struct upload *u)
{
    const struct pyr_str type = pyr_http_header(u->req, "content-type");
    const struct pyr_str f = u->format_text;
    if (pyr_str_eq(f, PYR_STR("trie")) || pyr_str_eq(type, PYR_STR("binary/octet-stream+trie")))
        return FORMAT_TRIE;
    if (pyr_str_eq(f, PYR_STR("tree")) || pyr_str_eq(type, PYR_STR("binary/octet-stream+tree")))
        return FORMAT_TREE;
    if (pyr_str_eq(f, PYR_STR("lines")))
        return FORMAT_LINES;
    if (pyr_str_eq(f, PYR_STR("jfr")) || pyr_str_eq(f, PYR_STR("speedscope")))
        return FORMAT_UNSUPPORTED;
    if (pyr_is_multipart(type))
        return FORMAT_FORM;
    return pyr_str_eq(f, PYR_STR("pprof")) ? FORMAT_PPROF : FORMAT_GROUPS;
}

static bool is_text(enum format f)
{
    return f != FORMAT_PPROF && f != FORMAT_FORM;
}

static uint32_t parse_sample_rate(struct pyr_str text)
{
    uint64_t rate;
    return pyr_str_to_u64(text, &rate) && rate <= UINT32_MAX ? (uint32_t)rate : DEFAULT_SAMPLE_RATE;
}

static pyr_err read_query(struct upload *u)
{
    bool from_precise = false, until_precise = false;
    const int64_t now_ns = u->context.now_ns;
    u->name_text = query_param(u, "name", PYR_STR(""));
    u->from_text = query_param(u, "from", PYR_STR(""));
    u->until_text = query_param(u, "until", PYR_STR(""));
    u->format_text = query_param(u, "format", PYR_STR(""));
    u->spy = query_param(u, "spyName", PYR_STR(""));
    if (u->spy.len == 0)
        u->spy = PYR_STR("unknown");
    u->sample_rate = parse_sample_rate(query_param(u, "sampleRate", PYR_STR("")));
    if (u->from_text.len != 0)
        u->parts.from_ns = pyr_time_arg_precise(u->from_text, now_ns, &from_precise);
    if (u->until_text.len != 0)
        u->parts.until_ns = pyr_time_arg_precise(u->until_text, now_ns, &until_precise);
    u->precise_time = from_precise || until_precise;
    u->format = find_format(u);
    if (u->name_text.len == 0)
        return pyr_fail(&u->diag, PYR_E_INVALID, "the parameter name is missing: whose profile is this?");
    return pyr_ingest_name_parse(u->name_text, u->req->arena, &u->name, &u->diag);
}

/* ---- labels ---- */

static void add_label(struct upload *u, struct pyr_str name, struct pyr_str value)
{
    u->parts.labels[u->parts.label_count++] = (struct pyr_label){name, value};
}

/* `app`: the application's name without what the format took from it. */
static pyr_err make_labels(struct upload *u, struct pyr_str profile_name, struct pyr_str app)
{
    u->parts.labels = PYR_ARENA_ARRAY(u->req->arena, struct pyr_label, (size_t)u->name.tag_count + OWN_LABELS);
    if (u->parts.labels == NULL)
        return pyr_fail(&u->diag, PYR_E_NOMEM, "no memory for labels");
    bool has_service = false;
    add_label(u, PYR_LABEL_NAME, profile_name);
    add_label(u, PYR_LABEL_SPY, u->spy);
    for (uint32_t i = 0; i < u->name.tag_count; i++) {
        const struct pyr_label *tag = &u->name.tags[i];
        const bool private = pyr_str_starts(tag->name, PYR_STR("__")) && !pyr_str_eq(tag->name, PYR_LABEL_SESSION);
        if (private || pyr_str_eq(tag->name, PYR_LABEL_SPY))
            continue;
        if (pyr_str_eq(tag->name, PYR_STR("profile_id")) && pyr_span_id_parse(tag->value, &u->parts.span_id))
            continue;
        has_service |= pyr_str_eq(tag->name, PYR_LABEL_SERVICE) && tag->value.len != 0;
        add_label(u, tag->name, tag->value);
    }
    if (!has_service)
        add_label(u, PYR_LABEL_SERVICE, app);
    else if (is_text(u->format))
        add_label(u, PYR_STR("app_name"), app);
    return PYR_OK;
}

static bool has_session(const struct upload *u)
{
    for (uint32_t i = 0; i < u->name.tag_count; i++)
        if (pyr_str_eq(u->name.tags[i].name, PYR_LABEL_SESSION))
            return true;
    return false;
}

static void make_identity(struct upload *u)
{
    if (!u->precise_time && u->profile.time_ns % PYR_NS_PER_S == 0)
        return;
    const struct pyr_str host = has_session(u) ? PYR_STR("") : pyr_identity_host(u->req->peer);
    if (host.len != 0 || has_session(u))
        pyr_identity_of_upload(u->context.tenant, u->name_text, u->from_text, u->until_text, host, u->req->body,
                               u->parts.identity);
}

/* ---- the body ---- */

static pyr_err decode_text(struct upload *u)
{
    const struct pyr_format_limits limits = pyr_format_limits_of(u->context.limits);
    struct pyr_arena *arena = u->req->arena;
    PYR_TRY(pyr_payload_inflate(u->req->body, u->context.limits, arena, &u->body, &u->diag));
    u->parts.bytes = u->body.len;
    switch (u->format) {
    case FORMAT_TRIE:
        return pyr_trie_decode(u->body, &limits, arena, &u->profile, &u->diag);
    case FORMAT_TREE:
        return pyr_tree_decode(u->body, &limits, arena, &u->profile, &u->diag);
    case FORMAT_LINES:
        return pyr_folded_decode(u->body, PYR_FOLDED_LINES, &limits, arena, &u->profile, &u->diag);
    default:
        return pyr_folded_decode(u->body, PYR_FOLDED_GROUPS, &limits, arena, &u->profile, &u->diag);
    }
}

static pyr_err take_text(struct upload *u)
{
    if (u->format == FORMAT_UNSUPPORTED)
        return pyr_fail(&u->diag, PYR_E_UNPROCESSABLE, "format not supported yet: %.*s", PYR_STR_ARG(u->format_text));
    const pyr_err err = decode_text(u);
    if (err != PYR_OK)
        return err == PYR_E_CORRUPT ? PYR_E_UNPROCESSABLE : err;
    struct pyr_str app = u->name.app;
    const struct pyr_suffix *suffix = pyr_text_profile_type(&app);
    pyr_text_profile_apply(&u->profile, suffix, u->sample_rate);
    return make_labels(u, suffix->name, app);
}

/* The parts of a form that mean something, in any order; others are ignored. */
struct form {
    struct pyr_span profile, previous, config; /* ptr NULL: not there */
};

static pyr_err read_form(struct upload *u, struct form *form)
{
    struct pyr_multipart m;
    *form = (struct form){0};
    PYR_TRY(pyr_multipart_begin(&m, pyr_http_header(u->req, "content-type"), u->req->body, &u->diag));
    for (;;) {
        struct pyr_multipart_part part;
        bool more;
        PYR_TRY(pyr_multipart_next(&m, &part, &more, &u->diag));
        if (!more)
            break;
        if (pyr_str_eq(part.name, PYR_STR("profile")))
            form->profile = part.body;
        else if (pyr_str_eq(part.name, PYR_STR("prev_profile")))
            form->previous = part.body;
        else if (pyr_str_eq(part.name, PYR_STR("sample_type_config")))
            form->config = part.body;
    }
    if (form->profile.ptr == NULL)
        return pyr_fail(&u->diag, PYR_E_INVALID, "multipart: no part is named profile");
    return PYR_OK;
}

static pyr_err subtract_previous(struct upload *u, const struct form *form, const struct pyr_sample_type_config *config)
{
    struct pyr_profile previous;
    size_t bytes;
    const bool has_previous = form->previous.len != 0;
    if (has_previous) {
        const pyr_err err =
            pyr_pprof_payload_decode(form->previous, u->context.limits, u->req->arena, &previous, &bytes, &u->diag);
        if (err != PYR_OK) {
            pyr_diag_prefix(&u->diag, "prev_profile");
            return err;
        }
    }
    return pyr_cumulative_subtract(&u->profile, has_previous ? &previous : NULL, config, u->req->arena, &u->diag);
}

static pyr_err adapt_to_spy(struct upload *u, const struct pyr_sample_type_config *config)
{
    const bool dotnet =
        pyr_str_eq(u->spy, PYR_STR("dotnetspy")) ||
        (pyr_str_eq(u->spy, PYR_STR("unknown")) && pyr_sample_type_setting(config, PYR_STR("inuse-space")) != NULL);
    if ((dotnet && !pyr_sample_types_dotnet(&u->profile, u->req->arena)) ||
        !pyr_function_names_script(&u->profile, u->spy, u->req->arena))
        return pyr_fail(&u->diag, PYR_E_NOMEM, "no memory for the names of functions");
    return PYR_OK;
}

static pyr_err decode_pprof(struct upload *u)
{
    struct form form = {.profile = u->req->body};
    struct pyr_sample_type_config config = pyr_sample_type_config_default;
    const struct pyr_sample_type_config *used = &pyr_sample_type_config_default;
    if (u->format == FORMAT_FORM)
        PYR_TRY(read_form(u, &form));
    if (form.config.len != 0) {
        PYR_TRY(pyr_sample_type_config_parse(form.config, u->req->arena, &config, &u->diag));
        used = &config;
    }
    PYR_TRY(pyr_pprof_payload_decode(form.profile, u->context.limits, u->req->arena, &u->profile, &u->parts.bytes,
                                     &u->diag));
    PYR_TRY(subtract_previous(u, &form, used));
    PYR_TRY(adapt_to_spy(u, used));
    return make_labels(u, pyr_pprof_profile_name(&u->profile, used), u->name.app);
}

static pyr_err receive(struct upload *u)
{
    const bool pprof = !is_text(u->format);
    pyr_err err = pprof ? decode_pprof(u) : take_text(u);
    if (err == PYR_OK) {
        make_identity(u);
        err = pyr_ingest_prepare(&u->context, &u->parts, &u->write, &u->diag);
    }
    err = pyr_payload_error(err, u->req->arena);
    /* Of pprof the wire says 422 whatever is wrong with it. */
    return pprof && (err == PYR_E_CORRUPT || err == PYR_E_INVALID) ? PYR_E_UNPROCESSABLE : err;
}

/* ---- the answer ---- */

static void answer_error(struct upload *u, pyr_err err, const char *message)
{
    pyr_discard_profile(u->context.tenant, u->name.app, err, u->req->body.len, message);
    pyr_rpc_http_error(u->res, err, message);
}

/* On the log's thread. */
static void stored(struct pyr_completion *self, pyr_err err, const struct pyr_diag *diag)
{
    struct upload *u = (struct upload *)self;
    if (err != PYR_OK)
        answer_error(u, err, diag != NULL ? diag->message : "");
    pyr_http_send(u->res);
}

/* *pending: the upload is the log's from here on, and may already be gone. */
static pyr_err take_upload(struct upload *u, bool *pending)
{
    const struct pyr_str header = pyr_http_header(u->req, PYR_TENANT_HEADER);
    *pending = false;
    PYR_TRY(pyr_tenant_of_write(u->api->multitenancy, header, &u->context.tenant, &u->diag));
    PYR_TRY(read_query(u));
    PYR_TRY(receive(u));
    if (u->write.row_count == 0)
        return PYR_OK;
    PYR_TRY(pyr_store_append(u->api->store, &u->write, 1, &u->stored, &u->diag));
    *pending = true;
    return PYR_OK;
}

static enum pyr_outcome serve_ingest(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    struct pyr_api *api = ctx;
    struct upload *u = PYR_ARENA_NEW(req->arena, struct upload);
    if (u == NULL) {
        pyr_rpc_http_error(res, PYR_E_NOMEM, "no memory for the request");
        return PYR_RESPONSE_READY;
    }
    u->stored.fn = stored;
    u->api = api;
    u->req = req;
    u->res = res;
    u->parts.profile = &u->profile;
    u->context = (struct pyr_ingest_context){
        .tenant = PYR_STR(""), .limits = &api->limits, .arena = req->arena, .now_ns = pyr_wall_ns()};
    bool pending;
    const pyr_err err = take_upload(u, &pending);
    if (pending)
        return PYR_RESPONSE_PENDING;
    if (err != PYR_OK)
        answer_error(u, err, u->diag.message);
    return PYR_RESPONSE_READY;
}

void pyr_api_ingest_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    pyr_route_add(list, (struct pyr_route){"POST", "/ingest", PYR_WORK_INGEST, serve_ingest, api});
    pyr_route_add(list, (struct pyr_route){"POST", "/pyroscope/ingest", PYR_WORK_INGEST, serve_ingest, api});
}
