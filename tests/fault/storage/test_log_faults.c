/* The log on a disk that fails, at every call there is. A script of appends, a change of generation and a release is run
 * again and again; each time another call fails, or is the last one before power is lost or the process is killed. After
 * every one the log is opened again on what the disk kept, compared with the model, written to, and crashed again. */
#include "base/vfs_fake.h"
#include "support/log_model.h"

enum { SEGMENT_BYTES = 16384 };

struct bench {
    struct pyr_vfs_fake *disk;
    struct pyr_log_settings settings;
    struct pyr_log *log;
    struct model model;
    uint64_t generation;
    bool heal; /* a fault is taken away once the log has gone read-only because of it */
};

static void setup(struct bench *b, uint64_t seed, enum pyr_log_sync sync)
{
    *b = (struct bench){.disk = pyr_vfs_fake_new(seed)};
    assert_non_null(b->disk);
    struct pyr_vfs *v = pyr_vfs_fake_vfs(b->disk);
    assert_int_equal(v->ops->mkdir(v, "/data/log", NULL), PYR_OK);
    b->settings = (struct pyr_log_settings){.vfs = v,
                                            .dir = "/data/log",
                                            .segment_bytes = SEGMENT_BYTES,
                                            .first_segment_bytes = SEGMENT_BYTES / 2,
                                            .queue_bytes_max = 1 << 20,
                                            .sync = sync,
                                            .sync_interval_ns = 200000,
                                            .retry_ns = 100000};
    b->model.lossy_from = UINT32_MAX;
}

static void teardown(struct bench *b)
{
    model_free(&b->model);
    pyr_vfs_fake_free(b->disk);
}

static pyr_err start(struct bench *b)
{
    struct pyr_diag diag = {0};
    return model_open(&b->model, &b->settings, &b->log, &b->generation, &diag);
}

static void must_start(struct bench *b)
{
    struct pyr_diag diag = {0};
    if (model_open(&b->model, &b->settings, &b->log, &b->generation, &diag) != PYR_OK)
        fail_msg("the log does not open: %s", diag.message);
    model_check(&b->model, b->log);
}

/* Waits for all that was appended. */
static void drain(struct bench *b)
{
    struct pyr_log_stats stats;
    while (!model_settled(&b->model)) {
        pyr_log_stats(b->log, &stats);
        if (stats.read_only && b->heal)
            pyr_vfs_fake_fail(b->disk, 0, 0, false, PYR_OK);
        if (stats.read_only && pyr_vfs_fake_stopped(b->disk))
            return;
        usleep(20);
    }
}

static void append(struct bench *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        (void)model_append(&b->model, b->log);
    drain(b);
}

static void rotate(struct bench *b)
{
    struct pyr_waiter w;
    struct pyr_log_stats stats;
    pyr_waiter_init(&w);
    pyr_log_rotate(b->log, ++b->generation, &w.completion);
    while (atomic_load(&w.done) == 0) {
        pyr_log_stats(b->log, &stats);
        if (stats.read_only && b->heal)
            pyr_vfs_fake_fail(b->disk, 0, 0, false, PYR_OK);
        if (pyr_vfs_fake_stopped(b->disk))
            break; /* completes at close */
        usleep(20);
    }
    if (atomic_load(&w.done) == 0) {
        pyr_log_close(b->log);
        b->log = NULL;
        assert_int_equal(atomic_load(&w.done), 1);
    }
}

/* Forgets the records of this generation and older: the log may, too. */
static void release(struct bench *b, uint64_t generation)
{
    struct pyr_diag diag = {0};
    const pyr_err err = pyr_log_release(b->log, generation, &diag);
    (void)err; /* then some segments stay, and their records are replayed again */
    for (uint32_t i = 0; i < b->model.count; i++) {
        struct model_record *r = b->model.records[i];
        if (atomic_load(&r->state) == MODEL_OK && r->record.frame.generation <= generation)
            atomic_store(&r->state, MODEL_FAILED);
    }
}

