#include "base/assert.h"
#include "base/time.h"
#include "net/http2_stream.h"
#include "net/response.h"
#include <stdatomic.h>

/* Flow control: a stream may send one window unasked, all streams of a connection one window together. More credit is given as
 * long as the budget of bytes in flight has room; what comes within the windows is kept in any case (and counted), up to
 * as much as the budget again.
 *
 * Floods: a client has tokens for frames that cost us work and it nothing (pings, settings, empty frames, resets of
 * requests that are being answered). They come back with time and with every frame of data that we send. */
enum { TOKENS_PER_S = 100, RESET_TOKENS = 5 };

/* Requests that wait for the budget hold some memory themselves: while it is empty heads must be small, and streams over
 * so many in all are refused. */
enum { SMALL_HEAD_BYTES = 8 << 10, BYTES_PER_STREAM = 4 << 10 };

static void spend(struct pyr_h2 *h, int tokens)
{
    const int64_t now = h->conn->loop->now_ns;
    const int64_t earned = (now - h->tokens_at_ns) / (PYR_NS_PER_S / TOKENS_PER_S);
    if (earned > 0) {
        h->tokens_at_ns = now;
        h->tokens = h->tokens + earned < PYR_H2_TOKENS_MAX ? h->tokens + earned : PYR_H2_TOKENS_MAX;
    }
    h->tokens -= tokens;
    if (h->tokens >= 0 || h->failed)
        return;
    h->failed = true;
    pyr_metric_add(h->conn->loop->server->metrics.refused[PYR_REFUSED_FLOOD], 1);
    (void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void pyr_h2_settle(struct pyr_exchange *ex)
{
    pyr_inflight_settled(&ex->loop->server->inflight, ex->stream.unconsumed);
    ex->stream.unconsumed = 0;
}

static void add_stream(struct pyr_h2 *h, struct pyr_exchange *ex, int32_t id)
{
    ex->stream.id = id;
    ex->stream.next = h->streams;
    ex->stream.prev = &h->streams;
    if (ex->stream.next != NULL)
        ex->stream.next->stream.prev = &ex->stream.next;
    h->streams = ex;
}

static void remove_stream(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    pyr_h2_settle(ex);
    *ex->stream.prev = ex->stream.next;
    if (ex->stream.next != NULL)
        ex->stream.next->stream.prev = ex->stream.prev;
    if (h->streams == NULL)
        h->idle_since_ns = h->conn->loop->now_ns;
}

/* A connection's first stream is always taken: connections have a limit of their own. */
static bool room_for_stream(const struct pyr_h2 *h)
{
    const struct pyr_http_server *s = h->conn->loop->server;
    return h->streams == NULL || atomic_load(&s->exchanges) < s->inflight.limit / BYTES_PER_STREAM;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct pyr_h2 *h = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    if (!room_for_stream(h)) {
        pyr_metric_add(h->conn->loop->server->metrics.refused[PYR_REFUSED_BUSY], 1);
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
    }
    struct pyr_exchange *ex = pyr_exchange_new(h->conn);
    if (ex == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    ex->req.http_major = 2;
    ex->stream.deadline_ns = h->conn->loop->now_ns + pyr_h2_settings(h)->head_timeout_ns;
    add_stream(h, ex, frame->hd.stream_id);
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, ex);
}

static bool add_header(struct pyr_exchange *ex, struct pyr_str name, struct pyr_str value)
{
    struct pyr_http_request *req = &ex->req;
    if (req->header_count == ex->stream.header_cap) {
        const size_t cap = ex->stream.header_cap != 0 ? 2 * ex->stream.header_cap : 16;
        struct pyr_http_header *grown = pyr_arena_regrow(&ex->arena, (void *)(uintptr_t)req->headers,
                                                         ex->stream.header_cap * sizeof(*grown), cap * sizeof(*grown));
        if (grown == NULL)
            return false;
        req->headers = grown;
        ex->stream.header_cap = cap;
    }
    struct pyr_http_header *headers = (struct pyr_http_header *)(uintptr_t)req->headers;
    headers[req->header_count++] = (struct pyr_http_header){name, value};
    return true;
}

/* Pseudo-headers; nghttp2 has made sure that they are there, once, and before the others. */
static bool take_pseudo(struct pyr_exchange *ex, struct pyr_str name, struct pyr_str value)
{
    if (pyr_str_eq(name, PYR_STR(":method")))
        ex->req.method = value;
    else if (pyr_str_eq(name, PYR_STR(":path")))
        ex->req.raw_path = value;
    else if (pyr_str_eq(name, PYR_STR(":authority")))
        return add_header(ex, PYR_STR("host"), value);
    return true;
}

/* The status to refuse a head with for what has come of it; 0: none. */
static int refuse_head(const struct pyr_h2 *h, const struct pyr_exchange *ex)
{
    const struct pyr_http_settings *s = pyr_h2_settings(h);
    if (ex->stream.header_bytes > s->head_bytes_max || ex->req.header_count >= s->headers_max)
        return 431;
    const bool small = ex->stream.header_bytes <= SMALL_HEAD_BYTES;
    return small || !pyr_inflight_full(&h->conn->loop->server->inflight) ? 0 : 503;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    struct pyr_h2 *h = user;
    struct pyr_exchange *ex = pyr_h2_stream(h, frame->hd.stream_id);
    (void)session;
    (void)flags;
    if (ex == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;                                         /* trailers of a request tell us nothing */
    ex->stream.header_bytes += name_len + value_len + 32; /* as RFC 9113 6.5.2 counts */
    if (ex->stream.head_refused != 0)
        return 0;
    ex->stream.head_refused = refuse_head(h, ex);
    if (ex->stream.head_refused != 0)
        return 0;
    const struct pyr_str n = pyr_arena_str(&ex->arena, (struct pyr_str){(const char *)name, name_len});
    const struct pyr_str v = pyr_arena_str(&ex->arena, pyr_str_trim((struct pyr_str){(const char *)value, value_len}));
    const bool ok = n.ptr != NULL && v.ptr != NULL && (name[0] == ':' ? take_pseudo(ex, n, v) : add_header(ex, n, v));
    return ok ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void pyr_h2_refuse(struct pyr_exchange *ex, int status, enum pyr_http_refusal why, const char *reason)
{
    pyr_exchange_refuse(ex, status, why, reason);
    pyr_response_prepare(ex);
    pyr_h2_respond(ex->conn, ex);
}

static uint64_t announced_length(const struct pyr_http_request *req)
{
    uint64_t n;
    return pyr_str_to_u64(pyr_http_header(req, "content-length"), &n) ? n : UINT64_MAX;
}

static void send_continue(struct pyr_h2 *h, const struct pyr_exchange *ex)
{
    if (!pyr_str_eq_nocase(pyr_http_header(&ex->req, "expect"), PYR_STR("100-continue")))
        return;
    uint8_t name[] = ":status", value[] = "100";
    const nghttp2_nv nv = {name, value, sizeof(name) - 1, sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE};
    (void)nghttp2_submit_headers(h->session, NGHTTP2_FLAG_NONE, ex->stream.id, NULL, &nv, 1, NULL);
}

static void begin(struct pyr_h2 *h, struct pyr_exchange *ex, bool end_of_stream)
{
    ex->stream.deadline_ns = 0;
    if (ex->stream.head_refused == 431) {
        pyr_h2_refuse(ex, 431, PYR_REFUSED_HEAD_SIZE, "request head is too large");
        return;
    }
    if (ex->stream.head_refused != 0) {
        pyr_h2_refuse(ex, 503, PYR_REFUSED_MEMORY, "the server is busy, retry later");
        return;
    }
    if (!pyr_h1_target(ex->req.raw_path, ex->req.method, &ex->req.raw_path, &ex->req.query)) {
        pyr_h2_refuse(ex, 400, PYR_REFUSED_SYNTAX, "malformed request target");
        return;
    }
    if (!pyr_exchange_begin(ex)) {
        pyr_response_prepare(ex);
        pyr_h2_respond(h->conn, ex);
        return;
    }
    ex->length = announced_length(&ex->req);
    if (ex->length != UINT64_MAX && ex->length > pyr_h2_settings(h)->body_bytes_max) {
        pyr_h2_refuse(ex, 413, PYR_REFUSED_BODY_SIZE, "request body is too large");
        return;
    }
    if (!end_of_stream)
        send_continue(h, ex);
}

static bool holds_privilege(const struct pyr_h2 *h)
{
    const void *who = atomic_load(&h->conn->loop->server->inflight.privileged);
    for (const struct pyr_exchange *ex = h->streams; ex != NULL; ex = ex->stream.next)
        if (ex == who)
            return true;
    return false;
}

void pyr_h2_connection_credit(struct pyr_h2 *h, bool permitted)
{
    if (h->unconsumed == 0 || !(permitted || holds_privilege(h)))
        return;
    (void)nghttp2_session_consume_connection(h->session, h->unconsumed);
    h->unconsumed = 0;
}

/* A whole body, and the budget has room for what answers it. */
static void try_dispatch(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    if (!ex->stream.body_done || ex->handled || ex->responding)
        return;
    if (pyr_exchange_admit(ex) == PYR_ROOM_WAIT ||
        (ex->work != PYR_WORK_LOOP && pyr_exchange_permit(ex) == PYR_ROOM_WAIT))
        return;
    ex->stream.deadline_ns = 0;
    pyr_h2_settle(ex);
    pyr_h2_connection_credit(h, true);
    pyr_exchange_dispatch(ex);
}

/* Gives credit for the stream's window where the budget permits; else it waits for `resume`. */
static void give_credit(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    const bool permitted = pyr_exchange_admit(ex) == PYR_ROOM_OK && pyr_exchange_permit(ex) == PYR_ROOM_OK;
    pyr_h2_connection_credit(h, permitted);
    if (!permitted) {
        ex->stream.deadline_ns = 0; /* it is we who make it wait */
        return;
    }
    if (ex->stream.deadline_ns == 0 && !ex->stream.body_done) {
        ex->stream.progress = ex->body.len;
        ex->stream.deadline_ns = h->conn->loop->now_ns + pyr_h2_settings(h)->body_timeout_ns;
    }
    if (ex->stream.unconsumed != 0)
        (void)nghttp2_session_consume_stream(h->session, ex->stream.id, ex->stream.unconsumed);
    pyr_h2_settle(ex);
}

/* Ends in a refusal, or with the bytes in the body and counted as not yet settled. */
static void receive(struct pyr_h2 *h, struct pyr_exchange *ex, const uint8_t *data, size_t len)
{
    struct pyr_inflight *f = &h->conn->loop->server->inflight;
    if (len > pyr_h2_settings(h)->body_bytes_max - ex->body.len) {
        pyr_h2_refuse(ex, 413, PYR_REFUSED_BODY_SIZE, "request body is too large");
        return;
    }
    if (!pyr_inflight_unasked(f, len)) {
        pyr_h2_refuse(ex, 503, PYR_REFUSED_MEMORY, "the server is busy, retry later");
        return;
    }
    ex->stream.unconsumed += len;
    if (!pyr_exchange_force_room(ex, len)) {
        pyr_h2_refuse(ex, 503, PYR_REFUSED_MEMORY, "out of memory");
        return;
    }
    memcpy(ex->body.data + ex->body.len, data, len);
    ex->body.len += len;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
    struct pyr_h2 *h = user;
    struct pyr_exchange *ex = pyr_h2_stream(h, id);
    (void)flags;
    h->unconsumed += len;
    if (ex != NULL && !ex->responding)
        receive(h, ex, data, len);
    if (ex != NULL && !ex->responding) {
        give_credit(h, ex);
        return 0;
    }
    /* What comes after an answer is dropped; the client needs credit to come to its end. */
    (void)nghttp2_session_consume_stream(session, id, len);
    pyr_h2_connection_credit(h, true);
    return 0;
}

static void on_request_frame(struct pyr_h2 *h, const nghttp2_frame *frame)
{
    struct pyr_exchange *ex = pyr_h2_stream(h, frame->hd.stream_id);
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ex == NULL)
        return;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        begin(h, ex, end);
    else if (frame->hd.length == 0 && !end)
        spend(h, 1);
    ex->stream.body_done = ex->stream.body_done || end;
    if (ex->responding)
        return;
    if (end)
        try_dispatch(h, ex);
    else if (frame->hd.type == NGHTTP2_HEADERS)
        give_credit(h, ex);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct pyr_h2 *h = user;
    (void)session;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        on_request_frame(h, frame);
        break;
    case NGHTTP2_RST_STREAM:
        spend(h, RESET_TOKENS);
        break;
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY:
        spend(h, 1);
        break;
    default:
        break;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    struct pyr_h2 *h = user;
    struct pyr_exchange *ex = pyr_h2_stream(h, id);
    (void)session;
    (void)code;
    if (ex == NULL)
        return 0;
    remove_stream(h, ex);
    pyr_exchange_orphan(ex);
    return 0;
}

void pyr_h2_resume(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    PYR_ASSERT(!ex->responding);
    if (ex->stream.body_done)
        try_dispatch(h, ex);
    else
        give_credit(h, ex);
}

void pyr_h2_receive_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}
