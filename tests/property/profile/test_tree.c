/* Random stacks: the tree against naive sums, truncation against a naive model, every encoder read back. */
#include "base/arena.h"
#include "codec/varint.h"
#include "profile/collapsed.h"
#include "profile/flame_tree.h"
#include "profile/flamebearer.h"
#include "profile/tree_bytes.h"
#include "profile/tree_order.h"
#include "profile/tree_top.h"
#include "profile/tree_truncate.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 300, STACKS_MAX = 200, DEPTH_MAX = 8, FUNCTIONS = 7 };

static struct pyr_arena arena;
static uint32_t rng = 1;

static uint32_t below(uint32_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return rng % n;
}

/* Stacks as text, "a;b;c": the key of the naive model. */
struct sample {
    char path[4 * DEPTH_MAX + 8];
    int64_t value;
};
static struct sample samples[STACKS_MAX];
static uint32_t sample_count;

/* "other" and "total" are functions like any other. */
static const char *const functions[FUNCTIONS] = {"a", "b", "ab", "other", "total", "\xc3\xa9", "z"};

static struct pyr_tree random_tree(bool zeros)
{
    struct pyr_tree_builder b;
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 1 << 20), PYR_OK);
    sample_count = below(STACKS_MAX);
    for (uint32_t i = 0; i < sample_count; i++) {
        struct pyr_str frames[DEPTH_MAX];
        const uint32_t depth = 1 + below(DEPTH_MAX);
        size_t len = 0;
        for (uint32_t d = 0; d < depth; d++) {
            frames[d] = pyr_str_of(functions[below(FUNCTIONS)]);
            /* The model's names are the function's numbers, so that paths are prefixes of each other only as stacks are. */
            for (uint32_t f = 0; f < FUNCTIONS; f++)
                if (frames[d].ptr == functions[f])
                    len += (size_t)snprintf(samples[i].path + len, sizeof(samples[i].path) - len, "%u;", f);
        }
        samples[i].value = zeros && below(3) == 0 ? 0 : (int64_t)(1 + below(1000)) * 10;
        assert_int_equal(pyr_tree_builder_add_stack(&b, frames, depth, samples[i].value), PYR_OK);
    }
    const struct pyr_tree t = pyr_tree_builder_finish(&b);
    pyr_tree_builder_free(&b);
    return t;
}

static void path_of(const struct pyr_tree *t, uint32_t node, char *out)
{
    if (node == 0) {
        *out = '\0';
        return;
    }
    path_of(t, t->nodes[node].parent, out);
    for (uint32_t f = 0; f < FUNCTIONS; f++)
        if (pyr_str_eq(t->names[t->nodes[node].name], pyr_str_of(functions[f])))
            sprintf(out + strlen(out), "%u;", f);
}

static int64_t naive_total(const char *path)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < sample_count; i++)
        if (strncmp(samples[i].path, path, strlen(path)) == 0)
            sum += samples[i].value;
    return sum;
}

static int64_t naive_self(const char *path)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < sample_count; i++)
        if (strcmp(samples[i].path, path) == 0)
            sum += samples[i].value;
    return sum;
}

static void check_sums(const struct pyr_tree *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        char path[256];
        path_of(t, i, path);
        assert_int_equal(t->nodes[i].total, naive_total(path));
        assert_int_equal(t->nodes[i].self, i == 0 ? 0 : naive_self(path));
    }
}

/* A function's total: all samples that have it anywhere. */
static void check_top(const struct pyr_tree *t)
{
    struct pyr_top_row *rows;
    uint32_t count;
    assert_int_equal(pyr_tree_top(t, &arena, &rows, &count), PYR_OK);
    for (uint32_t r = 0; r < count; r++) {
        int64_t self = 0, total = 0;
        for (uint32_t i = 0; i < sample_count; i++) {
            bool on_stack = false, leaf = false;
            for (const char *at = samples[i].path; *at != '\0'; at += 2) {
                leaf = pyr_str_eq(t->names[rows[r].name], pyr_str_of(functions[*at - '0']));
                on_stack |= leaf;
            }
            self += leaf ? samples[i].value : 0;
            total += on_stack ? samples[i].value : 0;
        }
        assert_int_equal(rows[r].self, self);
        assert_int_equal(rows[r].total, total);
    }
}

static int descending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static int64_t naive_threshold(const struct pyr_tree *t, uint32_t n)
{
    int64_t totals[STACKS_MAX * DEPTH_MAX + 1];
    if (t->count - 1 <= n)
        return INT64_MIN;
    for (uint32_t i = 1; i < t->count; i++)
        totals[i - 1] = t->nodes[i].total;
    qsort(totals, t->count - 1, sizeof(*totals), descending);
    return totals[n - 1];
}

