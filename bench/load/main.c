/* bench_load: profiles of a simulated fleet against the real server, and what it cost.
 *
 * Ten simulated minutes: each series uploads a CPU profile of its last 15 s. Each service draws its stacks from a
 * process fitted to a recorded Go server (draw.h), so new stacks keep appearing. The first half is sent as fast as the
 * server answers, the second half at half that rate, from many connections, half over /ingest, half over Connect.
 *
 *     bench_load PROGRAM [--series N] [--services N] [--samples N] [--folder DIR] [--connections N] */
#include "base/time.h"
#include "load/client.h"
#include "load/fail.h"
#include "load/phase.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { UPLOAD_S = 15, SIMULATED_S = 600 };

struct options {
    const char *program, *folder, *data;
    uint32_t series, services, samples, connections;
};

static struct options read_options(int argc, char **argv)
{
    struct options o = {
        .folder = "/tmp", .data = "bench/data", .series = 200, .services = 10, .samples = 600, .connections = 16};
    static const struct option longs[] = {{"series", 1, 0, 's'}, {"services", 1, 0, 'v'}, {"samples", 1, 0, 'n'},
                                          {"folder", 1, 0, 'f'}, {"data", 1, 0, 'd'},     {"connections", 1, 0, 'c'},
                                          {0, 0, 0, 0}};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 's':
            o.series = (uint32_t)atoi(optarg);
            break;
        case 'v':
            o.services = (uint32_t)atoi(optarg);
            break;
        case 'n':
            o.samples = (uint32_t)atoi(optarg);
            break;
        case 'f':
            o.folder = optarg;
            break;
        case 'd':
            o.data = optarg;
            break;
        case 'c':
            o.connections = (uint32_t)atoi(optarg);
            break;
        default:
            load_fail(
                "usage: bench_load PROGRAM [--series N] [--services N] [--samples N] [--folder DIR] [--connections N]");
        }
    }
    if (optind + 1 != argc || o.series == 0 || o.services == 0 || o.series < o.services || o.samples == 0 ||
        o.connections == 0)
        load_fail("usage: bench_load PROGRAM [--series N >= services] [--services N] [--samples N] [--folder DIR] "
                  "[--connections N]");
    o.program = argv[optind];
    return o;
}

/* All requests of the simulated minutes, in order of time. */
static struct load_request *build_all(const struct options *o, struct load_source *source, struct pyr_arena *arena,
                                      uint32_t *count)
{
    const struct load_fit fit =
        load_fit_growth(source->draws_one, source->distinct_one, source->draws_all, source->distinct_all);
    printf("stacks: fitted to %.0f distinct after %.0f samples, %.0f after %.0f: theta %.0f, discount %.2f\n",
           source->distinct_one, source->draws_one, source->distinct_all, source->draws_all, fit.theta, fit.discount);
    struct load_draws *draws = pyr_calloc(o->services, sizeof(*draws));
    struct load_series *series = pyr_calloc(o->series, sizeof(*series));
    const uint32_t rounds = SIMULATED_S / UPLOAD_S;
    *count = rounds * o->series;
    struct load_request *requests = pyr_calloc(*count, sizeof(*requests));
    LOAD_CHECK(draws != NULL && series != NULL && requests != NULL);
    for (uint32_t i = 0; i < o->services; i++)
        load_draws_init(&draws[i], source, fit, i + 1);
    for (uint32_t i = 0; i < o->series; i++) {
        snprintf(series[i].service, sizeof(series[i].service), "service-%02u", i % o->services);
        snprintf(series[i].instance, sizeof(series[i].instance), "pod-%04u", i);
        snprintf(series[i].session, sizeof(series[i].session), "%016x", i + 1);
        series[i].path = i % 2 ? LOAD_CONNECT : LOAD_INGEST;
    }
    const int64_t begin = pyr_wall_ns() - SIMULATED_S * PYR_NS_PER_S;
    for (uint32_t k = 0; k < *count; k++) {
        const uint32_t i = k % o->series;
        const int64_t time = begin + (int64_t)(k / o->series) * UPLOAD_S * PYR_NS_PER_S + i * 1000003;
        requests[k] =
            load_request_build(&draws[i % o->services], &series[i], o->samples, time, UPLOAD_S * PYR_NS_PER_S, arena);
    }
    printf("stacks: %u distinct in the first service after %llu samples\n", draws[0].stack_count,
           (unsigned long long)draws[0].draw_count);
    for (uint32_t i = 0; i < o->services; i++)
        load_draws_free(&draws[i]);
    pyr_free(draws);
    pyr_free(series);
    return requests;
}

struct question {
    const char *what, *path, *body;
};

