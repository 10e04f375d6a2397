#include "server/server.h"
#include "api/api.h"
#include "base/budget.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/version.h"
#include "server/server_metrics.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

enum { QUERY_NICE = 10 };

struct pyr_server {
    const struct pyr_settings *settings;
    struct pyr_budget request_budget; /* all requests' arenas */
    struct pyr_store *store;
    struct pyr_pool *ingest_pool, *query_pool;
    struct pyr_api api;
    struct pyr_route_list routes;
    struct pyr_http_server *http;
    struct pyr_server_metrics metrics;
};

static pyr_err open_store(struct pyr_server *server, struct pyr_diag *diag)
{
    const struct pyr_settings *s = server->settings;
    struct pyr_store_settings store;
    pyr_store_settings_default(&store);
    store.dir = s->storage_path;
    store.sync = (enum pyr_log_sync)s->log_sync;
    store.sync_interval_ns = s->log_sync_interval_ns;
    store.disk_bytes_max = s->disk_bytes_max;
    store.free_bytes_min = s->free_bytes_min;
    store.table_bytes_max = s->table_bytes;
    store.tenant_series_max = s->limits.series_max;
    store.queue_bytes_max = s->log_queue_bytes;
    if (store.generation_table_bytes > s->table_bytes / 4)
        store.generation_table_bytes = s->table_bytes / 4;
    return pyr_store_open(&store, &server->store, diag);
}

static pyr_err start_pools(struct pyr_server *server, struct pyr_diag *diag)
{
    const struct pyr_settings *s = server->settings;
    pyr_err err = pyr_pool_create("ingest", s->ingest_workers, s->ingest_queue, 0, &server->ingest_pool);
    if (err == PYR_OK)
        err = pyr_pool_create("query", s->query_workers, s->query_queue, QUERY_NICE, &server->query_pool);
    return err == PYR_OK ? err : pyr_fail(diag, err, "cannot start the workers");
}

static pyr_err build_routes(struct pyr_server *server, struct pyr_diag *diag)
{
    const struct pyr_settings *s = server->settings;
    server->api.store = server->store;
    server->api.limits = s->limits;
    server->api.multitenancy = s->multitenancy;
    server->api.path_prefix = s->path_prefix;
    pyr_route_list_init(&server->routes);
    const pyr_err err = pyr_api_routes(&server->api, &server->routes);
    return err == PYR_OK ? err : pyr_fail(diag, err, "cannot set up the routes: %s", pyr_err_name(err));
}

static pyr_err start_http(struct pyr_server *server, struct pyr_diag *diag)
{
    const struct pyr_settings *s = server->settings;
    struct pyr_http_settings http;
    pyr_http_settings_default(&http);
    http.address = s->api_bind_addr;
    http.loops = s->loops;
    http.ingest_pool = server->ingest_pool;
    http.query_pool = server->query_pool;
    http.routes = server->routes.items;
    http.route_count = server->routes.count;
    http.head_bytes_max = s->head_bytes_max;
    http.headers_max = s->headers_max;
    http.body_bytes_max = s->body_bytes_max;
    http.inflated_bytes_max = s->inflated_bytes_max;
    http.connections_max = s->connections_max;
    http.streams_max = s->streams_max;
    http.inflight_bytes_max = s->inflight_bytes;
    http.request_arena_bytes_max = s->request_bytes;
    http.decode_budget = &server->request_budget;
    http.head_timeout_ns = s->head_timeout_ns;
    http.body_timeout_ns = s->body_timeout_ns;
    http.idle_timeout_ns = s->idle_timeout_ns;
    http.write_timeout_ns = s->write_timeout_ns;
    http.path_prefix = s->path_prefix;
    return pyr_http_server_start(&http, &server->http, diag);
}

static pyr_err start_parts(struct pyr_server *server, struct pyr_diag *diag)
{
    PYR_TRY(open_store(server, diag));
    PYR_TRY(start_pools(server, diag));
    PYR_TRY(build_routes(server, diag));
    PYR_TRY(start_http(server, diag));
    pyr_server_metrics_add(&server->metrics, server->settings, server->store, &server->request_budget);
    return PYR_OK;
}

pyr_err pyr_server_start(const struct pyr_settings *s, struct pyr_server **out, struct pyr_diag *diag)
{
    const int64_t began = pyr_mono_ns();
    *out = NULL;
    struct pyr_server *server = pyr_calloc(1, sizeof(*server));
    if (server == NULL) {
        (void)pyr_fail(diag, PYR_E_NOMEM, "no memory for the server");
        return PYR_E_NOMEM;
    }
    server->settings = s;
    pyr_budget_init(&server->request_budget, s->request_bytes);
    const pyr_err err = start_parts(server, diag);
    if (err != PYR_OK) {
        pyr_server_stop(server);
        (void)pyr_fail(diag, err, "the server cannot start: %s", pyr_err_name(err)); /* where a part had no words */
        return err;
    }
    *out = server;
    pyr_log(PYR_LOG_INFO, "serving", PYR_KV_S("version", pyr_version), PYR_KV_S("address", s->api_bind_addr),
            PYR_KV_I("port", pyr_server_port(server)), PYR_KV_S("storage", s->storage_path),
            PYR_KV_I("start_ms", (pyr_mono_ns() - began) / PYR_NS_PER_MS));
    return PYR_OK;
}

unsigned pyr_server_port(const struct pyr_server *server)
{
    return pyr_http_server_port(server->http);
}

/* Each part is used by those before it. */
void pyr_server_stop(struct pyr_server *server)
{
    atomic_store(&server->api.draining, true);
    pyr_server_metrics_remove(&server->metrics);
    if (server->http != NULL) {
        pyr_http_server_drain(server->http, server->settings->drain_timeout_ns);
        pyr_http_server_free(server->http);
    }
    pyr_pool_stop(server->ingest_pool);
    pyr_pool_stop(server->query_pool);
    pyr_route_list_free(&server->routes);
    if (server->store != NULL)
        pyr_store_close(server->store);
    pyr_free(server);
}

/* Many clients keep their connection; the soft limit of 1024 files is for programs that use select(). */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void quit_at_once(int number)
{
    _exit(128 + number);
}

static void stop_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
}

static const char *wait_for_signal(void)
{
    sigset_t set;
    int number = 0;
    stop_signals(&set);
    while (sigwait(&set, &number) != 0)
        ;
    const struct sigaction at_once = {.sa_handler = quit_at_once};
    (void)sigaction(SIGTERM, &at_once, NULL);
    (void)sigaction(SIGINT, &at_once, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

pyr_err pyr_server_run(const struct pyr_settings *s, struct pyr_diag *diag)
{
    struct pyr_server *server;
    sigset_t set;
    pyr_logging_setup((enum pyr_log_level)s->log_level, (enum pyr_log_format)s->log_format, STDERR_FILENO);
    (void)signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    /* Before there are other threads, so that these are taken by nobody but sigwait. */
    stop_signals(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);

    PYR_TRY(pyr_server_start(s, &server, diag));
    const char *name = wait_for_signal();
    pyr_log(PYR_LOG_INFO, "stopping: answering what was accepted", PYR_KV_S("signal", name));
    pyr_server_stop(server);
    pyr_log(PYR_LOG_INFO, "stopped");
    return PYR_OK;
}
