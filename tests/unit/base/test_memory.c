/* Counted allocation, budgets, arenas, buffers. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

static void test_counts(void **state)
{
    (void)state;
    const size_t before = pyr_mem_in_use();
    const uint64_t calls = pyr_mem_calls();
    char *p = pyr_malloc(1000);
    assert_true(pyr_mem_in_use() >= before + 1000);
    p = pyr_realloc(p, 100000);
    assert_true(pyr_mem_in_use() >= before + 100000);
    uint8_t *zeros = pyr_calloc(10, 100);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(zeros[i], 0);
    char *copy = pyr_strdup("text");
    assert_string_equal(copy, "text");
    pyr_free(copy);
    pyr_free(zeros);
    pyr_free(p);
    pyr_free(NULL);
    assert_int_equal(pyr_mem_in_use(), before);
    assert_int_equal(pyr_mem_calls(), calls + 4);
}

static void test_overflow_is_refused(void **state)
{
    (void)state;
    const size_t before = pyr_mem_in_use();
    assert_null(pyr_calloc(SIZE_MAX / 2, 3));
    assert_null(pyr_reallocarray(NULL, SIZE_MAX / 2, 3));
    struct pyr_arena a;
    pyr_arena_init(&a, SIZE_MAX, NULL);
    assert_null(pyr_arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(pyr_arena_alloc(&a, SIZE_MAX));
    assert_null(pyr_arena_alloc(&a, SIZE_MAX - 8));
    pyr_arena_free(&a);
    assert_int_equal(pyr_mem_in_use(), before);
}

static void test_fail_nth(void **state)
{
    (void)state;
    void *p[4];
    pyr_mem_fail_nth(3);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pyr_mem_failed(), i >= 3);
        p[i] = pyr_malloc(10);
        assert_int_equal(p[i] == NULL, i == 2);
    }
    for (size_t i = 0; i < 4; i++)
        pyr_free(p[i]);
    char *kept = pyr_malloc(10);
    pyr_mem_fail_nth(1);
    assert_null(pyr_realloc(kept, 20)); /* the old block stays ours */
    pyr_free(kept);
}

static void test_budget(void **state)
{
    (void)state;
    struct pyr_budget b;
    pyr_budget_init(&b, 100);
    assert_true(pyr_budget_take(&b, 60));
    assert_false(pyr_budget_take(&b, 41));
    assert_false(pyr_budget_take(&b, SIZE_MAX));
    assert_true(pyr_budget_take(&b, 40));
    assert_int_equal(pyr_budget_used(&b), 100);
    pyr_budget_give(&b, 100);
    assert_int_equal(pyr_budget_used(&b), 0);
}

static void *give_later(void *arg)
{
    struct pyr_budget *b = arg;
    while (atomic_load(&b->waiting) == 0)
        (void)sched_yield();
    pyr_budget_give(b, 10); /* not enough: it goes on waiting */
    pyr_budget_give(b, 30);
    return NULL;
}

static void test_budget_wait(void **state)
{
    (void)state;
    struct pyr_budget b;
    pyr_budget_init(&b, 100);
    assert_true(pyr_budget_wait(&b, 100, 0));
    assert_false(pyr_budget_wait(&b, 1, 0));
    assert_false(pyr_budget_wait(&b, 1, 1000000));
    for (int i = 0; i < 200; i++) {
        pthread_t giver;
        assert_int_equal(pthread_create(&giver, NULL, give_later, &b), 0);
        assert_true(pyr_budget_wait(&b, 40, INT64_C(60000000000)));
        (void)pthread_join(giver, NULL);
        assert_int_equal(pyr_budget_used(&b), 100);
    }
    assert_int_equal(atomic_load(&b.waiting), 0);
}

/* Random sizes and alignments: aligned, within bounds, never overlapping (each block keeps its own pattern). */
static void test_arena_blocks(void **state)
{
    (void)state;
    enum { BLOCKS = 3000 };
    static struct {
        uint8_t *p;
        size_t n;
    } blocks[BLOCKS];
    struct pyr_budget budget;
    pyr_budget_init(&budget, SIZE_MAX);
    struct pyr_arena a;
    pyr_arena_init(&a, SIZE_MAX, &budget);
    uint64_t rng = 42;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            rng = rng * 6364136223846793005u + 1442695040888963407u;
            const size_t align = (size_t)1 << (rng >> 60) % 13;
            blocks[i].n = (rng >> 33) % (i % 100 == 0 ? 20000 : 200);
            blocks[i].p = pyr_arena_alloc_aligned(&a, blocks[i].n, align);
            assert_non_null(blocks[i].p);
            assert_int_equal((uintptr_t)blocks[i].p % align, 0);
            memset(blocks[i].p, (int)(i & 0xff), blocks[i].n);
        }
        for (size_t i = 0; i < BLOCKS; i++)
            for (size_t k = 0; k < blocks[i].n; k++)
                assert_int_equal(blocks[i].p[k], i & 0xff);
        assert_int_equal(pyr_arena_bytes(&a), pyr_budget_used(&budget));
        pyr_arena_reset(&a);
        assert_true(pyr_arena_bytes(&a) <= 64 << 10);
        assert_int_equal(pyr_arena_bytes(&a), pyr_budget_used(&budget));
    }
    pyr_arena_free(&a);
    assert_int_equal(pyr_budget_used(&budget), 0);
}

