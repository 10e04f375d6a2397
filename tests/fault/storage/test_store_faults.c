/* The store on a disk that loses power, fails and rots, and in a process that runs out of memory. What was acknowledged is
 * there once, what was refused is not there, and what was neither may be. */
#include "base/completion.h"
#include "base/time.h"
#include "base/vfs_fake.h"
#include "support/store_model.h"
#include <stdatomic.h>
#include <unistd.h>

static const struct call_options options = {
    .tenants = 2, .services = 2, .pods = 2, .identities = true, .from_ns = 1, .until_ns = 1000};
static const char store_dir[] = "/store";

static struct pyr_store_settings settings(struct pyr_vfs_fake *disk)
{
    struct pyr_store_settings s;
    pyr_store_settings_default(&s);
    s.vfs = pyr_vfs_fake_vfs(disk);
    s.dir = store_dir;
    s.free_bytes_min = 0;
    s.segment_bytes = 64 << 10;
    s.first_segment_bytes = 8 << 10;
    s.retry_ns = PYR_NS_PER_MS;
    return s;
}

/* NULL: it cannot be opened. */
static struct pyr_store *try_open(struct pyr_vfs_fake *disk)
{
    const struct pyr_store_settings s = settings(disk);
    struct pyr_store *store = NULL;
    struct pyr_diag diag = {0};
    return pyr_store_open(&s, &store, &diag) == PYR_OK ? store : NULL;
}

