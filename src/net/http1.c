#include "net/http1.h"
#include "base/assert.h"
#include "base/time.h"
#include "net/connection.h"
#include "net/exchange.h"
#include "net/response.h"
#include <stdatomic.h>

enum {
    LINGER_MS = 2000,
    READ_BYTES_MAX = 256 << 10,
    SMALL_HEAD_BYTES = 8 << 10, /* what is read of a head though the budget is empty */
};

static const struct pyr_http_settings *settings_of(const struct pyr_connection *c)
{
    return &c->loop->server->settings;
}

static void set_deadline(struct pyr_connection *c, int64_t timeout_ns)
{
    c->deadline_ns = timeout_ns != 0 ? c->loop->now_ns + timeout_ns : 0;
}

static void pause_reading(struct pyr_connection *c)
{
    set_deadline(c, 0);
    pyr_connection_read(c, false);
}

/* Early bytes of the next request are kept up to a limit; then reading stops. That it goes on at all while a handler works
 * tells when the client goes away. */
static void read_ahead(struct pyr_connection *c)
{
    const bool full = pyr_inflight_full(&c->loop->server->inflight);
    pyr_connection_read(c, c->kept.len + c->in.len < (full ? SMALL_HEAD_BYTES : PYR_LOOP_READ_BYTES));
}

static void respond(struct pyr_connection *c, struct pyr_exchange *ex)
{
    struct pyr_h1 *h = &c->h1;
    PYR_ASSERT(h->ex == ex && h->state != PYR_H1_WRITING);
    h->state = PYR_H1_WRITING;
    h->keep_alive = h->keep_alive && !h->body_unread && !c->ended && !atomic_load(&c->loop->server->draining);
    set_deadline(c, 0);
    ex->responding = true;
    struct pyr_buf *end = &ex->packed; /* with trailers nothing was gzipped */
    if (ex->packed.data == NULL)
        pyr_buf_init(end, 16 << 10);
    pyr_response_head1(ex, h->http10, h->keep_alive, end);
    if (ex->head.err != PYR_OK) {
        pyr_connection_close(c);
        return;
    }
    uv_buf_t bufs[3] = {uv_buf_init((char *)ex->head.data, (unsigned)ex->head.len)};
    unsigned count = 1;
    if (ex->out.len != 0 && !ex->head_only)
        bufs[count++] = (uv_buf_t){.base = (char *)(uintptr_t)ex->out.ptr, .len = ex->out.len};
    if (ex->res.trailer_count != 0 && end->len != 0)
        bufs[count++] = uv_buf_init((char *)end->data, (unsigned)end->len);
    pyr_connection_write(c, bufs, count);
}

static void refuse(struct pyr_connection *c, int status, enum pyr_http_refusal why, const char *reason)
{
    struct pyr_exchange *ex = c->h1.ex;
    pyr_exchange_refuse(ex, status, why, reason);
    pyr_response_prepare(ex);
    c->h1.body_unread = true;
    respond(c, ex);
}

static enum pyr_http_refusal refusal_of(int status)
{
    if (status == 413)
        return PYR_REFUSED_BODY_SIZE;
    if (status == 503)
        return PYR_REFUSED_MEMORY;
    return status == 414 || status == 431 ? PYR_REFUSED_HEAD_SIZE : PYR_REFUSED_SYNTAX;
}

/* Bytes that are no request: there is an exchange, but no head. */
static void refuse_head(struct pyr_connection *c, const struct pyr_h1_error *error)
{
    if (c->h1.ex == NULL)
        c->h1.ex = pyr_exchange_new(c);
    if (c->h1.ex == NULL)
        pyr_connection_close(c);
    else
        refuse(c, error->status, refusal_of(error->status), error->reason);
}

