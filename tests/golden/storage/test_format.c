/* docs/format.md against what is written: a store with every kind of column, frames, copies of tables, several
 * generations and segments, read by read_log.py, which was written from the document and shares no code with us. Both
 * must tell the same rows, to the last entry. */
#include "base/completion.h"
#include "support/store_model.h"

static void append(struct pyr_store *store, struct chance c, const struct call_options *o, struct model *m)
{
    struct call call;
    struct pyr_waiter w;
    draw_call(&c, o, &call);
    pyr_waiter_init(&w);
    assert_int_equal(pyr_store_append(store, call.writes, call.write_count, &w.completion, NULL), PYR_OK);
    assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
    model_take(m, &call, false);
    call_free(&call);
}

static struct pyr_store *open_store(const char *dir)
{
    struct pyr_store_settings s;
    struct pyr_store *store;
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.first_segment_bytes = 64 << 10;
    s.segment_bytes = 256 << 10;
    s.table_copy_bytes = 4 << 10;
    assert_int_equal(pyr_store_open(&s, &store, NULL), PYR_OK);
    return store;
}

static void write_store(const char *dir, const struct call_options *o, struct model *m)
{
    struct pyr_store *store = open_store(dir);
    for (uint64_t i = 0; i < 60; i++) {
        append(store, (struct chance){i}, o, m);
        if (i % 25 == 24)
            assert_int_equal(pyr_store_freeze(store, NULL), PYR_OK);
    }
    pyr_store_close(store);
    store = open_store(dir);
    for (uint64_t i = 0; i < 1000; i++) /* the same few stacks: rows outgrow the tables, which are written again */
        append(store, (struct chance){i % 2}, o, m);
    pyr_store_close(store);
}

/* The program's output: a line of counts, then rows; lines of entries are indented. */
static void read_output(FILE *in, unsigned *copies, struct model *out)
{
    char *line = NULL;
    size_t room = 0;
    struct pyr_buf text;
    unsigned partitions, groups;
    assert_int_equal(fscanf(in, "%u partitions, %u row groups, %u copies of tables\n", &partitions, &groups, copies),
                     3);
    pyr_buf_init(&text, SIZE_MAX / 2);
    for (bool more = true; more;) {
        const ssize_t n = getline(&line, &room, in);
        more = n > 0;
        if (text.len != 0 && (!more || line[0] != ' '))
            model_add(out, &(struct model_row){.text = text_of(&text)});
        if (more)
            pyr_buf_append(&text, line, (size_t)n);
    }
    pyr_buf_free(&text);
    free(line);
    assert_int_equal(out->count, groups);
}

static void another_reader_finds_the_same(void **state)
{
    (void)state;
    const struct call_options o = {.tenants = 2, .services = 2, .pods = 2, .from_ns = -1000, .until_ns = 2000000000};
    char dir[] = "/tmp/pyr-format-XXXXXX", command[128];
    struct model m = {0}, got = {0};
    unsigned copies;
    assert_non_null(mkdtemp(dir));
    write_store(dir, &o, &m);
    snprintf(command, sizeof(command), "/usr/bin/python3 tests/golden/storage/read_log.py --rows %s", dir);
    FILE *reader = popen(command, "r");
    assert_non_null(reader);
    read_output(reader, &copies, &got);
    assert_int_equal(pclose(reader), 0);
    compare_rows(&m, &got);
    assert_true(copies > 0 && got.count > 500);
    model_free(&m);
    model_free(&got);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(another_reader_finds_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