static struct pyr_store *must_open(struct pyr_vfs_fake *disk)
{
    const struct pyr_store_settings s = settings(disk);
    struct pyr_store *store = NULL;
    struct pyr_diag diag = {0};
    if (pyr_store_open(&s, &store, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return store;
}

/* An append and what became of it. */
struct pending {
    struct pyr_waiter waiter;
    struct call call;
    bool queued;
};

static bool is_done(struct pending *p)
{
    return atomic_load(&p->waiter.done) != 0;
}

/* Returns once it is acknowledged, refused, or never will be. */
static void begin_append(struct chance *c, struct pyr_store *store, struct pyr_vfs_fake *disk, struct pending *p)
{
    struct pyr_diag diag = {0};
    draw_call(c, &options, &p->call);
    pyr_waiter_init(&p->waiter);
    p->queued = pyr_store_append(store, p->call.writes, p->call.write_count, &p->waiter.completion, &diag) == PYR_OK;
    while (p->queued && !is_done(p) && !pyr_vfs_fake_stopped(disk))
        usleep(20);
}

/* After the store is closed: everything queued has an answer. */
static void end_append(struct model *m, struct pending *p)
{
    assert_true(!p->queued || is_done(p));
    if (p->queued)
        model_take(m, &p->call, p->waiter.err != PYR_OK);
    call_free(&p->call);
}

enum { APPENDS = 8 };
/* Opens, appends, freezes in the middle, closes. */
static void run(struct chance *c, struct pyr_vfs_fake *disk, struct model *m)
{
    struct pyr_store *store = try_open(disk);
    if (store == NULL)
        return;
    struct pending pending[APPENDS];
    for (int i = 0; i < APPENDS; i++) {
        begin_append(c, store, disk, &pending[i]);
        if (i == APPENDS / 2)
            (void)!pyr_store_freeze(store, NULL);
    }
    pyr_store_close(store);
    for (int i = 0; i < APPENDS; i++)
        end_append(m, &pending[i]);
}

static void check(struct pyr_vfs_fake *disk, struct model *m)
{
    struct pyr_store *store = must_open(disk);
    compare_store(store, options.tenants, m);
    pyr_store_close(store);
}

static void cut_power(enum pyr_vfs_end how, uint64_t seed)
{
    bool stopped = true;
    for (uint64_t n = 1; stopped; n += 1 + n / 16) {
        struct pyr_vfs_fake *disk = pyr_vfs_fake_new(seed * 1000 + n);
        struct chance c = {seed * 77 + n};
        struct model m = {0};
        run(&c, disk, &m); /* something to lose */
        pyr_vfs_fake_stop_at(disk, PYR_VFS_ANY, n, how);
        run(&c, disk, &m);
        stopped = pyr_vfs_fake_stopped(disk);
        if (!stopped)
            pyr_vfs_fake_stop(disk, how);
        pyr_vfs_fake_start(disk);
        check(disk, &m);
        run(&c, disk, &m);
        check(disk, &m);
        model_free(&m);
        pyr_vfs_fake_free(disk);
    }
}

static void survives_kills(void **state)
{
    (void)state;
    cut_power(PYR_VFS_KILL, 1);
}

static void survives_lost_power(void **state)
{
    (void)state;
    cut_power(PYR_VFS_LOSE_ALL, 2);
}

static void survives_torn_writes(void **state)
{
    (void)state;
    cut_power(PYR_VFS_LOSE_SOME, 3);
    cut_power(PYR_VFS_LOSE_SOME, 4);
}

static void fail_calls(unsigned calls, pyr_err code)
{
    bool failed = true;
    for (uint64_t n = 1; failed; n += 1 + n / 16) {
        struct pyr_vfs_fake *disk = pyr_vfs_fake_new(n);
        struct chance c = {n};
        struct model m = {0};
        run(&c, disk, &m);
        pyr_vfs_fake_fail(disk, calls, n, false, code);
        run(&c, disk, &m);
        failed = pyr_vfs_fake_failed(disk);
        pyr_vfs_fake_fail(disk, PYR_VFS_ANY, 0, false, PYR_OK);
        check(disk, &m);
        pyr_vfs_fake_stop(disk, PYR_VFS_LOSE_ALL);
        pyr_vfs_fake_start(disk);
        check(disk, &m);
        model_free(&m);
        pyr_vfs_fake_free(disk);
    }
}

static void survives_failing_calls(void **state)
{
    (void)state;
    fail_calls(PYR_VFS_ANY, PYR_E_IO);
    fail_calls(PYR_VFS_WRITE, PYR_E_UNAVAILABLE);
    fail_calls(PYR_VFS_SYNC, PYR_E_IO);
}

/* ---- rot ---- */

struct names {
    char name[64][32];
    uint32_t count;
};
static void add_name(void *ctx, const char *name)
{
    struct names *n = ctx;
    assert_true(n->count < 64);
    snprintf(n->name[n->count++], sizeof(n->name[0]), "%s", name);
}

/* Flips a bit somewhere in the first half of some file of the log. */
static void flip_a_bit(struct chance *c, struct pyr_vfs_fake *disk)
{
    struct pyr_vfs *vfs = pyr_vfs_fake_vfs(disk);
    struct names names = {0};
    struct pyr_file *f;
    struct pyr_diag diag = {0};
    char path[128];
    uint64_t size;
    uint8_t byte;
    snprintf(path, sizeof(path), "%s/log", store_dir);
    assert_int_equal(vfs->ops->list(vfs, path, add_name, &names, &diag), PYR_OK);
    snprintf(path, sizeof(path), "%s/log/%s", store_dir, names.name[below(c, names.count)]);
    assert_int_equal(vfs->ops->open(vfs, path, PYR_OPEN_WRITE, &f, &diag), PYR_OK);
    assert_int_equal(vfs->ops->size(f, &size, &diag), PYR_OK);
    if (size > 0) {
        const uint64_t at = draw(c) % size;
        assert_int_equal(vfs->ops->read_at(f, at, &byte, 1, &diag), PYR_OK);
        byte ^= (uint8_t)(1u << below(c, 8));
        assert_int_equal(vfs->ops->write_at(f, at, &(struct pyr_span){&byte, 1}, 1, &diag), PYR_OK);
        assert_int_equal(vfs->ops->sync(f, &diag), PYR_OK);
    }
    vfs->ops->close(f);
}

/* Rot may lose rows, never invent or change one, and never silently. */
static void finds_rot(void **state)
{
    (void)state;
    uint32_t hits = 0, kept = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct pyr_vfs_fake *disk = pyr_vfs_fake_new(seed);
        struct chance c = {seed};
        struct model m = {0}, got = {0};
        run(&c, disk, &m);
        run(&c, disk, &m);
        flip_a_bit(&c, disk);

        struct pyr_store *store = must_open(disk);
        struct pyr_store_stats stats;
        pyr_store_stats(store, &stats);
        struct pyr_snapshot *snap = pyr_store_pin(store);
        read_rows(snap, options.tenants, (struct pyr_time_range){INT64_MIN, INT64_MAX}, &got);
        pyr_snapshot_unpin(snap);
        if (got.count < m.count) {
            assert_true(stats.log.damaged_frames + stats.log.torn_bytes > 0);
            hits++;
        }
        kept += got.count;
        for (uint32_t i = 0; i < m.count; i++)
            m.rows[i].maybe = true;
        compare_rows(&m, &got);
        /* The rest keeps serving, and takes new rows. */
        struct pending p;
        begin_append(&c, store, disk, &p);
        assert_true(p.queued);
        pyr_store_close(store);
        end_append(&m, &p);
        check(disk, &m);
        model_free(&m);
        model_free(&got);
        pyr_vfs_fake_free(disk);
    }
    assert_true(hits > 5); /* the test does hit frames */
    assert_true(kept > 500);
}

/* While the disk does not answer, appends end one generation and no more: the log has room for a few markers, and who
 * waited to place another would hold the locks of all. */
static void does_not_wait_for_a_slow_disk(void **state)
{
    (void)state;
    enum { CALLS = 5 };
    struct pyr_vfs_fake *disk = pyr_vfs_fake_new(5);
    struct pyr_store_settings s = settings(disk);
    struct pyr_store *store;
    struct chance c = {5};
    struct model m = {0};
    struct pending pending[CALLS];
    s.generation_log_bytes = 1; /* every frame is enough for one */
    assert_int_equal(pyr_store_open(&s, &store, NULL), PYR_OK);
    pyr_vfs_fake_hold_syncs(disk, true);
    for (int i = 0; i < CALLS; i++) {
        draw_call(&c, &options, &pending[i].call);
        pyr_waiter_init(&pending[i].waiter);
        assert_int_equal(pyr_store_append(store, pending[i].call.writes, pending[i].call.write_count,
                                          &pending[i].waiter.completion, NULL),
                         PYR_OK);
        pending[i].queued = true;
    }
    struct pyr_store_stats stats;
    pyr_store_stats(store, &stats);
    assert_int_equal(stats.generations, 2);
    pyr_vfs_fake_hold_syncs(disk, false);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(pyr_waiter_wait(&pending[i].waiter), PYR_OK);
    for (int i = 0; i < CALLS; i++)
        end_append(&m, &pending[i]);
    struct pending last;
    begin_append(&c, store, disk, &last);
    begin_append(&c, store, disk, &pending[0]);
    end_append(&m, &last);
    end_append(&m, &pending[0]);
    compare_store(store, options.tenants, &m);
    pyr_store_stats(store, &stats);
    assert_true(stats.generations > 2);
    pyr_store_close(store);
    check(disk, &m);
    model_free(&m);
    pyr_vfs_fake_free(disk);
}

/* ---- memory ---- */

static void survives_failing_allocations(void **state)
{
    (void)state;
    struct pyr_vfs_fake *disk = pyr_vfs_fake_new(1);
    struct chance c = {1};
    struct model m = {0};
    struct pyr_store *store = must_open(disk);
    uint32_t refused = 0, quiet = 0;
    for (uint64_t n = 1; quiet < 20; n++) {
        struct pyr_diag diag = {0};
        struct pending p = {0};
        /* Empty tables every few rounds: what is warm allocates little. */
        if (n % 4 == 0)
            assert_int_equal(pyr_store_freeze(store, &diag), PYR_OK);
        draw_call(&c, &options, &p.call);
        pyr_waiter_init(&p.waiter);
        pyr_mem_fail_nth(1 + n / 4);
        const pyr_err err = pyr_store_append(store, p.call.writes, p.call.write_count, &p.waiter.completion, &diag);
        quiet = pyr_mem_failed() ? 0 : quiet + 1;
        pyr_mem_fail_nth(0);
        p.queued = err == PYR_OK;
        if (p.queued)
            assert_int_equal(pyr_waiter_wait(&p.waiter), PYR_OK);
        else
            assert_int_equal(err, PYR_E_NOMEM);
        refused += !p.queued;
        if (!p.queued) { /* the client tries again: nothing of it was stored, so it is no repeat */
            assert_int_equal(pyr_store_append(store, p.call.writes, p.call.write_count, &p.waiter.completion, &diag),
                             PYR_OK);
            assert_int_equal(pyr_waiter_wait(&p.waiter), PYR_OK);
            p.queued = true;
        }
        end_append(&m, &p);
        if (n % 32 == 0)
            compare_store(store, options.tenants, &m);
    }
    assert_true(refused > 20);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    check(disk, &m);
    model_free(&m);
    pyr_vfs_fake_free(disk);
}

/* On the real disk: the fake one needs memory of its own. */
static void opens_or_refuses_without_memory(void **state)
{
    (void)state;
    char dir[] = "/tmp/pyr-memory-XXXXXX", command[64];
    assert_non_null(mkdtemp(dir));
    struct pyr_store_settings s;
    struct pyr_store *store;
    struct chance c = {5};
    struct model m = {0};
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.first_segment_bytes = 16 << 10;
    assert_int_equal(pyr_store_open(&s, &store, NULL), PYR_OK);
    for (int i = 0; i < 5; i++) {
        struct pyr_waiter w;
        struct call call;
        draw_call(&c, &options, &call);
        pyr_waiter_init(&w);
        assert_int_equal(pyr_store_append(store, call.writes, call.write_count, &w.completion, NULL), PYR_OK);
        assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
        model_take(&m, &call, false);
        call_free(&call);
    }
    pyr_store_close(store);
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        pyr_mem_fail_nth(n);
        const pyr_err err = pyr_store_open(&s, &store, NULL);
        failed = pyr_mem_failed();
        pyr_mem_fail_nth(0);
        if (err != PYR_OK)
            continue;
        compare_store(store, options.tenants, &m);
        pyr_store_close(store);
    }
    assert_int_equal(pyr_store_open(&s, &store, NULL), PYR_OK);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_kills),
        cmocka_unit_test(survives_lost_power),
        cmocka_unit_test(survives_torn_writes),
        cmocka_unit_test(survives_failing_calls),
        cmocka_unit_test(finds_rot),
        cmocka_unit_test(does_not_wait_for_a_slow_disk),
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(opens_or_refuses_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