static void adopt_head(struct pyr_exchange *ex, const struct pyr_h1_head *head)
{
    const size_t bytes = head->header_count * sizeof(*head->headers);
    struct pyr_http_header *headers = PYR_ARENA_ARRAY(&ex->arena, struct pyr_http_header, head->header_count);
    if (headers != NULL && bytes != 0)
        memcpy(headers, head->headers, bytes);
    struct pyr_http_request *req = &ex->req;
    req->method = head->method;
    req->raw_path = head->path;
    req->query = head->query;
    req->headers = headers;
    req->header_count = headers != NULL ? head->header_count : 0;
    req->http_major = 1;
    if (!head->chunked)
        ex->length = head->content_length; /* none: 0 */
}

static void begin_body(struct pyr_connection *c, const struct pyr_h1_head *head)
{
    struct pyr_h1 *h = &c->h1;
    const bool wanted = pyr_exchange_begin(h->ex);
    h->body_unread = head->chunked || head->content_length != 0;
    if (wanted && head->content_length > settings_of(c)->body_bytes_max) {
        refuse(c, 413, PYR_REFUSED_BODY_SIZE, "request body is too large");
        return;
    }
    if (!wanted) {
        pyr_response_prepare(h->ex);
        respond(c, h->ex);
        return;
    }
    h->chunked = (struct pyr_h1_chunked){0};
    h->progress = 0;
    h->expect_continue = head->expect_continue;
    h->state = head->chunked ? PYR_H1_CHUNKS : PYR_H1_BODY;
    set_deadline(c, settings_of(c)->body_timeout_ns);
}

/* A whole head is there: the request gets its own copy, since the bytes read are the loop's. */
static void begin_request(struct pyr_connection *c, size_t start, size_t end)
{
    struct pyr_h1 *h = &c->h1;
    struct pyr_h1_error error = {503, "out of memory"};
    struct pyr_h1_head head;
    h->ex = pyr_exchange_new(c);
    h->keep_alive = h->body_unread = false;
    uint8_t *copy = h->ex != NULL ? pyr_arena_alloc_aligned(&h->ex->arena, end - start, 1) : NULL;
    if (copy == NULL) {
        refuse_head(c, &error);
        return;
    }
    memcpy(copy, c->in.ptr + start, end - start);
    pyr_connection_used(c, end);
    if (!pyr_h1_parse(copy, end - start, c->loop->headers, settings_of(c)->headers_max, &head, &error)) {
        refuse_head(c, &error);
        return;
    }
    h->keep_alive = head.keep_alive;
    h->http10 = head.minor == 0;
    adopt_head(h->ex, &head);
    begin_body(c, &head);
}

static bool step_head(struct pyr_connection *c)
{
    struct pyr_h1 *h = &c->h1;
    if (c->in.len == 0)
        return false;
    if (h->state == PYR_H1_IDLE) {
        h->state = PYR_H1_HEAD;
        h->scan = (struct pyr_h1_scan){0};
        set_deadline(c, settings_of(c)->head_timeout_ns);
    }
    size_t end = 0;
    struct pyr_h1_error error;
    switch (pyr_h1_scan(&h->scan, c->in, settings_of(c)->head_bytes_max, &end, &error)) {
    case PYR_H1_FOUND:
        begin_request(c, h->scan.start, end);
        return true;
    case PYR_H1_BAD:
        break;
    default:
        if (c->in.len < SMALL_HEAD_BYTES || !pyr_inflight_full(&c->loop->server->inflight))
            return false;
        /* What is kept of a head is memory that nobody has to wait for: many clients must not pile it up. */
        error = (struct pyr_h1_error){503, "the server is busy, retry later"};
    }
    h->keep_alive = false;
    refuse_head(c, &error);
    return false;
}

static void complete(struct pyr_connection *c)
{
    c->h1.state = PYR_H1_HANDLING;
    c->h1.body_unread = false;
    set_deadline(c, 0);
    read_ahead(c);
    pyr_exchange_dispatch(c->h1.ex);
}

