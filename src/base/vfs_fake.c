#include "base/vfs_fake.h"
#include "base/assert.h"
#include "base/lock.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

enum { SECTOR_BYTES = 512 };

struct piece { /* a pending sector, whole, as it was after a write */
    uint64_t sector;
    uint8_t bytes[SECTOR_BYTES];
};

struct image {
    uint8_t *bytes; /* zero from size to cap */
    size_t size, cap;
};

struct inode {
    struct inode *next; /* all of them; freed with the fake */
    struct image cache, disk;
    struct piece *pieces; /* in the order of writing */
    size_t piece_count, piece_cap;
};

struct entry {
    char *path;
    struct inode *inode; /* NULL: a folder */
};

struct names {
    struct entry *entries;
    size_t count, cap;
};

struct name_change { /* pending; a NULL path is not touched */
    char *removed, *added;
    struct inode *inode;
    bool applied;
};

struct fake_file {
    struct pyr_file base;
    struct pyr_vfs_fake *fake;
    struct inode *inode;
    uint64_t epoch; /* of opening; a crash ends it */
    bool is_lock;
    char path[];
};

struct pyr_vfs_fake {
    struct pyr_vfs base;
    struct pyr_mutex lock;
    struct pyr_cond released;
    uint64_t random;
    struct inode *inodes;
    struct names now, durable;
    struct name_change *changes;
    size_t change_count, change_cap;
    struct names locked;
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

static uint64_t next_random(struct pyr_vfs_fake *f)
{
    f->random += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = f->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t pick(struct pyr_vfs_fake *f, size_t below)
{
    return (size_t)(next_random(f) % below);
}

/* ---- images ---- */

static bool resize(struct image *im, size_t size)
{
    if (size > im->cap) {
        const size_t cap = size > im->cap * 2 ? size : im->cap * 2;
        uint8_t *grown = pyr_realloc(im->bytes, cap);
        if (grown == NULL)
            return false;
        memset(grown + im->cap, 0, cap - im->cap);
        im->bytes = grown;
        im->cap = cap;
    }
    if (size < im->size)
        memset(im->bytes + size, 0, im->size - size);
    im->size = size;
    return true;
}

/* Makes both images able to hold `size`, so that nothing fails half way later. */
static bool make_room(struct inode *node, size_t size)
{
    const size_t rounded = (size + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    const size_t cache = node->cache.size, disk = node->disk.size;
    if (rounded <= node->cache.cap && rounded <= node->disk.cap)
        return true;
    const bool ok =
        resize(&node->cache, rounded > cache ? rounded : cache) && resize(&node->disk, rounded > disk ? rounded : disk);
    node->cache.size = cache;
    node->disk.size = disk;
    return ok;
}

static bool add_piece(struct inode *node, uint64_t sector)
{
    if (node->piece_count == node->piece_cap) {
        const size_t cap = node->piece_cap != 0 ? node->piece_cap * 2 : 64;
        struct piece *grown = pyr_reallocarray(node->pieces, cap, sizeof(*grown));
        if (grown == NULL)
            return false;
        node->pieces = grown;
        node->piece_cap = cap;
    }
    struct piece *p = &node->pieces[node->piece_count++];
    p->sector = sector;
    memcpy(p->bytes, node->cache.bytes + sector * SECTOR_BYTES, SECTOR_BYTES);
    return true;
}

/* Lets a part of a pending sector get to the disk. */
static void settle_piece(struct inode *node, const struct piece *p, size_t from, size_t len)
{
    memcpy(node->disk.bytes + p->sector * SECTOR_BYTES + from, p->bytes + from, len);
}

/* An arbitrary part of what is pending gets to the disk; how much is drawn first, so that all and nothing occur too. */
static void settle_some(struct pyr_vfs_fake *f, struct inode *node)
{
    static const unsigned percents[] = {0, 10, 50, 90, 100};
    const unsigned percent = percents[pick(f, PYR_COUNT_OF(percents))];
    for (size_t i = 0; i < node->piece_count; i++) {
        const struct piece *p = &node->pieces[i];
        if (pick(f, 100) >= percent)
            continue;
        const size_t cut = pick(f, 8) == 0 ? pick(f, SECTOR_BYTES) : SECTOR_BYTES;
        if (pick(f, 2) == 0)
            settle_piece(node, p, 0, cut);
        else
            settle_piece(node, p, SECTOR_BYTES - cut, cut);
    }
    node->piece_count = 0;
}

static void settle_size(struct pyr_vfs_fake *f, struct inode *node)
{
    const size_t a = node->disk.size, b = node->cache.size, low = a < b ? a : b, high = a < b ? b : a;
    const size_t sizes[] = {low, high, low + pick(f, high - low + 1)};
    const size_t size = sizes[pick(f, PYR_COUNT_OF(sizes))];
    /* Sectors beyond it that were settled must not show when the file grows again. */
    memset(node->disk.bytes + size, 0, node->disk.cap - size);
    node->disk.size = size;
}

static void lose(struct pyr_vfs_fake *f, struct inode *node, enum pyr_vfs_end how)
{
    if (how == PYR_VFS_KILL)
        return;
    if (how == PYR_VFS_LOSE_SOME && node->disk.cap != 0) {
        settle_some(f, node);
        settle_size(f, node);
    }
    node->piece_count = 0;
    node->cache.size = node->disk.size;
    if (node->cache.cap != 0) {
        memset(node->cache.bytes, 0, node->cache.cap);
        memcpy(node->cache.bytes, node->disk.bytes, node->disk.size);
    }
}

/* ---- names ---- */

static struct entry *find(const struct names *n, const char *path)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->entries[i].path, path) == 0)
            return &n->entries[i];
    return NULL;
}

