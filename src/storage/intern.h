/* intern.h - from a decoded profile's indices to a partition's ids. Only what the written samples use is interned: dense
 * arrays, filled on first use, say what each string, function, mapping and location of the profile became.
 *
 * Lives for one write, in a scratch arena, under the partition's lock. */
#ifndef PYR_STORAGE_INTERN_H
#define PYR_STORAGE_INTERN_H
#include "base/arena.h"
#include "storage/row_group.h"
#include "storage/tables.h"

struct pyr_intern {
    struct pyr_tables *tables;
    const struct pyr_profile *profile;
    struct pyr_arena *arena;
    uint32_t *strings, *functions, *mappings, *locations; /* by the profile's index; PYR_INDEX_NONE = not yet */
    uint64_t *shifts;                                     /* mapping: stored addresses - the profile's */
    uint32_t *run;                                        /* as long as the deepest stack */
    struct pyr_line *lines;                               /* as many as the longest location has */
};

/* PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_intern_init(struct pyr_intern *in, struct pyr_tables *tables,
                                     const struct pyr_profile *profile, struct pyr_arena *arena);
/* The stack of a sample. PYR_E_NOMEM, PYR_E_TOOBIG: what was interned before stays. */
PYR_MUST_USE pyr_err pyr_intern_stack(struct pyr_intern *in, uint32_t sample, uint32_t *stack);
/* The words of a series key (struct pyr_series), in the arena. */
PYR_MUST_USE pyr_err pyr_intern_series_words(struct pyr_tables *tables, const struct pyr_series_key *key,
                                             struct pyr_arena *arena, uint32_t **words);
/* A row's samples as a row group: stacks interned, entries in canonical order, equal ones summed. Its arrays are the
 * arena's. */
PYR_MUST_USE pyr_err pyr_intern_row(struct pyr_intern *in, const struct pyr_write_row *row, struct pyr_row_group *out);
#endif
