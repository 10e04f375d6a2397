/* The client against a server of a few lines: it answers each connection with the next of some prepared texts. */
#include "base/time.h"
#include "codec/gzip.h"
#include "http_client/http_client.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    int listener;
    struct pyr_span reply; /* ptr NULL: says nothing until the client gives up */
    char request[8192];
    pthread_t thread;
    char url[64];
};

/* Reads the head and as much body as it names. */
static void read_request(int fd, char *out, size_t room)
{
    size_t len = 0, want = SIZE_MAX;
    while (len < want && len + 1 < room) {
        const ssize_t n = read(fd, out + len, room - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
        out[len] = '\0';
        const char *end = strstr(out, "\r\n\r\n"), *length = strstr(out, "Content-Length: ");
        if (end != NULL)
            want = (size_t)(end + 4 - out) + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
    }
}

static void *serve_one(void *arg)
{
    struct peer *p = arg;
    const int fd = accept(p->listener, NULL, NULL);
    char rest[16];
    read_request(fd, p->request, sizeof(p->request));
    if (p->reply.ptr != NULL)
        (void)!write(fd, p->reply.ptr, p->reply.len);
    else
        (void)!read(fd, rest, sizeof(rest));
    (void)close(fd);
    return NULL;
}

static void start(struct peer *p, struct pyr_span reply)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    memset(p, 0, sizeof(*p));
    p->reply = reply;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(p->listener, 4), 0);
    assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%u/path?x=1", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&p->thread, NULL, serve_one, p), 0);
}

static void stop(struct peer *p)
{
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    (void)close(p->listener);
}

static struct pyr_http_reply new_reply(size_t max)
{
    struct pyr_http_reply reply = {0};
    pyr_buf_init(&reply.body, max);
    return reply;
}

static void test_post(void **state)
{
    (void)state;
    struct peer p;
    const char *const headers[] = {"Content-Type: application/proto", "X-Scope-OrgID: team", NULL};
    struct pyr_http_reply reply = new_reply(100);
    start(&p, pyr_str_span(PYR_STR("HTTP/1.1 422 Bad\r\nContent-Length: 5\r\n\r\nwords")));
    const struct pyr_http_call call = {p.url, headers, 10 * PYR_NS_PER_S};
    assert_int_equal(pyr_http_post(&call, pyr_str_span(PYR_STR("a\0b")), &reply, NULL), PYR_OK);
    stop(&p);
    assert_int_equal(reply.status, 422);
    assert_int_equal(reply.body.len, 5);
    assert_memory_equal(reply.body.data, "words", 5);
    assert_memory_equal(p.request, "POST /path?x=1 HTTP/1.1\r\n", 25);
    assert_non_null(strstr(p.request, "\r\nContent-Type: application/proto\r\n"));
    assert_non_null(strstr(p.request, "\r\nX-Scope-OrgID: team\r\n"));
    assert_non_null(strstr(p.request, "\r\nUser-Agent: pyroscope/"));
    assert_null(strstr(p.request, "Expect:"));
    assert_memory_equal(strstr(p.request, "\r\n\r\n") + 4, "a\0b", 3);
    pyr_buf_free(&reply.body);
}

static void test_gzip_answer(void **state)
{
    (void)state;
    struct peer p;
    struct pyr_buf http, packed;
    struct pyr_http_reply reply = new_reply(100);
    pyr_buf_init(&packed, 1000);
    pyr_buf_init(&http, 1000);
    pyr_gzip(pyr_str_span(PYR_STR("unpacked")), 6, &packed);
    pyr_buf_printf(&http, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", packed.len);
    pyr_buf_append(&http, packed.data, packed.len);
    start(&p, pyr_buf_span(&http));
    const struct pyr_http_call call = {.url = p.url, .timeout_ns = 10 * PYR_NS_PER_S};
    assert_int_equal(pyr_http_get(&call, &reply, NULL), PYR_OK);
    stop(&p);
    assert_memory_equal(p.request, "GET ", 4);
    assert_int_equal(reply.body.len, 8);
    assert_memory_equal(reply.body.data, "unpacked", 8);
    pyr_buf_free(&reply.body);
    pyr_buf_free(&packed);
    pyr_buf_free(&http);
}

static void check_fails(const char *text, size_t room, int64_t timeout_ns, pyr_err expected, const char *words)
{
    struct peer p;
    struct pyr_diag diag = {0};
    struct pyr_http_reply reply = new_reply(room);
    start(&p, (struct pyr_span){(const uint8_t *)text, text != NULL ? strlen(text) : 0});
    const struct pyr_http_call call = {.url = p.url, .timeout_ns = timeout_ns};
    assert_int_equal(pyr_http_get(&call, &reply, &diag), expected);
    stop(&p);
    assert_non_null(strstr(diag.message, p.url));
    assert_non_null(strstr(diag.message, words));
    pyr_buf_free(&reply.body);
}

static void test_failures(void **state)
{
    (void)state;
    const int64_t long_ns = 10 * PYR_NS_PER_S;
    check_fails("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwords", 4, long_ns, PYR_E_TOOBIG, "larger than 4 bytes");
    check_fails("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nwords", 100, long_ns, PYR_E_UNAVAILABLE, "");
    check_fails("SSH-2.0\r\n", 100, long_ns, PYR_E_UNAVAILABLE, "");
    check_fails("", 100, long_ns, PYR_E_UNAVAILABLE, "");
    check_fails(NULL, 100, 100 * PYR_NS_PER_MS, PYR_E_DEADLINE, "");
}

static void test_no_server(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        pyr_err err;
    } cases[] = {
        {"http://127.0.0.1:1/", PYR_E_UNAVAILABLE},
        {"file:///etc/passwd", PYR_E_INVALID},
        {"http://[half", PYR_E_INVALID},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_diag diag = {0};
        struct pyr_http_reply reply = new_reply(100);
        const struct pyr_http_call call = {.url = cases[i].url, .timeout_ns = 10 * PYR_NS_PER_S};
        assert_int_equal(pyr_http_get(&call, &reply, &diag), cases[i].err);
        assert_non_null(strstr(diag.message, cases[i].url));
        pyr_buf_free(&reply.body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post),
        cmocka_unit_test(test_gzip_answer),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
