/* The promises of vfs.h, on the real disk and on the fake one; and the ways in which only the fake one loses things. */
#include "base/vfs_fake.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    struct pyr_vfs *v;
    struct pyr_vfs_fake *fake;
    char dir[256];
};

static const char *in(const struct place *p, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", p->dir, name);
    return path;
}

static struct pyr_file *must_open(const struct place *p, const char *name, enum pyr_open how)
{
    struct pyr_file *f = NULL;
    struct pyr_diag diag = {0};
    if (p->v->ops->open(p->v, in(p, name), how, &f, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return f;
}

static void put(struct pyr_file *f, uint64_t at, const char *text)
{
    const struct pyr_span run = pyr_str_span(pyr_str_of(text));
    assert_int_equal(f->ops->write_at(f, at, &run, 1, NULL), PYR_OK);
}

static void check_content(const struct place *p, const char *name, const char *expected)
{
    char bytes[256] = "";
    uint64_t size;
    struct pyr_file *f = must_open(p, name, PYR_OPEN_READ);
    assert_int_equal(f->ops->size(f, &size, NULL), PYR_OK);
    assert_int_equal(size, strlen(expected));
    assert_int_equal(f->ops->read_at(f, 0, bytes, (size_t)size, NULL), PYR_OK);
    assert_string_equal(bytes, expected);
    f->ops->close(f);
}

static bool exists(const struct place *p, const char *name)
{
    struct pyr_file *f;
    const pyr_err err = p->v->ops->open(p->v, in(p, name), PYR_OPEN_READ, &f, NULL);
    if (err == PYR_OK)
        f->ops->close(f);
    else
        assert_int_equal(err, PYR_E_NOTFOUND);
    return err == PYR_OK;
}

static void note_name(void *ctx, const char *name)
{
    unsigned *seen = ctx;
    *seen |= strcmp(name, "a") == 0 ? 1 : strcmp(name, "b") == 0 ? 2 : strcmp(name, "sub") == 0 ? 4 : 8;
}

static void keeps_promises(const struct place *p)
{
    const struct pyr_vfs_ops *ops = p->v->ops;
    struct pyr_diag diag = {0};
    struct pyr_file *f, *g;
    uint64_t n;
    unsigned seen = 0;
    char byte;
    assert_int_equal(ops->mkdir(p->v, in(p, "sub/deep"), NULL), PYR_OK);
    assert_int_equal(ops->mkdir(p->v, in(p, "sub/deep"), NULL), PYR_OK);
    assert_int_equal(ops->open(p->v, in(p, "a"), PYR_OPEN_WRITE, &f, &diag), PYR_E_NOTFOUND);
    assert_non_null(strstr(diag.message, "/a"));

    f = must_open(p, "a", PYR_OPEN_CREATE);
    assert_int_equal(ops->open(p->v, in(p, "a"), PYR_OPEN_CREATE, &g, NULL), PYR_E_EXISTS);
    /* More runs than one call to the kernel takes, empty ones among them. */
    enum { RUNS = 3000 };
    static struct pyr_span runs[RUNS];
    static uint8_t back[RUNS];
    size_t len = 0;
    for (size_t i = 0; i < RUNS; i++) {
        runs[i] = (struct pyr_span){(const uint8_t *)"0123456789" + i % 10, i % 7 != 3};
        len += runs[i].len;
    }
    assert_int_equal(f->ops->write_at(f, 5, runs, RUNS, NULL), PYR_OK);
    assert_int_equal(f->ops->size(f, &n, NULL), PYR_OK);
    assert_int_equal(n, 5 + len);
    assert_int_equal(f->ops->read_at(f, 5, back, len, NULL), PYR_OK);
    for (size_t i = 0, at = 0; i < RUNS; i++)
        if (runs[i].len != 0)
            assert_int_equal(back[at++], '0' + (int)(i % 10));
    assert_int_equal(f->ops->read_at(f, 0, back, 5, NULL), PYR_OK);
    assert_memory_equal(back, "\0\0\0\0\0", 5);
    assert_int_equal(f->ops->read_at(f, 5 + len, &byte, 1, NULL), PYR_E_IO);
    assert_int_equal(f->ops->truncate(f, 0, NULL), PYR_OK);
    put(f, 0, "hello");
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    f->ops->close(f);
    check_content(p, "a", "hello");

    assert_int_equal(ops->link(p->v, in(p, "a"), in(p, "b"), NULL), PYR_OK);
    assert_int_equal(ops->link(p->v, in(p, "a"), in(p, "b"), NULL), PYR_E_EXISTS);
    check_content(p, "b", "hello");
    assert_int_equal(ops->list(p->v, p->dir, note_name, &seen, NULL), PYR_OK);
    assert_int_equal(seen, 1 | 2 | 4);
    assert_int_equal(ops->unlink(p->v, in(p, "a"), NULL), PYR_OK);
    assert_int_equal(ops->unlink(p->v, in(p, "a"), NULL), PYR_E_NOTFOUND);
    f = must_open(p, "c", PYR_OPEN_CREATE);
    put(f, 0, "other");
    f->ops->close(f);
    assert_int_equal(ops->rename(p->v, in(p, "c"), in(p, "b"), NULL), PYR_OK); /* replaces */
    check_content(p, "b", "other");
    assert_false(exists(p, "c"));
    assert_int_equal(ops->sync_dir(p->v, p->dir, NULL), PYR_OK);
    assert_int_equal(ops->free_bytes(p->v, p->dir, &n, NULL), PYR_OK);
    assert_true(n > 0);

    assert_int_equal(ops->lock(p->v, in(p, "lock"), &f, NULL), PYR_OK);
    assert_int_equal(ops->lock(p->v, in(p, "lock"), &g, NULL), PYR_E_UNAVAILABLE);
    f->ops->close(f);
    assert_int_equal(ops->lock(p->v, in(p, "lock"), &f, NULL), PYR_OK);
    f->ops->close(f);
}

static void test_disk(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    struct place p = {.v = pyr_vfs_disk()};
    (void)snprintf(p.dir, sizeof(p.dir), "%s/pyr_vfs.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(p.dir));
    keeps_promises(&p);
    /* Another process holds the lock: the message names it; with its death the lock is free. */
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        struct pyr_file *f;
        if (p.v->ops->lock(p.v, in(&p, "lock"), &f, NULL) != PYR_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte, number[32];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct pyr_file *f;
    struct pyr_diag diag = {0};
    assert_int_equal(p.v->ops->lock(p.v, in(&p, "lock"), &f, &diag), PYR_E_UNAVAILABLE);
    (void)snprintf(number, sizeof(number), "process %ld", (long)pid);
    assert_non_null(strstr(diag.message, number));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(p.v->ops->lock(p.v, in(&p, "lock"), &f, NULL), PYR_OK);
    f->ops->close(f);
    (void)close(ready[0]);
    (void)close(ready[1]);
    static const char *const left[] = {"b", "lock", "sub/deep", "sub", ""};
    for (size_t i = 0; i < PYR_COUNT_OF(left); i++)
        assert_int_equal(remove(in(&p, left[i])), 0);
}

static struct place fake_place(uint64_t seed)
{
    struct place p = {.fake = pyr_vfs_fake_new(seed), .dir = "/data"};
    assert_non_null(p.fake);
    p.v = pyr_vfs_fake_vfs(p.fake);
    assert_int_equal(p.v->ops->mkdir(p.v, p.dir, NULL), PYR_OK);
    return p;
}

static void test_fake(void **state)
{
    (void)state;
    struct place p = fake_place(1);
    keeps_promises(&p);
    pyr_vfs_fake_free(p.fake);
}

static void cut_power(struct place *p, enum pyr_vfs_end how)
{
    pyr_vfs_fake_stop(p->fake, how);
    pyr_vfs_fake_start(p->fake);
}

static void test_only_what_was_synced_stays(void **state)
{
    (void)state;
    struct place p = fake_place(2);
    struct pyr_file *f = must_open(&p, "named", PYR_OPEN_CREATE);
    put(f, 0, "first");
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    assert_int_equal(p.v->ops->sync_dir(p.v, p.dir, NULL), PYR_OK);
    put(f, 0, "later");
    struct pyr_file *g = must_open(&p, "nameless", PYR_OPEN_CREATE);
    put(g, 0, "synced, but its name is not");
    assert_int_equal(g->ops->sync(g, NULL), PYR_OK);
    check_content(&p, "named", "later");
    cut_power(&p, PYR_VFS_KILL);
    check_content(&p, "named", "later");
    assert_true(exists(&p, "nameless"));
    cut_power(&p, PYR_VFS_LOSE_ALL);
    check_content(&p, "named", "first");
    assert_false(exists(&p, "nameless"));
    char byte; /* old handles are dead */
    assert_int_equal(f->ops->read_at(f, 0, &byte, 1, NULL), PYR_E_IO);
    f->ops->close(f);
    g->ops->close(g);
    pyr_vfs_fake_free(p.fake);
}

/* After a failed sync the data is seen, a later sync succeeds, and yet power takes it. */
static void test_failed_sync_forgets(void **state)
{
    (void)state;
    unsigned lost = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct place p = fake_place(seed);
        struct pyr_file *f = must_open(&p, "f", PYR_OPEN_CREATE);
        put(f, 0, "-----");
        assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
        assert_int_equal(p.v->ops->sync_dir(p.v, p.dir, NULL), PYR_OK);
        put(f, 0, "hello");
        pyr_vfs_fake_fail(p.fake, PYR_VFS_SYNC, 1, false, PYR_E_IO);
        assert_int_equal(f->ops->sync(f, NULL), PYR_E_IO);
        assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
        check_content(&p, "f", "hello");
        f->ops->close(f);
        cut_power(&p, PYR_VFS_LOSE_ALL);
        char bytes[6] = "";
        f = must_open(&p, "f", PYR_OPEN_READ);
        assert_int_equal(f->ops->read_at(f, 0, bytes, 5, NULL), PYR_OK);
        f->ops->close(f);
        lost += strcmp(bytes, "hello") != 0;
        pyr_vfs_fake_free(p.fake);
    }
    assert_in_range(lost, 1, 19);
}

/* All outcomes of a power cut occur: each of two sectors kept, lost, torn; a later one without an earlier one. */
static void test_sectors_get_lost_apart(void **state)
{
    (void)state;
    unsigned outcomes = 0, torn = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct place p = fake_place(seed);
        uint8_t old[1024], new[1024], now[1024];
        memset(old, 'o', sizeof(old));
        memset(new, 'n', sizeof(new));
        struct pyr_file *f = must_open(&p, "f", PYR_OPEN_CREATE);
        assert_int_equal(f->ops->write_at(f, 0, &(struct pyr_span){old, sizeof(old)}, 1, NULL), PYR_OK);
        assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
        assert_int_equal(p.v->ops->sync_dir(p.v, p.dir, NULL), PYR_OK);
        assert_int_equal(f->ops->write_at(f, 0, &(struct pyr_span){new, sizeof(new)}, 1, NULL), PYR_OK);
        f->ops->close(f);
        cut_power(&p, PYR_VFS_LOSE_SOME);
        f = must_open(&p, "f", PYR_OPEN_READ);
        assert_int_equal(f->ops->read_at(f, 0, now, sizeof(now), NULL), PYR_OK);
        f->ops->close(f);
        unsigned kept = 0;
        for (unsigned s = 0; s < 2; s++) {
            const uint8_t *sector = now + s * 512;
            if (memcmp(sector, new, 512) == 0)
                kept |= 1u << s;
            else if (memcmp(sector, old, 512) != 0)
                torn++;
        }
        outcomes |= 1u << kept;
        pyr_vfs_fake_free(p.fake);
    }
    assert_int_equal(outcomes, 15);
    assert_true(torn > 3);
}

static void test_full_and_short(void **state)
{
    (void)state;
    struct place p = fake_place(9);
    struct pyr_file *f = must_open(&p, "f", PYR_OPEN_CREATE);
    uint64_t size;
    pyr_vfs_fake_capacity(p.fake, 10);
    const struct pyr_span run = {(const uint8_t *)"0123456789abcdef", 16};
    assert_int_equal(f->ops->write_at(f, 0, &run, 1, NULL), PYR_E_UNAVAILABLE);
    assert_int_equal(f->ops->size(f, &size, NULL), PYR_OK);
    assert_int_equal(size, 10);
    put(f, 3, "over"); /* what is there can be overwritten */
    check_content(&p, "f", "012over789");
    f->ops->close(f);
    pyr_vfs_fake_free(p.fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_fake),
        cmocka_unit_test(test_only_what_was_synced_stays),
        cmocka_unit_test(test_failed_sync_forgets),
        cmocka_unit_test(test_sectors_get_lost_apart),
        cmocka_unit_test(test_full_and_short),
    };
    return cmocka_run_group_tests_name("vfs", tests, NULL, NULL);
}
