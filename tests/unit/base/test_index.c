/* The hash index against a model that has no hash: a plain array of (hash, id). */
#include "base/hash.h"
#include "base/index.h"
#include "base/mem.h"
#include <stdlib.h>

enum { IDS = 20000 };

static uint64_t hashes[IDS];

/* Every id with the hash of `id`, as a set of marks; duplicates and strangers are failures. */
static void check_finds_equals(const struct pyr_index *ix, uint32_t id, uint32_t present)
{
    static uint8_t seen[IDS];
    struct pyr_index_cursor c;
    uint32_t found = 0, expected = 0;
    memset(seen, 0, sizeof(seen));
    for (uint32_t at = pyr_index_first(ix, hashes[id], &c); at != PYR_INDEX_NONE; at = pyr_index_next(ix, &c)) {
        assert_true(at < present);
        assert_int_equal(seen[at]++, 0);
        assert_int_equal(hashes[at] >> 32, hashes[id] >> 32);
        found++;
    }
    for (uint32_t i = 0; i < present; i++)
        expected += hashes[i] >> 32 == hashes[id] >> 32;
    assert_int_equal(found, expected);
}

static void check_model(uint64_t (*hash_of)(uint32_t), uint32_t ids)
{
    struct pyr_index ix;
    pyr_index_init(&ix, IDS);
    for (uint32_t id = 0; id < ids; id++) {
        hashes[id] = hash_of(id);
        assert_int_equal(pyr_index_insert(&ix, hashes[id], id), PYR_OK);
        assert_int_equal(ix.count, id + 1);
        assert_true((uint64_t)ix.count * 4 <= ((uint64_t)ix.mask + 1) * 3);
        if (id % 97 == 0 || id + 1 == ids)
            for (uint32_t k = 0; k < 20; k++)
                check_finds_equals(&ix, (id * 31 + k * 977) % (id + 1), id + 1);
    }
    assert_int_equal(pyr_index_bytes(&ix), ((size_t)ix.mask + 1) * 8);
    pyr_index_free(&ix);
    assert_int_equal(pyr_index_bytes(&ix), 0);
}

static uint64_t spread(uint32_t id)
{
    return pyr_hash_bytes(&id, sizeof(id));
}
static uint64_t few_values(uint32_t id)
{
    return (uint64_t)(id % 7) << 32;
}
static uint64_t same_home(uint32_t id) /* all in one run until the table is large */
{
    return (uint64_t)id << 48 | UINT64_C(0xffff) << 32;
}

static void test_model(void **state)
{
    (void)state;
    check_model(spread, IDS);
    check_model(few_values, 300);
    check_model(same_home, 3000);
}

static void test_absent_and_empty(void **state)
{
    (void)state;
    struct pyr_index ix;
    struct pyr_index_cursor c;
    pyr_index_init(&ix, 10);
    assert_int_equal(pyr_index_first(&ix, 1, &c), PYR_INDEX_NONE);
    assert_int_equal(pyr_index_insert(&ix, UINT64_C(5) << 32, 0), PYR_OK);
    assert_int_equal(pyr_index_first(&ix, UINT64_C(6) << 32, &c), PYR_INDEX_NONE);
    pyr_index_free(&ix);
}

static void test_max(void **state)
{
    (void)state;
    struct pyr_index ix;
    pyr_index_init(&ix, 3);
    for (uint32_t id = 0; id < 3; id++)
        assert_int_equal(pyr_index_insert(&ix, spread(id), id), PYR_OK);
    assert_int_equal(pyr_index_insert(&ix, spread(3), 3), PYR_E_TOOBIG);
    assert_int_equal(ix.count, 3);
    pyr_index_free(&ix);
}

/* Whichever allocation fails, the table stays as it was and the insert can be repeated. */
static void test_no_memory(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (uint64_t nth = 1;; nth++) {
        struct pyr_index ix;
        pyr_index_init(&ix, IDS);
        pyr_mem_fail_nth(nth);
        for (uint32_t id = 0; id < 1000; id++) {
            hashes[id] = spread(id);
            pyr_err err = pyr_index_insert(&ix, hashes[id], id);
            if (err != PYR_OK) {
                assert_int_equal(err, PYR_E_NOMEM);
                assert_int_equal(ix.count, id);
                if (id != 0)
                    check_finds_equals(&ix, id - 1, id);
                err = pyr_index_insert(&ix, hashes[id], id);
            }
            assert_int_equal(err, PYR_OK);
        }
        const bool fired = pyr_mem_failed();
        pyr_mem_fail_nth(0);
        for (uint32_t id = 0; id < 1000; id++)
            check_finds_equals(&ix, id, 1000);
        pyr_index_free(&ix);
        failures += fired;
        if (!fired)
            break;
    }
    assert_int_equal(failures, 8); /* 16 slots, doubled seven times */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_absent_and_empty),
        cmocka_unit_test(test_max),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
