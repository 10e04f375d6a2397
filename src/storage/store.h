/* store.h - the storage engine as ingest and query see it: profiles go in as rows of series, come out as sums over
 * stack ids. Everything below (log, generations, partitions, intern tables, series index, row index) is behind this.
 *
 * Words: tenant > partition (tenant x service) > series (a label set with its sample types) > row group (one profile of
 * one series). Symbols and stacks are interned per partition and generation. A *stream* is one sample type of a series:
 * what a profile type id and a label selector pick. Readers see a row only once it is durable. */
#ifndef PYR_STORAGE_STORE_H
#define PYR_STORAGE_STORE_H
#include "base/completion.h"
#include "base/vfs.h"
#include "profile/labels.h"
#include "profile/profile.h"
#include "storage/log.h"

struct pyr_store;

struct pyr_store_settings {
    struct pyr_vfs *vfs; /* NULL: the real disk */
    const char *dir;     /* created when absent; locked */
    enum pyr_log_sync sync;
    int64_t sync_interval_ns;
    uint64_t disk_bytes_max; /* 0 = no limit */
    uint64_t free_bytes_min;
    size_t table_bytes_max;        /* intern tables and indexes of all generations; at it: 503 */
    size_t generation_table_bytes; /* 64 MiB: a generation ends at this size of tables, */
    uint64_t generation_log_bytes; /* 1 GiB: or of log, */
    int64_t generation_age_ns;     /* 30 min: or at this age */
    uint32_t partition_nodes_max;  /* or when a partition reaches this many stack nodes; 4 M */
    size_t table_copy_bytes;       /* 16 MiB: a partition's tables are logged again after so many bytes of frames, or
                                    * sixteen times what the tables take if that is more */
    uint32_t tenant_series_max;    /* live series a tenant and generation; over it: PYR_E_LIMIT */
    size_t segment_bytes, first_segment_bytes, queue_bytes_max;
    int64_t retry_ns;
};
void pyr_store_settings_default(struct pyr_store_settings *s);

PYR_MUST_USE pyr_err pyr_store_open(const struct pyr_store_settings *s, struct pyr_store **out, struct pyr_diag *diag);
/* Syncs what was appended, completes it, closes. No reader may hold a snapshot. */
void pyr_store_close(struct pyr_store *store);

/* ---- writing ---- */

/* A label set with its sample types. Labels sorted by name, unique, without the derived ones (__type__, __unit__,
 * __period_type__, __period_unit__, __profile_type__, __service_name__): those follow from `types` and service_name. */
struct pyr_series_key {
    const struct pyr_label *labels;
    uint32_t label_count;
    const struct pyr_value_type *types;
    uint32_t type_count;               /* 1..16 */
    struct pyr_value_type period_type; /* type.len == 0: none */
};

/* One profile of one series: some samples of a decoded profile. */
struct pyr_write_row {
    struct pyr_series_key series;
    int64_t time_ns, duration_ns, period;
    uint8_t identity[16];    /* all zero: not known; see pyr_store_append */
    const uint32_t *samples; /* indices into profile->samples */
    uint32_t sample_count;
    /* Per entry of `samples`, or NULL where the source has none. */
    const uint64_t *span_ids; /* 0 = none */
    const uint8_t (*trace_ids)[16];
    const int64_t *times_ns;
    /* Value columns of the row: column k of the row is the profile's type column[k]; count = series.type_count. */
    const uint32_t *columns;
};

/* The rows of one profile, all of one partition. */
struct pyr_write {
    struct pyr_str tenant, service;
    const struct pyr_profile *profile;
    const struct pyr_write_row *rows;
    uint32_t row_count;
};

/* Interns, encodes, queues. Errors are decided before anything is queued (PYR_E_UNAVAILABLE, PYR_E_LIMIT, PYR_E_NOMEM:
 * nothing was stored, `done` is not called). PYR_OK: `done` completes once all of it is durable; nothing of the writes is
 * referred to after the call returns. Equal stacks (with equal span, trace and time) of a row are summed; sums saturate.
 * Rows whose identity was seen in the recent window are not stored again: `done` then waits for the original. */
