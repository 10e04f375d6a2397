#include "net/exchange.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/time.h"
#include "codec/gzip.h"
#include "net/connection.h"
#include "net/header_value.h"
#include "net/response.h"
#include "net/rpc.h"
#include "net/status.h"
#include <stdatomic.h>
#include <stdio.h>

enum {
    SPARE_MAX = 64,
    BODY_FIRST_BYTES = 256 << 10,  /* of a body whose length is known */
    BODY_UNKNOWN_BYTES = 32 << 10, /* of one whose length is not */
    REQUEST_COST_BYTES = 4 << 10,  /* what a request holds besides its body and the arena with its head */
    HEAD_KEPT_BYTES = 2 << 10,
    DECODED_RATIO = 24, /* what an upload of gzipped profiles takes in its arena, by the bytes on the wire: 9 to 25 */
    SMALL_BYTES = 64 << 10,
};

struct pyr_exchange *pyr_exchange_new(struct pyr_connection *conn)
{
    struct pyr_loop *l = conn->loop;
    const struct pyr_http_settings *settings = &l->server->settings;
    struct pyr_exchange *ex = l->spare;
    if (ex != NULL) {
        l->spare = ex->next;
        l->spare_count--;
    } else {
        ex = pyr_malloc(sizeof(*ex));
        if (ex == NULL)
            return NULL;
        /* The head is counted among the bytes in flight: requests must come in to be able to wait for the budget. */
        pyr_arena_init(&ex->arena, settings->request_arena_bytes_max, NULL);
        pyr_buf_init(&ex->head, 256 << 10);
    }
    const struct pyr_arena arena = ex->arena;
    const struct pyr_buf head = ex->head;
    *ex = (struct pyr_exchange){
        .res = {.status = 200},
        .arena = arena,
        .loop = l,
        .conn = conn,
        .work = PYR_WORK_LOOP,
        .head = head,
        .length = UINT64_MAX,
    };
    ex->req.arena = &ex->arena;
    ex->req.peer = pyr_arena_str(&ex->arena, pyr_str_of(conn->peer)); /* the request may outlive the connection */
    ex->req.impl = ex->res.impl = ex;
    pyr_buf_init(&ex->res.body, settings->inflight_bytes_max);
    atomic_fetch_add(&l->server->exchanges, 1);
    return ex;
}

static void stop_waiting(struct pyr_exchange *ex)
{
    if (ex->wait_prev == NULL)
        return;
    *ex->wait_prev = ex->wait_next;
    if (ex->wait_next != NULL)
        ex->wait_next->wait_prev = ex->wait_prev;
    else
        ex->loop->waiting_last = ex->wait_prev;
    ex->wait_prev = NULL;
    pyr_inflight_unwait(&ex->loop->server->inflight);
}

static void start_waiting(struct pyr_exchange *ex)
{
    ex->wait_next = NULL;
    ex->wait_prev = ex->loop->waiting_last;
    *ex->wait_prev = ex;
    ex->loop->waiting_last = &ex->wait_next;
}

static void keep_or_free(struct pyr_loop *l, struct pyr_exchange *ex)
{
    pyr_arena_reset(&ex->arena);
    pyr_arena_set_budget(&ex->arena, NULL);
    if (ex->head.cap > HEAD_KEPT_BYTES) {
        pyr_buf_free(&ex->head);
        pyr_buf_init(&ex->head, 256 << 10);
    }
    if (l->spare_count < SPARE_MAX) {
        ex->next = l->spare;
        l->spare = ex;
        l->spare_count++;
        return;
    }
    pyr_arena_free(&ex->arena);
    pyr_buf_free(&ex->head);
    pyr_free(ex);
}

void pyr_exchange_free(struct pyr_exchange *ex)
{
    struct pyr_loop *l = ex->loop;
    struct pyr_http_server *s = l->server;
    stop_waiting(ex);
    pyr_buf_free(&ex->res.body);
    pyr_buf_free(&ex->packed);
    pyr_free(ex->body.data);
    const bool wake = pyr_inflight_give(&s->inflight, ex->held);
    if (pyr_inflight_leave(&s->inflight, ex) || wake)
        pyr_http_server_resume(s);
    keep_or_free(l, ex);
    if (atomic_fetch_sub(&s->exchanges, 1) == 1)
        pyr_http_server_quiet(s);
}

