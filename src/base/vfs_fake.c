#include "base/vfs_fake.h"
#include "base/assert.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/vfs_fake_names.h"
#include <string.h>

struct fake_file {
    struct pyr_file base;
    struct pyr_vfs_fake *fake;
    struct pyr_fake_content *content;
    uint64_t epoch; /* of opening; a crash ends it */
    bool is_lock;
    char path[];
};

struct pyr_vfs_fake {
    struct pyr_vfs base;
    struct pyr_mutex lock;
    struct pyr_cond released;
    struct pyr_fake_random random;
    struct pyr_fake_content *contents; /* all there ever were */
    struct pyr_fake_names names;
    struct pyr_fake_list locked;
    uint64_t epoch;
    uint64_t calls[PYR_VFS_CALLS];
    uint64_t capacity;
    struct {
        unsigned calls;
        uint64_t left; /* until it fires; 0: off */
        bool onwards, fired;
        pyr_err code;
    } fail;
    struct {
        unsigned calls;
        uint64_t left;
        enum pyr_vfs_end how;
    } end;
    bool stopped, hold;
};

static struct pyr_vfs_fake *fake_of(struct pyr_vfs *v)
{
    return (struct pyr_vfs_fake *)v;
}

static pyr_err no_memory(struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
}

/* ---- every call passes here first ---- */

static void stop_locked(struct pyr_vfs_fake *f, enum pyr_vfs_end how)
{
    if (f->stopped)
        return;
    f->stopped = true;
    f->epoch++;
    for (struct pyr_fake_content *c = f->contents; c != NULL && how != PYR_VFS_KILL; c = c->next)
        pyr_fake_content_lose(c, &f->random, how == PYR_VFS_LOSE_SOME);
    /* A test's disk has the memory it needs. */
    PYR_ASSERT(how == PYR_VFS_KILL || pyr_fake_names_lose(&f->names, &f->random, how == PYR_VFS_LOSE_SOME));
    pyr_fake_list_free(&f->locked);
    f->locked = (struct pyr_fake_list){0};
    pyr_cond_broadcast(&f->released);
}

static bool fires(uint64_t *left)
{
    return *left != 0 && --*left == 0;
}

enum verdict { GO_ON, FAIL, STOPPED, DYING /* a write, in the midst of which it ends */ };

/* Lock held. */
static enum verdict admit(struct pyr_vfs_fake *f, enum pyr_vfs_call call)
{
    f->calls[__builtin_ctz((unsigned)call)]++;
    if (!f->stopped && (f->end.calls & (unsigned)call) != 0 && fires(&f->end.left)) {
        if (call == PYR_VFS_WRITE)
            return DYING;
        stop_locked(f, f->end.how);
    }
    if (f->stopped)
        return STOPPED;
    if ((f->fail.calls & (unsigned)call) == 0)
        return GO_ON;
    if (fires(&f->fail.left)) {
        f->fail.fired = true;
        return FAIL;
    }
    return f->fail.onwards && f->fail.fired ? FAIL : GO_ON;
}

static pyr_err refuse(const struct pyr_vfs_fake *f, enum verdict verdict, const char *call, const char *path,
                      struct pyr_diag *diag)
{
    if (verdict == STOPPED)
        return pyr_fail(diag, PYR_E_IO, "%s %s: the machine is off", call, path);
    return pyr_fail(diag, f->fail.code, "%s %s: injected failure", call, path);
}

static struct fake_file *enter_file(struct pyr_file *file, enum pyr_vfs_call call, enum verdict *verdict)
{
    struct fake_file *f = (struct fake_file *)file;
    pyr_mutex_lock(&f->fake->lock);
    *verdict = admit(f->fake, call);
    if (f->epoch != f->fake->epoch)
        *verdict = STOPPED;
    return f;
}

/* ---- files ---- */

static struct pyr_fake_content *new_content(struct pyr_vfs_fake *f)
{
    struct pyr_fake_content *c = pyr_calloc(1, sizeof(*c));
    if (c != NULL) {
        c->next = f->contents;
        f->contents = c;
    }
    return c;
}

