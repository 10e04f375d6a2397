/* What random comparison with another library (tests/golden/codec/pb_message.py) does not say: errors, limits, leniency,
 * memory running out. */
#include "base/mem.h"
#include "codec/gen/push.pb.h"
#include "codec/gen/querier.pb.h"
#include "codec/pb.h"
#include "support/gen/all_types.pb.c"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 20 };

typedef struct pyr_querier_v1_SelectMergeStacktracesRequest merge_request;
typedef struct pyr_querier_v1_SelectSeriesRequest series_request;

static struct pyr_arena arena;
static struct pyr_diag diag;

static int set_up(void **state)
{
    (void)state;
    pyr_arena_init(&arena, LIMIT, NULL);
    memset(&diag, 0, sizeof(diag));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pyr_arena_free(&arena);
    return 0;
}

static pyr_err from_json(const struct pyr_pb_message *m, const char *text, void *out)
{
    memset(&diag, 0, sizeof(diag));
    /* A copy without terminator: nothing may be read past its end. */
    const size_t len = strlen(text);
    uint8_t *copy = malloc(len != 0 ? len : 1);
    memcpy(copy, text, len);
    const pyr_err err = pyr_pb_json_decode(m, (struct pyr_span){copy, len}, &arena, out, &diag);
    free(copy);
    return err;
}

static void assert_text(struct pyr_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.ptr, expected, s.len);
}

static void test_json_is_read_as_clients_write_it(void **state)
{
    (void)state;
    merge_request r;
    /* Both kinds of names, numbers and strings, nulls, fields from the future. */
    const char *text =
        "{\"profile_typeID\":\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\",\"label_selector\":\"{}\","
        "\"start\":\"1795219140000\",\"end\":1795219260000,\"maxNodes\":\"16\",\"format\":null,"
        "\"stackTraceSelector\":{\"call_site\":[{\"name\":\"main\"},{}],\"goPgo\":{\"keepLocations\":5}},"
        "\"somethingNew\":{\"deep\":[[[1e5,true]]]},\"profileIdSelector\":null}";
    assert_int_equal(from_json(&pyr_querier_v1_SelectMergeStacktracesRequest_pb, text, &r), PYR_OK);
    assert_text(r.profile_typeID, "process_cpu:cpu:nanoseconds:cpu:nanoseconds");
    assert_text(r.label_selector, "{}");
    assert_int_equal(r.start, 1795219140000);
    assert_int_equal(r.end, 1795219260000);
    assert_true(r.has_max_nodes && r.max_nodes == 16);
    assert_int_equal(r.format, PYR_QUERIER_V1_PROFILE_FORMAT_UNSPECIFIED);
    assert_int_equal(r.stack_trace_selector->call_site.count, 2);
    assert_text(r.stack_trace_selector->call_site.items[0].name, "main");
    assert_int_equal(r.stack_trace_selector->call_site.items[1].name.len, 0);
    assert_int_equal(r.stack_trace_selector->go_pgo->keep_locations, 5);
    assert_int_equal(r.profile_id_selector.count, 0);
    assert_null(r.async);
}

static void test_json_enums(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t format;
    } cases[] = {
        {"{\"format\":\"PROFILE_FORMAT_DOT\"}", PYR_QUERIER_V1_PROFILE_FORMAT_DOT},
        {"{\"format\":3}", PYR_QUERIER_V1_PROFILE_FORMAT_DOT},
        {"{\"format\":77}", 77},
        {"{\"format\":\"PROFILE_FORMAT_OF_THE_FUTURE\"}", 0},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        merge_request r;
        assert_int_equal(from_json(&pyr_querier_v1_SelectMergeStacktracesRequest_pb, cases[i].text, &r), PYR_OK);
        assert_int_equal(r.format, cases[i].format);
    }
}

