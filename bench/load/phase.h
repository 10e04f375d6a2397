/* phase.h - sending a run of requests: as fast as they are answered (closed loop), or at a fixed rate whatever the
 * answers do (open loop; a latency counts from the moment its request was due). */
#ifndef PYR_BENCH_PHASE_H
#define PYR_BENCH_PHASE_H
#include "load/body.h"
#include "load/process.h"

enum { LOAD_CONNECTIONS_MAX = 256 };

struct load_phase {
    const struct load_request *requests;
    uint32_t count, connections;
    double rate; /* requests a second; 0 = closed loop */
    /* Results. */
    double seconds, cpu_ns_each, inflate_ns_each;
    double p50_ns, p99_ns;
    double sync_p50_ns, sync_p99_ns; /* of a fdatasync alone beside it, when a sync file was given */
    uint64_t syncs;
};
/* `sync_file`: NULL, or a file to create where a thread writes and syncs `sync_bytes` over and over while the phase
 * runs, on blocks already written, as the log does. */
void load_phase_run(struct load_phase *ph, const struct load_process *server, const char *sync_file, size_t sync_bytes);
#endif
