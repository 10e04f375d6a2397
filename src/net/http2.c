#include "net/http2.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/connection.h"
#include "net/exchange.h"
#include "net/response.h"
#include <nghttp2/nghttp2.h>
#include <stdatomic.h>
#include <stdio.h>

/* Flow control: a stream may send STREAM_WINDOW_BYTES unasked, all streams of a connection CONNECTION_WINDOW_BYTES. More
 * credit is given as long as the budget of bytes in flight has room; what comes within the windows is kept in any case
 * (and counted), up to as much as the budget again.
 *
 * Floods: a client has tokens for frames that cost us work and it nothing (pings, settings, empty frames, resets of
 * requests that are being answered). They come back with time and with every frame of data that we send. */
enum {
    STREAM_WINDOW_BYTES = 128 << 10,
    CONNECTION_WINDOW_BYTES = 512 << 10,
    OUT_BYTES = 64 << 10,
    TOKENS_MAX = 1000,
    TOKENS_PER_S = 100,
    RESET_TOKENS = 5,
    LINGER_MS = 2000,
    RESPONSE_HEADERS_MAX = PYR_HTTP_RESPONSE_HEADERS_MAX + 3,
};

struct pyr_h2 {
    nghttp2_session *session;
    struct pyr_connection *conn;
    struct pyr_exchange *streams;
    unsigned stream_count;
    struct pyr_buf out; /* being written */
    size_t unconsumed;  /* received bytes whose credit on the connection's window is withheld */
    int64_t tokens, tokens_at_ns;
    int64_t idle_since_ns;
    bool receiving, flushing, failed;
    enum { OPEN, NOTICED, GOING } drain;
};

static const struct pyr_http_settings *settings_of(const struct pyr_h2 *h)
{
    return &h->conn->loop->server->settings;
}

static void flush(struct pyr_h2 *h);

static struct pyr_exchange *stream_of(const struct pyr_h2 *h, int32_t id)
{
    return nghttp2_session_get_stream_user_data(h->session, id);
}