static void test_arena_bounds(void **state)
{
    (void)state;
    struct pyr_budget budget;
    pyr_budget_init(&budget, 1 << 20);
    struct pyr_arena small, large;
    pyr_arena_init(&small, 100000, &budget);
    pyr_arena_init(&large, SIZE_MAX, &budget);
    /* Own limit: nearly all of it can be used, in small steps too. */
    assert_null(pyr_arena_alloc(&small, 100000));
    size_t used = 0;
    while (pyr_arena_alloc(&small, 1000) != NULL)
        used += 1000;
    assert_in_range(used, 90000, 100000);
    assert_true(pyr_arena_bytes(&small) <= 100000);
    /* Shared budget. */
    assert_null(pyr_arena_alloc(&large, 1 << 20));
    assert_non_null(pyr_arena_alloc(&large, 900000));
    assert_null(pyr_arena_alloc(&large, 100000));
    pyr_arena_free(&small);
    assert_non_null(pyr_arena_alloc(&large, 100000));
    pyr_arena_free(&large);
    assert_int_equal(pyr_budget_used(&budget), 0);
}

static void test_arena_reserve(void **state)
{
    (void)state;
    struct pyr_budget budget;
    pyr_budget_init(&budget, 1 << 20);
    struct pyr_arena a;
    pyr_arena_init(&a, SIZE_MAX, NULL);
    assert_non_null(pyr_arena_alloc(&a, 1000));
    pyr_arena_set_budget(&a, &budget);
    assert_int_equal(pyr_budget_used(&budget), 0);
    const size_t early = pyr_arena_bytes(&a);
    assert_true(pyr_arena_reserve(&a, 100000, 0));
    assert_int_equal(pyr_budget_used(&budget), early + 100000);
    /* What is used comes out of the reserve, and beyond it out of the budget. */
    assert_non_null(pyr_arena_alloc(&a, 90000));
    assert_int_equal(pyr_budget_used(&budget), early + 100000);
    assert_non_null(pyr_arena_alloc(&a, 200000));
    assert_int_equal(pyr_budget_used(&budget), pyr_arena_bytes(&a));
    /* Half of the budget is enough for anyone. */
    assert_true(pyr_arena_reserve(&a, SIZE_MAX, 0));
    assert_int_equal(pyr_budget_used(&budget), 1 << 19);
    struct pyr_arena b;
    pyr_arena_init(&b, SIZE_MAX, &budget);
    assert_true(pyr_arena_reserve(&b, 1 << 20, 0));
    assert_false(pyr_budget_take(&budget, 1));
    pyr_arena_free(&b);
    pyr_arena_reset(&a);
    assert_int_equal(pyr_budget_used(&budget), pyr_arena_bytes(&a));
    pyr_arena_set_budget(&a, NULL);
    assert_int_equal(pyr_budget_used(&budget), 0);
    pyr_arena_free(&a);
}

static void test_arena_no_memory(void **state)
{
    (void)state;
    struct pyr_budget budget;
    pyr_budget_init(&budget, SIZE_MAX);
    struct pyr_arena a;
    pyr_arena_init(&a, SIZE_MAX, &budget);
    /* A comfortable chunk cannot be had: one that just fits is tried. Neither: nothing is taken. */
    pyr_mem_fail_nth(1);
    assert_non_null(pyr_arena_alloc(&a, 100));
    assert_true(pyr_mem_failed());
    pyr_mem_fail_nth(1);
    assert_null(pyr_arena_alloc(&a, 1 << 20));
    assert_int_equal(pyr_budget_used(&budget), pyr_arena_bytes(&a));
    pyr_mem_fail_nth(0);
    assert_non_null(pyr_arena_alloc(&a, 1 << 20));
    pyr_arena_free(&a);
    assert_int_equal(pyr_budget_used(&budget), 0);
}

