/* Frames carry tables from a writer to a reader: all of it, in pieces, again, and with gaps refused. */
#include "storage/frame.h"
#include "storage/intern.h"
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 1;
static uint32_t below(uint32_t n)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)((z ^ z >> 27) % n);
}

static struct pyr_tally tally;

static uint32_t some_string(struct pyr_tables *t)
{
    char text[300];
    uint32_t id;
    const int len = snprintf(text, sizeof(text), "%*s%u", (int)below(200), "s", below(500));
    assert_int_equal(pyr_symbols_intern_string(&t->symbols, (struct pyr_str){text, (size_t)len}, &tally, &id), PYR_OK);
    return id;
}

static void some_series(struct pyr_tables *t)
{
    uint32_t words[2 * 8];
    const uint32_t labels = below(4), types = 1 + below(3);
    const bool period = below(2) == 0;
    for (uint32_t i = 0; i < PYR_COUNT_OF(words); i++)
        words[i] = some_string(t);
    struct pyr_series *s = pyr_series_find(&t->series, words, labels, types, period);
    if (s != NULL)
        return;
    assert_int_equal(pyr_series_prepare(&t->series, &t->symbols, words, labels, types, period, true, &tally, &s),
                     PYR_OK);
    pyr_series_publish(&t->series, s);
    assert_ptr_equal(pyr_series_find(&t->series, words, labels, types, period), s);
}

/* Adds some of everything. */
static void grow(struct pyr_tables *t)
{
    for (uint32_t i = below(30); i-- != 0;) {
        const struct pyr_mapping m = {.start = below(1000),
                                      .limit = UINT64_MAX - below(9),
                                      .offset = below(3),
                                      .filename = some_string(t),
                                      .build_id = some_string(t),
                                      .has_filenames = below(2),
                                      .has_inline_frames = below(2)};
        struct pyr_line lines[3];
        uint32_t mapping, location, stack, run[12];
        assert_int_equal(pyr_symbols_intern_mapping(&t->symbols, &m, &tally, &mapping), PYR_OK);
        for (uint32_t d = 0; d < PYR_COUNT_OF(run); d++) {
            const uint32_t line_count = below(4);
            for (uint32_t k = 0; k < line_count; k++) {
                const struct pyr_function f = {.name = some_string(t),
                                               .system_name = some_string(t),
                                               .filename = some_string(t),
                                               .start_line = (int64_t)below(9) - 4};
                assert_int_equal(pyr_symbols_intern_functions(&t->symbols, &f, 1, &tally, &lines[k].function), PYR_OK);
                lines[k].line = INT64_MIN + below(9);
            }
            const struct pyr_location l = {
                .address = UINT64_MAX - below(99), .mapping = below(2) ? mapping : 0, .line_count = line_count};
            assert_int_equal(pyr_symbols_intern_locations(&t->symbols, &l, lines, 1, &tally, &location), PYR_OK);
            run[d] = location;
        }
        assert_int_equal(pyr_stack_tree_intern(&t->tree, &(struct pyr_run){run, below(12)}, 1, &tally, &stack), PYR_OK);
    }
    if (below(3) == 0)
        some_series(t);
}

static void same_tables(const struct pyr_tables *a, const struct pyr_tables *b)
{
    const struct pyr_table_ids n = pyr_tables_counts(a), m = pyr_tables_counts(b);
    assert_memory_equal(&n, &m, sizeof(n));
    for (uint32_t i = 0; i < n.of[PYR_TABLE_STRINGS]; i++)
        assert_true(pyr_str_eq(pyr_symbols_string(&a->symbols, i), pyr_symbols_string(&b->symbols, i)));
    for (uint32_t i = 0; i < n.of[PYR_TABLE_MAPPINGS]; i++) {
        const struct pyr_mapping x = pyr_symbols_mapping(&a->symbols, i), y = pyr_symbols_mapping(&b->symbols, i);
        assert_true(x.start == y.start && x.limit == y.limit && x.offset == y.offset && x.filename == y.filename &&
                    x.build_id == y.build_id && x.has_functions == y.has_functions &&
                    x.has_filenames == y.has_filenames && x.has_line_numbers == y.has_line_numbers &&
                    x.has_inline_frames == y.has_inline_frames);
    }
    for (uint32_t i = 0; i < n.of[PYR_TABLE_FUNCTIONS]; i++) {
        const struct pyr_function x = pyr_symbols_function(&a->symbols, i), y = pyr_symbols_function(&b->symbols, i);
        assert_true(x.name == y.name && x.system_name == y.system_name && x.filename == y.filename &&
                    x.start_line == y.start_line);
    }
    for (uint32_t i = 0; i < n.of[PYR_TABLE_LINES]; i++) {
        const struct pyr_line x = pyr_symbols_line(&a->symbols, i), y = pyr_symbols_line(&b->symbols, i);
        assert_true(x.function == y.function && x.line == y.line);
    }
    for (uint32_t i = 0; i < n.of[PYR_TABLE_LOCATIONS]; i++) {
        const struct pyr_location x = pyr_symbols_location(&a->symbols, i), y = pyr_symbols_location(&b->symbols, i);
        assert_true(x.address == y.address && x.mapping == y.mapping && x.line_first == y.line_first &&
                    x.line_count == y.line_count);
    }
    for (uint32_t i = 0; i < n.of[PYR_TABLE_NODES]; i++) {
        const struct pyr_node x = pyr_stack_tree_node(&a->tree, i), y = pyr_stack_tree_node(&b->tree, i);
        assert_true(x.parent == y.parent && x.location == y.location);
    }
    for (uint32_t i = 0; i < n.of[PYR_TABLE_STACKS]; i++)
        assert_int_equal(pyr_stack_tree_stack(&a->tree, i), pyr_stack_tree_stack(&b->tree, i));
    for (uint32_t i = 0; i < n.of[PYR_TABLE_SERIES]; i++) {
        const struct pyr_series *x = pyr_series_at(&a->series, i), *y = pyr_series_at(&b->series, i);
        assert_true(x->label_count == y->label_count && x->type_count == y->type_count &&
                    x->has_period == y->has_period);
        assert_memory_equal(x->words, y->words, pyr_series_word_count(x) * sizeof(*x->words));
        assert_memory_equal(x->content_hash, y->content_hash, sizeof(x->content_hash));
    }
}

