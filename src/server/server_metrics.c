#include "server/server_metrics.h"
#include "base/metrics.h"
#include "base/time.h"
#include "base/version.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Counting series takes a walk over them: once for all the gauges of a scrape. */
static const struct pyr_store_stats *stats_of(void *ctx)
{
    struct pyr_server_metrics *m = ctx;
    if (m->round != pyr_metrics_round()) {
        pyr_store_stats(m->store, &m->stats);
        m->round = pyr_metrics_round();
    }
    return &m->stats;
}

#define STORE_VALUE(name, expression)                                                                                  \
    static double name(void *ctx)                                                                                      \
    {                                                                                                                  \
        const struct pyr_store_stats *s = stats_of(ctx);                                                               \
        return (double)(expression);                                                                                   \
    }
STORE_VALUE(log_disk_bytes, s->log.disk_bytes)
STORE_VALUE(log_segments, s->log.segments)
STORE_VALUE(log_queued_bytes, s->log.queued_bytes)
STORE_VALUE(log_damaged, s->log.damaged_frames)
STORE_VALUE(lost_frames, s->lost_frames)
STORE_VALUE(generations, s->generations)
STORE_VALUE(partitions, s->partitions)
STORE_VALUE(series, s->series)
STORE_VALUE(rows, s->rows)
STORE_VALUE(repeats, s->repeats)
STORE_VALUE(table_bytes, s->table_bytes)
STORE_VALUE(row_index_bytes, s->row_index_bytes)
STORE_VALUE(writable, s->writable)
STORE_VALUE(oldest, (double)s->oldest_ns / 1e9)
STORE_VALUE(newest, (double)s->newest_ns / 1e9)

static double heap_bytes(void *ctx)
{
    (void)ctx;
    return (double)pyr_mem_in_use();
}

static double request_bytes(void *ctx)
{
    const struct pyr_server_metrics *m = ctx;
    return (double)pyr_budget_used(m->requests);
}

static double memory_limit(void *ctx)
{
    const struct pyr_server_metrics *m = ctx;
    return (double)m->settings->memory_limit;
}

static double table_bytes_limit(void *ctx)
{
    const struct pyr_server_metrics *m = ctx;
    return (double)m->settings->table_bytes;
}

static double request_bytes_limit(void *ctx)
{
    const struct pyr_server_metrics *m = ctx;
    return (double)m->settings->request_bytes;
}

static double resident_bytes(void *ctx)
{
    unsigned long long whole, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    (void)ctx;
    if (file != NULL) {
        if (fscanf(file, "%llu %llu", &whole, &resident) != 2)
            resident = 0;
        (void)fclose(file);
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void *ctx)
{
    struct timespec t = {0};
    (void)ctx;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double started(void *ctx)
{
    const struct pyr_server_metrics *m = ctx;
    return m->started;
}

static const struct {
    bool counter;
    const char *name, *help;
    double (*value)(void *ctx);
} asked[] = {
    {false, "pyroscope_log_disk_bytes", "Bytes of log segments on disk.", log_disk_bytes},
    {false, "pyroscope_log_segments", "Log segments on disk.", log_segments},
    {false, "pyroscope_log_queued_bytes", "Bytes that wait for the log's writer.", log_queued_bytes},
    {true, "pyroscope_log_damaged_frames_total", "Records found damaged at the start.", log_damaged},
    {false, "pyroscope_store_lost_frames", "Records found at the start that build on damaged ones: of no use.",
     lost_frames},
    {false, "pyroscope_store_generations", "Generations that are queried.", generations},
    {false, "pyroscope_store_partitions", "Partitions of all generations.", partitions},
    {false, "pyroscope_store_series", "Series of all generations.", series},
    {true, "pyroscope_store_rows_total", "Row groups stored.", rows},
    {true, "pyroscope_store_repeats_total", "Uploads recognised as repeated and not stored again.", repeats},
    {false, "pyroscope_store_table_bytes", "Memory of symbol tables, stack trees and indexes.", table_bytes},
    {false, "pyroscope_store_table_limit_bytes", "Most memory of those.", table_bytes_limit},
    {false, "pyroscope_store_row_index_bytes", "Memory of the row index.", row_index_bytes},
    {false, "pyroscope_store_writable", "1 while profiles are taken, 0 while they get 503.", writable},
    {false, "pyroscope_store_oldest_profile_seconds", "Time of the oldest profile; 0 without any.", oldest},
    {false, "pyroscope_store_newest_profile_seconds", "Time of the newest profile; 0 without any.", newest},
    {false, "pyroscope_memory_limit_bytes", "The memory limit of the settings.", memory_limit},
    {false, "pyroscope_heap_bytes", "Memory allocated by the program itself.", heap_bytes},
    {false, "pyroscope_request_memory_bytes", "Memory that requests hold for decoding and answering.", request_bytes},
    {false, "pyroscope_request_memory_limit_bytes", "Most memory of that.", request_bytes_limit},
    {false, "process_resident_memory_bytes", "Memory of the process.", resident_bytes},
    {true, "process_cpu_seconds_total", "CPU time of the process.", cpu_seconds},
    {false, "process_start_time_seconds", "When the server started, in seconds since 1970.", started},
};

void pyr_server_metrics_add(struct pyr_server_metrics *m, const struct pyr_settings *s, struct pyr_store *store,
                            const struct pyr_budget *requests)
{
    *m = (struct pyr_server_metrics){
        .store = store, .settings = s, .requests = requests, .started = (double)pyr_wall_ns() / 1e9};
    for (size_t i = 0; i < PYR_COUNT_OF(asked); i++)
        (asked[i].counter ? pyr_counter_callback : pyr_gauge_callback)(asked[i].name, asked[i].help, asked[i].value, m);
    const struct pyr_metric_label labels[] = {{"version", pyr_str_of(pyr_version)},
                                              {"revision", pyr_str_of(pyr_revision)}};
    pyr_metric_set(pyr_gauge("pyroscope_build_info", "Which program this is; always 1.", labels, 2), 1);
}

void pyr_server_metrics_remove(struct pyr_server_metrics *m)
{
    pyr_metric_callback_remove(m);
}
