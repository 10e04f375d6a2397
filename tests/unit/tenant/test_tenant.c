#include "tenant/tenant.h"

static void test_writes_need_one_tenant(void **state)
{
    (void)state;
    char longest[152];
    memset(longest, 'a', sizeof(longest));
    longest[150] = '\0';
    static const char *const bad[] = {"", "|", "a|", "|a", "a|b", "a b", "a/b", "a:b", ".", "..", "\xc3\xa9", "a\tb"};
    struct pyr_str tenant;
    for (size_t i = 0; i < PYR_COUNT_OF(bad); i++) {
        struct pyr_diag diag = {0};
        assert_int_equal(pyr_tenant_of_write(true, pyr_str_of(bad[i]), &tenant, &diag), PYR_E_UNAUTHENTICATED);
        assert_true(diag.message[0] != '\0');
    }
    assert_int_equal(pyr_tenant_of_write(true, (struct pyr_str){NULL, 0}, &tenant, NULL), PYR_E_UNAUTHENTICATED);
    const char *const good[] = {"a", "team-1", "A_b.c!*'()", "...", longest};
    for (size_t i = 0; i < PYR_COUNT_OF(good); i++) {
        assert_int_equal(pyr_tenant_of_write(true, pyr_str_of(good[i]), &tenant, NULL), PYR_OK);
        assert_true(pyr_str_eq(tenant, pyr_str_of(good[i])));
    }
    longest[150] = 'a';
    assert_int_equal(pyr_tenant_of_write(true, (struct pyr_str){longest, 151}, &tenant, NULL), PYR_E_UNAUTHENTICATED);
    assert_int_equal(pyr_tenant_of_write(true, PYR_STR("a|a"), &tenant, NULL), PYR_OK);
    assert_true(pyr_str_eq(tenant, PYR_STR("a")));
}

static void test_reads_take_several(void **state)
{
    (void)state;
    struct pyr_arena arena;
    struct pyr_str *tenants;
    uint32_t count;
    pyr_arena_init(&arena, 1 << 20, NULL);
    assert_int_equal(pyr_tenants_of_read(true, PYR_STR("b|a|b|c|a"), &arena, &tenants, &count, NULL), PYR_OK);
    assert_int_equal(count, 3);
    assert_true(pyr_str_eq(tenants[0], PYR_STR("a")) && pyr_str_eq(tenants[1], PYR_STR("b")) &&
                pyr_str_eq(tenants[2], PYR_STR("c")));
    assert_int_equal(pyr_tenants_of_read(true, PYR_STR("a||b"), &arena, &tenants, &count, NULL), PYR_E_UNAUTHENTICATED);
    assert_int_equal(pyr_tenants_of_read(true, PYR_STR("a|"), &arena, &tenants, &count, NULL), PYR_E_UNAUTHENTICATED);
    pyr_arena_free(&arena);
}

static void test_without_multitenancy_the_header_means_nothing(void **state)
{
    (void)state;
    struct pyr_arena arena;
    struct pyr_str tenant, *tenants;
    uint32_t count;
    pyr_arena_init(&arena, 1 << 20, NULL);
    assert_int_equal(pyr_tenant_of_write(false, PYR_STR("a b|"), &tenant, NULL), PYR_OK);
    assert_true(pyr_str_eq(tenant, PYR_STR("anonymous")));
    assert_int_equal(pyr_tenants_of_read(false, PYR_STR("a b|"), &arena, &tenants, &count, NULL), PYR_OK);
    assert_true(count == 1 && pyr_str_eq(tenants[0], PYR_STR("anonymous")));
    pyr_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_need_one_tenant),
        cmocka_unit_test(test_reads_take_several),
        cmocka_unit_test(test_without_multitenancy_the_header_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
