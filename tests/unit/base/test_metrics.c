/* The registry: Prometheus text 0.0.4, series found again, bounds, threads. One process-wide registry: each test uses
 * names of its own and looks at its own lines. */
#include "base/lock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include <pthread.h>
#include <stdio.h>

static struct pyr_buf out;

static const char *write_all(void)
{
    pyr_buf_free(&out);
    pyr_buf_init(&out, 16 << 20);
    pyr_metrics_write(&out);
    pyr_buf_byte(&out, '\0');
    assert_int_equal(out.err, PYR_OK);
    return (const char *)out.data;
}

static void assert_has(const char *lines)
{
    if (strstr(write_all(), lines) == NULL)
        fail_msg("missing:\n%s\nin:\n%.3000s", lines, (const char *)out.data);
}

static void test_text(void **state)
{
    (void)state;
    const struct pyr_metric_label labels[] = {{"tenant", PYR_STR("a\"b\\c\nd\xFF")},
                                              {"reason", PYR_STR("\xE2\x82\xAC")}};
    struct pyr_metric *c = pyr_counter("test_b_total", "Help with \\ and\nnewline.", labels, 2);
    struct pyr_metric *g = pyr_gauge("test_a", "First by name.", NULL, 0);
    pyr_metric_add(c, 3);
    pyr_metric_add(c, 4);
    pyr_metric_set(g, -12);
    assert_ptr_equal(pyr_counter("test_b_total", "Help", labels, 2), c);
    assert_ptr_not_equal(pyr_counter("test_b_total", "Help", labels, 1), c);
    assert_int_equal(pyr_metric_value(c), 7);
    assert_has("# HELP test_a First by name.\n# TYPE test_a gauge\ntest_a -12\n"
               "# HELP test_b_total Help with \\\\ and\\nnewline.\n# TYPE test_b_total counter\n");
    assert_has("\ntest_b_total{tenant=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\",reason=\"\xE2\x82\xAC\"} 7\n");
}

static void test_histogram(void **state)
{
    (void)state;
    static const double bounds[] = {0.005, 1, 10};
    const struct pyr_metric_label label = {"route", PYR_STR("/x")};
    struct pyr_metric *h = pyr_histogram("test_seconds", "Time.", bounds, 3, &label, 1);
    const double values[] = {0.001, 0.005, 0.5, 10, 11, 1e9};
    for (size_t i = 0; i < PYR_COUNT_OF(values); i++)
        pyr_metric_observe(h, values[i]);
    assert_has("# TYPE test_seconds histogram\n"
               "test_seconds_bucket{route=\"/x\",le=\"0.005\"} 2\n"
               "test_seconds_bucket{route=\"/x\",le=\"1\"} 3\n"
               "test_seconds_bucket{route=\"/x\",le=\"10\"} 4\n"
               "test_seconds_bucket{route=\"/x\",le=\"+Inf\"} 6\n"
               "test_seconds_sum{route=\"/x\"} 1000000021.506\n"
               "test_seconds_count{route=\"/x\"} 6\n");
    struct pyr_metric *bare = pyr_histogram("test_bare_seconds", "Time.", bounds, 1, NULL, 0);
    pyr_metric_observe(bare, 1);
    assert_has("test_bare_seconds_bucket{le=\"0.005\"} 0\ntest_bare_seconds_bucket{le=\"+Inf\"} 1\n"
               "test_bare_seconds_sum 1\ntest_bare_seconds_count 1\n");
}

static void test_order(void **state)
{
    (void)state;
    static const char names[] = "zam";
    for (size_t i = 0; i < 3; i++) {
        const struct pyr_metric_label label = {"k", {&names[i], 1}};
        pyr_metric_add(pyr_counter("test_order_total", "Order.", &label, 1), 1);
    }
    assert_has("test_order_total{k=\"z\"} 1\ntest_order_total{k=\"a\"} 1\ntest_order_total{k=\"m\"} 1\n");
}

/* A callback may take a lock of any rank, and use the registry. */
static double locked_value(void *ctx)
{
    struct pyr_mutex *m = ctx;
    pyr_mutex_lock(m);
    pyr_metric_add(pyr_counter("test_asked_total", "Asked.", NULL, 0), 1);
    pyr_mutex_unlock(m);
    return 2.5;
}

static double one(void *ctx)
{
    (void)ctx;
    return 1;
}

