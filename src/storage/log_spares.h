/* log_spares.h - the thread that gets files ready ahead of the log's writer, and tidies up after it.
 *
 * A commit to blocks that were written before costs no metadata, so a segment is best a file full of zeros, or of old
 * frames. This thread fills the next one in small steps, resting as long as each took, so that the log's own syncs get
 * at least half of the disk. It also cuts the unused end off closed segments. Nothing waits for it: without a spare the
 * writer appends to an empty file. */
#ifndef PYR_STORAGE_LOG_SPARES_H
#define PYR_STORAGE_LOG_SPARES_H
#include "storage/log_files.h"

struct pyr_log_spares {
    struct pyr_log_files *files;
    const struct pyr_log_settings *settings;
    pthread_t thread;
    struct pyr_mutex lock;
    struct pyr_cond wake;
    bool wanted, tidy, stopping;
};

PYR_MUST_USE pyr_err pyr_log_spares_start(struct pyr_log_spares *s, struct pyr_log_files *files,
                                          const struct pyr_log_settings *settings, struct pyr_diag *diag);
void pyr_log_spares_stop(struct pyr_log_spares *s);
/* There should be a spare of a segment's size soon. */
void pyr_log_spares_want(struct pyr_log_spares *s);
/* A segment was closed. */
void pyr_log_spares_tidy(struct pyr_log_spares *s);
#endif
