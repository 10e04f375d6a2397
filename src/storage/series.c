#include "storage/series.h"
#include "base/hash.h"

void pyr_series_table_init(struct pyr_series_table *t)
{
    *t = (struct pyr_series_table){0};
    pyr_index_init(&t->index, PYR_CHUNKED_MAX);
}

void pyr_series_table_free(struct pyr_series_table *t)
{
    const uint32_t count = pyr_chunked_count(&t->series);
    for (uint32_t i = 0; i < count; i++)
        pyr_row_index_free(&pyr_series_at(t, i)->rows);
    pyr_chunked_free(&t->series);
    pyr_byte_heap_free(&t->heap);
    pyr_index_free(&t->index);
}

void pyr_series_table_freeze(struct pyr_series_table *t, struct pyr_tally *tally)
{
    pyr_index_free_counted(&t->index, tally);
}

static uint64_t key_hash(const uint32_t *words, uint32_t word_count, uint32_t type_count, bool has_period)
{
    return pyr_hash_mix(pyr_hash_bytes(words, word_count * sizeof(*words)), (uint64_t)type_count << 1 | has_period);
}

struct pyr_series *pyr_series_find(const struct pyr_series_table *t, const uint32_t *words, uint32_t label_count,
                                   uint32_t type_count, bool has_period)
{
    const uint32_t word_count = 2 * (label_count + type_count + 1);
    const uint64_t hash = key_hash(words, word_count, type_count, has_period);
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&t->index, hash, &c); at != PYR_INDEX_NONE; at = pyr_index_next(&t->index, &c)) {
        /* An entry whose series was never published (the tenant's index was full) is no series. */
        if (at >= pyr_chunked_count(&t->series))
            continue;
        struct pyr_series *s = pyr_series_at(t, at);
        if (s->label_count == label_count && s->type_count == type_count && s->has_period == has_period &&
            memcmp(s->words, words, word_count * sizeof(*words)) == 0)
            return s;
    }
    return NULL;
}

struct pyr_str pyr_series_label_value(const struct pyr_series *s, const struct pyr_symbols *symbols,
                                      struct pyr_str name)
{
    for (uint32_t i = 0; i < s->label_count; i++)
        if (pyr_str_eq(pyr_symbols_string(symbols, pyr_series_label(s, i)[0]), name))
            return pyr_symbols_string(symbols, pyr_series_label(s, i)[1]);
    return PYR_STR("");
}

uint32_t pyr_series_derived_labels(const struct pyr_series *s, const struct pyr_symbols *symbols, uint32_t type,
                                   struct pyr_label out[PYR_SERIES_DERIVED_MAX])
{
    PYR_ASSERT(type < s->type_count);
    const uint32_t *words = pyr_series_type(s, type), *period = pyr_series_type(s, s->type_count);
    uint32_t n = 0;
    out[n++] = (struct pyr_label){PYR_LABEL_TYPE, pyr_symbols_string(symbols, words[0])};
    out[n++] = (struct pyr_label){PYR_LABEL_UNIT, pyr_symbols_string(symbols, words[1])};
    if (s->has_period) {
        out[n++] = (struct pyr_label){PYR_LABEL_PERIOD_TYPE, pyr_symbols_string(symbols, period[0])};
        out[n++] = (struct pyr_label){PYR_LABEL_PERIOD_UNIT, pyr_symbols_string(symbols, period[1])};
    }
    const struct pyr_str service = pyr_series_label_value(s, symbols, PYR_LABEL_SERVICE);
    if (service.len != 0)
        out[n++] = (struct pyr_label){PYR_LABEL_SERVICE_PRIVATE, service};
    PYR_ASSERT(n < PYR_SERIES_DERIVED_MAX);
    return n;
}

static void hash_content(struct pyr_series *s, const struct pyr_symbols *symbols)
{
    const uint32_t word_count = pyr_series_word_count(s);
    uint64_t a = pyr_hash_mix(pyr_hash_seed, s->label_count), b = pyr_hash_mix(~pyr_hash_seed, s->type_count);
    for (uint32_t i = 0; i < word_count; i++) {
        const uint64_t h = pyr_hash_str(pyr_symbols_string(symbols, s->words[i]));
        a = pyr_hash_mix(a, h);
        b = pyr_hash_mix(b, ~h);
    }
    s->content_hash[0] = a;
    s->content_hash[1] = b;
}

pyr_err pyr_series_prepare(struct pyr_series_table *t, const struct pyr_symbols *symbols, const uint32_t *words,
                           uint32_t label_count, uint32_t type_count, bool has_period, bool indexed,
                           struct pyr_tally *tally, struct pyr_series **out)
{
    PYR_ASSERT(type_count >= 1 && type_count <= PYR_SERIES_TYPES_MAX && label_count <= PYR_SERIES_LABELS_MAX);
    const uint32_t number = pyr_chunked_count(&t->series), word_count = 2 * (label_count + type_count + 1);
    PYR_TRY(pyr_chunked_reserve(&t->series, number, sizeof(struct pyr_series *), tally));
    struct pyr_series *s = pyr_byte_heap_alloc(&t->heap, sizeof(*s), alignof(struct pyr_series), tally);
    uint32_t *kept = pyr_byte_heap_alloc(&t->heap, word_count * sizeof(*words), alignof(uint32_t), tally);
    if (s == NULL || kept == NULL)
        return PYR_E_NOMEM;
    if (indexed)
        PYR_TRY(
            pyr_index_insert_counted(&t->index, key_hash(words, word_count, type_count, has_period), number, tally));
    memcpy(kept, words, word_count * sizeof(*words));

    *(struct pyr_series **)pyr_chunked_at(&t->series, number, sizeof(s)) = s;
    *s = (struct pyr_series){.number = number,
                             .label_count = label_count,
                             .type_count = type_count,
                             .has_period = has_period,
                             .words = kept};
    pyr_row_index_init(&s->rows);
    hash_content(s, symbols);
    *out = s;
    return PYR_OK;
}
