#include "storage/partition.h"
#include "base/hash.h"
#include "base/mem.h"
#include "storage/generation.h"
#include "storage/intern.h"

pyr_err pyr_partition_create(struct pyr_generation *g, uint32_t number, struct pyr_str service,
                             struct pyr_series_index *index, struct pyr_partition **out)
{
    struct pyr_partition *p = pyr_malloc(sizeof(*p) + service.len);
    if (p == NULL)
        return PYR_E_NOMEM;
    *p = (struct pyr_partition){
        .generation = g, .number = number, .tenant = index->tenant, .index = index, .logged = PYR_TABLES_BUILT_IN};
    char *text = (char *)(p + 1);
    if (service.len != 0)
        memcpy(text, service.ptr, service.len);
    p->service = (struct pyr_str){text, service.len};
    const pyr_err err = pyr_tables_init(&p->tables, &g->tables);
    if (err != PYR_OK) {
        pyr_free(p);
        return err;
    }
    pyr_tally_add(&g->tables, sizeof(*p) + service.len);
    pyr_mutex_init(&p->lock, PYR_RANK_PARTITION, "partition");
    *out = p;
    return PYR_OK;
}

void pyr_partition_free(struct pyr_partition *p)
{
    if (p == NULL)
        return;
    pyr_tables_free(&p->tables);
    pyr_mutex_destroy(&p->lock);
    pyr_free(p);
}

static pyr_err too_many_series(const struct pyr_partition *p, uint32_t series_max, struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_LIMIT, "tenant %.*s has %u live series, the most it may have", PYR_STR_ARG(p->tenant),
                    series_max);
}

/* Whether the strings of a series key are all known: else its series is a new one. Adds nothing. */
static bool is_interned(const struct pyr_symbols *s, struct pyr_str text)
{
    struct pyr_index_cursor c;
    if (text.len == 0)
        return true;
    for (uint32_t at = pyr_index_first(&s->string_index, pyr_hash_str(text), &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&s->string_index, &c))
        if (pyr_str_eq(pyr_symbols_string(s, at), text))
            return true;
    return false;
}

static bool key_is_interned(const struct pyr_symbols *s, const struct pyr_series_key *key)
{
    bool known = is_interned(s, key->period_type.type) && is_interned(s, key->period_type.unit);
    for (uint32_t i = 0; i < key->label_count && known; i++)
        known = is_interned(s, key->labels[i].name) && is_interned(s, key->labels[i].value);
    for (uint32_t i = 0; i < key->type_count && known; i++)
        known = is_interned(s, key->types[i].type) && is_interned(s, key->types[i].unit);
    return known;
}

pyr_err pyr_partition_series(struct pyr_partition *p, const struct pyr_series_key *key, uint32_t series_max,
                             struct pyr_arena *scratch, struct pyr_series **out, struct pyr_diag *diag)
{
    uint32_t *words;
    const bool has_period = key->period_type.type.len != 0;
    const bool at_limit = series_max != 0 && pyr_series_index_series_count(p->index) >= series_max;
    /* Names that come and are refused must not fill the tables. */
    if (at_limit && !key_is_interned(&p->tables.symbols, key))
        return too_many_series(p, series_max, diag);
    PYR_TRY(pyr_intern_series_words(&p->tables, key, scratch, &words));
    *out = pyr_series_find(&p->tables.series, words, key->label_count, key->type_count, has_period);
    if (*out != NULL)
        return PYR_OK;
    if (at_limit)
        return too_many_series(p, series_max, diag);
    PYR_TRY(pyr_series_prepare(&p->tables.series, &p->tables.symbols, words, key->label_count, key->type_count,
                               has_period, true, p->tables.tally, out));
    PYR_TRY(pyr_series_index_add(p->index, p, &p->tables.symbols, *out));
    pyr_series_publish(&p->tables.series, *out);
    return PYR_OK;
}

/* ---- what readers see (store.h) ---- */

uint32_t pyr_partition_stack_count(const struct pyr_partition *p)
{
    return pyr_chunked_count(&p->tables.tree.stacks);
}

uint32_t pyr_partition_node_count(const struct pyr_partition *p)
{
    return pyr_chunked_count(&p->tables.tree.nodes);
}

uint32_t pyr_partition_location_count(const struct pyr_partition *p)
{
    return pyr_chunked_count(&p->tables.symbols.locations);
}

uint32_t pyr_partition_stack_node(const struct pyr_partition *p, uint32_t stack)
{
    return pyr_stack_tree_stack(&p->tables.tree, stack);
}

struct pyr_node pyr_partition_node(const struct pyr_partition *p, uint32_t node)
{
    return pyr_stack_tree_node(&p->tables.tree, node);
}

const uint32_t *pyr_partition_stack_nodes(const struct pyr_partition *p, uint32_t from, uint32_t *count)
{
    return pyr_chunked_run(&p->tables.tree.stacks, from, pyr_partition_stack_count(p), sizeof(uint32_t), count);
}

struct pyr_location pyr_partition_location(const struct pyr_partition *p, uint32_t location)
{
    return pyr_symbols_location(&p->tables.symbols, location);
}

struct pyr_line pyr_partition_line(const struct pyr_partition *p, uint32_t line)
{
    return pyr_symbols_line(&p->tables.symbols, line);
}

struct pyr_function pyr_partition_function(const struct pyr_partition *p, uint32_t function)
{
    return pyr_symbols_function(&p->tables.symbols, function);
}

struct pyr_mapping pyr_partition_mapping(const struct pyr_partition *p, uint32_t mapping)
{
    return pyr_symbols_mapping(&p->tables.symbols, mapping);
}

struct pyr_str pyr_partition_string(const struct pyr_partition *p, uint32_t string)
{
    return pyr_symbols_string(&p->tables.symbols, string);
}
