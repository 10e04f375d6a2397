/* query.h - one query: the snapshot it reads, whom it may see, and what it may cost.
 *
 * Lives on the stack of the thread that runs it. A budget that is met fails the query with a message that names it; a client that
 * went away or a deadline that passed ends it at the next row. */
#ifndef PYR_QUERY_QUERY_H
#define PYR_QUERY_QUERY_H
#include "query/selector.h"
#include "storage/store.h"

enum { PYR_QUERY_NODES_MAX = 16 << 20 };
#define PYR_QUERY_MEMORY_MAX ((size_t)512 << 20) /* without a budget; else half of the budget, if that is less */

struct pyr_query {
    struct pyr_snapshot *snap; /* pinned by init */
    const struct pyr_str *tenants;
    uint32_t tenant_count;
    struct pyr_selector selector; /* filled by the caller after init */
    struct pyr_time_range range;  /* set by the caller */
    int64_t earliest_ns;          /* series reach back a step before their range, but not before this */
    struct pyr_budget *budget;    /* of all its arenas; shared with other requests, or NULL */
    size_t memory_max;            /* of each of its arenas, bytes */
    struct pyr_arena arena;       /* the query's own; all results that are not said to be elsewhere */
    int64_t deadline_mono_ns;     /* 0 = none */
    bool (*canceled)(const void *ctx);
    const void *canceled_ctx;
    uint64_t rows_read;
    struct pyr_diag *diag;
};

/* `budget` may be NULL. `diag` gets the message of whatever fails. */
void pyr_query_init(struct pyr_query *q, struct pyr_store *store, const struct pyr_str *tenants, uint32_t tenant_count,
                    struct pyr_budget *budget, struct pyr_diag *diag);
void pyr_query_end(struct pyr_query *q);

/* For scratch memory under the query's budget. */
static inline void pyr_query_arena(struct pyr_query *q, struct pyr_arena *arena)
{
    pyr_arena_init(arena, q->memory_max, q->budget);
}

/* The streams that the selector and the range pick. Also PYR_E_LIMIT when a regular expression gave up. */
PYR_MUST_USE pyr_err pyr_query_select(struct pyr_query *q, struct pyr_stream **streams, uint32_t *count);
PYR_MUST_USE pyr_err pyr_query_label_names(struct pyr_query *q, struct pyr_str **out, uint32_t *count);
PYR_MUST_USE pyr_err pyr_query_label_values(struct pyr_query *q, struct pyr_str name, struct pyr_str **out,
                                            uint32_t *count);

/* Reads the next row; *row = NULL at the end. A row whose bytes do not decode is logged and stepped over: what can be
 * read is answered. PYR_E_CANCELED, PYR_E_DEADLINE, or what the store says. */
PYR_MUST_USE pyr_err pyr_query_next_row(struct pyr_query *q, struct pyr_row_cursor *cursor, const struct pyr_row **row);
/* What reading a row said: PYR_E_CORRUPT is logged and forgotten, other errors go into the query's diagnostics. */
PYR_MUST_USE pyr_err pyr_query_step_over(struct pyr_query *q, pyr_err err, const struct pyr_diag *diag);
/* PYR_E_CANCELED or PYR_E_DEADLINE once it is time to stop. */
PYR_MUST_USE pyr_err pyr_query_check(struct pyr_query *q);
/* Turns PYR_E_NOMEM and PYR_E_TOOBIG without a message into one that names the limit; passes everything else on. */
PYR_MUST_USE pyr_err pyr_query_explain(struct pyr_query *q, pyr_err err);

/* Streams of one label set and type: of one series, that is, in several generations. */
struct pyr_stream_group {
    const struct pyr_stream **streams;
    uint32_t count;
    struct pyr_label *labels; /* sorted by name, derived ones included */
    uint32_t label_count;
};
/* In no order. Arrays are the query's arena's. */
PYR_MUST_USE pyr_err pyr_query_group_series(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                                            struct pyr_stream_group **groups, uint32_t *group_count);
#endif
