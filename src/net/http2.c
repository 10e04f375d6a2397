#include "net/http2.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/http2_stream.h"

enum { STREAM_WINDOW_BYTES = 128 << 10, CONNECTION_WINDOW_BYTES = 512 << 10, OUT_BYTES = 64 << 10 };
enum { OUT_KEPT_BYTES = 4 << 10 };

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

void pyr_h2_flush(struct pyr_h2 *h)
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
    if (c->closing || c->writing)
        return;
    /* Thousands of connections may be idle. */
    if (h->out.cap > OUT_KEPT_BYTES)
        pyr_buf_free(&h->out);
    if (h->failed || finished(h))
        pyr_connection_close(c);
}

static void written(struct pyr_connection *c)
{
    pyr_h2_flush(c->h2); /* does nothing while a flush is running: it goes on by itself */
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
    pyr_h2_flush(h);
}

static void resume(struct pyr_connection *c, struct pyr_exchange *ex)
{
    pyr_h2_resume(c->h2, ex);
    pyr_h2_flush(c->h2);
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
            now + (ex->responding ? pyr_h2_settings(h)->write_timeout_ns : pyr_h2_settings(h)->body_timeout_ns);
        return;
    }
    if (!ex->responding) {
        pyr_h2_refuse(ex, 408, PYR_REFUSED_SLOW, "the request came too slowly");
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
    /* Whoever made the connection wait may have gone: then nobody else would end it. */
    pyr_h2_connection_credit(h, !pyr_inflight_full(&c->loop->server->inflight));
    if (h->streams == NULL && c->loop->now_ns - h->idle_since_ns >= pyr_h2_settings(h)->idle_timeout_ns)
        (void)nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
    c->deadline_ns = c->loop->now_ns;
    pyr_h2_flush(h);
}

/* RFC 9113 6.8: first the notice, so that requests on their way are still taken, then the last stream's number. */
static void drain(struct pyr_connection *c)
{
    struct pyr_h2 *h = c->h2;
    if (h->drain == PYR_H2_OPEN) {
        h->drain = PYR_H2_NOTICED;
        (void)nghttp2_submit_shutdown_notice(h->session);
    } else if (h->drain == PYR_H2_NOTICED) {
        h->drain = PYR_H2_GOING;
        (void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(h->session),
                                    NGHTTP2_NO_ERROR, NULL, 0);
    }
    pyr_h2_flush(h);
    if (!c->closing && h->drain == PYR_H2_GOING && h->streams == NULL && !c->writing)
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
        pyr_h2_settle(ex);
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
    .respond = pyr_h2_respond,
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
        pyr_h2_receive_callbacks(callbacks);
        pyr_h2_answer_callbacks(callbacks);
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
    const struct pyr_http_settings *s = pyr_h2_settings(h);
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
    h->tokens = PYR_H2_TOKENS_MAX;
    h->tokens_at_ns = h->idle_since_ns = c->loop->now_ns;
    pyr_buf_init(&h->out, 2 * OUT_BYTES);
    c->deadline_ns = c->loop->now_ns; /* `late` runs at every tick */
    if (new_session(h) != 0 || announce(h) != 0)
        pyr_connection_close(c);
}
