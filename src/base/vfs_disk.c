/* The real disk. Every call is retried on EINTR and on short transfers; every handle is close-on-exec. */
#include "base/mem.h"
#include "base/vfs.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

struct disk_file {
    struct pyr_file base;
    int fd;
    char path[]; /* for messages */
};

static struct disk_file *file_of(struct pyr_file *f)
{
    return (struct disk_file *)f;
}

/* Turns errno into a code and a sentence. */
static pyr_err fail_errno(struct pyr_diag *diag, const char *call, const char *path)
{
    const int e = errno;
    char text[128];
    const pyr_err code = e == ENOENT                  ? PYR_E_NOTFOUND
                         : e == EEXIST                ? PYR_E_EXISTS
                         : e == ENOSPC || e == EDQUOT ? PYR_E_UNAVAILABLE
                                                      : PYR_E_IO;
    return pyr_fail(diag, code, "%s %s: %s", call, path, strerror_r(e, text, sizeof(text)));
}

static pyr_err open_fd(const char *path, int flags, const struct pyr_vfs_ops *ops, struct pyr_file **out,
                       struct pyr_diag *diag)
{
    const size_t path_bytes = strlen(path) + 1;
    struct disk_file *f = pyr_malloc(sizeof(*f) + path_bytes);
    if (f == NULL)
        return pyr_fail(diag, PYR_E_NOMEM, "open %s: no memory", path);
    do {
        f->fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0640);
    } while (f->fd < 0 && errno == EINTR);
    if (f->fd < 0) {
        const pyr_err err = fail_errno(diag, "open", path);
        pyr_free(f);
        return err;
    }
    f->base.ops = ops;
    memcpy(f->path, path, path_bytes);
    *out = &f->base;
    return PYR_OK;
}

static pyr_err disk_open(struct pyr_vfs *v, const char *path, enum pyr_open how, struct pyr_file **out,
                         struct pyr_diag *diag)
{
    static const int flags[] = {
        [PYR_OPEN_READ] = O_RDONLY, [PYR_OPEN_WRITE] = O_RDWR, [PYR_OPEN_CREATE] = O_RDWR | O_CREAT | O_EXCL};
    return open_fd(path, flags[how], v->ops, out, diag);
}

static void disk_close(struct pyr_file *f)
{
    /* Nothing is to be learnt from close: what matters was synced. On Linux the descriptor is gone even after EINTR. */
    (void)close(file_of(f)->fd);
    pyr_free(f);
}

