/* Regular expressions: RE2's syntax and nothing more, and no pattern that costs more than its budget. */
#include "base/time.h"
#include "query/profile_type.h"
#include "query/regex.h"
#include <stdlib.h>

static struct pyr_arena arena;

static int setup(void **state)
{
    (void)state;
    pyr_arena_init(&arena, 64 << 20, NULL);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    pyr_arena_free(&arena);
    return 0;
}

static struct pyr_regex *compile(const char *pattern, bool anchored)
{
    struct pyr_diag diag = {0};
    struct pyr_regex *re;
    if (pyr_regex_compile(pyr_str_of(pattern), anchored, &arena, &re, &diag) != PYR_OK)
        fail_msg("%s: %s", pattern, diag.message);
    return re;
}

static void test_matches(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *value;
        bool anchored, unanchored;
    } table[] = {
        {"abc", "abc", true, true},
        {"abc", "xabcx", false, true},
        {"a|b", "b", true, true},
        {"a|b", "ab", false, true},
        {"", "", true, true},
        {"", "x", false, true},
        {".*", "", true, true},
        {".*", "a\nb", false, true},
        {".+", "", false, false},
        {".+", "x", true, true},
        {"us-(east|west)-\\d", "us-east-1", true, true},
        {"us-(east|west)-\\d", "eu-east-1", false, false},
        {"(?i)ABC", "aBc", true, true},
        {"a{2,3}", "aaaa", false, true},
        {"[^a-c]+", "xyz", true, true},
        {"[[:alpha:]]+", "ab1", false, true},
        {"\\Qa.b\\E", "a.b", true, true},
        {"\\Qa.b\\E", "axb", false, false},
        {"\\p{Greek}+", "\xce\xb1\xce\xb2", true, true},
        {".", "\xc3\xa9", true, true},
        {"a$", "a\n", false, false},
        {"(?P<x>a)(?:b)", "ab", true, true},
        {"a.b",
         "a\xff"
         "b",
         false, false},
        {"x|", "", true, true},
        {"a{,2}", "a{,2}", true, true},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(table); i++)
        for (int anchored = 0; anchored < 2; anchored++) {
            struct pyr_regex *re = compile(table[i].pattern, anchored);
            if (pyr_regex_match(re, pyr_str_of(table[i].value)) != (anchored ? table[i].anchored : table[i].unanchored))
                fail_msg("`%s` %s, anchored: %d", table[i].pattern, table[i].value, anchored);
            pyr_regex_free(re);
        }
}

static void test_literals_need_no_engine(void **state)
{
    (void)state;
    assert_true(pyr_regex_is_literal(compile("a|bc|d-e_f/g:h", true)));
    assert_true(pyr_regex_is_literal(compile(".*", true)));
    struct pyr_regex *re = compile("a.c", true);
    assert_false(pyr_regex_is_literal(re));
    pyr_regex_free(re);
}

static void assert_refused(const char *pattern, const char *message)
{
    struct pyr_diag diag = {0};
    struct pyr_regex *re;
    if (pyr_regex_compile(pyr_str_of(pattern), true, &arena, &re, &diag) == PYR_OK)
        fail_msg("accepted: %s", pattern);
    if (message != NULL)
        assert_string_equal(diag.message, message);
    else
        assert_non_null(strstr(diag.message, "error parsing regexp: "));
}

/* The messages are those of Go's regexp/syntax, which clients of the peer see. */
static void test_refusals(void **state)
{
    (void)state;
#define WHY(what) "error parsing regexp: " what
    assert_refused("(", WHY("missing closing ): `(`"));
    assert_refused("a)", WHY("unexpected ): `a)`"));
    assert_refused("*", WHY("missing argument to repetition operator: `*`"));
    assert_refused("a|+", WHY("missing argument to repetition operator: `+`"));
    assert_refused("(*VERB)", WHY("missing argument to repetition operator: `*`"));
    assert_refused("a**", WHY("invalid nested repetition operator: `**`"));
    assert_refused("a*+", WHY("invalid nested repetition operator: `*+`"));
    assert_refused("a++", WHY("invalid nested repetition operator: `++`"));
    assert_refused("a{2}{3}", WHY("invalid nested repetition operator: `{2}{3}`"));
    assert_refused("a{1001}", WHY("invalid repeat count: `{1001}`"));
    assert_refused("a{3,2}", WHY("invalid repeat count: `{3,2}`"));
    assert_refused("[a", WHY("missing closing ]: `[a`"));
    assert_refused("[[:foo:]]", WHY("invalid character class range: `[:foo:]`"));
    assert_refused("a\\", WHY("trailing backslash at end of expression: ``"));
    assert_refused("(a)\\1", WHY("invalid escape sequence: `\\1`"));
    assert_refused("(?=a)", WHY("invalid or unsupported Perl syntax: `(?=`"));
    assert_refused("(?!a)", WHY("invalid or unsupported Perl syntax: `(?!`"));
    assert_refused("(?<=a)", WHY("invalid or unsupported Perl syntax: `(?<=`"));
    assert_refused("(?<!a)", WHY("invalid or unsupported Perl syntax: `(?<!`"));
    assert_refused("(?>a)", WHY("invalid or unsupported Perl syntax: `(?>`"));
    static const char *const others[] = {
        "(?R)",
        "(?1)",
        "(?&x)",
        "(?P>x)",
        "(?P=x)",
        "(?(1)a)",
        "(?|a)",
        "(?#c)",
        "(?C1)",
        "(?P<1>a)",
        "(?P<a",
        "(?x)a",
        "(?-)",
        "\\k<x>",
        "\\g1",
        "\\K",
        "\\R",
        "\\X",
        "\\G",
        "\\Z",
        "\\h",
        "\\N",
        "\\cA",
        "\\e",
        "\\o{7}",
        "\\x{}",
        "\\xg",
        "\\p{",
        "\\p{No_Such_Script}",
        "[\\b]",
        "[z-a]",
        "[[=a=]]",
        "[[.a.]]",
        "a\xff",
        "(?i",
    };
    for (size_t i = 0; i < PYR_COUNT_OF(others); i++)
        assert_refused(others[i], NULL);
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    char deep[2002];
    memset(deep, '(', 1000);
    memset(deep + 1000, ')', 1000);
    deep[2000] = '\0';
    assert_refused(deep, NULL);
    char *longest = malloc(100001);
    memset(longest, 'a', 100000);
    longest[100000] = '\0';
    assert_refused(longest, NULL);
    free(longest);
}

