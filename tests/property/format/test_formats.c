/* One profile in all formats: random stacks with values are written as folded text, lines, trie, tree and pprof (packed
 * and not, with ids in order, shuffled and huge), and each decodes to the same sums per stack. The sums themselves come
 * from the generator: a sorted list of (stack, value). */
#include "base/buf.h"
#include "codec/pb.h"
#include "codec/varint.h"
#include "format/folded.h"
#include "format/pprof.h"
#include "format/tree.h"
#include "format/trie.h"
#include "profile/builder.h"
#include "profile/pprof_encode.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 300, STACKS_MAX = 60, DEPTH_MAX = 7, NAMES = 12 };

static const struct pyr_format_limits limits = PYR_FORMAT_LIMITS_DEFAULT;
static const char *const names[NAMES] = {
    "a", "ab", "abc", "b", "main.(*T).run", "x y", "\xc3\xa9t\xc3\xa9", "\xc3\xa8", "[", "12", "a b 3", "z"};

static uint64_t seed;
static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

struct stack {
    char text[200]; /* "a;b;c" */
    int64_t value;
};
struct model {
    struct stack items[STACKS_MAX];
    uint32_t count; /* sorted by text, each once */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct stack *)a)->text, ((const struct stack *)b)->text);
}

static void sum_equal(struct model *m)
{
    uint32_t kept = 0;
    qsort(m->items, m->count, sizeof(*m->items), by_text);
    for (uint32_t i = 0; i < m->count; i++) {
        if (kept != 0 && strcmp(m->items[kept - 1].text, m->items[i].text) == 0)
            m->items[kept - 1].value += m->items[i].value;
        else
            m->items[kept++] = m->items[i];
    }
    m->count = kept;
}

static void make_model(struct model *m)
{
    *m = (struct model){.count = below(STACKS_MAX)};
    for (uint32_t i = 0; i < m->count; i++) {
        const uint32_t depth = 1 + below(DEPTH_MAX);
        for (uint32_t k = 0; k < depth; k++) {
            strcat(m->items[i].text, k != 0 ? ";" : "");
            strcat(m->items[i].text, names[below(NAMES)]);
        }
        m->items[i].value = 1 + below(1000);
    }
    sum_equal(m);
}

/* What was decoded, as a model. */
static void model_of(const struct pyr_profile *p, struct model *out)
{
    assert_true(p->sample_count <= STACKS_MAX);
    *out = (struct model){.count = p->sample_count};
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const struct pyr_sample *s = &p->samples[i];
        out->items[i].value = p->values[i];
        for (uint32_t k = s->stack_count; k-- > 0;) {
            const struct pyr_location *l = &p->locations[p->stack_locations[s->stack_first + k]];
            const struct pyr_str name = p->strings[p->functions[p->lines[l->line_first].function].name];
            strcat(out->items[i].text, out->items[i].text[0] != '\0' ? ";" : "");
            strncat(out->items[i].text, name.ptr, name.len);
        }
    }
    sum_equal(out);
}

static void check_same(const struct model *want, const struct pyr_profile *p)
{
    static struct model got;
    model_of(p, &got);
    assert_int_equal(got.count, want->count);
    for (uint32_t i = 0; i < want->count; i++) {
        assert_string_equal(got.items[i].text, want->items[i].text);
        assert_int_equal(got.items[i].value, want->items[i].value);
    }
}

static void write_folded(const struct model *m, struct pyr_buf *out)
{
    for (uint32_t i = 0; i < m->count; i++)
        pyr_buf_printf(out, "%s %lld%s", m->items[i].text, (long long)m->items[i].value, below(4) == 0 ? "\r\n" : "\n");
}

static void write_lines(const struct model *m, struct pyr_buf *out)
{
    for (uint32_t i = 0; i < m->count; i++)
        for (int64_t k = 0; k < m->items[i].value; k++)
            pyr_buf_printf(out, "%s\n", m->items[i].text);
}

/* The nodes below a prefix of `len` bytes, of the stacks [from, to), which share it. Cuts where they part; `whole`: only
 * at the ends of frames. */
