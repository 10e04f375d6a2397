/* Absolute times are compared with the C library's. */
#include "base/err.h"
#include "base/time.h"
#include "profile/time_arg.h"
#include <stdlib.h>
#include <time.h>

static const int64_t now_ns = INT64_C(1795229590) * 1000000000 + 123456789;

static int64_t utc_ns(int year, int month, int day, int hour, int minute, int second)
{
    struct tm t = {.tm_year = year - 1900,
                   .tm_mon = month - 1,
                   .tm_mday = day,
                   .tm_hour = hour,
                   .tm_min = minute,
                   .tm_sec = second};
    return (int64_t)timegm(&t) * PYR_NS_PER_S;
}

static void test_forms(void **state)
{
    (void)state;
    const int64_t hour = 3600 * PYR_NS_PER_S, day = 24 * hour;
    const struct {
        const char *text;
        int64_t ns;
        bool finer;
    } cases[] = {
        {"", now_ns, false},
        {"now", now_ns, false},
        {"now-1h", now_ns - hour, false},
        {"now-1h30m", now_ns - hour - hour / 2, false},
        {"-30min", now_ns - hour / 2, false},
        {"now+2d", now_ns + 2 * day, false},
        {"whatever-1w", now_ns - 7 * day, false},
        {"now-1M", now_ns - 30 * day, false},
        {"now-1mon", now_ns - 30 * day, false},
        {"now-1y", now_ns - 365 * day, false},
        {"now-5s", now_ns - 5 * PYR_NS_PER_S, false},
        {"now - 1 h", now_ns - hour, false},
        {"now-3fortnights", now_ns, false},
        {"now-99999999999999999999y", now_ns - INT64_MAX, false},
        {"1795229580", INT64_C(1795229580) * PYR_NS_PER_S, false},
        {"1_795_229_580", INT64_C(1795229580) * PYR_NS_PER_S, false},
        {"1795229580000", INT64_C(1795229580) * PYR_NS_PER_S, false},
        {"1795229580001", INT64_C(1795229580001) * PYR_NS_PER_MS, true},
        {"1795229580000001", INT64_C(1795229580000001) * 1000, true},
        {"1795229580000000001", INT64_C(1795229580000000001), true},
        {"1795229580.25", INT64_C(1795229580) * PYR_NS_PER_S + 250000000, true},
        {"0", 0, false},
        {"12345678", INT64_C(12345678) * PYR_NS_PER_S, false}, /* no such date */
        {"20240229", utc_ns(2024, 2, 29, 0, 0, 0), false},
        {"20230229", INT64_C(20230229) * PYR_NS_PER_S, false},
        {"99999999999999999999", INT64_MAX, false},
        {"2024-02-29T12:34:56Z", utc_ns(2024, 2, 29, 12, 34, 56), false},
        {"2024-02-29T12:34:56.5+02:00", utc_ns(2024, 2, 29, 10, 34, 56) + 500000000, true},
        {"1969-12-31T23:59:59-00:30", utc_ns(1970, 1, 1, 0, 29, 59), false},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        bool finer;
        const int64_t got = pyr_time_arg_precise(pyr_str_of(cases[i].text), now_ns, &finer);
        if (got != cases[i].ns || finer != cases[i].finer)
            fail_msg("\"%s\": %lld (%d), not %lld (%d)", cases[i].text, (long long)got, finer, (long long)cases[i].ns,
                     cases[i].finer);
    }
}

static void test_every_date(void **state)
{
    (void)state;
    for (int64_t day = -200000; day < 200000; day += 7) {
        const time_t t = (time_t)day * 86400;
        struct tm tm;
        char text[32];
        gmtime_r(&t, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT00:00:00Z", &tm);
        if (tm.tm_year + 1900 > 1700 && tm.tm_year + 1900 < 2250) /* int64 nanoseconds */
            assert_int_equal(pyr_time_arg(pyr_str_of(text), now_ns), day * 86400 * PYR_NS_PER_S);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_every_date)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
