/* Views, numbers, UTF-8 (against iconv), diagnostics, clocks. */
#include "base/err.h"
#include "base/span.h"
#include "base/time.h"
#include <iconv.h>
#include <stdio.h>

static void test_views(void **state)
{
    (void)state;
    const struct pyr_str empty = {NULL, 0};
    assert_true(pyr_str_eq(empty, PYR_STR("")));
    assert_true(pyr_str_starts(PYR_STR("x"), empty));
    assert_true(pyr_str_cmp(PYR_STR("ab"), PYR_STR("abc")) < 0);
    assert_true(pyr_str_cmp(PYR_STR("b"), PYR_STR("abc")) > 0);
    assert_int_equal(pyr_str_cmp(empty, empty), 0);
    assert_true(pyr_str_eq_nocase(PYR_STR("Content-Type"), PYR_STR("cONTENT-tYPE")));
    assert_false(pyr_str_eq_nocase(PYR_STR("a"), PYR_STR("ab")));
    assert_false(pyr_str_eq_nocase(PYR_STR("@"), PYR_STR("`"))); /* differ by the case bit, but are no letters */
    assert_true(pyr_str_eq(pyr_str_trim(PYR_STR(" \t a b\t ")), PYR_STR("a b")));
    assert_int_equal(pyr_str_trim(PYR_STR(" \t ")).len, 0);
    assert_int_equal(pyr_str_find(PYR_STR("a=b=c"), '='), 1);
    assert_int_equal(pyr_str_find_last(PYR_STR("a=b=c"), '='), 3);
    assert_int_equal(pyr_str_find(empty, '='), -1);
    assert_int_equal(pyr_str_find_last(PYR_STR("abc"), '='), -1);
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_true(pyr_str_to_u64(PYR_STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(pyr_str_to_u64(PYR_STR("007"), &u) && u == 7);
    const char *bad[] = {"", "18446744073709551616", "99999999999999999999999", "1 ", " 1", "+1", "-1", "0x1", "1e3"};
    for (size_t k = 0; k < PYR_COUNT_OF(bad); k++)
        assert_false(pyr_str_to_u64(pyr_str_of(bad[k]), &u));
    assert_int_equal(u, 7);
    assert_true(pyr_str_to_i64(PYR_STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(pyr_str_to_i64(PYR_STR("9223372036854775807"), &i) && i == INT64_MAX);
    const char *bad_signed[] = {"-", "--1", "-9223372036854775809", "9223372036854775808", "+1", ""};
    for (size_t k = 0; k < PYR_COUNT_OF(bad_signed); k++)
        assert_false(pyr_str_to_i64(pyr_str_of(bad_signed[k]), &i));
}

static void test_utf8_table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int bad_at; /* -1: well-formed */
    } cases[] = {
        {"", -1},
        {"plain", -1},
        {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xA5 done and more", -1},
        {"\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF", -1},
        {"\x80", 0},
        {"abc\xC3", 3},
        {"abcdefgh\xC0\x80", 8}, /* overlong */
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"x\xED\xA0\x80", 1}, /* surrogates */
        {"x\xED\xBF\xBF", 1},
        {"\xF4\x90\x80\x80", 0}, /* past U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"01234567890123456\xE2\x82", 17}, /* cut short */
        {"\xE2\x82x", 0},
        {"\xE2\x82\xAC\xAC", 3},
    };
    for (size_t k = 0; k < PYR_COUNT_OF(cases); k++) {
        size_t bad_at = 999;
        const bool valid = pyr_utf8_valid(pyr_str_of(cases[k].text), &bad_at);
        assert_int_equal(valid, cases[k].bad_at < 0);
        if (!valid)
            assert_int_equal(bad_at, cases[k].bad_at);
    }
    assert_false(pyr_utf8_valid(PYR_STR("\xFF"), NULL));
}

static bool iconv_accepts(iconv_t to_utf32, const uint8_t *bytes, size_t n)
{
    char in[8], out[64];
    memcpy(in, bytes, n);
    char *from = in, *into = out;
    size_t left = n, room = sizeof(out);
    (void)iconv(to_utf32, NULL, NULL, NULL, NULL);
    return iconv(to_utf32, &from, &left, &into, &room) != (size_t)-1 && left == 0;
}

/* Every pair of bytes, and every lead with the second and third bytes that matter. */
static void test_utf8_against_iconv(void **state)
{
    (void)state;
    static const uint8_t last[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    iconv_t cd = iconv_open("UTF-32LE", "UTF-8");
    assert_true(cd != (iconv_t)-1); // NOLINT(performance-no-int-to-ptr)
    unsigned valid = 0;
    for (unsigned lead = 0; lead < 256; lead++) {
        for (unsigned second = 0; second < 256; second++) {
            for (size_t k = 0; k < sizeof(last) * sizeof(last); k++) {
                const uint8_t bytes[] = {(uint8_t)lead, (uint8_t)second, last[k % sizeof(last)],
                                         last[k / sizeof(last)]};
                const size_t n = k == 0 ? 2 : k < sizeof(last) ? 3 : 4;
                const bool ours = pyr_utf8_valid((struct pyr_str){(const char *)bytes, n}, NULL);
                if (ours != iconv_accepts(cd, bytes, n))
                    fail_msg("%02x %02x %02x %02x (%zu): we say %d", bytes[0], bytes[1], bytes[2], bytes[3], n, ours);
                valid += ours;
            }
        }
    }
    assert_true(valid > 100000);
    assert_int_equal(iconv_close(cd), 0);
}

static void test_diag(void **state)
{
    (void)state;
    struct pyr_diag d = {0};
    pyr_diag_prefix(&d, "nothing yet");
    assert_int_equal(d.code, PYR_OK);
    assert_int_equal(pyr_fail(&d, PYR_E_CORRUPT, "byte %d", 17), PYR_E_CORRUPT);
    assert_int_equal(pyr_fail(&d, PYR_E_IO, "later"), PYR_E_IO); /* its code is returned, the first message stays */
    pyr_diag_prefix(&d, "sample %d", 3);
    assert_string_equal(d.message, "sample 3: byte 17");
    assert_int_equal(d.code, PYR_E_CORRUPT);
    assert_int_equal(pyr_fail(NULL, PYR_E_IO, "nobody asks"), PYR_E_IO);
    pyr_diag_prefix(NULL, "x");
    for (int i = 0; i < 100; i++) /* stays terminated however much is put before */
        pyr_diag_prefix(&d, "%d level %*s", i, i * 7, "");
    assert_true(strlen(d.message) < PYR_DIAG_MESSAGE_BYTES);
    assert_memory_equal(d.message, "99 level", 8);
}

static void test_error_names(void **state)
{
    (void)state;
    for (int a = 0; a > -PYR_E_COUNT; a--) {
        assert_string_not_equal(pyr_err_name(a), "unknown");
        for (int b = 0; b > a; b--)
            assert_string_not_equal(pyr_err_name(a), pyr_err_name(b));
    }
    assert_string_equal(pyr_err_name(PYR_E_TIMEOUT), "timeout");
    assert_string_equal(pyr_err_name(PYR_E_NOMEM), "no_memory");
    assert_string_equal(pyr_err_name(1), "unknown");
    assert_string_equal(pyr_err_name(-PYR_E_COUNT), "unknown");
}

static void test_clocks(void **state)
{
    (void)state;
    const int64_t a = pyr_mono_ns(), wall = pyr_wall_ns();
    assert_true(pyr_mono_ns() >= a);
    assert_true(wall > INT64_C(1600000000) * PYR_NS_PER_S);
    pyr_time_fake(1000, 50);
    assert_int_equal(pyr_wall_ns(), 1000);
    pyr_time_fake_advance(5);
    assert_int_equal(pyr_wall_ns(), 1005);
    assert_int_equal(pyr_mono_ns(), 55);
    pyr_time_real();
    assert_true(pyr_mono_ns() >= a);
    assert_true(pyr_wall_ns() >= wall);
    const int64_t cpu = pyr_thread_cpu_ns();
    for (volatile int i = 0; i < 100000; i++)
        ;
    assert_true(pyr_thread_cpu_ns() > cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_utf8_table), cmocka_unit_test(test_utf8_against_iconv),
        cmocka_unit_test(test_diag),       cmocka_unit_test(test_error_names),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
