/* A frame's payload from anywhere, read into tables: refused or taken, and then everything in the tables refers to what is
 * there. */
#include "storage/frame.h"
#include <stdlib.h>

static void require(bool ok)
{
    if (!ok)
        abort();
}

static void check_symbols(const struct pyr_symbols *s)
{
    const uint32_t strings = pyr_chunked_count(&s->strings), functions = pyr_chunked_count(&s->functions);
    for (uint32_t i = 0; i < functions; i++) {
        const struct pyr_function f = pyr_symbols_function(s, i);
        require(f.name < strings && f.system_name < strings && f.filename < strings);
    }
    for (uint32_t i = 0; i < pyr_chunked_count(&s->mappings); i++)
        require(pyr_symbols_mapping(s, i).filename < strings && pyr_symbols_mapping(s, i).build_id < strings);
    for (uint32_t i = 0; i < pyr_chunked_count(&s->locations); i++) {
        const struct pyr_location l = pyr_symbols_location(s, i);
        require(l.mapping < pyr_chunked_count(&s->mappings));
        require((uint64_t)l.line_first + l.line_count <= pyr_chunked_count(&s->lines));
    }
    for (uint32_t i = 0; i < pyr_chunked_count(&s->lines); i++)
        require(pyr_symbols_line(s, i).function < functions);
}

static void check_tables(const struct pyr_tables *t)
{
    check_symbols(&t->symbols);
    for (uint32_t i = 1; i < pyr_chunked_count(&t->tree.nodes); i++) {
        const struct pyr_node n = pyr_stack_tree_node(&t->tree, i);
        require(n.parent < i && n.location < pyr_chunked_count(&t->symbols.locations));
    }
    for (uint32_t i = 0; i < pyr_chunked_count(&t->tree.stacks); i++)
        require(pyr_stack_tree_stack(&t->tree, i) < pyr_chunked_count(&t->tree.nodes));
    for (uint32_t i = 0; i < pyr_chunked_count(&t->series.series); i++) {
        const struct pyr_series *s = pyr_series_at(&t->series, i);
        for (uint32_t w = 0; w < pyr_series_word_count(s); w++)
            require(s->words[w] < pyr_chunked_count(&t->symbols.strings));
    }
}

/* The first byte says how often the frame is read: again, it must change nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct pyr_tally tally = {0};
    struct pyr_tables t;
    const struct pyr_table_ids first = PYR_TABLES_BUILT_IN;
    if (pyr_tables_init(&t, &tally) != PYR_OK)
        return 0;
    for (int round = 0; round < 1 + data[0] % 2; round++) {
        struct pyr_frame_reader r;
        const struct pyr_table_ids before = pyr_tables_counts(&t);
        uint32_t series, offset, bytes;
        pyr_err err;
        if (pyr_frame_open(&r, (struct pyr_span){data + 1, size - 1}, NULL) != PYR_OK)
            break;
        const bool taken = pyr_frame_read_tables(&r, &first, &t, NULL) == PYR_OK;
        const struct pyr_table_ids after = pyr_tables_counts(&t);
        require((taken && round == 0) || memcmp(&before, &after, sizeof(before)) == 0);
        check_tables(&t);
        while (taken && pyr_frame_next_row(&r, &series, &offset, &bytes, &err))
            require((uint64_t)offset + bytes <= size - 1);
    }
    pyr_tables_free(&t);
    return 0;
}