/* Each is exponential or worse for a backtracking engine; thousands of values together must stay within seconds. */
static void test_hostile_patterns_are_bounded(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "(a+)+b",
        "(a|a)*b",
        "(a*)*b",
        "(a|aa)+b",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)b",
        "(a?){30}a{30}b",
        "(x+x+)+y",
        "((a{0,50}){0,50}){0,50}b",
        "([a-z]*)*[0-9]",
        "(\\w+\\s?)+[!]",
    };
    char value[2048];
    memset(value, 'a', sizeof(value));
    for (size_t i = 0; i < PYR_COUNT_OF(patterns); i++) {
        struct pyr_diag diag = {0};
        struct pyr_regex *re;
        if (pyr_regex_compile(pyr_str_of(patterns[i]), true, &arena, &re, &diag) != PYR_OK)
            continue; /* too large once expanded: refused is bounded, too */
        const int64_t start = pyr_thread_cpu_ns();
        for (size_t k = 0; k < 1000; k++)
            assert_false(pyr_regex_match(re, (struct pyr_str){value, sizeof(value) - k}));
        const int64_t spent = pyr_thread_cpu_ns() - start;
        diag = (struct pyr_diag){0};
        const pyr_err err = pyr_regex_failed(re, &diag);
        assert_true(err == PYR_OK || (err == PYR_E_LIMIT && strstr(diag.message, "takes too long") != NULL));
        /* 2 x 32 tries of 200,000 steps are well below this on any machine, also under sanitizers; one exponential
         * match would not end at all. */
        assert_true(spent < INT64_C(60000000000));
        pyr_regex_free(re);
    }
}

static void test_giving_up_is_said(void **state)
{
    (void)state;
    struct pyr_regex *re = compile("(a|a)*b|c", true);
    struct pyr_diag diag = {0};
    char value[4096];
    memset(value, 'a', sizeof(value));
    assert_int_equal(pyr_regex_failed(re, &diag), PYR_OK);
    for (int i = 0; i < 2 * PYR_REGEX_EXPENSIVE_MAX; i++)
        (void)pyr_regex_match(re, (struct pyr_str){value, sizeof(value)});
    assert_int_equal(pyr_regex_failed(re, &diag), PYR_E_LIMIT);
    assert_false(pyr_regex_match(re, PYR_STR("c")));
    pyr_regex_free(re);
}

static void test_profile_types(void **state)
{
    (void)state;
    struct pyr_diag diag = {0};
    struct pyr_profile_type t;
    assert_int_equal(pyr_profile_type_parse(PYR_STR("memory:inuse_space:bytes::"), &t, &diag), PYR_OK);
    assert_true(pyr_str_eq(t.sample_unit, PYR_STR("bytes")) && t.period_type.len == 0 && t.period_unit.len == 0);
    assert_true(pyr_profile_type_gauge(&t));
    assert_int_equal(pyr_profile_type_parse(PYR_STR("a:b:c:d:e:delta"), &t, &diag), PYR_OK);
    assert_true(pyr_str_eq(t.id, PYR_STR("a:b:c:d:e")));
    assert_int_equal(pyr_profile_type_parse(PYR_STR("a:b:c:d:e:f:g"), &t, &diag), PYR_E_INVALID);
    diag = (struct pyr_diag){0};
    assert_int_equal(pyr_profile_type_parse(PYR_STR("nope"), &t, &diag), PYR_E_INVALID);
    assert_string_equal(diag.message, "profile-type selection must be of the form <name>:<sample-type>:<sample-unit>:"
                                      "<period-type>:<period-unit>(:delta), got(1): \"nope\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_matches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_literals_need_no_engine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nesting_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_patterns_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_giving_up_is_said, setup, teardown),
        cmocka_unit_test(test_profile_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
