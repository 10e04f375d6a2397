#include "storage/log_spares.h"
#include "base/time.h"
#include <stdatomic.h>

enum { STEP_BYTES = 1 << 20, ZERO_BYTES = 64 << 10, STEP_RUNS = STEP_BYTES / ZERO_BYTES };

/* False: stopping. */
static bool rest(struct pyr_log_spares *s, int64_t ns)
{
    pyr_mutex_lock(&s->lock);
    while (!s->stopping && pyr_cond_wait_for(&s->wake, &s->lock, ns))
        ;
    const bool going_on = !s->stopping;
    pyr_mutex_unlock(&s->lock);
    return going_on;
}

static bool disk_has_room(struct pyr_log_spares *s, uint64_t more)
{
    const struct pyr_log_settings *set = s->settings;
    const uint64_t files = atomic_load(&s->files->segment_bytes) + atomic_load(&s->files->spare_bytes);
    uint64_t free_bytes;
    if (set->disk_bytes_max != 0 && files + more > set->disk_bytes_max)
        return false;
    return set->vfs->ops->free_bytes(set->vfs, set->dir, &free_bytes, NULL) == PYR_OK && free_bytes >= more &&
           free_bytes - more >= set->free_bytes_min;
}

/* Writes zeros from spare->bytes on. */
static pyr_err fill(struct pyr_log_spares *s, struct pyr_file *file, struct pyr_log_spare *spare)
{
    static const uint8_t zeros[ZERO_BYTES];
    struct pyr_span runs[STEP_RUNS];
    const uint64_t goal = s->settings->segment_bytes;
    while (spare->bytes < goal) {
        const int64_t begin_ns = pyr_mono_ns();
        uint64_t step = 0;
        size_t n = 0;
        for (; n < STEP_RUNS && step < goal - spare->bytes; n++) {
            const uint64_t left = goal - spare->bytes - step;
            runs[n] = (struct pyr_span){zeros, left < ZERO_BYTES ? (size_t)left : ZERO_BYTES};
            step += runs[n].len;
        }
        PYR_TRY(file->ops->write_at(file, spare->bytes, runs, n, NULL));
        PYR_TRY(file->ops->sync(file, NULL));
        spare->bytes += step;
        if (!rest(s, pyr_mono_ns() - begin_ns))
            return PYR_E_CANCELED;
    }
    return PYR_OK;
}

static pyr_err prepare(struct pyr_log_spares *s)
{
    struct pyr_log_spare spare = {0};
    char path[PYR_LOG_PATH_BYTES];
    struct pyr_file *file;
    if (!disk_has_room(s, s->settings->segment_bytes))
        return PYR_E_UNAVAILABLE;
    const bool old = pyr_log_files_take_short_spare(s->files, s->settings->segment_bytes, &spare);
    if (!old)
        spare.number = pyr_log_files_new_number(s->files);
    pyr_log_files_path(s->files, PYR_LOG_NAME_SPARE, spare.number, path);
    struct pyr_vfs *vfs = s->settings->vfs;
    pyr_err err = vfs->ops->open(vfs, path, old ? PYR_OPEN_WRITE : PYR_OPEN_CREATE, &file, NULL);
    if (err != PYR_OK)
        return err;
    err = fill(s, file, &spare);
    file->ops->close(file);
    if (err == PYR_OK || err == PYR_E_CANCELED)
        pyr_log_files_put_spare(s->files, spare);
    else
        (void)vfs->ops->unlink(vfs, path, NULL); /* its pages are in doubt */
    return err;
}

static void *run(void *arg)
{
    struct pyr_log_spares *s = arg;
    pyr_mutex_lock(&s->lock);
    while (!s->stopping) {
        const bool tidy = s->tidy, wanted = s->wanted;
        if (!tidy && !wanted) {
            pyr_cond_wait(&s->wake, &s->lock);
            continue;
        }
        s->tidy = s->wanted = false;
        pyr_mutex_unlock(&s->lock);
        while (tidy && pyr_log_files_trim(s->files))
            ;
        /* A failure is not repeated before the writer asks again. */
        if (wanted && !pyr_log_files_has_spare(s->files, s->settings->segment_bytes))
            (void)prepare(s);
        pyr_mutex_lock(&s->lock);
    }
    pyr_mutex_unlock(&s->lock);
    return NULL;
}

pyr_err pyr_log_spares_start(struct pyr_log_spares *s, struct pyr_log_files *files,
                             const struct pyr_log_settings *settings, struct pyr_diag *diag)
{
    *s = (struct pyr_log_spares){.files = files, .settings = settings, .tidy = true};
    pyr_mutex_init(&s->lock, PYR_RANK_LOG_QUEUE, "log spares");
    pyr_cond_init(&s->wake);
    if (pthread_create(&s->thread, NULL, run, s) == 0) {
        (void)pthread_setname_np(s->thread, "log-spares");
        return PYR_OK;
    }
    pyr_cond_destroy(&s->wake);
    pyr_mutex_destroy(&s->lock);
    return pyr_fail(diag, PYR_E_NOMEM, "log: a thread could not be started");
}

void pyr_log_spares_stop(struct pyr_log_spares *s)
{
    pyr_mutex_lock(&s->lock);
    s->stopping = true;
    pyr_cond_signal(&s->wake);
    pyr_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    pyr_cond_destroy(&s->wake);
    pyr_mutex_destroy(&s->lock);
}

void pyr_log_spares_want(struct pyr_log_spares *s)
{
    pyr_mutex_lock(&s->lock);
    s->wanted = true;
    pyr_cond_signal(&s->wake);
    pyr_mutex_unlock(&s->lock);
}

void pyr_log_spares_tidy(struct pyr_log_spares *s)
{
    pyr_mutex_lock(&s->lock);
    s->tidy = true;
    pyr_cond_signal(&s->wake);
    pyr_mutex_unlock(&s->lock);
}
