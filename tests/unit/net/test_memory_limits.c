/* The server while memory is short: what waits, what is refused, and what goes on all the same. */
#include "base/budget.h"
#include "support/net_fixture.h"

static int64_t refused(const struct fixture *f, enum pyr_http_refusal why)
{
    return pyr_metric_value(f->server->metrics.refused[why]);
}

static void assert_healthy(const struct fixture *f)
{
    const int fd = client_open(f);
    client_send(fd, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_answer(fd, 200, "ok");
    (void)close(fd);
}

static void assert_busy(int fd)
{
    const struct answer a = client_answer(fd, false);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.head, "Retry-After: 1\r\n"));
    assert_non_null(strstr(a.body, "\"code\":\"unavailable\""));
    free(a.body);
}

enum { DECODE_BYTES = 1 << 20 };
static const char upload[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

/* Somebody has all the memory to decode with: uploads come in and wait, small requests do not notice. */
static void decoding_waits(void **state)
{
    (void)state;
    enum { CLIENTS = 4 };
    struct pyr_budget budget;
    pyr_budget_init(&budget, DECODE_BYTES);
    struct fixture f = fixture_default();
    f.settings.decode_budget = &budget;
    f.settings.decode_wait_ns = 60 * PYR_NS_PER_S;
    fixture_start(&f);
    assert_true(pyr_budget_take(&budget, DECODE_BYTES));
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = client_open(&f);
        client_send(fds[i], "%s", upload);
    }
    while (atomic_load(&budget.waiting) < f.threads || pyr_pool_queued(f.settings.ingest_pool) < CLIENTS - f.threads)
        sleep_ms(1);
    assert_healthy(&f);
    assert_int_equal(pyr_budget_used(&budget), DECODE_BYTES);
    pyr_budget_give(&budget, DECODE_BYTES);
    for (int i = 0; i < CLIENTS; i++) {
        assert_answer(fds[i], 200, "hello");
        (void)close(fds[i]);
    }
    fixture_stop(&f);
    assert_int_equal(pyr_budget_used(&budget), 0);
}

static void decoding_waits_in_vain(void **state)
{
    (void)state;
    struct pyr_budget budget;
    pyr_budget_init(&budget, DECODE_BYTES);
    struct fixture f = fixture_default();
    f.settings.decode_budget = &budget;
    f.settings.decode_wait_ns = 20 * PYR_NS_PER_MS;
    fixture_start(&f);
    const int64_t before = refused(&f, PYR_REFUSED_MEMORY);
    assert_true(pyr_budget_take(&budget, DECODE_BYTES));
    const int fd = client_open(&f);
    client_send(fd, "%s", upload);
    assert_busy(fd);
    assert_int_equal(refused(&f, PYR_REFUSED_MEMORY), before + 1);
    pyr_budget_give(&budget, DECODE_BYTES);
    client_send(fd, "%s", upload);
    assert_answer(fd, 200, "hello");
    (void)close(fd);
    fixture_stop(&f);
    assert_int_equal(pyr_budget_used(&budget), 0);
}

/* While the bytes in flight are used up, a head that does not come to its end is not kept for long. */
static void long_heads(void **state)
{
    (void)state;
    struct fixture f = fixture_default();
    fixture_start(&f);
    char head[20000] = "GET /big?bytes=1 HTTP/1.1\r\nHost: a\r\nX: ";
    memset(head + strlen(head), 'x', sizeof(head) - strlen(head));
    int fd = client_open(&f);
    assert_true(client_send_bytes(fd, head, sizeof(head)));
    client_send(fd, "\r\n\r\n");
    assert_answer(fd, 200, "b");
    (void)close(fd);

    const size_t most = f.settings.inflight_bytes_max;
    pyr_inflight_force(&f.server->inflight, most);
    fd = client_open(&f);
    assert_true(client_send_bytes(fd, head, sizeof(head)));
    assert_busy(fd);
    (void)close(fd);
    assert_healthy(&f);
    (void)pyr_inflight_give(&f.server->inflight, most);
    fixture_stop(&f);
}

/* Reads frames up to the reset of stream `last`; returns how many streams were refused. */
static unsigned refused_streams(int fd, uint32_t last)
{
    enum { RST_STREAM = 3, REFUSED_STREAM = 7 };
    unsigned count = 0;
    for (;;) {
        uint8_t head[9], payload[1 << 14];
        assert_int_equal(recv(fd, head, sizeof(head), MSG_WAITALL), sizeof(head));
        const size_t len = (size_t)head[1] << 8 | head[2];
        assert_int_equal(len == 0 ? 0 : recv(fd, payload, len, MSG_WAITALL), len);
        if (head[3] != RST_STREAM)
            continue;
        assert_int_equal(payload[3], REFUSED_STREAM);
        count++;
        if (head[8] == last)
            return count;
    }
}

/* Streams that wait are counted, and over as many as the budget has room for refused: those open already stay. */
static void many_streams(void **state)
{
    (void)state;
    enum { STREAMS = 100, ROOM = 16 };
    /* POST /echo with a literal path and :authority, not ended. */
    static const uint8_t post[] = {0x83, 0x86, 0x44, 5, '/', 'e', 'c', 'h', 'o', 0x41, 1, 'a'};
    struct fixture f = fixture_default();
    f.settings.inflight_bytes_max = ROOM * 4096;
    fixture_start(&f);
    const int fd = h2_open(&f);
    uint32_t last = 0;
    for (uint32_t i = 0; i < STREAMS; i++) {
        uint8_t bytes[64];
        last = 2 * i + 1;
        const size_t n = put_frame(bytes, sizeof(post), 1, 4, last);
        memcpy(bytes + 9, post, sizeof(post));
        assert_true(client_send_bytes(fd, bytes, n));
    }
    assert_int_equal(refused_streams(fd, last), STREAMS - ROOM);
    assert_int_equal(atomic_load(&f.server->exchanges), ROOM);
    assert_healthy(&f);
    (void)close(fd);
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_waits),
        cmocka_unit_test(decoding_waits_in_vain),
        cmocka_unit_test(long_heads),
        cmocka_unit_test(many_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