static pyr_err new_file(struct pyr_vfs_fake *f, struct pyr_fake_content *content, const char *path,
                        struct pyr_file **out, struct pyr_diag *diag)
{
    const size_t path_bytes = strlen(path) + 1;
    struct fake_file *file = pyr_calloc(1, sizeof(*file) + path_bytes);
    if (file == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "open %s: no memory", path);
    file->base.ops = f->base.ops;
    file->fake = f;
    file->content = content;
    file->epoch = f->epoch;
    memcpy(file->path, path, path_bytes);
    *out = &file->base;
    return PYR_OK;
}

static bool folder_exists(const struct pyr_vfs_fake *f, const char *path)
{
    for (size_t i = 0; i < f->names.now.count; i++)
        if (f->names.now.names[i].content == NULL && pyr_fake_in_folder(path, f->names.now.names[i].path))
            return true;
    return false;
}

static pyr_err open_locked(struct pyr_vfs_fake *f, const char *path, enum pyr_open how, struct pyr_file **out,
                           struct pyr_diag *diag)
{
    const struct pyr_fake_name *e = pyr_fake_find(&f->names.now, path);
    struct pyr_fake_content *c = e != NULL ? e->content : NULL;
    if (how != PYR_OPEN_CREATE && c == NULL)
        return pyr_fail(diag, PYR_E_NOTFOUND, "open %s: no such file", path);
    if (how == PYR_OPEN_CREATE) {
        if (e != NULL)
            return pyr_fail(diag, PYR_E_EXISTS, "open %s: it exists", path);
        if (!folder_exists(f, path))
            return pyr_fail(diag, PYR_E_NOTFOUND, "open %s: no such folder", path);
        c = new_content(f);
        if (c == NULL)
            return pyr_fail(diag, PYR_E_NOMEM, "open %s: no memory", path);
        if (!pyr_fake_names_change(&f->names, NULL, path, c))
            return no_memory(diag);
    }
    return new_file(f, c, path, out, diag);
}

static pyr_err fake_open(struct pyr_vfs *v, const char *path, enum pyr_open how, struct pyr_file **out,
                         struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_OPEN);
    const pyr_err err =
        verdict == GO_ON ? open_locked(f, path, how, out, diag) : refuse(f, verdict, "open", path, diag);
    pyr_mutex_unlock(&f->lock);
    return err;
}

static void fake_close(struct pyr_file *file)
{
    struct fake_file *f = (struct fake_file *)file;
    pyr_mutex_lock(&f->fake->lock);
    if (f->is_lock && f->epoch == f->fake->epoch)
        pyr_fake_remove(&f->fake->locked, f->path);
    pyr_mutex_unlock(&f->fake->lock);
    pyr_free(f);
}

static pyr_err fake_read_at(struct pyr_file *file, uint64_t offset, void *dst, size_t len, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_READ, &verdict);
    const struct pyr_fake_image *im = &f->content->cache;
    pyr_err err = PYR_OK;
    if (verdict != GO_ON)
        err = refuse(f->fake, verdict, "read", f->path, diag);
    else if (offset > im->size || len > im->size - offset)
        err = pyr_fail(diag, PYR_E_IO, "read %s: past the end", f->path);
    else if (len != 0)
        memcpy(dst, im->bytes + offset, len);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

static uint64_t used_bytes(const struct pyr_vfs_fake *f)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < f->names.now.count; i++)
        sum += f->names.now.names[i].content != NULL ? f->names.now.names[i].content->cache.size : 0;
    return sum;
}

/* How many of `len` bytes at `offset` the disk has room for. */
static size_t fitting(const struct pyr_vfs_fake *f, const struct pyr_fake_content *c, uint64_t offset, size_t len)
{
    const uint64_t used = used_bytes(f), left = f->capacity > used ? f->capacity - used : 0;
    const uint64_t end = c->cache.size + left;
    return f->capacity == 0 || offset + len <= end ? len : offset < end ? (size_t)(end - offset) : 0;
}

