/* Log lines: JSON is parsed back by jansson and must give the values that went in; logfmt is read by a small reader. */
#include "base/logging.h"
#include "base/time.h"
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char text[1 << 20];

/* What the lines since `setup` were. */
static FILE *begin(enum pyr_log_level least, enum pyr_log_format format)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    pyr_logging_setup(least, format, fileno(file));
    return file;
}

static const char *end(FILE *file)
{
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    const size_t n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    assert_int_equal(fclose(file), 0);
    pyr_logging_setup(PYR_LOG_INFO, PYR_LOG_LOGFMT, STDERR_FILENO);
    return text;
}

static void test_exact_lines(void **state)
{
    (void)state;
    pyr_time_fake(INT64_C(1700000000123456789), 0);
    FILE *file = begin(PYR_LOG_INFO, PYR_LOG_LOGFMT);
    pyr_log(PYR_LOG_DEBUG, "not shown");
    pyr_log(PYR_LOG_WARN, "disk slow", PYR_KV_S("path", "/var/lib"), PYR_KV_I("ms", -5), PYR_KV_F("share", 0.25),
            PYR_KV_S("empty", ""), PYR_KV_S("quoted", "a=\"b\"\n"));
    pyr_log(PYR_LOG_ERROR, "plain");
    assert_string_equal(end(file),
                        "time=2023-11-14T22:13:20.123Z level=warn msg=\"disk slow\" path=/var/lib ms=-5 share=0.25 "
                        "empty=\"\" quoted=\"a=\\\"b\\\"\\n\"\n"
                        "time=2023-11-14T22:13:20.123Z level=error msg=plain\n");
    file = begin(PYR_LOG_DEBUG, PYR_LOG_JSON);
    pyr_log(PYR_LOG_DEBUG, "shown", PYR_KV_S("path", "/var/lib"), PYR_KV_I("ms", 5));
    pyr_time_real();
    assert_string_equal(end(file), "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"debug\",\"msg\":\"shown\","
                                   "\"path\":\"/var/lib\",\"ms\":5}\n");
}

/* A line must be one line, printable, and parse back. */
static json_t *parse_line(const char *line)
{
    const char *newline = strchr(line, '\n');
    assert_non_null(newline);
    assert_int_equal(newline[1], '\0');
    for (const char *c = line; c < newline; c++)
        assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        fail_msg("%s: %s", error.text, line);
    return object;
}

static void check_round_trip(struct pyr_str value, struct pyr_str expected)
{
    FILE *file = begin(PYR_LOG_INFO, PYR_LOG_JSON);
    pyr_log(PYR_LOG_INFO, "m", PYR_KV_V("value", value), PYR_KV_I("after", 1));
    json_t *object = parse_line(end(file));
    json_t *got = json_object_get(object, "value");
    assert_int_equal(json_string_length(got), expected.len);
    assert_memory_equal(json_string_value(got), expected.ptr, expected.len);
    assert_int_equal(json_integer_value(json_object_get(object, "after")), 1);
    json_decref(object);
}

static void test_hostile_values(void **state)
{
    (void)state;
    char all[128];
    for (int i = 1; i < 128; i++) /* jansson refuses NUL inside strings without a flag; it is tested below */
        all[i - 1] = (char)i;
    const struct pyr_str ascii = {all, 127};
    check_round_trip(ascii, ascii);
    const struct pyr_str unicode = PYR_STR("\xE2\x82\xAC \xF0\x9F\x94\xA5 \xC2\x85\xC2\x9B[31m \xC2\xA0");
    check_round_trip(unicode, unicode);
    check_round_trip(PYR_STR("a\xFF\xC3(\xED\xA0\x80z"),
                     PYR_STR("a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"));
    check_round_trip(PYR_STR("\"},{\"level\":\"error"), PYR_STR("\"},{\"level\":\"error"));

    FILE *file = begin(PYR_LOG_INFO, PYR_LOG_LOGFMT);
    const struct pyr_str hostile = PYR_STR("\0\x1b[2J\xC2\x9B\nlevel=error");
    pyr_log(PYR_LOG_INFO, "m", PYR_KV_V("v", hostile));
    const char *line = end(file);
    assert_non_null(strstr(line, " v=\"\\u0000\\u001b[2J\\u009b\\nlevel=error\"\n"));
}

static void test_numbers(void **state)
{
    (void)state;
    FILE *file = begin(PYR_LOG_INFO, PYR_LOG_JSON);
    pyr_log(PYR_LOG_INFO, "m", PYR_KV_F("nan", NAN), PYR_KV_F("inf", -INFINITY), PYR_KV_F("pi", 3.25e-9),
            PYR_KV_I("least", INT64_MIN));
    json_t *object = parse_line(end(file));
    assert_true(json_is_string(json_object_get(object, "nan")));
    assert_true(json_is_string(json_object_get(object, "inf")));
    assert_true(json_real_value(json_object_get(object, "pi")) == 3.25e-9); // NOLINT: exact by construction
    assert_true(json_integer_value(json_object_get(object, "least")) == INT64_MIN);
    json_decref(object);
}

/* Whatever the sizes, what comes out is one well-formed line that says it was cut. */
static void test_long_lines_stay_whole(void **state)
{
    (void)state;
    static char huge[100000];
    for (size_t len = 3000; len < sizeof(huge); len += len / 7) {
        for (int fill = 0; fill < 3; fill++) {
            memset(huge, "a\x01\xFF"[fill], sizeof(huge));
            const struct pyr_str v = {huge, len};
            FILE *file = begin(PYR_LOG_INFO, PYR_LOG_JSON);
            pyr_log(PYR_LOG_INFO, "m", PYR_KV_V("a", v), PYR_KV_V("b", v), PYR_KV_V("c", v), PYR_KV_V("d", v),
                    PYR_KV_V("e", v), PYR_KV_I("f", 1));
            json_t *object = parse_line(end(file));
            assert_true(strlen(text) <= 16 << 10);
            assert_true(len <= 3000 || json_is_true(json_object_get(object, "cut")));
            json_decref(object);
            file = begin(PYR_LOG_INFO, PYR_LOG_LOGFMT);
            pyr_log(PYR_LOG_INFO, "m", PYR_KV_V("a", v), PYR_KV_V("b", v), PYR_KV_V("c", v), PYR_KV_V("d", v),
                    PYR_KV_V("e", v));
            const char *line = end(file);
            assert_true(strlen(line) <= 16 << 10 && line[strlen(line) - 1] == '\n');
        }
    }
}

static void *log_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        pyr_log(PYR_LOG_INFO, "from a thread", PYR_KV_I("thread", (intptr_t)arg), PYR_KV_I("line", i));
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    FILE *file = begin(PYR_LOG_INFO, PYR_LOG_JSON);
    pthread_t threads[4];
    for (intptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, (void *)i),
                         0); // NOLINT(performance-no-int-to-ptr)
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)end(file);
    int next[4] = {0};
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        const json_int_t thread = json_integer_value(json_object_get(object, "thread"));
        assert_int_equal(json_integer_value(json_object_get(object, "line")), next[thread]++);
        json_decref(object);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(next[i], 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_lines), cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_long_lines_stay_whole),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
