/* Acknowledgements of the log against bare syncs of the same disk in the same run: one record at a time on a recycled file
 * is what the disk can do; the log adds its threads, its checksums and, with many appenders, their company. Also: what
 * syncing costs on a file that was never written before, and what the making of spares beside it costs. */
#include "base/time.h"
#include "storage/log.h"
#include "storage/log_format.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_BYTES = 1600, FILE_BYTES = 8 << 20, SAMPLES = 3000, APPENDERS_MAX = 64 };

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_storage_log: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct quantiles {
    double p50_us, p99_us, per_second;
};

static struct quantiles quantiles_of(int64_t *ns, size_t n, int64_t all_ns)
{
    qsort(ns, n, sizeof(*ns), by_value);
    return (struct quantiles){(double)ns[n / 2] / 1e3, (double)ns[n * 99 / 100] / 1e3,
                              (double)n * 1e9 / (double)all_ns};
}

static struct quantiles reference;

static void print(const char *what, struct quantiles q)
{
    printf("%-44s %8.0f /s   p50 %8.1f us (x%5.2f)   p99 %8.1f us (x%5.2f)\n", what, q.per_second, q.p50_us,
           q.p50_us / reference.p50_us, q.p99_us, q.p99_us / reference.p99_us);
}

/* ---- bare syncs ---- */

static struct quantiles bare(const char *dir, bool recycled)
{
    static uint8_t zeros[1 << 20];
    static int64_t ns[SAMPLES];
    char path[600];
    (void)snprintf(path, sizeof(path), "%s/bare", dir);
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        die("cannot create a file");
    for (off_t at = 0; recycled && at < FILE_BYTES; at += (off_t)sizeof(zeros))
        if (pwrite(fd, zeros, sizeof(zeros), at) != (ssize_t)sizeof(zeros))
            die("cannot write");
    (void)fdatasync(fd);
    memset(zeros, 'x', RECORD_BYTES);
    const int64_t begin_ns = pyr_mono_ns();
    off_t at = 0;
    for (size_t i = 0; i < SAMPLES; i++, at += RECORD_BYTES) {
        const int64_t before_ns = pyr_mono_ns();
        if (pwrite(fd, zeros, RECORD_BYTES, at) != RECORD_BYTES || fdatasync(fd) != 0)
            die("cannot write and sync");
        ns[i] = pyr_mono_ns() - before_ns;
    }
    const struct quantiles q = quantiles_of(ns, SAMPLES, pyr_mono_ns() - begin_ns);
    (void)close(fd);
    (void)unlink(path);
    return q;
}

/* ---- the log ---- */

struct appender {
    pthread_t thread;
    struct pyr_log *log;
    size_t count;
    int64_t ns[SAMPLES];
};

static void *append(void *arg)
{
    static uint8_t payload[RECORD_BYTES];
    struct appender *a = arg;
    for (size_t i = 0; i < a->count; i++) {
        struct pyr_waiter w;
        struct pyr_log_record record = {
            .frame = {.type = 1}, .payload = {payload, sizeof(payload)}, .done = &w.completion};
        pyr_waiter_init(&w);
        const int64_t before_ns = pyr_mono_ns();
        if (pyr_log_reserve(a->log, RECORD_BYTES, PYR_NS_PER_S, NULL) != PYR_OK)
            die("the log takes nothing");
        pyr_log_append(a->log, &record);
        if (pyr_waiter_wait(&w) != PYR_OK)
            die("the log failed");
        a->ns[i] = pyr_mono_ns() - before_ns;
    }
    return NULL;
}

static struct quantiles run(struct pyr_log *log, unsigned appenders)
{
    static struct appender all[APPENDERS_MAX];
    static int64_t ns[SAMPLES * APPENDERS_MAX];
    size_t n = 0;
    const int64_t begin_ns = pyr_mono_ns();
    for (unsigned i = 0; i < appenders; i++) {
        all[i].log = log;
        all[i].count = SAMPLES;
        if (pthread_create(&all[i].thread, NULL, append, &all[i]) != 0)
            die("no thread");
    }
    for (unsigned i = 0; i < appenders; i++) {
        (void)pthread_join(all[i].thread, NULL);
        memcpy(ns + n, all[i].ns, sizeof(all[i].ns));
        n += SAMPLES;
    }
    return quantiles_of(ns, n, pyr_mono_ns() - begin_ns);
}

static pyr_err count_bytes(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload,
                           struct pyr_log_place place, struct pyr_diag *diag)
{
    (void)f, (void)place, (void)diag;
    *(uint64_t *)ctx += payload.len;
    return PYR_OK;
}

static struct pyr_log *open_log(const char *dir, uint64_t *replayed)
{
    const struct pyr_log_settings s = {.vfs = pyr_vfs_disk(),
                                       .dir = dir,
                                       .segment_bytes = 64 << 20,
                                       .first_segment_bytes = 1 << 20,
                                       .queue_bytes_max = 32 << 20,
                                       .retry_ns = PYR_NS_PER_S};
    const struct pyr_log_replay replay = {replayed, count_bytes, NULL};
    struct pyr_diag diag = {0};
    struct pyr_log *log;
    uint64_t generation;
    if (pyr_log_open(&s, &replay, &generation, &log, &diag) != PYR_OK)
        die(diag.message);
    return log;
}

static void remove_log(const char *dir)
{
    char command[700];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    if (system(command) != 0)
        die("the folder stays behind");
}

int main(int argc, char **argv)
{
    static const unsigned counts[] = {1, 8, 64};
    char dir[512];
    uint64_t replayed = 0;
    (void)snprintf(dir, sizeof(dir), "%s/pyr_bench_log.XXXXXX", argc > 1 ? argv[1] : ".");
    if (mkdtemp(dir) == NULL)
        die("cannot create a folder (give one as the argument)");

    reference = bare(dir, true);
    printf("records of %d bytes; ratios to the first line\n", RECORD_BYTES);
    print("write + fdatasync, file written before", reference);
    print("write + fdatasync, growing file", bare(dir, false));
    struct pyr_log *log = open_log(dir, &replayed);
    print("log, 1 appender, first segment, spares made", run(log, 1));
    for (size_t i = 0; i < PYR_COUNT_OF(counts); i++) {
        char what[64];
        (void)snprintf(what, sizeof(what), "log, %u appender%s", counts[i], counts[i] == 1 ? "" : "s");
        print(what, run(log, counts[i]));
    }
    print("write + fdatasync, file written before", bare(dir, true));
    pyr_log_close(log);
    const int64_t begin_ns = pyr_mono_ns();
    log = open_log(dir, &replayed);
    const double seconds = (double)(pyr_mono_ns() - begin_ns) / 1e9;
    printf("replay of %.0f MB in %.3f s: %.0f MB/s\n", (double)replayed / 1e6, seconds,
           (double)replayed / 1e6 / seconds);
    pyr_log_close(log);
    remove_log(dir);
    return 0;
}