static void remove_name(struct names *n, const char *path)
{
    struct entry *e = find(n, path);
    if (e == NULL)
        return;
    pyr_free(e->path);
    *e = n->entries[--n->count];
}

static bool add_name(struct names *n, const char *path, struct inode *inode)
{
    struct entry *e = find(n, path);
    if (e != NULL) {
        e->inode = inode;
        return true;
    }
    if (n->count == n->cap) {
        const size_t cap = n->cap != 0 ? n->cap * 2 : 16;
        struct entry *grown = pyr_reallocarray(n->entries, cap, sizeof(*grown));
        if (grown == NULL)
            return false;
        n->entries = grown;
        n->cap = cap;
    }
    char *copy = pyr_strdup(path);
    if (copy != NULL)
        n->entries[n->count++] = (struct entry){copy, inode};
    return copy != NULL;
}

static void clear_names(struct names *n)
{
    while (n->count != 0)
        pyr_free(n->entries[--n->count].path);
}

static bool apply_change(struct names *n, const struct name_change *c)
{
    if (c->removed != NULL) {
        const struct entry *e = find(n, c->removed);
        if (e == NULL || e->inode != c->inode) /* an earlier change that made it was lost */
            return true;
        remove_name(n, c->removed);
    }
    return c->added == NULL || add_name(n, c->added, c->inode);
}

static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

static bool in_folder(const char *path, const char *folder)
{
    return folder_len(path) == strlen(folder) && strncmp(path, folder, strlen(folder)) == 0;
}

static void free_change(struct name_change *c)
{
    pyr_free(c->removed);
    pyr_free(c->added);
}

/* Changes what is seen, and remembers it as pending. */
static pyr_err change_names(struct pyr_vfs_fake *f, const char *removed, const char *added, struct inode *inode,
                            struct pyr_diag *diag)
{
    if (f->change_count == f->change_cap) {
        const size_t cap = f->change_cap != 0 ? f->change_cap * 2 : 16;
        struct name_change *grown = pyr_reallocarray(f->changes, cap, sizeof(*grown));
        if (grown == NULL)
            return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
        f->changes = grown;
        f->change_cap = cap;
    }
    struct name_change c = {.removed = removed != NULL ? pyr_strdup(removed) : NULL,
                            .added = added != NULL ? pyr_strdup(added) : NULL,
                            .inode = inode};
    if ((removed != NULL && c.removed == NULL) || (added != NULL && c.added == NULL) || !apply_change(&f->now, &c)) {
        free_change(&c);
        return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
    }
    f->changes[f->change_count++] = c;
    return PYR_OK;
}

