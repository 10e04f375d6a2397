/* net_fixture.h - a real server on loopback with small handlers, and clients that are bare sockets. */
#ifndef PYR_TESTS_NET_FIXTURE_H
#define PYR_TESTS_NET_FIXTURE_H
#include "base/time.h"
#include "net/http.h"
#include "net/server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct fixture {
    struct pyr_http_settings settings;
    struct pyr_http_server *server;
    unsigned threads, queue;
};

/* What the handlers saw. */
static _Atomic unsigned gate_open;     /* /gate answers once it is set */
static _Atomic unsigned at_gate;       /* how many handlers wait there */
static _Atomic unsigned canceled_seen; /* handlers at the gate that found their client gone */
static _Atomic size_t inflight_most;   /* highest fill of the budget that /discard saw */
static struct pyr_http_server *running;

static inline void sleep_ms(int ms)
{
    const struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    (void)nanosleep(&t, NULL);
}

static enum pyr_outcome serve_echo(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    pyr_http_set_header(res, "content-type", PYR_STR("text/plain"));
    res->body_view = req->body;
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome serve_discard(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    const size_t used = pyr_inflight_used(&running->inflight);
    size_t most = atomic_load(&inflight_most);
    while (used > most && !atomic_compare_exchange_weak(&inflight_most, &most, used))
        ;
    sleep_ms(5);
    pyr_http_text(res, 200, "%zu", req->body.len);
    return PYR_RESPONSE_READY;
}

/* ?bytes=N */
static enum pyr_outcome serve_big(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    struct pyr_str text;
    uint64_t n = 0;
    if (pyr_http_query(req, "bytes", 0, &text))
        (void)pyr_str_to_u64(text, &n);
    uint8_t *to = pyr_buf_reserve(&res->body, n);
    if (to != NULL) {
        memset(to, 'b', n);
        res->body.len = n;
    }
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome serve_gate(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    atomic_fetch_add(&at_gate, 1);
    bool canceled = false;
    while (!atomic_load(&gate_open) && !canceled) {
        sleep_ms(1);
        canceled = pyr_http_canceled(req);
    }
    atomic_fetch_add(&canceled_seen, canceled);
    atomic_fetch_sub(&at_gate, 1);
    pyr_http_text(res, 200, "gate");
    return PYR_RESPONSE_READY;
}

static enum pyr_outcome serve_health(void *ctx, struct pyr_http_request *req, struct pyr_http_response *res)
{
    (void)ctx;
    (void)req;
    pyr_http_text(res, 200, "ok");
    return PYR_RESPONSE_READY;
}

static const struct pyr_route fixture_routes[] = {
    {.methods = "POST", .path = "/echo", .work = PYR_WORK_INGEST, .handler = serve_echo},
    {.methods = "POST", .path = "/discard", .work = PYR_WORK_INGEST, .handler = serve_discard},
    {.methods = "GET", .path = "/big", .work = PYR_WORK_QUERY, .handler = serve_big},
    {.methods = "GET,POST", .path = "/gate", .work = PYR_WORK_QUERY, .handler = serve_gate},
    {.methods = "GET", .path = "/health", .work = PYR_WORK_LOOP, .handler = serve_health},
};

static inline struct fixture fixture_default(void)
{
    struct fixture f = {.threads = 2, .queue = 64};
    pyr_http_settings_default(&f.settings);
    f.settings.address = "127.0.0.1:0";
    f.settings.loops = 2;
    f.settings.routes = fixture_routes;
    f.settings.route_count = PYR_COUNT_OF(fixture_routes);
    /* No test waits for one of these unless it sets it. */
    f.settings.head_timeout_ns = f.settings.body_timeout_ns = 60 * PYR_NS_PER_S;
    f.settings.idle_timeout_ns = f.settings.write_timeout_ns = 60 * PYR_NS_PER_S;
    return f;
}

static inline void fixture_start(struct fixture *f)
{
    struct pyr_diag diag = {0};
    atomic_store(&gate_open, 0);
    atomic_store(&canceled_seen, 0);
    atomic_store(&inflight_most, 0);
    assert_int_equal(pyr_pool_create("ingest", f->threads, f->queue, 0, &f->settings.ingest_pool), PYR_OK);
    assert_int_equal(pyr_pool_create("query", f->threads, f->queue, 0, &f->settings.query_pool), PYR_OK);
    if (pyr_http_server_start(&f->settings, &f->server, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    running = f->server;
}

/* Whatever a test did, in the end nothing is held. */
static inline void fixture_stop(struct fixture *f)
{
    atomic_store(&gate_open, 1);
    pyr_http_server_drain(f->server, 20 * PYR_NS_PER_S);
    pyr_pool_stop(f->settings.ingest_pool);
    pyr_pool_stop(f->settings.query_pool);
    while (atomic_load(&f->server->exchanges) != 0)
        sleep_ms(1);
    assert_int_equal(atomic_load(&f->server->connections), 0);
    assert_int_equal(pyr_inflight_used(&f->server->inflight), 0);
    assert_int_equal(atomic_load(&f->server->inflight.waiting), 0);
    assert_int_equal(atomic_load(&f->server->inflight.unasked), 0);
    assert_null(atomic_load(&f->server->inflight.privileged));
    pyr_http_server_free(f->server);
}

/* Connects; receiving fails after 30 s, so that a test that waits for what never comes ends. */
static inline int client_open(const struct fixture *f)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)pyr_http_server_port(f->server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval limit = {.tv_sec = 30};
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* False when the server has closed. */
static inline bool client_send_bytes(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len != 0) {
        const ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static inline void __attribute__((format(printf, 2, 3))) client_send(int fd, const char *fmt, ...)
{
    char text[8192];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    assert_true(client_send_bytes(fd, text, (size_t)n));
}

struct answer {
    int status; /* 0: the connection ended without one */
    char head[4096];
    char *body; /* terminated; the caller frees it */
    size_t len;
};

/* Receives exactly the head, byte by byte, so that nothing of the next answer is taken. */
static inline bool client_head(int fd, struct answer *a)
{
    size_t n = 0;
    while (n + 1 < sizeof(a->head)) {
        if (recv(fd, a->head + n, 1, 0) != 1)
            return false;
        a->head[++n] = '\0';
        if (n >= 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0)
            return sscanf(a->head, "HTTP/1.1 %d ", &a->status) == 1;
    }
    return false;
}

/* One answer with Content-Length (none: no body). */
static inline struct answer client_answer(int fd, bool head_only)
{
    struct answer a = {0};
    if (!client_head(fd, &a)) {
        a.status = 0;
        return a;
    }
    const char *length = strstr(a.head, "Content-Length: ");
    a.len = length != NULL && !head_only ? strtoul(length + 16, NULL, 10) : 0;
    a.body = calloc(1, a.len + 1);
    assert_non_null(a.body);
    for (size_t at = 0; at < a.len;) {
        const ssize_t n = recv(fd, a.body + at, a.len - at, 0);
        if (n <= 0) {
            a.status = 0;
            break;
        }
        at += (size_t)n;
    }
    return a;
}

static inline void assert_answer(int fd, int status, const char *body)
{
    const struct answer a = client_answer(fd, false);
    if (a.status != status || (body != NULL && strcmp(a.body, body) != 0))
        fail_msg("%d instead of %d: %s%s", a.status, status, a.head, a.body != NULL ? a.body : "");
    free(a.body);
}

/* The server has ended the connection; what it still sent is dropped. */
static inline void assert_closed(int fd)
{
    char rest[4096];
    ssize_t n;
    while ((n = recv(fd, rest, sizeof(rest), 0)) > 0)
        ;
    assert_true(n == 0 || errno == ECONNRESET);
    (void)close(fd);
}

/* Waits until `*value` has reached `least`; a test that waits in vain ends. */
static inline void wait_until(const _Atomic unsigned *value, unsigned least)
{
    for (int i = 0; i < 30000 && atomic_load(value) < least; i++)
        sleep_ms(1);
    assert_true(atomic_load(value) >= least);
}
/* --- HTTP/2 by hand --- */

static const char h2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* A frame of zeros; returns its length. */
static inline size_t put_frame(uint8_t *to, size_t len, uint8_t type, uint8_t flags, uint32_t stream)
{
    const uint8_t head[9] = {
        (uint8_t)(len >> 16),    (uint8_t)(len >> 8),     (uint8_t)len,           type,           flags,
        (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
    memcpy(to, head, sizeof(head));
    memset(to + sizeof(head), 0, len);
    return sizeof(head) + len;
}

static inline int h2_open(const struct fixture *f)
{
    const int fd = client_open(f);
    uint8_t settings[9];
    assert_true(client_send_bytes(fd, h2_preface, sizeof(h2_preface) - 1));
    assert_true(client_send_bytes(fd, settings, put_frame(settings, 0, 4, 0, 0)));
    return fd;
}
#endif