/* What stays is what has the total; what goes is in the leaf of the last ancestor that stays; totals do not change. */
static void check_truncation(const struct pyr_tree *t)
{
    struct pyr_tree cut;
    int64_t threshold;
    const uint32_t n = 1 + below(t->count);
    assert_int_equal(pyr_tree_threshold(t, n, &arena, &threshold), PYR_OK);
    assert_int_equal(threshold, naive_threshold(t, n));
    assert_int_equal(pyr_tree_truncate(t, threshold, false, &arena, &cut), PYR_OK);
    assert_true(pyr_tree_valid(&cut));
    uint32_t kept = 0, expected = 0;
    for (uint32_t i = 0; i < t->count; i++)
        expected += i == 0 || t->nodes[i].total >= threshold;
    for (uint32_t i = 0; i < cut.count; i++) {
        char path[256];
        if (pyr_tree_is_dropped(&cut, i)) {
            assert_true(pyr_str_eq(cut.names[cut.nodes[i].name], PYR_TREE_OTHER));
            continue;
        }
        kept++;
        path_of(&cut, i, path);
        assert_int_equal(cut.nodes[i].total, naive_total(path));
    }
    assert_int_equal(kept, expected);
    struct pyr_tree again = cut;
    again.nodes = pyr_arena_array(&arena, cut.count, sizeof(*cut.nodes));
    memcpy(again.nodes, cut.nodes, cut.count * sizeof(*cut.nodes));
    pyr_tree_sum_totals(&again);
    for (uint32_t i = 0; i < cut.count; i++)
        assert_int_equal(again.nodes[i].total, cut.nodes[i].total);
}

/* Two trees are the same when each node has a counterpart at the same path. */
static uint32_t find_child(const struct pyr_tree *t, uint32_t parent, struct pyr_str name)
{
    for (uint32_t i = parent + 1; i < t->count; i++)
        if (t->nodes[i].parent == parent && pyr_str_eq(t->names[t->nodes[i].name], name))
            return i;
    return UINT32_MAX;
}

static void assert_same(const struct pyr_tree *a, const struct pyr_tree *b)
{
    uint32_t *in_b = PYR_ARENA_ARRAY(&arena, uint32_t, a->count);
    assert_int_equal(a->count, b->count);
    in_b[0] = 0;
    for (uint32_t i = 1; i < a->count; i++) {
        in_b[i] = find_child(b, in_b[a->nodes[i].parent], a->names[a->nodes[i].name]);
        assert_true(in_b[i] != UINT32_MAX);
        assert_int_equal(a->nodes[i].self, b->nodes[in_b[i]].self);
        assert_int_equal(a->nodes[i].total, b->nodes[in_b[i]].total);
    }
}

static uint64_t read_uvarint(const uint8_t **at, const uint8_t *end)
{
    uint64_t v = 0;
    *at = pyr_uvarint_read(*at, end, &v);
    assert_non_null(*at);
    return v;
}

/* Rebuilds from preorder bytes, as a client does. */
static void read_tree_bytes(struct pyr_tree_builder *b, const uint8_t **at, const uint8_t *end, uint32_t parent,
                            bool root)
{
    const uint64_t len = read_uvarint(at, end);
    const struct pyr_str name = {(const char *)*at, (size_t)len};
    *at += len;
    uint32_t node = 0, id;
    if (!root) {
        assert_int_equal(pyr_tree_builder_name(b, name, &id), PYR_OK);
        assert_int_equal(pyr_tree_builder_child(b, parent, id, &node), PYR_OK);
    }
    pyr_tree_builder_add(b, node, (int64_t)read_uvarint(at, end));
    for (uint64_t n = read_uvarint(at, end); n-- > 0;)
        read_tree_bytes(b, at, end, node, false);
}

static void check_tree_bytes(const struct pyr_tree *t)
{
    struct pyr_buf out;
    struct pyr_tree_builder b;
    pyr_buf_init(&out, 1 << 20);
    assert_int_equal(pyr_tree_bytes_encode(t, &arena, &out), PYR_OK);
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 1 << 20), PYR_OK);
    const uint8_t *at = out.data, *const end = out.data + out.len;
    if (out.len != 0)
        read_tree_bytes(&b, &at, end, 0, true);
    assert_ptr_equal(at, end);
    const struct pyr_tree back = pyr_tree_builder_finish(&b);
    pyr_tree_builder_free(&b);
    assert_same(t, &back);
    pyr_buf_free(&out);
}

/* Rebuilds from levels as Grafana does: by absolute offsets, a node is the child of what lies above it. */
static void check_flamebearer(const struct pyr_tree *t)
{
    struct pyr_flamebearer fb;
    struct pyr_tree_builder b;
    assert_int_equal(pyr_flamebearer_encode(t, &arena, &arena, &fb), PYR_OK);
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 1 << 20), PYR_OK);
    struct span {
        int64_t x, end;
        uint32_t node;
    } *above = NULL;
    uint32_t above_count = 0;
    for (size_t level = 0; level < fb.level_count; level++) {
        const uint32_t count = (uint32_t)(fb.levels[level].count / 4);
        struct span *here = PYR_ARENA_ARRAY(&arena, struct span, count);
        int64_t x = 0;
        for (uint32_t i = 0, p = 0; i < count; i++) {
            const int64_t *v = fb.levels[level].values + (size_t)i * 4;
            x += v[0];
            here[i] = (struct span){x, x + v[1], 0};
            x += v[1];
            if (level == 0)
                continue;
            while (p + 1 < above_count && here[i].x >= above[p].end)
                p++;
            assert_true(here[i].x >= above[p].x && here[i].end <= above[p].end);
            uint32_t name;
            assert_int_equal(pyr_tree_builder_name(&b, fb.names[v[3]], &name), PYR_OK);
            assert_int_equal(pyr_tree_builder_child(&b, above[p].node, name, &here[i].node), PYR_OK);
            pyr_tree_builder_add(&b, here[i].node, v[2]);
        }
        above = here;
        above_count = count;
    }
    const struct pyr_tree back = pyr_tree_builder_finish(&b);
    pyr_tree_builder_free(&b);
    assert_same(t, &back);
}