/* Median of a few calls, in ms; and the bytes of the answer. */
static void ask(struct load_client *c, const struct question *q, int64_t begin_ms, int64_t end_ms)
{
    char body[1024], request[2048];
    snprintf(body, sizeof(body), "{%s\"start\":\"%lld\",\"end\":\"%lld\"}", q->body, (long long)begin_ms,
             (long long)end_ms);
    const int len =
        snprintf(request, sizeof(request),
                 "POST /querier.v1.QuerierService/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 q->path, strlen(body), body);
    double best = 1e9;
    struct pyr_span answer = {0};
    for (int i = 0; i < 5; i++) {
        const int64_t start = pyr_mono_ns();
        const int status = load_client_call(c, (struct pyr_span){(const uint8_t *)request, (size_t)len}, &answer);
        if (status != 200)
            load_fail("%s was answered %d: %.*s", q->path, status, (int)answer.len, (const char *)answer.ptr);
        const double ms = (double)(pyr_mono_ns() - start) / 1e6;
        best = ms < best ? ms : best;
    }
    printf("| %-42s | %9.2f | %10zu |\n", q->what, best, answer.len);
}

static void ask_all(const struct load_process *server)
{
#define CPU_TYPE "\"profileTypeID\":\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\","
    static const struct question questions[] = {
        {"profile types", "ProfileTypes", ""},
        {"label values of instance", "LabelValues", "\"name\":\"instance\","},
        {"series, two labels", "Series", "\"labelNames\":[\"service_name\",\"__profile_type__\"],"},
        {"flame graph, one pod", "SelectMergeStacktraces",
         CPU_TYPE "\"labelSelector\":\"{instance=\\\"pod-0000\\\"}\","},
        {"flame graph, one service", "SelectMergeStacktraces",
         CPU_TYPE "\"labelSelector\":\"{service_name=\\\"service-00\\\"}\","},
        {"flame graph, all services", "SelectMergeStacktraces", CPU_TYPE "\"labelSelector\":\"{}\","},
        {"time line, one service", "SelectSeries",
         CPU_TYPE "\"step\":15,\"labelSelector\":\"{service_name=\\\"service-00\\\"}\","},
        {"time line, all, by service", "SelectSeries",
         CPU_TYPE "\"step\":15,\"groupBy\":[\"service_name\"],\"labelSelector\":\"{}\","},
    };
    const int64_t now = pyr_wall_ns() / PYR_NS_PER_MS;
    struct load_client c;
    load_client_open(&c, server->port);
    printf("\n| query, ten minutes                         | best, ms  | bytes      |\n|---|---|---|\n");
    for (size_t i = 0; i < PYR_COUNT_OF(questions); i++)
        ask(&c, &questions[i], now - 2 * SIMULATED_S * 1000, now + 60000);
    load_client_close(&c);
}

static void report(const struct load_phase *closed, const struct load_phase *open, const struct load_process *server,
                   double log_bytes)
{
    printf("\n| what | measured |\n|---|---|\n");
    printf("| ready to serve on an empty store | %.1f ms |\n", server->ready_ms);
    printf("| CPU per profile, closed loop | %.2f x inflating it (%.0f us, %.0f us) |\n",
           closed->cpu_ns_each / closed->inflate_ns_each, closed->cpu_ns_each / 1e3, closed->inflate_ns_each / 1e3);
    printf("| CPU per profile, half load | %.2f x inflating it (%.0f us) |\n",
           open->cpu_ns_each / open->inflate_ns_each, open->cpu_ns_each / 1e3);
    printf("| highest rate, %u connections | %.0f profiles/s |\n", closed->connections,
           closed->count / closed->seconds);
    printf("| acknowledgement at half of it (%.0f/s), open loop | p50 %.2f ms, p99 %.2f ms |\n", open->rate,
           open->p50_ns / 1e6, open->p99_ns / 1e6);
    printf("| one fdatasync beside it (%llu of them) | p50 %.2f ms, p99 %.2f ms |\n", (unsigned long long)open->syncs,
           open->sync_p50_ns / 1e6, open->sync_p99_ns / 1e6);
    printf("| acknowledgement p99 / fdatasync p99 | %.2f x |\n", open->p99_ns / open->sync_p99_ns);
    printf("| log, second half | %.0f bytes a profile |\n", log_bytes / open->count);
    printf("| peak memory | %.0f MiB |\n", (double)load_process_peak_bytes(server) / 1048576);
}

int main(int argc, char **argv)
{
    const struct options o = read_options(argc, argv);
    struct load_source source;
    struct pyr_arena arena;
    pyr_arena_init(&arena, SIZE_MAX, NULL);
    load_source_open(&source, o.data);
    char folder[200], sync_file[256];
    snprintf(folder, sizeof(folder), "%s/pyroscope-bench-XXXXXX", o.folder);
    LOAD_CHECK(mkdtemp(folder) != NULL);
    snprintf(sync_file, sizeof(sync_file), "%s/sync", folder);
    struct load_process server;
    load_process_start(&server, o.program, folder);
    /* Built after the server was started: forking a process of half a gigabyte would count as the server's start. */
    uint32_t count;
    struct load_request *requests = build_all(&o, &source, &arena, &count);
    printf("load: %u series of %u services, %u samples a profile, %u profiles\n", o.series, o.services, o.samples,
           count);

    struct load_phase closed = {.requests = requests, .count = count / 2, .connections = o.connections};
    load_phase_run(&closed, &server, NULL, 0);
    const double log_before = load_process_metric(&server, "pyroscope_log_bytes_total");
    struct load_phase open = {.requests = requests + count / 2,
                              .count = count - count / 2,
                              .connections = o.connections * 4,
                              .rate = closed.count / closed.seconds / 2};
    load_phase_run(&open, &server, sync_file, 4096);
    const double log_bytes = load_process_metric(&server, "pyroscope_log_bytes_total") - log_before;
    report(&closed, &open, &server, log_bytes);
    ask_all(&server);

    load_process_stop(&server);
    char command[512];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    const int removed = system(command);
    pyr_free(requests);
    load_source_close(&source);
    pyr_arena_free(&arena);
    return removed == 0 ? 0 : 1;
}