static pyr_err fake_write_at(struct pyr_file *file, uint64_t offset, const struct pyr_span *runs, size_t count,
                             struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_WRITE, &verdict);
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += runs[i].len;
    pyr_err err = PYR_OK;
    if (verdict != STOPPED) {
        const size_t fits = fitting(f->fake, f->content, offset, len);
        const size_t done = verdict != GO_ON ? pyr_fake_pick(&f->fake->random, fits + 1) : fits;
        err = pyr_fake_content_write(f->content, offset, runs, done) ? PYR_OK : no_memory(diag);
        if (verdict == DYING) {
            stop_locked(f->fake, f->fake->end.how);
            verdict = STOPPED;
        }
        if (err == PYR_OK && verdict == GO_ON && done < len)
            err = pyr_fail(diag, PYR_E_UNAVAILABLE, "write %s: the disk is full", f->path);
    }
    if (verdict != GO_ON)
        err = refuse(f->fake, verdict, "write", f->path, diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

static pyr_err fake_sync(struct pyr_file *file, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_SYNC, &verdict);
    while (f->fake->hold && !f->fake->stopped)
        pyr_cond_wait(&f->fake->released, &f->fake->lock);
    if (f->epoch != f->fake->epoch)
        verdict = STOPPED;
    if (verdict == GO_ON)
        pyr_fake_content_sync(f->content);
    else if (verdict == FAIL)
        pyr_fake_content_sync_failed(f->content, &f->fake->random);
    const pyr_err err = verdict == GO_ON ? PYR_OK : refuse(f->fake, verdict, "sync", f->path, diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

static pyr_err fake_size(struct pyr_file *file, uint64_t *out, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_OTHER, &verdict);
    *out = f->content->cache.size;
    const pyr_err err = verdict == GO_ON ? PYR_OK : refuse(f->fake, verdict, "stat", f->path, diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

static pyr_err fake_truncate(struct pyr_file *file, uint64_t len, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_OTHER, &verdict);
    pyr_err err = PYR_OK;
    if (verdict != GO_ON)
        err = refuse(f->fake, verdict, "truncate", f->path, diag);
    else if (!pyr_fake_content_truncate(f->content, len))
        err = no_memory(diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

/* ---- folders ---- */

/* One change of names: `from` must exist, `to` must not unless `replace`. */
static pyr_err change(struct pyr_vfs *v, const char *call, const char *from, bool remove, const char *to, bool replace,
                      struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_NAMES);
    const struct pyr_fake_name *e = pyr_fake_find(&f->names.now, from);
    pyr_err err = PYR_OK;
    if (verdict == STOPPED)
        err = refuse(f, verdict, call, from, diag);
    else if (e == NULL || e->content == NULL)
        err = pyr_fail(diag, PYR_E_NOTFOUND, "%s %s: no such file", call, from);
    else if (to != NULL && !replace && pyr_fake_find(&f->names.now, to) != NULL)
        err = pyr_fail(diag, PYR_E_EXISTS, "%s %s: it exists", call, to);
    else if (verdict == GO_ON || pyr_fake_pick(&f->random, 2) == 0)
        err = pyr_fake_names_change(&f->names, remove ? from : NULL, to, e->content) ? PYR_OK : no_memory(diag);
    if (err == PYR_OK && verdict == FAIL)
        err = refuse(f, verdict, call, from, diag);
    pyr_mutex_unlock(&f->lock);
    return err;
}

static pyr_err fake_rename(struct pyr_vfs *v, const char *from, const char *to, struct pyr_diag *diag)
{
    return change(v, "rename", from, true, to, true, diag);
}

static pyr_err fake_link(struct pyr_vfs *v, const char *from, const char *to, struct pyr_diag *diag)
{
    return change(v, "link", from, false, to, false, diag);
}

static pyr_err fake_unlink(struct pyr_vfs *v, const char *path, struct pyr_diag *diag)
{
    return change(v, "unlink", path, true, NULL, false, diag);
}

/* Adds the folder to both sets of names, and before it those it lies in. */
static pyr_err mkdir_locked(struct pyr_vfs_fake *f, const char *path, struct pyr_diag *diag)
{
    char part[4096];
    const size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part))
        return pyr_fail(diag, PYR_E_INVALID, "mkdir: the path has %zu bytes", len);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        const struct pyr_fake_name *e = pyr_fake_find(&f->names.now, part);
        if (e != NULL && e->content != NULL)
            return pyr_fail(diag, PYR_E_EXISTS, "mkdir %s: there is a file of that name", part);
        if (!pyr_fake_add(&f->names.now, part, NULL) || !pyr_fake_add(&f->names.durable, part, NULL))
            return no_memory(diag);
        part[i] = path[i];
    }
    return PYR_OK;
}

