/* From a decoded profile to rows: labels, splitting, spans, times, names of functions, subtraction. Rows are written as
 * text, so that a case reads as what it means. */
#include "base/time.h"
#include "ingest/cumulative.h"
#include "ingest/function_names.h"
#include "ingest/ingest.h"
#include "ingest/series_labels.h"
#include "ingest/volatile_names.h"
#include <stdio.h>

static const int64_t now_ns = INT64_C(1795229590) * 1000000000;
static const struct pyr_limits limits = {.label_names_max = 6,
                                         .label_name_bytes_max = 20,
                                         .label_value_bytes_max = 20,
                                         .newer_than_ns_max = 3600 * PYR_NS_PER_S};

/* A profile of one type: sample i has value 1 << i, a stack of its own and the i-th labels: "k=v,l=w". */
struct made {
    struct pyr_arena arena;
    struct pyr_profile profile;
    struct pyr_value_type type;
};

static uint32_t add_string(struct pyr_profile *p, const char *text, size_t len)
{
    for (uint32_t i = 0; i < p->string_count; i++)
        if (pyr_str_eq(p->strings[i], (struct pyr_str){text, len}))
            return i;
    p->strings[p->string_count] = (struct pyr_str){text, len};
    return p->string_count++;
}

static void add_labels(struct pyr_profile *p, struct pyr_sample *s, const char *text)
{
    s->label_first = p->label_count;
    while (*text != '\0') {
        const char *equals = strchr(text, '='), *end = equals + strcspn(equals, ",");
        p->labels[p->label_count++] =
            (struct pyr_sample_label){.key = add_string(p, text, (size_t)(equals - text)),
                                      .str = add_string(p, equals + 1, (size_t)(end - equals) - 1)};
        text = end + (*end == ',');
    }
    s->label_count = p->label_count - s->label_first;
}

static void make(struct made *m, const char *const *labels, uint32_t samples)
{
    struct pyr_profile *p = &m->profile;
    pyr_arena_init(&m->arena, 1 << 20, NULL);
    *p = (struct pyr_profile){.types = &m->type, .type_count = 1, .time_ns = now_ns};
    m->type = (struct pyr_value_type){PYR_STR("cpu"), PYR_STR("nanoseconds")};
    p->strings = pyr_arena_zalloc(&m->arena, 100, sizeof(*p->strings));
    p->labels = pyr_arena_zalloc(&m->arena, 100, sizeof(*p->labels));
    p->samples = pyr_arena_zalloc(&m->arena, 20, sizeof(*p->samples));
    p->values = pyr_arena_zalloc(&m->arena, 20, sizeof(*p->values));
    p->string_count = 1;
    p->strings[0] = PYR_STR("");
    for (uint32_t i = 0; i < samples; i++) {
        p->values[i] = 1 << i;
        add_labels(p, &p->samples[i], labels[i]);
    }
    p->sample_count = samples;
}

/* "k=v,l=w:3;" a row: its labels and the sum of its values. */
static void write_rows(const struct pyr_write *w, char *out, size_t size)
{
    int len = 0;
    out[0] = '\0';
    for (uint32_t r = 0; r < w->row_count; r++) {
        const struct pyr_write_row *row = &w->rows[r];
        int64_t sum = 0;
        for (uint32_t i = 0; i < row->sample_count; i++)
            sum += w->profile->values[row->samples[i]];
        for (uint32_t i = 0; i < row->series.label_count; i++)
            len += snprintf(out + len, size - (size_t)len, "%s%.*s=%.*s", i ? "," : "",
                            PYR_STR_ARG(row->series.labels[i].name), PYR_STR_ARG(row->series.labels[i].value));
        len += snprintf(out + len, size - (size_t)len, ":%d;", (int)sum);
    }
}

static pyr_err prepare(struct made *m, const char *labels, int64_t from_ns, int64_t until_ns, struct pyr_write *out,
                       struct pyr_diag *diag)
{
    struct pyr_label items[12];
    struct pyr_ingest_profile in = {.profile = &m->profile, .labels = items, .from_ns = from_ns, .until_ns = until_ns};
    while (*labels != '\0') {
        const char *equals = strchr(labels, '='), *end = equals + strcspn(equals, ",");
        items[in.label_count++] =
            (struct pyr_label){{labels, (size_t)(equals - labels)}, {equals + 1, (size_t)(end - equals) - 1}};
        labels = end + (*end == ',');
    }
    const struct pyr_ingest_context ctx = {
        .tenant = PYR_STR("t"), .limits = &limits, .arena = &m->arena, .now_ns = now_ns};
    return pyr_ingest_prepare(&ctx, &in, out, diag);
}

