/* admin.c - what operators and probes ask: /ready, /healthz, /metrics, who is running. */
#include "api/api.h"
#include "base/metrics.h"
#include "base/version.h"
#include "codec/json_writer.h"
#include <stdatomic.h>

static enum pyr_outcome ready(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    const struct pyr_api *api = ctx;
    (void)req;
    if (atomic_load(&api->draining))
        pyr_http_text(res, 503, "shutting down");
    else
        pyr_http_text(res, 200, "ready");
    return PYR_RESPONSE_READY;
}

/* Alive: the legacy probe. */
static enum pyr_outcome healthz(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx, (void)req;
    pyr_http_text(res, 200, "server is ready");
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome metrics(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx, (void)req;
    pyr_http_set_header(res, "content-type", PYR_STR("text/plain; version=0.0.4; charset=utf-8"));
    pyr_metrics_write(&res->body);
    return PYR_RESPONSE_READY;
}

static void put(struct pyr_json_writer *w, const char *key, const char *value)
{
    pyr_json_key(w, pyr_str_of(key));
    pyr_json_str(w, pyr_str_of(value));
}

static void set_json(struct pyr_http_response *res)
{
    pyr_http_set_header(res, "content-type", PYR_STR("application/json"));
}

/* status.v1 over REST; every key is there, as clients expect. */
static enum pyr_outcome buildinfo(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx, (void)req;
    struct pyr_json_writer w = pyr_json_writer(&res->body);
    set_json(res);
    pyr_json_begin_object(&w);
    put(&w, "status", "success");
    pyr_json_key(&w, PYR_STR("data"));
    pyr_json_begin_object(&w);
    put(&w, "version", pyr_version);
    put(&w, "revision", pyr_revision);
    put(&w, "branch", "");
    put(&w, "buildUser", "");
    put(&w, "buildDate", "");
    put(&w, "goVersion", "");
    pyr_json_end_object(&w);
    pyr_json_end_object(&w);
    return PYR_RESPONSE_READY;
}

/* As Go names them. */
#if defined(__x86_64__)
static const char architecture[] = "amd64";
#elif defined(__aarch64__)
static const char architecture[] = "arm64";
#else
static const char architecture[] = "";
#endif

/* The legacy form of the same. */
static enum pyr_outcome build(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx, (void)req;
    struct pyr_json_writer w = pyr_json_writer(&res->body);
    set_json(res);
    pyr_json_begin_object(&w);
    put(&w, "goos", "linux");
    put(&w, "goarch", architecture);
    put(&w, "goVersion", "");
    put(&w, "version", pyr_version);
    put(&w, "id", pyr_revision);
    put(&w, "time", "");
    put(&w, "gitSHA", pyr_revision);
    pyr_json_key(&w, PYR_STR("useEmbeddedAssets"));
    pyr_json_bool(&w, true);
    pyr_json_end_object(&w);
    return PYR_RESPONSE_READY;
}

void pyr_api_admin_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    pyr_route_add(list, (struct pyr_route){"GET", "/ready", PYR_WORK_LOOP, ready, api});
    pyr_route_add(list, (struct pyr_route){"GET", "/healthz", PYR_WORK_LOOP, healthz, api});
    /* With the uploads, whose jobs are short: long queries must not hide what the server does. */
    pyr_route_add(list, (struct pyr_route){"GET", "/metrics", PYR_WORK_INGEST, metrics, api});
    pyr_route_add(list, (struct pyr_route){"GET", "/api/v1/status/buildinfo", PYR_WORK_LOOP, buildinfo, api});
    pyr_route_add(list, (struct pyr_route){"GET", "/build", PYR_WORK_LOOP, build, api});
}
