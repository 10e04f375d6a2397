/* The store end to end on the real disk: what goes in comes out, before and after a restart. */
#include "base/completion.h"
#include "base/time.h"
#include "support/store_model.h"
#include <unistd.h>

static const struct call_options options = {
    .tenants = 2, .services = 2, .pods = 3, .identities = true, .from_ns = 1000, .until_ns = 2000000000};

static char dir[] = "/tmp/pyr-store-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static struct pyr_store_settings settings(void)
{
    struct pyr_store_settings s;
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.segment_bytes = 1 << 20;
    s.first_segment_bytes = 64 << 10;
    return s;
}

static struct pyr_store *open_store(const struct pyr_store_settings *s)
{
    struct pyr_store *store;
    struct pyr_diag diag = {0};
    if (pyr_store_open(s, &store, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return store;
}

static void append(struct pyr_store *store, struct call *call)
{
    struct pyr_waiter w;
    struct pyr_diag diag = {0};
    pyr_waiter_init(&w);
    if (pyr_store_append(store, call->writes, call->write_count, &w.completion, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
}

static void goes_in_and_comes_out(void **state)
{
    (void)state;
    const struct pyr_store_settings s = settings();
    struct pyr_store *store = open_store(&s);
    struct chance c = {1};
    struct model m = {0};
    for (int i = 0; i < 50; i++) {
        struct call call;
        draw_call(&c, &options, &call);
        append(store, &call);
        model_take(&m, &call, false);
        call_free(&call);
    }
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    store = open_store(&s);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
}

/* A call's rows once more: the original counts, the retry is acknowledged too. */
static void counts_a_retry_once(void **state)
{
    (void)state;
    const struct pyr_store_settings s = settings();
    struct pyr_store *store = open_store(&s);
    struct chance c = {2};
    struct model m = {0};
    for (int i = 0; i < 20; i++) {
        struct call call;
        draw_call(&c, &options, &call);
        append(store, &call);
        append(store, &call);
        if (i % 5 == 0) {
            assert_int_equal(pyr_store_freeze(store, NULL), PYR_OK);
            append(store, &call);
        }
        if (i % 7 == 0) {
            pyr_store_close(store);
            store = open_store(&s);
            append(store, &call);
        }
        model_take(&m, &call, false);
        call_free(&call);
    }
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
}

/* Without identities equal rows are two rows. */
static void keeps_equal_rows_apart(void **state)
{
    (void)state;
    const struct pyr_store_settings s = settings();
    struct call_options o = options;
    struct pyr_store *store = open_store(&s);
    struct chance c = {3};
    struct model m = {0};
    struct call call;
    o.identities = false;
    for (draw_call(&c, &o, &call); call.row_count == 0; draw_call(&c, &o, &call))
        call_free(&call);
    append(store, &call);
    append(store, &call);
    for (uint32_t i = 0; i < call.row_count; i++) {
        struct model_row twice = call.rows[i];
        twice.text = strdup(twice.text);
        model_add(&m, &twice);
    }
    model_take(&m, &call, false);
    compare_store(store, o.tenants, &m);
    call_free(&call);
    pyr_store_close(store);
    model_free(&m);
}

static pyr_err try_append(struct pyr_store *store, struct call *call)
{
    struct pyr_waiter w;
    pyr_waiter_init(&w);
    const pyr_err err = pyr_store_append(store, call->writes, call->write_count, &w.completion, NULL);
    if (err == PYR_OK)
        assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
    return err;
}

/* A store far over its limits opens, serves and refuses; one whose limits were raised takes profiles again. */
static void recovers_after_restart(const struct pyr_store_settings *s, struct model *m)
{
    struct pyr_store_settings tables = *s, disk = *s, roomy = *s;
    tables.table_bytes_max = disk.disk_bytes_max = 1;
    roomy.table_bytes_max = roomy.disk_bytes_max = roomy.tenant_series_max = 0;
    const struct pyr_store_settings *settings_of[] = {&tables, &disk, &roomy};
    for (size_t i = 0; i < PYR_COUNT_OF(settings_of); i++) {
        struct pyr_store *store = open_store(settings_of[i]);
        struct pyr_store_stats stats;
        struct chance c = {i};
        struct call call;
        draw_call(&c, &options, &call);
        pyr_store_stats(store, &stats);
        assert_int_equal(stats.writable, settings_of[i] == &roomy);
        assert_int_equal(try_append(store, &call), stats.writable ? PYR_OK : PYR_E_UNAVAILABLE);
        if (stats.writable)
            model_take(m, &call, false);
        compare_store(store, options.tenants, m);
        call_free(&call);
        pyr_store_close(store);
    }
}

/* Appends until `limit` is met; what was refused is not there, what was taken is. */
static void append_until(pyr_err limit, const struct pyr_store_settings *s, uint64_t seed)
{
    struct call_options o = options;
    struct pyr_store *store = open_store(s);
    struct chance c = {seed};
    struct model m = {0};
    pyr_err err = PYR_OK;
    o.pods = 1000;
    for (int i = 0; err == PYR_OK; i++) {
        struct call call;
        assert_true(i < 5000);
        draw_call(&c, &o, &call);
        err = try_append(store, &call);
        if (err == PYR_OK)
            model_take(&m, &call, false);
        call_free(&call);
    }
    assert_int_equal(err, limit);
    assert_true(m.count > 10);
    compare_store(store, o.tenants, &m);
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    assert_int_equal(stats.writable, limit != PYR_E_UNAVAILABLE);
    assert_int_equal(stats.why_not[0] == '\0', stats.writable);
    pyr_store_close(store);
    recovers_after_restart(s, &m);
    model_free(&m);
}

static void stops_at_its_limits(void **state)
{
    (void)state;
    struct pyr_store_settings s = settings();
    s.table_bytes_max = 300 << 10;
    append_until(PYR_E_UNAVAILABLE, &s, 4);
    assert_int_equal(remove_dir(state), 0);
    assert_int_equal(make_dir(state), 0);
    s = settings();
    s.tenant_series_max = 20;
    append_until(PYR_E_LIMIT, &s, 5);
    assert_int_equal(remove_dir(state), 0);
    assert_int_equal(make_dir(state), 0);
    s = settings();
    s.disk_bytes_max = 4 << 20;
    append_until(PYR_E_UNAVAILABLE, &s, 6);
}

static uint64_t generations_after(struct pyr_store_settings s, uint64_t seed)
{
    struct pyr_store *store = open_store(&s);
    struct chance c = {seed};
    struct model m = {0};
    for (int i = 0; i < 60; i++) {
        struct call call;
        draw_call(&c, &options, &call);
        append(store, &call);
        model_take(&m, &call, false);
        call_free(&call);
    }
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    store = open_store(&s);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
    return stats.generations;
}

static void ends_generations(void **state)
{
    static const struct {
        size_t tables;
        uint64_t log;
        int64_t age_ns;
        uint32_t nodes;
        bool ends;
    } cases[] = {{1 << 30, 1 << 30, INT64_MAX, UINT32_MAX, false},
                 {50 << 10, 1 << 30, INT64_MAX, UINT32_MAX, true},
                 {1 << 30, 20 << 10, INT64_MAX, UINT32_MAX, true},
                 {1 << 30, 1 << 30, 1, UINT32_MAX, true},
                 {1 << 30, 1 << 30, INT64_MAX, 100, true}};
    for (size_t i = 0; i < PYR_COUNT_OF(cases); i++) {
        struct pyr_store_settings s = settings();
        s.generation_table_bytes = cases[i].tables;
        s.generation_log_bytes = cases[i].log;
        s.generation_age_ns = cases[i].age_ns;
        s.partition_nodes_max = cases[i].nodes;
        assert_int_equal(generations_after(s, 7 + i) > 1, cases[i].ends);
        assert_int_equal(remove_dir(state), 0);
        assert_int_equal(make_dir(state), 0);
    }
}

/* One call with one row of pod `pod`, and the error it gets. */
static pyr_err append_pod(struct pyr_store *store, uint64_t pod)
{
    struct call_options o = options;
    struct chance c = {pod};
    struct call call;
    o.tenants = o.services = 1;
    o.pods = UINT32_MAX;
    for (draw_call(&c, &o, &call); call.row_count == 0; draw_call(&c, &o, &call))
        call_free(&call);
    const pyr_err err = try_append(store, &call);
    call_free(&call);
    return err;
}

static struct pyr_store_stats stats_of(struct pyr_store *store)
{
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    return stats;
}

/* By the clock: 30 minutes after the first profile, also where none could be added since. The old generation keeps what
 * readers need, and only that. */
static void generations_end_in_time(void **state)
{
    (void)state;
    struct pyr_store_settings s = settings();
    const int64_t minute_ns = 60 * PYR_NS_PER_S;
    s.tenant_series_max = 40;
    pyr_time_fake(1700000000 * PYR_NS_PER_S, minute_ns);
    struct pyr_store *store = open_store(&s);
    pyr_time_fake_advance(600 * minute_ns); /* an empty one has no age */
    uint64_t pod = 0;
    while (append_pod(store, ++pod) == PYR_OK)
        assert_true(pod < 100);
    assert_int_equal(stats_of(store).generations, 1);
    pyr_time_fake_advance(30 * minute_ns - 1);
    assert_int_equal(append_pod(store, ++pod), PYR_E_LIMIT);
    const struct pyr_store_stats before = stats_of(store);
    assert_int_equal(before.generations, 1);
    pyr_time_fake_advance(1);
    while (append_pod(store, ++pod) != PYR_OK) /* some bring more series than there may be, by themselves */
        assert_true(pod < 200);
    assert_int_equal(stats_of(store).generations, 2);
    const struct pyr_store_stats full = stats_of(store);
    assert_int_equal(pyr_store_freeze(store, NULL), PYR_OK);
    const struct pyr_store_stats frozen = stats_of(store);
    pyr_store_close(store);
    store = open_store(&s); /* what is replayed has no hash tables: neither has what was frozen */
    const struct pyr_store_stats replayed = stats_of(store);
    print_message("tables of %zu bytes: %zu frozen, %zu replayed\n", (size_t)full.table_bytes,
                  (size_t)frozen.table_bytes, (size_t)replayed.table_bytes);
    assert_true(frozen.table_bytes < full.table_bytes);
    assert_true(frozen.table_bytes <= replayed.table_bytes * 11 / 10);
    pyr_store_close(store);
    pyr_time_real();
}

/* Names that are refused leave nothing behind. */
static void refused_series_take_no_memory(void **state)
{
    (void)state;
    struct pyr_store_settings s = settings();
    s.tenant_series_max = 10;
    struct pyr_store *store = open_store(&s);
    uint64_t pod = 0;
    while (append_pod(store, ++pod) == PYR_OK)
        ;
    for (int i = 0; i < 20; i++)
        (void)append_pod(store, ++pod);
    const size_t before = (size_t)stats_of(store).table_bytes;
    for (int i = 0; i < 2000; i++)
        assert_int_equal(append_pod(store, ++pod), PYR_E_LIMIT);
    assert_int_equal(stats_of(store).table_bytes, before);
    assert_int_equal(append_pod(store, 1), PYR_OK); /* a known one is still welcome */
    pyr_store_close(store);
}

static uint8_t *read_file(const char *path, size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *bytes = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(*bytes);
    assert_int_equal(fread(data, 1, *bytes, f), *bytes);
    fclose(f);
    return data;
}

/* With copies of the tables, damage to the first frame costs the rows until the next copy and no more. */
static void heals_after_a_copy(void **state)
{
    (void)state;
    struct pyr_store_settings s = settings();
    s.segment_bytes = s.first_segment_bytes = 16 << 20;
    s.table_copy_bytes = 32 << 10;
    struct call_options o = options;
    o.tenants = o.services = 1;
    o.identities = false;
    struct pyr_store *store = open_store(&s);
    struct model m = {0}, got = {0};
    for (uint64_t i = 0; i < 1200; i++) { /* the same four calls: the tables stay small */
        struct chance c = {i % 4};
        struct call call;
        draw_call(&c, &o, &call);
        append(store, &call);
        model_take(&m, &call, true);
        call_free(&call);
    }
    pyr_store_close(store);

    char path[64], command[128];
    size_t bytes;
    snprintf(command, sizeof(command), "cd %s/log && ls | head -1 > ../name", dir);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/name", dir);
    char *name = (char *)read_file(path, &bytes);
    name[bytes - 1] = '\0';
    snprintf(command, sizeof(command), "%s/log/%s", dir, name);
    uint8_t *log = read_file(command, &bytes);
    uint8_t *service = memmem(log, bytes, "svc-0", 5); /* in the definition, in the first frame */
    assert_non_null(service);
    *service ^= 1;
    FILE *f = fopen(command, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(log, 1, bytes, f), bytes);
    fclose(f);
    free(log);
    free(name);

    store = open_store(&s);
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    assert_true(stats.log.damaged_frames > 0);
    print_message("lost %u frames of %u\n", (unsigned)stats.lost_frames, (unsigned)stats.log.replayed_frames);
    assert_true(stats.lost_frames > 0 && stats.lost_frames < 900);
    struct pyr_snapshot *snap = pyr_store_pin(store);
    read_rows(snap, 1, (struct pyr_time_range){INT64_MIN, INT64_MAX}, &got);
    pyr_snapshot_unpin(snap);
    assert_true(got.count > m.count / 10 && got.count < m.count);
    compare_rows(&m, &got);
    pyr_store_close(store);
    model_free(&m);
    model_free(&got);
}

/* Ten thousand small services leave most of the memory they may have. */
static void small_services_are_small(void **state)
{
    (void)state;
    struct pyr_store_settings s = settings();
    s.sync = PYR_LOG_SYNC_NONE;
    struct pyr_store *store = open_store(&s);
    enum { SERVICES = 1000 };
    struct pyr_value_type type = {PYR_STR("cpu"), PYR_STR("nanoseconds")};
    struct pyr_str strings[] = {PYR_STR(""), PYR_STR("main"), PYR_STR("main.c")};
    struct pyr_function function = {.name = 1, .system_name = 1, .filename = 2};
    struct pyr_line line = {.function = 0, .line = 1};
    struct pyr_location location = {.line_count = 1};
    struct pyr_sample sample = {.stack_count = 1};
    uint32_t stack = 0, index = 0;
    int64_t value = 1;
    const struct pyr_profile p = {.strings = strings,
                                  .functions = &function,
                                  .lines = &line,
                                  .locations = &location,
                                  .stack_locations = &stack,
                                  .samples = &sample,
                                  .values = &value,
                                  .string_count = 3,
                                  .function_count = 1,
                                  .line_count = 1,
                                  .location_count = 1,
                                  .stack_location_count = 1,
                                  .sample_count = 1,
                                  .types = &type,
                                  .type_count = 1};
    for (int i = 0; i < SERVICES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "service-%d", i);
        struct pyr_label labels[] = {{PYR_LABEL_NAME, PYR_STR("process_cpu")}, {PYR_LABEL_SERVICE, pyr_str_of(name)}};
        const struct pyr_write_row row = {.series = {labels, 2, &type, 1, {PYR_STR(""), PYR_STR("")}},
                                          .samples = &index,
                                          .sample_count = 1,
                                          .columns = &index};
        const struct pyr_write w = {PYR_STR("anonymous"), pyr_str_of(name), &p, &row, 1};
        struct pyr_waiter waiter;
        pyr_waiter_init(&waiter);
        assert_int_equal(pyr_store_append(store, &w, 1, &waiter.completion, NULL), PYR_OK);
        assert_int_equal(pyr_waiter_wait(&waiter), PYR_OK);
    }
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    assert_int_equal(stats.partitions, SERVICES);
    print_message("a small service takes %zu bytes\n", (size_t)(stats.table_bytes + stats.row_index_bytes) / SERVICES);
    assert_true((stats.table_bytes + stats.row_index_bytes) / SERVICES < 8 << 10);
    pyr_store_close(store);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        TEST(goes_in_and_comes_out),    TEST(counts_a_retry_once),     TEST(keeps_equal_rows_apart),
        TEST(stops_at_its_limits),      TEST(ends_generations),        TEST(heals_after_a_copy),
        TEST(small_services_are_small), TEST(generations_end_in_time), TEST(refused_series_take_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
