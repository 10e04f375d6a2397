/* What vfs.h promises, asked of the real disk and of the fake one alike; and what only the fake one does. */
#include "base/vfs.h"
#include "base/vfs_fake.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct disk {
    struct pyr_vfs *vfs;
    struct pyr_vfs_fake *fake; /* NULL: the real one */
    char root[64];
};

static struct disk disk_open(bool fake)
{
    struct disk d = {.fake = fake ? pyr_vfs_fake_new(7) : NULL};
    d.vfs = fake ? pyr_vfs_fake_vfs(d.fake) : pyr_vfs_disk();
    (void)snprintf(d.root, sizeof(d.root), "/tmp/pyr_vfs_XXXXXX");
    if (!fake)
        assert_non_null(mkdtemp(d.root));
    else
        assert_int_equal(d.vfs->ops->mkdir(d.vfs, d.root, NULL), PYR_OK);
    return d;
}

static void disk_close(struct disk *d)
{
    char command[96];
    if (d->fake != NULL) {
        pyr_vfs_fake_free(d->fake);
        return;
    }
    (void)snprintf(command, sizeof(command), "rm -r %s", d->root);
    assert_int_equal(system(command), 0);
}

/* Good until the fourth call from then. */
static const char *path(const struct disk *d, const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    char *p = paths[turn++ % 4];
    (void)snprintf(p, sizeof(paths[0]), "%s/%s", d->root, name);
    return p;
}

static struct pyr_file *file(const struct disk *d, const char *name, enum pyr_open how)
{
    struct pyr_file *f = NULL;
    assert_int_equal(d->vfs->ops->open(d->vfs, path(d, name), how, &f, NULL), PYR_OK);
    return f;
}

static void put(struct pyr_file *f, uint64_t offset, const char *text)
{
    /* As several runs, an empty one among them. */
    const struct pyr_str s = pyr_str_of(text);
    const struct pyr_span runs[] = {
        pyr_str_span((struct pyr_str){s.ptr, 1}), {NULL, 0}, pyr_str_span((struct pyr_str){s.ptr + 1, s.len - 1})};
    assert_int_equal(f->ops->write_at(f, offset, runs, PYR_COUNT_OF(runs), NULL), PYR_OK);
}

static void assert_holds(struct pyr_file *f, const char *text, size_t len)
{
    char bytes[256];
    uint64_t size;
    assert_int_equal(f->ops->size(f, &size, NULL), PYR_OK);
    assert_int_equal(size, len);
    assert_int_equal(f->ops->read_at(f, 0, bytes, len, NULL), PYR_OK);
    assert_memory_equal(bytes, text, len);
}

static void contents(struct disk *d)
{
    struct pyr_file *f = file(d, "a", PYR_OPEN_CREATE), *g;
    struct pyr_diag diag = {0};
    put(f, 0, "hello");
    put(f, 8, "you"); /* the hole reads as zeros */
    g = file(d, "a", PYR_OPEN_READ);
    assert_holds(g, "hello\0\0\0you", 11);
    char bytes[16];
    assert_int_equal(g->ops->read_at(g, 8, bytes, 4, &diag), PYR_E_IO); /* whole or error */
    assert_non_null(strstr(diag.message, path(d, "a")));
    assert_int_equal(f->ops->truncate(f, 2, NULL), PYR_OK);
    assert_int_equal(f->ops->truncate(f, 4, NULL), PYR_OK);
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    assert_holds(g, "he\0\0", 4);
    f->ops->close(f);
    g->ops->close(g);
}

static void count_names(void *ctx, const char *name)
{
    /* Each name has its bit, so that one that comes twice or is foreign shows. */
    *(unsigned *)ctx += strcmp(name, "b") == 0 ? 1 : strcmp(name, "c") == 0 ? 10 : 100;
}

