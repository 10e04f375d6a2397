#include "net/rpc.h"
#include "base/assert.h"
#include "base/metrics.h"
#include "base/time.h"
#include "codec/gzip.h"
#include "net/exchange.h"
#include "net/grpc_frame.h"
#include "net/header_value.h"
#include "net/response.h"
#include "net/status.h"

enum protocol { CONNECT, GRPC, GRPC_WEB };
enum { GZIP_LEVEL = 1 };

/* A call and what its answer needs to know. In the request's arena. */
struct transport {
    struct pyr_rpc_call call; /* first */
    struct pyr_http_response *res;
    struct pyr_str content_type; /* of the request: answered in kind */
    enum protocol protocol;
    bool json, gzip_answer;
};

static const struct {
    const char *type;
    enum protocol protocol;
    bool json;
} types[] = {
    {"application/proto", CONNECT, false},
    {"application/json", CONNECT, true},
    {"application/grpc", GRPC, false},
    {"application/grpc+proto", GRPC, false},
    {"application/grpc+json", GRPC, true},
    {"application/grpc-web", GRPC_WEB, false},
    {"application/grpc-web+proto", GRPC_WEB, false},
    {"application/grpc-web+json", GRPC_WEB, true},
};
static const char accept_post[] = "application/grpc, application/grpc+json, application/grpc+proto, "
                                  "application/grpc-web, application/grpc-web+json, application/grpc-web+proto, "
                                  "application/json, application/proto";

static const struct pyr_http_settings *settings_of(const struct transport *t)
{
    return &((const struct pyr_exchange *)t->call.http->impl)->loop->server->settings;
}

static bool choose_protocol(struct transport *t)
{
    const struct pyr_str full = pyr_http_header(t->call.http, "content-type");
    const struct pyr_str type = pyr_media_type(full);
    for (size_t i = 0; i < PYR_COUNT_OF(types); i++) {
        if (!pyr_str_eq_nocase(type, pyr_str_of(types[i].type)))
            continue;
        t->protocol = types[i].protocol;
        t->json = types[i].json;
        t->content_type = pyr_str_of(types[i].type);
        return pyr_media_charset_utf8(full);
    }
    return false;
}

static void set_deadline(struct transport *t, int64_t timeout_ns)
{
    t->call.http->deadline_mono_ns = t->call.http->received_mono_ns + timeout_ns;
}

static pyr_err open_connect(struct transport *t, struct pyr_span *message)
{
    struct pyr_http_request *req = t->call.http;
    struct pyr_diag *diag = &t->call.diag;
    const struct pyr_str version = pyr_http_header(req, "connect-protocol-version");
    if (version.ptr != NULL && !pyr_str_eq(version, PYR_STR("1")))
        return pyr_fail(diag, PYR_E_INVALID, "Connect-Protocol-Version must be \"1\", not \"%.*s\"",
                        PYR_STR_ARG(version));
    const struct pyr_str timeout = pyr_http_header(req, "connect-timeout-ms");
    uint64_t timeout_ms = 0;
    if (timeout.ptr != NULL) {
        if (timeout.len > 10 || !pyr_str_to_u64(timeout, &timeout_ms))
            return pyr_fail(diag, PYR_E_INVALID, "Connect-Timeout-Ms is not a number of at most ten digits");
        set_deadline(t, (int64_t)timeout_ms * PYR_NS_PER_MS);
    }
    pyr_err err = pyr_exchange_inflate(req->impl, diag);
    if (err == PYR_E_UNSUPPORTED_MEDIA)
        err = diag->code = PYR_E_UNIMPLEMENTED;
    *message = req->body;
    return err;
}

static bool lists(struct pyr_str list, struct pyr_str wanted)
{
    struct pyr_str item;
    while (pyr_list_item(&list, &item))
        if (pyr_str_eq_nocase(item, wanted))
            return true;
    return false;
}

static pyr_err open_grpc(struct transport *t, struct pyr_span *message)
{
    struct pyr_http_request *req = t->call.http;
    struct pyr_diag *diag = &t->call.diag;
    t->gzip_answer = lists(pyr_http_header(req, "grpc-accept-encoding"), PYR_STR("gzip"));
    const struct pyr_str timeout = pyr_http_header(req, "grpc-timeout");
    int64_t timeout_ns = 0;
    if (timeout.ptr != NULL) {
        if (!pyr_grpc_timeout(timeout, &timeout_ns))
            return pyr_fail(diag, PYR_E_INVALID, "malformed grpc-timeout \"%.*s\"", PYR_STR_ARG(timeout));
        set_deadline(t, timeout_ns);
    }
    const struct pyr_str encoding = pyr_http_header(req, "grpc-encoding");
    const bool gzip = pyr_str_eq_nocase(encoding, PYR_STR("gzip"));
    if (encoding.len != 0 && !gzip && !pyr_str_eq_nocase(encoding, PYR_STR("identity")))
        return pyr_fail(diag, PYR_E_UNIMPLEMENTED, "grpc-encoding \"%.*s\" is not supported: send gzip or identity",
                        PYR_STR_ARG(encoding));
    bool compressed = false;
    PYR_TRY(pyr_grpc_unary(req->body, message, &compressed, diag));
    if (!compressed)
        return PYR_OK;
    if (!gzip)
        return pyr_fail(diag, PYR_E_INVALID, "compressed message without grpc-encoding");
    return pyr_gunzip(*message, settings_of(t)->inflated_bytes_max, req->arena, message, diag);
}