static void test_json_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double step;
    } reals[] = {{"15", 15},
                 {"0.5", 0.5},
                 {"\"2.5e1\"", 25},
                 {"-0.0", -0.0},
                 {"\"Infinity\"", INFINITY},
                 {"\"-Infinity\"", -INFINITY}};
    static const struct {
        const char *text;
        int64_t start;
    } integers[] = {{"-1", -1},
                    {"1e3", 1000},
                    {"\"1e3\"", 1000},
                    {"2.0", 2},
                    {"\"-5\"", -5},
                    {"9223372036854775807", INT64_MAX},
                    {"-9223372036854775808", INT64_MIN},
                    {"\"-9223372036854775808\"", INT64_MIN}};
    char text[100];
    series_request r;
    for (size_t i = 0; i < PYR_COUNT_OF(reals); i++) {
        (void)snprintf(text, sizeof(text), "{\"step\":%s}", reals[i].text);
        assert_int_equal(from_json(&pyr_querier_v1_SelectSeriesRequest_pb, text, &r), PYR_OK);
        assert_memory_equal(&r.step, &reals[i].step, sizeof(double));
    }
    assert_int_equal(from_json(&pyr_querier_v1_SelectSeriesRequest_pb, "{\"step\":\"NaN\"}", &r), PYR_OK);
    assert_true(isnan(r.step));
    for (size_t i = 0; i < PYR_COUNT_OF(integers); i++) {
        (void)snprintf(text, sizeof(text), "{\"start\":%s}", integers[i].text);
        assert_int_equal(from_json(&pyr_querier_v1_SelectSeriesRequest_pb, text, &r), PYR_OK);
        assert_true(r.start == integers[i].start);
    }
}

static void test_json_floats_reach_to_the_largest(void **state)
{
    (void)state;
    struct pyr_test_Single s;
    assert_int_equal(from_json(&pyr_test_Single_pb, "{\"aFloat\":-3.4028235e+38}", &s), PYR_OK);
    assert_true(s.a_float == -FLT_MAX);
    assert_int_equal(from_json(&pyr_test_Single_pb, "{\"aFloat\":3.4028236e+38}", &s), PYR_E_CORRUPT);
    assert_string_equal(diag.message, "test.Single.a_float: number out of range");
}

static void test_json_mistakes_name_the_field(void **state)
{
    (void)state;
#define MERGE "querier.v1.SelectMergeStacktracesRequest."
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "JSON: empty"},
        {"{\"start\":1", "JSON: '}' expected near end of file at byte 10"},
        {"{\"start\":1} x", "JSON: end of file expected near 'x' at byte 13"},
        {"{\"label_selector\":\"\xff\"}", "JSON: unable to decode byte 0xff near '\"' at byte 19"},
        {"[]", "querier.v1.SelectMergeStacktracesRequest: expected an object"},
        {"{\"start\":1,\"start\":2}", "JSON: duplicate object key near '\"start\"' at byte 18"},
        {"{\"maxNodes\":1,\"max_nodes\":2}", MERGE "max_nodes: given twice, under both of its names"},
        {"{\"start\":true}", MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"start\":\" 1\"}", MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"start\":\"0x10\"}", MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"start\":1.5}", MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"start\":1e19}", MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"start\":\"9223372036854775808\"}",
         MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"start\":\"NaN\"}", MERGE "start: expected an integer, as a number or a string, within its range"},
        {"{\"format\":2147483648}", MERGE "format: expected an integer, as a number or a string, within its range"},
        {"{\"labelSelector\":5}", MERGE "label_selector: expected a string"},
        {"{\"profileIdSelector\":\"x\"}", MERGE "profile_id_selector: expected an array"},
        {"{\"profileIdSelector\":[null]}", MERGE "profile_id_selector: expected a string"},
        {"{\"stackTraceSelector\":[]}", MERGE "stack_trace_selector: expected an object"},
        {"{\"stackTraceSelector\":{\"goPgo\":{\"aggregateCallees\":1}}}",
         "types.v1.GoPGO.aggregate_callees: expected true or false"},
        {"{\"stackTraceSelector\":{\"goPgo\":{\"keepLocations\":-1}}}",
         "types.v1.GoPGO.keep_locations: expected an unsigned integer, as a number or a string, within its range"},
        {"{\"stackTraceSelector\":{\"goPgo\":{\"keepLocations\":4294967296}}}",
         "types.v1.GoPGO.keep_locations: expected an unsigned integer, as a number or a string, within its range"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        merge_request r;
        assert_int_equal(from_json(&pyr_querier_v1_SelectMergeStacktracesRequest_pb, cases[i].text, &r), PYR_E_CORRUPT);
        assert_string_equal(diag.message, cases[i].message);
    }
}