static void check_collapsed(const struct pyr_tree *t)
{
    struct pyr_buf out;
    struct pyr_tree_builder b;
    pyr_buf_init(&out, 1 << 20);
    assert_int_equal(pyr_collapsed_encode(t, &arena, &out), PYR_OK);
    pyr_buf_byte(&out, 0);
    assert_int_equal(pyr_tree_builder_init(&b, &arena, 1 << 20), PYR_OK);
    char *save = NULL;
    for (char *line = strtok_r((char *)out.data, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        struct pyr_str frames[DEPTH_MAX];
        uint32_t depth = 0;
        char *space = strrchr(line, ' ');
        char *save_frame = NULL;
        *space = '\0';
        for (char *f = strtok_r(line, ";", &save_frame); f != NULL; f = strtok_r(NULL, ";", &save_frame))
            frames[depth++] = pyr_str_of(f);
        assert_int_equal(pyr_tree_builder_add_stack(&b, frames, depth, atoll(space + 1)), PYR_OK);
    }
    const struct pyr_tree back = pyr_tree_builder_finish(&b);
    pyr_tree_builder_free(&b);
    /* Nodes without any cost are in no line. */
    for (uint32_t i = 0; i < back.count; i++) {
        char path[256];
        path_of(&back, i, path);
        assert_int_equal(back.nodes[i].total, naive_total(path));
    }
    assert_int_equal(back.nodes[0].total, t->nodes[0].total);
    pyr_buf_free(&out);
}

static uint32_t le32(const uint8_t *p)
{
    return pyr_load_le32(p);
}

/* Reads the columns after docs/flame-tree.md. */
static void check_flame_tree(const struct pyr_tree *t)
{
    struct pyr_buf out;
    pyr_buf_init(&out, 1 << 20);
    assert_int_equal(pyr_flame_tree_encode(t, &arena, &out), PYR_OK);
    const uint32_t n = le32(out.data + 8), names = le32(out.data + 12);
    const uint64_t scale = pyr_load_le64(out.data + 16);
    const uint8_t *children = out.data + 64, *name_ids = children + le32(out.data + 24),
                  *self = name_ids + le32(out.data + 28), *dropped = self + le32(out.data + 32),
                  *text = dropped + le32(out.data + 36), *end = text + le32(out.data + 40);
    assert_ptr_equal(end, out.data + out.len);
    assert_int_equal(n, t->count);
    struct pyr_str *name = PYR_ARENA_ARRAY(&arena, struct pyr_str, names);
    for (uint32_t i = 0; i < names; i++) {
        const uint8_t *stop = memchr(text, 0, (size_t)(end - text));
        assert_true((stop != NULL) == (i + 1 < names));
        stop = stop != NULL ? stop : end;
        name[i] = (struct pyr_str){(const char *)text, (size_t)(stop - text)};
        text = stop + 1;
    }
    struct pyr_tree back = {PYR_ARENA_ARRAY(&arena, struct pyr_tree_node, n), name, NULL, n, names};
    uint32_t next = 1;
    for (uint32_t i = 0; i < n; i++) {
        for (uint64_t k = read_uvarint(&children, end); k-- > 0; next++)
            back.nodes[next].parent = i;
        back.nodes[i].name = (uint32_t)read_uvarint(&name_ids, end);
        back.nodes[i].self = (int64_t)(read_uvarint(&self, end) * scale);
    }
    assert_int_equal(next, n);
    back.nodes[0].parent = 0;
    pyr_tree_sum_totals(&back);
    assert_true(pyr_tree_valid(&back));
    assert_same(t, &back);
    for (uint32_t i = 2; i < n; i++)
        if (back.nodes[i].parent == back.nodes[i - 1].parent)
            assert_true(back.nodes[i - 1].total >= back.nodes[i].total);
    pyr_buf_free(&out);
}

static void test_random_trees(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        pyr_arena_init(&arena, SIZE_MAX, NULL);
        const bool zeros = round % 2 != 0;
        const struct pyr_tree t = random_tree(zeros);
        assert_true(pyr_tree_valid(&t));
        check_sums(&t);
        check_top(&t);
        check_truncation(&t);
        check_tree_bytes(&t);
        if (!zeros) /* nodes without width have no place of their own in it */
            check_flamebearer(&t);
        check_collapsed(&t);
        check_flame_tree(&t);
        pyr_arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_trees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