static void test_callbacks(void **state)
{
    (void)state;
    struct pyr_mutex m;
    int other;
    pyr_mutex_init(&m, PYR_RANK_POOL, "test");
    pyr_gauge_callback("test_asked", "Asked.", locked_value, &m);
    pyr_gauge_callback("test_asked", "Asked.", one, &other);
    assert_has("# TYPE test_asked gauge\ntest_asked 3.5\n");
    pyr_metric_callback_remove(&m);
    assert_has("test_asked 1\n");
    pyr_metric_callback_remove(&other);
    assert_null(strstr(write_all(), "test_asked "));
    assert_int_equal(pyr_metric_value(pyr_counter("test_asked_total", "Asked.", NULL, 0)), 1);
    pyr_mutex_destroy(&m);
}

/* Counts the rounds it is asked in, which callbacks of one scrape share. */
static double rounds_seen(void *ctx)
{
    struct {
        uint64_t last, rounds;
    } *seen = ctx;
    seen->rounds += seen->last != pyr_metrics_round();
    seen->last = pyr_metrics_round();
    return (double)seen->rounds;
}

static void test_rounds(void **state)
{
    (void)state;
    struct {
        uint64_t last, rounds;
    } seen = {0, 0};
    pyr_gauge_callback("test_round_first", "Rounds.", rounds_seen, &seen);
    pyr_gauge_callback("test_round_second", "Rounds.", rounds_seen, &seen);
    assert_has("test_round_first 1\n");
    assert_int_equal(seen.rounds, 1);
    assert_has("test_round_second 2\n");
    assert_int_equal(seen.rounds, 2);
    pyr_metric_callback_remove(&seen);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth < 10; nth++) {
        char value[8];
        (void)snprintf(value, sizeof(value), "v%d", (int)nth);
        const struct pyr_metric_label label = {"k", pyr_str_of(value)};
        pyr_mem_fail_nth(nth);
        struct pyr_metric *m = pyr_counter("test_nomem_total", "No memory.", &label, 1);
        pyr_mem_fail_nth(0);
        pyr_metric_add(m, 1);
        pyr_metric_observe(m, 1);
    }
    assert_has("test_nomem_total{k=\"v9\"} 1\n");
}

static void *count_many(void *arg)
{
    static const double bounds[] = {1};
    for (int i = 0; i < 2000; i++) {
        char value[8];
        (void)snprintf(value, sizeof(value), "%d", i % 50);
        const struct pyr_metric_label label = {"k", pyr_str_of(value)};
        pyr_metric_add(pyr_counter("test_threads_total", "Threads.", &label, 1), 1);
        pyr_metric_observe(pyr_histogram("test_threads_seconds", "Threads.", bounds, 1, NULL, 0), 0.5);
    }
    (void)arg;
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
    (void)write_all();
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_has("test_threads_total{k=\"7\"} 160\n");
    assert_has("test_threads_seconds_sum 4000\ntest_threads_seconds_count 8000\n");
}

/* Last: it uses the registry up. */
static void test_bounded(void **state)
{
    (void)state;
    struct pyr_metric *m = NULL;
    for (int i = 0; i < PYR_METRICS_SERIES_MAX + 5; i++) {
        char value[16];
        (void)snprintf(value, sizeof(value), "%d", i);
        const struct pyr_metric_label label = {"tenant", pyr_str_of(value)};
        m = pyr_counter("test_many_total", "Many.", &label, 1);
        pyr_metric_add(m, 1);
    }
    const char *text = write_all();
    unsigned series = 0;
    int64_t sum = 0;
    for (const char *at = text; (at = strstr(at, "\ntest_many_total{")) != NULL; at++, series++) {
        long long v;
        assert_int_equal(sscanf(strchr(at, '}'), "} %lld", &v), 1);
        sum += v;
    }
    assert_true(series < PYR_METRICS_SERIES_MAX);
    assert_int_equal(sum, PYR_METRICS_SERIES_MAX + 5); /* nothing is lost, only merged */
    assert_non_null(strstr(text, "\ntest_many_total{overflow=\"true\"} "));
    /* What was there before is still found. */
    const struct pyr_metric_label first = {"tenant", PYR_STR("0")};
    assert_ptr_not_equal(pyr_counter("test_many_total", "Many.", &first, 1), m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),      cmocka_unit_test(test_order),   cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_callbacks), cmocka_unit_test(test_rounds),  cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_threads),   cmocka_unit_test(test_bounded),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pyr_buf_free(&out);
    return failed;
}