static void script(struct bench *b)
{
    append(b, 1);
    append(b, 1);
    append(b, 8);
    if (!pyr_vfs_fake_stopped(b->disk))
        rotate(b);
    if (b->log == NULL)
        return;
    append(b, 3);
    append(b, 20); /* the seventh record and its like are larger than half a segment */
    if (!pyr_vfs_fake_stopped(b->disk) && b->generation > 1) {
        release(b, b->generation - 1);
        append(b, 12);
    }
}

static void close_log(struct bench *b)
{
    if (b->log != NULL)
        pyr_log_close(b->log);
    b->log = NULL;
    assert_true(model_settled(&b->model));
}

/* Crash, reopen, compare; write; crash again, reopen, compare. */
static void crash_twice(struct bench *b, enum pyr_vfs_end how)
{
    pyr_vfs_fake_stop(b->disk, how);
    close_log(b);
    pyr_vfs_fake_start(b->disk);
    must_start(b);
    b->model.lossy_from = b->settings.sync == PYR_LOG_SYNC_BATCH ? UINT32_MAX : b->model.count;
    append(b, 9);
    pyr_vfs_fake_stop(b->disk, PYR_VFS_LOSE_SOME);
    close_log(b);
    pyr_vfs_fake_start(b->disk);
    must_start(b);
    close_log(b);
}

/* ---- */

/* The n-th call is the last one. */
static bool end_at(uint64_t seed, uint64_t n, enum pyr_vfs_end how, enum pyr_log_sync sync)
{
    struct bench b;
    setup(&b, seed * 1000003 + n, sync);
    b.model.lossy_from = sync != PYR_LOG_SYNC_BATCH && how != PYR_VFS_KILL ? 0 : UINT32_MAX;
    pyr_vfs_fake_stop_at(b.disk, PYR_VFS_ANY, n, how);
    if (start(&b) == PYR_OK)
        script(&b);
    const bool reached = pyr_vfs_fake_stopped(b.disk);
    crash_twice(&b, how);
    teardown(&b);
    return reached;
}

static void test_end_at_every_call(void **state)
{
    (void)state;
    static const enum pyr_vfs_end ends[] = {PYR_VFS_KILL, PYR_VFS_LOSE_ALL, PYR_VFS_LOSE_SOME, PYR_VFS_LOSE_SOME,
                                            PYR_VFS_LOSE_SOME};
    for (uint64_t seed = 0; seed < PYR_COUNT_OF(ends); seed++) {
        uint64_t n = 1;
        while (end_at(seed, n, ends[seed], PYR_LOG_SYNC_BATCH))
            n++;
        assert_true(n > 40);
    }
}

static void test_kill_without_syncs(void **state)
{
    (void)state;
    for (uint64_t n = 1; end_at(77, n, PYR_VFS_KILL, PYR_LOG_SYNC_NONE); n++)
        ;
    for (uint64_t n = 1; end_at(78, n, PYR_VFS_KILL, PYR_LOG_SYNC_INTERVAL); n++)
        ;
    for (uint64_t n = 1; end_at(79, n, PYR_VFS_LOSE_SOME, PYR_LOG_SYNC_INTERVAL); n++)
        ;
}

/* The n-th call of a kind fails, once or from then on until the log has noticed; then all must be well again. */
static bool fail_at(unsigned calls, uint64_t n, bool onwards, pyr_err code, enum pyr_vfs_end how,
                    enum pyr_log_sync sync)
{
    struct bench b;
    setup(&b, calls * 7919 + n * 31 + (uint64_t)how, sync);
    b.heal = true;
    b.model.lossy_from = sync != PYR_LOG_SYNC_BATCH && how != PYR_VFS_KILL ? 0 : UINT32_MAX;
    pyr_vfs_fake_fail(b.disk, calls, n, onwards, code);
    if (start(&b) == PYR_OK) {
        script(&b);
        for (uint32_t i = 0; i < b.model.count; i++) /* it recovered, so nothing was given up */
            if (i + 60 > b.model.count && b.model.records[i]->record.frame.generation == b.generation)
                assert_int_equal(atomic_load(&b.model.records[i]->state), MODEL_OK);
    }
    const bool more = pyr_vfs_fake_calls(b.disk, calls) >= n;
    pyr_vfs_fake_fail(b.disk, 0, 0, false, PYR_OK);
    crash_twice(&b, how);
    teardown(&b);
    return more;
}

