/* Every allocation of a request fails once: the client gets an answer or an end, the server lives and holds nothing. */
#include "base/mem.h"
#include "support/net_fixture.h"

static const char upload[] = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "5\r\nhello\r\n0\r\n\r\n";
#define QUERY "GET /big?bytes=100000 HTTP/1.1\r\nHost: a%s\r\nAccept-Encoding: gzip\r\n\r\n"

/* The same path as a browser's over HTTP/2: preface, settings, GET /echo. */
static const uint8_t http2[] = {'P',  'R',  'I',  ' ',  '*',  ' ',  'H', 'T', 'T',  'P',  '/',  '2',
                                '.',  '0',  '\r', '\n', '\r', '\n', 'S', 'M', '\r', '\n', '\r', '\n',
                                0,    0,    0,    4,    0,    0,    0,   0,   0, /* SETTINGS */
                                0,    0,    12,   1,    5,    0,    0,   0,   1, /* HEADERS, whole request */
                                0x82, 0x86, 0x41, 1,    'a',  0x44, 5,   '/', 'e',  'c',  'h',  'o'};

/* Sends, and reads until the server has nothing more to say for now or has closed. */
static void converse(const struct fixture *f, const void *bytes, size_t len)
{
    const int fd = client_open(f);
    char in[65536];
    if (client_send_bytes(fd, bytes, len))
        (void)recv(fd, in, sizeof(in), 0);
    const struct linger reset = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    (void)close(fd);
    while (atomic_load(&f->server->connections) != 0)
        sleep_ms(1);
}

static void each_allocation(const void *bytes, size_t len)
{
    struct fixture f = fixture_default();
    f.settings.head_timeout_ns = 5 * PYR_NS_PER_S;
    fixture_start(&f);
    /* Until a whole request passes without reaching the n-th allocation. */
    for (uint64_t n = 1;; n++) {
        pyr_mem_fail_nth(n);
        converse(&f, bytes, len);
        const bool failed = pyr_mem_failed();
        pyr_mem_fail_nth(0);
        if (!failed)
            break;
        const int fd = client_open(&f);
        client_send(fd, "%s", upload);
        assert_answer(fd, 200, "hello");
        (void)close(fd);
        assert_true(n < 1000);
    }
    fixture_stop(&f);
}

static void uploads(void **state)
{
    (void)state;
    each_allocation(upload, sizeof(upload) - 1);
}

static void queries(void **state)
{
    (void)state;
    /* A head that comes in two reads, or in one with more than the first: what is kept is allocated too. */
    char text[20000];
    char filler[5000];
    memset(filler, 'h', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    const int n = snprintf(text, sizeof(text), QUERY, filler);
    each_allocation(text, (size_t)n);
    const int one = snprintf(text, sizeof(text), QUERY, "");
    (void)snprintf(text + one, sizeof(text) - (size_t)one, QUERY, filler);
    each_allocation(text, strlen(text) - 10);
}

static void over_http2(void **state)
{
    (void)state;
    each_allocation(http2, sizeof(http2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uploads),
        cmocka_unit_test(queries),
        cmocka_unit_test(over_http2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