static void test_json_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"+/8A", true},   {"-_8A", true},     {"+_8A", true},  {"+/8AAQ==", true},
        {"+/8AAQ", true}, {"", true},         {"+/8", true},   {"+/8=", true},
        {"+/8==", false}, {"+", false},       {"=", false},    {"====", false},
        {"+/ A", false},  {"+/8A\\n", false}, {"+=8A", false}, {"\xc3\xa4\xc3\xa4", false},
    };
    static const uint8_t bytes[] = {0xfb, 0xff, 0x00, 0x01};
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_push_v1_RawSample s;
        char text[100];
        (void)snprintf(text, sizeof(text), "{\"rawProfile\":\"%s\"}", cases[i].text);
        assert_int_equal(from_json(&pyr_push_v1_RawSample_pb, text, &s), cases[i].ok ? PYR_OK : PYR_E_CORRUPT);
        if (cases[i].ok)
            assert_memory_equal(s.raw_profile.ptr, bytes, s.raw_profile.len);
        else
            assert_string_equal(diag.message, "push.v1.RawSample.raw_profile: not base64");
    }
}

/* Brackets take a hundred times their length as a tree. */
static void test_json_memory_is_bounded(void **state)
{
    (void)state;
    static char text[LIMIT / 8];
    struct pyr_push_v1_PushRequest r;
    text[0] = '{';
    memcpy(text + 1, "\"x\":[", 5);
    for (size_t i = 6; i + 4 < sizeof(text); i += 3)
        memcpy(text + i, "[],", 3);
    assert_int_equal(from_json(&pyr_push_v1_PushRequest_pb, text, &r), PYR_E_NOMEM);
    assert_string_equal(diag.message, "JSON: no memory left for it");
    assert_true(pyr_arena_bytes(&arena) <= LIMIT);
}

static void test_json_nesting_is_bounded(void **state)
{
    (void)state;
    static char text[200000];
    struct pyr_push_v1_PushRequest r;
    memcpy(text, "{\"x\":", 5);
    memset(text + 5, '[', sizeof(text) - 6);
    assert_int_equal(from_json(&pyr_push_v1_PushRequest_pb, text, &r), PYR_E_CORRUPT);
    assert_non_null(strstr(diag.message, "maximum parsing depth reached"));
}

static void test_binary_mistakes_name_field_and_byte(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } cases[] = {
        {"\x0a\x05\x12\x03\x0a\x05\x61", 7, "push.v1.RawSample.raw_profile: length reaches past the end at byte 5"},
        {"\x0a\x02\x0a\x05", 4, "push.v1.RawProfileSeries.labels: length reaches past the end at byte 3"},
        {"\x0a\x01\x00", 3, "push.v1.RawProfileSeries: invalid field number at byte 2"},
        {"\x38\xff", 2, "push.v1.PushRequest: truncated varint at byte 1"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_push_v1_PushRequest r;
        memset(&diag, 0, sizeof(diag));
        const struct pyr_span in = {(const uint8_t *)cases[i].bytes, cases[i].len};
        assert_int_equal(pyr_pb_decode(&pyr_push_v1_PushRequest_pb, in, &arena, &r, &diag), PYR_E_CORRUPT);
        assert_string_equal(diag.message, cases[i].message);
    }
    struct pyr_querier_v1_Level level;
    memset(&diag, 0, sizeof(diag));
    const struct pyr_span in = {(const uint8_t *)"\x0a\x03\x01\x02\x80", 5};
    assert_int_equal(pyr_pb_decode(&pyr_querier_v1_Level_pb, in, &arena, &level, &diag), PYR_E_CORRUPT);
    assert_string_equal(diag.message, "querier.v1.Level.values: truncated varint at byte 4");
    const struct pyr_span only_torn = {(const uint8_t *)"\x0a\x01\x80", 3};
    assert_int_equal(pyr_pb_decode(&pyr_querier_v1_Level_pb, only_torn, &arena, &level, &diag), PYR_E_CORRUPT);
}