static const unsigned kinds[] = {PYR_VFS_OPEN,  PYR_VFS_READ,     PYR_VFS_WRITE, PYR_VFS_SYNC,
                                 PYR_VFS_NAMES, PYR_VFS_SYNC_DIR, PYR_VFS_OTHER, PYR_VFS_ANY};

static void test_every_call_fails(void **state)
{
    (void)state;
    static const enum pyr_vfs_end ends[] = {PYR_VFS_KILL, PYR_VFS_LOSE_ALL, PYR_VFS_LOSE_SOME};
    for (size_t k = 0; k < PYR_COUNT_OF(kinds); k++) {
        for (size_t e = 0; e < PYR_COUNT_OF(ends); e++) {
            for (uint64_t n = 1; fail_at(kinds[k], n, false, PYR_E_IO, ends[e], PYR_LOG_SYNC_BATCH); n++)
                ;
            for (uint64_t n = 1; fail_at(kinds[k], n, true, PYR_E_UNAVAILABLE, ends[e], PYR_LOG_SYNC_BATCH); n++)
                ;
        }
    }
}

static void test_interval_sync_fails(void **state)
{
    (void)state;
    for (uint64_t n = 1; fail_at(PYR_VFS_SYNC | PYR_VFS_WRITE, n, false, PYR_E_IO, PYR_VFS_KILL, PYR_LOG_SYNC_INTERVAL);
         n++)
        ;
    for (uint64_t n = 1; fail_at(PYR_VFS_SYNC, n, true, PYR_E_IO, PYR_VFS_LOSE_SOME, PYR_LOG_SYNC_NONE); n++)
        ;
}

/* A failure that lasts until close: what waits completes with an error; the rest is there afterwards. */
static bool fail_for_good(unsigned calls, uint64_t n, enum pyr_vfs_end how)
{
    struct bench b;
    struct pyr_log_stats stats = {0};
    setup(&b, calls * 104729 + n, PYR_LOG_SYNC_BATCH);
    must_start(&b);
    pyr_vfs_fake_fail(b.disk, calls, n, true, PYR_E_IO);
    for (unsigned i = 0; i < 30 && !stats.read_only; i++) {
        (void)model_append(&b.model, b.log);
        while (!model_settled(&b.model) && !stats.read_only) {
            usleep(20);
            pyr_log_stats(b.log, &stats);
        }
    }
    assert_true(!stats.read_only || stats.why[0] != '\0');
    close_log(&b);
    pyr_vfs_fake_stop(b.disk, how);
    crash_twice(&b, how);
    teardown(&b);
    return stats.read_only;
}

static void test_failure_until_close(void **state)
{
    (void)state;
    static const unsigned of[] = {PYR_VFS_WRITE, PYR_VFS_SYNC, PYR_VFS_ANY, PYR_VFS_WRITE | PYR_VFS_NAMES};
    for (size_t k = 0; k < PYR_COUNT_OF(of); k++) {
        uint64_t n = 1;
        while (fail_for_good(of[k], n, n % 2 != 0 ? PYR_VFS_LOSE_SOME : PYR_VFS_LOSE_ALL))
            n++;
        assert_true(n > 10);
    }
}

/* A disk that fails until the log closes, and not a moment longer: after a batch that was given up nothing is accepted,
 * for a frame may build on any before it. */
static void test_disk_heals_at_close(void **state)
{
    (void)state;
    struct bench b;
    struct pyr_log_stats stats;
    setup(&b, 11, PYR_LOG_SYNC_BATCH);
    b.settings.retry_ns = 3600 * PYR_NS_PER_S;
    must_start(&b);
    append(&b, 3);
    pyr_vfs_fake_hold_syncs(b.disk, true);
    const uint64_t syncs = pyr_vfs_fake_calls(b.disk, PYR_VFS_SYNC);
    pyr_vfs_fake_fail(b.disk, PYR_VFS_SYNC, 1, true, PYR_E_IO);
    (void)model_append(&b.model, b.log);
    while (pyr_vfs_fake_calls(b.disk, PYR_VFS_SYNC) == syncs)
        usleep(20);
    for (unsigned i = 0; i < 10; i++) /* queue up behind it */
        assert_non_null(model_append(&b.model, b.log));
    pyr_vfs_fake_hold_syncs(b.disk, false);
    do {
        usleep(20);
        pyr_log_stats(b.log, &stats);
    } while (!stats.read_only || stats.sync_failures < 2);
    pyr_vfs_fake_fail(b.disk, 0, 0, false, PYR_OK);
    close_log(&b);
    for (uint32_t i = 0; i < b.model.count; i++)
        assert_int_equal(atomic_load(&b.model.records[i]->state), i < 3 ? MODEL_OK : MODEL_FAILED);
    crash_twice(&b, PYR_VFS_LOSE_SOME);
    teardown(&b);
}

