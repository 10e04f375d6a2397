#include "storage/symbols.h"
#include "base/hash.h"

pyr_err pyr_index_insert_counted(struct pyr_index *ix, uint64_t hash, uint32_t id, struct pyr_tally *tally)
{
    const size_t before = pyr_index_bytes(ix);
    PYR_TRY(pyr_index_insert(ix, hash, id));
    pyr_tally_add(tally, pyr_index_bytes(ix) - before);
    return PYR_OK;
}

void pyr_index_free_counted(struct pyr_index *ix, struct pyr_tally *tally)
{
    pyr_tally_sub(tally, pyr_index_bytes(ix));
    pyr_index_free(ix);
}

enum { SIDE_BY_SIDE = 16 }; /* about as many misses as a core has on the way at a time */

/* Asks for the entries that looking up these hashes will compare with. */
static void ask_for_entries(const struct pyr_index *ix, const uint64_t *hashes, uint32_t count,
                            const struct pyr_chunked *entries, size_t entry_bytes, uint32_t *guesses)
{
    for (uint32_t i = 0; i < count; i++) {
        guesses[i] = pyr_index_guess(ix, hashes[i]);
        if (guesses[i] != PYR_INDEX_NONE)
            __builtin_prefetch(pyr_chunked_at(entries, guesses[i], entry_bytes));
    }
}

static uint32_t batch_of(uint32_t left)
{
    return left < SIDE_BY_SIDE ? left : SIDE_BY_SIDE;
}

/* ---- strings ---- */

pyr_err pyr_symbols_add_string(struct pyr_symbols *s, struct pyr_str text, struct pyr_tally *tally)
{
    const uint32_t id = pyr_chunked_count(&s->strings);
    PYR_TRY(pyr_chunked_reserve(&s->strings, id, sizeof(struct pyr_str), tally));
    const struct pyr_str kept = pyr_byte_heap_str(&s->text, text, tally);
    if (kept.ptr == NULL)
        return PYR_E_NOMEM;
    *(struct pyr_str *)pyr_chunked_at(&s->strings, id, sizeof(struct pyr_str)) = kept;
    pyr_chunked_publish(&s->strings, id + 1);
    return PYR_OK;
}

static pyr_err intern_string(struct pyr_symbols *s, struct pyr_str text, uint64_t hash, struct pyr_tally *tally,
                             uint32_t *id)
{
    if (text.len == 0) {
        *id = 0;
        return PYR_OK;
    }
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&s->string_index, hash, &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&s->string_index, &c)) {
        if (pyr_str_eq(pyr_symbols_string(s, at), text)) {
            *id = at;
            return PYR_OK;
        }
    }
    /* The index is the last thing that can fail: what went before is unused room. */
    *id = pyr_chunked_count(&s->strings);
    PYR_TRY(pyr_chunked_reserve(&s->strings, *id, sizeof(struct pyr_str), tally));
    const struct pyr_str kept = pyr_byte_heap_str(&s->text, text, tally);
    if (kept.ptr == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(pyr_index_insert_counted(&s->string_index, hash, *id, tally));
    *(struct pyr_str *)pyr_chunked_at(&s->strings, *id, sizeof(struct pyr_str)) = kept;
    pyr_chunked_publish(&s->strings, *id + 1);
    return PYR_OK;
}

static void look_ahead_strings(const struct pyr_symbols *s, const struct pyr_str *texts, uint32_t count,
                               uint64_t *hashes)
{
    uint32_t guesses[SIDE_BY_SIDE];
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = pyr_hash_str(texts[i]);
        pyr_index_prefetch(&s->string_index, hashes[i]);
    }
    ask_for_entries(&s->string_index, hashes, count, &s->strings, sizeof(*texts), guesses);
    for (uint32_t i = 0; i < count; i++)
        if (guesses[i] != PYR_INDEX_NONE)
            __builtin_prefetch(pyr_symbols_string(s, guesses[i]).ptr);
}

