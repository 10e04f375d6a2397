/* The HTTP/1.1 parser: what RFC 9112 allows is read, what it forbids or leaves open is refused with the right status. */
#include "net/http1_parse.h"
#include <stdio.h>
#include <stdlib.h>

enum { HEAD_MAX = 512, HEADERS_MAX = 8 };

/* Scans and parses `text` as a head, fed in steps of `step` bytes. Returns the status (200 = accepted, 0 = incomplete). */
static int parse(struct pyr_str text, size_t step, struct pyr_h1_head *head, uint8_t *copy, size_t *end)
{
    static struct pyr_http_header headers[HEADERS_MAX];
    struct pyr_h1_scan scan = {0};
    struct pyr_h1_error error = {0};
    for (size_t n = 0; n < text.len;) {
        n = n + step < text.len ? n + step : text.len;
        switch (pyr_h1_scan(&scan, (struct pyr_span){(const uint8_t *)text.ptr, n}, HEAD_MAX, end, &error)) {
        case PYR_H1_MORE:
            continue;
        case PYR_H1_BAD:
            return error.status;
        case PYR_H1_FOUND:
            memcpy(copy, text.ptr + scan.start, *end - scan.start);
            return pyr_h1_parse(copy, *end - scan.start, headers, HEADERS_MAX, head, &error) ? 200 : error.status;
        }
    }
    return 0;
}

#define HOST "Host: a\r\n"