static void write_node(const struct model *m, uint32_t from, uint32_t to, size_t len, bool whole, struct pyr_buf *out);

/* How far the stacks [from, to) agree from `len` on; at least one byte. */
static size_t shared(const struct model *m, uint32_t from, uint32_t to, size_t len)
{
    size_t end = len + 1;
    while (m->items[from].text[end] != '\0' && m->items[from].text[end] == m->items[to - 1].text[end])
        end++;
    return end;
}

static size_t frame_end(const char *text, size_t at)
{
    return at + strcspn(text + at, ";");
}

static bool same_start(const struct model *m, uint32_t a, uint32_t b, size_t from, bool whole)
{
    const size_t end = whole ? frame_end(m->items[a].text, from) : from + 1;
    return strncmp(m->items[a].text + from, m->items[b].text + from, end - from) == 0 &&
           (!whole || frame_end(m->items[b].text, from) == end);
}

static void write_children(const struct model *m, uint32_t from, uint32_t to, size_t len, bool whole,
                           struct pyr_buf *out)
{
    uint32_t children = 0;
    for (uint32_t i = from; i < to; i++)
        children += i == from || !same_start(m, i - 1, i, len, whole);
    pyr_pb_put_varint(out, children);
    for (uint32_t i = from, end; i < to; i = end) {
        for (end = i + 1; end < to && same_start(m, i, end, len, whole); end++)
            ;
        const size_t next = whole ? frame_end(m->items[i].text, len) : shared(m, i, end, len);
        pyr_pb_put_varint(out, next - len);
        pyr_buf_append(out, m->items[i].text + len, next - len);
        write_node(m, i, end, next, whole, out);
    }
}

static void write_node(const struct model *m, uint32_t from, uint32_t to, size_t len, bool whole, struct pyr_buf *out)
{
    /* In sorted order the stack that ends here is the first. */
    const bool ends = from < to && m->items[from].text[len] == '\0' && len != 0;
    pyr_pb_put_varint(out, ends ? (uint64_t)m->items[from].value : 0);
    /* A frame's children begin after the ';'. */
    const bool deeper = whole && len != 0;
    write_children(m, from + ends, to, len + deeper, whole, out);
}

/* Byte order puts "a b" before "a;": as frames, "a" and its children must be side by side. */
static int by_frames(const void *a, const void *b)
{
    const char *x = ((const struct stack *)a)->text, *y = ((const struct stack *)b)->text;
    while (*x != '\0' && *x == *y) {
        x++;
        y++;
    }
    const int cx = *x == '\0'  ? 0
                   : *x == ';' ? 1
                               : (uint8_t)*x + 2,
              cy = *y == '\0'  ? 0
                   : *y == ';' ? 1
                               : (uint8_t)*y + 2;
    return cx - cy;
}

static void write_preorder(const struct model *m, bool whole, struct pyr_buf *out)
{
    static struct model sorted;
    sorted = *m;
    qsort(sorted.items, sorted.count, sizeof(*sorted.items), whole ? by_frames : by_text);
    pyr_pb_put_varint(out, 0);
    write_node(&sorted, 0, sorted.count, 0, whole, out);
}

static void build_profile(const struct model *m, struct pyr_arena *arena, struct pyr_profile *p)
{
    struct pyr_profile_builder b;
    assert_true(pyr_profile_builder_init(&b, arena, p, 1000, 4));
    p->types[0] = (struct pyr_value_type){PYR_STR("cpu"), PYR_STR("nanoseconds")};
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t stack[DEPTH_MAX], depth = 0;
        for (const char *at = m->items[i].text; *at != '\0';) {
            const size_t len = strcspn(at, ";");
            assert_true(pyr_profile_builder_frame(&b, (struct pyr_str){at, len}, false, &stack[depth++]));
            at += len + (at[len] == ';');
        }
        assert_true(pyr_profile_builder_sample(&b, stack, depth, m->items[i].value));
    }
}

