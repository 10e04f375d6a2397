/* The parameter `name`, and the kinds of profiles that names tell. */
#include "ingest/name.h"
#include "ingest/profile_name.h"
#include <stdio.h>

static void parse(const char *text, struct pyr_arena *arena, char *out, size_t size)
{
    struct pyr_ingest_name name;
    struct pyr_diag diag = {0};
    if (pyr_ingest_name_parse(pyr_str_of(text), arena, &name, &diag) != PYR_OK) {
        snprintf(out, size, "error");
        return;
    }
    int len = snprintf(out, size, "[%.*s]", PYR_STR_ARG(name.app));
    for (uint32_t i = 0; i < name.tag_count; i++)
        len += snprintf(out + len, size - (size_t)len, "%.*s=%.*s;", PYR_STR_ARG(name.tags[i].name),
                        PYR_STR_ARG(name.tags[i].value));
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *parsed;
    } cases[] = {
        {"app", "[app]"},
        {" app ", "[app]"},
        {"a.b-c/d_9.cpu", "[a.b-c/d_9.cpu]"},
        {"app{}", "[app]"},
        {"app{k=v}", "[app]k=v;"},
        {"app{ k = v , l = w }", "[app]k=v;l=w;"},
        {"app{otel.scope.name=com.grafana/go, v=(a=b) \"c\" +1}",
         "[app]otel.scope.name=com.grafana/go;v=(a=b) \"c\" +1;"},
        {"app{k=a=b=c}", "[app]k=a=b=c;"},
        {"app{k=}", "[app]k=;"},
        {"app{k=1,k=2}", "[app]k=2;"},
        {"app{a=1,b=2", "[app]a=1;"}, /* the last pair does not end */
        {"app{a=1", "[app]"},
        {"app{a=1,b}", "[app]a=1;"}, /* a key without a value */
        {"app{a=1}ignored{b=2}", "[app]a=1;"},
        {"app{a={1}", "[app]a={1;"},
        {"app{name=x}", "[app]name=x;"},
        {"app{k=\xc3\xa9}", "[app]k=\xc3\xa9;"},
        {"", "error"},
        {" ", "error"},
        {"{a=1}", "error"},
        {"a b", "error"},
        {"app:x", "error"},
        {"app{a-b=1}", "error"},
        {"app{=1}", "error"},
        {"app{a b=1}", "error"},
        {"app{k=\xff}", "error"},
    };
    struct pyr_arena arena;
    pyr_arena_init(&arena, 1 << 20, NULL);
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        char got[200];
        parse(cases[i].text, &arena, got, sizeof(got));
        assert_string_equal(got, cases[i].parsed);
    }
    pyr_arena_free(&arena);
}

