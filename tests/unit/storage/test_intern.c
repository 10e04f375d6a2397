/* Interning many keys at a time gives the ids that one at a time gives, also where a batch has a new key twice, and the
 * ids name what was given. */
#include "base/span.h"
#include "storage/tables.h"
#include <stdio.h>

enum { KEYS = 3000, DISTINCT = 700, DEPTH = 9 };

static struct pyr_tally tally;
static uint64_t state = 7;
static uint32_t below(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

static struct pyr_tables many, single;
static uint32_t many_ids[KEYS], single_ids[KEYS];

static int set_up(void **unused)
{
    (void)unused;
    return pyr_tables_init(&many, &tally) != PYR_OK || pyr_tables_init(&single, &tally) != PYR_OK;
}

static int tear_down(void **unused)
{
    (void)unused;
    pyr_tables_free(&many);
    pyr_tables_free(&single);
    return 0;
}

static void same_ids(void)
{
    assert_memory_equal(many_ids, single_ids, sizeof(many_ids));
}

static void strings(void **unused)
{
    static char text[KEYS][16];
    static struct pyr_str texts[KEYS];
    (void)unused;
    for (uint32_t i = 0; i < KEYS; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "%.*s%u", i % 50 != 0, "x", below(DISTINCT));
        texts[i] = i % 77 == 0 ? PYR_STR("") : pyr_str_of(text[i]);
    }
    assert_int_equal(pyr_symbols_intern_strings(&many.symbols, texts, KEYS, &tally, many_ids), PYR_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(pyr_symbols_intern_string(&single.symbols, texts[i], &tally, &single_ids[i]), PYR_OK);
        assert_true(pyr_str_eq(pyr_symbols_string(&many.symbols, many_ids[i]), texts[i]));
    }
    same_ids();
}

static void functions(void **unused)
{
    static struct pyr_function f[KEYS];
    (void)unused;
    for (uint32_t i = 0; i < KEYS; i++)
        f[i] = (struct pyr_function){below(9), below(9), below(9), (int64_t)below(3) - 1};
    assert_int_equal(pyr_symbols_intern_functions(&many.symbols, f, KEYS, &tally, many_ids), PYR_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(pyr_symbols_intern_functions(&single.symbols, &f[i], 1, &tally, &single_ids[i]), PYR_OK);
        const struct pyr_function kept = pyr_symbols_function(&many.symbols, many_ids[i]);
        assert_true(kept.name == f[i].name && kept.system_name == f[i].system_name && kept.filename == f[i].filename &&
                    kept.start_line == f[i].start_line);
    }
    same_ids();
}

static void locations(void **unused)
{
    static struct pyr_line lines[KEYS + 3];
    static struct pyr_location l[KEYS];
    (void)unused;
    for (uint32_t i = 0; i < PYR_COUNT_OF(lines); i++)
        lines[i] = (struct pyr_line){below(8), below(4)};
    for (uint32_t i = 0; i < KEYS; i++)
        l[i] = (struct pyr_location){below(40), below(3), i, below(4)};
    assert_int_equal(pyr_symbols_intern_locations(&many.symbols, l, lines, KEYS, &tally, many_ids), PYR_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(pyr_symbols_intern_locations(&single.symbols, &l[i], lines, 1, &tally, &single_ids[i]),
                         PYR_OK);
        const struct pyr_location kept = pyr_symbols_location(&many.symbols, many_ids[i]);
        assert_true(kept.mapping == l[i].mapping && kept.line_count == l[i].line_count);
        assert_true(kept.line_count != 0 || kept.address == l[i].address);
        for (uint32_t k = 0; k < kept.line_count; k++) {
            const struct pyr_line line = pyr_symbols_line(&many.symbols, kept.line_first + k);
            assert_true(line.function == lines[i + k].function && line.line == lines[i + k].line);
        }
    }
    same_ids();
}

/* Few locations: runs share roots, and some are the root part of others. */
static void stacks(void **unused)
{
    static uint32_t place[KEYS][DEPTH];
    static struct pyr_run runs[KEYS];
    (void)unused;
    for (uint32_t i = 0; i < KEYS; i++) {
        for (uint32_t d = 0; d < DEPTH; d++)
            place[i][d] = below(d == 0 ? 6 : 3);
        runs[i] = (struct pyr_run){place[i], below(DEPTH + 1)};
    }
    assert_int_equal(pyr_stack_tree_intern(&many.tree, runs, KEYS, &tally, many_ids), PYR_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(pyr_stack_tree_intern(&single.tree, &runs[i], 1, &tally, &single_ids[i]), PYR_OK);
        uint32_t node = pyr_stack_tree_stack(&many.tree, many_ids[i]);
        for (uint32_t d = 0; d < runs[i].count; d++, node = pyr_stack_tree_node(&many.tree, node).parent)
            assert_int_equal(pyr_stack_tree_node(&many.tree, node).location, place[i][d]);
        assert_int_equal(node, 0);
    }
    same_ids();
    /* No (parent, location) is there twice: a level that exists is found. */
    static bool seen[KEYS * DEPTH][6];
    for (uint32_t n = 1; n < pyr_chunked_count(&many.tree.nodes); n++) {
        const struct pyr_node node = pyr_stack_tree_node(&many.tree, n);
        assert_false(seen[node.parent][node.location]);
        seen[node.parent][node.location] = true;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(functions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(locations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stacks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
