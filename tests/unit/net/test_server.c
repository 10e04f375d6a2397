/* The server over real sockets: HTTP/1.1 as clients see it. */
#include "codec/gzip.h"
#include "support/net_fixture.h"

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *f = fixture_default();
    f->settings.body_bytes_max = 100000;
    f->settings.inflated_bytes_max = 200000;
    f->settings.head_bytes_max = 2048;
    f->settings.headers_max = 20;
    fixture_start(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_stop(*state);
    free(*state);
    return 0;
}

static void keep_alive(void **state)
{
    const int fd = client_open(*state);
    for (int i = 0; i < 50; i++) {
        client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d", i);
        char expected[16];
        (void)snprintf(expected, sizeof(expected), "%02d", i);
        assert_answer(fd, 200, expected);
    }
    client_send(fd, "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const struct answer a = client_answer(fd, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "Connection: close\r\n"));
    assert_non_null(strstr(a.head, "\r\nDate: "));
    free(a.body);
    assert_closed(fd);
}

/* Answers come in the order of the requests, though the loop answers /health at once and workers the others. */
static void pipelining(void **state)
{
    const int fd = client_open(*state);
    for (int i = 0; i < 20; i++)
        client_send(fd,
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d"
                    "GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n"
                    "POST /discard HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                    i);
    for (int i = 0; i < 20; i++) {
        char expected[16];
        (void)snprintf(expected, sizeof(expected), "%02d", i);
        assert_answer(fd, 200, expected);
        assert_answer(fd, 200, "ok");
        assert_answer(fd, 404, "404 page not found\n");
        assert_answer(fd, 200, "3");
    }
    (void)close(fd);
}

static void byte_by_byte(void **state)
{
    const int fd = client_open(*state);
    static const char text[] = "\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5;x=y\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nT: v\r\n\r\n"
                               "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        assert_true(client_send_bytes(fd, text + i, 1));
    assert_answer(fd, 200, "hello world");
    assert_answer(fd, 200, "abc");
    (void)close(fd);
}

static void bodies_of_all_sizes(void **state)
{
    const int fd = client_open(*state);
    static const size_t sizes[] = {0, 1, 1000, 32768, 65535, 65536, 65537, 100000};
    char *body = malloc(100001);
    for (size_t i = 0; i < PYR_COUNT_OF(sizes); i++) {
        const size_t n = sizes[i];
        for (size_t k = 0; k < n; k++)
            body[k] = (char)('a' + (k * 7 + k / 251) % 26);
        body[n] = '\0';
        client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", n);
        assert_true(client_send_bytes(fd, body, n));
        assert_answer(fd, 200, body);
        client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (size_t at = 0; at < n; at += 40000) {
            const size_t chunk = n - at < 40000 ? n - at : 40000;
            client_send(fd, "%zx\r\n", chunk);
            assert_true(client_send_bytes(fd, body + at, chunk));
            client_send(fd, "\r\n");
        }
        client_send(fd, "0\r\n\r\n");
        assert_answer(fd, 200, body);
    }
    free(body);
    (void)close(fd);
}

static void expect_continue(void **state)
{
    const int fd = client_open(*state);
    struct answer a = {0};
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_true(client_head(fd, &a));
    assert_string_equal(a.head, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(fd, "hello");
    assert_answer(fd, 200, "hello");
    /* What is refused anyway is refused before the body is sent. */
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n");
    assert_answer(fd, 413, NULL);
    assert_closed(fd);
}

static struct pyr_buf gzipped(const char *text, size_t len)
{
    struct pyr_buf out;
    pyr_buf_init(&out, 1 << 20);
    pyr_gzip((struct pyr_span){(const uint8_t *)text, len}, 6, &out);
    assert_int_equal(out.err, PYR_OK);
    return out;
}

static void post_gzip(int fd, const void *bytes, size_t len)
{
    client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", len);
    assert_true(client_send_bytes(fd, bytes, len));
}

static void gzip_requests(void **state)
{
    const int fd = client_open(*state);
    char *zeros = calloc(1, 200001);
    struct pyr_buf most = gzipped(zeros, 200000), bomb = gzipped(zeros, 200001), some = gzipped(zeros, 1000);
    post_gzip(fd, most.data, most.len);
    assert_answer(fd, 200, "200000");
    post_gzip(fd, bomb.data, bomb.len);
    assert_answer(fd, 413, NULL);
    post_gzip(fd, some.data, some.len - 1);
    assert_answer(fd, 400, NULL);
    some.data[some.len - 5] ^= 1; /* the checksum */
    post_gzip(fd, some.data, some.len);
    assert_answer(fd, 400, NULL);
    post_gzip(fd, "plain", 5);
    assert_answer(fd, 400, NULL);
    post_gzip(fd, "", 0);
    assert_answer(fd, 200, "0");
    client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\nx");
    assert_answer(fd, 415, NULL);
    client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\nx");
    assert_answer(fd, 200, "1");
    pyr_buf_free(&some);
    pyr_buf_free(&most);
    pyr_buf_free(&bomb);
    free(zeros);
    (void)close(fd);
}

static void gzip_answers(void **state)
{
    static const struct {
        int bytes;
        const char *accept;
        bool gzip;
    } cases[] = {
        {5000, "gzip", true},      {1400, "deflate, gzip;q=0.5", true}, {1399, "gzip", false},
        {5000, "gzip;q=0", false}, {5000, "identity", false},           {5000, "*", true},
    };
    const int fd = client_open(*state);
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        client_send(fd, "GET /big?bytes=%d HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n", cases[i].bytes,
                    cases[i].accept);
        const struct answer a = client_answer(fd, false);
        assert_int_equal(a.status, 200);
        assert_int_equal(strstr(a.head, "Content-Encoding: gzip\r\n") != NULL, cases[i].gzip);
        struct pyr_arena arena;
        pyr_arena_init(&arena, 1 << 20, NULL);
        struct pyr_span plain = {(const uint8_t *)a.body, a.len};
        if (cases[i].gzip)
            assert_int_equal(pyr_gunzip(plain, 1 << 20, &arena, &plain, NULL), PYR_OK);
        assert_int_equal(plain.len, cases[i].bytes);
        for (size_t k = 0; k < plain.len; k++)
            assert_int_equal(plain.ptr[k], 'b');
        pyr_arena_free(&arena);
        free(a.body);
    }
    (void)close(fd);
}

static void head_requests(void **state)
{
    const int fd = client_open(*state);
    client_send(fd, "HEAD /big?bytes=1234 HTTP/1.1\r\nHost: a\r\n\r\n");
    const struct answer a = client_answer(fd, true);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "Content-Length: 1234\r\n"));
    free(a.body);
    client_send(fd, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_answer(fd, 200, "ok");
    (void)close(fd);
}

/* Each on its own connection: the verdict, and whether the connection goes on. */
static void refusals(void **state)
{
    static char filler[4000];
    memset(filler, 'f', sizeof(filler) - 1);
    static const struct {
        int status;
        bool goes_on;
        const char *header, *request;
    } cases[] = {
        {404, true, "", "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"},
        {405, true, "Allow: POST\r\n", "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"},
        {405, false, "Allow: GET\r\n", "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"},
        {400, true, "", "GET /health HTTP/1.1\r\nHost: a\r\nAccept: a/\r\n\r\n"},
        {400, true, "", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, true, "", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {400, false, "", "GET /health HTTP/1.1\r\n\r\n"},
        {400, false, "", "\x16\x03\x01\x02\n"},
        {505, false, "", "GET / HTTP/3.0\r\n\r\n"},
        {505, false, "", "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n"},
        {413, false, "", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n"},
        {413, false, "", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"},
        {400, false, "", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
        {414, false, "", "GET /%s"},
        {431, false, "", "GET / HTTP/1.1\r\nHost: a\r\nX: %s"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        const int fd = client_open(*state);
        char text[8192];
        const char *hole = strstr(cases[i].request, "%s");
        const size_t front = hole != NULL ? (size_t)(hole - cases[i].request) : strlen(cases[i].request);
        (void)snprintf(text, sizeof(text), "%.*s%s", (int)front, cases[i].request, hole != NULL ? filler : "");
        assert_true(client_send_bytes(fd, text, strlen(text)));
        const struct answer a = client_answer(fd, false);
        const bool closes = strstr(a.head, "Connection: close\r\n") != NULL;
        if (a.status != cases[i].status || closes == cases[i].goes_on || strstr(a.head, cases[i].header) == NULL)
            fail_msg("%d instead of %d for %s: %s", a.status, cases[i].status, cases[i].request, a.head);
        free(a.body);
        if (cases[i].goes_on) {
            client_send(fd, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_answer(fd, 200, "ok");
            (void)close(fd);
        } else {
            (void)shutdown(fd, SHUT_WR);
            assert_closed(fd);
        }
    }
}

/* A chunked body is over its limit only once it is: the answer comes while the client still sends. */
static void chunked_too_large(void **state)
{
    const int fd = client_open(*state);
    static const char zeros[1000];
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i <= 100; i++) {
        client_send(fd, "3e8\r\n");
        (void)client_send_bytes(fd, zeros, sizeof(zeros));
        client_send(fd, "\r\n");
    }
    assert_answer(fd, 413, NULL);
    (void)shutdown(fd, SHUT_WR);
    assert_closed(fd);
}

/* Who has sent everything and closed that direction still gets the answer. */
static void half_close(void **state)
{
    const int fd = client_open(*state);
    client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_answer(fd, 200, "2");
    assert_closed(fd);
}

static void http10(void **state)
{
    int fd = client_open(*state);
    client_send(fd, "GET /health HTTP/1.0\r\n\r\n");
    assert_answer(fd, 200, "ok");
    assert_closed(fd);
    fd = client_open(*state);
    client_send(fd, "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /health HTTP/1.0\r\n\r\n");
    assert_answer(fd, 200, "ok");
    assert_answer(fd, 200, "ok");
    assert_closed(fd);
}

/* A handler that asks learns that its client has gone, and the request is let go of. */
static void client_goes_away(void **state)
{
    const int fd = client_open(*state);
    client_send(fd, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&at_gate, 1);
    const struct linger reset = {.l_onoff = 1};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    (void)close(fd);
    wait_until(&canceled_seen, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keep_alive),          cmocka_unit_test(pipelining),      cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(bodies_of_all_sizes), cmocka_unit_test(expect_continue), cmocka_unit_test(gzip_requests),
        cmocka_unit_test(gzip_answers),        cmocka_unit_test(head_requests),   cmocka_unit_test(refusals),
        cmocka_unit_test(chunked_too_large),   cmocka_unit_test(half_close),      cmocka_unit_test(http10),
        cmocka_unit_test(client_goes_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