static pyr_err decode(struct transport *t, struct pyr_span message)
{
    const struct pyr_rpc_method *m = t->call.method;
    struct pyr_arena *arena = t->call.http->arena;
    void *request = pyr_arena_zalloc(arena, 1, m->request->size);
    t->call.request = request;
    t->call.response = pyr_arena_zalloc(arena, 1, m->response->size);
    if (request == NULL || t->call.response == NULL)
        return pyr_fail(&t->call.diag, PYR_E_NOMEM, "out of memory");
    return t->json ? pyr_pb_json_decode(m->request, message, arena, request, &t->call.diag)
                   : pyr_pb_decode(m->request, message, arena, request, &t->call.diag);
}

static void encode(const struct transport *t, struct pyr_buf *out)
{
    if (t->json)
        pyr_pb_json_encode(t->call.method->response, t->call.response, out);
    else
        pyr_pb_encode(t->call.method->response, t->call.response, out);
}

static struct pyr_str message_of(const struct transport *t, pyr_err err)
{
    return pyr_str_of(t->call.diag.message[0] != '\0' ? t->call.diag.message : pyr_err_name(err));
}

/* After encoding: an answer that did not fit is an error of ours. */
static pyr_err refuse_answer(struct transport *t)
{
    struct pyr_buf *body = &t->res->body;
    if (body->err == PYR_OK && body->len <= UINT32_MAX)
        return PYR_OK;
    const bool memory = body->err == PYR_E_NOMEM;
    pyr_buf_clear(body);
    return pyr_fail(&t->call.diag, memory ? PYR_E_NOMEM : PYR_E_INTERNAL,
                    memory ? "no memory for the answer" : "the answer is too large");
}

static void answer_connect(struct transport *t, pyr_err err)
{
    struct pyr_http_response *res = t->res;
    if (err == PYR_OK) {
        encode(t, &res->body);
        err = refuse_answer(t);
    }
    if (err == PYR_OK) {
        pyr_http_set_header(res, "content-type", t->content_type);
        res->gzip_bytes_min = 1;
        return;
    }
    const struct pyr_status *status = pyr_status_of(err);
    pyr_http_json_error(res, status->connect_http, status->connect, message_of(t, err));
}

/* Appends the answer's message with its prefix. */
static void put_grpc_message(struct transport *t)
{
    struct pyr_buf *body = &t->res->body;
    uint8_t prefix[PYR_GRPC_PREFIX_BYTES] = {0};
    const size_t at = body->len;
    pyr_buf_append(body, prefix, sizeof(prefix));
    encode(t, body);
    if (body->err != PYR_OK)
        return;
    size_t len = body->len - at - sizeof(prefix);
    uint8_t flags = 0;
    if (t->gzip_answer && len >= settings_of(t)->gzip_bytes_min) {
        struct pyr_buf packed;
        pyr_buf_init(&packed, len + 1024);
        pyr_gzip((struct pyr_span){body->data + at + sizeof(prefix), len}, GZIP_LEVEL, &packed);
        if (packed.err == PYR_OK && packed.len < len) {
            memcpy(body->data + at + sizeof(prefix), packed.data, packed.len);
            len = packed.len;
            body->len = at + sizeof(prefix) + len;
            flags = PYR_GRPC_COMPRESSED;
        }
        pyr_buf_free(&packed);
    }
    pyr_grpc_prefix(body->data + at, flags, (uint32_t)len);
}

/* gRPC-Web has its trailers in the body, since browsers cannot see real ones. */
static void put_web_trailers(struct pyr_buf *body, int status, struct pyr_str message)
{
    uint8_t prefix[PYR_GRPC_PREFIX_BYTES] = {0};
    const size_t at = body->len;
    pyr_buf_append(body, prefix, sizeof(prefix));
    pyr_buf_printf(body, "grpc-status: %d\r\n", status);
    if (message.len != 0) {
        pyr_buf_str(body, PYR_STR("grpc-message: "));
        pyr_grpc_message(body, message);
        pyr_buf_str(body, PYR_STR("\r\n"));
    }
    if (body->err == PYR_OK)
        pyr_grpc_prefix(body->data + at, PYR_GRPC_WEB_TRAILERS, (uint32_t)(body->len - at - sizeof(prefix)));
}

