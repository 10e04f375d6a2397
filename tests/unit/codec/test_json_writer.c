#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Reads `text` back with jansson. */
static const json_t *read_back(struct pyr_buf *out, struct pyr_arena *arena)
{
    const json_t *v;
    struct pyr_diag diag = {0};
    assert_int_equal(out->err, PYR_OK);
    assert_int_equal(pyr_json_load(pyr_buf_span(out), arena, &v, &diag), PYR_OK);
    return v;
}

static void test_punctuation(void **state)
{
    (void)state;
    struct pyr_buf out;
    pyr_buf_init(&out, 1000);
    struct pyr_json_writer w = pyr_json_writer(&out);
    pyr_json_begin_array(&w);
    pyr_json_begin_object(&w);
    pyr_json_end_object(&w);
    pyr_json_begin_object(&w);
    pyr_json_key(&w, PYR_STR("a"));
    pyr_json_begin_array(&w);
    pyr_json_int(&w, INT64_MIN);
    pyr_json_uint(&w, UINT64_MAX);
    pyr_json_int_str(&w, -1);
    pyr_json_uint_str(&w, 0);
    pyr_json_end_array(&w);
    pyr_json_key(&w, PYR_STR("b\""));
    pyr_json_null(&w);
    pyr_json_end_object(&w);
    pyr_json_bool(&w, true);
    pyr_json_bool(&w, false);
    pyr_json_base64(&w, pyr_str_span(PYR_STR("hello")));
    pyr_json_end_array(&w);
    pyr_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, "[{},{\"a\":[-9223372036854775808,18446744073709551615,\"-1\",\"0\"],"
                                                "\"b\\\"\":null},true,false,\"aGVsbG8=\"]");
    pyr_buf_free(&out);
}

/* Every byte string of up to three bytes that begins like this, against jansson and the rule "a bad byte, U+FFFD". */
static void test_any_bytes_make_valid_text(void **state)
{
    (void)state;
    static const uint8_t firsts[] = {0,    9,    31,   '"',  '\\', 'a',  127,  0x80, 0xbf,
                                     0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
    struct pyr_arena arena;
    struct pyr_buf out;
    pyr_arena_init(&arena, 1 << 20, NULL);
    pyr_buf_init(&out, 1000);
    for (size_t i = 0; i < PYR_COUNT_OF(firsts); i++) {
        for (unsigned second = 0; second < 256; second++) {
            for (size_t third = 0; third < PYR_COUNT_OF(firsts); third++) {
                const uint8_t bytes[3] = {firsts[i], (uint8_t)second, firsts[third]};
                char expected[32];
                size_t len = 0;
                for (size_t at = 0; at < sizeof(bytes);) {
                    /* The longest stretch from here that is UTF-8: one character at least, or a bad byte. */
                    size_t n = sizeof(bytes) - at, bad;
                    while (n > 0 && !pyr_utf8_valid((struct pyr_str){(const char *)bytes + at, n}, &bad))
                        n--;
                    const bool good = n > 0;
                    memcpy(expected + len, good ? (const char *)bytes + at : "\xef\xbf\xbd", good ? n : 3);
                    len += good ? n : 3;
                    at += good ? n : 1;
                }
                pyr_buf_clear(&out);
                pyr_arena_reset(&arena);
                struct pyr_json_writer w = pyr_json_writer(&out);
                pyr_json_str(&w, pyr_span_str((struct pyr_span){bytes, sizeof(bytes)}));
                const struct pyr_str got = pyr_json_text(read_back(&out, &arena));
                assert_int_equal(got.len, len);
                assert_memory_equal(got.ptr, expected, len);
            }
        }
    }
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

static const char *spell(struct pyr_buf *out, double v, bool narrow)
{
    pyr_buf_clear(out);
    struct pyr_json_writer w = pyr_json_writer(out);
    if (narrow)
        pyr_json_real32(&w, (float)v);
    else
        pyr_json_real(&w, v);
    pyr_buf_byte(out, 0);
    return (const char *)out->data;
}

static void test_reals(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } doubles[] = {
        {0, "0"},
        {-0.0, "-0.0"},
        {1, "1"},
        {-15, "-15"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e21, "1e+21"},
        {1e-7, "1e-07"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {9007199254740991, "9007199254740991"},
        {NAN, "\"NaN\""},
        {INFINITY, "\"Infinity\""},
        {-INFINITY, "\"-Infinity\""},
    };
    static const struct {
        float v;
        const char *text;
    } floats[] = {{0.1f, "0.1"},
                  {-0.0f, "-0.0"},
                  {16777216, "16777216"},
                  {1e-45f, "1e-45"},
                  {FLT_MAX, "3.4028235e+38"},
                  {-INFINITY, "\"-Infinity\""}};
    struct pyr_buf out;
    pyr_buf_init(&out, 100);
    for (size_t i = 0; i < PYR_COUNT_OF(doubles); i++)
        assert_string_equal(spell(&out, doubles[i].v, false), doubles[i].text);
    for (size_t i = 0; i < PYR_COUNT_OF(floats); i++)
        assert_string_equal(spell(&out, (double)floats[i].v, true), floats[i].text);
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double v;
        memcpy(&v, &bits, sizeof(v));
        if (isfinite(v))
            assert_true(strtod(spell(&out, v, false), NULL) == v);
    }
    pyr_buf_free(&out);
}

static void test_base64_of_every_tail(void **state)
{
    (void)state;
    /* RFC 4648, section 10. */
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    char text[32];
    uint8_t bytes[32];
    size_t len;
    for (size_t i = 0; i < PYR_COUNT_OF(vectors); i++) {
        const struct pyr_str in = pyr_str_of(vectors[i][0]), coded = pyr_str_of(vectors[i][1]);
        pyr_base64_encode(pyr_str_span(in), text);
        assert_int_equal(pyr_base64_encoded_size(in.len), coded.len);
        assert_memory_equal(text, coded.ptr, coded.len);
        assert_true(pyr_base64_decode(coded, bytes, &len));
        assert_int_equal(len, in.len);
        assert_memory_equal(bytes, in.ptr, len);
        assert_true(pyr_base64_decoded_max(coded.len) >= len);
        memcpy(bytes, text, coded.len); /* in place */
        assert_true(pyr_base64_decode((struct pyr_str){(const char *)bytes, coded.len}, bytes, &len));
        assert_memory_equal(bytes, in.ptr, len);
    }
    /* Each of the 64 values, in both alphabets; every other character is refused. */
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", url[] = "-_";
    for (int c = 0; c < 256; c++) {
        const char quad[4] = {'A', 'A', 'A', (char)c};
        const char *in_standard = c != 0 ? strchr(standard, c) : NULL, *in_url = c != 0 ? strchr(url, c) : NULL;
        const bool ok = pyr_base64_decode((struct pyr_str){quad, 4}, bytes, &len);
        if (c == '=') {
            assert_true(ok && len == 2);
            continue;
        }
        assert_int_equal(ok, in_standard != NULL || in_url != NULL);
        if (ok)
            assert_int_equal(bytes[2], in_standard != NULL ? in_standard - standard : 62 + (in_url - url));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_punctuation),
        cmocka_unit_test(test_any_bytes_make_valid_text),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_base64_of_every_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
