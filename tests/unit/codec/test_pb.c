#include "base/mem.h"
#include "codec/pb.h"
#include <stdlib.h>
#include <string.h>

/* The bytes at the very end of an allocation, so that the sanitizer sees a read past them. */
static struct pyr_span at_edge(const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len != 0 ? len : 1);
    if (len != 0)
        memcpy(copy, bytes, len);
    return (struct pyr_span){copy, len};
}

static void free_edge(struct pyr_span s)
{
    free((void *)(uintptr_t)s.ptr);
}

/* One digit at a time, as the format's page explains it. */
static size_t naive_write(uint8_t *out, uint64_t v)
{
    size_t n = 0;
    for (; v >= 128; v /= 128)
        out[n++] = (uint8_t)(v % 128 + 128);
    out[n++] = (uint8_t)v;
    return n;
}

static void test_varints_of_every_length(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int delta = -1; delta <= 1; delta++) {
            const uint64_t v = (UINT64_C(1) << bit) + (uint64_t)(int64_t)delta;
            uint8_t expected[16], written[16];
            const size_t n = naive_write(expected, v);
            assert_int_equal(pyr_uvarint_size(v), n);
            assert_int_equal(pyr_uvarint_write(written, v) - written, n);
            assert_memory_equal(expected, written, n);
            /* Alone (the checked path), and with bytes of all kinds behind it (the fast one). */
            for (size_t tail = 0; tail <= 12; tail++) {
                uint8_t bytes[32];
                memcpy(bytes, expected, n);
                memset(bytes + n, tail % 2 ? 0xff : 0, tail);
                struct pyr_span s = at_edge(bytes, n + tail);
                uint64_t got = ~v;
                assert_ptr_equal(pyr_uvarint_read(s.ptr, s.ptr + s.len, &got), s.ptr + n);
                assert_true(got == v);
                free_edge(s);
            }
            for (size_t cut = 0; cut < n; cut++) {
                struct pyr_span s = at_edge(expected, cut);
                uint64_t got;
                assert_null(pyr_uvarint_read(s.ptr, s.ptr + cut, &got));
                free_edge(s);
            }
        }
    }
}

static void test_varints_that_are_too_long(void **state)
{
    (void)state;
    for (size_t tail = 0; tail <= 10; tail += 10) {
        uint8_t bytes[32];
        uint64_t v;
        memset(bytes, 0x80, sizeof(bytes));
        bytes[9] = 1; /* needlessly long where the other digits are zero, but 64 bits */
        assert_ptr_equal(pyr_uvarint_read(bytes, bytes + 10 + tail, &v), bytes + 10);
        assert_true(v == UINT64_C(1) << 63);
        bytes[9] = 2;
        assert_null(pyr_uvarint_read(bytes, bytes + 10 + tail, &v));
        bytes[9] = 0x80;
        bytes[10] = 0;
        assert_null(pyr_uvarint_read(bytes, bytes + 11 + tail, &v));
    }
}

static void test_zigzag(void **state)
{
    (void)state;
    const int64_t values[] = {0, -1, 1, -2, 2, INT64_MAX, INT64_MIN};
    const uint64_t expected[] = {0, 1, 2, 3, 4, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < PYR_COUNT_OF(values); i++) {
        assert_true(pyr_zigzag_encode(values[i]) == expected[i]);
        assert_true(pyr_zigzag_decode(expected[i]) == values[i]);
    }
}

/* Walks `bytes` as a message of unknown fields; NULL when all is well. */
static const char *walk(struct pyr_span s, size_t *offset)
{
    struct pyr_pb_reader r = pyr_pb_reader(s);
    while (pyr_pb_next(&r) && pyr_pb_skip(&r)) {
    }
    *offset = pyr_pb_offset(&r);
    return r.error;
}

static void test_mistakes_have_words_and_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len, offset;
        const char *error;
    } cases[] = {
        {"", 0, 0, NULL},
        {"\x08\x96\x01\x12\x03"
         "abc\x1d"
         "1234!12345678",
         22, 22, NULL}, /* 0x21: fixed64 */
        {"\x08\x80", 2, 1, "truncated varint"},
        {"\x08\x01\x80", 3, 2, "truncated varint"},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, 1, "varint of more than 64 bits"},
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 13, 1, "varint of more than 64 bits"},
        {"\x12\x04"
         "abc",
         5, 1, "length reaches past the end"},
        {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 1, "length reaches past the end"},
        {"\x1d"
         "123",
         4, 1, "truncated 32-bit value"},
        {"\x19"
         "1234567",
         8, 1, "truncated 64-bit value"},
        {"\x00", 1, 0, "invalid field number"},
        {"\x07", 1, 0, "invalid field number"},
        {"\x80\x80\x80\x80\x10\x00", 6, 0, "invalid field number"},
        {"\x08\x01\x0e", 3, 2, "invalid wire type"},
        {"\x0f", 1, 0, "invalid wire type"},
        {"\x0b\x13\x18\x01\x14\x0c", 6, 6, NULL}, /* groups 1 { 2 { 3: 1 } } */
        {"\x0b\x13\x18\x01\x14", 5, 5, "truncated group"},
        {"\x0b\x13\x0c", 3, 3, "end of a group that was not begun"},
        {"\x0c", 1, 1, "end of a group that was not begun"},
        {"\x0b\x12\x7f", 3, 2, "length reaches past the end"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_span s = at_edge(cases[i].bytes, cases[i].len);
        size_t offset;
        const char *error = walk(s, &offset);
        if (cases[i].error == NULL)
            assert_null(error);
        else
            assert_string_equal(error, cases[i].error);
        assert_int_equal(offset, cases[i].offset);
        free_edge(s);
    }
}