/* Room for the next bytes of the body. False: wait, or refused. */
static bool make_room(struct pyr_connection *c, uint64_t most)
{
    struct pyr_exchange *ex = c->h1.ex;
    enum pyr_room room = pyr_exchange_admit(ex);
    if (room == PYR_ROOM_OK && ex->body.len < most)
        room = pyr_exchange_room(ex, most);
    if (room == PYR_ROOM_OK) {
        if (c->deadline_ns == 0) {
            c->h1.progress = ex->body.len;
            set_deadline(c, settings_of(c)->body_timeout_ns);
        }
        pyr_connection_read(c, true);
        return true;
    }
    if (room == PYR_ROOM_NONE)
        refuse(c, 503, PYR_REFUSED_MEMORY, "out of memory");
    else
        pause_reading(c);
    return false;
}

static void send_continue(struct pyr_connection *c)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const uv_buf_t buf = uv_buf_init(text, sizeof(text) - 1);
    c->h1.expect_continue = false;
    /* All earlier answers are out, so these few bytes fit; a client whose socket is full all the same is lost. */
    if (uv_try_write((uv_stream_t *)&c->tcp, &buf, 1) != (int)buf.len)
        pyr_connection_close(c);
}

/* False: stop, there is nothing to take. */
static bool need_bytes(struct pyr_connection *c)
{
    if (c->in.len != 0)
        return true;
    if (c->h1.expect_continue && c->h1.ex->body.len == 0)
        send_continue(c);
    return false;
}

static bool step_body(struct pyr_connection *c)
{
    struct pyr_exchange *ex = c->h1.ex;
    if (!make_room(c, ex->length))
        return false;
    if (ex->body.len == ex->length) {
        complete(c);
        return true;
    }
    if (!need_bytes(c))
        return false;
    const size_t room = ex->body.cap - ex->body.len;
    const size_t n = c->in.len < room ? c->in.len : room;
    memcpy(ex->body.data + ex->body.len, c->in.ptr, n);
    ex->body.len += n;
    pyr_connection_used(c, n);
    return true;
}

static bool step_chunks(struct pyr_connection *c)
{
    struct pyr_exchange *ex = c->h1.ex;
    const size_t most = settings_of(c)->body_bytes_max;
    if (!make_room(c, most) || !need_bytes(c))
        return false;
    /* Never more than there is room for; at the maximum one byte, to see whether the body ends there. */
    size_t n = ex->body.cap - ex->body.len;
    n = n == 0 ? 1 : n < c->in.len ? n : c->in.len;
    size_t used = 0;
    struct pyr_span data = {0};
    switch (pyr_h1_chunked(&c->h1.chunked, (struct pyr_span){c->in.ptr, n}, &used, &data)) {
    case PYR_H1_CHUNK_DATA:
        if (data.len > ex->body.cap - ex->body.len) {
            refuse(c, 413, PYR_REFUSED_BODY_SIZE, "request body is too large");
            return false;
        }
        memcpy(ex->body.data + ex->body.len, data.ptr, data.len);
        ex->body.len += data.len;
        break;
    case PYR_H1_CHUNK_BAD:
        refuse(c, 400, PYR_REFUSED_SYNTAX, "malformed chunked body");
        return false;
    case PYR_H1_CHUNK_END:
        pyr_connection_used(c, used);
        complete(c);
        return true;
    default:
        break;
    }
    pyr_connection_used(c, used);
    return true;
}

/* False: nothing to do until bytes, room or an answer come. */
static bool step(struct pyr_connection *c)
{
    switch (c->h1.state) {
    case PYR_H1_IDLE:
    case PYR_H1_HEAD:
        return step_head(c);
    case PYR_H1_BODY:
        return step_body(c);
    case PYR_H1_CHUNKS:
        return step_chunks(c);
    case PYR_H1_LINGER:
        pyr_connection_used(c, c->in.len);
        return false;
    default:
        read_ahead(c);
        return false;
    }
}

static void run(struct pyr_connection *c)
{
    if (c->h1.running)
        return;
    c->h1.running = true;
    while (!c->closing && step(c))
        ;
    c->h1.running = false;
}