static struct pyr_str encoded_message(struct transport *t, struct pyr_str message)
{
    struct pyr_buf text;
    pyr_buf_init(&text, 3 * PYR_DIAG_MESSAGE_BYTES);
    pyr_grpc_message(&text, message);
    const struct pyr_str copy = pyr_arena_str(t->call.http->arena, pyr_span_str(pyr_buf_span(&text)));
    pyr_buf_free(&text);
    return copy;
}

/* An error without a message body is all headers ("trailers-only"); else the status follows the body. */
static void put_trailers(struct transport *t, int status, struct pyr_str message)
{
    struct pyr_http_response *res = t->res;
    const struct pyr_str code = pyr_arena_printf(t->call.http->arena, "%d", status);
    if (status == 0) {
        res->trailers[res->trailer_count++] = (struct pyr_http_header){PYR_STR("grpc-status"), PYR_STR("0")};
        return;
    }
    pyr_http_set_header(res, "grpc-status", code.ptr != NULL ? code : PYR_STR("14"));
    pyr_http_set_header(res, "grpc-message", encoded_message(t, message));
}

static void answer_grpc(struct transport *t, pyr_err err)
{
    struct pyr_http_response *res = t->res;
    res->body_is_final = true;
    pyr_http_set_header(res, "content-type", t->content_type);
    pyr_http_set_header(res, "grpc-accept-encoding", PYR_STR("gzip"));
    if (err == PYR_OK) {
        put_grpc_message(t);
        err = refuse_answer(t);
        if (err == PYR_OK && t->gzip_answer)
            pyr_http_set_header(res, "grpc-encoding", PYR_STR("gzip"));
    }
    const int status = pyr_status_of(err)->grpc;
    const struct pyr_str message = status != 0 ? message_of(t, err) : (struct pyr_str){0};
    if (t->protocol == GRPC_WEB)
        put_web_trailers(&res->body, status, message);
    else
        put_trailers(t, status, message);
}

/* What is full drains within moments; a tenant's limit holds for longer. */
static void say_when_to_retry(struct pyr_http_response *res)
{
    if (res->status == 503 || res->status == 429)
        pyr_http_set_header(res, "retry-after", res->status == 503 ? PYR_STR("1") : PYR_STR("30"));
}

static void answer(struct transport *t, pyr_err err)
{
    const struct pyr_metric_label labels[] = {{"method", pyr_str_of(t->call.method->path)},
                                              {"code", pyr_str_of(pyr_status_of(err)->connect)}};
    pyr_metric_add(pyr_counter("pyroscope_rpc_requests_total", "Calls answered, by method and code.", labels, 2), 1);
    if (t->protocol == CONNECT)
        answer_connect(t, err);
    else
        answer_grpc(t, err);
    say_when_to_retry(t->res);
}

void pyr_rpc_finish(struct pyr_rpc_call *call, pyr_err err)
{
    struct transport *t = call->impl;
    answer(t, err);
    pyr_http_send(t->res);
}

static enum pyr_outcome unsupported(struct pyr_http_response *res)
{
    res->status = 415;
    pyr_http_set_header(res, "accept-post", PYR_STR(accept_post));
    return PYR_RESPONSE_READY;
}

enum pyr_outcome pyr_rpc_serve(void *method, struct pyr_http_request *req, struct pyr_http_response *res)
{
    struct transport *t = PYR_ARENA_NEW(req->arena, struct transport);
    if (t == NULL) {
        pyr_rpc_http_error(res, PYR_E_NOMEM, "out of memory");
        return PYR_RESPONSE_READY;
    }
    t->call.method = method;
    t->call.http = req;
    t->call.impl = t;
    t->res = res;
    if (!choose_protocol(t))
        return unsupported(res);

    struct pyr_span message = {0};
    pyr_err err = t->protocol == CONNECT ? open_connect(t, &message) : open_grpc(t, &message);
    if (err == PYR_OK && req->deadline_mono_ns != 0 && pyr_mono_ns() >= req->deadline_mono_ns)
        err = pyr_fail(&t->call.diag, PYR_E_DEADLINE, "the deadline has passed");
    if (err == PYR_OK)
        err = decode(t, message);
    if (err == PYR_OK && t->call.method->handler(t->call.method->ctx, &t->call, &err) == PYR_RESPONSE_PENDING)
        return PYR_RESPONSE_PENDING;
    answer(t, err);
    return PYR_RESPONSE_READY;
}

struct pyr_route pyr_rpc_route(const struct pyr_rpc_method *m)
{
    return (struct pyr_route){
        .methods = "POST", .path = m->path, .work = m->work, .handler = pyr_rpc_serve, .ctx = (void *)(uintptr_t)m};
}

void pyr_rpc_http_error(struct pyr_http_response *res, pyr_err err, const char *message)
{
    const int status = pyr_status_of(err)->http;
    pyr_http_json_error(res, status, pyr_status_plain_code(status), pyr_str_of(message));
    say_when_to_retry(res);
}
