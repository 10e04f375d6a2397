/* The golden files of tests/golden/flame-tree: the tree that NAME.json describes encodes to NAME.bin, byte for byte. */
#include "profile/flame_tree.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct pyr_arena arena;

static struct pyr_tree read_tree(const char *path)
{
    json_error_t error;
    json_t *file = json_load_file(path, 0, &error);
    if (file == NULL)
        fail_msg("%s: %s", path, error.text);
    json_t *nodes = json_object_get(file, "nodes"), *node;
    struct pyr_tree_builder b;
    size_t i;
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 1000), PYR_OK);
    struct pyr_tree t = {.count = (uint32_t)json_array_size(nodes)};
    t.nodes = PYR_ARENA_ARRAY(&arena, struct pyr_tree_node, t.count);
    uint8_t *dropped = PYR_ARENA_ARRAY(&arena, uint8_t, t.count);
    json_array_foreach(nodes, i, node)
    {
        struct pyr_tree_node *n = &t.nodes[i];
        const long long parent = json_integer_value(json_object_get(node, "parent"));
        *n = (struct pyr_tree_node){.parent = parent < 0 ? 0 : (uint32_t)parent};
        assert_int_equal(
            pyr_tree_builder_name(&b, pyr_str_of(json_string_value(json_object_get(node, "name"))), &n->name), PYR_OK);
        n->self = atoll(json_string_value(json_object_get(node, "self")));
        dropped[i] = json_is_true(json_object_get(node, "dropped"));
    }
    t.names = b.tree.names;
    t.name_count = b.tree.name_count;
    t.dropped = dropped;
    pyr_tree_builder_free(&b);
    pyr_tree_sum_totals(&t);
    json_array_foreach(nodes, i, node)
        assert_int_equal(t.nodes[i].total, atoll(json_string_value(json_object_get(node, "total"))));
    json_decref(file);
    assert_true(pyr_tree_valid(&t));
    return t;
}

/* The order of nodes in memory is not the encoder's: children are put before their siblings' subtrees here. */
static void check(const char *name)
{
    char path[128];
    uint8_t expected[4096];
    struct pyr_buf out;
    pyr_arena_init(&arena, 1 << 20, NULL);
    snprintf(path, sizeof(path), "tests/golden/flame-tree/%s.json", name);
    const struct pyr_tree t = read_tree(path);
    snprintf(path, sizeof(path), "tests/golden/flame-tree/%s.bin", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t len = fread(expected, 1, sizeof(expected), f);
    fclose(f);
    pyr_buf_init(&out, 1 << 20);
    assert_int_equal(pyr_flame_tree_encode(&t, &arena, &out), PYR_OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, expected, len);
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

static void test_empty(void **state)
{
    (void)state;
    check("empty");
}
static void test_recursion(void **state)
{
    (void)state;
    check("recursion");
}
static void test_dropped(void **state)
{
    (void)state;
    check("dropped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_empty), cmocka_unit_test(test_recursion),
                                       cmocka_unit_test(test_dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
