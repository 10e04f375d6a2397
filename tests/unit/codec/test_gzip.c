/* zlib makes the streams and is the oracle. */
#include "codec/gzip.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LIMIT = 64 << 20, OUT_MAX = 16 << 20 };

struct fixture {
    struct pyr_arena arena;
    struct pyr_diag diag;
    struct pyr_span out;
};

static pyr_err inflate_to(struct fixture *f, struct pyr_span in, size_t max_out)
{
    pyr_arena_free(&f->arena);
    memset(&f->diag, 0, sizeof(f->diag));
    return pyr_gunzip(in, max_out, &f->arena, &f->out, &f->diag);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    pyr_arena_init(&f->arena, LIMIT, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    pyr_arena_free(&f->arena);
    free(f);
    return 0;
}

/* Text that shrinks, but not to nothing. */
static void fill(uint8_t *p, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        p[i] = (uint8_t)("main;runtime.mallocgc "[seed >> 16 & 15] + (i % 7 == 0));
    }
}

/* One member, appended at out + *len; `extras`: with every field a header can have. */
static void member(uint8_t *out, size_t *len, size_t cap, struct pyr_span in, bool extras)
{
    z_stream z = {0};
    Bytef name[] = "profile.pb", comment[] = "c", extra[] = "xy\2\0zz";
    gz_header header = {.name = name, .comment = comment, .extra = extra, .extra_len = 6, .hcrc = 1};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    if (extras)
        assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)in.ptr;
    z.avail_in = (uInt)in.len;
    z.next_out = out + *len;
    z.avail_out = (uInt)(cap - *len);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *len = cap - z.avail_out;
    deflateEnd(&z);
}

static void expect(struct fixture *f, struct pyr_span in, const uint8_t *data, size_t len)
{
    assert_int_equal(inflate_to(f, in, OUT_MAX), PYR_OK);
    assert_int_equal(f->out.len, len);
    if (len != 0)
        assert_memory_equal(f->out.ptr, data, len);
}

static void test_reads_what_zlib_writes(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, 1, 2, 255, 256, 257, 4096, 70000, 3 << 20};
    for (size_t i = 0; i < PYR_COUNT_OF(sizes); i++) {
        for (int extras = 0; extras < 2; extras++) {
            uint8_t *data = malloc(sizes[i] + 1), *packed = malloc(sizes[i] + 500);
            size_t len = 0;
            fill(data, sizes[i], (unsigned)i);
            member(packed, &len, sizes[i] + 500, (struct pyr_span){data, sizes[i]}, extras != 0);
            expect(f, (struct pyr_span){packed, len}, data, sizes[i]);
            /* Exactly as much as it needs: no growth, no slack but the arena's own. */
            assert_true(pyr_arena_bytes(&f->arena) <= sizes[i] + 4096 + 64);
            assert_int_equal(sizes[i] > 1 ? inflate_to(f, (struct pyr_span){packed, len}, sizes[i] - 1) : PYR_E_TOOBIG,
                             PYR_E_TOOBIG);
            free(data);
            free(packed);
        }
    }
}

static void test_members_follow_each_other(void **state)
{
    struct fixture *f = *state;
    enum { PART = 5000, PARTS = 9 };
    static uint8_t data[PART * PARTS], packed[2 * PART * PARTS];
    size_t len = 0;
    fill(data, sizeof(data), 7);
    for (size_t i = 0; i < PARTS; i++) {
        member(packed, &len, sizeof(packed), (struct pyr_span){data + i * PART, PART}, i % 2 == 0);
        if (i == 4)
            member(packed, &len, sizeof(packed), (struct pyr_span){data, 0}, false);
    }
    expect(f, (struct pyr_span){packed, len}, data, sizeof(data));
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len}, sizeof(data)), PYR_OK);
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len}, sizeof(data) - 1), PYR_E_TOOBIG);
}

