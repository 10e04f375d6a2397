/* vfs_fake.h - a disk in memory, for tests: everything a real one may do to a program, on demand and decided by a seed.
 *
 * Content. What is written is seen by readers at once, and stays pending, in sectors of 512 bytes, until the file is
 * synced. Losing power keeps an arbitrary part of the pending sectors, some torn in the middle, and any size between
 * the synced and the newest one. A sync that fails leaves an arbitrary part on the disk and forgets that the rest was
 * pending: readers still see it, a later sync succeeds, and losing power shows that it never got there.
 * Names. What create, rename, link and unlink did is pending until the folder is synced; losing power undoes an
 * arbitrary part. mkdir is durable at once, as vfs.h promises.
 * Calls fail on demand: the n-th of some kinds, or all from then on; a write then stops anywhere, and a change of names
 * may have happened nevertheless. A disk may be full. Syncs can be held.
 *
 * Thread-safe (PYR_RANK_VFS). One thread sets it up; with several threads at work only they decide who makes the n-th
 * call. Paths are compared as written. */
#ifndef PYR_BASE_VFS_FAKE_H
#define PYR_BASE_VFS_FAKE_H
#include "base/vfs.h"

struct pyr_vfs_fake;

/* NULL: no memory. */
struct pyr_vfs_fake *pyr_vfs_fake_new(uint64_t seed);
/* All handles were closed. */
void pyr_vfs_fake_free(struct pyr_vfs_fake *f);
struct pyr_vfs *pyr_vfs_fake_vfs(struct pyr_vfs_fake *f);

enum pyr_vfs_call { /* a mask */
                    PYR_VFS_OPEN = 1 << 0,
                    PYR_VFS_READ = 1 << 1,
                    PYR_VFS_WRITE = 1 << 2,
                    PYR_VFS_SYNC = 1 << 3,
                    PYR_VFS_NAMES = 1 << 4, /* rename, link, unlink, mkdir */
                    PYR_VFS_SYNC_DIR = 1 << 5,
                    PYR_VFS_OTHER = 1 << 6, /* size, truncate, list, lock, free_bytes */
                    PYR_VFS_ANY = (1 << 7) - 1
};
enum { PYR_VFS_CALLS = 7 };

enum pyr_vfs_end {
    PYR_VFS_KILL,     /* the process ends: nothing is lost */
    PYR_VFS_LOSE_ALL, /* power: nothing that was not synced is there */
    PYR_VFS_LOSE_SOME /* power: as described above */
};

/* The n-th of these calls from now on fails (1: the next; 0: none will), with PYR_E_IO or PYR_E_UNAVAILABLE; with
 * `onwards` so do all later ones of these kinds, until this is called again. */
void pyr_vfs_fake_fail(struct pyr_vfs_fake *f, unsigned calls, uint64_t nth, bool onwards, pyr_err code);
/* Whether a call has failed because of the above since. */
bool pyr_vfs_fake_failed(struct pyr_vfs_fake *f);
/* Calls of these kinds so far. */
uint64_t pyr_vfs_fake_calls(struct pyr_vfs_fake *f, unsigned calls);

/* Ends it all: every call fails, on old handles for ever. */
void pyr_vfs_fake_stop(struct pyr_vfs_fake *f, enum pyr_vfs_end how);
/* The n-th of these calls from now on does. */
void pyr_vfs_fake_stop_at(struct pyr_vfs_fake *f, unsigned calls, uint64_t nth, enum pyr_vfs_end how);
bool pyr_vfs_fake_stopped(struct pyr_vfs_fake *f);
/* Begins again with what is left; nothing fails any more. */
void pyr_vfs_fake_start(struct pyr_vfs_fake *f);

/* Writes beyond this many bytes in all fail with PYR_E_UNAVAILABLE, part of them done. 0: no limit. */
void pyr_vfs_fake_capacity(struct pyr_vfs_fake *f, uint64_t bytes);
/* While held, syncs of files wait. */
void pyr_vfs_fake_hold_syncs(struct pyr_vfs_fake *f, bool hold);
#endif