/* Takes bytes of the budget, or puts the exchange among those that wait for them. */
static bool take(struct pyr_exchange *ex, size_t bytes)
{
    struct pyr_inflight *f = &ex->loop->server->inflight;
    bool ok = pyr_inflight_take(f, ex, bytes);
    if (!ok && ex->wait_prev == NULL) {
        /* Whoever gives bytes back after this sees that somebody waits; what was given before is seen by the retry. */
        pyr_inflight_wait(f);
        start_waiting(ex);
        ok = pyr_inflight_take(f, ex, bytes);
    }
    if (ok) {
        ex->held += bytes;
        stop_waiting(ex);
    }
    return ok;
}

enum pyr_room pyr_exchange_admit(struct pyr_exchange *ex)
{
    if (ex->held != 0)
        return PYR_ROOM_OK;
    const size_t cost = REQUEST_COST_BYTES + pyr_arena_bytes(&ex->arena);
    if (ex->work == PYR_WORK_LOOP) {
        pyr_inflight_force(&ex->loop->server->inflight, cost);
        ex->held += cost;
        return PYR_ROOM_OK;
    }
    return take(ex, cost) ? PYR_ROOM_OK : PYR_ROOM_WAIT;
}

enum pyr_room pyr_exchange_permit(struct pyr_exchange *ex)
{
    return take(ex, 0) ? PYR_ROOM_OK : PYR_ROOM_WAIT;
}

bool pyr_exchange_force_room(struct pyr_exchange *ex, size_t extra)
{
    const size_t need = ex->body.len + extra;
    if (need <= ex->body.cap)
        return true;
    size_t cap = ex->body.cap != 0 ? ex->body.cap * 2 : BODY_UNKNOWN_BYTES;
    if (ex->body.cap == 0 && ex->length < BODY_FIRST_BYTES)
        cap = (size_t)ex->length; /* the usual upload: one allocation of its size */
    if (cap < need)
        cap = need;
    uint8_t *data = pyr_realloc(ex->body.data, cap);
    if (data == NULL)
        return false;
    pyr_inflight_force(&ex->loop->server->inflight, cap - ex->body.cap);
    ex->held += cap - ex->body.cap;
    ex->body.data = data;
    ex->body.cap = cap;
    return true;
}

enum pyr_room pyr_exchange_room(struct pyr_exchange *ex, uint64_t most)
{
    if (ex->body.len < ex->body.cap)
        return PYR_ROOM_OK;
    PYR_ASSERT(ex->body.len < most);
    const size_t first = ex->length != UINT64_MAX ? BODY_FIRST_BYTES : BODY_UNKNOWN_BYTES;
    const uint64_t twice = ex->body.cap != 0 ? (uint64_t)ex->body.cap * 2 : first;
    const size_t cap = (size_t)(twice < most ? twice : most);
    if (!take(ex, cap - ex->body.cap))
        return PYR_ROOM_WAIT;
    uint8_t *data = pyr_realloc(ex->body.data, cap);
    if (data == NULL)
        return PYR_ROOM_NONE;
    ex->body.data = data;
    ex->body.cap = cap;
    return PYR_ROOM_OK;
}

void pyr_exchange_resume_waiting(struct pyr_loop *l)
{
    struct pyr_exchange *ex;
    while ((ex = l->waiting) != NULL) {
        ex->conn->protocol->resume(ex->conn, ex);
        if (l->waiting == ex)
            return;
    }
}

static bool accept_headers_valid(const struct pyr_http_request *req)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (pyr_str_eq(req->headers[i].name, PYR_STR("accept")) && !pyr_accept_valid(req->headers[i].value))
            return false;
    return true;
}

static bool accepts_gzip(const struct pyr_http_request *req)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (pyr_str_eq(req->headers[i].name, PYR_STR("accept-encoding")) &&
            pyr_accept_encoding_gzip(req->headers[i].value))
            return true;
    return false;
}

static bool find_route(struct pyr_exchange *ex)
{
    struct pyr_http_request *req = &ex->req;
    const struct pyr_http_server *s = ex->loop->server;
    char allow[128];
    req->path = pyr_routes_strip(&s->routes, req->path);
    ex->route = pyr_routes_find(&s->routes, req->path, req->method, allow, sizeof(allow));
    if (ex->route == NULL && allow[0] != '\0') {
        const struct pyr_str copy = pyr_arena_str(&ex->arena, pyr_str_of(allow));
        pyr_exchange_refuse(ex, 405, PYR_REFUSED_ROUTE, "method not allowed");
        if (copy.ptr != NULL)
            pyr_http_set_header(&ex->res, "allow", copy);
        return false;
    }
    if (ex->route == NULL) {
        pyr_metric_add(s->metrics.refused[PYR_REFUSED_ROUTE], 1);
        ex->route = &s->not_found;
    }
    ex->work = ex->route->work;
    return true;
}