static bool of_folder(const struct name_change *c, const char *folder)
{
    return in_folder(c->added != NULL ? c->added : c->removed, folder);
}

static pyr_err settle_folder(struct pyr_vfs_fake *f, const char *folder, struct pyr_diag *diag)
{
    size_t kept = 0;
    pyr_err err = PYR_OK;
    for (size_t i = 0; i < f->change_count; i++) {
        struct name_change c = f->changes[i];
        if (!of_folder(&c, folder)) {
            f->changes[kept++] = c;
            continue;
        }
        if (!apply_change(&f->durable, &c))
            err = pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
        free_change(&c);
    }
    f->change_count = kept;
    return err;
}

/* A journal keeps the order, so often it is a prefix that survives; sometimes any part of them does. */
static void lose_names(struct pyr_vfs_fake *f, enum pyr_vfs_end how)
{
    if (how == PYR_VFS_KILL)
        return;
    const bool ordered = pick(f, 2) == 0;
    const size_t prefix = pick(f, f->change_count + 1);
    bool ok = true;
    for (size_t i = 0; i < f->change_count; i++) {
        if (how == PYR_VFS_LOSE_SOME && (ordered ? i < prefix : pick(f, 2) == 0))
            ok &= apply_change(&f->durable, &f->changes[i]);
        free_change(&f->changes[i]);
    }
    f->change_count = 0;
    clear_names(&f->now);
    for (size_t i = 0; i < f->durable.count; i++)
        ok &= add_name(&f->now, f->durable.entries[i].path, f->durable.entries[i].inode);
    PYR_ASSERT(ok); /* a test's disk has the memory it needs */
}

/* ---- every call passes here first ---- */

static void stop_locked(struct pyr_vfs_fake *f, enum pyr_vfs_end how)
{
    if (f->stopped)
        return;
    f->stopped = true;
    f->epoch++;
    for (struct inode *node = f->inodes; node != NULL; node = node->next)
        lose(f, node, how);
    lose_names(f, how);
    clear_names(&f->locked);
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

static struct inode *new_inode(struct pyr_vfs_fake *f)
{
    struct inode *node = pyr_calloc(1, sizeof(*node));
    if (node != NULL) {
        node->next = f->inodes;
        f->inodes = node;
    }
    return node;
}

static pyr_err new_file(struct pyr_vfs_fake *f, struct inode *inode, const char *path, struct pyr_file **out,
                        struct pyr_diag *diag)
{
    const size_t path_bytes = strlen(path) + 1;
    struct fake_file *file = pyr_calloc(1, sizeof(*file) + path_bytes);
    if (file == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "open %s: no memory", path);
    file->base.ops = f->base.ops;
    file->fake = f;
    file->inode = inode;
    file->epoch = f->epoch;
    memcpy(file->path, path, path_bytes);
    *out = &file->base;
    return PYR_OK;
}

static bool folder_exists(const struct pyr_vfs_fake *f, const char *path)
{
    for (size_t i = 0; i < f->now.count; i++)
        if (f->now.entries[i].inode == NULL && in_folder(path, f->now.entries[i].path))
            return true;
    return false;
}

static pyr_err open_locked(struct pyr_vfs_fake *f, const char *path, enum pyr_open how, struct pyr_file **out,
                           struct pyr_diag *diag)
{
    const struct entry *e = find(&f->now, path);
    struct inode *node = e != NULL ? e->inode : NULL;
    if (how != PYR_OPEN_CREATE && node == NULL)
        return pyr_fail(diag, PYR_E_NOTFOUND, "open %s: no such file", path);
    if (how == PYR_OPEN_CREATE) {
        if (e != NULL)
            return pyr_fail(diag, PYR_E_EXISTS, "open %s: it exists", path);
        if (!folder_exists(f, path))
            return pyr_fail(diag, PYR_E_NOTFOUND, "open %s: no such folder", path);
        node = new_inode(f);
        if (node == NULL)
            return pyr_fail(diag, PYR_E_NOMEM, "open %s: no memory", path);
        PYR_TRY(change_names(f, NULL, path, node, diag));
    }
    return new_file(f, node, path, out, diag);
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
        remove_name(&f->fake->locked, f->path);
    pyr_mutex_unlock(&f->fake->lock);
    pyr_free(f);
}

static pyr_err fake_read_at(struct pyr_file *file, uint64_t offset, void *dst, size_t len, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_READ, &verdict);
    const struct image *im = &f->inode->cache;
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
    for (size_t i = 0; i < f->now.count; i++)
        sum += f->now.entries[i].inode != NULL ? f->now.entries[i].inode->cache.size : 0;
    return sum;
}