pyr_err pyr_symbols_intern_strings(struct pyr_symbols *s, const struct pyr_str *texts, uint32_t count,
                                   struct pyr_tally *tally, uint32_t *ids)
{
    uint64_t hashes[SIDE_BY_SIDE];
    for (uint32_t from = 0, n; from < count; from += n) {
        n = batch_of(count - from);
        look_ahead_strings(s, texts + from, n, hashes);
        for (uint32_t i = 0; i < n; i++)
            PYR_TRY(intern_string(s, texts[from + i], hashes[i], tally, &ids[from + i]));
    }
    return PYR_OK;
}

pyr_err pyr_symbols_intern_string(struct pyr_symbols *s, struct pyr_str text, struct pyr_tally *tally, uint32_t *id)
{
    return intern_string(s, text, pyr_hash_str(text), tally, id);
}

/* ---- mappings ---- */

static unsigned mapping_flags(const struct pyr_mapping *m)
{
    return (unsigned)m->has_functions | (unsigned)m->has_filenames << 1 | (unsigned)m->has_line_numbers << 2 |
           (unsigned)m->has_inline_frames << 3;
}

static bool mapping_same(const struct pyr_mapping *a, const struct pyr_mapping *b)
{
    return a->filename == b->filename && a->build_id == b->build_id && a->offset == b->offset &&
           mapping_flags(a) == mapping_flags(b);
}

static uint64_t mapping_hash(const struct pyr_mapping *m)
{
    uint64_t h = pyr_hash_mix(pyr_hash_seed, (uint64_t)m->filename << 32 | m->build_id);
    h = pyr_hash_mix(h, m->offset);
    return pyr_hash_mix(h, mapping_flags(m));
}

static void mapping_push(struct pyr_symbols *s, uint32_t id, const struct pyr_mapping *m)
{
    *(struct pyr_mapping *)pyr_chunked_at(&s->mappings, id, sizeof(*m)) = *m;
    pyr_chunked_publish(&s->mappings, id + 1);
}

pyr_err pyr_symbols_add_mapping(struct pyr_symbols *s, const struct pyr_mapping *m, struct pyr_tally *tally)
{
    const uint32_t id = pyr_chunked_count(&s->mappings);
    PYR_TRY(pyr_chunked_reserve(&s->mappings, id, sizeof(*m), tally));
    mapping_push(s, id, m);
    return PYR_OK;
}

pyr_err pyr_symbols_intern_mapping(struct pyr_symbols *s, const struct pyr_mapping *m, struct pyr_tally *tally,
                                   uint32_t *id)
{
    const uint64_t hash = mapping_hash(m);
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&s->mapping_index, hash, &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&s->mapping_index, &c)) {
        if (mapping_same(pyr_chunked_at(&s->mappings, at, sizeof(*m)), m)) {
            *id = at;
            return PYR_OK;
        }
    }
    *id = pyr_chunked_count(&s->mappings);
    PYR_TRY(pyr_chunked_reserve(&s->mappings, *id, sizeof(*m), tally));
    PYR_TRY(pyr_index_insert_counted(&s->mapping_index, hash, *id, tally));
    mapping_push(s, *id, m);
    return PYR_OK;
}

/* ---- functions ---- */

static bool function_same(const struct pyr_function *a, const struct pyr_function *b)
{
    return a->name == b->name && a->system_name == b->system_name && a->filename == b->filename &&
           a->start_line == b->start_line;
}

static uint64_t function_hash(const struct pyr_function *f)
{
    const uint64_t h = pyr_hash_mix(pyr_hash_seed, (uint64_t)f->name << 32 | f->system_name);
    return pyr_hash_mix(h, (uint64_t)f->filename << 32 ^ (uint64_t)f->start_line);
}

static void function_push(struct pyr_symbols *s, uint32_t id, const struct pyr_function *f)
{
    *(struct pyr_function *)pyr_chunked_at(&s->functions, id, sizeof(*f)) = *f;
    pyr_chunked_publish(&s->functions, id + 1);
}

pyr_err pyr_symbols_add_function(struct pyr_symbols *s, const struct pyr_function *f, struct pyr_tally *tally)
{
    const uint32_t id = pyr_chunked_count(&s->functions);
    PYR_TRY(pyr_chunked_reserve(&s->functions, id, sizeof(*f), tally));
    function_push(s, id, f);
    return PYR_OK;
}

