#include "net/http.h"
#include "base/assert.h"
#include "base/time.h"
#include "net/exchange.h"
#include "net/header_value.h"
#include "net/http1_parse.h"
#include "net/response.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

struct pyr_str pyr_http_header(const struct pyr_http_request *req, const char *name)
{
    const struct pyr_str wanted = pyr_str_of(name);
    for (size_t i = 0; i < req->header_count; i++)
        if (pyr_str_eq(req->headers[i].name, wanted))
            return req->headers[i].value;
    return (struct pyr_str){0};
}

bool pyr_http_query(const struct pyr_http_request *req, const char *name, size_t k, struct pyr_str *value)
{
    const struct pyr_str wanted = pyr_str_of(name);
    struct pyr_str rest = req->query;
    while (rest.len != 0) {
        const ptrdiff_t amp = pyr_str_find(rest, '&');
        const size_t n = amp < 0 ? rest.len : (size_t)amp;
        const ptrdiff_t equals = pyr_str_find((struct pyr_str){rest.ptr, n}, '=');
        const size_t key_len = equals < 0 ? n : (size_t)equals;
        const size_t value_at = equals < 0 ? n : key_len + 1;
        struct pyr_str key = {rest.ptr, key_len};
        const struct pyr_str raw = {rest.ptr + value_at, n - value_at};
        const size_t skip = amp < 0 ? n : n + 1;
        rest = (struct pyr_str){rest.ptr + skip, rest.len - skip};
        if (pyr_percent_decode(req->arena, key, true, &key) && pyr_str_eq(key, wanted) && k-- == 0)
            return pyr_percent_decode(req->arena, raw, true, value) && value->ptr != NULL;
    }
    return false;
}

bool pyr_http_canceled(const struct pyr_http_request *req)
{
    const struct pyr_exchange *ex = req->impl;
    return atomic_load_explicit(&ex->canceled, memory_order_relaxed) ||
           (req->deadline_mono_ns != 0 && pyr_mono_ns() >= req->deadline_mono_ns);
}

void pyr_http_set_header(struct pyr_http_response *res, const char *lower_name, struct pyr_str value)
{
    const struct pyr_str name = pyr_str_of(lower_name);
    if (!pyr_h1_is_value(value))
        return;
    size_t at = 0;
    while (at < res->header_count && !pyr_str_eq(res->headers[at].name, name))
        at++;
    if (at == PYR_HTTP_RESPONSE_HEADERS_MAX)
        return;
    res->headers[at] = (struct pyr_http_header){name, value};
    if (at == res->header_count)
        res->header_count++;
}

void pyr_http_text(struct pyr_http_response *res, int status, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    res->status = status;
    pyr_http_set_header(res, "content-type", PYR_STR("text/plain; charset=utf-8"));
    pyr_http_set_header(res, "x-content-type-options", PYR_STR("nosniff"));
    pyr_buf_clear(&res->body);
    if (n > 0)
        pyr_buf_append(&res->body, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void pyr_http_send(struct pyr_http_response *res)
{
    struct pyr_exchange *ex = res->impl;
    PYR_ASSERT(ex != NULL && &ex->res == res);
    pyr_response_prepare(ex);
    pyr_loop_finish(ex->loop, ex);
}

void pyr_http_settings_default(struct pyr_http_settings *s)
{
    *s = (struct pyr_http_settings){
        .address = ":4040",
        .head_bytes_max = 64 << 10,
        .headers_max = 100,
        .body_bytes_max = (size_t)64 << 20,
        .inflated_bytes_max = (size_t)256 << 20,
        .connections_max = 10000,
        .streams_max = 250,
        .inflight_bytes_max = (size_t)256 << 20,
        .request_arena_bytes_max = (size_t)256 << 20,
        .decode_wait_ns = 5 * PYR_NS_PER_S,
        .head_timeout_ns = 10 * PYR_NS_PER_S,
        .body_timeout_ns = 10 * PYR_NS_PER_S,
        .idle_timeout_ns = 120 * PYR_NS_PER_S,
        .write_timeout_ns = 30 * PYR_NS_PER_S,
        .gzip_bytes_min = 1400,
        .path_prefix = "",
    };
}