/* How many of `len` bytes at `offset` the disk has room for. */
static size_t fitting(const struct pyr_vfs_fake *f, const struct inode *node, uint64_t offset, size_t len)
{
    const uint64_t used = used_bytes(f), left = f->capacity > used ? f->capacity - used : 0;
    const uint64_t end = node->cache.size + left;
    return f->capacity == 0 || offset + len <= end ? len : offset < end ? (size_t)(end - offset) : 0;
}

static pyr_err write_bytes(struct inode *node, uint64_t offset, const struct pyr_span *runs, size_t len,
                           struct pyr_diag *diag)
{
    if (len == 0)
        return PYR_OK;
    const uint64_t end = offset + len;
    if (!make_room(node, (size_t)end))
        return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
    if (end > node->cache.size)
        node->cache.size = (size_t)end;
    for (uint64_t at = offset; at < end; runs++) {
        const size_t n = runs->len < end - at ? runs->len : (size_t)(end - at);
        if (n != 0)
            memcpy(node->cache.bytes + at, runs->ptr, n);
        at += n;
    }
    for (uint64_t s = offset / SECTOR_BYTES; s <= (end - 1) / SECTOR_BYTES; s++)
        if (!add_piece(node, s))
            return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
    return PYR_OK;
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
        const size_t fits = fitting(f->fake, f->inode, offset, len);
        const size_t done = verdict != GO_ON ? pick(f->fake, fits + 1) : fits;
        err = write_bytes(f->inode, offset, runs, done, diag);
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
    struct inode *node = f->inode;
    while (f->fake->hold && !f->fake->stopped)
        pyr_cond_wait(&f->fake->released, &f->fake->lock);
    if (f->epoch != f->fake->epoch)
        verdict = STOPPED;
    if (verdict == GO_ON) {
        for (size_t i = 0; i < node->piece_count; i++)
            settle_piece(node, &node->pieces[i], 0, SECTOR_BYTES);
        node->piece_count = 0;
        node->disk.size = node->cache.size;
        if (node->disk.cap > node->disk.size)
            memset(node->disk.bytes + node->disk.size, 0, node->disk.cap - node->disk.size);
    } else if (verdict == FAIL) {
        settle_some(f->fake, node);
    }
    const pyr_err err = verdict == GO_ON ? PYR_OK : refuse(f->fake, verdict, "sync", f->path, diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

static pyr_err fake_size(struct pyr_file *file, uint64_t *out, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_OTHER, &verdict);
    *out = f->inode->cache.size;
    const pyr_err err = verdict == GO_ON ? PYR_OK : refuse(f->fake, verdict, "stat", f->path, diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

static pyr_err truncate_locked(struct inode *node, uint64_t len, struct pyr_diag *diag)
{
    size_t kept = 0;
    for (size_t i = 0; i < node->piece_count; i++)
        if (node->pieces[i].sector * SECTOR_BYTES < len)
            node->pieces[kept++] = node->pieces[i];
    node->piece_count = kept;
    if (!make_room(node, (size_t)len) || !resize(&node->cache, (size_t)len) ||
        (len % SECTOR_BYTES != 0 && !add_piece(node, len / SECTOR_BYTES)))
        return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
    return PYR_OK;
}

static pyr_err fake_truncate(struct pyr_file *file, uint64_t len, struct pyr_diag *diag)
{
    enum verdict verdict;
    struct fake_file *f = enter_file(file, PYR_VFS_OTHER, &verdict);
    const pyr_err err =
        verdict == GO_ON ? truncate_locked(f->inode, len, diag) : refuse(f->fake, verdict, "truncate", f->path, diag);
    pyr_mutex_unlock(&f->fake->lock);
    return err;
}

/* ---- folders ---- */

/* One change of names, however it ends: `from` must exist unless NULL, `to` must not unless `replace`. */
static pyr_err change(struct pyr_vfs *v, const char *call, const char *from, bool remove, const char *to, bool replace,
                      struct pyr_diag *diag)
{
    struct pyr_vfs_fake *f = fake_of(v);
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_NAMES);
    const struct entry *e = find(&f->now, from);
    pyr_err err = PYR_OK;
    if (verdict == STOPPED)
        err = refuse(f, verdict, call, from, diag);
    else if (e == NULL || e->inode == NULL)
        err = pyr_fail(diag, PYR_E_NOTFOUND, "%s %s: no such file", call, from);
    else if (to != NULL && !replace && find(&f->now, to) != NULL)
        err = pyr_fail(diag, PYR_E_EXISTS, "%s %s: it exists", call, to);
    else if (verdict == GO_ON || pick(f, 2) == 0)
        err = change_names(f, remove ? from : NULL, to, e->inode, diag);
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
        const struct entry *e = find(&f->now, part);
        if (e != NULL && e->inode != NULL)
            return pyr_fail(diag, PYR_E_EXISTS, "mkdir %s: there is a file of that name", part);
        if (!add_name(&f->now, part, NULL) || !add_name(&f->durable, part, NULL))
            return pyr_fail(diag, PYR_E_NOMEM, "fake disk: no memory");
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
    if (verdict == GO_ON || (verdict == FAIL && pick(f, 2) == 0))
        err = settle_folder(f, path, diag);
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
    struct names copy = {0};
    pyr_mutex_lock(&f->lock);
    const enum verdict verdict = admit(f, PYR_VFS_OTHER);
    const struct entry *folder = find(&f->now, path);
    pyr_err err = PYR_OK;
    if (verdict != GO_ON)
        err = refuse(f, verdict, "list", path, diag);
    else if (folder == NULL || folder->inode != NULL)
        err = pyr_fail(diag, PYR_E_NOTFOUND, "list %s: no such folder", path);
    for (size_t i = 0; err == PYR_OK && i < f->now.count; i++)
        if (in_folder(f->now.entries[i].path, path) && !add_name(&copy, f->now.entries[i].path, NULL))
            err = pyr_fail(diag, PYR_E_NOMEM, "list %s: no memory", path);
    pyr_mutex_unlock(&f->lock);
    for (size_t i = 0; err == PYR_OK && i < copy.count; i++)
        entry(ctx, copy.entries[i].path + folder_len(copy.entries[i].path) + 1);
    clear_names(&copy);
    pyr_free(copy.entries);
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
    else if (find(&f->locked, path) != NULL)
        err = pyr_fail(diag, PYR_E_UNAVAILABLE, "%s is locked", path);
    else
        err = open_locked(f, path, find(&f->now, path) != NULL ? PYR_OPEN_WRITE : PYR_OPEN_CREATE, out, diag);
    if (err == PYR_OK) {
        ((struct fake_file *)*out)->is_lock = true;
        PYR_ASSERT(add_name(&f->locked, path, NULL));
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
    f->random = seed;
    pyr_mutex_init(&f->lock, PYR_RANK_VFS, "fake disk");
    pyr_cond_init(&f->released);
    return f;
}

void pyr_vfs_fake_free(struct pyr_vfs_fake *f)
{
    while (f->inodes != NULL) {
        struct inode *node = f->inodes;
        f->inodes = node->next;
        pyr_free(node->cache.bytes);
        pyr_free(node->disk.bytes);
        pyr_free(node->pieces);
        pyr_free(node);
    }
    while (f->change_count != 0)
        free_change(&f->changes[--f->change_count]);
    pyr_free(f->changes);
    struct names *const all[] = {&f->now, &f->durable, &f->locked};
    for (size_t i = 0; i < PYR_COUNT_OF(all); i++) {
        clear_names(all[i]);
        pyr_free(all[i]->entries);
    }
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
