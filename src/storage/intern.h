/* intern.h - from a decoded profile's indices to a partition's ids. Only what the written samples use is interned: dense
 * arrays, filled on first use, say what each string, function, mapping and location of the profile became.
 *
 * A row goes through in steps: list the locations, functions and strings that are used for the first time, then intern the
 * strings, the functions, the locations and the stacks, each kind many at a time. The tables are far larger than a core's
 * cache, and misses of one kind do not depend on each other: they overlap.
 *
 * Lives for one write, in a scratch arena, under the partition's lock. */
#ifndef PYR_STORAGE_INTERN_H
#define PYR_STORAGE_INTERN_H
#include "base/arena.h"
#include "storage/row_group.h"
#include "storage/tables.h"

/* Entries of one kind. */
struct pyr_intern_kind {
    uint32_t *ids;    /* by the profile's index; or PYR_INTERN_UNUSED, PYR_INTERN_LISTED */
    uint32_t *listed; /* used, and waiting for an id: the profile's indices */
    uint32_t listed_count;
};
#define PYR_INTERN_UNUSED UINT32_MAX
#define PYR_INTERN_LISTED (UINT32_MAX - 1)

struct pyr_intern {
    struct pyr_tables *tables;
    const struct pyr_profile *profile;
    struct pyr_arena *arena;
    struct pyr_intern_kind strings, functions, locations;
    uint32_t *mappings;     /* by the profile's index; PYR_INTERN_UNUSED = not yet */
    uint64_t *shifts;       /* mapping: stored addresses - the profile's */
    struct pyr_line *lines; /* the profile's, with the table's functions, where a used location has them */
    uint32_t *runs;         /* the locations of some stacks */
    uint32_t runs_cap;      /* at least the deepest stack */
};

/* PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_intern_init(struct pyr_intern *in, struct pyr_tables *tables,
                                     const struct pyr_profile *profile, struct pyr_arena *arena);
/* The words of a series key (struct pyr_series), in the arena. */
PYR_MUST_USE pyr_err pyr_intern_series_words(struct pyr_tables *tables, const struct pyr_series_key *key,
                                             struct pyr_arena *arena, uint32_t **words);
/* A row's samples as a row group: stacks interned, entries in canonical order, equal ones summed. Its arrays are the
 * arena's. PYR_E_NOMEM, PYR_E_TOOBIG: what was interned before stays in the tables; `in` is of no more use. */
PYR_MUST_USE pyr_err pyr_intern_row(struct pyr_intern *in, const struct pyr_write_row *row, struct pyr_row_group *out);
#endif
