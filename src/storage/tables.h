/* tables.h - what a partition has interned: symbols, stacks, series; and the numbers of the log's eight tables. */
#ifndef PYR_STORAGE_TABLES_H
#define PYR_STORAGE_TABLES_H
#include "storage/series.h"
#include "storage/stack_tree.h"
#include "storage/symbols.h"

/* Order matters: an entry refers only to tables that come before its own (stacks to nodes, nodes to locations, ...). */
enum pyr_table {
    PYR_TABLE_STRINGS,
    PYR_TABLE_MAPPINGS,
    PYR_TABLE_FUNCTIONS,
    PYR_TABLE_LINES,
    PYR_TABLE_LOCATIONS,
    PYR_TABLE_NODES,
    PYR_TABLE_STACKS,
    PYR_TABLE_SERIES,
    PYR_TABLE_COUNT
};
static_assert((int)PYR_TABLE_COUNT == (int)PYR_LOG_TABLES, "a frame carries the first id of every table");

struct pyr_tables {
    struct pyr_symbols symbols;
    struct pyr_stack_tree tree;
    struct pyr_series_table series;
    struct pyr_tally *tally;
};

/* An id per table: how many entries there are, or where a tail begins. */
struct pyr_table_ids {
    uint32_t of[PYR_TABLE_COUNT];
};
/* What every partition has from the start without any frame saying so: string "", mapping "none", the root. */
#define PYR_TABLES_BUILT_IN                                                                                            \
    ((struct pyr_table_ids){{[PYR_TABLE_STRINGS] = 1, [PYR_TABLE_MAPPINGS] = 1, [PYR_TABLE_NODES] = 1}})

PYR_MUST_USE pyr_err pyr_tables_init(struct pyr_tables *t, struct pyr_tally *tally);
void pyr_tables_free(struct pyr_tables *t);
/* No more interning: the hash tables go. */
void pyr_tables_freeze(struct pyr_tables *t);

struct pyr_chunked *pyr_tables_array(struct pyr_tables *t, enum pyr_table table);
struct pyr_table_ids pyr_tables_counts(const struct pyr_tables *t);
#endif