static void check_rows(const char *series, const char *const *labels, uint32_t samples, const char *want)
{
    struct made m;
    struct pyr_write w;
    struct pyr_diag diag = {0};
    char got[600];
    make(&m, labels, samples);
    if (prepare(&m, series, 0, 0, &w, &diag) == PYR_OK)
        write_rows(&w, got, sizeof(got));
    else
        snprintf(got, sizeof(got), "error: %s", diag.message);
    assert_string_equal(got, want);
    pyr_arena_free(&m.arena);
}

static void test_labels(void **state)
{
    (void)state;
    const char *const none[] = {""};
    static const struct {
        const char *series, *want;
    } cases[] = {
        {"__name__=p,service_name=s", "__name__=p,service_name=s:1;"},
        {"z=1,service_name=s,a=2,__name__=p", "__name__=p,a=2,service_name=s,z=1:1;"},
        {"__name__=p", "__name__=p,service_name=unknown_service:1;"},
        {"__name__=p,service_name=", "__name__=p,service_name=unknown_service:1;"},
        {"__name__=p,service_name=s,empty=", "__name__=p,service_name=s:1;"},
        {"__name__=p,service_name=s,__delta__=false,__order__=1,__type__=x,__session_id__=0011223344556677,__foo__=y",
         "__foo__=y,__name__=p,service_name=s:1;"},
        {"__name__=godeltaprof_memory,service_name=s",
         "__name__=memory,__name_replaced__=godeltaprof_memory,service_name=s:1;"},
        {"__name__=p,otel.scope.name=x", "__name__=p,otel.scope.name=x,service_name=unknown_service:1;"},
        {"service_name=s", "error: the label __name__ (what kind of profile it is) is missing"},
        {"__name__=godeltaprof_,a=b", "error: the label __name__ (what kind of profile it is) is missing"},
        {"__name__=p,=x", "error: a label has no name"},
        {"__name__=p,a=1,a=2", "error: profile series has the label 'a' twice"},
        {"__name__=p,a=1,b=2,c=3,d=4,e=5", "error: profile series has 7 label names, the limit is 6"},
        {"__name__=p,abcdefghijklmnopqrstu=1",
         "error: label name 'abcdefghijklmnopqrstu...' has 21 bytes, the limit is 20"},
        {"__name__=p,a=123456789012345678901", "error: value of label 'a' has 21 bytes, the limit is 20"},
        {"__name__=p,a=\xff", "error: value of label 'a' is no UTF-8 at byte 0"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++)
        check_rows(cases[i].series, none, 1, cases[i].want);
}

static void test_samples_are_split_by_their_labels(void **state)
{
    (void)state;
    check_rows("__name__=p,service_name=s", (const char *const[]){"k=a", "k=b", "", "k=a", "l=x,k=b", "k=b,l=x"}, 6,
               "__name__=p,k=a,service_name=s:9;__name__=p,k=b,service_name=s:2;__name__=p,service_name=s:4;"
               "__name__=p,k=b,l=x,service_name=s:48;");
    /* The series' own label stands; reserved ones and empty values make no series; of a key twice the first counts. */
    check_rows("__name__=p,service_name=s,k=mine",
               (const char *const[]){"k=a", "k=b", "service_name=other", "__type__=x", "e=", "z=1,z=2"}, 6,
               "__name__=p,k=mine,service_name=s:31;__name__=p,k=mine,service_name=s,z=1:32;");
    check_rows("__name__=p,service_name=s", (const char *const[]){"a=1,b=2,c=3,d=4,e=5"}, 1,
               "error: profile series has 7 label names, the limit is 6");
    check_rows("__name__=p,service_name=s", (const char *const[]){""}, 0, "");
}

static void test_spans_stay_with_samples(void **state)
{
    (void)state;
    struct made m;
    struct pyr_write w;
    struct pyr_diag diag = {0};
    make(&m,
         (const char *const[]){"span_id=00000bac2a5ab0c7,k=a", "k=a", "k=a,profile_id=ffffffffffffffff,span_name=n",
                               "k=a,span_id=short", "k=a,trace_id=000102030405060708090a0b0c0d0e0f"},
         5);
    assert_int_equal(prepare(&m, "__name__=p", 0, 0, &w, &diag), PYR_OK);
    assert_int_equal(w.row_count, 2); /* k=a; k=a with the span's name */
    const struct pyr_write_row *row = &w.rows[0];
    assert_int_equal(row->sample_count, 4);
    const uint64_t spans[] = {0x00000bac2a5ab0c7, 0, 0, 0};
    assert_memory_equal(row->span_ids, spans, sizeof(spans));
    for (uint8_t i = 0; i < 16; i++)
        assert_true(row->trace_ids[3][i] == i && row->trace_ids[0][i] == 0);
    assert_true(w.rows[1].span_ids[0] == UINT64_MAX);
    pyr_arena_free(&m.arena);
}

static void check_time(int64_t time_ns, int64_t duration_ns, int64_t from_ns, int64_t until_ns, int64_t want_ns,
                       int64_t want_duration_ns)
{
    struct made m;
    struct pyr_write w;
    struct pyr_diag diag = {0};
    make(&m, (const char *const[]){""}, 1);
    m.profile.time_ns = time_ns;
    m.profile.duration_ns = duration_ns;
    assert_int_equal(prepare(&m, "__name__=p", from_ns, until_ns, &w, &diag), PYR_OK);
    assert_int_equal(w.rows[0].time_ns, want_ns);
    assert_int_equal(w.rows[0].duration_ns, want_duration_ns);
    pyr_arena_free(&m.arena);
}

static void test_times(void **state)
{
    (void)state;
    const int64_t s = PYR_NS_PER_S, from = now_ns - 10 * s;
    check_time(now_ns - 5, 7, from, now_ns, now_ns - 5, 7);
    check_time(0, 0, from, now_ns, from, 10 * s);
    check_time(86400 * s, 0, from, from, from, 0);
    check_time(-3, -1, from, from - 1, from, 0);
    check_time(0, 0, 0, 0, now_ns, 0);
    check_time(now_ns - 400 * 86400 * s, 1, 0, 0, now_ns - 400 * 86400 * s, 1); /* any age */
    struct made m;
    struct pyr_write w;
    make(&m, (const char *const[]){""}, 1);
    m.profile.time_ns = now_ns + 3601 * s;
    assert_int_equal(prepare(&m, "__name__=p", 0, 0, &w, NULL), PYR_E_INVALID);
    m.profile.time_ns = now_ns + 3600 * s;
    assert_int_equal(prepare(&m, "__name__=p", 0, 0, &w, NULL), PYR_OK);
    pyr_arena_free(&m.arena);
}

static void check_go_name(const char *name, const char *file, bool is_go, const char *want)
{
    struct pyr_arena arena;
    struct pyr_str strings[] = {PYR_STR(""), pyr_str_of(name), pyr_str_of(file)};
    struct pyr_function f = {.name = 1, .system_name = 1, .filename = 2};
    struct pyr_profile p = {.strings = strings, .string_count = 3, .functions = &f, .function_count = 1};
    pyr_arena_init(&arena, 1 << 16, NULL);
    assert_true(pyr_function_names_go(&p, is_go, &arena));
    assert_true(pyr_str_eq(strings[1], pyr_str_of(want)));
    pyr_arena_free(&arena);
}

static void check_legacy_names(const char *labels, const char *want)
{
    const struct pyr_limits legacy = {.sanitize_label_names = true, .sessions_max = 4};
    struct pyr_label items[4];
    struct pyr_series_labels out;
    struct pyr_arena arena;
    struct pyr_diag diag = {0};
    char got[600];
    uint32_t count = 0;
    int len = 0;
    pyr_arena_init(&arena, 1 << 16, NULL);
    while (*labels != '\0') {
        const char *equals = strchr(labels, '='), *end = equals + strcspn(equals, ",");
        items[count++] =
            (struct pyr_label){{labels, (size_t)(equals - labels)}, {equals + 1, (size_t)(end - equals) - 1}};
        labels = end + (*end == ',');
    }
    if (pyr_series_labels_make(items, count, &legacy, &arena, &out, &diag) != PYR_OK)
        snprintf(got, sizeof(got), "error: %s", diag.message);
    for (uint32_t i = 0; diag.code == PYR_OK && i < out.count; i++)
        len += snprintf(got + len, sizeof(got) - (size_t)len, "%.*s=%.*s;", PYR_STR_ARG(out.items[i].name),
                        PYR_STR_ARG(out.items[i].value));
    assert_string_equal(got, want);
    pyr_arena_free(&arena);
}

static void test_legacy_names_and_sessions(void **state)
{
    (void)state;
    check_legacy_names("__name__=p,a.b=1", "__name__=p;a_b=1;service_name=unknown_service;");
    check_legacy_names("__name__=p,a.b=1,a_b=1", "__name__=p;a_b=1;service_name=unknown_service;");
    check_legacy_names("__name__=p,a.b=1,a_b=2", "error: profile series has the label 'a_b' twice");
    check_legacy_names("__name__=p,1a=1", "error: invalid label name '1a'");
    check_legacy_names("__name__=p,a b=1", "error: invalid label name 'a b'");
    /* Eight bytes, the least first: 0x...07 modulo 4. */
    check_legacy_names("__name__=p,__session_id__=07000000000000ff",
                       "__name__=p;__session_id__=0300000000000000;service_name=unknown_service;");
    check_legacy_names("__name__=p,__session_id__=short", "__name__=p;service_name=unknown_service;");
}

/* A label of samples that is made one of the series' names loses against it. */
static void test_legacy_names_of_samples(void **state)
{
    (void)state;
    const struct pyr_limits legacy = {.sanitize_label_names = true};
    struct made m;
    struct pyr_write w;
    struct pyr_diag diag = {0};
    char got[200];
    make(&m, (const char *const[]){"a.b=sample,c.d=new"}, 1);
    struct pyr_label items[] = {{PYR_STR("__name__"), PYR_STR("p")},
                                {PYR_STR("a_b"), PYR_STR("series")},
                                {PYR_STR("service_name"), PYR_STR("s")}};
    const struct pyr_ingest_profile in = {.profile = &m.profile, .labels = items, .label_count = 3};
    const struct pyr_ingest_context ctx = {
        .tenant = PYR_STR("t"), .limits = &legacy, .arena = &m.arena, .now_ns = now_ns};
    assert_int_equal(pyr_ingest_prepare(&ctx, &in, &w, &diag), PYR_OK);
    write_rows(&w, got, sizeof(got));
    assert_string_equal(got, "__name__=p,a_b=series,c_d=new,service_name=s:1;");
    pyr_arena_free(&m.arena);
}

static void test_generics(void **state)
{
    (void)state;
    check_go_name("pkg.Map[go.shape.int,go.shape.string]", "a.go", false, "pkg.Map");
    check_go_name("pkg.(*T[go.shape.struct { F []int }]).M", "", true, "pkg.(*T).M");
    check_go_name("f[go.shape.int].g[go.shape.[]uint8]", "", true, "f.g");
    check_go_name("pkg.Map[...]", "a.go", true, "pkg.Map[...]");
    check_go_name("f[go.shape.int", "", true, "f");
    check_go_name("f[go.shape.int]", "a.py", false, "f[go.shape.int]");
}

static void check_settled(const char *name, const char *file, const char *want)
{
    struct pyr_arena arena;
    struct pyr_str strings[] = {PYR_STR(""), pyr_str_of(name), pyr_str_of(file)};
    struct pyr_function f = {.name = 1, .filename = 2};
    struct pyr_profile p = {.strings = strings, .string_count = 3, .functions = &f, .function_count = 1};
    char got[200];
    pyr_arena_init(&arena, 1 << 16, NULL);
    assert_true(pyr_function_names_settle(&p, &arena));
    snprintf(got, sizeof(got), "%.*s", PYR_STR_ARG(strings[1]));
    assert_string_equal(got, want);
    pyr_arena_free(&arena);
}

static void test_names_that_change_at_every_start(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want;
    } cases[] = {
        {"RideShare$$Lambda$225.0x00007fe8540236c8.call", "RideShare$$Lambda$_.call"},
        {"java/util/regex/Pattern$$Lambda$19.0x800000029.is", "java/util/regex/Pattern$$Lambda$_.is"},
        {"Main$$Lambda$1/471910020.run", "Main$$Lambda$_.run"},
        {"Main$$Lambda/0x00007f1e8c000a08.run", "Main$$Lambda$_.run"},
        {"Main$$Lambda+0x00007f1e8c000a08.run", "Main$$Lambda$_.run"},
        {"Main$$Lambda$14.run", "Main$$Lambda$_.run"},
        {"Main$$Lambda.run", "Main$$Lambda.run"},
        {"Main$$Lambda$", "Main$$Lambda$"},
        {"Main$$Lambda", "Main$$Lambda"},
        {"A$$Lambda$1.0x00007fe8540236c8.b$$Lambda$22", "A$$Lambda$_.b$$Lambda$_"},
        {"jdk/internal/reflect/GeneratedConstructorAccessor7.newInstance",
         "jdk/internal/reflect/GeneratedConstructorAccessor_.newInstance"},
        {"sun/reflect/GeneratedMethodAccessor31.invoke", "sun/reflect/GeneratedMethodAccessor_.invoke"},
        {"java/lang/invoke/LambdaForm$DMH.0x0000000800c03000.invokeStatic",
         "java/lang/invoke/LambdaForm$DMH.0x_.invokeStatic"},
        {"com/x/Service$$EnhancerBySpringCGLIB$$8e2bfa8c.get", "com/x/Service$$EnhancerBySpringCGLIB$$_.get"},
        {"<function load at 0x7f3a5c0d1e50>", "<function load at 0x_>"},
        /* What is the same next time, or all that there is, stays. */
        {"RideShare.lambda$order$3", "RideShare.lambda$order$3"},
        {"Outer$1.run", "Outer$1.run"},
        {"libfoo.so+0x12345678", "libfoo.so+0x12345678"},
        {"0x00007fe8540236c8", "0x00007fe8540236c8"},
        {"draw.0xff", "draw.0xff"},
        {"$", "$"},
        {"Accessor", "Accessor"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++)
        check_settled(cases[i].name, "", cases[i].want);
    check_settled("main.f.0x12345678", "main.go", "main.f.0x12345678");
}

static void check_script_name(const char *spy, const char *file, const char *want)
{
    struct pyr_arena arena;
    struct pyr_str strings[] = {PYR_STR(""), PYR_STR("run"), pyr_str_of(file)};
    struct pyr_function f = {.name = 1, .filename = 2};
    struct pyr_profile p = {.strings = strings, .string_count = 3, .functions = &f, .function_count = 1};
    pyr_arena_init(&arena, 1 << 16, NULL);
    assert_true(pyr_function_names_script(&p, pyr_str_of(spy), &arena));
    assert_true(pyr_str_eq(p.strings[f.name], pyr_str_of(want)));
    pyr_arena_free(&arena);
}

static void test_names_of_scripts(void **state)
{
    (void)state;
    check_script_name("pyspy", "app/main.py", "app/main.py run");
    check_script_name("pyspy", "/usr/lib/main.py", "run");
    check_script_name("rbspy", "/usr/lib/main.rb", "/usr/lib/main.rb run");
    check_script_name("scripting", "", "run");
    check_script_name("gospy", "main.go", "run");
}

static void test_subtraction(void **state)
{
    (void)state;
    /* Two stacks, told apart by labels; one of them is in two samples, as in heap profiles. */
    struct made now, before;
    make(&now, (const char *const[]){"k=a", "k=a", "k=b", "k=c"}, 4);
    make(&before, (const char *const[]){"k=c", "k=a"}, 2);
    const int64_t values[] = {10, 20, 30, 5}, old[] = {7, 25};
    memcpy(now.profile.values, values, sizeof(values));
    memcpy(before.profile.values, old, sizeof(old));
    const struct pyr_sample_type_setting setting = {PYR_STR("cpu"), PYR_STR(""), true};
    const struct pyr_sample_type_config config = {&setting, 1};
    struct pyr_diag diag = {0};
    assert_int_equal(pyr_cumulative_subtract(&now.profile, &before.profile, &config, &now.arena, &diag), PYR_OK);
    assert_int_equal(now.profile.sample_count, 2); /* a: 30 - 25; b: 30; c began anew: nothing is known */
    assert_int_equal(now.profile.values[0], 5);
    assert_int_equal(now.profile.values[1], 30);
    /* Not cumulative, as far as is known: unchanged. Said to be, and nothing to compare with: nothing is left. */
    assert_int_equal(
        pyr_cumulative_subtract(&now.profile, &before.profile, &pyr_sample_type_config_default, &now.arena, &diag),
        PYR_OK);
    assert_int_equal(now.profile.sample_count, 2);
    assert_int_equal(pyr_cumulative_subtract(&now.profile, NULL, &config, &now.arena, &diag), PYR_OK);
    assert_int_equal(now.profile.sample_count, 0);
    before.type.unit = PYR_STR("count");
    assert_int_equal(pyr_cumulative_subtract(&now.profile, &before.profile, &config, &now.arena, &diag), PYR_E_INVALID);
    pyr_arena_free(&now.arena);
    pyr_arena_free(&before.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_samples_are_split_by_their_labels),
        cmocka_unit_test(test_spans_stay_with_samples),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_legacy_names_and_sessions),
        cmocka_unit_test(test_legacy_names_of_samples),
        cmocka_unit_test(test_generics),
        cmocka_unit_test(test_names_that_change_at_every_start),
        cmocka_unit_test(test_names_of_scripts),
        cmocka_unit_test(test_subtraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
