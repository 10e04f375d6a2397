/* The HTTP/1.1 parser on any bytes:
 * - how the bytes are cut into reads changes nothing;
 * - every request that it takes, http-parser takes too, with the same method, target, headers, body and end.
 *
 * The other direction does not hold: http-parser as packaged is built lenient (bare LF, obs-fold, space before the
 * colon, control characters, no Host ...). It knows a fixed list of methods, and limits lengths and versions otherwise:
 * requests with those are not compared. */
#include "base/assert.h"
#include "net/http1_parse.h"
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEAD_MAX = 4096, HEADERS_MAX = 32 };

/* What a request is, as text: "method target\nname: value\n...\n\nbody". */
struct request {
    char *text;
    size_t len, cap;
    int status; /* 0 incomplete, 200 complete, else refused */
    size_t end;
    bool origin_form;
};

static void put(struct request *r, const void *bytes, size_t n)
{
    if (r->len + n > r->cap) {
        r->cap = 2 * (r->len + n);
        r->text = realloc(r->text, r->cap);
        PYR_ASSERT(r->text != NULL);
    }
    if (n != 0)
        memcpy(r->text + r->len, bytes, n);
    r->len += n;
}

static void put_head(struct request *r, const struct pyr_h1_head *head)
{
    put(r, head->method.ptr, head->method.len);
    put(r, " ", 1);
    put(r, head->path.ptr, head->path.len);
    const bool marked = head->path.ptr + head->path.len != head->query.ptr;
    put(r, "?", marked);
    put(r, head->query.ptr, head->query.len);
    for (size_t i = 0; i < head->header_count; i++) {
        put(r, "\n", 1);
        put(r, head->headers[i].name.ptr, head->headers[i].name.len);
        put(r, ": ", 2);
        put(r, head->headers[i].value.ptr, head->headers[i].value.len);
    }
    put(r, "\n\n", 2);
}

static void read_chunks(struct request *r, struct pyr_span in, size_t step)
{
    struct pyr_h1_chunked c = {0};
    while (r->end < in.len) {
        const size_t n = in.len - r->end < step ? in.len - r->end : step;
        size_t used = 0;
        struct pyr_span data = {0};
        const enum pyr_h1_chunk_result result = pyr_h1_chunked(&c, (struct pyr_span){in.ptr + r->end, n}, &used, &data);
        PYR_ASSERT(used <= n);
        r->end += used;
        if (result == PYR_H1_CHUNK_DATA)
            put(r, data.ptr, data.len);
        if (result == PYR_H1_CHUNK_BAD)
            r->status = 400;
        if (result == PYR_H1_CHUNK_END)
            r->status = 200;
        if (r->status != 0)
            return;
    }
}

static void read_body(struct request *r, const struct pyr_h1_head *head, struct pyr_span in, size_t step)
{
    if (head->chunked) {
        read_chunks(r, in, step);
        return;
    }
    if (head->content_length > in.len - r->end)
        return;
    put(r, in.ptr + r->end, (size_t)head->content_length);
    r->end += (size_t)head->content_length;
    r->status = 200;
}

static struct request read_request(struct pyr_span in, size_t step)
{
    struct request r = {0};
    struct pyr_h1_scan scan = {0};
    struct pyr_h1_error error = {0};
    enum pyr_h1_scan_result found = PYR_H1_MORE;
    for (size_t n = 0; n < in.len && found == PYR_H1_MORE;) {
        n = in.len - n < step ? in.len : n + step;
        found = pyr_h1_scan(&scan, (struct pyr_span){in.ptr, n}, HEAD_MAX, &r.end, &error);
    }
    r.status = error.status;
    if (found != PYR_H1_FOUND)
        return r;
    struct pyr_http_header headers[HEADERS_MAX];
    struct pyr_h1_head head;
    const size_t len = r.end - scan.start;
    uint8_t *copy = malloc(len);
    PYR_ASSERT(copy != NULL);
    memcpy(copy, in.ptr + scan.start, len);
    if (pyr_h1_parse(copy, len, headers, HEADERS_MAX, &head, &error)) {
        r.origin_form = head.path.ptr == head.method.ptr + head.method.len + 1;
        put_head(&r, &head);
        read_body(&r, &head, in, step);
    } else {
        r.status = error.status;
    }
    free(copy);
    return r;
}

/* --- http-parser --- */

struct oracle {
    struct request request;
    enum { NOTHING, NAME, VALUE } in;
    size_t value_at;
    bool complete;
};

/* The end of a field: http-parser leaves spaces at the end of its value. */
static void end_field(struct oracle *o)
{
    struct request *r = &o->request;
    if (o->in == NAME) {
        put(r, ": ", 2);
        o->value_at = r->len;
    }
    while (o->in == VALUE && r->len > o->value_at && (r->text[r->len - 1] == ' ' || r->text[r->len - 1] == '\t'))
        r->len--;
    o->in = NOTHING;
}