static void test_groups_nest_to_a_limit(void **state)
{
    (void)state;
    uint8_t bytes[2 * (PYR_PB_DEPTH_MAX + 1)];
    for (size_t depth = PYR_PB_DEPTH_MAX; depth <= PYR_PB_DEPTH_MAX + 1; depth++) {
        memset(bytes, 0x0b, depth);
        memset(bytes + depth, 0x0c, depth);
        size_t offset;
        const char *error = walk((struct pyr_span){bytes, 2 * depth}, &offset);
        if (depth <= PYR_PB_DEPTH_MAX)
            assert_null(error);
        else
            assert_string_equal(error, "groups nested too deep");
    }
}

static void test_offsets_in_nested_messages_count_from_the_start(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x08, 0x01, 0x12, 0x03, 0x1a, 0x01, 0x08};
    struct pyr_pb_reader r = pyr_pb_reader((struct pyr_span){bytes, sizeof(bytes)}), sub, subsub;
    uint64_t v;
    assert_true(pyr_pb_next(&r) && pyr_pb_read_varint(&r, &v) && pyr_pb_next(&r) && pyr_pb_read_sub(&r, &sub));
    assert_false(pyr_pb_next(&r));
    assert_null(r.error);
    assert_true(pyr_pb_next(&sub) && pyr_pb_read_sub(&sub, &subsub) && pyr_pb_next(&subsub));
    assert_false(pyr_pb_read_varint(&subsub, &v));
    struct pyr_diag diag = {0};
    assert_int_equal(pyr_pb_fail(&subsub, &diag, "Profile.sample"), PYR_E_CORRUPT);
    assert_string_equal(diag.message, "Profile.sample: truncated varint at byte 7");
}

static void test_nested_messages_of_every_length_class(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 124, 125, 126, 127, 128, 16379, 16380, 16381, 16384, 2097150};
    uint8_t *payload = calloc(1, 3 << 20);
    for (size_t i = 0; i < PYR_COUNT_OF(lengths); i++) {
        struct pyr_buf out;
        pyr_buf_init(&out, 4 << 20);
        const size_t outer = pyr_pb_begin(&out, 1);
        const size_t inner = pyr_pb_begin(&out, 2);
        pyr_pb_write_bytes(&out, 3, (struct pyr_span){payload, lengths[i]});
        pyr_pb_end(&out, inner);
        pyr_pb_write_uint(&out, 4, (uint64_t)-1);
        pyr_pb_end(&out, outer);
        assert_int_equal(out.err, PYR_OK);

        struct pyr_pb_reader r = pyr_pb_reader(pyr_buf_span(&out)), a, b;
        struct pyr_span s;
        uint64_t v;
        assert_true(pyr_pb_next(&r) && r.tag == PYR_PB_TAG(1, PYR_PB_WIRE_LEN) && pyr_pb_read_sub(&r, &a));
        assert_int_equal(pyr_pb_left(&r), 0);
        assert_true(pyr_pb_next(&a) && a.tag == PYR_PB_TAG(2, PYR_PB_WIRE_LEN) && pyr_pb_read_sub(&a, &b));
        assert_true(pyr_pb_next(&b) && pyr_pb_read_bytes(&b, &s));
        assert_int_equal(s.len, lengths[i]);
        assert_int_equal(pyr_pb_left(&b), 0);
        assert_true(pyr_pb_next(&a) && a.tag == PYR_PB_TAG(4, PYR_PB_WIRE_VARINT) && pyr_pb_read_varint(&a, &v));
        assert_true(v == UINT64_MAX);
        assert_int_equal(pyr_pb_left(&a), 0);
        pyr_buf_free(&out);
    }
    free(payload);
}

static void test_a_full_buffer_stops_the_writers(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 300, UINT64_MAX};
    for (size_t max = 0; max < 40; max++) {
        struct pyr_buf out;
        pyr_buf_init(&out, max);
        const size_t begun = pyr_pb_begin(&out, 1);
        pyr_pb_write_packed_u64(&out, 2, values, PYR_COUNT_OF(values));
        pyr_pb_put_tag(&out, 3, PYR_PB_WIRE_FIXED64);
        pyr_pb_put_fixed64(&out, 5);
        pyr_pb_end(&out, begun);
        assert_int_equal(out.err, max < 2 + 15 + 9 ? PYR_E_TOOBIG : PYR_OK);
        assert_true(out.len <= max);
        pyr_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_varints_of_every_length),
        cmocka_unit_test(test_varints_that_are_too_long),
        cmocka_unit_test(test_zigzag),
        cmocka_unit_test(test_mistakes_have_words_and_offsets),
        cmocka_unit_test(test_groups_nest_to_a_limit),
        cmocka_unit_test(test_offsets_in_nested_messages_count_from_the_start),
        cmocka_unit_test(test_nested_messages_of_every_length_class),
        cmocka_unit_test(test_a_full_buffer_stops_the_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
