/* Labels: order, lookup, the spelling of profile type ids, and which types are states. */
#include "profile/labels.h"

static void sorts_by_bytes_and_finds(void **state)
{
    (void)state;
    struct pyr_label labels[] = {{PYR_STR("service_name"), PYR_STR("a")},
                                 {PYR_STR("ab"), PYR_STR("b")},
                                 {PYR_STR("a"), PYR_STR("c")},
                                 {PYR_STR("Z"), PYR_STR("d")},
                                 {PYR_STR("__name__"), PYR_STR("e")}};
    const char *const order[] = {"Z", "__name__", "a", "ab", "service_name"};
    pyr_labels_sort(labels, PYR_COUNT_OF(labels));
    for (size_t i = 0; i < PYR_COUNT_OF(order); i++)
        assert_true(pyr_str_eq(labels[i].name, pyr_str_of(order[i])));
    assert_true(pyr_str_eq(pyr_labels_get(labels, 5, PYR_LABEL_NAME), PYR_STR("e")));
    assert_true(pyr_str_eq(pyr_labels_get(labels, 5, PYR_STR("Z")), PYR_STR("d")));
    assert_true(pyr_str_eq(pyr_labels_get(labels, 5, PYR_STR("service_name")), PYR_STR("a")));
    assert_int_equal(pyr_labels_get(labels, 5, PYR_STR("b")).len, 0);
    assert_int_equal(pyr_labels_get(labels, 0, PYR_STR("a")).len, 0);
}

static void joins_a_profile_type(void **state)
{
    (void)state;
    struct pyr_arena arena;
    pyr_arena_init(&arena, 1 << 16, NULL);
    const struct pyr_str none = {NULL, 0};
    struct pyr_str id = pyr_profile_type_id(PYR_STR("process_cpu"), PYR_STR("cpu"), PYR_STR("nanoseconds"),
                                            PYR_STR("cpu"), PYR_STR("nanoseconds"), &arena);
    assert_true(pyr_str_eq(id, PYR_STR("process_cpu:cpu:nanoseconds:cpu:nanoseconds")));
    id = pyr_profile_type_id(PYR_STR("memory"), PYR_STR("alloc_space"), PYR_STR("bytes"), none, none, &arena);
    assert_true(pyr_str_eq(id, PYR_STR("memory:alloc_space:bytes::")));
    pyr_arena_free(&arena);

    struct pyr_arena full;
    pyr_arena_init(&full, 0, NULL);
    assert_null(pyr_profile_type_id(PYR_STR("a"), none, none, none, none, &full).ptr);
}

static void tells_states_from_flows(void **state)
{
    (void)state;
    static const char *const gauges[][2] = {{"memory", "inuse_space"},   {"memory", "inuse_objects"},
                                            {"memory", "live"},          {"goroutine", "goroutine"},
                                            {"goroutines", "goroutine"}, {"threadcreate", "threadcreate"}};
    static const char *const counters[][2] = {{"process_cpu", "cpu"},    {"process_cpu", "samples"},
                                              {"memory", "alloc_space"}, {"mutex", "contentions"},
                                              {"block", "delay"},        {"wall", "wall"}};
    for (size_t i = 0; i < PYR_COUNT_OF(gauges); i++)
        assert_true(pyr_profile_type_is_gauge(pyr_str_of(gauges[i][0]), pyr_str_of(gauges[i][1])));
    for (size_t i = 0; i < PYR_COUNT_OF(counters); i++)
        assert_false(pyr_profile_type_is_gauge(pyr_str_of(counters[i][0]), pyr_str_of(counters[i][1])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_bytes_and_finds),
        cmocka_unit_test(joins_a_profile_type),
        cmocka_unit_test(tells_states_from_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