static void test_a_length_that_lies_is_not_believed(void **state)
{
    struct fixture *f = *state;
    static uint8_t data[100000], packed[200000];
    size_t len = 0;
    fill(data, sizeof(data), 3);
    member(packed, &len, sizeof(packed), (struct pyr_span){data, sizeof(data)}, false);
    static const uint32_t lies[] = {0, 1, 99999, 100001, 50000000, UINT32_MAX};
    for (size_t i = 0; i < PYR_COUNT_OF(lies); i++) {
        memcpy(packed + len - 4, &lies[i], 4);
        const pyr_err err = inflate_to(f, (struct pyr_span){packed, len}, OUT_MAX);
        /* 50 MB from these bytes would be possible, and too much. */
        assert_int_equal(err, lies[i] == 50000000 ? PYR_E_TOOBIG : PYR_E_CORRUPT);
        if (err == PYR_E_CORRUPT)
            assert_non_null(strstr(f->diag.message, "incorrect length check"));
    }
}

static void test_a_bomb_stops_at_the_limit(void **state)
{
    struct fixture *f = *state;
    const size_t size = 200 << 20;
    uint8_t *zeros = calloc(1, size), *packed = malloc(1 << 20);
    size_t len = 0;
    member(packed, &len, 1 << 20, (struct pyr_span){zeros, size}, false);
    free(zeros);
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len}, OUT_MAX), PYR_E_TOOBIG);
    assert_string_equal(f->diag.message, "gzip: inflates to more than the limit of 16777216 bytes");
    assert_true(pyr_arena_bytes(&f->arena) <= 4096); /* it said so itself */
    memset(packed + len - 4, 0, 4);
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len}, OUT_MAX), PYR_E_TOOBIG);
    assert_true(pyr_arena_bytes(&f->arena) <= 2 * OUT_MAX + (1 << 20));
    free(packed);
}

static void test_every_truncation_is_noticed(void **state)
{
    struct fixture *f = *state;
    static uint8_t data[3000], packed[6000];
    size_t len = 0;
    fill(data, sizeof(data), 5);
    member(packed, &len, sizeof(packed), (struct pyr_span){data, sizeof(data)}, true);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, packed, cut);
        assert_int_equal(inflate_to(f, (struct pyr_span){copy, cut}, OUT_MAX), PYR_E_CORRUPT);
        char expected[64];
        snprintf(expected, sizeof(expected), cut == 0 ? "gzip: empty" : "gzip: truncated at byte %zu", cut);
        assert_string_equal(f->diag.message, expected);
        free(copy);
    }
}

static void test_every_flipped_bit_is_noticed_or_harmless(void **state)
{
    struct fixture *f = *state;
    static uint8_t data[2000], packed[4000];
    size_t len = 0;
    fill(data, sizeof(data), 11);
    member(packed, &len, sizeof(packed), (struct pyr_span){data, sizeof(data)}, false);
    size_t harmless = 0;
    for (size_t bit = 0; bit < len * 8; bit++) {
        packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const pyr_err err = inflate_to(f, (struct pyr_span){packed, len}, OUT_MAX);
        assert_true(err == PYR_OK || err == PYR_E_CORRUPT || err == PYR_E_TOOBIG);
        if (err == PYR_OK) {
            expect(f, (struct pyr_span){packed, len}, data, sizeof(data));
            harmless++;
        }
        packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* In the header: the time, hints, the system, the flag "text". At the end, the padding of the last byte. */
    assert_in_range(harmless, 6 * 8 + 1, 6 * 8 + 1 + 7);
    packed[len - 8] ^= 1;
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len}, OUT_MAX), PYR_E_CORRUPT);
    assert_non_null(strstr(f->diag.message, "incorrect data check"));
}

static void test_garbage_has_its_own_words(void **state)
{
    struct fixture *f = *state;
    uint8_t packed[200];
    size_t len = 0;
    member(packed, &len, sizeof(packed), (struct pyr_span){(const uint8_t *)"abc", 3}, false);
    const size_t end = len;
    memset(packed + len, 0, 8);
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len + 8}, OUT_MAX), PYR_E_CORRUPT);
    char expected[64];
    snprintf(expected, sizeof(expected), "gzip: garbage after the end at byte %zu", end);
    assert_string_equal(f->diag.message, expected);
    assert_int_equal(inflate_to(f, (struct pyr_span){packed, len + 1}, OUT_MAX), PYR_E_CORRUPT);
    assert_int_equal(inflate_to(f, pyr_str_span(PYR_STR("plain text")), OUT_MAX), PYR_E_CORRUPT);
    assert_string_equal(f->diag.message, "gzip: no gzip header at byte 0");
}