/* Several payloads are read in one go: also where the later ones were copied elsewhere since their pages were in doubt,
 * and these places hold something else by now. */
static void test_read_across_a_move(void **state)
{
    (void)state;
    static uint8_t bytes[SEGMENT_BYTES];
    struct bench b;
    struct pyr_diag diag = {0};
    setup(&b, 12, PYR_LOG_SYNC_INTERVAL);
    b.settings.sync_interval_ns = PYR_NS_PER_S / 20;
    must_start(&b);
    append(&b, 2);
    struct pyr_log_stats stats;
    do { /* what is there is synced; the next is not */
        usleep(20);
        pyr_log_stats(b.log, &stats);
    } while (stats.synced_sequence < stats.last_sequence);
    pyr_vfs_fake_fail(b.disk, PYR_VFS_SYNC, 1, false, PYR_E_IO);
    append(&b, 2);
    do {
        usleep(20);
        pyr_log_stats(b.log, &stats);
    } while (stats.sync_failures == 0 || stats.read_only);
    struct model_record **r = b.model.records;
    const struct pyr_log_place from = r[0]->record.place, last = r[3]->record.place;
    assert_int_equal(from.segment, last.segment);
    char path[64];
    snprintf(path, sizeof(path), "/data/log/segment-%010u.log", last.segment);
    struct pyr_file *f;
    struct pyr_vfs *v = pyr_vfs_fake_vfs(b.disk);
    assert_int_equal(v->ops->open(v, path, PYR_OPEN_WRITE, &f, &diag), PYR_OK);
    assert_int_equal(f->ops->write_at(f, last.offset, &(struct pyr_span){bytes, model_len(3)}, 1, &diag), PYR_OK);
    f->ops->close(f);
    assert_int_equal(pyr_log_read(b.log, from, bytes, last.offset - from.offset + model_len(3), &diag), PYR_OK);
    for (uint32_t i = 0; i < 4; i++)
        assert_memory_equal(bytes + (r[i]->record.place.offset - from.offset), r[i]->bytes, model_len(i));
    close_log(&b);
    teardown(&b);
}

/* The n-th call after a start on a log with a tail is the last one: what the start takes over is never in between. */
static bool end_at_open(uint64_t n, enum pyr_vfs_end how, enum pyr_log_sync sync)
{
    struct bench b;
    setup(&b, n * 9176 + (uint64_t)how, sync);
    must_start(&b);
    append(&b, 3);
    append(&b, 25);
    pyr_vfs_fake_stop(b.disk, PYR_VFS_KILL);
    close_log(&b);
    pyr_vfs_fake_start(b.disk);
    /* Without syncs nothing is promised before the first start has ended. */
    b.model.lossy_from = sync == PYR_LOG_SYNC_BATCH ? UINT32_MAX : 0;
    pyr_vfs_fake_stop_at(b.disk, PYR_VFS_ANY, n, how);
    if (start(&b) == PYR_OK)
        append(&b, 2);
    const bool reached = pyr_vfs_fake_stopped(b.disk);
    crash_twice(&b, how);
    teardown(&b);
    return reached;
}