/* A message within itself: none of the API's is, but the limit is for those that will be. */
struct nested {
    struct nested *child;
};
static const struct pyr_pb_message nested_pb;
static const struct pyr_pb_field nested_fields[] = {
    {1, PYR_PB_MESSAGE, false, offsetof(struct nested, child), 0, "child", "child", &nested_pb, NULL},
};
static const struct pyr_pb_message nested_pb = {"test.Nested", sizeof(struct nested), nested_fields, 1};

static pyr_err read_binary_nest(unsigned depth)
{
    uint8_t bytes[400];
    size_t at = sizeof(bytes);
    for (unsigned i = 0; i < depth; i++) {
        const size_t len = sizeof(bytes) - at;
        at -= pyr_uvarint_size(len) + 1;
        bytes[at] = PYR_PB_TAG(1, PYR_PB_WIRE_LEN);
        pyr_uvarint_write(bytes + at + 1, len);
    }
    struct nested n;
    memset(&diag, 0, sizeof(diag));
    return pyr_pb_decode(&nested_pb, (struct pyr_span){bytes + at, sizeof(bytes) - at}, &arena, &n, &diag);
}

static pyr_err read_json_nest(unsigned depth)
{
    char text[2000] = "";
    struct nested n;
    for (unsigned i = 0; i < depth; i++)
        memcpy(text + strlen(text), "{\"child\":", sizeof("{\"child\":"));
    memcpy(text + strlen(text), "{}", sizeof("{}"));
    for (unsigned i = 0; i < depth; i++)
        memcpy(text + strlen(text), "}", sizeof("}"));
    return from_json(&nested_pb, text, &n);
}

static void test_messages_nest_to_a_limit(void **state)
{
    (void)state;
    assert_int_equal(read_binary_nest(PYR_PB_DEPTH_MAX), PYR_OK);
    assert_int_equal(read_binary_nest(PYR_PB_DEPTH_MAX + 1), PYR_E_CORRUPT);
    assert_non_null(strstr(diag.message, "test.Nested.child: messages nested too deep at byte "));
    assert_int_equal(read_json_nest(PYR_PB_DEPTH_MAX), PYR_OK);
    assert_int_equal(read_json_nest(PYR_PB_DEPTH_MAX + 1), PYR_E_CORRUPT);
    assert_string_equal(diag.message, "test.Nested.child: messages nested too deep");
}

static void test_views_are_not_copied(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x0a, 0x07, 0x12, 0x05, 0x0a, 0x03, 'a', 'b', 'c'};
    struct pyr_push_v1_PushRequest r;
    assert_int_equal(
        pyr_pb_decode(&pyr_push_v1_PushRequest_pb, (struct pyr_span){bytes, sizeof(bytes)}, &arena, &r, &diag), PYR_OK);
    assert_ptr_equal(r.series.items[0].samples.items[0].raw_profile.ptr, bytes + 6);
}

static void test_json_is_written_as_the_wire_has_it(void **state)
{
    (void)state;
    int64_t values[] = {0, 370, 0, 0};
    struct pyr_querier_v1_Level levels[] = {{.values = {values, 4}}, {.values = {NULL, 0}}};
    struct pyr_str names[] = {PYR_STR("total"), PYR_STR("bad \xff\xc3( utf-8"), PYR_STR("<&>\"\\\n\x01")};
    struct pyr_querier_v1_FlameGraphDiff graph = {
        .names = {names, 3}, .levels = {levels, 2}, .total = INT64_MAX, .leftTicks = -1};
    const struct pyr_querier_v1_DiffResponse response = {&graph};
    struct pyr_buf out;
    pyr_buf_init(&out, LIMIT);
    pyr_pb_json_encode(&pyr_querier_v1_DiffResponse_pb, &response, &out);
    pyr_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data,
                        "{\"flamegraph\":{\"names\":[\"total\",\"bad \xef\xbf\xbd\xef\xbf\xbd( utf-8\","
                        "\"<&>\\\"\\\\\\n\\u0001\"],\"levels\":[{\"values\":[\"0\",\"370\",\"0\",\"0\"]},{}],"
                        "\"total\":\"9223372036854775807\",\"leftTicks\":\"-1\"}}");
    pyr_buf_free(&out);
}