static bool space(struct pyr_connection *c, uv_buf_t *to)
{
    const struct pyr_exchange *ex = c->h1.ex;
    if (c->h1.state != PYR_H1_BODY || ex->body.cap == ex->body.len)
        return false;
    const size_t room = ex->body.cap - ex->body.len;
    *to = uv_buf_init((char *)ex->body.data + ex->body.len, room < READ_BYTES_MAX ? (unsigned)room : READ_BYTES_MAX);
    return true;
}

static void filled(struct pyr_connection *c, size_t n)
{
    c->h1.ex->body.len += n;
    run(c);
}

static void ended(struct pyr_connection *c)
{
    const enum pyr_h1_state state = c->h1.state;
    /* A client may half-close and still wait for its answer; but one that aborts looks the same, so handlers that ask
     * learn that nobody may be listening. */
    if (state == PYR_H1_HANDLING)
        atomic_store(&c->h1.ex->canceled, true);
    else if (state != PYR_H1_WRITING)
        pyr_connection_close(c);
}

static void resume(struct pyr_connection *c, struct pyr_exchange *ex)
{
    PYR_ASSERT(c->h1.ex == ex);
    if (c->kept.len != 0)
        pyr_connection_parse_kept(c);
    else
        run(c);
}

static void linger(struct pyr_connection *c)
{
    /* Closing with unread bytes would reset the connection and destroy the answer on its way. */
    c->h1.state = PYR_H1_LINGER;
    if (c->ended) {
        pyr_connection_close(c);
        return;
    }
    pyr_connection_shutdown(c);
    set_deadline(c, LINGER_MS * PYR_NS_PER_MS);
    pyr_connection_read(c, true);
}

static void written(struct pyr_connection *c)
{
    struct pyr_h1 *h = &c->h1;
    pyr_exchange_record(h->ex);
    pyr_exchange_free(h->ex);
    h->ex = NULL;
    if (!h->keep_alive) {
        linger(c);
        return;
    }
    h->state = PYR_H1_IDLE;
    set_deadline(c, settings_of(c)->idle_timeout_ns);
    pyr_connection_read(c, true);
    pyr_connection_parse_kept(c);
}

static void late(struct pyr_connection *c)
{
    struct pyr_h1 *h = &c->h1;
    struct pyr_http_metrics *m = &c->loop->server->metrics;
    switch (h->state) {
    case PYR_H1_HEAD:
        h->ex = pyr_exchange_new(c);
        if (h->ex != NULL) {
            h->keep_alive = false;
            refuse(c, 408, PYR_REFUSED_SLOW, "the request head took too long");
            return;
        }
        break;
    case PYR_H1_BODY:
    case PYR_H1_CHUNKS:
        if (!pyr_connection_progressed(h->ex->body.len - h->progress, h->ex->body.len)) {
            refuse(c, 408, PYR_REFUSED_SLOW, "the request body came too slowly");
            return;
        }
        h->progress = h->ex->body.len;
        set_deadline(c, settings_of(c)->body_timeout_ns);
        return;
    case PYR_H1_LINGER:
    case PYR_H1_IDLE:
        break;
    default:
        pyr_metric_add(m->refused[PYR_REFUSED_SLOW], 1);
        break;
    }
    pyr_connection_close(c);
}

static void drain(struct pyr_connection *c)
{
    if (c->h1.state == PYR_H1_IDLE)
        pyr_connection_close(c);
}

static void closed(struct pyr_connection *c)
{
    if (c->h1.ex != NULL)
        pyr_exchange_orphan(c->h1.ex);
    c->h1.ex = NULL;
}

const struct pyr_protocol pyr_http1 = {
    .input = run,
    .space = space,
    .filled = filled,
    .ended = ended,
    .respond = respond,
    .resume = resume,
    .written = written,
    .late = late,
    .drain = drain,
    .closed = closed,
};

void pyr_http1_init(struct pyr_connection *c)
{
    c->protocol = &pyr_http1;
    c->h1 = (struct pyr_h1){.state = PYR_H1_IDLE};
}
