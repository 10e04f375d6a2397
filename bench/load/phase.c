#include "load/phase.h"
#include "base/time.h"
#include "load/client.h"
#include "load/fail.h"
#include <fcntl.h>
#include <libdeflate.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct running {
    struct load_phase *phase;
    int port;
    int64_t start_ns;
    _Atomic uint32_t next;
    int64_t *latencies;
};

static void sleep_until(int64_t mono_ns)
{
    const struct timespec at = {mono_ns / PYR_NS_PER_S, mono_ns % PYR_NS_PER_S};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void *send_some(void *arg)
{
    struct running *r = arg;
    struct load_client c;
    load_client_open(&c, r->port);
    for (;;) {
        const uint32_t i = r->next++;
        if (i >= r->phase->count)
            break;
        int64_t due = pyr_mono_ns();
        if (r->phase->rate > 0) {
            due = r->start_ns + (int64_t)((double)i / r->phase->rate * 1e9);
            sleep_until(due);
        }
        struct pyr_span body;
        const int status = load_client_call(&c, r->phase->requests[i].bytes, &body);
        if (status != 200)
            load_fail("an upload was answered %d: %.*s", status, (int)body.len, (const char *)body.ptr);
        r->latencies[i] = pyr_mono_ns() - due;
    }
    load_client_close(&c);
    return NULL;
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double percentile(int64_t *sorted, uint64_t count, double p)
{
    return count ? (double)sorted[(uint64_t)((double)(count - 1) * p)] : 0;
}

enum { SYNC_FILE_BYTES = 16 << 20, SYNCS_MAX = 1 << 20 };

struct syncer {
    int fd;
    size_t bytes;
    _Atomic bool stop;
    int64_t *latencies;
    uint64_t count;
};

static void *sync_over_and_over(void *arg)
{
    struct syncer *s = arg;
    uint8_t *bytes = pyr_calloc(1, s->bytes);
    uint64_t at = 0;
    uint64_t random = 1;
    while (!s->stop && s->count < SYNCS_MAX) {
        memset(bytes, (int)load_random(&random), s->bytes);
        const int64_t start = pyr_mono_ns();
        LOAD_CHECK(pwrite(s->fd, bytes, s->bytes, (off_t)at) == (ssize_t)s->bytes && fdatasync(s->fd) == 0);
        s->latencies[s->count++] = pyr_mono_ns() - start;
        at = (at + s->bytes) % (SYNC_FILE_BYTES - s->bytes);
        usleep(2000);
    }
    pyr_free(bytes);
    return NULL;
}

static void syncer_start(struct syncer *s, pthread_t *thread, const char *file, size_t bytes)
{
    s->fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    s->bytes = bytes;
    s->latencies = pyr_calloc(SYNCS_MAX, sizeof(int64_t));
    uint8_t *zeros = pyr_calloc(1, SYNC_FILE_BYTES);
    LOAD_CHECK(s->fd >= 0 && s->latencies != NULL && zeros != NULL);
    LOAD_CHECK(pwrite(s->fd, zeros, SYNC_FILE_BYTES, 0) == SYNC_FILE_BYTES && fsync(s->fd) == 0);
    pyr_free(zeros);
    LOAD_CHECK(pthread_create(thread, NULL, sync_over_and_over, s) == 0);
}

static void syncer_stop(struct syncer *s, pthread_t thread, struct load_phase *ph)
{
    s->stop = true;
    pthread_join(thread, NULL);
    qsort(s->latencies, s->count, sizeof(int64_t), ascending);
    ph->sync_p50_ns = percentile(s->latencies, s->count, 0.5);
    ph->sync_p99_ns = percentile(s->latencies, s->count, 0.99);
    ph->syncs = s->count;
    pyr_free(s->latencies);
    close(s->fd);
}

/* What the same bytes cost to inflate, in CPU time: the yardstick. */
static double measure_inflate(const struct load_phase *ph)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    uint8_t *out = pyr_malloc(16 << 20);
    LOAD_CHECK(d != NULL && out != NULL);
    const int64_t start = pyr_thread_cpu_ns();
    for (uint32_t i = 0; i < ph->count; i++) {
        const struct load_request *r = &ph->requests[i];
        LOAD_CHECK(libdeflate_gzip_decompress(d, r->compressed.ptr, r->compressed.len, out, r->raw_bytes, NULL) ==
                   LIBDEFLATE_SUCCESS);
    }
    const double each = (double)(pyr_thread_cpu_ns() - start) / ph->count;
    pyr_free(out);
    libdeflate_free_decompressor(d);
    return each;
}

void load_phase_run(struct load_phase *ph, const struct load_process *server, const char *sync_file, size_t sync_bytes)
{
    struct running r = {.phase = ph, .port = server->port, .latencies = pyr_calloc(ph->count, sizeof(int64_t))};
    pthread_t senders[LOAD_CONNECTIONS_MAX], sync_thread;
    struct syncer syncer = {0};
    LOAD_CHECK(r.latencies != NULL && ph->connections <= LOAD_CONNECTIONS_MAX);
    if (sync_file != NULL)
        syncer_start(&syncer, &sync_thread, sync_file, sync_bytes);
    const int64_t cpu = load_process_cpu_ns(server);
    r.start_ns = pyr_mono_ns() + 5 * PYR_NS_PER_MS;
    for (uint32_t i = 0; i < ph->connections; i++)
        LOAD_CHECK(pthread_create(&senders[i], NULL, send_some, &r) == 0);
    for (uint32_t i = 0; i < ph->connections; i++)
        pthread_join(senders[i], NULL);
    ph->seconds = (double)(pyr_mono_ns() - r.start_ns) / 1e9;
    ph->cpu_ns_each = (double)(load_process_cpu_ns(server) - cpu) / ph->count;
    if (sync_file != NULL)
        syncer_stop(&syncer, sync_thread, ph);
    ph->inflate_ns_each = measure_inflate(ph);
    qsort(r.latencies, ph->count, sizeof(int64_t), ascending);
    ph->p50_ns = percentile(r.latencies, ph->count, 0.5);
    ph->p99_ns = percentile(r.latencies, ph->count, 0.99);
    pyr_free(r.latencies);
}
