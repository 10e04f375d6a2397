/* limits.h - what one tenant may send and ask. The settings give the values (server/settings.h has names, defaults and
 * help). Immutable while the server runs. In samples_max, the ages, query_length and query_lookback 0 means no limit; the
 * others are never 0, but for sessions_max. */
#ifndef PYR_TENANT_LIMITS_H
#define PYR_TENANT_LIMITS_H
#include <stdbool.h>
#include <stdint.h>

struct pyr_limits {
    /* Ingest: over the first group the profile is refused. */
    uint64_t profile_bytes_max; /* of one profile, decompressed */
    uint32_t samples_max;       /* of one profile */
    uint32_t sample_labels_max; /* of one sample */
    uint32_t label_names_max;   /* of one series, all of them counted */
    uint32_t label_name_bytes_max, label_value_bytes_max;
    int64_t older_than_ns_max; /* profiles whose time is that long ago, */
    int64_t newer_than_ns_max; /* or that far ahead, are refused */
    uint32_t series_max;       /* live series */
    /* What is over these is cut. */
    uint32_t stack_depth_max;  /* keeps the locations nearest the root */
    uint32_t symbol_bytes_max; /* keeps a name's end */
    uint32_t sessions_max;     /* __session_id__ modulo this; 0 drops the label */
    bool sanitize_label_names; /* names become [A-Za-z0-9_], the default being to keep any UTF-8 */
    /* Queries. */
    int64_t query_length_ns_max;   /* longer ranges are refused */
    int64_t query_lookback_ns_max; /* `from` is moved up to it */
    int64_t query_timeout_ns;
    uint32_t nodes_default, nodes_max; /* of a flame graph; never 0 */
};
#endif
