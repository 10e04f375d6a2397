#include "server/settings.h"
#include "server/machine.h"
#include "server/options_yaml.h"
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define FIELD(member) offsetof(struct pyr_settings, member)
enum { ARENA_BYTES_MAX = 1 << 20 };
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define MEMORY_MIN (64 * MIB)

static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const log_formats[] = {"logfmt", "json", NULL};
static const char *const log_syncs[] = {"batch", "interval", "none", NULL};

static const struct pyr_option table[] = {
    {.name = "config",
     .type = PYR_OPTION_STRING,
     .offset = FIELD(config),
     .fallback = "",
     .not_in_files = true,
     .help = "YAML file with settings; flags and the environment win over it"},

    {.name = "api-bind-addr",
     .type = PYR_OPTION_ADDRESS,
     .offset = FIELD(api_bind_addr),
     .fallback = ":4040",
     .help = "Address to listen on, for everything: the page, the API, and clients that send profiles"},
    {.name = "path-prefix",
     .type = PYR_OPTION_STRING,
     .offset = FIELD(path_prefix),
     .fallback = "",
     .help = "Path under which a reverse proxy shows the server, such as /pyroscope"},
    {.name = "http.loops",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(loops),
     .fallback = "0",
     .most = 1024,
     .help = "Event loops that read and write connections",
     .help_default = "one a processor"},
    {.name = "http.ingest-workers",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(ingest_workers),
     .fallback = "0",
     .most = 1024,
     .help = "Threads that decode profiles",
     .help_default = "one a processor"},
    {.name = "http.query-workers",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(query_workers),
     .fallback = "0",
     .most = 1024,
     .help = "Threads that answer queries, at a lower priority",
     .help_default = "one a processor"},
    {.name = "http.ingest-queue",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(ingest_queue),
     .fallback = "4096",
     .least = 1,
     .help = "Uploads that may wait for a worker; more are answered with 503"},
    {.name = "http.query-queue",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(query_queue),
     .fallback = "512",
     .least = 1,
     .help = "Queries that may wait for a worker; more are answered with 503"},
    {.name = "http.max-body-size",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(body_bytes_max),
     .fallback = "64MiB",
     .least = 1024,
     .help = "Largest request body, as sent"},
    {.name = "http.max-inflated-size",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(inflated_bytes_max),
     .fallback = "0",
     .help = "Largest request body after decompression",
     .help_default = "a sixteenth of the memory limit, at most 256MiB"},
    {.name = "http.max-head-size",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(head_bytes_max),
     .fallback = "64KiB",
     .least = 1024,
     .most = 16 * MIB,
     .help = "Largest request line with all headers"},
    {.name = "http.max-headers",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(headers_max),
     .fallback = "100",
     .least = 8,
     .most = 10000,
     .help = "Most headers of a request"},
    {.name = "http.max-connections",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(connections_max),
     .fallback = "10000",
     .least = 1,
     .help = "Most connections at a time; more wait to be accepted"},
    {.name = "http.max-streams",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(streams_max),
     .fallback = "250",
     .least = 1,
     .help = "Most requests at a time on one HTTP/2 connection"},
    {.name = "http.head-timeout",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(head_timeout_ns),
     .fallback = "10s",
     .least = 1,
     .help = "Longest time for a client to send a request's head"},
    {.name = "http.body-timeout",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(body_timeout_ns),
     .fallback = "30s",
     .least = 1,
     .help = "Longest time without any byte of a body"},
    {.name = "http.idle-timeout",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(idle_timeout_ns),
     .fallback = "2m",
     .least = 1,
     .help = "How long a connection may stay open between requests"},
    {.name = "http.write-timeout",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(write_timeout_ns),
     .fallback = "30s",
     .least = 1,
     .help = "Longest time for a client to take any byte of an answer"},
    {.name = "drain-timeout",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(drain_timeout_ns),
     .fallback = "30s",
     .help = "On SIGTERM: how long accepted requests may take to be answered; a second signal ends it at once"},

    {.name = "storage-path",
     .type = PYR_OPTION_STRING,
     .offset = FIELD(storage_path),
     .fallback = "",
     .help = "Folder for everything that is kept; one server at a time uses it",
     .help_default = "/var/lib/pyroscope as root, else pyroscope in $XDG_DATA_HOME or ~/.local/share"},
    {.name = "disk-bytes-max",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(disk_bytes_max),
     .fallback = "0",
     .help = "Most bytes of profiles on disk; at it new profiles get 503. 0: only min-free-disk bounds it"},
    {.name = "min-free-disk",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(free_bytes_min),
     .fallback = "0",
     .help = "Free space to leave on the file system; below it new profiles get 503",
     .help_default = "a twentieth of the file system, at most 1GiB"},
    {.name = "log-sync",
     .type = PYR_OPTION_WORD,
     .offset = FIELD(log_sync),
     .fallback = "batch",
     .words = log_syncs,
     .help = "When an upload is answered: once it is on disk (batch), or before, with a sync every log-sync-interval "
             "(interval) or whenever the system likes (none)"},
    {.name = "log-sync-interval",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(log_sync_interval_ns),
     .fallback = "100ms",
     .least = 1000000,
     .help = "Time between syncs with log-sync=interval: what a power cut may take"},

    {.name = "memory-limit",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(memory_limit),
     .fallback = "0",
     .help = "Memory to be divided among tables, requests, queues and caches",
     .help_default = "1GiB, or half of the machine or cgroup if that is less"},

    {.name = "log-level",
     .type = PYR_OPTION_WORD,
     .offset = FIELD(log_level),
     .fallback = "info",
     .words = log_levels,
     .help = "Least important messages to write to standard error"},
    {.name = "log-format",
     .type = PYR_OPTION_WORD,
     .offset = FIELD(log_format),
     .fallback = "logfmt",
     .words = log_formats,
     .help = "Form of those messages"},

    {.name = "auth.multitenancy-enabled",
     .type = PYR_OPTION_BOOL,
     .offset = FIELD(multitenancy),
     .fallback = "false",
     .help = "Whether each request names its tenant in X-Scope-OrgID; otherwise all data is the tenant 'anonymous'"},

    {.name = "querier.max-flamegraph-nodes-default",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.nodes_default),
     .fallback = "65536",
     .least = 1,
     .help = "Nodes of a flame graph when a query does not say"},
    {.name = "querier.max-flamegraph-nodes-max",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.nodes_max),
     .fallback = "1048576",
     .least = 1,
     .help = "Most nodes of a flame graph a query may ask for"},
    {.name = "querier.max-query-length",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(limits.query_length_ns_max),
     .fallback = "0",
     .help = "Longest time range of a query; 0: any"},
    {.name = "querier.max-query-lookback",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(limits.query_lookback_ns_max),
     .fallback = "0",
     .help = "How far back a query may look; earlier starts are moved up. 0: any"},
    {.name = "querier.query-timeout",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(limits.query_timeout_ns),
     .fallback = "1m",
     .least = 1000000,
     .help = "Longest time for a query to be answered"},

    {.name = "validation.max-profile-size-bytes",
     .type = PYR_OPTION_BYTES,
     .offset = FIELD(limits.profile_bytes_max),
     .fallback = "0",
     .help = "Largest profile, decompressed; 0: what http.max-inflated-size lets in"},
    {.name = "validation.max-profile-stacktrace-samples",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.samples_max),
     .fallback = "0",
     .help = "Most samples of a profile; 0: any"},
    {.name = "validation.max-profile-stacktrace-sample-labels",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.sample_labels_max),
     .fallback = "100",
     .help = "Most labels of a sample; 0: any"},
    {.name = "validation.max-profile-stacktrace-depth",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.stack_depth_max),
     .fallback = "16384",
     .help = "Deepest stack; what is farther from the root is cut. 0: any"},
    {.name = "validation.max-profile-symbol-value-length",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.symbol_bytes_max),
     .fallback = "65535",
     .least = 16,
     .most = MIB,
     .help = "Longest name of a function or file in bytes; the front of longer ones is cut"},
    {.name = "validation.reject-older-than",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(limits.older_than_ns_max),
     .fallback = "0",
     .help = "Refuse profiles from before so long ago; 0: any"},
    {.name = "validation.reject-newer-than",
     .type = PYR_OPTION_DURATION,
     .offset = FIELD(limits.newer_than_ns_max),
     .fallback = "1h",
     .help = "Refuse profiles from so far in the future; 0: any"},
    {.name = "validation.max-label-names-per-series",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.label_names_max),
     .fallback = "100",
     .least = 8,
     .most = 1000,
     .help = "Most labels of a series, the server's own included"},
    {.name = "validation.max-length-label-name",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.label_name_bytes_max),
     .fallback = "1024",
     .least = 16,
     .most = 65535,
     .help = "Longest name of a label in bytes"},
    {.name = "validation.max-length-label-value",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.label_value_bytes_max),
     .fallback = "8192",
     .least = 16,
     .most = 65535,
     .help = "Longest value of a label in bytes"},
    {.name = "validation.max-sessions-per-series",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.sessions_max),
     .fallback = "0",
     .help = "How many values of __session_id__ are told apart; 0 drops the label"},
    {.name = "validation.disable-label-sanitization",
     .type = PYR_OPTION_BOOL,
     .offset = FIELD(keep_label_names),
     .fallback = "true",
     .help = "Keep names of labels as they are; false: only letters, digits and '_', dots become '_'"},
    {.name = "validation.max-series-per-tenant",
     .type = PYR_OPTION_COUNT,
     .offset = FIELD(limits.series_max),
     .fallback = "1000000",
     .least = 1,
     .help = "Most live series of a tenant; profiles of further ones get 429"},
};