static void test_zlib_reads_what_we_write(void **state)
{
    (void)state;
    static uint8_t data[100000], back[100000];
    fill(data, sizeof(data), 9);
    for (int level = PYR_GZIP_LEVEL_MIN; level <= PYR_GZIP_LEVEL_MAX; level++) {
        struct pyr_buf out;
        pyr_buf_init(&out, 1 << 20);
        pyr_buf_str(&out, PYR_STR("before"));
        pyr_gzip((struct pyr_span){data, sizeof(data)}, level, &out);
        assert_int_equal(out.err, PYR_OK);
        z_stream z = {
            .next_in = out.data + 6, .avail_in = (uInt)out.len - 6, .next_out = back, .avail_out = sizeof(back)};
        assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        assert_int_equal(z.total_out, sizeof(data));
        assert_memory_equal(back, data, sizeof(data));
        inflateEnd(&z);
        /* A maximum far below the bound will do, if the result (and libdeflate's few bytes of slack) fits. */
        const size_t maxima[] = {out.len - 6 + 16, out.len - 6 - 1};
        for (size_t i = 0; i < 2; i++) {
            struct pyr_buf tight;
            pyr_buf_init(&tight, maxima[i]);
            pyr_gzip((struct pyr_span){data, sizeof(data)}, level, &tight);
            assert_int_equal(tight.err, i == 0 ? PYR_OK : PYR_E_TOOBIG);
            pyr_buf_free(&tight);
        }
        pyr_buf_free(&out);
    }
}

static void *recode(void *ctx)
{
    struct fixture f = {0};
    struct pyr_buf out;
    (void)ctx;
    pyr_arena_init(&f.arena, LIMIT, NULL);
    pyr_buf_init(&out, 1 << 20);
    for (int i = 0; i < 20; i++) {
        pyr_buf_clear(&out);
        pyr_gzip(pyr_str_span(PYR_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")), 1 + i % 3, &out);
        assert_int_equal(inflate_to(&f, pyr_buf_span(&out), 100), PYR_OK);
    }
    pyr_buf_free(&out);
    pyr_arena_free(&f.arena);
    return NULL;
}

static void test_threads_leave_nothing_behind(void **state)
{
    (void)state;
    pthread_t threads[4];
    const size_t before = pyr_mem_in_use();
    for (size_t i = 0; i < PYR_COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, recode, NULL), 0);
    for (size_t i = 0; i < PYR_COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(pyr_mem_in_use(), before);
}

/* On a thread of its own, which has no coders yet: their allocation fails too. */
static void *recode_without_memory(void *ctx)
{
    const uint64_t n = *(const uint64_t *)ctx;
    struct fixture f = {0};
    struct pyr_buf out;
    pyr_arena_init(&f.arena, LIMIT, NULL);
    pyr_buf_init(&out, 1 << 20);
    pyr_mem_fail_nth(n);
    pyr_gzip(pyr_str_span(PYR_STR("some bytes")), 6, &out);
    pyr_err err = out.err;
    if (err == PYR_OK)
        err = inflate_to(&f, pyr_buf_span(&out), 100);
    /* An out of memory while the fault is looked for only costs its name. */
    const pyr_err bad = inflate_to(&f, pyr_str_span(PYR_STR("\x1f\x8b\x08 bad")), 100);
    const bool fired = pyr_mem_failed();
    pyr_mem_fail_nth(0);
    assert_true(err == PYR_OK || (fired && err == PYR_E_NOMEM));
    assert_true(bad == PYR_E_CORRUPT || (fired && bad == PYR_E_NOMEM));
    pyr_buf_free(&out);
    pyr_arena_free(&f.arena);
    return fired ? ctx : NULL;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    void *fired = state;
    uint64_t n = 0;
    while (fired != NULL) {
        pthread_t thread;
        n++;
        assert_int_equal(pthread_create(&thread, NULL, recode_without_memory, &n), 0);
        assert_int_equal(pthread_join(thread, &fired), 0);
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_what_zlib_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_members_follow_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_length_that_lies_is_not_believed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_bomb_stops_at_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_flipped_bit_is_noticed_or_harmless, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_garbage_has_its_own_words, set_up, tear_down),
        cmocka_unit_test(test_zlib_reads_what_we_write),
        cmocka_unit_test(test_threads_leave_nothing_behind),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
