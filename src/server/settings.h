/* settings.h - everything one can set of the server, in one table (settings.c) that gives the flags (--name=value), the
 * environment (PYROSCOPE_NAME), the YAML file (--config) and the help. docs/configuration.md is written from it. */
#ifndef PYR_SERVER_SETTINGS_H
#define PYR_SERVER_SETTINGS_H
#include "base/logging.h"
#include "server/options.h"
#include "storage/log.h"
#include "tenant/limits.h"

struct pyr_settings {
    const char *config;
    /* Network. */
    const char *api_bind_addr, *path_prefix;
    uint32_t loops, ingest_workers, query_workers; /* never 0 once loaded */
    uint32_t ingest_queue, query_queue;            /* requests waiting for a worker */
    uint64_t body_bytes_max, inflated_bytes_max, head_bytes_max;
    uint32_t headers_max, connections_max, streams_max;
    int64_t head_timeout_ns, body_timeout_ns, idle_timeout_ns, write_timeout_ns, drain_timeout_ns;
    /* Storage. */
    const char *storage_path;
    uint64_t disk_bytes_max, free_bytes_min;
    int log_sync; /* enum pyr_log_sync */
    int64_t log_sync_interval_ns;
    /* Memory: `memory_limit` and its shares. */
    uint64_t memory_limit;
    uint64_t table_bytes, request_bytes, inflight_bytes, log_queue_bytes;
    /* Messages: enum pyr_log_level, enum pyr_log_format. */
    int log_level, log_format;
    /* Tenants. */
    bool multitenancy, keep_label_names;
    struct pyr_limits limits;

    struct pyr_arena arena; /* owns the strings */
};

/* From the arguments after "server", the environment and the file that they name. On error nothing is left to free. */
PYR_MUST_USE pyr_err pyr_settings_load(struct pyr_settings *s, int argc, char *const *argv, char *const *environment,
                                       struct pyr_diag *diag);
void pyr_settings_free(struct pyr_settings *s);
void pyr_settings_help(FILE *out);
#endif
