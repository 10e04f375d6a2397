#include "base/assert.h"
#include "base/time.h"
#include "net/http2_stream.h"
#include "net/response.h"
#include <stdio.h>

enum { HEADERS_MAX = PYR_HTTP_RESPONSE_HEADERS_MAX + 3, LINGER_MS = 2000 };

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
    h->tokens += h->tokens < PYR_H2_TOKENS_MAX;
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
    nghttp2_nv nva[HEADERS_MAX];
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

void pyr_h2_respond(struct pyr_connection *c, struct pyr_exchange *ex)
{
    struct pyr_h2 *h = c->h2;
    PYR_ASSERT(!ex->responding);
    ex->responding = true;
    ex->stream.progress = 0;
    ex->stream.deadline_ns = c->loop->now_ns + pyr_h2_settings(h)->write_timeout_ns;
    const int rc = submit(h, ex);
    if (rc != 0)
        (void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, ex->stream.id, NGHTTP2_INTERNAL_ERROR);
    pyr_h2_flush(h);
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
    struct pyr_exchange *ex = pyr_h2_stream(h, frame->hd.stream_id);
    if (ex != NULL && !ex->stream.body_done) {
        ex->stream.answered = true;
        ex->stream.deadline_ns = h->conn->loop->now_ns + LINGER_MS * PYR_NS_PER_MS;
    }
    return 0;
}

void pyr_h2_answer_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
}