static pyr_err fake_mkdir(struct pyr_vfs *v, const char *path, struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_NAMES);
    const pyr_err err = verdict == GO_ON ? mkdir_locked(f, path, diag) : refuse(f, verdict, "mkdir", path, diag);
    pyr_mutex_unlock(&f->lock);
    return err;
}

static pyr_err fake_sync_dir(struct pyr_vfs *v, const char *path, struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_SYNC_DIR);
    pyr_err err = PYR_OK;
    if (verdict == GO_ON || (verdict == FAIL && pyr_fake_pick(&f->random, 2) == 0))
        err = pyr_fake_names_sync(&f->names, path) ? PYR_OK : no_memory(diag);
    if (verdict != GO_ON)
        err = refuse(f, verdict, "sync", path, diag);
    pyr_mutex_unlock(&f->lock);
    return err;
}

/* The callback runs without the lock, over a copy: it may use the disk. */
static pyr_err fake_list(struct pyr_vfs *v, const char *path, void (*entry)(void *ctx, const char *name), void *ctx,
                         struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    struct pyr_fake_list copy = {0};
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_OTHER);
    const struct pyr_fake_name *folder = pyr_fake_find(&f->names.now, path);
    pyr_err err = PYR_OK;
    if (verdict != GO_ON)
        err = refuse(f, verdict, "list", path, diag);
    else if (folder == NULL || folder->content != NULL)
        err = pyr_fail(diag, PYR_E_NOTFOUND, "list %s: no such folder", path);
    for (size_t i = 0; err == PYR_OK && i < f->names.now.count; i++)
        if (pyr_fake_in_folder(f->names.now.names[i].path, path) &&
            !pyr_fake_add(&copy, f->names.now.names[i].path, NULL))
            err = pyr_fail(diag, PYR_E_NOMEM, "list %s: no memory", path);
    pyr_mutex_unlock(&f->lock);
    for (size_t i = 0; err == PYR_OK && i < copy.count; i++)
        entry(ctx, copy.names[i].path + pyr_fake_folder_len(copy.names[i].path) + 1);
    pyr_fake_list_free(&copy);
    return err;
}

static pyr_err fake_lock(struct pyr_vfs *v, const char *path, struct pyr_file **out, struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_OTHER);
    pyr_err err = PYR_OK;
    if (verdict != GO_ON)
        err = refuse(f, verdict, "lock", path, diag);
    else if (pyr_fake_find(&f->locked, path) != NULL)
        err = pyr_fail(diag, PYR_E_UNAVAILABLE, "%s is locked", path);
    else
        err = open_locked(f, path, pyr_fake_find(&f->names.now, path) != NULL ? PYR_OPEN_WRITE : PYR_OPEN_CREATE, out,
                          diag);
    if (err == PYR_OK) {
        ((struct fake_file *)*out)->is_lock = true;
        PYR_ASSERT(pyr_fake_add(&f->locked, path, NULL));
    }
    pyr_mutex_unlock(&f->lock);
    return err;
}

static pyr_err fake_free_bytes(struct pyr_vfs *v, const char *path, uint64_t *out, struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_OTHER);
    const uint64_t used = used_bytes(f);
    *out = f->capacity == 0 ? UINT64_MAX : f->capacity > used ? f->capacity - used : 0;
    const pyr_err err = verdict == GO_ON ? PYR_OK : refuse(f, verdict, "statvfs", path, diag);
    pyr_mutex_unlock(&f->lock);
    return err;
}