bool pyr_exchange_begin(struct pyr_exchange *ex)
{
    struct pyr_http_request *req = &ex->req;
    ex->head_only = pyr_str_eq(req->method, PYR_STR("HEAD"));
    ex->accepts_gzip = accepts_gzip(req);
    if (!accept_headers_valid(req)) {
        pyr_exchange_refuse(ex, 400, PYR_REFUSED_SYNTAX, "malformed Accept header");
        return false;
    }
    if (!pyr_percent_decode(&ex->arena, req->raw_path, false, &req->path) || req->path.ptr == NULL ||
        pyr_str_find(req->path, '\0') >= 0) {
        pyr_exchange_refuse(ex, 400, PYR_REFUSED_SYNTAX, "malformed path");
        return false;
    }
    return find_route(ex);
}

/* What the protocol of the request calls an error, for refusals that come before any handler. */
static void shape_refusal(struct pyr_exchange *ex, int status, const char *reason)
{
    struct pyr_http_response *res = &ex->res;
    const struct pyr_str type = pyr_http_header(&ex->req, "content-type");
    if (pyr_str_starts(type, PYR_STR("application/grpc")) && status != 404 && status != 405) {
        const struct pyr_str code = pyr_arena_printf(&ex->arena, "%d", pyr_status_grpc_of_http(status));
        res->status = 200;
        pyr_http_set_header(res, "content-type", type);
        pyr_http_set_header(res, "grpc-status", code.ptr != NULL ? code : PYR_STR("14"));
        pyr_http_set_header(res, "grpc-message", pyr_arena_str(&ex->arena, pyr_str_of(reason)));
        return;
    }
    if (status == 400 || status == 404 || status == 405 || status == 505) {
        pyr_http_text(res, status, "%s\n", reason);
        return;
    }
    pyr_http_json_error(res, status, pyr_status_plain_code(status), pyr_str_of(reason));
}

void pyr_exchange_refuse(struct pyr_exchange *ex, int status, enum pyr_http_refusal why, const char *reason)
{
    struct pyr_http_response *res = &ex->res;
    stop_waiting(ex); /* on a worker nothing waits any more */
    pyr_metric_add(ex->loop->server->metrics.refused[why], 1);
    res->status = status;
    res->header_count = res->trailer_count = 0;
    res->body_view = (struct pyr_span){0};
    res->body_is_final = true;
    pyr_buf_clear(&res->body);
    shape_refusal(ex, status, reason);
    if (status == 503)
        pyr_http_set_header(res, "retry-after", PYR_STR("1"));
}

pyr_err pyr_exchange_inflate(struct pyr_exchange *ex, struct pyr_diag *diag)
{
    struct pyr_http_request *req = &ex->req;
    const struct pyr_str encoding = pyr_http_header(req, "content-encoding");
    if (encoding.len == 0 || pyr_str_eq_nocase(encoding, PYR_STR("identity")))
        return PYR_OK;
    if (!pyr_str_eq_nocase(encoding, PYR_STR("gzip")) && !pyr_str_eq_nocase(encoding, PYR_STR("x-gzip")))
        return pyr_fail(diag, PYR_E_UNSUPPORTED_MEDIA, "Content-Encoding is not supported: send gzip or identity");
    if (req->body.len == 0)
        return PYR_OK;
    struct pyr_span plain;
    PYR_TRY(pyr_gunzip(req->body, ex->loop->server->settings.inflated_bytes_max, &ex->arena, &plain, diag));
    req->body = plain;
    pyr_inflight_force(&ex->loop->server->inflight, plain.len);
    ex->held += plain.len;
    return PYR_OK;
}

/* RPC routes decode for themselves: their protocols have their own words for what is wrong. False: `res` is a refusal. */
static bool decode_body(struct pyr_exchange *ex)
{
    if (ex->route->handler == pyr_rpc_serve)
        return true;
    struct pyr_diag diag = {0};
    switch (pyr_exchange_inflate(ex, &diag)) {
    case PYR_OK:
        return true;
    case PYR_E_UNSUPPORTED_MEDIA:
        pyr_exchange_refuse(ex, 415, PYR_REFUSED_ENCODING, diag.message);
        pyr_http_set_header(&ex->res, "accept-encoding", PYR_STR("gzip, identity"));
        return false;
    case PYR_E_TOOBIG:
        pyr_exchange_refuse(ex, 413, PYR_REFUSED_BODY_SIZE, "request body is too large once inflated");
        return false;
    case PYR_E_NOMEM:
        pyr_exchange_refuse(ex, 503, PYR_REFUSED_MEMORY, "out of memory while inflating the request body");
        return false;
    default:
        pyr_exchange_refuse(ex, 400, PYR_REFUSED_ENCODING, diag.message);
        return false;
    }
}

