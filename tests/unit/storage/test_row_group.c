/* Row groups: what is encoded comes back, sums equal adding one by one, and damaged bytes are refused. */
#include "base/arena.h"
#include "base/mem.h"
#include "storage/row_group.h"
#include <stdlib.h>

static uint64_t state = 1;
static uint64_t draw(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

enum { ENTRIES_MAX = 700, STACKS = 1 << 20 };
static uint32_t stacks[ENTRIES_MAX];
static int64_t values[PYR_ROW_TYPES_MAX * ENTRIES_MAX], times[ENTRIES_MAX];
static uint64_t spans[ENTRIES_MAX];
static uint8_t traces[ENTRIES_MAX][16];

/* Values of different lengths and signs; multiples, zeros, columns that follow from others. */
static void fill_column(uint32_t k, uint32_t n)
{
    const uint32_t kind = (uint32_t)(draw() % 8), bits = (uint32_t)(draw() % 64);
    const int64_t scale = (int64_t)(1 + draw() % 5000);
    for (uint32_t i = 0; i < n; i++) {
        int64_t v = (int64_t)(draw() & ((UINT64_C(1) << bits) - 1));
        switch (kind) {
        case 0:
            v = 0;
            break;
        case 1:
            v = -v;
            break;
        case 2:
            v = (int64_t)draw() >> (draw() % 64);
            break;
        case 3:
            v = (int64_t)(draw() % 100) * scale;
            break;
        case 4:
            v = k != 0 ? (int64_t)((uint64_t)values[(k - 1) * n + i] * (uint64_t)scale) : v;
            break;
        case 5:
            v = draw() % 9 == 0 ? INT64_MIN : INT64_MAX;
            break;
        default:
            v = (int64_t)(draw() % 20);
        }
        values[k * n + i] = v;
    }
}

static struct pyr_row_group draw_group(void)
{
    const uint32_t n = (uint32_t)(draw() % 4 == 0 ? draw() % 6 : draw() % ENTRIES_MAX),
                   optional = (uint32_t)(draw() % 8);
    struct pyr_row_group g = {.time_ns = (int64_t)draw(),
                              .duration_ns = (int64_t)draw() >> 20,
                              .period = (int64_t)draw() >> 40,
                              .type_count = 1 + (uint32_t)(draw() % (draw() % 4 == 0 ? PYR_ROW_TYPES_MAX : 4)),
                              .entry_count = n,
                              .stacks = stacks,
                              .values = values,
                              .span_ids = optional & 1 ? spans : NULL,
                              .trace_ids = optional & 2 ? (const uint8_t(*)[16])traces : NULL,
                              .times_ns = optional & 4 ? times : NULL};
    const uint32_t step = (uint32_t)1 << draw() % 11;
    uint32_t stack = 0;
    for (uint32_t i = 0; i < n; i++) {
        stacks[i] = stack;
        stack += (uint32_t)(draw() % step) + (optional == 0);
        spans[i] = draw();
        times[i] = (int64_t)draw() >> (draw() % 64);
        memcpy(traces[i], &spans[i], 8);
    }
    for (uint32_t k = 0; k < g.type_count; k++)
        fill_column(k, n);
    for (int i = 0; i < 16; i++)
        g.identity[i] = (uint8_t)draw();
    return g;
}

static void check_entries(const struct pyr_row_group *g, const struct pyr_row_head *h, const uint8_t *body)
{
    static uint32_t got_stacks[ENTRIES_MAX];
    static int64_t got_values[ENTRIES_MAX], got_times[ENTRIES_MAX];
    static uint64_t got_spans[ENTRIES_MAX];
    static uint8_t got_traces[ENTRIES_MAX][16];
    const size_t n = g->entry_count;
    assert_int_equal(pyr_row_decode_stacks(h, body, STACKS, got_stacks, NULL), PYR_OK);
    assert_memory_equal(got_stacks, stacks, n * sizeof(*stacks));
    for (uint32_t k = 0; k < g->type_count; k++) {
        assert_int_equal(pyr_row_decode_values(h, body, k, got_values, NULL), PYR_OK);
        assert_memory_equal(got_values, values + k * n, n * sizeof(*values));
    }
    assert_int_equal(pyr_row_decode_optional(h, body, got_spans, got_traces, got_times, NULL), PYR_OK);
    if (g->span_ids != NULL)
        assert_memory_equal(got_spans, spans, n * sizeof(*spans));
    if (g->trace_ids != NULL)
        assert_memory_equal(got_traces, traces, n * sizeof(*traces));
    if (g->times_ns != NULL)
        assert_memory_equal(got_times, times, n * sizeof(*times));
}

static int64_t clamped(__int128 v)
{
    return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

static void check_sums(const struct pyr_row_group *g, const struct pyr_row_head *h, const uint8_t *body)
{
    static int64_t sums[STACKS];
    for (uint32_t k = 0; k < g->type_count; k++) {
        int64_t total = 0;
        for (uint32_t i = 0; i < g->entry_count; i++)
            sums[stacks[i]] = (int64_t)(draw() % 1000) - 500;
        static int64_t expected[ENTRIES_MAX];
        for (uint32_t i = 0; i < g->entry_count; i++) {
            const int64_t before = i != 0 && stacks[i - 1] == stacks[i] ? expected[i - 1] : sums[stacks[i]];
            expected[i] = clamped((__int128)before + values[k * g->entry_count + i]);
            total = clamped((__int128)total + values[k * g->entry_count + i]);
        }
        assert_int_equal(pyr_row_add_column(h, body, k, sums, STACKS, NULL), PYR_OK);
        for (uint32_t i = 0; i < g->entry_count; i++)
            if (i + 1 == g->entry_count || stacks[i + 1] != stacks[i])
                assert_int_equal(sums[stacks[i]], expected[i]);
        assert_int_equal(h->totals[k], total);
        /* One id too many for the caller's array. */
        if (g->entry_count != 0 && values[k * g->entry_count] != 0 && h->columns[k].kind != PYR_ROW_ZERO)
            assert_int_equal(pyr_row_add_column(h, body, k, sums, stacks[g->entry_count - 1], NULL), PYR_E_CORRUPT);
    }
}

static void comes_back(void **s)
{
    (void)s;
    for (int i = 0; i < 600; i++) {
        const struct pyr_row_group g = draw_group();
        struct pyr_buf b;
        struct pyr_row_head h;
        struct pyr_diag diag = {0};
        pyr_buf_init(&b, SIZE_MAX / 2);
        pyr_row_group_encode(&g, &b);
        assert_int_equal(b.err, PYR_OK);
        assert_true(b.len <= pyr_row_group_bytes_max(g.entry_count, g.type_count, g.span_ids, g.trace_ids, g.times_ns));
        /* Exactly as large as it is, so that the sanitizer sees a read past the end. */
        uint8_t *exact = pyr_malloc(b.len);
        memcpy(exact, b.data, b.len);
        const size_t head_only = b.len < PYR_ROW_HEAD_BYTES_MAX ? b.len : PYR_ROW_HEAD_BYTES_MAX;
        if (pyr_row_head_parse((struct pyr_span){exact, head_only}, b.len, &h, &diag) != PYR_OK)
            fail_msg("%s", diag.message);
        assert_true(h.time_ns == g.time_ns && h.duration_ns == g.duration_ns && h.period == g.period);
        assert_memory_equal(h.identity, g.identity, 16);
        assert_int_equal(h.entry_count, g.entry_count);
        assert_int_equal(pyr_row_body_check(&h, exact + h.head_bytes, &diag), PYR_OK);
        check_entries(&g, &h, exact + h.head_bytes);
        check_sums(&g, &h, exact + h.head_bytes);
        pyr_free(exact);
        pyr_buf_free(&b);
    }
}

/* CPU samples and nanoseconds are one column: what is promised of size. */
static void stores_a_multiple_once(void **s)
{
    (void)s;
    struct pyr_buf one, two;
    enum { N = 400 };
    for (uint32_t i = 0; i < N; i++) {
        stacks[i] = i * 3;
        values[i] = 1 + i % 5;
        values[N + i] = values[i] * 10000000;
    }
    struct pyr_row_group g = {.type_count = 1, .entry_count = N, .stacks = stacks, .values = values};
    pyr_buf_init(&one, SIZE_MAX / 2);
    pyr_buf_init(&two, SIZE_MAX / 2);
    pyr_row_group_encode(&g, &one);
    g.type_count = 2;
    pyr_row_group_encode(&g, &two);
    assert_true(two.len <= one.len + 16);
    assert_true(one.len <= 2 * N + 64);
    pyr_buf_free(&one);
    pyr_buf_free(&two);
}

static void refuses_damage(void **s)
{
    (void)s;
    struct pyr_buf b;
    struct pyr_row_head h;
    struct pyr_row_group g = draw_group();
    g.type_count = 3;
    pyr_buf_init(&b, SIZE_MAX / 2);
    pyr_row_group_encode(&g, &b);
    for (size_t len = 0; len < b.len; len++) {
        const bool head_there = pyr_row_head_parse((struct pyr_span){b.data, len}, b.len, &h, NULL) == PYR_OK;
        assert_true(!head_there || len >= h.head_bytes);
        assert_int_equal(pyr_row_head_parse((struct pyr_span){b.data, len}, len, &h, NULL), PYR_E_CORRUPT);
    }
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(pyr_row_head_parse(pyr_buf_span(&b), b.len, &h, NULL) != PYR_OK ||
                    pyr_row_body_check(&h, b.data + h.head_bytes, NULL) != PYR_OK);
        b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    pyr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(stores_a_multiple_once),
        cmocka_unit_test(refuses_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