PYR_MUST_USE pyr_err pyr_store_append(struct pyr_store *store, const struct pyr_write *writes, uint32_t count,
                                      struct pyr_completion *done, struct pyr_diag *diag);

/* ---- reading ---- */

/* A set of generations, pinned: nothing in it goes away, and exactly the rows that were durable when it was taken are in
 * it, whatever is appended meanwhile. So what pyr_partition_stack_count says after the pin covers every stack id of the
 * snapshot's rows. Any number of threads may use one. NULL when memory is out. */
struct pyr_snapshot;
struct pyr_snapshot *pyr_store_pin(struct pyr_store *store);
void pyr_snapshot_unpin(struct pyr_snapshot *snap);

/* name OP value. A predicate is asked once per distinct value of the name; an absent label has the value "". */
struct pyr_matcher {
    struct pyr_str name;
    bool negated;         /* != and !~ */
    struct pyr_str equal; /* used when predicate is NULL */
    bool (*predicate)(void *ctx, struct pyr_str value);
    void *ctx;
};

struct pyr_partition; /* of one generation: its intern tables */
struct pyr_series;    /* of one partition */

struct pyr_stream {
    struct pyr_partition *partition;
    struct pyr_series *series;
    uint32_t type; /* index of the sample type */
};

struct pyr_time_range {
    int64_t from_ns, until_ns; /* both inclusive */
};

/* The streams of these tenants that match all matchers (derived labels match too) and have a durable row in the range,
 * sorted by partition. The array is the arena's. */
PYR_MUST_USE pyr_err pyr_snapshot_select(struct pyr_snapshot *snap, const struct pyr_str *tenants,
                                         uint32_t tenant_count, const struct pyr_matcher *matchers,
                                         uint32_t matcher_count, struct pyr_time_range range, struct pyr_arena *arena,
                                         struct pyr_stream **out, uint32_t *out_count, struct pyr_diag *diag);

/* Distinct names (derived ones included), or values of one name, over the streams that select would give; sorted by
 * bytes. From the index: no row is touched. */
PYR_MUST_USE pyr_err pyr_snapshot_label_names(struct pyr_snapshot *snap, const struct pyr_str *tenants,
                                              uint32_t tenant_count, const struct pyr_matcher *matchers,
                                              uint32_t matcher_count, struct pyr_time_range range,
                                              struct pyr_arena *arena, struct pyr_str **out, uint32_t *out_count,
                                              struct pyr_diag *diag);
PYR_MUST_USE pyr_err pyr_snapshot_label_values(struct pyr_snapshot *snap, const struct pyr_str *tenants,
                                               uint32_t tenant_count, struct pyr_str name,
                                               const struct pyr_matcher *matchers, uint32_t matcher_count,
                                               struct pyr_time_range range, struct pyr_arena *arena,
                                               struct pyr_str **out, uint32_t *out_count, struct pyr_diag *diag);

/* All labels of a stream, derived ones included, sorted by name; views live as long as the snapshot, the array is the
 * arena's. NULL when the arena is full. */
struct pyr_label *pyr_stream_labels(const struct pyr_stream *s, struct pyr_arena *arena, uint32_t *count);
/* Value of one label ("" when absent). */
struct pyr_str pyr_stream_label(const struct pyr_stream *s, struct pyr_str name);
struct pyr_value_type pyr_stream_type(const struct pyr_stream *s);
struct pyr_value_type pyr_stream_period_type(const struct pyr_stream *s);
struct pyr_str pyr_stream_tenant(const struct pyr_stream *s);
/* Times of the oldest and the newest profile of its series, those included that came since the snapshot. */
struct pyr_time_range pyr_stream_times(const struct pyr_stream *s);