static void test_types_of_text(void **state)
{
    (void)state;
    static const struct {
        const char *app, *service, *id;
    } cases[] = {
        {"app", "app", "process_cpu:cpu:nanoseconds"},
        {"my.app", "my.app", "process_cpu:cpu:nanoseconds"}, /* no type: part of the name */
        {"my.app.cpu", "my.app", "process_cpu:cpu:nanoseconds"},
        {"app.itimer", "app", "process_cpu:cpu:nanoseconds"},
        {"app.wall", "app", "wall:wall:nanoseconds"},
        {"app.milliseconds", "app", "wall:wall:nanoseconds"},
        {"app.alloc_space", "app", "memory:alloc_space:bytes"},
        {"app.inuse_objects", "app", "memory:inuse_objects:count"},
        {"app.live", "app", "memory:live:count"},
        {"app.alloc_in_new_tlab_bytes", "app", "memory:alloc_in_new_tlab_bytes:bytes"},
        {"app.lock_duration", "app", "block:delay:nanoseconds"},
        {"app.mutex_count", "app", "mutex:contentions:count"},
        {"app.goroutines", "app", "goroutine:goroutines:count"},
        {"app.exceptions", "app", "exceptions:samples:count"},
        {"app.bytes", "app", "memory:samples:bytes"},
        {".cpu", ".cpu", "process_cpu:cpu:nanoseconds"},
        {"app.", "app.", "process_cpu:cpu:nanoseconds"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_str app = pyr_str_of(cases[i].app);
        const struct pyr_suffix *s = pyr_text_profile_type(&app);
        char id[100];
        snprintf(id, sizeof(id), "%.*s:%.*s:%.*s", PYR_STR_ARG(s->name), PYR_STR_ARG(s->type), PYR_STR_ARG(s->unit));
        assert_string_equal(id, cases[i].id);
        assert_true(pyr_str_eq(app, pyr_str_of(cases[i].service)));
    }
}

static void check_applied(const char *app_text, uint32_t rate, int64_t value, int64_t want, int64_t period)
{
    struct pyr_value_type types[1];
    struct pyr_profile p = {.types = types, .type_count = 1, .values = &value, .sample_count = 1};
    struct pyr_str app = pyr_str_of(app_text);
    pyr_text_profile_apply(&p, pyr_text_profile_type(&app), rate);
    assert_int_equal(value, want);
    assert_int_equal(p.period, period);
}

static void test_samples_become_time(void **state)
{
    (void)state;
    check_applied("a.cpu", 100, 30, 300000000, 10000000);
    check_applied("a.wall", 99, 2, 20202020, 10101010);
    check_applied("a.cpu", 0, 30, 30, 0);
    check_applied("a.alloc_space", 100, 30, 30, 0);
    check_applied("a.cpu", 1, INT64_MAX / 2, INT64_MAX, 1000000000);
    check_applied("a.cpu", 4000000000u, 7, 7, 1);
}

static void check_pprof(const char *const *types, const struct pyr_sample_type_config *config, const char *want)
{
    struct pyr_value_type items[4];
    struct pyr_profile p = {.types = items};
    for (; types[p.type_count] != NULL; p.type_count++)
        items[p.type_count].type = pyr_str_of(types[p.type_count]);
    assert_true(pyr_str_eq(pyr_pprof_profile_name(&p, config), pyr_str_of(want)));
}

static void test_names_of_pprofs(void **state)
{
    (void)state;
    const struct pyr_sample_type_config *none = &pyr_sample_type_config_default;
    struct pyr_arena arena;
    struct pyr_diag diag = {0};
    struct pyr_sample_type_config block;
    pyr_arena_init(&arena, 1 << 20, NULL);
    const struct pyr_str json =
        PYR_STR("{\"contentions\":{\"display-name\":\"block_count\",\"units\":\"lock_samples\"},"
                "\"delay\":{\"display-name\":\"block_duration\",\"cumulative\":true}}");
    assert_int_equal(pyr_sample_type_config_parse(pyr_str_span(json), &arena, &block, &diag), PYR_OK);
    assert_true(pyr_sample_type_setting(&block, PYR_STR("delay"))->cumulative);
    assert_false(pyr_sample_type_setting(&block, PYR_STR("contentions"))->cumulative);
    check_pprof((const char *const[]){"samples", "cpu", NULL}, none, "process_cpu");
    check_pprof((const char *const[]){"contentions", "delay", NULL}, none, "mutex");
    check_pprof((const char *const[]){"contentions", "delay", NULL}, &block, "block");
    check_pprof((const char *const[]){"alloc_objects", "alloc_space", NULL}, none, "memory");
    check_pprof((const char *const[]){"objects", "space", NULL}, none, "memory");
    check_pprof((const char *const[]){"goroutine", NULL}, none, "goroutines");
    check_pprof((const char *const[]){"samples", "wall", NULL}, none, "wall");
    check_pprof((const char *const[]){"threadcreate", NULL}, none, "threadcreate");
    check_pprof((const char *const[]){"first", "last", NULL}, none, "last");
    pyr_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_types_of_text),
        cmocka_unit_test(test_samples_become_time),
        cmocka_unit_test(test_names_of_pprofs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