static pyr_err intern_function(struct pyr_symbols *s, const struct pyr_function *f, uint64_t hash,
                               struct pyr_tally *tally, uint32_t *id)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&s->function_index, hash, &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&s->function_index, &c)) {
        if (function_same(pyr_chunked_at(&s->functions, at, sizeof(*f)), f)) {
            *id = at;
            return PYR_OK;
        }
    }
    *id = pyr_chunked_count(&s->functions);
    PYR_TRY(pyr_chunked_reserve(&s->functions, *id, sizeof(*f), tally));
    PYR_TRY(pyr_index_insert_counted(&s->function_index, hash, *id, tally));
    function_push(s, *id, f);
    return PYR_OK;
}

pyr_err pyr_symbols_intern_functions(struct pyr_symbols *s, const struct pyr_function *functions, uint32_t count,
                                     struct pyr_tally *tally, uint32_t *ids)
{
    uint64_t hashes[SIDE_BY_SIDE];
    uint32_t guesses[SIDE_BY_SIDE];
    for (uint32_t from = 0, n; from < count; from += n) {
        n = batch_of(count - from);
        for (uint32_t i = 0; i < n; i++) {
            hashes[i] = function_hash(&functions[from + i]);
            pyr_index_prefetch(&s->function_index, hashes[i]);
        }
        ask_for_entries(&s->function_index, hashes, n, &s->functions, sizeof(*functions), guesses);
        for (uint32_t i = 0; i < n; i++)
            PYR_TRY(intern_function(s, &functions[from + i], hashes[i], tally, &ids[from + i]));
    }
    return PYR_OK;
}

/* ---- locations ---- */

/* `lines` are the location's. */
static uint64_t location_hash(const struct pyr_location *l, const struct pyr_line *lines)
{
    uint64_t h = pyr_hash_mix(pyr_hash_seed, (uint64_t)l->mapping << 32 | l->line_count);
    if (l->line_count == 0)
        return pyr_hash_mix(h, l->address);
    for (uint32_t i = 0; i < l->line_count; i++)
        h = pyr_hash_mix(h, (uint64_t)lines[i].function << 32 ^ (uint64_t)lines[i].line);
    return h;
}

static bool location_same(const struct pyr_symbols *s, const struct pyr_location *kept, const struct pyr_location *l,
                          const struct pyr_line *lines)
{
    if (kept->mapping != l->mapping || kept->line_count != l->line_count)
        return false;
    if (l->line_count == 0)
        return kept->address == l->address;
    for (uint32_t i = 0; i < l->line_count; i++) {
        const struct pyr_line line = pyr_symbols_line(s, kept->line_first + i);
        if (line.function != lines[i].function || line.line != lines[i].line)
            return false;
    }
    return true;
}

static pyr_err location_reserve(struct pyr_symbols *s, uint32_t line_count, struct pyr_tally *tally)
{
    PYR_TRY(pyr_chunked_reserve(&s->locations, pyr_chunked_count(&s->locations), sizeof(struct pyr_location), tally));
    const uint32_t first = pyr_chunked_count(&s->lines);
    for (uint32_t i = 0; i < line_count; i++)
        PYR_TRY(pyr_chunked_reserve(&s->lines, first + i, sizeof(struct pyr_line), tally));
    return PYR_OK;
}

static void location_push(struct pyr_symbols *s, uint64_t address, uint32_t mapping, const struct pyr_line *lines,
                          uint32_t line_count)
{
    const uint32_t first = pyr_chunked_count(&s->lines), id = pyr_chunked_count(&s->locations);
    for (uint32_t i = 0; i < line_count; i++)
        *(struct pyr_line *)pyr_chunked_at(&s->lines, first + i, sizeof(*lines)) = lines[i];
    pyr_chunked_publish(&s->lines, first + line_count);
    *(struct pyr_location *)pyr_chunked_at(&s->locations, id, sizeof(struct pyr_location)) =
        (struct pyr_location){.address = address, .mapping = mapping, .line_first = first, .line_count = line_count};
    pyr_chunked_publish(&s->locations, id + 1);
}

pyr_err pyr_symbols_add_location(struct pyr_symbols *s, uint64_t address, uint32_t mapping,
                                 const struct pyr_line *lines, uint32_t line_count, struct pyr_tally *tally)
{
    PYR_TRY(location_reserve(s, line_count, tally));
    location_push(s, address, mapping, lines, line_count);
    return PYR_OK;
}