void pyr_settings_help(FILE *out)
{
    pyr_options_help(out, table, PYR_COUNT_OF(table));
}

static bool given(const struct pyr_options *o, const char *name)
{
    return pyr_options_origin(o, name)->source != PYR_FROM_DEFAULT;
}

static pyr_err contradiction(const struct pyr_options *o, const char *a, const char *b, const char *why,
                             struct pyr_diag *diag)
{
    const struct pyr_option_origin *first = pyr_options_origin(o, a), *second = pyr_options_origin(o, b);
    return pyr_fail(diag, PYR_E_INVALID, "%s (%s is '%s' by %s, %s is '%s' by %s)", why, a, first->text, first->where,
                    b, second->text, second->where);
}

static pyr_err check_together(const struct pyr_options *o, const struct pyr_settings *s, struct pyr_diag *diag)
{
    if (s->memory_limit != 0 && s->memory_limit < MEMORY_MIN)
        return pyr_fail(diag, PYR_E_INVALID, "%s: memory-limit: '%s' is less than 64MiB, with which nothing works",
                        pyr_options_origin(o, "memory-limit")->where, pyr_options_origin(o, "memory-limit")->text);
    if (s->limits.nodes_default > s->limits.nodes_max)
        return contradiction(o, "querier.max-flamegraph-nodes-default", "querier.max-flamegraph-nodes-max",
                             "the default number of nodes is over the most", diag);
    if (given(o, "log-sync-interval") && s->log_sync != PYR_LOG_SYNC_INTERVAL)
        return contradiction(o, "log-sync-interval", "log-sync", "an interval has no effect without log-sync=interval",
                             diag);
    if (given(o, "http.max-inflated-size") && s->inflated_bytes_max < s->body_bytes_max)
        return contradiction(o, "http.max-inflated-size", "http.max-body-size",
                             "bodies could be larger as sent than decompressed", diag);
    if (s->path_prefix[0] != '\0' && (s->path_prefix[0] != '/' || strpbrk(s->path_prefix, "?#\"<>&\\ ") != NULL))
        return pyr_fail(diag, PYR_E_INVALID, "%s: path-prefix: '%s' is not a path such as /pyroscope",
                        pyr_options_origin(o, "path-prefix")->where, s->path_prefix);
    return PYR_OK;
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void share_memory(struct pyr_settings *s)
{
    if (s->memory_limit == 0)
        s->memory_limit = least_of(GIB, pyr_machine_memory() / 2);
    s->table_bytes = s->memory_limit / 2;
    s->request_bytes = s->memory_limit / 4;
    s->inflight_bytes = s->memory_limit / 8;
    s->log_queue_bytes = least_of(s->memory_limit / 32, 32 * MIB);
    if (s->inflated_bytes_max == 0)
        s->inflated_bytes_max = least_of(s->memory_limit / 16, 256 * MIB);
    if (s->limits.profile_bytes_max == 0)
        s->limits.profile_bytes_max = s->inflated_bytes_max;
}

static void choose_workers(struct pyr_settings *s)
{
    const uint32_t cores = pyr_machine_cores();
    s->loops = s->loops != 0 ? s->loops : cores;
    s->ingest_workers = s->ingest_workers != 0 ? s->ingest_workers : cores;
    s->query_workers = s->query_workers != 0 ? s->query_workers : cores;
}

static pyr_err choose_folder(struct pyr_settings *s, struct pyr_diag *diag)
{
    if (s->storage_path[0] != '\0')
        return PYR_OK;
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    struct pyr_str path = PYR_STR("/var/lib/pyroscope");
    if (geteuid() != 0) {
        if (data != NULL && data[0] == '/')
            path = pyr_arena_printf(&s->arena, "%s/pyroscope", data);
        else if (home != NULL && home[0] == '/')
            path = pyr_arena_printf(&s->arena, "%s/.local/share/pyroscope", home);
        else
            return pyr_fail(diag, PYR_E_INVALID, "neither HOME nor XDG_DATA_HOME is set: say --storage-path");
    }
    s->storage_path = path.ptr;
    return path.ptr != NULL ? PYR_OK : pyr_fail(diag, PYR_E_NOMEM, "no memory for the settings");
}

static pyr_err trim_prefix(struct pyr_settings *s)
{
    struct pyr_str prefix = pyr_str_of(s->path_prefix);
    while (prefix.len != 0 && prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    s->path_prefix = pyr_arena_str(&s->arena, prefix).ptr;
    return s->path_prefix != NULL ? PYR_OK : PYR_E_NOMEM;
}

/* What the defaults leave to the machine. */
static pyr_err complete(struct pyr_settings *s, const struct pyr_options *o, struct pyr_diag *diag)
{
    PYR_TRY(choose_folder(s, diag));
    PYR_TRY(trim_prefix(s));
    share_memory(s);
    choose_workers(s);
    if (!given(o, "min-free-disk"))
        s->free_bytes_min = least_of(GIB, pyr_machine_disk(s->storage_path) / 20);
    s->limits.sanitize_label_names = !s->keep_label_names;
    if (s->limits.stack_depth_max == 0) /* decoders take a number for "any" */
        s->limits.stack_depth_max = UINT32_MAX;
    if (s->limits.sample_labels_max == 0)
        s->limits.sample_labels_max = UINT32_MAX;
    return PYR_OK;
}

static pyr_err load(struct pyr_settings *s, struct pyr_options *o, int argc, char *const *argv,
                    char *const *environment, struct pyr_diag *diag)
{
    PYR_TRY(pyr_options_init(o, table, PYR_COUNT_OF(table), s, &s->arena, diag));
    PYR_TRY(pyr_options_flags(o, argc, argv, NULL, NULL, diag));
    PYR_TRY(pyr_options_environment(o, "PYROSCOPE_", environment, diag));
    if (s->config[0] != '\0')
        PYR_TRY(pyr_options_yaml(o, s->config, diag));
    PYR_TRY(check_together(o, s, diag));
    return complete(s, o, diag);
}

pyr_err pyr_settings_load(struct pyr_settings *s, int argc, char *const *argv, char *const *environment,
                          struct pyr_diag *diag)
{
    struct pyr_options options;
    *s = (struct pyr_settings){0};
    pyr_arena_init(&s->arena, ARENA_BYTES_MAX, NULL);
    const pyr_err err = load(s, &options, argc, argv, environment, diag);
    if (err != PYR_OK) {
        (void)pyr_fail(diag, err, "no memory for the settings");
        pyr_settings_free(s);
    }
    return err;
}

void pyr_settings_free(struct pyr_settings *s)
{
    pyr_arena_free(&s->arena);
    *s = (struct pyr_settings){0};
}