/* Rows of one series in a range, in order of time, read back from the log. */
struct pyr_row_cursor; /* opaque; the arena's */
struct pyr_row {
    int64_t time_ns, duration_ns, period;
    uint8_t identity[16];
    uint32_t entry_count;
    const int64_t *totals; /* per sample type, over its entries, saturated */
    void *impl;
};
/* `entries` false: only times and totals are read (time lines): pyr_row_add and pyr_row_entries must not be called. A cursor
 * belongs to one thread. */
PYR_MUST_USE pyr_err pyr_rows_open(struct pyr_snapshot *snap, const struct pyr_stream *series_of,
                                   struct pyr_time_range range, bool entries, struct pyr_arena *arena,
                                   struct pyr_row_cursor **out, struct pyr_diag *diag);
/* *row = NULL at the end; it is valid until the next call. A row whose bytes do not decode is PYR_E_CORRUPT and names its place; the next call goes on. */
PYR_MUST_USE pyr_err pyr_rows_next(struct pyr_row_cursor *c, const struct pyr_row **row, struct pyr_diag *diag);
/* sums[stack id] += value of sample type `type`, saturating; sums has pyr_partition_stack_count() places. */
PYR_MUST_USE pyr_err pyr_row_add(const struct pyr_row *row, uint32_t type, int64_t *sums, struct pyr_diag *diag);
/* The same row entry by entry, for filters by span or trace and for tests. span_ids, trace_ids, times are NULL where the row has none. */
struct pyr_row_entries {
    const uint32_t *stacks;
    const int64_t *values; /* of the type asked for */
    const uint64_t *span_ids;
    const uint8_t (*trace_ids)[16];
    const int64_t *times_ns;
    uint32_t count;
};
PYR_MUST_USE pyr_err pyr_row_entries(const struct pyr_row *row, uint32_t type, struct pyr_arena *arena,
                                     struct pyr_row_entries *out, struct pyr_diag *diag);

/* The intern tables of a partition, as far as published; ids below the counts never change. Parents have smaller ids
 * than their children; node 0 is the root (its parent is itself, its location is none). Any thread, no lock. */
uint32_t pyr_partition_stack_count(const struct pyr_partition *p);
uint32_t pyr_partition_node_count(const struct pyr_partition *p);
uint32_t pyr_partition_stack_node(const struct pyr_partition *p, uint32_t stack);
struct pyr_node {
    uint32_t parent, location;
};
struct pyr_node pyr_partition_node(const struct pyr_partition *p, uint32_t node);
/* The nodes of stacks [from, from + count), which are contiguous in memory: returns the first and how many (for fast scans). */
const uint32_t *pyr_partition_stack_nodes(const struct pyr_partition *p, uint32_t from, uint32_t *count);
struct pyr_location pyr_partition_location(const struct pyr_partition *p,
                                           uint32_t location); /* line_first: into lines */
struct pyr_line pyr_partition_line(const struct pyr_partition *p, uint32_t line);
struct pyr_function pyr_partition_function(const struct pyr_partition *p, uint32_t function);
struct pyr_mapping pyr_partition_mapping(const struct pyr_partition *p, uint32_t mapping);
struct pyr_str pyr_partition_string(const struct pyr_partition *p, uint32_t string);
uint32_t pyr_partition_location_count(const struct pyr_partition *p);

/* ---- state ---- */
struct pyr_store_stats {
    struct pyr_log_stats log;
    uint64_t generations, partitions, series, rows, repeats;
    uint64_t
        lost_frames; /* found by the replay without what they build on (damage before them); log.damaged_frames has all */
    uint64_t table_bytes, row_index_bytes;
    int64_t oldest_ns, newest_ns; /* times of profiles; 0 when there are none */
    bool writable;
    char why_not[200];
};
void pyr_store_stats(struct pyr_store *store, struct pyr_store_stats *out);
/* Ends the open generation now (tests, shutdown). */
PYR_MUST_USE pyr_err pyr_store_freeze(struct pyr_store *store, struct pyr_diag *diag);
#endif
