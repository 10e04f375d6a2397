/* The call tree, its transforms and its encoders, against worked examples and naive models. */
#include "base/arena.h"
#include "profile/collapsed.h"
#include "profile/flamebearer.h"
#include "profile/suffix.h"
#include "profile/tree_bytes.h"
#include "profile/tree_call_site.h"
#include "profile/tree_top.h"
#include "profile/tree_truncate.h"
#include <stdlib.h>

static struct pyr_arena arena;

static int setup(void **state)
{
    (void)state;
    pyr_arena_init(&arena, SIZE_MAX, NULL);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    pyr_arena_free(&arena);
    return 0;
}

/* Folded lines, "a;b;c 12", split at the last space. */
static void add_folded(struct pyr_tree_builder *b, const char *line)
{
    struct pyr_str frames[64];
    uint32_t count = 0;
    const char *space = strrchr(line, ' ');
    for (const char *at = line; at < space; count++) {
        const char *end = memchr(at, ';', (size_t)(space - at));
        end = end != NULL ? end : space;
        frames[count] = (struct pyr_str){at, (size_t)(end - at)};
        at = end + 1;
    }
    assert_int_equal(pyr_tree_builder_add_stack(b, frames, count, atoll(space + 1)), PYR_OK);
}

static struct pyr_tree tree_of(const char *const *lines)
{
    struct pyr_tree_builder b;
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 1 << 20), PYR_OK);
    for (; *lines != NULL; lines++)
        add_folded(&b, *lines);
    const struct pyr_tree t = pyr_tree_builder_finish(&b);
    pyr_tree_builder_free(&b);
    assert_true(pyr_tree_valid(&t));
    return t;
}

static const char *const rides[] = {"main;handler;bike 720",    "main;handler;car 2130",     "main;gc 180",
                                    "main;handler;scooter 270", "main;handler;car;find 630", NULL};

static struct pyr_tree cut(const struct pyr_tree *t, uint32_t n, bool fold)
{
    int64_t threshold;
    struct pyr_tree out;
    assert_int_equal(pyr_tree_threshold(t, n, &arena, &threshold), PYR_OK);
    assert_int_equal(pyr_tree_truncate(t, threshold, fold, &arena, &out), PYR_OK);
    return out;
}

static void assert_flamebearer(const struct pyr_tree *t, const char *names, const char *levels)
{
    struct pyr_arena scratch;
    struct pyr_flamebearer fb;
    struct pyr_buf text;
    pyr_arena_init(&scratch, SIZE_MAX, NULL);
    assert_int_equal(pyr_flamebearer_encode(t, &scratch, &arena, &fb), PYR_OK);
    pyr_arena_free(&scratch);
    pyr_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < fb.name_count; i++)
        pyr_buf_printf(&text, "%s%.*s", i ? "," : "", PYR_STR_ARG(fb.names[i]));
    pyr_buf_byte(&text, 0);
    assert_string_equal((const char *)text.data, names);
    pyr_buf_clear(&text);
    for (size_t i = 0; i < fb.level_count; i++)
        for (size_t k = 0; k < fb.levels[i].count; k++)
            pyr_buf_printf(&text, "%s%lld", k ? " " : i ? " / " : "", (long long)fb.levels[i].values[k]);
    pyr_buf_byte(&text, 0);
    assert_string_equal((const char *)text.data, levels);
    pyr_buf_free(&text);
    assert_int_equal(fb.total, t->nodes[0].total);
}

static void test_flamebearer_worked_example(void **state)
{
    (void)state;
    const struct pyr_tree t =
        tree_of((const char *[]){"main;a;b 200", "main;a 100", "main;c;d 60", "other_root 10", NULL});
    assert_flamebearer(&t, "total,other_root,main,c,d,a,b",
                       "0 370 0 0 / 0 360 0 2 0 10 10 1 / 0 300 100 5 0 60 0 3 / 100 200 200 6 0 60 60 4");
}

static void test_flamebearer_empty(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){NULL});
    assert_flamebearer(&t, "total", "0 0 0 0");
}

/* max_nodes 3 and 1. (The peer's own answer for 3 has the same nodes, but wrong values: it cuts parts before it adds
 * them up.) */