static pyr_err disk_read_at(struct pyr_file *file, uint64_t offset, void *dst, size_t len, struct pyr_diag *diag)
{
    const struct disk_file *f = file_of(file);
    uint8_t *at = dst;
    while (len != 0) {
        const ssize_t n = pread(f->fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(diag, "read", f->path);
        if (n == 0)
            return pyr_fail(diag, PYR_E_IO, "read %s: end of file at %llu, %zu bytes short", f->path,
                            (unsigned long long)offset, len);
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return PYR_OK;
}

enum { RUNS_AT_ONCE = 512 };
static_assert(RUNS_AT_ONCE <= IOV_MAX, "one pwritev takes them");

/* Writes up to RUNS_AT_ONCE runs whole. */
static pyr_err write_runs(const struct disk_file *f, uint64_t *offset, struct iovec *runs, size_t count,
                          struct pyr_diag *diag)
{
    while (count != 0) {
        const ssize_t n = pwritev(f->fd, runs, (int)count, (off_t)*offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(diag, "write", f->path);
        *offset += (uint64_t)n;
        size_t done = (size_t)n;
        for (; count != 0 && done >= runs->iov_len; runs++, count--)
            done -= runs->iov_len;
        if (count != 0) {
            if (n == 0) /* the kernel does not do this; without the check it would be an endless loop */
                return pyr_fail(diag, PYR_E_IO, "write %s: nothing was written", f->path);
            runs->iov_base = (uint8_t *)runs->iov_base + done;
            runs->iov_len -= done;
        }
    }
    return PYR_OK;
}

static pyr_err disk_write_at(struct pyr_file *file, uint64_t offset, const struct pyr_span *runs, size_t count,
                             struct pyr_diag *diag)
{
    const struct disk_file *f = file_of(file);
    struct iovec vec[RUNS_AT_ONCE];
    for (size_t at = 0; at < count;) {
        size_t n = 0;
        for (; n < RUNS_AT_ONCE && at < count; at++) {
            union {
                const void *in;
                void *out;
            } base = {.in = runs[at].ptr}; /* iovec has no const */
            if (runs[at].len != 0)
                vec[n++] = (struct iovec){base.out, runs[at].len};
        }
        PYR_TRY(write_runs(f, &offset, vec, n, diag));
    }
    return PYR_OK;
}

static pyr_err disk_sync(struct pyr_file *file, struct pyr_diag *diag)
{
    const struct disk_file *f = file_of(file);
    /* Never again after an error: the kernel may have marked the pages clean. EINTR is no such error. */
    while (fdatasync(f->fd) != 0)
        if (errno != EINTR)
            return fail_errno(diag, "sync", f->path);
    return PYR_OK;
}

static pyr_err disk_size(struct pyr_file *file, uint64_t *out, struct pyr_diag *diag)
{
    const struct disk_file *f = file_of(file);
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return fail_errno(diag, "stat", f->path);
    *out = (uint64_t)st.st_size;
    return PYR_OK;
}

static pyr_err disk_truncate(struct pyr_file *file, uint64_t len, struct pyr_diag *diag)
{
    const struct disk_file *f = file_of(file);
    while (ftruncate(f->fd, (off_t)len) != 0)
        if (errno != EINTR)
            return fail_errno(diag, "truncate", f->path);
    return PYR_OK;
}

static pyr_err disk_rename(struct pyr_vfs *v, const char *from, const char *to, struct pyr_diag *diag)
{
    (void)v;
    return rename(from, to) == 0 ? PYR_OK : fail_errno(diag, "rename", from);
}

static pyr_err disk_link(struct pyr_vfs *v, const char *from, const char *to, struct pyr_diag *diag)
{
    (void)v;
    return link(from, to) == 0 ? PYR_OK : fail_errno(diag, "link", to);
}

static pyr_err disk_unlink(struct pyr_vfs *v, const char *path, struct pyr_diag *diag)
{
    (void)v;
    return unlink(path) == 0 ? PYR_OK : fail_errno(diag, "unlink", path);
}

static pyr_err disk_sync_dir(struct pyr_vfs *v, const char *path, struct pyr_diag *diag)
{
    (void)v;
    int fd;
    do {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return fail_errno(diag, "open", path);
    int rc;
    do {
        rc = fsync(fd);
    } while (rc != 0 && errno == EINTR);
    const pyr_err err = rc == 0 ? PYR_OK : fail_errno(diag, "sync", path);
    (void)close(fd);
    return err;
}

/* Makes `path`, whose parent exists; a new name is synced into its parent. */
static pyr_err make_dir(struct pyr_vfs *v, char *path, struct pyr_diag *diag)
{
    struct stat st;
    if (mkdir(path, 0750) != 0) {
        if (errno != EEXIST || stat(path, &st) != 0)
            return fail_errno(diag, "mkdir", path);
        return S_ISDIR(st.st_mode) ? PYR_OK
                                   : pyr_fail(diag, PYR_E_EXISTS, "mkdir %s: there is a file of that name", path);
    }
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return disk_sync_dir(v, ".", diag);
    if (slash == path)
        return disk_sync_dir(v, "/", diag);
    *slash = '\0';
    const pyr_err err = disk_sync_dir(v, path, diag);
    *slash = '/';
    return err;
}

static pyr_err disk_mkdir(struct pyr_vfs *v, const char *path, struct pyr_diag *diag)
{
    char part[PATH_MAX];
    const size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part))
        return pyr_fail(diag, PYR_E_INVALID, "mkdir: the path has %zu bytes", len);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if ((part[i] != '/' && part[i] != '\0') || part[i - 1] == '/')
            continue;
        const char separator = part[i];
        part[i] = '\0';
        PYR_TRY(make_dir(v, part, diag));
        part[i] = separator;
    }
    return PYR_OK;
}

static pyr_err disk_list(struct pyr_vfs *v, const char *path, void (*entry)(void *ctx, const char *name), void *ctx,
                         struct pyr_diag *diag)
{
    (void)v;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return fail_errno(diag, "list", path);
    const struct dirent *e;
    while (errno = 0, (e = readdir(dir)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            entry(ctx, e->d_name);
    const pyr_err err = errno == 0 ? PYR_OK : fail_errno(diag, "list", path);
    (void)closedir(dir);
    return err;
}

/* What the holder wrote; "unknown" when it has not yet, or was something else. */
static void read_holder(int fd, char out[32])
{
    const ssize_t n = pread(fd, out, 31, 0);
    const size_t len = n > 0 ? (size_t)n : 0;
    out[len] = '\0';
    const size_t digits = strspn(out, "0123456789");
    if (digits == 0)
        memcpy(out, "unknown", sizeof("unknown"));
    else
        out[digits] = '\0';
}

static pyr_err disk_lock(struct pyr_vfs *v, const char *path, struct pyr_file **out, struct pyr_diag *diag)
{
    struct pyr_file *f;
    PYR_TRY(open_fd(path, O_RDWR | O_CREAT, v->ops, &f, diag));
    const int fd = file_of(f)->fd;
    char pid[32];
    /* A lock of the open file description: it also holds off a second opener in this process, and it goes with the
     * last descriptor, however the process ends. */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        pyr_err err;
        if (errno == EAGAIN || errno == EACCES) {
            read_holder(fd, pid);
            err = pyr_fail(diag, PYR_E_UNAVAILABLE, "%s is locked by process %s", path, pid);
        } else {
            err = fail_errno(diag, "lock", path);
        }
        disk_close(f);
        return err;
    }
    const int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    const struct pyr_span run = {(const uint8_t *)pid, (size_t)len};
    pyr_err err = disk_truncate(f, 0, diag);
    if (err == PYR_OK)
        err = disk_write_at(f, 0, &run, 1, diag);
    /* The pid is only for a message: a full disk must not keep the server from starting and serving reads. */
    if (err != PYR_OK && err != PYR_E_UNAVAILABLE) {
        disk_close(f);
        return err;
    }
    *out = f;
    return PYR_OK;
}

static pyr_err disk_free_bytes(struct pyr_vfs *v, const char *path, uint64_t *out, struct pyr_diag *diag)
{
    (void)v;
    struct statvfs st;
    while (statvfs(path, &st) != 0)
        if (errno != EINTR)
            return fail_errno(diag, "statvfs", path);
    *out = (uint64_t)st.f_bavail * st.f_frsize;
    return PYR_OK;
}

static const struct pyr_vfs_ops disk_ops = {
    .open = disk_open,
    .close = disk_close,
    .read_at = disk_read_at,
    .write_at = disk_write_at,
    .sync = disk_sync,
    .size = disk_size,
    .truncate = disk_truncate,
    .rename = disk_rename,
    .link = disk_link,
    .unlink = disk_unlink,
    .mkdir = disk_mkdir,
    .sync_dir = disk_sync_dir,
    .list = disk_list,
    .lock = disk_lock,
    .free_bytes = disk_free_bytes,
};

struct pyr_vfs *pyr_vfs_disk(void)
{
    static struct pyr_vfs disk = {&disk_ops};
    return &disk;
}