/* A pprof by another writer than ours: unpacked, fields and messages in another order, ids as `id` gives them. */
static void write_odd_pprof(const struct pyr_profile *p, uint64_t (*id)(uint64_t index), struct pyr_buf *out)
{
    for (uint32_t i = 0; i < p->string_count; i++)
        pyr_pb_write_str(out, 6, p->strings[i]);
    pyr_pb_write_str(out, 6, PYR_STR("cpu"));
    for (uint32_t i = p->function_count; i-- > 0;) {
        const size_t f = pyr_pb_begin(out, 5);
        pyr_pb_write_uint(out, 2, p->functions[i].name);
        pyr_pb_write_uint(out, 1, id(i));
        pyr_pb_end(out, f);
        const size_t l = pyr_pb_begin(out, 4), line = pyr_pb_begin(out, 4);
        pyr_pb_write_uint(out, 1, id(i));
        pyr_pb_end(out, line);
        pyr_pb_write_uint(out, 1, id(i));
        pyr_pb_end(out, l);
    }
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const size_t s = pyr_pb_begin(out, 2);
        pyr_pb_write_uint(out, 2, (uint64_t)p->values[i]);
        for (uint32_t k = 0; k < p->samples[i].stack_count; k++)
            pyr_pb_write_uint(out, 1, id(p->stack_locations[p->samples[i].stack_first + k]));
        pyr_pb_end(out, s);
    }
    const size_t t = pyr_pb_begin(out, 1);
    pyr_pb_write_uint(out, 1, p->string_count);
    pyr_pb_end(out, t);
}