static void names(struct disk *d)
{
    const struct pyr_vfs_ops *ops = d->vfs->ops;
    struct pyr_file *f = NULL;
    struct pyr_diag diag = {0};
    assert_int_equal(ops->open(d->vfs, path(d, "none"), PYR_OPEN_WRITE, &f, &diag), PYR_E_NOTFOUND);
    assert_non_null(strstr(diag.message, "none"));
    assert_int_equal(ops->open(d->vfs, path(d, "no/folder"), PYR_OPEN_CREATE, &f, NULL), PYR_E_NOTFOUND);
    assert_int_equal(ops->mkdir(d->vfs, path(d, "x/y"), NULL), PYR_OK);
    assert_int_equal(ops->mkdir(d->vfs, path(d, "x/y"), NULL), PYR_OK);
    f = file(d, "x/y/a", PYR_OPEN_CREATE);
    put(f, 0, "first");
    assert_int_equal(ops->open(d->vfs, path(d, "x/y/a"), PYR_OPEN_CREATE, &f, NULL), PYR_E_EXISTS);
    assert_int_equal(ops->mkdir(d->vfs, path(d, "x/y/a"), NULL), PYR_E_EXISTS);
    f->ops->close(f);

    f = file(d, "x/y/b", PYR_OPEN_CREATE);
    put(f, 0, "second");
    assert_int_equal(ops->link(d->vfs, path(d, "x/y/a"), path(d, "x/y/b"), NULL), PYR_E_EXISTS);
    assert_int_equal(ops->link(d->vfs, path(d, "x/y/b"), path(d, "x/y/c"), NULL), PYR_OK);
    assert_int_equal(ops->rename(d->vfs, path(d, "x/y/a"), path(d, "x/y/b"), NULL), PYR_OK); /* replaces */
    assert_int_equal(ops->rename(d->vfs, path(d, "x/y/a"), path(d, "x/y/b"), NULL), PYR_E_NOTFOUND);
    assert_holds(f, "second", 6); /* under its other name, and open */
    f->ops->close(f);
    f = file(d, "x/y/b", PYR_OPEN_READ);
    assert_holds(f, "first", 5);
    f->ops->close(f);

    unsigned found = 0;
    assert_int_equal(ops->list(d->vfs, path(d, "x/y"), count_names, &found, NULL), PYR_OK);
    assert_int_equal(found, 11);
    assert_int_equal(ops->list(d->vfs, path(d, "z"), count_names, &found, NULL), PYR_E_NOTFOUND);
    assert_int_equal(ops->unlink(d->vfs, path(d, "x/y/b"), NULL), PYR_OK);
    assert_int_equal(ops->unlink(d->vfs, path(d, "x/y/b"), NULL), PYR_E_NOTFOUND);
    assert_int_equal(ops->sync_dir(d->vfs, path(d, "x/y"), NULL), PYR_OK);
    uint64_t room = 0;
    assert_int_equal(ops->free_bytes(d->vfs, d->root, &room, NULL), PYR_OK);
    assert_true(room > 0);
}

static void locks(struct disk *d)
{
    struct pyr_file *f = NULL, *other = NULL;
    struct pyr_diag diag = {0};
    for (int i = 0; i < 2; i++) { /* again once it was closed */
        assert_int_equal(d->vfs->ops->lock(d->vfs, path(d, "lock"), &f, NULL), PYR_OK);
        diag.code = PYR_OK;
        assert_int_equal(d->vfs->ops->lock(d->vfs, path(d, "lock"), &other, &diag), PYR_E_UNAVAILABLE);
        assert_non_null(strstr(diag.message, "locked"));
        f->ops->close(f);
    }
}

static void on_both(void (*test)(struct disk *d))
{
    for (int fake = 0; fake < 2; fake++) {
        struct disk d = disk_open(fake);
        test(&d);
        disk_close(&d);
    }
}

static void test_contents(void **state)
{
    (void)state;
    on_both(contents);
}

static void test_names(void **state)
{
    (void)state;
    on_both(names);
}

static void test_locks(void **state)
{
    (void)state;
    on_both(locks);
}

/* Turns the fake's power off and on; returns whether `name` is still there, and opens it. */
static bool survives(struct disk *d, const char *name, enum pyr_vfs_end how, struct pyr_file **out)
{
    pyr_vfs_fake_stop(d->fake, how);
    assert_int_equal(d->vfs->ops->open(d->vfs, path(d, name), PYR_OPEN_READ, out, NULL), PYR_E_IO);
    pyr_vfs_fake_start(d->fake);
    return d->vfs->ops->open(d->vfs, path(d, name), PYR_OPEN_READ, out, NULL) == PYR_OK;
}

