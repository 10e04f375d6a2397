/* process.h - the server under test as a child process: started on a free port with a store of its own, measured from
 * /proc. */
#ifndef PYR_BENCH_PROCESS_H
#define PYR_BENCH_PROCESS_H
#include <stdint.h>
#include <sys/types.h>

struct load_process {
    pid_t pid;
    int port;
    double ready_ms; /* from exec to the first 200 of /ready */
    char store[256];
};
/* Exits with a message when it does not become ready. `folder` holds the store. */
void load_process_start(struct load_process *p, const char *program, const char *folder);
void load_process_stop(struct load_process *p);                 /* SIGTERM, waits */
int64_t load_process_cpu_ns(const struct load_process *p);      /* all threads, user and system */
uint64_t load_process_peak_bytes(const struct load_process *p); /* VmHWM */
/* Value of a metric without labels from /metrics; 0 when it is not there. */
double load_process_metric(const struct load_process *p, const char *name);
#endif