static uint64_t small_id(uint64_t i)
{
    return i + 1;
}
static uint64_t sparse_id(uint64_t i)
{
    return (i * 7919) % 104729 + 1;
}
static uint64_t huge_id(uint64_t i)
{
    return (i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void check_pprofs(const struct model *m, struct pyr_arena *arena)
{
    uint64_t (*const ids[])(uint64_t) = {small_id, sparse_id, huge_id};
    struct pyr_profile built, p;
    struct pyr_buf out;
    build_profile(m, arena, &built);
    check_same(m, &built);
    pyr_buf_init(&out, 1 << 20);
    pyr_pprof_encode(&built, &out);
    assert_int_equal(pyr_pprof_decode(pyr_buf_span(&out), &limits, arena, &p, NULL), PYR_OK);
    check_same(m, &p);
    assert_true(pyr_str_eq(p.types[0].type, PYR_STR("cpu")) && pyr_str_eq(p.types[0].unit, PYR_STR("nanoseconds")));
    for (size_t i = 0; i < PYR_COUNT_OF(ids); i++) {
        pyr_buf_clear(&out);
        write_odd_pprof(&built, ids[i], &out);
        assert_int_equal(pyr_pprof_decode(pyr_buf_span(&out), &limits, arena, &p, NULL), PYR_OK);
        check_same(m, &p);
    }
    pyr_buf_free(&out);
}

static void check_texts(const struct model *m, struct pyr_arena *arena)
{
    struct pyr_profile p;
    struct pyr_buf out;
    pyr_buf_init(&out, 16 << 20);
    write_folded(m, &out);
    assert_int_equal(pyr_folded_decode(pyr_buf_span(&out), PYR_FOLDED_GROUPS, &limits, arena, &p, NULL), PYR_OK);
    check_same(m, &p);
    pyr_buf_clear(&out);
    write_preorder(m, true, &out);
    assert_int_equal(pyr_tree_decode(pyr_buf_span(&out), &limits, arena, &p, NULL), PYR_OK);
    check_same(m, &p);
    pyr_buf_clear(&out);
    write_preorder(m, false, &out);
    assert_int_equal(pyr_trie_decode(pyr_buf_span(&out), &limits, arena, &p, NULL), PYR_OK);
    check_same(m, &p);
    pyr_buf_free(&out);
}

static void test_all_formats_say_the_same(void **state)
{
    (void)state;
    static struct model m;
    for (seed = 1; seed < ROUNDS; seed++) {
        const uint64_t round = seed;
        struct pyr_arena arena;
        pyr_arena_init(&arena, 64 << 20, NULL);
        make_model(&m);
        check_texts(&m, &arena);
        check_pprofs(&m, &arena);
        pyr_arena_free(&arena);
        seed = round;
    }
}

static void test_lines_count_one_each(void **state)
{
    (void)state;
    static struct model m;
    struct pyr_arena arena;
    struct pyr_profile p;
    struct pyr_buf out;
    pyr_arena_init(&arena, 64 << 20, NULL);
    pyr_buf_init(&out, 16 << 20);
    for (m.count = 0; m.count < 3; m.count++)
        m.items[m.count].value = 5 + m.count;
    strcpy(m.items[0].text, "a;b");
    strcpy(m.items[1].text, "a;b;c d");
    strcpy(m.items[2].text, "x 12");
    write_lines(&m, &out);
    pyr_buf_str(&out, PYR_STR("\n\n"));
    assert_int_equal(pyr_folded_decode(pyr_buf_span(&out), PYR_FOLDED_LINES, &limits, &arena, &p, NULL), PYR_OK);
    check_same(&m, &p);
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

/* Ids of one to three bytes, packed, in stacks of all lengths: the loop that takes eight bytes at once. */
static void test_many_locations(void **state)
{
    (void)state;
    enum { FRAMES = 40000, SAMPLES = 3000 };
    struct pyr_arena arena;
    struct pyr_profile_builder b;
    struct pyr_profile built, p;
    struct pyr_buf out;
    pyr_arena_init(&arena, 256 << 20, NULL);
    pyr_buf_init(&out, 64 << 20);
    assert_true(pyr_profile_builder_init(&b, &arena, &built, 1000, FRAMES));
    for (uint32_t i = 0, location; i < FRAMES; i++) {
        const struct pyr_str name = pyr_arena_printf(&arena, "f%u", i);
        assert_true(pyr_profile_builder_frame(&b, name, false, &location) && location == i);
    }
    seed = 11;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        uint32_t stack[40];
        const uint32_t depth = below(40), most = i % 3 == 0 ? 100 : i % 3 == 1 ? 10000 : FRAMES;
        for (uint32_t k = 0; k < depth; k++)
            stack[k] = below(most);
        assert_true(pyr_profile_builder_sample(&b, stack, depth, 1 + below(1000)));
    }
    pyr_pprof_encode(&built, &out);
    assert_int_equal(pyr_pprof_decode(pyr_buf_span(&out), &limits, &arena, &p, NULL), PYR_OK);
    assert_int_equal(p.sample_count, SAMPLES);
    assert_int_equal(p.stack_location_count, built.stack_location_count);
    assert_memory_equal(p.stack_locations, built.stack_locations, built.stack_location_count * sizeof(uint32_t));
    assert_memory_equal(p.samples, built.samples, SAMPLES * sizeof(*p.samples));
    assert_memory_equal(p.values, built.values, SAMPLES * sizeof(*p.values));
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

/* Memory that ends anywhere gives an error, never a profile that is not whole. */
static void test_full_arenas(void **state)
{
    (void)state;
    static struct model m;
    struct pyr_arena arena;
    struct pyr_profile built, p;
    struct pyr_buf out;
    seed = 7;
    make_model(&m);
    pyr_arena_init(&arena, 64 << 20, NULL);
    pyr_buf_init(&out, 1 << 20);
    build_profile(&m, &arena, &built);
    write_odd_pprof(&built, huge_id, &out);
    bool fitted = false;
    for (size_t limit = 0; !fitted; limit += 1024) {
        struct pyr_arena small;
        struct pyr_diag diag = {0};
        pyr_arena_init(&small, limit, NULL);
        const pyr_err err = pyr_pprof_decode(pyr_buf_span(&out), &limits, &small, &p, &diag);
        assert_true(err == PYR_OK || (err == PYR_E_NOMEM && diag.message[0] != '\0'));
        if (err == PYR_OK)
            check_same(&m, &p);
        fitted = err == PYR_OK;
        pyr_arena_free(&small);
    }
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_formats_say_the_same),
        cmocka_unit_test(test_lines_count_one_each),
        cmocka_unit_test(test_many_locations),
        cmocka_unit_test(test_full_arenas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