/* On a worker, before the handler: what decoding will take, about, is drawn from the shared budget, which it waits for while
 * it holds nothing of it. So a burst of uploads is slow, not refused. False: `res` is a refusal. */
static bool reserve_memory(struct pyr_exchange *ex)
{
    const struct pyr_http_settings *settings = &ex->loop->server->settings;
    size_t bytes;
    if (__builtin_mul_overflow(ex->body.len, (size_t)DECODED_RATIO, &bytes))
        bytes = SIZE_MAX;
    pyr_arena_set_budget(&ex->arena, settings->decode_budget);
    if (pyr_arena_reserve(&ex->arena, bytes, settings->decode_wait_ns))
        return true;
    pyr_exchange_refuse(ex, 503, PYR_REFUSED_MEMORY, "other requests hold the memory for requests, retry later");
    return false;
}

/* On a worker. */
static void handle(struct pyr_job *job)
{
    struct pyr_exchange *ex = (struct pyr_exchange *)((char *)job - offsetof(struct pyr_exchange, job));
    enum pyr_outcome outcome = PYR_RESPONSE_READY;
    /* Nobody waits for this answer any more. An upload, though, has arrived whole: it is kept. */
    if (ex->work == PYR_WORK_QUERY && atomic_load(&ex->canceled))
        ex->res.status = 499;
    else if (reserve_memory(ex) && decode_body(ex))
        outcome = ex->route->handler(ex->route->ctx, &ex->req, &ex->res);
    /* PENDING: the exchange may be gone by now. */
    if (outcome == PYR_RESPONSE_READY)
        pyr_http_send(&ex->res);
}

static void refuse_now(struct pyr_exchange *ex, int status, enum pyr_http_refusal why, const char *reason)
{
    pyr_exchange_refuse(ex, status, why, reason);
    pyr_response_prepare(ex);
    ex->conn->protocol->respond(ex->conn, ex);
}

static void handle_here(struct pyr_exchange *ex)
{
    if (ex->route->handler(ex->route->ctx, &ex->req, &ex->res) != PYR_RESPONSE_READY)
        return;
    pyr_response_prepare(ex);
    ex->conn->protocol->respond(ex->conn, ex);
}

void pyr_exchange_dispatch(struct pyr_exchange *ex)
{
    const struct pyr_http_settings *settings = &ex->loop->server->settings;
    PYR_ASSERT(!ex->handled && ex->conn != NULL);
    ex->req.body = (struct pyr_span){ex->body.data, ex->body.len};
    ex->req.received_mono_ns = pyr_mono_ns();
    ex->handled = true;
    /* The right to overdraw the budget is for what holds much of it, not for a long query with a short body. */
    if (ex->body.cap <= SMALL_BYTES && pyr_inflight_leave(&ex->loop->server->inflight, ex))
        pyr_http_server_resume(ex->loop->server);
    if (ex->work == PYR_WORK_LOOP) {
        handle_here(ex);
        return;
    }
    ex->job.run = handle;
    struct pyr_pool *pool = ex->work == PYR_WORK_INGEST ? settings->ingest_pool : settings->query_pool;
    if (pyr_pool_submit(pool, &ex->job) != PYR_OK)
        refuse_now(ex, 503, PYR_REFUSED_BUSY, "the server is busy, retry later");
}

void pyr_exchange_answered(struct pyr_exchange *ex)
{
    if (ex->conn != NULL) {
        ex->conn->protocol->respond(ex->conn, ex);
        return;
    }
    pyr_exchange_record(ex);
    pyr_exchange_free(ex);
}

void pyr_exchange_orphan(struct pyr_exchange *ex)
{
    ex->conn = NULL;
    atomic_store(&ex->canceled, true);
    stop_waiting(ex);
    if (!ex->handled || ex->responding) {
        pyr_exchange_record(ex);
        pyr_exchange_free(ex);
    }
}

void pyr_exchange_record(struct pyr_exchange *ex)
{
    const int64_t since = ex->req.received_mono_ns;
    const double seconds = since != 0 ? (double)(pyr_mono_ns() - since) / 1e9 : 0;
    const int status = ex->conn == NULL && !ex->responding ? 499 : ex->res.status;
    pyr_http_metrics_request(&ex->loop->server->metrics, ex->work, status, seconds);
}