static void verdicts(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        /* request line */
        {200, "GET / HTTP/1.1\r\n" HOST "\r\n"},
        {200, "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"},
        {200, "M-SEARCH /x HTTP/1.1\r\n" HOST "\r\n"},
        {200, "GET http://a:80/x?y HTTP/1.1\r\n" HOST "\r\n"},
        {200, "GET HTTP://a HTTP/1.1\r\n" HOST "\r\n"},
        {200, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n"},
        {200, "GET /\xd0\xbf HTTP/1.1\r\n" HOST "\r\n"},
        {200, "GET /x HTTP/1.9\r\n" HOST "\r\n"},
        {200, "GET /x HTTP/1.0\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET /  HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET / x HTTP/1.1\r\n" HOST "\r\n"},
        {400, " GET / HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET\t/ HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET /\r\n\r\n"},
        {400, "GET\r\n\r\n"},
        {400, "G(T / HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET x HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET * HTTP/1.1\r\n" HOST "\r\n"},
        {400, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET /#x HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET /\x7f HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET /\x01 HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET http:///x HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET http://a b/x HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET ftp://a/x HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET / http/1.1\r\n" HOST "\r\n"},
        {400, "GET / HTTP/1.10\r\n" HOST "\r\n"},
        {400, "GET / HTTP/11\r\n" HOST "\r\n"},
        {505, "GET / HTTP/2.0\r\n" HOST "\r\n"},
        {505, "GET / HTTP/0.9\r\n" HOST "\r\n"},
        /* lines */
        {400, "GET / HTTP/1.1\n" HOST "\r\n"},
        {400, "\nGET / HTTP/1.1\r\n" HOST "\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n A: b\r\n" HOST "\r\n"},
        /* fields */
        {200, "GET / HTTP/1.1\r\n" HOST "A:b\r\nB: \t c d \t\r\nC:\r\nD:\r\n\r\n"},
        {200, "GET / HTTP/1.1\r\n" HOST "A: \x80\xff\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A[]: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "\x80: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n"},
        {431, "GET / HTTP/1.1\r\n" HOST "A:1\r\nA:2\r\nA:3\r\nA:4\r\nA:5\r\nA:6\r\nA:7\r\nA:8\r\n\r\n"},
        /* Host */
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n"},
        {400, "GET / HTTP/1.0\r\n" HOST HOST "\r\n"},
        {200, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {200, "GET / HTTP/1.1\r\nHost: a.b-c_d:4040\r\n\r\n"},
        {200, "GET / HTTP/1.1\r\nHost: [::1]:4040\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a]\r\n\r\n"},
        /* framing */
        {200, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0005\r\n\r\n"},
        {200, "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
        {200, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {417, "POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n"},
        /* incomplete */
        {0, "GET / HTTP/1.1\r\n" HOST "\r"},
        {0, "GET / HTTP/1.1\r\n" HOST},
        {0, "\r\n\r\n"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        const struct pyr_str text = pyr_str_of(cases[i].text);
        /* A vertical tab is a control character: the value is malformed before its meaning is asked for. */
        const int expected = strchr(cases[i].text, '\v') != NULL ? 400 : cases[i].status;
        for (size_t step = 1; step <= text.len; step++) {
            uint8_t copy[HEAD_MAX];
            struct pyr_h1_head head;
            size_t end = 0;
            const int status = parse(text, step, &head, copy, &end);
            if (status != expected)
                fail_msg("%d instead of %d for \"%s\" in steps of %zu", status, expected, cases[i].text, step);
        }
    }
}

static void nul_bytes(void **state)
{
    (void)state;
    static const char in_target[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char in_value[] = "GET / HTTP/1.1\r\nHost: a\r\nB: c\0d\r\n\r\n";
    static const char in_name[] = "GET / HTTP/1.1\r\nHost: a\r\nB\0: c\r\n\r\n";
    uint8_t copy[HEAD_MAX];
    struct pyr_h1_head head;
    size_t end;
    assert_int_equal(parse((struct pyr_str){in_target, sizeof(in_target) - 1}, 99, &head, copy, &end), 400);
    assert_int_equal(parse((struct pyr_str){in_value, sizeof(in_value) - 1}, 99, &head, copy, &end), 400);
    assert_int_equal(parse((struct pyr_str){in_name, sizeof(in_name) - 1}, 99, &head, copy, &end), 400);
}

static void assert_text(struct pyr_str s, const char *expected)
{
    if (!pyr_str_eq(s, pyr_str_of(expected)))
        fail_msg("\"%.*s\" instead of \"%s\"", PYR_STR_ARG(s), expected);
}

static void meaning(void **state)
{
    (void)state;
    static const char text[] =
        "\r\nPOST http://x.y:1/a%20b?c=d?e HTTP/1.1\r\nHOST: x.y\r\nX-Two:  two words \t\r\n"
        "content-LENGTH: 12\r\nConnection: x, Keep-Alive ,close\r\nExpect: 100-Continue\r\n\r\nGET";
    uint8_t copy[HEAD_MAX];
    struct pyr_h1_head head;
    size_t end;
    assert_int_equal(parse(pyr_str_of(text), 1000, &head, copy, &end), 200);
    assert_string_equal(text + end, "GET");
    assert_text(head.method, "POST");
    assert_text(head.path, "/a%20b");
    assert_text(head.query, "c=d?e");
    assert_int_equal(head.header_count, 5);
    assert_text(head.headers[0].name, "host");
    assert_text(head.headers[1].name, "x-two");
    assert_text(head.headers[1].value, "two words");
    assert_true(head.has_length && head.content_length == 12 && !head.chunked);
    assert_true(head.expect_continue);
    assert_false(head.keep_alive);
}

static void keep_alive(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: y, CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        uint8_t copy[HEAD_MAX];
        struct pyr_h1_head head;
        size_t end;
        assert_int_equal(parse(pyr_str_of(cases[i].text), 1000, &head, copy, &end), 200);
        assert_int_equal(head.keep_alive, cases[i].keep);
    }
}

/* At the maximum a head is taken; one byte more and it is refused, by what made it too long. */
static void head_size(void **state)
{
    (void)state;
    for (int over = 0; over <= 1; over++) {
        char text[2 * HEAD_MAX];
        uint8_t copy[2 * HEAD_MAX];
        struct pyr_h1_head head;
        size_t end;
        const char *front = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        const size_t value = (size_t)HEAD_MAX - strlen(front) - 4 + (size_t)over;
        (void)snprintf(text, sizeof(text), "%s%*s\r\n\r\n", front, (int)value, "v");
        assert_int_equal(parse(pyr_str_of(text), 1, &head, copy, &end), over ? 431 : 200);

        const char *line = "GET / HTTP/1.0\r\n\r\n";
        const size_t path = (size_t)HEAD_MAX - strlen(line) + (size_t)over;
        char filler[HEAD_MAX + 1] = "";
        memset(filler, 'p', path);
        (void)snprintf(text, sizeof(text), "GET /%.*s HTTP/1.0\r\n\r\n", (int)path, filler);
        const int status = parse(pyr_str_of(text), 7, &head, copy, &end);
        /* The request line alone fits: only the empty line is too much. */
        assert_int_equal(status, over ? 431 : 200);
    }
    char text[HEAD_MAX + 1];
    memset(text, 'G', sizeof(text));
    uint8_t copy[HEAD_MAX];
    struct pyr_h1_head head;
    size_t end;
    assert_int_equal(parse((struct pyr_str){text, sizeof(text)}, 3, &head, copy, &end), 414);
}

/* Feeds `in` in steps; the data goes to `out`. Returns the result, and how many bytes were used. */
static enum pyr_h1_chunk_result dechunk(struct pyr_str in, size_t step, char *out, size_t *used)
{
    struct pyr_h1_chunked c = {0};
    size_t out_len = 0;
    *used = 0;
    while (*used < in.len) {
        const size_t n = in.len - *used < step ? in.len - *used : step;
        size_t took = 0;
        struct pyr_span data = {0};
        const enum pyr_h1_chunk_result r =
            pyr_h1_chunked(&c, (struct pyr_span){(const uint8_t *)in.ptr + *used, n}, &took, &data);
        *used += took;
        if (r == PYR_H1_CHUNK_DATA) {
            memcpy(out + out_len, data.ptr, data.len);
            out_len += data.len;
        }
        out[out_len] = '\0';
        if (r == PYR_H1_CHUNK_END || r == PYR_H1_CHUNK_BAD)
            return r;
    }
    return PYR_H1_CHUNK_MORE;
}

static void chunks(void **state)
{
    (void)state;
    static const struct {
        enum pyr_h1_chunk_result result;
        const char *text, *data;
    } cases[] = {
        {PYR_H1_CHUNK_END, "0\r\n\r\n", ""},
        {PYR_H1_CHUNK_END, "000\r\n\r\n", ""},
        {PYR_H1_CHUNK_END, "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
        {PYR_H1_CHUNK_END, "A\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a"},
        {PYR_H1_CHUNK_END, "2;a=b;c=\"d\"\r\nhi\r\n0;x\r\n\r\n", "hi"},
        {PYR_H1_CHUNK_END, "2\r\nhi\r\n0\r\nA: b\r\nC: d e\r\n\r\n", "hi"},
        {PYR_H1_CHUNK_END, "2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
        {PYR_H1_CHUNK_MORE, "2\r\nhi\r\n0\r\n", "hi"},
        {PYR_H1_CHUNK_MORE, "5\r\nhi", "hi"},
        {PYR_H1_CHUNK_BAD, "\r\n\r\n", ""},
        {PYR_H1_CHUNK_BAD, ";a\r\n", ""},
        {PYR_H1_CHUNK_BAD, "g\r\n", ""},
        {PYR_H1_CHUNK_BAD, "-1\r\n", ""},
        {PYR_H1_CHUNK_BAD, "+1\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0x1\r\n", ""},
        {PYR_H1_CHUNK_BAD, " 1\r\n", ""},
        {PYR_H1_CHUNK_BAD, "1 \r\n", ""},
        {PYR_H1_CHUNK_BAD, "1\nx\r\n", ""},
        {PYR_H1_CHUNK_BAD, "1\r\nxy\r\n", "x"},
        {PYR_H1_CHUNK_BAD, "1\r\nx\n0\r\n\r\n", "x"},
        {PYR_H1_CHUNK_BAD, "1000000000000000\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0000000000000000\r\n", ""},
        {PYR_H1_CHUNK_BAD, "1;a\nb\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0\r\n a: b\r\n\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0\r\na : b\r\n\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0\r\na\r\n\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0\r\na: b\n\r\n", ""},
        {PYR_H1_CHUNK_BAD, "0\r\n\rx", ""},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        const struct pyr_str text = pyr_str_of(cases[i].text);
        for (size_t step = 1; step <= text.len; step++) {
            char out[64];
            size_t used;
            const enum pyr_h1_chunk_result r = dechunk(text, step, out, &used);
            if (r != cases[i].result || strcmp(out, cases[i].data) != 0)
                fail_msg("%d \"%s\" for \"%s\" in steps of %zu", (int)r, out, cases[i].text, step);
            if (r == PYR_H1_CHUNK_END)
                assert_int_equal(used, text.len);
        }
    }
}

/* Extensions and trailers, which nobody needs, cannot make us read for ever. */
static void chunk_overhead(void **state)
{
    (void)state;
    static const char *const heads[] = {"1;", "0\r\nA:"};
    for (size_t i = 0; i < PYR_COUNT_OF(heads); i++) {
        struct pyr_h1_chunked c = {0};
        size_t used, total = 0;
        struct pyr_span data;
        assert_int_equal(pyr_h1_chunked(&c, pyr_str_span(pyr_str_of(heads[i])), &used, &data), PYR_H1_CHUNK_MORE);
        while (pyr_h1_chunked(&c, pyr_str_span(PYR_STR("xxxxxxxxxxxxxxxx")), &used, &data) != PYR_H1_CHUNK_BAD) {
            total += 16;
            assert_true(total < 64 << 10);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),       cmocka_unit_test(nul_bytes), cmocka_unit_test(meaning),
        cmocka_unit_test(keep_alive),     cmocka_unit_test(head_size), cmocka_unit_test(chunks),
        cmocka_unit_test(chunk_overhead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
