/* The server under pressure: slow clients, full queues, the budget of bytes in flight, floods, drain. */
#include "support/net_fixture.h"
#include <pthread.h>

static int64_t refused(const struct fixture *f, enum pyr_http_refusal why)
{
    return pyr_metric_value(f->server->metrics.refused[why]);
}

/* --- slow clients --- */

static void slow_head(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.head_timeout_ns = 100 * PYR_NS_PER_MS;
    fixture_start(&f);
    const int silent = client_open(&f), slow = client_open(&f);
    client_send(slow, "GET /health HTTP/1.1\r\nHo");
    assert_answer(slow, 408, NULL);
    (void)shutdown(slow, SHUT_WR);
    assert_closed(slow);
    assert_closed(silent); /* who says nothing is told nothing */
    fixture_stop(&f);
}

static void *trickle(void *arg)
{
    const int fd = *(int *)arg;
    /* Some bytes always come, but too few. Ends when the server has had enough. */
    while (client_send_bytes(fd, "x", 1))
        sleep_ms(5);
    return NULL;
}

static void slow_body(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.body_timeout_ns = 200 * PYR_NS_PER_MS;
    fixture_start(&f);
    int fd = client_open(&f);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, trickle, &fd), 0);
    assert_answer(fd, 408, NULL);
    (void)shutdown(fd, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(fd);

    fd = client_open(&f);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
    assert_answer(fd, 408, NULL);
    (void)close(fd);
    fixture_stop(&f);
}

/* A body that takes longer than the timeout is fine as long as it goes on. */
static void steady_body(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.body_timeout_ns = 200 * PYR_NS_PER_MS;
    fixture_start(&f);
    const int fd = client_open(&f);
    static const char part[8192];
    client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", 10 * (int)sizeof(part));
    for (int i = 0; i < 10; i++) {
        assert_true(client_send_bytes(fd, part, sizeof(part)));
        sleep_ms(50);
    }
    assert_answer(fd, 200, "81920");
    (void)close(fd);
    fixture_stop(&f);
}