static void test_end_while_opening(void **state)
{
    (void)state;
    static const enum pyr_vfs_end ends[] = {PYR_VFS_KILL, PYR_VFS_LOSE_ALL, PYR_VFS_LOSE_SOME};
    for (size_t e = 0; e < PYR_COUNT_OF(ends); e++) {
        for (uint64_t n = 1; end_at_open(n, ends[e], PYR_LOG_SYNC_BATCH); n++)
            ;
        for (uint64_t n = 1; end_at_open(n, ends[e], PYR_LOG_SYNC_NONE); n++)
            ;
    }
}

/* A fault while the log opens: it may refuse, but nothing is lost by that. */
static bool fail_at_open(unsigned calls, uint64_t n, bool onwards, enum pyr_vfs_end how)
{
    struct bench b;
    setup(&b, calls * 31337 + n, PYR_LOG_SYNC_BATCH);
    must_start(&b);
    append(&b, 1);
    append(&b, 25);
    pyr_vfs_fake_stop(b.disk, n % 2 != 0 ? PYR_VFS_KILL : PYR_VFS_LOSE_SOME);
    close_log(&b);
    pyr_vfs_fake_start(b.disk);
    pyr_vfs_fake_fail(b.disk, calls, n, onwards, PYR_E_IO);
    struct model *m = &b.model;
    const pyr_err err = start(&b);
    const bool fired = pyr_vfs_fake_failed(b.disk);
    pyr_vfs_fake_fail(b.disk, 0, 0, false, PYR_OK);
    if (err == PYR_OK) {
        /* A read that failed for good below the mark is damage; the records stay in the model for the next start. */
        if (m->damages == 0)
            model_check(m, b.log);
        append(&b, 5);
    }
    crash_twice(&b, how);
    teardown(&b);
    return fired;
}

static void test_open_fails(void **state)
{
    (void)state;
    for (size_t k = 0; k < PYR_COUNT_OF(kinds); k++) {
        for (uint64_t n = 1; fail_at_open(kinds[k], n, false, PYR_VFS_LOSE_SOME); n++)
            ;
        for (uint64_t n = 1; fail_at_open(kinds[k], n, true, PYR_VFS_LOSE_ALL); n++)
            ;
    }
}

/* The disk fills; space appears again; the log goes on by itself. */
static void test_full_disk(void **state)
{
    (void)state;
    for (uint64_t capacity = 4096; capacity < 90000; capacity += 1777) {
        struct bench b;
        struct pyr_log_stats stats = {0};
        setup(&b, capacity, PYR_LOG_SYNC_BATCH);
        pyr_vfs_fake_capacity(b.disk, capacity);
        must_start(&b);
        for (unsigned i = 0; i < 200 && !stats.read_only; i++) {
            (void)model_append(&b.model, b.log);
            do {
                usleep(20);
                pyr_log_stats(b.log, &stats);
            } while (!model_settled(&b.model) && !stats.read_only);
        }
        assert_true(stats.read_only);
        assert_non_null(strstr(stats.why, "full"));
        assert_int_equal(pyr_log_reserve(b.log, 1, 0, NULL), PYR_E_UNAVAILABLE);
        if (capacity % 2 != 0) { /* or a start on the full disk */
            pyr_vfs_fake_stop(b.disk, PYR_VFS_LOSE_SOME);
            close_log(&b);
            pyr_vfs_fake_start(b.disk);
            must_start(&b);
        }
        pyr_vfs_fake_capacity(b.disk, 0);
        do {
            usleep(20);
            pyr_log_stats(b.log, &stats);
        } while (stats.read_only);
        append(&b, 10);
        for (uint32_t i = b.model.count - 10; i < b.model.count; i++)
            assert_int_equal(atomic_load(&b.model.records[i]->state), MODEL_OK);
        crash_twice(&b, PYR_VFS_LOSE_SOME);
        teardown(&b);
    }
}

int main(void)
{
    model_quiet();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_at_every_call),   cmocka_unit_test(test_kill_without_syncs),
        cmocka_unit_test(test_every_call_fails),    cmocka_unit_test(test_interval_sync_fails),
        cmocka_unit_test(test_failure_until_close), cmocka_unit_test(test_open_fails),
        cmocka_unit_test(test_end_while_opening),   cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_disk_heals_at_close), cmocka_unit_test(test_read_across_a_move),
    };
    return cmocka_run_group_tests_name("log faults", tests, NULL, NULL);
}
