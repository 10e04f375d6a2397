/* net_echo.c - a small server for tests of src/net with clients of other people's: prints its port, serves until
 * standard input ends, then drains. Settings as name=value arguments (see main). */
#include "base/metrics.h"
#include "base/time.h"
#include "net/http.h"
#include "net/rpc.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct echo {
    struct pyr_str text;
    int64_t number;
    struct pyr_span blob;
};
static const struct pyr_pb_field echo_fields[] = {
    {.number = 1, .type = PYR_PB_STRING, .offset = offsetof(struct echo, text), .name = "text", .json_name = "text"},
    {.number = 2,
     .type = PYR_PB_INT64,
     .offset = offsetof(struct echo, number),
     .name = "number",
     .json_name = "number"},
    {.number = 3, .type = PYR_PB_BYTES, .offset = offsetof(struct echo, blob), .name = "blob", .json_name = "blob"},
};
static const struct pyr_pb_message echo_message = {
    .name = "test.Echo", .size = sizeof(struct echo), .fields = echo_fields, .count = PYR_COUNT_OF(echo_fields)};

static struct pyr_pool *later_pool;

static void sleep_ms(int64_t ms)
{
    const struct timespec t = {ms / 1000, (ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

/* An answer that comes from another thread than the handler's. */
struct later {
    struct pyr_job job;
    struct pyr_http_response *res;
    struct pyr_rpc_call *call;
    pyr_err err;
};

static void finish_later(struct pyr_job *job)
{
    struct later *l = (struct later *)(void *)job; /* first member */
    sleep_ms(20);
    if (l->call != NULL)
        pyr_rpc_finish(l->call, l->err);
    else
        pyr_http_send(l->res);
}

static enum pyr_outcome later(struct pyr_arena *arena, struct later how)
{
    struct later *l = pyr_arena_zalloc(arena, 1, sizeof(*l));
    if (l == NULL)
        abort();
    *l = how;
    l->job.run = finish_later;
    if (pyr_pool_submit(later_pool, &l->job) != PYR_OK)
        abort();
    return PYR_RESPONSE_PENDING;
}

/* What an RPC does is in its text: "error N message", "later", "sleep MS", else an echo. */
static enum pyr_outcome rpc_echo(void *ctx, struct pyr_rpc_call *call, pyr_err *err)
{
    const struct echo *in = call->request;
    struct echo *out = call->response;
    (void)ctx;
    *out = *in;
    *err = PYR_OK;
    const struct pyr_str text = in->text;
    char copy[256]; /* terminated */
    (void)snprintf(copy, sizeof(copy), "%.*s", PYR_STR_ARG(text));
    if (pyr_str_starts(text, PYR_STR("error "))) {
        char *rest = NULL;
        const long code = strtol(copy + 6, &rest, 10);
        *err = pyr_fail(&call->diag, (pyr_err)-code, "%s", rest + 1);
    } else if (pyr_str_starts(text, PYR_STR("sleep "))) {
        sleep_ms(strtol(copy + 6, NULL, 10));
        if (pyr_http_canceled(call->http))
            *err = pyr_fail(&call->diag, PYR_E_DEADLINE, "slept past the deadline");
    } else if (pyr_str_eq(text, PYR_STR("later"))) {
        return later(call->http->arena, (struct later){.call = call});
    }
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome echo(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    const struct pyr_str type = pyr_http_header(req, "content-type");
    pyr_http_set_header(res, "content-type", type.ptr != NULL ? type : PYR_STR("application/octet-stream"));
    res->body_view = req->body;
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome echo_later(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)echo(ctx, req, res);
    return later(req->arena, (struct later){.res = res});
}

static int64_t number_of(const struct pyr_http_request *req, const char *name)
{
    struct pyr_str text;
    int64_t n = 0;
    return pyr_http_query(req, name, 0, &text) && pyr_str_to_i64(text, &n) ? n : 0;
}

/* ?bytes=N of text that compresses well, after ?ms=N. */
static enum pyr_outcome big(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    sleep_ms(number_of(req, "ms"));
    const size_t bytes = (size_t)number_of(req, "bytes");
    pyr_http_set_header(res, "content-type", PYR_STR("text/plain"));
    uint8_t *to = pyr_buf_reserve(&res->body, bytes);
    if (to != NULL) {
        for (size_t i = 0; i < bytes; i++)
            to[i] = (uint8_t)('a' + i % 23);
        res->body.len = bytes;
    }
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome discard(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    sleep_ms(number_of(req, "ms"));
    pyr_http_text(res, 200, "%zu", req->body.len);
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome health(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    (void)req;
    pyr_http_text(res, 200, "ok");
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome metrics(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    (void)req;
    pyr_http_set_header(res, "content-type", PYR_STR("text/plain"));
    pyr_metrics_write(&res->body);
    return PYR_RESPONSE_READY;
}

static const struct pyr_rpc_method methods[] = {
    {.path = "/test.Echo/Ingest",
     .request = &echo_message,
     .response = &echo_message,
     .work = PYR_WORK_INGEST,
     .handler = rpc_echo},
    {.path = "/test.Echo/Query",
     .request = &echo_message,
     .response = &echo_message,
     .work = PYR_WORK_QUERY,
     .handler = rpc_echo},
};

/* Integers by name: settings of the server, and "threads", "queue". */
static int64_t argument(int argc, char **argv, const char *name, int64_t otherwise)
{
    const size_t n = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
            return strtoll(argv[i] + n + 1, NULL, 10);
    return otherwise;
}

static void set_limits(struct pyr_http_settings *s, int argc, char **argv)
{
    s->loops = (unsigned)argument(argc, argv, "loops", 2);
    s->head_bytes_max = (size_t)argument(argc, argv, "head_bytes_max", (int64_t)s->head_bytes_max);
    s->body_bytes_max = (size_t)argument(argc, argv, "body_bytes_max", (int64_t)s->body_bytes_max);
    s->inflated_bytes_max = (size_t)argument(argc, argv, "inflated_bytes_max", (int64_t)s->inflated_bytes_max);
    s->inflight_bytes_max = (size_t)argument(argc, argv, "inflight_bytes_max", (int64_t)s->inflight_bytes_max);
    s->streams_max = (unsigned)argument(argc, argv, "streams_max", s->streams_max);
    s->connections_max = (unsigned)argument(argc, argv, "connections_max", s->connections_max);
    s->head_timeout_ns = argument(argc, argv, "head_timeout_ms", 10000) * PYR_NS_PER_MS;
    s->body_timeout_ns = argument(argc, argv, "body_timeout_ms", 10000) * PYR_NS_PER_MS;
    s->idle_timeout_ns = argument(argc, argv, "idle_timeout_ms", 10000) * PYR_NS_PER_MS;
    s->write_timeout_ns = argument(argc, argv, "write_timeout_ms", 10000) * PYR_NS_PER_MS;
}

int main(int argc, char **argv)
{
    const struct pyr_route routes[] = {
        {.methods = "POST", .path = "/echo", .work = PYR_WORK_INGEST, .handler = echo},
        {.methods = "POST", .path = "/later", .work = PYR_WORK_INGEST, .handler = echo_later},
        {.methods = "POST", .path = "/discard", .work = PYR_WORK_INGEST, .handler = discard},
        {.methods = "GET", .path = "/big", .work = PYR_WORK_QUERY, .handler = big},
        {.methods = "GET", .path = "/health", .work = PYR_WORK_LOOP, .handler = health},
        {.methods = "GET", .path = "/metrics", .work = PYR_WORK_QUERY, .handler = metrics},
        pyr_rpc_route(&methods[0]),
        pyr_rpc_route(&methods[1]),
    };
    struct pyr_http_settings s;
    pyr_http_settings_default(&s);
    s.address = "127.0.0.1:0";
    s.routes = routes;
    s.route_count = PYR_COUNT_OF(routes);
    set_limits(&s, argc, argv);
    const unsigned threads = (unsigned)argument(argc, argv, "threads", 2);
    const unsigned queue = (unsigned)argument(argc, argv, "queue", 256);
    struct pyr_http_server *server = NULL;
    struct pyr_diag diag = {0};
    if (pyr_pool_create("ingest", threads, queue, 0, &s.ingest_pool) != PYR_OK ||
        pyr_pool_create("query", threads, queue, 5, &s.query_pool) != PYR_OK ||
        pyr_pool_create("later", 1, 100000, 0, &later_pool) != PYR_OK)
        return 1;
    if (pyr_http_server_start(&s, &server, &diag) != PYR_OK) {
        (void)fprintf(stderr, "%s\n", diag.message);
        return 1;
    }
    (void)printf("%u\n", pyr_http_server_port(server));
    (void)fflush(stdout);
    char end;
    while (read(STDIN_FILENO, &end, 1) > 0)
        ;
    pyr_http_server_drain(server, 10 * PYR_NS_PER_S);
    pyr_pool_stop(s.ingest_pool);
    pyr_pool_stop(s.query_pool);
    pyr_pool_stop(later_pool);
    pyr_http_server_free(server);
    return 0;
}
