#include "storage/tables.h"

pyr_err pyr_tables_init(struct pyr_tables *t, struct pyr_tally *tally)
{
    *t = (struct pyr_tables){.tally = tally};
    pyr_series_table_init(&t->series);
    PYR_TRY(pyr_symbols_init(&t->symbols, tally));
    const pyr_err err = pyr_stack_tree_init(&t->tree, tally);
    if (err != PYR_OK)
        pyr_symbols_free(&t->symbols);
    return err;
}

void pyr_tables_free(struct pyr_tables *t)
{
    pyr_series_table_free(&t->series);
    pyr_stack_tree_free(&t->tree);
    pyr_symbols_free(&t->symbols);
}

void pyr_tables_freeze(struct pyr_tables *t)
{
    pyr_series_table_freeze(&t->series, t->tally);
    pyr_stack_tree_freeze(&t->tree, t->tally);
    pyr_symbols_freeze(&t->symbols, t->tally);
}

struct pyr_chunked *pyr_tables_array(struct pyr_tables *t, enum pyr_table table)
{
    switch (table) {
    case PYR_TABLE_STRINGS:
        return &t->symbols.strings;
    case PYR_TABLE_MAPPINGS:
        return &t->symbols.mappings;
    case PYR_TABLE_FUNCTIONS:
        return &t->symbols.functions;
    case PYR_TABLE_LINES:
        return &t->symbols.lines;
    case PYR_TABLE_LOCATIONS:
        return &t->symbols.locations;
    case PYR_TABLE_NODES:
        return &t->tree.nodes;
    case PYR_TABLE_STACKS:
        return &t->tree.stacks;
    case PYR_TABLE_SERIES:
    case PYR_TABLE_COUNT:
        break;
    }
    return &t->series.series;
}

struct pyr_table_ids pyr_tables_counts(const struct pyr_tables *t)
{
    return (struct pyr_table_ids){{
        [PYR_TABLE_STRINGS] = pyr_chunked_count(&t->symbols.strings),
        [PYR_TABLE_MAPPINGS] = pyr_chunked_count(&t->symbols.mappings),
        [PYR_TABLE_FUNCTIONS] = pyr_chunked_count(&t->symbols.functions),
        [PYR_TABLE_LINES] = pyr_chunked_count(&t->symbols.lines),
        [PYR_TABLE_LOCATIONS] = pyr_chunked_count(&t->symbols.locations),
        [PYR_TABLE_NODES] = pyr_chunked_count(&t->tree.nodes),
        [PYR_TABLE_STACKS] = pyr_chunked_count(&t->tree.stacks),
        [PYR_TABLE_SERIES] = pyr_chunked_count(&t->series.series),
    }};
}