static void test_power_loss_takes_what_was_not_synced(void **state)
{
    (void)state;
    struct disk d = disk_open(true);
    struct pyr_file *f = file(&d, "a", PYR_OPEN_CREATE), *g = NULL;
    put(f, 0, "synced");
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    assert_false(survives(&d, "a", PYR_VFS_LOSE_ALL, &g)); /* the name was not */
    assert_int_equal(f->ops->sync(f, NULL), PYR_E_IO);     /* an old handle is dead for ever */
    f->ops->close(f);

    f = file(&d, "a", PYR_OPEN_CREATE);
    put(f, 0, "synced");
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    assert_int_equal(d.vfs->ops->sync_dir(d.vfs, d.root, NULL), PYR_OK);
    put(f, 6, " not");
    f->ops->close(f);
    assert_true(survives(&d, "a", PYR_VFS_KILL, &g));
    assert_holds(g, "synced not", 10); /* the process ended, the machine did not */
    g->ops->close(g);
    assert_true(survives(&d, "a", PYR_VFS_LOSE_ALL, &g));
    assert_holds(g, "synced", 6);
    g->ops->close(g);
    disk_close(&d);
}

/* Over many seeds each outcome that is promised occurs: nothing, all, and a torn write. */
static void test_power_loss_tears(void **state)
{
    (void)state;
    unsigned none = 0, all = 0, torn = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct disk d = {.fake = pyr_vfs_fake_new(seed), .root = "/d"};
        d.vfs = pyr_vfs_fake_vfs(d.fake);
        assert_int_equal(d.vfs->ops->mkdir(d.vfs, d.root, NULL), PYR_OK);
        struct pyr_file *f = file(&d, "a", PYR_OPEN_CREATE);
        char bytes[512], found[512];
        memset(bytes, 'n', sizeof(bytes));
        memset(found, 'o', sizeof(found));
        assert_int_equal(f->ops->write_at(f, 0, &(struct pyr_span){(uint8_t *)found, 512}, 1, NULL), PYR_OK);
        assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
        assert_int_equal(d.vfs->ops->sync_dir(d.vfs, d.root, NULL), PYR_OK);
        assert_int_equal(f->ops->write_at(f, 0, &(struct pyr_span){(uint8_t *)bytes, 512}, 1, NULL), PYR_OK);
        f->ops->close(f);
        assert_true(survives(&d, "a", PYR_VFS_LOSE_SOME, &f));
        assert_int_equal(f->ops->read_at(f, 0, found, 512, NULL), PYR_OK);
        f->ops->close(f);
        unsigned fresh = 0;
        for (size_t i = 0; i < sizeof(found); i++)
            fresh += found[i] == 'n';
        none += fresh == 0;
        all += fresh == 512;
        torn += fresh != 0 && fresh != 512;
        disk_close(&d);
    }
    assert_true(none > 50 && all > 50 && torn > 10);
}

static void test_injected_failures(void **state)
{
    (void)state;
    struct disk d = disk_open(true);
    struct pyr_file *f = file(&d, "a", PYR_OPEN_CREATE);
    pyr_vfs_fake_fail(d.fake, PYR_VFS_SYNC, 2, false, PYR_E_IO);
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    put(f, 0, "lost");
    assert_false(pyr_vfs_fake_failed(d.fake));
    assert_int_equal(f->ops->sync(f, NULL), PYR_E_IO);
    assert_true(pyr_vfs_fake_failed(d.fake));
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK); /* and claims that all is well */
    assert_int_equal(pyr_vfs_fake_calls(d.fake, PYR_VFS_SYNC), 3);

    pyr_vfs_fake_capacity(d.fake, 10);
    const struct pyr_span run = {(const uint8_t *)"0123456789abcdef", 16};
    assert_int_equal(f->ops->write_at(f, 0, &run, 1, NULL), PYR_E_UNAVAILABLE);
    uint64_t room = 1;
    assert_int_equal(d.vfs->ops->free_bytes(d.vfs, d.root, &room, NULL), PYR_OK);
    assert_int_equal(room, 0);
    pyr_vfs_fake_fail(d.fake, PYR_VFS_ANY, 1, true, PYR_E_IO);
    assert_int_equal(f->ops->size(f, &room, NULL), PYR_E_IO);
    assert_int_equal(d.vfs->ops->sync_dir(d.vfs, d.root, NULL), PYR_E_IO);
    f->ops->close(f);
    disk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_power_loss_takes_what_was_not_synced),
        cmocka_unit_test(test_power_loss_tears),
        cmocka_unit_test(test_injected_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