static pyr_err intern_location(struct pyr_symbols *s, const struct pyr_location *l, const struct pyr_line *lines,
                               uint64_t hash, struct pyr_tally *tally, uint32_t *id)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&s->location_index, hash, &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&s->location_index, &c)) {
        if (location_same(s, pyr_chunked_at(&s->locations, at, sizeof(*l)), l, lines)) {
            *id = at;
            return PYR_OK;
        }
    }
    *id = pyr_chunked_count(&s->locations);
    PYR_TRY(location_reserve(s, l->line_count, tally));
    PYR_TRY(pyr_index_insert_counted(&s->location_index, hash, *id, tally));
    location_push(s, l->address, l->mapping, lines, l->line_count);
    return PYR_OK;
}

static void look_ahead_locations(const struct pyr_symbols *s, const struct pyr_location *locations,
                                 const struct pyr_line *lines, uint32_t count, uint64_t *hashes)
{
    uint32_t guesses[SIDE_BY_SIDE];
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = location_hash(&locations[i], lines + locations[i].line_first);
        pyr_index_prefetch(&s->location_index, hashes[i]);
    }
    ask_for_entries(&s->location_index, hashes, count, &s->locations, sizeof(*locations), guesses);
    for (uint32_t i = 0; i < count; i++) {
        const struct pyr_location *l =
            guesses[i] != PYR_INDEX_NONE ? pyr_chunked_at(&s->locations, guesses[i], sizeof(*l)) : NULL;
        if (l != NULL && l->line_count != 0)
            __builtin_prefetch(pyr_chunked_at(&s->lines, l->line_first, sizeof(*lines)));
    }
}

pyr_err pyr_symbols_intern_locations(struct pyr_symbols *s, const struct pyr_location *locations,
                                     const struct pyr_line *lines, uint32_t count, struct pyr_tally *tally,
                                     uint32_t *ids)
{
    uint64_t hashes[SIDE_BY_SIDE];
    for (uint32_t from = 0, n; from < count; from += n) {
        n = batch_of(count - from);
        look_ahead_locations(s, locations + from, lines, n, hashes);
        for (uint32_t i = 0; i < n; i++) {
            const struct pyr_location *l = &locations[from + i];
            PYR_TRY(intern_location(s, l, lines + l->line_first, hashes[i], tally, &ids[from + i]));
        }
    }
    return PYR_OK;
}

/* ---- life ---- */

pyr_err pyr_symbols_init(struct pyr_symbols *s, struct pyr_tally *tally)
{
    *s = (struct pyr_symbols){0};
    pyr_index_init(&s->string_index, PYR_CHUNKED_MAX);
    pyr_index_init(&s->mapping_index, PYR_CHUNKED_MAX);
    pyr_index_init(&s->function_index, PYR_CHUNKED_MAX);
    pyr_index_init(&s->location_index, PYR_CHUNKED_MAX);
    const struct pyr_mapping none = {0};
    pyr_err err = pyr_symbols_add_string(s, PYR_STR(""), tally);
    if (err == PYR_OK)
        err = pyr_symbols_add_mapping(s, &none, tally);
    if (err != PYR_OK)
        pyr_symbols_free(s);
    return err;
}

void pyr_symbols_free(struct pyr_symbols *s)
{
    pyr_chunked_free(&s->strings);
    pyr_chunked_free(&s->mappings);
    pyr_chunked_free(&s->functions);
    pyr_chunked_free(&s->lines);
    pyr_chunked_free(&s->locations);
    pyr_byte_heap_free(&s->text);
    pyr_index_free(&s->string_index);
    pyr_index_free(&s->mapping_index);
    pyr_index_free(&s->function_index);
    pyr_index_free(&s->location_index);
}

void pyr_symbols_freeze(struct pyr_symbols *s, struct pyr_tally *tally)
{
    pyr_index_free_counted(&s->string_index, tally);
    pyr_index_free_counted(&s->mapping_index, tally);
    pyr_index_free_counted(&s->function_index, tally);
    pyr_index_free_counted(&s->location_index, tally);
}