/* JSON to binary, and back to the same JSON. */
static pyr_err there_and_back(struct pyr_span json)
{
    const struct pyr_pb_message *m = &pyr_querier_v1_SelectMergeStacktracesRequest_pb;
    struct pyr_arena a;
    struct pyr_buf binary, text;
    merge_request r, again;
    pyr_arena_init(&a, LIMIT, NULL);
    pyr_buf_init(&binary, LIMIT);
    pyr_buf_init(&text, LIMIT);
    pyr_err err = pyr_pb_json_decode(m, json, &a, &r, NULL);
    if (err == PYR_OK) {
        pyr_pb_encode(m, &r, &binary);
        err = binary.err;
    }
    if (err == PYR_OK)
        err = pyr_pb_decode(m, pyr_buf_span(&binary), &a, &again, NULL);
    if (err == PYR_OK) {
        pyr_pb_json_encode(m, &again, &text);
        err = text.err;
    }
    if (err == PYR_OK) {
        assert_int_equal(text.len, json.len);
        assert_memory_equal(text.data, json.ptr, json.len);
    }
    pyr_buf_free(&text);
    pyr_buf_free(&binary);
    pyr_arena_free(&a);
    return err;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    /* Long enough for jansson to grow the buffer of a token: it must not lose its end. */
    char text[40000] = "{\"labelSelector\":\"", tail[] =
                                                    "\",\"stackTraceSelector\":{\"callSite\":[{\"name\":\"main\"}]},"
                                                    "\"profileIdSelector\":[\"a\",\"b\"]}";
    const size_t head = strlen(text);
    memset(text + head, 'x', 30000);
    memcpy(text + head + 30000, tail, sizeof(tail));
    const struct pyr_span json = pyr_str_span(pyr_str_of(text));
    const size_t before = pyr_mem_in_use();
    uint64_t n = 0;
    bool fired;
    do {
        pyr_mem_fail_nth(++n);
        /* An arena that gets no comfortable chunk asks for a small one: then all is as ever. */
        const pyr_err err = there_and_back(json);
        fired = pyr_mem_failed();
        assert_true(err == PYR_OK || (fired && err == PYR_E_NOMEM));
        assert_int_equal(pyr_mem_in_use(), before);
    } while (fired);
    pyr_mem_fail_nth(0);
    assert_true(n > 5);
}

/* The same where it is the arena's limit that is met, at every size it can have. */
static void test_every_limit_is_an_error_or_enough(void **state)
{
    (void)state;
    static const char text[] =
        "{\"labelSelector\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
        "\"profileIdSelector\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]}";
    bool enough = false;
    for (size_t limit = 0; limit < 20000; limit += 16) {
        struct pyr_arena a;
        merge_request r;
        pyr_arena_init(&a, limit, NULL);
        const pyr_err err = pyr_pb_json_decode(&pyr_querier_v1_SelectMergeStacktracesRequest_pb,
                                               pyr_str_span(PYR_STR(text)), &a, &r, NULL);
        assert_true(err == PYR_OK || (err == PYR_E_NOMEM && !enough));
        enough = err == PYR_OK;
        if (enough) {
            assert_int_equal(r.label_selector.len, 76);
            assert_int_equal(r.profile_id_selector.count, 10);
        }
        pyr_arena_free(&a);
    }
    assert_true(enough);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_is_read_as_clients_write_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_enums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_floats_reach_to_the_largest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_mistakes_name_the_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_memory_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_nesting_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_binary_mistakes_name_field_and_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_messages_nest_to_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_views_are_not_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_is_written_as_the_wire_has_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_allocation_may_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_limit_is_an_error_or_enough, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
