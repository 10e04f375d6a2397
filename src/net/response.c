#include "net/response.h"
#include "codec/gzip.h"
#include "codec/json_writer.h"
#include "net/header_value.h"
#include "net/status.h"
#include <stdio.h>

enum { GZIP_LEVEL = 1 }; /* answers are made once and sent once: speed counts */

bool pyr_response_bodiless(const struct pyr_http_response *res)
{
    return res->status == 204 || res->status == 304 || res->status < 200;
}

void pyr_http_json_error(struct pyr_http_response *res, int status, const char *code, struct pyr_str message)
{
    res->status = status;
    pyr_http_set_header(res, "content-type", PYR_STR("application/json"));
    pyr_buf_clear(&res->body);
    struct pyr_json_writer w = pyr_json_writer(&res->body);
    pyr_json_begin_object(&w);
    pyr_json_key(&w, PYR_STR("code"));
    pyr_json_str(&w, pyr_str_of(code));
    pyr_json_key(&w, PYR_STR("message"));
    pyr_json_str(&w, message);
    pyr_json_end_object(&w);
}

static bool has_header(const struct pyr_http_response *res, const char *name)
{
    for (size_t i = 0; i < res->header_count; i++)
        if (pyr_str_eq(res->headers[i].name, pyr_str_of(name)))
            return true;
    return false;
}

static void gzip(struct pyr_exchange *ex)
{
    struct pyr_http_response *res = &ex->res;
    const size_t least = res->gzip_bytes_min != 0 ? res->gzip_bytes_min : ex->loop->server->settings.gzip_bytes_min;
    if (res->body_is_final || ex->work == PYR_WORK_LOOP || ex->out.len == 0 || ex->out.len < least ||
        has_header(res, "content-encoding"))
        return;
    /* Caches (which keep no answer to a POST) must know that it would be another one for another client. */
    if (!pyr_str_eq(ex->req.method, PYR_STR("POST")) && !has_header(res, "vary"))
        pyr_http_set_header(res, "vary", PYR_STR("accept-encoding"));
    if (!ex->accepts_gzip || res->header_count == PYR_HTTP_RESPONSE_HEADERS_MAX)
        return;
    pyr_buf_init(&ex->packed, ex->out.len + 1024);
    pyr_gzip(ex->out, GZIP_LEVEL, &ex->packed);
    if (ex->packed.err != PYR_OK)
        return;
    pyr_http_set_header(res, "content-encoding", PYR_STR("gzip"));
    ex->out = pyr_buf_span(&ex->packed);
    pyr_buf_free(&res->body);
}

void pyr_response_prepare(struct pyr_exchange *ex)
{
    struct pyr_http_response *res = &ex->res;
    if (res->body_view.ptr == NULL && res->body.err != PYR_OK) {
        const pyr_err err = res->body.err;
        pyr_buf_free(&res->body);
        pyr_buf_init(&res->body, 4096);
        res->header_count = res->trailer_count = 0;
        pyr_http_text(res, pyr_status_of(err == PYR_E_TOOBIG ? PYR_E_INTERNAL : err)->http,
                      err == PYR_E_TOOBIG ? "the answer is too large\n" : "out of memory\n");
    }
    if (res->status < 200 || res->status > 599)
        res->status = 500;
    ex->out = res->body_view.ptr != NULL ? res->body_view : pyr_buf_span(&res->body);
    if (pyr_response_bodiless(res))
        ex->out = (struct pyr_span){0};
    else
        gzip(ex);
    pyr_inflight_force(&ex->loop->server->inflight, ex->out.len);
    ex->held += ex->out.len;
}

/* "Content-Type": names are sent as people know them. */
static void put_name(struct pyr_buf *b, struct pyr_str name)
{
    uint8_t *to = pyr_buf_reserve(b, name.len);
    if (to == NULL)
        return;
    bool upper = true;
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        to[i] = (uint8_t)(upper && c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        upper = c == '-';
    }
    b->len += name.len;
}

static void put_header(struct pyr_buf *b, struct pyr_http_header h)
{
    put_name(b, h.name);
    pyr_buf_append(b, ": ", 2);
    pyr_buf_str(b, h.value);
    pyr_buf_append(b, "\r\n", 2);
}

void pyr_response_head1(struct pyr_exchange *ex, bool http10, bool keep_alive, struct pyr_buf *end)
{
    const struct pyr_http_response *res = &ex->res;
    struct pyr_buf *b = &ex->head;
    const bool chunked = res->trailer_count != 0 && !http10 && !pyr_response_bodiless(res);
    pyr_buf_clear(b);
    pyr_buf_printf(b, "HTTP/1.1 %d %s\r\nDate: %s\r\n", res->status, pyr_status_reason(res->status),
                   pyr_loop_date(ex->loop));
    for (size_t i = 0; i < res->header_count; i++)
        put_header(b, res->headers[i]);
    if (chunked)
        pyr_buf_str(b, PYR_STR("Transfer-Encoding: chunked\r\n"));
    else if (!pyr_response_bodiless(res))
        pyr_buf_printf(b, "Content-Length: %zu\r\n", ex->out.len);
    if (!keep_alive)
        pyr_buf_str(b, PYR_STR("Connection: close\r\n"));
    else if (http10)
        pyr_buf_str(b, PYR_STR("Connection: keep-alive\r\n"));
    pyr_buf_append(b, "\r\n", 2);
    if (!chunked || ex->head_only)
        return;
    if (ex->out.len != 0) {
        pyr_buf_printf(b, "%zx\r\n", ex->out.len);
        pyr_buf_append(end, "\r\n", 2);
    }
    pyr_buf_append(end, "0\r\n", 3);
    for (size_t i = 0; i < res->trailer_count; i++)
        put_header(end, res->trailers[i]);
    pyr_buf_append(end, "\r\n", 2);
}