static int on_url(http_parser *p, const char *at, size_t n)
{
    struct oracle *o = p->data;
    if (o->request.len == 0) {
        const char *method = http_method_str((enum http_method)p->method);
        put(&o->request, method, strlen(method));
        put(&o->request, " ", 1);
    }
    put(&o->request, at, n);
    return 0;
}

static int on_field(http_parser *p, const char *at, size_t n)
{
    struct oracle *o = p->data;
    if (o->in != NAME) {
        end_field(o);
        put(&o->request, "\n", 1);
        o->in = NAME;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] | 0x20) : at[i];
        put(&o->request, &c, 1);
    }
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
    struct oracle *o = p->data;
    if (o->in != VALUE) {
        put(&o->request, ": ", 2);
        o->value_at = o->request.len;
        o->in = VALUE;
    }
    put(&o->request, at, n);
    return 0;
}

static int on_head(http_parser *p)
{
    struct oracle *o = p->data;
    end_field(o);
    put(&o->request, "\n\n", 2);
    o->request.end = o->request.len; /* trailers are reported as headers: they are cut off here */
    return 0;
}

static int on_body(http_parser *p, const char *at, size_t n)
{
    struct oracle *o = p->data;
    put(&o->request, at, n);
    o->request.end = o->request.len;
    return 0;
}

static int on_complete(http_parser *p)
{
    ((struct oracle *)p->data)->complete = true;
    return 0;
}

static size_t occurrences(struct pyr_span in, struct pyr_str word)
{
    size_t n = 0;
    for (size_t i = 0; i + word.len <= in.len; i++)
        n += pyr_str_eq_nocase((struct pyr_str){(const char *)in.ptr + i, word.len}, word);
    return n;
}

/* http-parser takes any name that begins with "transfer-encoding" for that header, gives a meaning to framing headers
 * among the trailers, which RFC 9110 6.5.1 has us ignore, and knows no tab after a length. */
static bool trips_oracle(const struct request *r, struct pyr_span in)
{
    const struct pyr_span seen = {in.ptr, r->end};
    const size_t encodings = occurrences(seen, PYR_STR("transfer-encoding"));
    const size_t lengths = occurrences(seen, PYR_STR("content-length"));
    return encodings != occurrences(seen, PYR_STR("\ntransfer-encoding:")) || encodings > 1 ||
           (encodings + lengths != 0 && memchr(in.ptr, '\t', r->end) != NULL) || (encodings == 1 && lengths != 0);
}

static bool comparable(const struct request *r, struct pyr_span in)
{
    if (trips_oracle(r, in))
        return false;
    static const char *const methods[] = {"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "PATCH "};
    for (size_t i = 0; i < PYR_COUNT_OF(methods); i++) {
        const size_t n = strlen(methods[i]);
        if (r->len > n && memcmp(r->text, methods[i], n) == 0)
            return r->origin_form; /* of the absolute form we cut off the authority */
    }
    return false;
}

static void compare(const struct request *r, struct pyr_span in)
{
    static const http_parser_settings settings = {
        .on_url = on_url,
        .on_header_field = on_field,
        .on_header_value = on_value,
        .on_headers_complete = on_head,
        .on_body = on_body,
        .on_message_complete = on_complete,
    };
    struct oracle o = {0};
    http_parser p;
    http_parser_init(&p, HTTP_REQUEST);
    p.data = &o;
    (void)http_parser_execute(&p, &settings, (const char *)in.ptr, r->end - 1);
    PYR_ASSERT(!o.complete || r->len == 0);
    (void)http_parser_execute(&p, &settings, (const char *)in.ptr + r->end - 1, 1);
    if (!o.complete || o.request.end != r->len || memcmp(o.request.text, r->text, r->len) != 0) {
        (void)fprintf(stderr, "ours:\n%.*s\nhttp-parser (%s):\n%.*s\n", (int)r->len, r->text,
                      http_errno_name(HTTP_PARSER_ERRNO(&p)), (int)o.request.end, o.request.text);
        abort();
    }
    free(o.request.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const size_t step = 1 + data[0] % 19;
    const struct pyr_span in = {data + 1, size - 1};
    struct request whole = read_request(in, SIZE_MAX);
    struct request cut = read_request(in, step);
    PYR_ASSERT(whole.status == cut.status && whole.len == cut.len);
    PYR_ASSERT(whole.len == 0 || memcmp(whole.text, cut.text, whole.len) == 0);
    if (whole.status == 200) {
        PYR_ASSERT(whole.end == cut.end);
        if (comparable(&whole, in))
            compare(&whole, in);
    }
    free(whole.text);
    free(cut.text);
    return 0;
}