static void test_arena_regrow(void **state)
{
    (void)state;
    struct pyr_arena a;
    pyr_arena_init(&a, SIZE_MAX, NULL);
    uint32_t *v = pyr_arena_regrow(&a, NULL, 0, 4 * sizeof(*v));
    for (uint32_t i = 0; i < 4; i++)
        v[i] = i;
    assert_ptr_equal(pyr_arena_regrow(&a, v, 4 * sizeof(*v), 100 * sizeof(*v)), v); /* was the last: in place */
    (void)pyr_arena_alloc(&a, 1);
    uint32_t *w = pyr_arena_regrow(&a, v, 100 * sizeof(*v), 50000 * sizeof(*v));
    assert_ptr_not_equal(w, v);
    assert_memory_equal(w, v, 4 * sizeof(*v));
    assert_ptr_equal(pyr_arena_regrow(&a, w, 50000 * sizeof(*v), 10), w);
    pyr_arena_free(&a);
}

static void test_arena_text(void **state)
{
    (void)state;
    struct pyr_arena a;
    pyr_arena_init(&a, 4096, NULL);
    struct pyr_str s = pyr_arena_str(&a, (struct pyr_str){"ab\0cd", 5});
    assert_int_equal(s.len, 5);
    assert_memory_equal(s.ptr, "ab\0cd", 6);
    s = pyr_arena_str(&a, (struct pyr_str){NULL, 0});
    assert_non_null(s.ptr);
    assert_int_equal(s.len, 0);
    s = pyr_arena_printf(&a, "%d-%s", 12, "x");
    assert_string_equal(s.ptr, "12-x");
    assert_int_equal(s.len, 4);
    assert_null(pyr_arena_printf(&a, "%5000d", 1).ptr);
    pyr_arena_free(&a);
}

static void test_buf(void **state)
{
    (void)state;
    struct pyr_buf b;
    pyr_buf_init(&b, 1000);
    char model[1001];
    for (size_t n = 0; n < 1000; n += 10) {
        (void)snprintf(model + n, 11, "%010zu", n);
        if (n % 20 == 0)
            pyr_buf_printf(&b, "%010zu", n);
        else
            pyr_buf_append(&b, model + n, 10);
    }
    assert_int_equal(b.err, PYR_OK);
    assert_int_equal(b.len, 1000); /* exactly the maximum fits, printed text included */
    assert_memory_equal(b.data, model, 1000);
    pyr_buf_append(&b, "", 0);
    assert_int_equal(b.err, PYR_OK);
    pyr_buf_byte(&b, 'x');
    assert_int_equal(b.err, PYR_E_TOOBIG);
    assert_int_equal(b.len, 1000);
    pyr_buf_clear(&b);
    pyr_buf_str(&b, PYR_STR("again"));
    assert_int_equal(b.err, PYR_OK);
    assert_memory_equal(b.data, "again", 5);
    pyr_buf_free(&b);
    assert_int_equal(b.cap, 0);
}

static void test_buf_errors_stick(void **state)
{
    (void)state;
    struct pyr_buf b;
    pyr_buf_init(&b, SIZE_MAX);
    pyr_buf_str(&b, PYR_STR("kept"));
    pyr_mem_fail_nth(1);
    assert_null(pyr_buf_reserve(&b, 100000));
    pyr_mem_fail_nth(0);
    assert_int_equal(b.err, PYR_E_NOMEM);
    pyr_buf_byte(&b, 'x'); /* would fit, but what came before is missing */
    assert_int_equal(b.len, 4);
    pyr_buf_clear(&b);
    assert_null(pyr_buf_reserve(&b, SIZE_MAX));
    assert_int_not_equal(b.err, PYR_OK);
    pyr_buf_free(&b);
}

static void test_random_and_hash(void **state)
{
    (void)state;
    uint8_t bytes[300] = {0}, zero[32] = {0};
    pyr_random_bytes(bytes, sizeof(bytes));
    assert_memory_not_equal(bytes + sizeof(bytes) - 32, zero, 32);
    assert_int_not_equal(pyr_random_u64(), pyr_random_u64());
    assert_int_not_equal(pyr_hash_seed, 0);
    const uint64_t seed = pyr_hash_seed, h = pyr_hash_bytes("key", 3);
    assert_int_equal(pyr_hash_str(PYR_STR("key")), h);
    pyr_hash_seed++;
    assert_int_not_equal(pyr_hash_bytes("key", 3), h);
    pyr_hash_seed = 0;
    assert_true(pyr_hash_bytes("", 0) == UINT64_C(0x2d06800538d394c2)); /* XXH3's published value */
    pyr_hash_seed = seed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),           cmocka_unit_test(test_overflow_is_refused),
        cmocka_unit_test(test_fail_nth),         cmocka_unit_test(test_budget),
        cmocka_unit_test(test_budget_wait),      cmocka_unit_test(test_arena_reserve),
        cmocka_unit_test(test_arena_blocks),     cmocka_unit_test(test_arena_bounds),
        cmocka_unit_test(test_arena_no_memory),  cmocka_unit_test(test_arena_regrow),
        cmocka_unit_test(test_arena_text),       cmocka_unit_test(test_buf),
        cmocka_unit_test(test_buf_errors_stick), cmocka_unit_test(test_random_and_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
