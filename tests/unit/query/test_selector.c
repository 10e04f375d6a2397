/* Selectors: what PromQL and FlameQL texts mean, and how refusals read. */
#include "query/flameql.h"
#include "query/selector.h"

static struct pyr_arena arena;
static struct pyr_selector s;
static struct pyr_diag diag;

static int setup(void **state)
{
    (void)state;
    pyr_arena_init(&arena, 1 << 20, NULL);
    pyr_selector_init(&s, &arena);
    diag = (struct pyr_diag){0};
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    pyr_selector_free(&s);
    pyr_arena_free(&arena);
    return 0;
}

static bool accepts(const struct pyr_matcher *m, const char *value)
{
    const struct pyr_str v = pyr_str_of(value);
    return (m->predicate != NULL ? m->predicate(m->ctx, v) : pyr_str_eq(m->equal, v)) != m->negated;
}

/* Exactly one matcher, on `name`; "+x" must be accepted, "-x" must not. */
static void assert_one(const char *text, const char *name, const char *const *values)
{
    struct pyr_selector one;
    pyr_selector_init(&one, &arena);
    diag = (struct pyr_diag){0};
    if (pyr_selector_parse(&one, pyr_str_of(text), &diag) != PYR_OK)
        fail_msg("%s: %s", text, diag.message);
    assert_int_equal(one.count, 1);
    assert_true(pyr_str_eq(one.matchers[0].name, pyr_str_of(name)));
    for (; *values != NULL; values++)
        if (accepts(&one.matchers[0], *values + 1) != (**values == '+'))
            fail_msg("%s: %s", text, *values);
    pyr_selector_free(&one);
}

static void test_matchers(void **state)
{
    (void)state;
#define VALUES(...) ((const char *[]){__VA_ARGS__, NULL})
    assert_one("{a=\"x\"}", "a", VALUES("+x", "-", "-xx"));
    assert_one("{ a = 'x' , }", "a", VALUES("+x", "-y"));
    assert_one("{a=`x\\n`}", "a", VALUES("+x\\n", "-x\n"));
    assert_one("{a=\"x\\n\\x41\\u00e9\\\"\"}", "a", VALUES("+x\nA\xc3\xa9\""));
    assert_one("{a!=\"x\"}", "a", VALUES("-x", "+", "+y"));
    assert_one("{a=~\"x.*\"}", "a", VALUES("+x", "+xy", "-yx", "-"));
    assert_one("{a=~\"x|y\"}", "a", VALUES("+x", "+y", "-xy", "-x|y"));
    assert_one("{a!~\"x|\"}", "a", VALUES("-x", "-", "+y"));
    assert_one("{\"service.name\"=\"x\"}", "service.name", VALUES("+x"));
    assert_one("{\"cpu\"}", "__name__", VALUES("+cpu"));
    assert_one("process_cpu", "__name__", VALUES("+process_cpu"));
    assert_one("a:b{}", "__name__", VALUES("+a:b"));
    assert_one("{a=\"#x\"} # comment", "a", VALUES("+#x"));
}

static void test_several(void **state)
{
    (void)state;
    assert_int_equal(pyr_selector_parse(&s, PYR_STR("cpu{a=\"1\",b=~\"2\",c!=\"3\",d!~\"4\",}"), &diag), PYR_OK);
    assert_int_equal(s.count, 5);
    assert_int_equal(pyr_selector_parse(&s, PYR_STR("{}"), &diag), PYR_OK);
    assert_int_equal(pyr_selector_parse(&s, PYR_STR("{e=\"5\"}"), &diag), PYR_OK);
    assert_int_equal(s.count, 6);
}

static void assert_refused(const char *text, const char *message)
{
    struct pyr_selector one;
    pyr_selector_init(&one, &arena);
    diag = (struct pyr_diag){0};
    assert_int_equal(pyr_selector_parse(&one, pyr_str_of(text), &diag), PYR_E_INVALID);
    assert_string_equal(diag.message, message);
    pyr_selector_free(&one);
}

static void test_refusals(void **state)
{
    (void)state;
#define PARSING(quoted) "parsing label selector " quoted ": "
    assert_refused("", PARSING("\"\"") "unknown position: parse error: unexpected end of input");
    assert_refused("{a=~\"(\"}",
                   PARSING("\"{a=~\\\"(\\\"}\"") "1:2: parse error: error parsing regexp: missing closing ): `(`");
    assert_refused("{a", PARSING("\"{a\"") "1:3: parse error: unexpected end of input inside braces");
    assert_refused(
        "{a}",
        PARSING("\"{a}\"") "1:3: parse error: unexpected \"}\" in label matching, expected label matching operator");
    assert_refused(
        "{a=b}",
        PARSING("\"{a=b}\"") "1:4: parse error: unexpected identifier \"b\" in label matching, expected string");
    assert_refused("{a=\"b}", PARSING("\"{a=\\\"b}\"") "1:4: parse error: unterminated quoted string");
    assert_refused("{a=\"b\" c", PARSING("\"{a=\\\"b\\\" c\"") "1:8: parse error: unexpected identifier \"c\" in label "
                                                               "matching, expected \",\" or \"}\"");
    assert_refused(
        "{,}", PARSING("\"{,}\"") "1:2: parse error: unexpected \",\" in label matching, expected identifier or \"}\"");
    assert_refused("{a.b=\"c\"}",
                   PARSING("\"{a.b=\\\"c\\\"}\"") "1:3: parse error: unexpected character inside braces: '.'");
    assert_refused("{} x", PARSING("\"{} x\"") "1:4: parse error: unexpected identifier \"x\"");
    assert_refused("a\n}", PARSING("\"a\\n}\"") "2:1: parse error: unexpected \"}\"");
}

