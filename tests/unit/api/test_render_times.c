/* Arithmetic of time lines: the ladder of /pyroscope/render, the slots of the legacy render, buckets that fit a query. */
#include "api/render.h"
#include "base/time.h"
#include "query/series.h"

static void test_ladder(void **state)
{
    (void)state;
    static const struct {
        int64_t range_s, step_s;
    } table[] = {{0, 15},
                 {120, 15},
                 {1500 * 15, 15},
                 {1500 * 17, 15},
                 {1500 * 18, 20},
                 {1500 * 25, 20},
                 {1500 * 26, 30},
                 {1500 * 45, 30},
                 {1500 * 46, 60},
                 {1500 * 90, 60},
                 {1500 * 91, 120},
                 {1500 * 211, 300},
                 {1500 * 2000, 1800},
                 {1500 * 6000, 7200},
                 {1500LL * 90000, 86400},
                 {1500LL * 3628799, 2592000},
                 {1500LL * 3628801, 31536000}};
    for (size_t i = 0; i < PYR_COUNT_OF(table); i++)
        assert_int_equal(pyr_render_step_s(table[i].range_s * 1000), table[i].step_s);
}

static void assert_legacy(int64_t from_s, int64_t until_s, int64_t start, int64_t end, int64_t step, uint32_t slots)
{
    const struct pyr_legacy_range r = pyr_legacy_range(from_s * PYR_NS_PER_S, until_s * PYR_NS_PER_S);
    assert_int_equal(r.start_s, start);
    assert_int_equal(r.end_s, end);
    assert_int_equal(r.step_s, step);
    assert_int_equal(r.slots, slots);
}

static void test_legacy_slots(void **state)
{
    (void)state;
    assert_legacy(1795219200, 1795219260, 1795219200, 1795219260, 10, 6);
    assert_legacy(1795219205, 1795219217, 1795219200, 1795219220, 10, 2);
    assert_legacy(1795219205, 1795219205, 1795219200, 1795219210, 10, 1);
    assert_legacy(1795219200, 1795219200, 1795219200, 1795219210, 10, 1);
    assert_legacy(1795132800, 1795305600, 1795132800, 1795305600, 100, 1728);
    assert_legacy(0, 10240, 0, 10240, 10, 1024); /* the step is less than the 1024th part */
    assert_legacy(0, 102410, 0, 102410, 100, 1024);
    assert_legacy(-15, -5, -20, 0, 10, 2);
    const struct pyr_legacy_range all = pyr_legacy_range(INT64_MIN, INT64_MAX);
    int64_t ns;
    assert_in_range(all.slots, 1024, 10240);
    assert_false(__builtin_mul_overflow(all.slots * all.step_s, PYR_NS_PER_S, &ns));
}

static void test_series_arguments_are_clamped(void **state)
{
    (void)state;
    struct pyr_series_query sq = {.start_ms = INT64_MIN, .end_ms = INT64_MAX};
    pyr_series_query_clamp(&sq, 1e300);
    assert_true(sq.start_ms < 0 && sq.end_ms > 0 && sq.step_ms > 0);
    int64_t ns;
    assert_false(__builtin_mul_overflow(sq.start_ms - sq.step_ms, PYR_NS_PER_MS, &ns));
    assert_false(__builtin_mul_overflow(sq.end_ms + sq.step_ms, PYR_NS_PER_MS, &ns));
    pyr_series_query_clamp(&sq, 0.001);
    assert_int_equal(sq.step_ms, 1);
    pyr_series_query_clamp(&sq, 0.0149);
    assert_int_equal(sq.step_ms, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ladder), cmocka_unit_test(test_legacy_slots),
                                       cmocka_unit_test(test_series_arguments_are_clamped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