static const struct pyr_vfs_ops fake_ops = {
    .open = fake_open,
    .close = fake_close,
    .read_at = fake_read_at,
    .write_at = fake_write_at,
    .sync = fake_sync,
    .size = fake_size,
    .truncate = fake_truncate,
    .rename = fake_rename,
    .link = fake_link,
    .unlink = fake_unlink,
    .mkdir = fake_mkdir,
    .sync_dir = fake_sync_dir,
    .list = fake_list,
    .lock = fake_lock,
    .free_bytes = fake_free_bytes,
};

/* ---- for the test ---- */

struct pyr_vfs_fake *pyr_vfs_fake_new(uint64_t seed)
{
    struct pyr_vfs_fake *f = pyr_calloc(1, sizeof(*f));
    if (f == NULL)
        return NULL;
    f->base.ops = &fake_ops;
    f->random.state = seed;
    pyr_mutex_init(&f->lock, PYR_RANK_VFS, "fake disk");
    pyr_cond_init(&f->released);
    return f;
}

void pyr_vfs_fake_free(struct pyr_vfs_fake *f)
{
    while (f->contents != NULL) {
        struct pyr_fake_content *c = f->contents;
        f->contents = c->next;
        pyr_fake_content_free(c);
    }
    pyr_fake_names_free(&f->names);
    pyr_fake_list_free(&f->locked);
    pyr_cond_destroy(&f->released);
    pyr_mutex_destroy(&f->lock);
    pyr_free(f);
}

struct pyr_vfs *pyr_vfs_fake_vfs(struct pyr_vfs_fake *f)
{
    return &f->base;
}

void pyr_vfs_fake_fail(struct pyr_vfs_fake *f, unsigned calls, uint64_t nth, bool onwards, pyr_err code)
{
    pyr_mutex_lock(&f->lock);
    f->fail.calls = calls;
    f->fail.left = nth;
    f->fail.onwards = onwards;
    f->fail.fired = false;
    f->fail.code = code;
    pyr_mutex_unlock(&f->lock);
}

bool pyr_vfs_fake_failed(struct pyr_vfs_fake *f)
{
    pyr_mutex_lock(&f->lock);
    const bool fired = f->fail.fired;
    pyr_mutex_unlock(&f->lock);
    return fired;
}

uint64_t pyr_vfs_fake_calls(struct pyr_vfs_fake *f, unsigned calls)
{
    uint64_t sum = 0;
    pyr_mutex_lock(&f->lock);
    for (unsigned i = 0; i < PYR_VFS_CALLS; i++)
        sum += (calls >> i & 1) != 0 ? f->calls[i] : 0;
    pyr_mutex_unlock(&f->lock);
    return sum;
}

void pyr_vfs_fake_stop(struct pyr_vfs_fake *f, enum pyr_vfs_end how)
{
    pyr_mutex_lock(&f->lock);
    stop_locked(f, how);
    pyr_mutex_unlock(&f->lock);
}

void pyr_vfs_fake_stop_at(struct pyr_vfs_fake *f, unsigned calls, uint64_t nth, enum pyr_vfs_end how)
{
    pyr_mutex_lock(&f->lock);
    f->end.calls = calls;
    f->end.left = nth;
    f->end.how = how;
    pyr_mutex_unlock(&f->lock);
}

bool pyr_vfs_fake_stopped(struct pyr_vfs_fake *f)
{
    pyr_mutex_lock(&f->lock);
    const bool stopped = f->stopped;
    pyr_mutex_unlock(&f->lock);
    return stopped;
}

void pyr_vfs_fake_start(struct pyr_vfs_fake *f)
{
    pyr_mutex_lock(&f->lock);
    f->stopped = false;
    f->fail.calls = f->end.calls = 0;
    f->fail.left = f->end.left = 0;
    pyr_mutex_unlock(&f->lock);
}

void pyr_vfs_fake_capacity(struct pyr_vfs_fake *f, uint64_t bytes)
{
    pyr_mutex_lock(&f->lock);
    f->capacity = bytes;
    pyr_mutex_unlock(&f->lock);
}

void pyr_vfs_fake_hold_syncs(struct pyr_vfs_fake *f, bool hold)
{
    pyr_mutex_lock(&f->lock);
    f->hold = hold;
    pyr_cond_broadcast(&f->released);
    pyr_mutex_unlock(&f->lock);
}
