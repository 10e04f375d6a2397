/* vfs.h - all file I/O of the storage engine goes through here, so that tests can run it on a disk that tears, loses,
 * reorders unsynced writes, loses power and fails the n-th call (vfs_fake.h). Thread-safe; paths are absolute or
 * relative to the process. Errors: PYR_E_IO (diag names call, path, errno), PYR_E_NOTFOUND, PYR_E_EXISTS,
 * PYR_E_UNAVAILABLE for a full disk. */
#ifndef PYR_BASE_VFS_H
#define PYR_BASE_VFS_H
#include "base/err.h"
#include "base/span.h"

struct pyr_vfs;
struct pyr_file;

enum pyr_open { PYR_OPEN_READ, PYR_OPEN_WRITE /* must exist */, PYR_OPEN_CREATE /* must not exist */ };

struct pyr_vfs_ops {
    pyr_err (*open)(struct pyr_vfs *v, const char *path, enum pyr_open how, struct pyr_file **out,
                    struct pyr_diag *diag);
    void (*close)(struct pyr_file *f);
    /* Whole or error: short reads past the end are PYR_E_IO. */
    pyr_err (*read_at)(struct pyr_file *f, uint64_t offset, void *dst, size_t len, struct pyr_diag *diag);
    /* Several runs of bytes, one after the other, from `offset` on. On error any part of it may have been written. */
    pyr_err (*write_at)(struct pyr_file *f, uint64_t offset, const struct pyr_span *runs, size_t count,
                        struct pyr_diag *diag);
    pyr_err (*sync)(struct pyr_file *f, struct pyr_diag *diag); /* fdatasync; size changes included */
    pyr_err (*size)(struct pyr_file *f, uint64_t *out, struct pyr_diag *diag);
    pyr_err (*truncate)(struct pyr_file *f, uint64_t len, struct pyr_diag *diag);
    pyr_err (*rename)(struct pyr_vfs *v, const char *from, const char *to, struct pyr_diag *diag);
    pyr_err (*link)(struct pyr_vfs *v, const char *from, const char *to, struct pyr_diag *diag); /* PYR_E_EXISTS */
    pyr_err (*unlink)(struct pyr_vfs *v, const char *path, struct pyr_diag *diag);
    /* Parents too; existing is fine. What it made outlives lost power without a sync_dir. */
    pyr_err (*mkdir)(struct pyr_vfs *v, const char *path, struct pyr_diag *diag);
    pyr_err (*sync_dir)(struct pyr_vfs *v, const char *path, struct pyr_diag *diag);
    /* Calls `entry` for each name but . and .., in no order. */
    pyr_err (*list)(struct pyr_vfs *v, const char *path, void (*entry)(void *ctx, const char *name), void *ctx,
                    struct pyr_diag *diag);
    /* Exclusive, until closed or the process ends. PYR_E_UNAVAILABLE when another process has it (diag names it). */
    pyr_err (*lock)(struct pyr_vfs *v, const char *path, struct pyr_file **out, struct pyr_diag *diag);
    pyr_err (*free_bytes)(struct pyr_vfs *v, const char *path, uint64_t *out, struct pyr_diag *diag);
};
struct pyr_vfs {
    const struct pyr_vfs_ops *ops;
};
struct pyr_file { /* first member of an implementation's file */
    const struct pyr_vfs_ops *ops;
};

/* The real disk. */
struct pyr_vfs *pyr_vfs_disk(void);
#endif