static void idle(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.idle_timeout_ns = 100 * PYR_NS_PER_MS;
    fixture_start(&f);
    const int fd = client_open(&f);
    client_send(fd, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_answer(fd, 200, "ok");
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    (void)close(fd);
    fixture_stop(&f);
}

static void slow_reader(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.write_timeout_ns = 200 * PYR_NS_PER_MS;
    fixture_start(&f);
    const int64_t before = refused(&f, PYR_REFUSED_SLOW);
    const int fd = client_open(&f);
    client_send(fd, "GET /big?bytes=50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    while (refused(&f, PYR_REFUSED_SLOW) == before)
        sleep_ms(5);
    assert_closed(fd);
    fixture_stop(&f);
}

/* --- full --- */

static void queue_full(void **state)
{
    (void)state;
    enum { CLIENTS = 6 };
    struct fixture f = fixture_default();
    f.threads = 1;
    f.queue = 2;
    fixture_start(&f);
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = client_open(&f);
        client_send(fds[i], "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
        if (i == 0)
            wait_until(&at_gate, 1); /* one is handled, so that the next two are queued */
        if (i > 0 && i < 3)
            while (pyr_pool_queued(f.settings.query_pool) < (unsigned)i)
                sleep_ms(1);
    }
    for (int i = 3; i < CLIENTS; i++) {
        const struct answer a = client_answer(fds[i], false);
        assert_int_equal(a.status, 503);
        assert_non_null(strstr(a.head, "Retry-After: 1\r\n"));
        assert_non_null(strstr(a.body, "\"code\":\"unavailable\""));
        free(a.body);
    }
    /* The other pool and the loop have not noticed. */
    client_send(fds[5], "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    assert_answer(fds[5], 200, "x");
    atomic_store(&gate_open, 1);
    for (int i = 0; i < 3; i++)
        assert_answer(fds[i], 200, "gate");
    for (int i = 0; i < CLIENTS; i++)
        (void)close(fds[i]);
    fixture_stop(&f);
}

static void connections_full(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.connections_max = 3;
    fixture_start(&f);
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = client_open(&f); /* the kernel's queue takes them all */
        client_send(fds[i], "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (int i = 0; i < 3; i++)
        assert_answer(fds[i], 200, "ok");
    assert_int_equal(atomic_load(&f.server->connections), 3);
    for (int i = 0; i < 5; i++) {
        if (i >= 3)
            assert_answer(fds[i], 200, "ok"); /* once others have gone */
        (void)close(fds[i]);
    }
    fixture_stop(&f);
}

/* --- the budget --- */

enum { BIG = 300000, BUDGET = 1 << 20 };

struct uploader {
    struct fixture *f;
    pthread_t thread;
    unsigned answered, total;
    bool chunked;
};

static void *upload(void *arg)
{
    struct uploader *u = arg;
    char *body = calloc(1, BIG);
    const int fd = client_open(u->f);
    for (unsigned i = 0; i < u->total; i++) {
        if (u->chunked)
            client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", BIG);
        else
            client_send(fd, "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", BIG);
        /* In pieces with pauses, so that all uploads are under way at once. */
        for (size_t at = 0; at < BIG; at += BIG / 10) {
            if (!client_send_bytes(fd, body + at, BIG / 10))
                break;
            sleep_ms(1);
        }
        if (u->chunked)
            client_send(fd, "\r\n0\r\n\r\n");
        const struct answer a = client_answer(fd, false);
        u->answered += a.status == 200 && strcmp(a.body, "300000") == 0;
        free(a.body);
    }
    free(body);
    (void)close(fd);
    return NULL;
}

/* Uploads of several times the budget, all at once, all complete; and the budget is overdrawn by one request at most
 * (and by what the handlers' answers and what clients sent ahead take). */
static void budget(void **state)
{
    (void)state;
    enum { CLIENTS = 16, EACH = 4 };
    struct fixture f = fixture_default();
    f.settings.inflight_bytes_max = BUDGET;
    fixture_start(&f);
    static struct uploader uploaders[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        uploaders[i] = (struct uploader){.f = &f, .total = EACH, .chunked = i % 2 == 0};
        assert_int_equal(pthread_create(&uploaders[i].thread, NULL, upload, &uploaders[i]), 0);
    }
    unsigned answered = 0;
    for (int i = 0; i < CLIENTS; i++) {
        (void)pthread_join(uploaders[i].thread, NULL);
        answered += uploaders[i].answered;
    }
    assert_int_equal(answered, CLIENTS * EACH);
    /* A chunked body's memory doubles, so one of 300000 bytes holds 524288. */
    const size_t most = BUDGET + 524288 + CLIENTS * (PYR_HTTP_RESPONSE_HEADERS_MAX * 64 + (64 << 10));
    assert_in_range(atomic_load(&inflight_most), BUDGET / 2, most);
    fixture_stop(&f);
}

/* A single request larger than the whole budget goes through. */
static void larger_than_the_budget(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.inflight_bytes_max = 10000;
    fixture_start(&f);
    struct uploader u = {.f = &f, .total = 3};
    (void)upload(&u);
    assert_int_equal(u.answered, 3);
    fixture_stop(&f);
}

/* Answers that nobody reads use up the budget: reading of new requests stops, but for trivial ones; and it goes on once
 * the slow reader is given up. */
static void unread_answers(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.inflight_bytes_max = 20 << 20;
    f.settings.write_timeout_ns = 500 * PYR_NS_PER_MS;
    fixture_start(&f);
    const int64_t before = refused(&f, PYR_REFUSED_SLOW);
    int slow[2];
    for (int i = 0; i < 2; i++) {
        slow[i] = client_open(&f);
        client_send(slow[i], "GET /big?bytes=19000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    while (pyr_inflight_used(&f.server->inflight) < 20 << 20)
        sleep_ms(1);
    const int fd = client_open(&f);
    client_send(fd, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_answer(fd, 200, "ok");
    /* One may overdraw the budget; the other has to wait for the slow readers' end. */
    const int other = client_open(&f);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    client_send(other, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny");
    assert_answer(fd, 200, "x");
    assert_answer(other, 200, "y");
    (void)close(fd);
    (void)close(other);
    while (refused(&f, PYR_REFUSED_SLOW) < before + 2)
        sleep_ms(1);
    for (int i = 0; i < 2; i++)
        assert_closed(slow[i]);
    fixture_stop(&f);
}

/* --- HTTP/2 --- */

/* Reads frames until a GOAWAY; returns its error code. */
static int goaway_code(int fd)
{
    for (;;) {
        uint8_t head[9], payload[1 << 14];
        if (recv(fd, head, sizeof(head), MSG_WAITALL) != sizeof(head))
            return -1;
        const size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        assert_true(len <= sizeof(payload));
        if (len != 0 && recv(fd, payload, len, MSG_WAITALL) != (ssize_t)len)
            return -1;
        if (head[3] == 7)
            return payload[7];
    }
}

/* GET / as indexed header fields, with a literal :authority. */
static const uint8_t get_root[] = {0x82, 0x86, 0x84, 0x41, 0x01, 'a'};

static void *flood_resets(void *arg)
{
    const int fd = *(int *)arg;
    for (uint32_t stream = 1; stream < 40000; stream += 2) {
        uint8_t bytes[64];
        size_t n = put_frame(bytes, sizeof(get_root), 1, 5, stream);
        memcpy(bytes + 9, get_root, sizeof(get_root));
        n += put_frame(bytes + n, 4, 3, 0, stream);
        if (!client_send_bytes(fd, bytes, n))
            break;
    }
    return NULL;
}

static void *flood_pings(void *arg)
{
    const int fd = *(int *)arg;
    uint8_t bytes[17];
    const size_t n = put_frame(bytes, 8, 6, 0, 0);
    for (int i = 0; i < 40000 && client_send_bytes(fd, bytes, n); i++)
        ;
    return NULL;
}

static void *flood_settings(void *arg)
{
    const int fd = *(int *)arg;
    uint8_t bytes[9];
    const size_t n = put_frame(bytes, 0, 4, 0, 0);
    for (int i = 0; i < 40000 && client_send_bytes(fd, bytes, n); i++)
        ;
    return NULL;
}

static void floods(void **state)
{
    (void)state;
    enum { ENHANCE_YOUR_CALM = 11 };
    void *(*const kinds[])(void *) = {flood_resets, flood_pings, flood_settings};
    struct fixture f = fixture_default();
    fixture_start(&f);
    for (size_t i = 0; i < PYR_COUNT_OF(kinds); i++) {
        const int64_t before = refused(&f, PYR_REFUSED_FLOOD);
        int fd = h2_open(&f);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, kinds[i], &fd), 0);
        /* The reset that ends the connection may overtake the GOAWAY. */
        const int code = goaway_code(fd);
        assert_true(code == ENHANCE_YOUR_CALM || code == -1);
        (void)pthread_join(thread, NULL);
        (void)close(fd);
        assert_int_equal(refused(&f, PYR_REFUSED_FLOOD), before + 1);
    }
    fixture_stop(&f);
}

static void h2_idle_and_garbage(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    f.settings.idle_timeout_ns = 100 * PYR_NS_PER_MS;
    fixture_start(&f);
    int fd = h2_open(&f);
    assert_int_equal(goaway_code(fd), 0);
    assert_closed(fd);
    fd = h2_open(&f);
    uint8_t bytes[16];
    assert_true(client_send_bytes(fd, bytes, put_frame(bytes, 3, 6, 0, 0))); /* a ping of three bytes */
    assert_int_equal(goaway_code(fd), 6);                                    /* FRAME_SIZE_ERROR */
    assert_closed(fd);
    fixture_stop(&f);
}

/* --- everything at once --- */

/* The n-th of a series that depends on nothing else. */
static uint32_t random_of(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

struct vandal {
    struct fixture *f;
    pthread_t thread;
    uint32_t seed;
};

/* A request of some kind, in HTTP/1.1, or the start of an HTTP/2 connection with one. Returns its length. */
static size_t some_request(uint32_t kind, uint8_t *to, size_t cap)
{
    static const char *const texts[] = {
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /big?bytes=200000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        "GET /big?bytes=3000000 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST /discard HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "GET / HTTP/1.1\r\n\r\n",
        "POST /discard HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n",
    };
    if (kind % 10 < PYR_COUNT_OF(texts)) {
        const size_t n = strlen(texts[kind % 10]);
        memcpy(to, texts[kind % 10], n);
        const size_t body = kind % 10 == 8 ? 60000 : 0;
        assert_true(n + body <= cap);
        memset(to + n, 'z', body);
        return n + body;
    }
    memcpy(to, h2_preface, sizeof(h2_preface) - 1);
    size_t n = sizeof(h2_preface) - 1;
    n += put_frame(to + n, 0, 4, 0, 0);
    for (uint32_t stream = 1; stream < 20; stream += 2) {
        const size_t at = n;
        n += put_frame(to + n, sizeof(get_root), 1, stream % 4 == 1 ? 5 : 4, stream);
        memcpy(to + at + 9, get_root, sizeof(get_root));
        if (stream % 4 != 1)
            n += put_frame(to + n, 4000, 0, kind & 1, stream);
    }
    return n;
}

/* Sends requests in parts, reads some of the answers or none, and leaves in a way of its own. */
static void *vandalise(void *arg)
{
    struct vandal *v = arg;
    uint8_t *bytes = malloc(100000);
    char answers[20000];
    for (int i = 0; i < 60; i++) {
        const int fd = client_open(v->f);
        for (uint32_t k = random_of(&v->seed) % 4; k < 4; k++) {
            const size_t n = some_request(random_of(&v->seed), bytes, 100000);
            const size_t cut = random_of(&v->seed) % 3 == 0 ? random_of(&v->seed) % n : n;
            (void)client_send_bytes(fd, bytes, cut);
            if (random_of(&v->seed) % 2 == 0)
                (void)recv(fd, answers, sizeof(answers), MSG_DONTWAIT);
            if (cut != n)
                break;
        }
        const struct linger reset = {.l_onoff = 1};
        if (random_of(&v->seed) % 2 == 0)
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        else if (random_of(&v->seed) % 2 == 0)
            (void)shutdown(fd, SHUT_WR);
        (void)close(fd);
    }
    free(bytes);
    return NULL;
}

/* Clients that break off anywhere, over a budget that is always short: afterwards nothing is held (fixture_stop looks) and the
 * server answers as ever. */
static void vandals(void **state)
{
    (void)state;
    enum { VANDALS = 8 };
    struct fixture f = fixture_default();
    f.settings.inflight_bytes_max = 200000;
    f.settings.write_timeout_ns = f.settings.body_timeout_ns = 500 * PYR_NS_PER_MS;
    f.queue = 8;
    fixture_start(&f);
    static struct vandal all[VANDALS];
    for (uint32_t i = 0; i < VANDALS; i++) {
        all[i] = (struct vandal){.f = &f, .seed = i + 1};
        assert_int_equal(pthread_create(&all[i].thread, NULL, vandalise, &all[i]), 0);
    }
    for (int i = 0; i < VANDALS; i++)
        (void)pthread_join(all[i].thread, NULL);
    while (atomic_load(&f.server->connections) != 0)
        sleep_ms(1);
    const int fd = client_open(&f);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    assert_answer(fd, 200, "x");
    (void)close(fd);
    fixture_stop(&f);
}

/* --- drain --- */

struct drainer {
    struct fixture *f;
    pthread_t thread;
    _Atomic unsigned done;
};

static void *drain(void *arg)
{
    struct drainer *d = arg;
    pyr_http_server_drain(d->f->server, 20 * PYR_NS_PER_S);
    atomic_store(&d->done, 1);
    return NULL;
}

static void drain_answers_all(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    fixture_start(&f);
    const int idle_one = client_open(&f), busy = client_open(&f), half = client_open(&f), h2 = h2_open(&f);
    client_send(idle_one, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_answer(idle_one, 200, "ok");
    client_send(busy, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    client_send(half, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    wait_until(&at_gate, 1);

    struct drainer d = {.f = &f};
    assert_int_equal(pthread_create(&d.thread, NULL, drain, &d), 0);
    assert_closed(idle_one);
    assert_int_equal(goaway_code(h2), 0);
    assert_closed(h2);
    assert_false(atomic_load(&d.done));
    client_send(half, "cd");
    const struct answer a = client_answer(half, false);
    assert_string_equal(a.body, "abcd");
    assert_non_null(strstr(a.head, "Connection: close\r\n"));
    free(a.body);
    assert_closed(half);
    assert_false(atomic_load(&d.done));
    atomic_store(&gate_open, 1);
    assert_answer(busy, 200, "gate");
    assert_closed(busy);
    (void)pthread_join(d.thread, NULL);
    assert_true(atomic_load(&d.done));
    fixture_stop(&f);
}

/* What does not finish in time is cut off; its handler still runs to its end before the server is gone. */
static void drain_in_vain(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    fixture_start(&f);
    const int busy = client_open(&f);
    client_send(busy, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&at_gate, 1);
    pyr_http_server_drain(f.server, 50 * PYR_NS_PER_MS);
    assert_closed(busy);
    wait_until(&canceled_seen, 1);
    fixture_stop(&f);
}

static void address_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "4040", "localhost", "127.0.0.1:x", "127.0.0.1:70000", "256.0.0.1:80"};
    for (size_t i = 0; i < PYR_COUNT_OF(bad); i++) {
        struct pyr_http_settings s;
        struct pyr_http_server *server = NULL;
        struct pyr_diag diag = {0};
        pyr_http_settings_default(&s);
        s.address = bad[i];
        assert_int_not_equal(pyr_http_server_start(&s, &server, &diag), PYR_OK);
        assert_non_null(strstr(diag.message, bad[i]));
    }
    struct fixture f = fixture_default();
    fixture_start(&f);
    char taken[32];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", pyr_http_server_port(f.server));
    struct pyr_http_settings s = f.settings;
    struct pyr_http_server *server = NULL;
    struct pyr_diag diag = {0};
    s.address = taken;
    assert_int_equal(pyr_http_server_start(&s, &server, &diag), PYR_E_IO);
    assert_non_null(strstr(diag.message, taken));
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_head),
        cmocka_unit_test(slow_body),
        cmocka_unit_test(steady_body),
        cmocka_unit_test(idle),
        cmocka_unit_test(slow_reader),
        cmocka_unit_test(queue_full),
        cmocka_unit_test(connections_full),
        cmocka_unit_test(budget),
        cmocka_unit_test(larger_than_the_budget),
        cmocka_unit_test(unread_answers),
        cmocka_unit_test(floods),
        cmocka_unit_test(h2_idle_and_garbage),
        cmocka_unit_test(vandals),
        cmocka_unit_test(drain_answers_all),
        cmocka_unit_test(drain_in_vain),
        cmocka_unit_test(address_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
