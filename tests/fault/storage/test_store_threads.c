/* Appenders beside readers and freezes (for the thread sanitizer above all): every reader's snapshot holds whole rows that
 * somebody wrote, never fewer than the reader was told of before; in the end everything is there. */
#include "base/completion.h"
#include "support/store_model.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { APPENDERS = 3, READERS = 2, CALLS = 60 };
static const struct call_options options = {
    .tenants = 2, .services = 3, .pods = 3, .identities = true, .from_ns = 1, .until_ns = 1000};

struct shared {
    struct pyr_store *store;
    _Atomic uint64_t acknowledged; /* rows */
    _Atomic int appending;
};
struct appender {
    struct shared *shared;
    uint64_t seed;
    struct model model;
};

static void *append(void *arg)
{
    struct appender *a = arg;
    struct chance seed = {a->seed}, c = {draw(&seed)};
    for (int i = 0; i < CALLS; i++) {
        struct call call;
        struct pyr_waiter w;
        draw_call(&c, &options, &call);
        const uint32_t rows = call.row_count;
        pyr_waiter_init(&w);
        if (pyr_store_append(a->shared->store, call.writes, call.write_count, &w.completion, NULL) != PYR_OK ||
            pyr_waiter_wait(&w) != PYR_OK)
            abort();
        atomic_fetch_add(&a->shared->acknowledged, rows);
        model_take(&a->model, &call, false);
        call_free(&call);
    }
    atomic_fetch_sub(&a->shared->appending, 1);
    return NULL;
}

static void *read_all(void *arg)
{
    struct shared *s = arg;
    while (atomic_load(&s->appending) != 0) {
        struct model got = {0};
        const uint64_t told = atomic_load(&s->acknowledged);
        struct pyr_snapshot *snap = pyr_store_pin(s->store);
        read_rows(snap, options.tenants, (struct pyr_time_range){INT64_MIN, INT64_MAX}, &got);
        if (got.count < told)
            abort();
        model_free(&got);
        pyr_snapshot_unpin(snap);
        struct pyr_store_stats stats;
        pyr_store_stats(s->store, &stats);
    }
    return NULL;
}

static void *freeze(void *arg)
{
    struct shared *s = arg;
    for (uint32_t i = 0; atomic_load(&s->appending) != 0; i++) {
        if (pyr_store_freeze(s->store, NULL) != PYR_OK)
            abort();
        const struct timespec pause = {.tv_nsec = 20000000};
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void readers_see_whole_rows(void **state)
{
    (void)state;
    char dir[] = "/tmp/pyr-threads-XXXXXX", command[64];
    assert_non_null(mkdtemp(dir));
    struct pyr_store_settings settings;
    struct shared s = {.appending = APPENDERS};
    struct appender appenders[APPENDERS];
    pthread_t threads[APPENDERS + READERS + 1];
    pyr_store_settings_default(&settings);
    settings.dir = dir;
    settings.free_bytes_min = 0;
    settings.first_segment_bytes = 64 << 10;
    settings.segment_bytes = 256 << 10;
    settings.table_copy_bytes = 1; /* and copies of tables as often as can be */
    assert_int_equal(pyr_store_open(&settings, &s.store, NULL), PYR_OK);
    uint32_t n = 0;
    for (uint32_t i = 0; i < APPENDERS; i++) {
        appenders[i] = (struct appender){.shared = &s, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[n++], NULL, append, &appenders[i]), 0);
    }
    for (uint32_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[n++], NULL, read_all, &s), 0);
    assert_int_equal(pthread_create(&threads[n++], NULL, freeze, &s), 0);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    struct model all = {0};
    for (uint32_t i = 0; i < APPENDERS; i++) {
        for (uint32_t k = 0; k < appenders[i].model.count; k++)
            model_add(&all, &appenders[i].model.rows[k]);
        free(appenders[i].model.rows);
    }
    compare_store(s.store, options.tenants, &all);
    pyr_store_close(s.store);
    model_free(&all);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_see_whole_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