static void test_truncation_examples(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of(rides);
    struct pyr_tree small = cut(&t, 3, true);
    assert_flamebearer(&small, "total,main,other,handler,car",
                       "0 3930 0 0 / 0 3930 0 1 / 0 3750 0 3 0 180 180 2 / 0 2760 2130 4 0 990 990 2 / 2130 630 630 2");
    small = cut(&t, 1, true);
    assert_flamebearer(&small, "total,main,other", "0 3930 0 0 / 0 3930 0 1 / 0 3930 3930 2");
}

static void test_truncation_of_nothing(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of(rides);
    const struct pyr_tree same = cut(&t, 7, true);
    assert_ptr_equal(same.nodes, t.nodes);
    assert_null(same.dropped);
}

/* A real function called other: apart from what was dropped where the format can tell, together where it cannot. */
static void test_truncation_and_a_real_other(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){"a;other;x 50", "a;b 100", "a;c 1", "a;d 2", NULL});
    struct pyr_tree small = cut(&t, 4, false);
    assert_flamebearer(&small, "total,a,other,x,b",
                       "0 153 0 0 / 0 153 0 1 / 0 100 100 4 0 50 0 2 0 3 3 2 / 100 50 50 3");
    small = cut(&t, 4, true);
    assert_flamebearer(&small, "total,a,other,b", "0 153 0 0 / 0 153 0 1 / 0 100 100 3 0 53 53 2");
}

static void test_names_are_text(void **state)
{
    (void)state;
    struct pyr_tree_builder b;
    uint32_t bad, same, replaced;
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 100), PYR_OK);
    assert_int_equal(pyr_tree_builder_name(&b, (struct pyr_str){"a\0b\xff", 4}, &bad), PYR_OK);
    assert_int_equal(pyr_tree_builder_name(&b, (struct pyr_str){"a\0b\xff", 4}, &same), PYR_OK);
    assert_int_equal(pyr_tree_builder_name(&b,
                                           PYR_STR("a\xef\xbf\xbd"
                                                   "b\xef\xbf\xbd"),
                                           &replaced),
                     PYR_OK);
    assert_int_equal(bad, same);
    assert_int_equal(bad, replaced);
    assert_true(pyr_str_eq(b.tree.names[bad], PYR_STR("a\xef\xbf\xbd"
                                                      "b\xef\xbf\xbd")));
    pyr_tree_builder_free(&b);
}

static void test_sums_saturate(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){"a;b 9223372036854775807", "a;c 5", "a;b 1", NULL});
    assert_int_equal(t.nodes[0].total, INT64_MAX);
}

static void test_nodes_are_bounded(void **state)
{
    (void)state;
    struct pyr_tree_builder b;
    uint32_t node = 0, name;
    pyr_err err = pyr_tree_builder_init(&b, &arena, 10);
    assert_int_equal(err, PYR_OK);
    assert_int_equal(pyr_tree_builder_name(&b, PYR_STR("f"), &name), PYR_OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(pyr_tree_builder_child(&b, node, name, &node), PYR_OK);
    assert_int_equal(pyr_tree_builder_child(&b, node, name, &node), PYR_E_TOOBIG);
    pyr_tree_builder_free(&b);
}

/* Descending order, the root without a name: the peer's bytes for the example's profiles. */
static void test_tree_bytes_example(void **state)
{
    (void)state;
    const struct pyr_tree t =
        tree_of((const char *[]){"main;handler;bike 720000000", "main;handler;car 2130000000", "main;gc 180000000",
                                 "main;handler;scooter 270000000", "main;handler;car;find 630000000", NULL});
    static const uint8_t expected[] =
        "\x00\x00\x01\x04main\x00\x02\x07handler\x00\x03\x07scooter\x80\xbf\xdf\x80\x01\x00"
        "\x03"
        "car\x80\xf1\xd4\xf7\x07\x01\x04"
        "find\x80\x93\xb4\xac\x02\x00\x04"
        "bike\x80\xa8\xa9"
        "\xd7\x02\x00\x02gc\x80\xaa\xea\x55";
    struct pyr_buf out;
    pyr_buf_init(&out, 1 << 16);
    assert_int_equal(pyr_tree_bytes_encode(&t, &arena, &out), PYR_OK);
    assert_int_equal(out.len, sizeof(expected));
    assert_memory_equal(out.data, expected, sizeof(expected));
    pyr_buf_free(&out);
}

static void test_tree_bytes_of_nothing(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){NULL});
    struct pyr_buf out;
    pyr_buf_init(&out, 1 << 16);
    assert_int_equal(pyr_tree_bytes_encode(&t, &arena, &out), PYR_OK);
    assert_int_equal(out.len, 0);
    pyr_buf_free(&out);
}