static void spend(struct pyr_h2 *h, int tokens)
{
    const int64_t now = h->conn->loop->now_ns;
    const int64_t earned = (now - h->tokens_at_ns) / (PYR_NS_PER_S / TOKENS_PER_S);
    if (earned > 0) {
        h->tokens_at_ns = now;
        h->tokens = h->tokens + earned < TOKENS_MAX ? h->tokens + earned : TOKENS_MAX;
    }
    h->tokens -= tokens;
    if (h->tokens >= 0 || h->failed)
        return;
    h->failed = true;
    pyr_metric_add(h->conn->loop->server->metrics.refused[PYR_REFUSED_FLOOD], 1);
    (void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* --- requests --- */

/* The stream's bytes wait for nothing any more. */
static void settle(struct pyr_exchange *ex)
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
    h->stream_count++;
}

static void remove_stream(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    settle(ex);
    *ex->stream.prev = ex->stream.next;
    if (ex->stream.next != NULL)
        ex->stream.next->stream.prev = ex->stream.prev;
    h->stream_count--;
    if (h->streams == NULL)
        h->idle_since_ns = h->conn->loop->now_ns;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct pyr_h2 *h = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct pyr_exchange *ex = pyr_exchange_new(h->conn);
    if (ex == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    ex->req.http_major = 2;
    ex->stream.deadline_ns = h->conn->loop->now_ns + settings_of(h)->head_timeout_ns;
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

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    struct pyr_h2 *h = user;
    struct pyr_exchange *ex = stream_of(h, frame->hd.stream_id);
    (void)session;
    (void)flags;
    if (ex == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;                                         /* trailers of a request tell us nothing */
    ex->stream.header_bytes += name_len + value_len + 32; /* as RFC 9113 6.5.2 counts */
    if (ex->stream.header_bytes > settings_of(h)->head_bytes_max ||
        ex->req.header_count >= settings_of(h)->headers_max) {
        ex->stream.header_bytes = SIZE_MAX / 2;
        return 0;
    }
    const struct pyr_str n = pyr_arena_str(&ex->arena, (struct pyr_str){(const char *)name, name_len});
    const struct pyr_str v = pyr_arena_str(&ex->arena, pyr_str_trim((struct pyr_str){(const char *)value, value_len}));
    const bool ok = n.ptr != NULL && v.ptr != NULL && (name[0] == ':' ? take_pseudo(ex, n, v) : add_header(ex, n, v));
    return ok ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static void respond(struct pyr_connection *c, struct pyr_exchange *ex);

static void refuse(struct pyr_exchange *ex, int status, enum pyr_http_refusal why, const char *reason)
{
    pyr_exchange_refuse(ex, status, why, reason);
    pyr_response_prepare(ex);
    respond(ex->conn, ex);
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
    if (ex->stream.header_bytes > settings_of(h)->head_bytes_max) {
        refuse(ex, 431, PYR_REFUSED_HEAD_SIZE, "request head is too large");
        return;
    }
    if (!pyr_h1_target(ex->req.raw_path, ex->req.method, &ex->req.raw_path, &ex->req.query)) {
        refuse(ex, 400, PYR_REFUSED_SYNTAX, "malformed request target");
        return;
    }
    if (!pyr_exchange_begin(ex)) {
        pyr_response_prepare(ex);
        respond(h->conn, ex);
        return;
    }
    ex->length = announced_length(&ex->req);
    if (ex->length != UINT64_MAX && ex->length > settings_of(h)->body_bytes_max) {
        refuse(ex, 413, PYR_REFUSED_BODY_SIZE, "request body is too large");
        return;
    }
    if (!end_of_stream)
        send_continue(h, ex);
}

/* A whole body, and the budget has room for what answers it. */
static void try_dispatch(struct pyr_exchange *ex)
{
    if (!ex->stream.body_done || ex->handled || ex->responding)
        return;
    if (pyr_exchange_admit(ex) == PYR_ROOM_WAIT ||
        (ex->work != PYR_WORK_LOOP && pyr_exchange_permit(ex) == PYR_ROOM_WAIT))
        return;
    ex->stream.deadline_ns = 0;
    settle(ex);
    pyr_exchange_dispatch(ex);
}

static bool holds_privilege(const struct pyr_h2 *h)
{
    const void *who = atomic_load(&h->conn->loop->server->inflight.privileged);
    for (const struct pyr_exchange *ex = h->streams; ex != NULL; ex = ex->stream.next)
        if (ex == who)
            return true;
    return false;
}

/* Gives credit for the connection's window. It is withheld while the budget is empty, except where the request that may
 * overdraw the budget is one of this connection's: the others' bytes must not stand in its way. */
static void give_connection_credit(struct pyr_h2 *h, bool permitted)
{
    if (h->unconsumed == 0 || !(permitted || holds_privilege(h)))
        return;
    (void)nghttp2_session_consume_connection(h->session, h->unconsumed);
    h->unconsumed = 0;
}

/* Gives credit for the stream's window where the budget permits; else it waits for `resume`. */
static void give_credit(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    const bool permitted = pyr_exchange_admit(ex) == PYR_ROOM_OK && pyr_exchange_permit(ex) == PYR_ROOM_OK;
    give_connection_credit(h, permitted);
    if (!permitted) {
        ex->stream.deadline_ns = 0; /* it is we who make it wait */
        return;
    }
    if (ex->stream.deadline_ns == 0 && !ex->stream.body_done) {
        ex->stream.progress = ex->body.len;
        ex->stream.deadline_ns = h->conn->loop->now_ns + settings_of(h)->body_timeout_ns;
    }
    if (ex->stream.unconsumed != 0)
        (void)nghttp2_session_consume_stream(h->session, ex->stream.id, ex->stream.unconsumed);
    settle(ex);
}

/* Ends in a refusal, or with the bytes in the body and counted as not yet settled. */
static void receive(struct pyr_h2 *h, struct pyr_exchange *ex, const uint8_t *data, size_t len)
{
    struct pyr_inflight *f = &h->conn->loop->server->inflight;
    if (len > settings_of(h)->body_bytes_max - ex->body.len) {
        refuse(ex, 413, PYR_REFUSED_BODY_SIZE, "request body is too large");
        return;
    }
    if (!pyr_inflight_unasked(f, len)) {
        refuse(ex, 503, PYR_REFUSED_MEMORY, "the server is busy, retry later");
        return;
    }
    ex->stream.unconsumed += len;
    if (!pyr_exchange_force_room(ex, len)) {
        refuse(ex, 503, PYR_REFUSED_MEMORY, "out of memory");
        return;
    }
    memcpy(ex->body.data + ex->body.len, data, len);
    ex->body.len += len;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
    struct pyr_h2 *h = user;
    struct pyr_exchange *ex = stream_of(h, id);
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
    give_connection_credit(h, true);
    return 0;
}

static void on_request_frame(struct pyr_h2 *h, const nghttp2_frame *frame)
{
    struct pyr_exchange *ex = stream_of(h, frame->hd.stream_id);
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
        try_dispatch(ex);
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
    struct pyr_exchange *ex = stream_of(h, id);
    (void)session;
    (void)code;
    if (ex == NULL)
        return 0;
    remove_stream(h, ex);
    pyr_exchange_orphan(ex);
    return 0;
}

/* --- answers --- */

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t cap, uint32_t *flags,
                         nghttp2_data_source *source, void *user)
{
    struct pyr_exchange *ex = source->ptr;
    struct pyr_h2 *h = user;
    const size_t left = ex->out.len - ex->stream.sent;
    const size_t n = left < cap ? left : cap;
    if (n != 0)
        memcpy(to, ex->out.ptr + ex->stream.sent, n);
    ex->stream.sent += n;
    h->tokens += h->tokens < TOKENS_MAX;
    if (n < left)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (ex->res.trailer_count == 0)
        return (ssize_t)n;
    nghttp2_nv nva[PYR_COUNT_OF(ex->res.trailers)];
    for (size_t i = 0; i < ex->res.trailer_count; i++) {
        const struct pyr_http_header t = ex->res.trailers[i];
        nva[i] = (nghttp2_nv){(uint8_t *)(uintptr_t)t.name.ptr, (uint8_t *)(uintptr_t)t.value.ptr, t.name.len,
                              t.value.len, NGHTTP2_NV_FLAG_NONE};
    }
    if (nghttp2_submit_trailer(session, id, nva, ex->res.trailer_count) == 0)
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    return (ssize_t)n;
}

static void put(nghttp2_nv *nva, size_t *count, struct pyr_str name, struct pyr_str value)
{
    nva[(*count)++] = (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len, value.len,
                                   NGHTTP2_NV_FLAG_NONE};
}

static int submit(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    const struct pyr_http_response *res = &ex->res;
    nghttp2_nv nva[RESPONSE_HEADERS_MAX];
    size_t count = 0;
    char status[8], length[24];
    (void)snprintf(status, sizeof(status), "%d", res->status);
    (void)snprintf(length, sizeof(length), "%zu", ex->out.len);
    put(nva, &count, PYR_STR(":status"), pyr_str_of(status));
    put(nva, &count, PYR_STR("date"), pyr_str_of(pyr_loop_date(h->conn->loop)));
    for (size_t i = 0; i < res->header_count; i++)
        put(nva, &count, res->headers[i].name, res->headers[i].value);
    if (res->trailer_count == 0 && !pyr_response_bodiless(res))
        put(nva, &count, PYR_STR("content-length"), pyr_str_of(length));
    const nghttp2_data_provider body = {.source.ptr = ex, .read_callback = read_body};
    const bool has_body = !ex->head_only && (ex->out.len != 0 || res->trailer_count != 0);
    return nghttp2_submit_response(h->session, ex->stream.id, nva, count, has_body ? &body : NULL);
}

static void respond(struct pyr_connection *c, struct pyr_exchange *ex)
{
    struct pyr_h2 *h = c->h2;
    PYR_ASSERT(!ex->responding);
    ex->responding = true;
    ex->stream.progress = 0;
    ex->stream.deadline_ns = c->loop->now_ns + settings_of(h)->write_timeout_ns;
    const int rc = submit(h, ex);
    if (rc != 0)
        (void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, ex->stream.id, NGHTTP2_INTERNAL_ERROR);
    flush(h);
}

/* An answer that came before the request's end. Resetting the stream at once would be right (RFC 9113 8.1), but some
 * clients then throw the answer away: the rest of the request is read and dropped for a while first. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct pyr_h2 *h = user;
    (void)session;
    if ((frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) ||
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    struct pyr_exchange *ex = stream_of(h, frame->hd.stream_id);
    if (ex != NULL && !ex->stream.body_done) {
        ex->stream.answered = true;
        ex->stream.deadline_ns = h->conn->loop->now_ns + LINGER_MS * PYR_NS_PER_MS;
    }
    return 0;
}

/* --- the connection --- */

static bool finished(const struct pyr_h2 *h)
{
    return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}

/* Serialises frames up to OUT_BYTES. False: nothing to send, or the session has failed. */
static bool fill(struct pyr_h2 *h)
{
    pyr_buf_clear(&h->out);
    while (h->out.len < OUT_BYTES) {
        const uint8_t *bytes;
        const ssize_t n = nghttp2_session_mem_send(h->session, &bytes);
        if (n < 0)
            h->failed = true;
        if (n <= 0)
            break;
        pyr_buf_append(&h->out, bytes, (size_t)n);
    }
    if (h->out.err != PYR_OK)
        h->failed = true;
    return h->out.len != 0 && h->out.err == PYR_OK;
}

static void flush(struct pyr_h2 *h)
{
    struct pyr_connection *c = h->conn;
    /* From within nghttp2 frames are only queued; whoever called it sends them. */
    if (h->receiving || h->flushing)
        return;
    h->flushing = true;
    while (!c->closing && !c->writing && fill(h)) {
        const uv_buf_t buf = uv_buf_init((char *)h->out.data, (unsigned)h->out.len);
        pyr_connection_write(c, &buf, 1);
    }
    h->flushing = false;
    if (!c->closing && !c->writing && (h->failed || finished(h)))
        pyr_connection_close(c);
}

static void written(struct pyr_connection *c)
{
    flush(c->h2); /* does nothing while a flush is running: it goes on by itself */
}

static void input(struct pyr_connection *c)
{
    struct pyr_h2 *h = c->h2;
    if (h->failed) {
        pyr_connection_used(c, c->in.len);
        return;
    }
    h->receiving = true;
    const ssize_t n = nghttp2_session_mem_recv(h->session, c->in.ptr, c->in.len);
    h->receiving = false;
    pyr_connection_used(c, c->in.len);
    if (n < 0 && !h->failed) {
        const enum pyr_http_refusal why = n == NGHTTP2_ERR_FLOODED ? PYR_REFUSED_FLOOD : PYR_REFUSED_SYNTAX;
        pyr_metric_add(c->loop->server->metrics.refused[why], 1);
        h->failed = true;
    }
    flush(h);
}

static void resume(struct pyr_connection *c, struct pyr_exchange *ex)
{
    if (ex->stream.body_done)
        try_dispatch(ex);
    else
        give_credit(c->h2, ex);
    flush(c->h2);
}

/* Each tick: requests and answers that do not go on, and a connection without any. */
static void check_stream(struct pyr_h2 *h, struct pyr_exchange *ex)
{
    const int64_t now = h->conn->loop->now_ns;
    if (ex->stream.deadline_ns == 0 || now < ex->stream.deadline_ns)
        return;
    if (ex->stream.answered) {
        (void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, ex->stream.id, NGHTTP2_NO_ERROR);
        ex->stream.deadline_ns = 0;
        return;
    }
    const size_t at = ex->responding ? ex->stream.sent : ex->body.len;
    const size_t held = ex->responding ? ex->out.len - ex->stream.sent : ex->body.len;
    if (pyr_connection_progressed(at - ex->stream.progress, held)) {
        ex->stream.progress = at;
        ex->stream.deadline_ns =
            now + (ex->responding ? settings_of(h)->write_timeout_ns : settings_of(h)->body_timeout_ns);
        return;
    }
    if (!ex->responding) {
        refuse(ex, 408, PYR_REFUSED_SLOW, "the request came too slowly");
        return;
    }
    ex->stream.deadline_ns = 0;
    pyr_metric_add(h->conn->loop->server->metrics.refused[PYR_REFUSED_SLOW], 1);
    (void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, ex->stream.id, NGHTTP2_CANCEL);
}

static void late(struct pyr_connection *c)
{
    struct pyr_h2 *h = c->h2;
    h->receiving = true; /* streams must not close while we walk them */
    for (struct pyr_exchange *ex = h->streams, *next; ex != NULL; ex = next) {
        next = ex->stream.next;
        check_stream(h, ex);
    }
    h->receiving = false;
    if (h->streams == NULL && c->loop->now_ns - h->idle_since_ns >= settings_of(h)->idle_timeout_ns)
        (void)nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
    c->deadline_ns = c->loop->now_ns;
    flush(h);
}

/* RFC 9113 6.8: first the notice, so that requests on their way are still taken, then the last stream's number. */
static void drain(struct pyr_connection *c)
{
    struct pyr_h2 *h = c->h2;
    if (h->drain == OPEN) {
        h->drain = NOTICED;
        (void)nghttp2_submit_shutdown_notice(h->session);
    } else if (h->drain == NOTICED) {
        h->drain = GOING;
        (void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(h->session),
                                    NGHTTP2_NO_ERROR, NULL, 0);
    }
    flush(h);
    if (!c->closing && h->drain == GOING && h->streams == NULL && !c->writing)
        pyr_connection_close(c);
}

static void ended(struct pyr_connection *c)
{
    pyr_connection_close(c);
}

static void closed(struct pyr_connection *c)
{
    struct pyr_h2 *h = c->h2;
    for (struct pyr_exchange *ex = h != NULL ? h->streams : NULL, *next; ex != NULL; ex = next) {
        next = ex->stream.next;
        settle(ex);
        pyr_exchange_orphan(ex);
    }
}

static void destroy(struct pyr_connection *c)
{
    struct pyr_h2 *h = c->h2;
    if (h == NULL)
        return;
    nghttp2_session_del(h->session);
    pyr_buf_free(&h->out);
    pyr_free(h);
}

static const struct pyr_protocol http2 = {
    .input = input,
    .ended = ended,
    .respond = respond,
    .resume = resume,
    .written = written,
    .late = late,
    .drain = drain,
    .closed = closed,
    .destroy = destroy,
};

/* nghttp2's memory is counted, and fails in tests, like all other. */
static void *h2_malloc(size_t bytes, void *user)
{
    (void)user;
    return pyr_malloc(bytes);
}
static void h2_free(void *p, void *user)
{
    (void)user;
    pyr_free(p);
}
static void *h2_calloc(size_t count, size_t bytes, void *user)
{
    (void)user;
    return pyr_calloc(count, bytes);
}
static void *h2_realloc(void *old, size_t bytes, void *user)
{
    (void)user;
    return pyr_realloc(old, bytes);
}
static nghttp2_mem h2_mem = {.malloc = h2_malloc, .free = h2_free, .calloc = h2_calloc, .realloc = h2_realloc};

static int new_session(struct pyr_h2 *h)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int rc = nghttp2_session_callbacks_new(&callbacks);
    if (rc == 0)
        rc = nghttp2_option_new(&option);
    if (rc == 0) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
        nghttp2_option_set_no_auto_window_update(option, 1);
        rc = nghttp2_session_server_new3(&h->session, callbacks, h, option, &h2_mem);
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return rc;
}

/* Smaller where the budget is: what many clients send unasked must not exceed it. HTTP/2 starts with 64 KiB. */
static uint32_t window(const struct pyr_http_settings *s, uint32_t most)
{
    const size_t share = s->inflight_bytes_max / 64;
    return share >= most ? most : share < NGHTTP2_INITIAL_WINDOW_SIZE ? NGHTTP2_INITIAL_WINDOW_SIZE : (uint32_t)share;
}

static int announce(struct pyr_h2 *h)
{
    const struct pyr_http_settings *s = settings_of(h);
    const nghttp2_settings_entry entries[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, s->streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window(s, STREAM_WINDOW_BYTES)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)s->head_bytes_max},
    };
    const int rc = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, entries, PYR_COUNT_OF(entries));
    if (rc != 0)
        return rc;
    return nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                                 (int32_t)window(s, CONNECTION_WINDOW_BYTES));
}

void pyr_http2_init(struct pyr_connection *c)
{
    struct pyr_h2 *h = pyr_calloc(1, sizeof(*h));
    c->protocol = &http2;
    c->h2 = h;
    if (h == NULL) {
        pyr_connection_close(c);
        return;
    }
    h->conn = c;
    h->tokens = TOKENS_MAX;
    h->tokens_at_ns = h->idle_since_ns = c->loop->now_ns;
    pyr_buf_init(&h->out, 2 * OUT_BYTES);
    c->deadline_ns = c->loop->now_ns; /* `late` runs at every tick */
    if (new_session(h) != 0 || announce(h) != 0)
        pyr_connection_close(c);
}
