/* log_files.h - the segments of the log's folder: which there are, their handles, and the spares that wait for reuse.
 *
 * segment-<number>.log is part of the log; spare-<number>.log is a file whose content means nothing. A segment becomes
 * one by a rename, after its header, and what it takes over from an older segment, were written and synced under the
 * spare's name: a file named segment-* always had a whole header, so a bad one is damage, never a torn start. It stops
 * being one by a rename back. Numbers rise and are never used twice, spares included.
 *
 * Thread-safe (PYR_RANK_LOG_FILES). Handles are kept open, PYR_LOG_HANDLES_MAX of them, and closed least used first;
 * a pinned segment keeps its handle, and its file is not reused under a reader. */
#ifndef PYR_STORAGE_LOG_FILES_H
#define PYR_STORAGE_LOG_FILES_H
#include "base/lock.h"
#include "base/vfs.h"
#include "storage/log.h"
#include "storage/log_format.h"
#include "storage/log_names.h"

enum { PYR_LOG_HANDLES_MAX = 256, PYR_LOG_SPARES_MAX = 8 };

struct pyr_log_segment {
    struct pyr_log_header header;
    bool readable;  /* the header verified; otherwise only number and generation (a neighbour's) mean something */
    bool retired;   /* released while pinned: leaves with the last unpin, */
    bool reusable;  /* as a spare: the folder without its name was synced */
    bool keep_tail; /* damaged: what follows `used` is evidence, not slack */
    uint64_t used;  /* end of the last good frame; the writer's while it is the active one */
    uint64_t bytes; /* of the file */
    uint32_t spare_number; /* under which it is begun */
    struct pyr_file *file; /* NULL: closed */
    struct pyr_log_segment *next_released;
    unsigned pins;
    uint64_t last_pin; /* for closing the least used */
    /* Frames from moved_from on were copied to another segment because this one's could not be trusted to be on disk. */
    uint64_t moved_from; /* UINT64_MAX: none were */
    struct pyr_log_place moved_to;
};

struct pyr_log_spare {
    uint32_t number;
    uint64_t bytes;
};

struct pyr_log_files {
    struct pyr_vfs *vfs;
    char *dir;
    struct pyr_mutex lock;
    struct pyr_log_segment **segments; /* by number, ascending */
    size_t count, cap, promised;       /* promised: places kept free for segments on their way in, or perhaps back */
    struct pyr_log_spare spares[PYR_LOG_SPARES_MAX];
    size_t spare_count;
    size_t open_handles;
    uint64_t pin_clock;
    uint32_t next_number;
    uint64_t released;                           /* newest released generation */
    _Atomic uint64_t segment_bytes, spare_bytes; /* of files */
};

PYR_MUST_USE pyr_err pyr_log_files_init(struct pyr_log_files *fs, struct pyr_vfs *vfs, const char *dir,
                                        struct pyr_diag *diag);
/* Closes all handles; nothing may be pinned. */
void pyr_log_files_free(struct pyr_log_files *fs);

/* Lists the folder: headers read into the table, spares noted. PYR_E_IO, PYR_E_UNIMPLEMENTED (a newer format). A header
 * that does not verify is no error: the segment is there, not readable. */
PYR_MUST_USE pyr_err pyr_log_files_scan(struct pyr_log_files *fs, struct pyr_diag *diag);

/* Begins a segment: a spare of at least `prepared_bytes` when there is one, else an empty file, with a header (number and
 * salt are filled in here) and no name yet. Then publish or abort. */
PYR_MUST_USE pyr_err pyr_log_files_begin(struct pyr_log_files *fs, struct pyr_log_header header,
                                         uint64_t prepared_bytes, struct pyr_log_segment **out, struct pyr_diag *diag);
/* Syncs what was written to it, then names it and syncs the folder: it is in the log, pinned. On an error it is gone. */
PYR_MUST_USE pyr_err pyr_log_files_publish(struct pyr_log_files *fs, struct pyr_log_segment *seg,
                                           struct pyr_diag *diag);
void pyr_log_files_abort(struct pyr_log_files *fs, struct pyr_log_segment *seg);
/* Takes a pinned segment that holds nothing out of the log; best effort on disk. */
void pyr_log_files_discard(struct pyr_log_files *fs, struct pyr_log_segment *seg);

/* PYR_E_NOTFOUND: no such segment (released). */
PYR_MUST_USE pyr_err pyr_log_files_pin(struct pyr_log_files *fs, uint32_t number, struct pyr_log_segment **out,
                                       struct pyr_diag *diag);
void pyr_log_files_unpin(struct pyr_log_files *fs, struct pyr_log_segment *seg);
/* Where the bytes at a place are now; `*len` shrinks to as many as are together there. */
struct pyr_log_place pyr_log_files_resolve(struct pyr_log_files *fs, struct pyr_log_place place, size_t *len);
void pyr_log_files_move(struct pyr_log_files *fs, struct pyr_log_segment *seg, uint64_t from, struct pyr_log_place to);

/* Drops this generation and older ones, and makes spares of their segments. On an error they may be dropped or not, all
 * together, and the call may be repeated. */
PYR_MUST_USE pyr_err pyr_log_files_release(struct pyr_log_files *fs, uint64_t generation, struct pyr_diag *diag);
/* Makes spares of the segments that `useless` picks, but never of the newest one (it remembers the highest sequence), and
 * syncs the folder. */
PYR_MUST_USE pyr_err pyr_log_files_recycle(struct pyr_log_files *fs,
                                           bool (*useless)(const void *ctx, const struct pyr_log_segment *seg),
                                           const void *ctx, struct pyr_diag *diag);

/* The spare to fill next: the largest below `bytes`; takes it out of the list. False: none. */
bool pyr_log_files_take_short_spare(struct pyr_log_files *fs, uint64_t bytes, struct pyr_log_spare *out);
bool pyr_log_files_has_spare(struct pyr_log_files *fs, uint64_t bytes);
/* Puts one (back) into the list; one too many is unlinked. */
void pyr_log_files_put_spare(struct pyr_log_files *fs, struct pyr_log_spare spare);
uint32_t pyr_log_files_new_number(struct pyr_log_files *fs);

/* Cuts the unused end off one closed segment that has much of it. False: there is none, or it failed. */
bool pyr_log_files_trim(struct pyr_log_files *fs);

/* Adds to the size of a published segment's file, as known here. */
void pyr_log_files_grow(struct pyr_log_files *fs, struct pyr_log_segment *seg, uint64_t bytes);

static inline void pyr_log_files_path(const struct pyr_log_files *fs, enum pyr_log_name kind, uint64_t number,
                                      char out[static PYR_LOG_PATH_BYTES])
{
    pyr_log_path(fs->dir, kind, number, out);
}
#endif