static void test_collapsed(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){"main;b 2", "main 1", "main;a;c 3", "x\ny 4", NULL});
    struct pyr_buf out;
    pyr_buf_init(&out, 1 << 16);
    assert_int_equal(pyr_collapsed_encode(&t, &arena, &out), PYR_OK);
    pyr_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, "main 1\nmain;a;c 3\nmain;b 2\nx y 4\n");
    pyr_buf_free(&out);
}

static void assert_row(const struct pyr_tree *t, const struct pyr_top_row *rows, uint32_t count, const char *name,
                       int64_t self, int64_t total)
{
    for (uint32_t i = 0; i < count; i++)
        if (pyr_str_eq(t->names[rows[i].name], pyr_str_of(name))) {
            assert_int_equal(rows[i].self, self);
            assert_int_equal(rows[i].total, total);
            return;
        }
    fail_msg("no row for %s", name);
}

static void test_top_counts_recursion_once(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){"f;g;f;h 10", "f;f 5", "g;f 1", "total 2", NULL});
    struct pyr_top_row *rows;
    uint32_t count;
    assert_int_equal(pyr_tree_top(&t, &arena, &rows, &count), PYR_OK);
    assert_int_equal(count, 4);
    assert_row(&t, rows, count, "f", 6, 16);
    assert_row(&t, rows, count, "g", 0, 11);
    assert_row(&t, rows, count, "h", 10, 10);
    assert_row(&t, rows, count, "total", 2, 2);
    for (uint32_t i = 1; i < count; i++)
        assert_true(rows[i - 1].self >= rows[i].self);
}

static void test_call_site(void **state)
{
    (void)state;
    const struct pyr_tree t = tree_of((const char *[]){"main;handler;car 5", "main;handler 1", "main;gc 2", "main 3",
                                                       "handler;main;handler 7", NULL});
    struct pyr_tree out;
    const struct pyr_str site[] = {PYR_STR("main"), PYR_STR("handler")};
    assert_int_equal(pyr_tree_call_site(&t, site, 2, &arena, &out), PYR_OK);
    assert_flamebearer(&out, "total,main,handler,car", "0 6 0 0 / 0 6 0 1 / 0 6 1 2 / 1 5 5 3");
    const struct pyr_str none[] = {PYR_STR("main"), PYR_STR("nobody")};
    assert_int_equal(pyr_tree_call_site(&t, none, 2, &arena, &out), PYR_OK);
    assert_flamebearer(&out, "total", "0 0 0 0");
}

static void test_suffixes(void **state)
{
    (void)state;
    struct pyr_str service;
    const struct pyr_suffix *s;
    assert_true(pyr_suffix_split(PYR_STR("my.app.itimer"), &service, &s));
    assert_true(pyr_str_eq(service, PYR_STR("my.app")) && pyr_str_eq(s->name, PYR_STR("process_cpu")));
    assert_true(pyr_suffix_split(PYR_STR("app"), &service, &s));
    assert_true(pyr_str_eq(service, PYR_STR("app")) && pyr_str_eq(s->suffix, PYR_STR("cpu")));
    assert_false(pyr_suffix_split(PYR_STR("my.app"), &service, &s));
    assert_true(pyr_str_eq(service, PYR_STR("my.app")));
    /* Each suffix leads to a type that is shown under a suffix of the same type. */
    size_t count;
    const struct pyr_suffix *table = pyr_suffix_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct pyr_suffix *shown =
            pyr_suffix_find(pyr_suffix_of_type(table[i].name, table[i].type, table[i].unit));
        assert_non_null(shown);
        assert_true(pyr_str_eq(shown->name, table[i].name) && pyr_str_eq(shown->type, table[i].type));
    }
    assert_true(pyr_str_eq(pyr_suffix_of_type(PYR_STR("process_cpu"), PYR_STR("lock_time"), PYR_STR("nanoseconds")),
                           PYR_STR("lock_time")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flamebearer_worked_example, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flamebearer_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation_examples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation_and_a_real_other, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_are_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sums_saturate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nodes_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tree_bytes_example, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tree_bytes_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_collapsed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_top_counts_recursion_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_call_site, setup, teardown),
        cmocka_unit_test(test_suffixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