static void test_too_many(void **state)
{
    (void)state;
    pyr_err err = PYR_OK;
    for (int i = 0; i < PYR_SELECTOR_MATCHERS_MAX + 1 && err == PYR_OK; i++)
        err = pyr_selector_parse(&s, PYR_STR("{a=\"b\"}"), &diag);
    assert_int_equal(err, PYR_E_INVALID);
    assert_int_equal(s.count, PYR_SELECTOR_MATCHERS_MAX);
}

static const struct pyr_matcher *matcher_of(const char *name)
{
    for (uint32_t i = 0; i < s.count; i++)
        if (pyr_str_eq(s.matchers[i].name, pyr_str_of(name)))
            return &s.matchers[i];
    fail_msg("no matcher for %s", name);
    return NULL;
}

static void test_flameql(void **state)
{
    (void)state;
    struct pyr_str app;
    assert_int_equal(
        pyr_flameql_parse(&s, PYR_STR(" my.rides.cpu { region = \"us,east\" , pod!~\"a.\", x!=\"\" } "), &app, &diag),
        PYR_OK);
    assert_true(pyr_str_eq(app, PYR_STR("my.rides.cpu")));
    assert_true(accepts(matcher_of("service_name"), "my.rides"));
    assert_true(accepts(matcher_of("__profile_type__"), "process_cpu:cpu:nanoseconds:cpu:nanoseconds"));
    assert_false(accepts(matcher_of("__profile_type__"), "process_cpu:samples:count:cpu:nanoseconds"));
    assert_true(accepts(matcher_of("region"), "us,east"));
    assert_false(accepts(matcher_of("pod"), "xaz")); /* not anchored */
    assert_true(accepts(matcher_of("pod"), "xa"));
    assert_false(accepts(matcher_of("x"), ""));
}

static void test_flameql_types_of_pprof(void **state)
{
    (void)state;
    struct pyr_str app;
    assert_int_equal(pyr_flameql_parse(&s, PYR_STR("app.inuse_space"), &app, &diag), PYR_OK);
    assert_true(accepts(matcher_of("__profile_type__"), "memory:inuse_space:bytes:space:bytes"));
    assert_true(accepts(matcher_of("__profile_type__"), "memory:inuse_space:bytes::"));
    pyr_selector_free(&s);
    assert_int_equal(pyr_flameql_parse(&s, PYR_STR("app.goroutines{}"), &app, &diag), PYR_OK);
    assert_true(accepts(matcher_of("__profile_type__"), "goroutines:goroutine:count:goroutine:count"));
    assert_true(accepts(matcher_of("__profile_type__"), "goroutine:goroutines:count::"));
    pyr_selector_free(&s);
    assert_int_equal(pyr_flameql_parse(&s, PYR_STR("app.itimer"), &app, &diag), PYR_OK);
    assert_true(accepts(matcher_of("__profile_type__"), "process_cpu:cpu:nanoseconds:cpu:nanoseconds"));
}

static void assert_flameql_refused(const char *text, const char *message)
{
    struct pyr_str app;
    diag = (struct pyr_diag){0};
    assert_int_equal(pyr_flameql_parse(&s, pyr_str_of(text), &app, &diag), PYR_E_INVALID);
    assert_string_equal(diag.message, message);
}

static void test_flameql_refusals(void **state)
{
    (void)state;
    assert_flameql_refused("", "query: application name is required");
    assert_flameql_refused("{}", "query: application name is required");
    assert_flameql_refused("a b{}", "query: invalid application name: a b");
    assert_flameql_refused("rides.cpu{region=us}", "query: invalid tag value syntax: region=us");
    assert_flameql_refused("rides.cpu{region=\"us\"", "query: invalid query syntax: rides.cpu{region=\"us\"");
    assert_flameql_refused("rides.cpu{region}", "query: invalid tag matchers syntax: region");
    assert_flameql_refused("rides.cpu{reg-ion=\"x\"}", "query: invalid tag key: reg-ion=\"x\"");
    assert_flameql_refused("rides.cpu{__name__=\"x\"}", "query: tag key is reserved: __name__");
    assert_flameql_refused("rides.cpu{a=~\"(\"}", "query: error parsing regexp: missing closing ): `(`");
}

static void test_flameql_key(void **state)
{
    (void)state;
    struct pyr_str app;
    assert_int_equal(pyr_flameql_parse_key(&s, PYR_STR("rides.cpu{region=us-east, pod=\"p\"}"), &app, &diag), PYR_OK);
    assert_true(accepts(matcher_of("region"), "us-east"));
    assert_true(accepts(matcher_of("pod"), "\"p\"")); /* no quoting in this form */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_matchers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flameql, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flameql_types_of_pprof, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flameql_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flameql_key, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