static struct pyr_buf encode(struct pyr_tables *t, const struct pyr_table_ids *from)
{
    struct pyr_buf b;
    const struct pyr_table_ids until = pyr_tables_counts(t);
    pyr_buf_init(&b, SIZE_MAX / 2);
    pyr_frame_begin(&b, 1234567891234567, PYR_STR("tenant"), PYR_STR("service"));
    pyr_frame_put_tables(&b, t, from, &until);
    pyr_frame_put_row_count(&b, 1);
    pyr_frame_put_row(&b, 7, (struct pyr_span){(const uint8_t *)"rows", 4});
    assert_int_equal(b.err, PYR_OK);
    return b;
}

static pyr_err decode(struct pyr_tables *t, const struct pyr_table_ids *from, struct pyr_span payload)
{
    struct pyr_frame_reader r;
    PYR_TRY(pyr_frame_open(&r, payload, NULL));
    PYR_TRY(pyr_frame_read_tables(&r, from, t, NULL));
    uint32_t series, offset, bytes;
    pyr_err err;
    if (!pyr_frame_next_row(&r, &series, &offset, &bytes, &err))
        return PYR_E_CORRUPT;
    assert_true(series == 7 && bytes == 4 && memcmp(payload.ptr + offset, "rows", 4) == 0);
    assert_true(r.received_ns == 1234567891000000 && pyr_str_eq(r.tenant, PYR_STR("tenant")) &&
                pyr_str_eq(r.service, PYR_STR("service")));
    assert_false(pyr_frame_next_row(&r, &series, &offset, &bytes, &err));
    return err;
}

enum { FRAMES = 40 };

static void carries_tables(void **s)
{
    (void)s;
    struct pyr_tables from, to, whole;
    struct pyr_table_ids at[FRAMES];
    struct pyr_buf frames[FRAMES];
    assert_int_equal(pyr_tables_init(&from, &tally) | pyr_tables_init(&to, &tally) | pyr_tables_init(&whole, &tally),
                     PYR_OK);
    for (uint32_t i = 0; i < FRAMES; i++) {
        at[i] = pyr_tables_counts(&from);
        grow(&from);
        frames[i] = encode(&from, &at[i]);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        assert_int_equal(decode(&to, &at[i], pyr_buf_span(&frames[i])), PYR_OK);
        /* Again, and an older one: nothing new. */
        assert_int_equal(decode(&to, &at[i], pyr_buf_span(&frames[i])), PYR_OK);
        assert_int_equal(decode(&to, &at[i / 2], pyr_buf_span(&frames[i / 2])), PYR_OK);
    }
    same_tables(&from, &to);

    /* With one frame missing those that build on it are refused, until a copy of the whole heals it. */
    const struct pyr_table_ids built_in = PYR_TABLES_BUILT_IN;
    struct pyr_buf copy = encode(&from, &built_in);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < FRAMES; i++)
        if (i != 3)
            refused += decode(&whole, &at[i], pyr_buf_span(&frames[i])) == PYR_E_CORRUPT;
    assert_true(refused > FRAMES / 2);
    assert_int_equal(decode(&whole, &built_in, pyr_buf_span(&copy)), PYR_OK);
    same_tables(&from, &whole);
    for (uint32_t i = 0; i < FRAMES; i++)
        pyr_buf_free(&frames[i]);
    pyr_buf_free(&copy);
    pyr_tables_free(&from);
    pyr_tables_free(&to);
    pyr_tables_free(&whole);
}

/* Cut anywhere, a frame is refused and leaves the tables as they were. */
static void refuses_cut_frames(void **s)
{
    (void)s;
    struct pyr_tables from, to;
    const struct pyr_table_ids built_in = PYR_TABLES_BUILT_IN;
    assert_int_equal(pyr_tables_init(&from, &tally) | pyr_tables_init(&to, &tally), PYR_OK);
    for (int i = 0; i < 3; i++)
        grow(&from);
    some_series(&from);
    struct pyr_buf b = encode(&from, &built_in);
    for (size_t len = 0; len < b.len; len += 1 + len / 50) {
        uint8_t *exact = malloc(len + 1);
        memcpy(exact, b.data, len);
        struct pyr_frame_reader r;
        const struct pyr_table_ids before = pyr_tables_counts(&to);
        if (pyr_frame_open(&r, (struct pyr_span){exact, len}, NULL) == PYR_OK &&
            pyr_frame_read_tables(&r, &built_in, &to, NULL) != PYR_OK) {
            const struct pyr_table_ids after = pyr_tables_counts(&to);
            assert_memory_equal(&before, &after, sizeof(before));
        }
        assert_int_not_equal(decode(&to, &built_in, (struct pyr_span){exact, len}), PYR_OK);
        free(exact);
    }
    assert_int_equal(decode(&to, &built_in, pyr_buf_span(&b)), PYR_OK);
    same_tables(&from, &to);
    pyr_buf_free(&b);
    pyr_tables_free(&from);
    pyr_tables_free(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_tables),
        cmocka_unit_test(refuses_cut_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
