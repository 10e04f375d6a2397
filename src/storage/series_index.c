#include "storage/series_index.h"
#include "base/hash.h"
#include "base/mem.h"

enum { STREAMS_MAX = UINT32_MAX / 2 };

pyr_err pyr_series_index_init(struct pyr_series_index *ix, struct pyr_str tenant, struct pyr_tally *tally)
{
    *ix = (struct pyr_series_index){.tally = tally};
    ix->tenant = pyr_byte_heap_str(&ix->text, tenant, tally);
    if (ix->tenant.ptr == NULL)
        return PYR_E_NOMEM;
    pyr_index_init(&ix->by_name, PYR_CHUNKED_MAX);
    pyr_rwlock_init(&ix->lock, PYR_RANK_SERIES, "series index");
    return PYR_OK;
}

static void label_free(struct pyr_label_index *label)
{
    for (uint32_t i = 0; i < label->count; i++)
        pyr_free(label->postings[i].streams);
    pyr_free(label->postings);
    pyr_index_free(&label->by_value);
}

void pyr_series_index_free(struct pyr_series_index *ix)
{
    for (uint32_t i = 0; i < ix->name_count; i++)
        label_free(&ix->names[i]);
    pyr_free(ix->names);
    pyr_free(ix->streams);
    pyr_index_free(&ix->by_name);
    pyr_byte_heap_free(&ix->text);
    pyr_rwlock_destroy(&ix->lock);
}

uint32_t pyr_series_index_series_count(struct pyr_series_index *ix)
{
    pyr_rwlock_read(&ix->lock);
    const uint32_t count = ix->series_count;
    pyr_rwlock_unlock(&ix->lock);
    return count;
}

/* ---- writing ---- */

/* Room for one more element in a plain array, grown by half as much again. */
static pyr_err make_room(void **array, uint32_t count, uint32_t *room, size_t element_bytes, struct pyr_tally *tally)
{
    if (count < *room)
        return PYR_OK;
    if (count >= STREAMS_MAX)
        return PYR_E_TOOBIG;
    const uint32_t wanted = *room < 4 ? 4 : *room + *room / 2;
    void *grown = pyr_reallocarray(*array, wanted, element_bytes);
    if (grown == NULL)
        return PYR_E_NOMEM;
    pyr_tally_add(tally, (size_t)(wanted - *room) * element_bytes);
    *array = grown;
    *room = wanted;
    return PYR_OK;
}

static struct pyr_label_index *find_label(const struct pyr_series_index *ix, struct pyr_str name)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&ix->by_name, pyr_hash_str(name), &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&ix->by_name, &c))
        if (pyr_str_eq(ix->names[at].name, name))
            return &ix->names[at];
    return NULL;
}

static struct pyr_posting *find_posting(const struct pyr_label_index *label, struct pyr_str value)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&label->by_value, pyr_hash_str(value), &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&label->by_value, &c))
        if (pyr_str_eq(label->postings[at].value, value))
            return &label->postings[at];
    return NULL;
}

/* The name, added when absent. `name` and later the values are kept by reference. */
static pyr_err label_of(struct pyr_series_index *ix, struct pyr_str name, struct pyr_label_index **out)
{
    *out = find_label(ix, name);
    if (*out != NULL)
        return PYR_OK;
    PYR_TRY(make_room((void **)&ix->names, ix->name_count, &ix->name_room, sizeof(*ix->names), ix->tally));
    PYR_TRY(pyr_index_insert_counted(&ix->by_name, pyr_hash_str(name), ix->name_count, ix->tally));
    *out = &ix->names[ix->name_count++];
    **out = (struct pyr_label_index){.name = name};
    pyr_index_init(&(*out)->by_value, PYR_CHUNKED_MAX);
    return PYR_OK;
}

static pyr_err posting_of(struct pyr_series_index *ix, struct pyr_label_index *label, struct pyr_str value,
                          struct pyr_posting **out)
{
    *out = find_posting(label, value);
    if (*out != NULL)
        return PYR_OK;
    PYR_TRY(make_room((void **)&label->postings, label->count, &label->room, sizeof(*label->postings), ix->tally));
    PYR_TRY(pyr_index_insert_counted(&label->by_value, pyr_hash_str(value), label->count, ix->tally));
    *out = &label->postings[label->count++];
    **out = (struct pyr_posting){.value = value};
    return PYR_OK;
}

static pyr_err post(struct pyr_series_index *ix, struct pyr_label l, uint32_t stream)
{
    struct pyr_label_index *label;
    struct pyr_posting *posting;
    PYR_TRY(label_of(ix, l.name, &label));
    PYR_TRY(posting_of(ix, label, l.value, &posting));
    PYR_TRY(make_room((void **)&posting->streams, posting->count, &posting->room, sizeof(uint32_t), ix->tally));
    posting->streams[posting->count++] = stream;
    return PYR_OK;
}

/* Takes back what `post` did for streams from `first` on, after a failure in the middle of a series. */
static void unpost(struct pyr_series_index *ix, uint32_t first)
{
    for (uint32_t i = 0; i < ix->name_count; i++) {
        for (uint32_t v = 0; v < ix->names[i].count; v++) {
            struct pyr_posting *p = &ix->names[i].postings[v];
            while (p->count != 0 && p->streams[p->count - 1] >= first)
                p->count--;
        }
    }
    ix->stream_count = first;
}

/* The profile type id of a stream: the text that is there, or a new one. */
static pyr_err type_id_of(struct pyr_series_index *ix, const struct pyr_symbols *symbols, const struct pyr_series *s,
                          uint32_t type, struct pyr_str *out)
{
    const uint32_t *words = pyr_series_type(s, type), *period = pyr_series_type(s, s->type_count);
    struct pyr_arena arena;
    pyr_arena_init(&arena, SIZE_MAX, NULL);
    const struct pyr_str id =
        pyr_profile_type_id(pyr_series_label_value(s, symbols, PYR_LABEL_NAME), pyr_symbols_string(symbols, words[0]),
                            pyr_symbols_string(symbols, words[1]), pyr_symbols_string(symbols, period[0]),
                            pyr_symbols_string(symbols, period[1]), &arena);
    pyr_err err = id.ptr != NULL ? PYR_OK : PYR_E_NOMEM;
    if (err == PYR_OK) {
        const struct pyr_label_index *label = find_label(ix, PYR_LABEL_PROFILE_TYPE);
        const struct pyr_posting *known = label != NULL ? find_posting(label, id) : NULL;
        *out = known != NULL ? known->value : pyr_byte_heap_str(&ix->text, id, ix->tally);
        err = out->ptr != NULL ? PYR_OK : PYR_E_NOMEM;
    }
    pyr_arena_free(&arena);
    return err;
}

static pyr_err add_stream(struct pyr_series_index *ix, struct pyr_partition *partition,
                          const struct pyr_symbols *symbols, struct pyr_series *series, uint32_t type,
                          struct pyr_str *type_id)
{
    const uint32_t id = ix->stream_count;
    PYR_TRY(make_room((void **)&ix->streams, id, &ix->stream_room, sizeof(*ix->streams), ix->tally));
    PYR_TRY(type_id_of(ix, symbols, series, type, type_id));
    PYR_TRY(post(ix, (struct pyr_label){PYR_LABEL_PROFILE_TYPE, *type_id}, id));
    struct pyr_label derived[PYR_SERIES_DERIVED_MAX];
    const uint32_t derived_count = pyr_series_derived_labels(series, symbols, type, derived);
    for (uint32_t i = 0; i < derived_count; i++)
        PYR_TRY(post(ix, derived[i], id));
    for (uint32_t i = 0; i < series->label_count; i++) {
        const uint32_t *words = pyr_series_label(series, i);
        PYR_TRY(post(
            ix, (struct pyr_label){pyr_symbols_string(symbols, words[0]), pyr_symbols_string(symbols, words[1])}, id));
    }
    ix->streams[ix->stream_count++] = (struct pyr_stream){.partition = partition, .series = series, .type = type};
    return PYR_OK;
}

pyr_err pyr_series_index_add(struct pyr_series_index *ix, struct pyr_partition *partition,
                             const struct pyr_symbols *symbols, struct pyr_series *series)
{
    pyr_rwlock_write(&ix->lock);
    const uint32_t first = ix->stream_count;
    struct pyr_str *type_ids =
        pyr_byte_heap_alloc(&ix->text, series->type_count * sizeof(*type_ids), alignof(struct pyr_str), ix->tally);
    pyr_err err = type_ids != NULL ? PYR_OK : PYR_E_NOMEM;
    for (uint32_t k = 0; k < series->type_count && err == PYR_OK; k++)
        err = add_stream(ix, partition, symbols, series, k, &type_ids[k]);
    if (err == PYR_OK) {
        series->type_ids = type_ids;
        ix->series_count++;
    } else {
        unpost(ix, first);
    }
    pyr_rwlock_unlock(&ix->lock);
    return err;
}

/* ---- matching ---- */

static bool has(const struct pyr_stream_set *set, uint32_t stream)
{
    return stream < set->count && (set->bits[stream / 64] >> stream % 64 & 1) != 0;
}

static size_t set_words(const struct pyr_stream_set *set)
{
    return ((size_t)set->count + 63) / 64;
}

static pyr_err set_init(struct pyr_stream_set *set, uint32_t count, bool full, struct pyr_arena *arena)
{
    set->count = count;
    const size_t words = set_words(set);
    set->bits = PYR_ARENA_ARRAY(arena, uint64_t, words);
    if (set->bits == NULL)
        return PYR_E_NOMEM;
    memset(set->bits, full ? 0xff : 0, words * sizeof(uint64_t));
    if (full && count % 64 != 0)
        set->bits[words - 1] = (UINT64_C(1) << count % 64) - 1;
    return PYR_OK;
}

static void set_put(struct pyr_stream_set *set, const struct pyr_posting *p, bool member)
{
    for (uint32_t i = 0; i < p->count && p->streams[i] < set->count; i++) {
        const uint64_t bit = UINT64_C(1) << p->streams[i] % 64;
        if (member)
            set->bits[p->streams[i] / 64] |= bit;
        else
            set->bits[p->streams[i] / 64] &= ~bit;
    }
}

static bool says(const struct pyr_matcher *m, struct pyr_str value)
{
    const bool yes = m->predicate != NULL ? m->predicate(m->ctx, value) : pyr_str_eq(m->equal, value);
    return yes != m->negated;
}

/* The values of a name as they are now: views that stay. */
static pyr_err copy_values(struct pyr_series_index *ix, struct pyr_str name, struct pyr_arena *arena,
                           struct pyr_str **values, uint32_t *count)
{
    pyr_rwlock_read(&ix->lock);
    const struct pyr_label_index *label = find_label(ix, name);
    *count = label != NULL ? label->count : 0;
    *values = PYR_ARENA_ARRAY(arena, struct pyr_str, *count);
    if (*values != NULL)
        for (uint32_t i = 0; i < *count; i++)
            (*values)[i] = label->postings[i].value;
    pyr_rwlock_unlock(&ix->lock);
    return *values != NULL ? PYR_OK : PYR_E_NOMEM;
}

/* The set of one matcher, each distinct value asked once, outside of the lock. */
static pyr_err match_by_values(struct pyr_series_index *ix, const struct pyr_matcher *m, struct pyr_arena *arena,
                               struct pyr_stream_set *set)
{
    struct pyr_str *values;
    uint32_t count;
    PYR_TRY(copy_values(ix, m->name, arena, &values, &count));
    bool *matched = PYR_ARENA_ARRAY(arena, bool, count);
    if (matched == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        matched[i] = says(m, values[i]);
    /* Who lacks the name has the value "". */
    const bool lacking = says(m, PYR_STR(""));
    PYR_TRY(set_init(set, set->count, lacking, arena));
    if (count == 0)
        return PYR_OK;
    pyr_rwlock_read(&ix->lock);
    const struct pyr_label_index *label = find_label(ix, m->name);
    for (uint32_t i = 0; i < count; i++)
        if (matched[i] != lacking)
            set_put(set, &label->postings[i], matched[i]);
    pyr_rwlock_unlock(&ix->lock);
    return PYR_OK;
}

/* `name = value` and `name != value` with a value: one posting. */
static pyr_err match_equal(struct pyr_series_index *ix, const struct pyr_matcher *m, struct pyr_arena *arena,
                           struct pyr_stream_set *set)
{
    PYR_TRY(set_init(set, set->count, m->negated, arena));
    pyr_rwlock_read(&ix->lock);
    const struct pyr_label_index *label = find_label(ix, m->name);
    const struct pyr_posting *posting = label != NULL ? find_posting(label, m->equal) : NULL;
    if (posting != NULL)
        set_put(set, posting, !m->negated);
    pyr_rwlock_unlock(&ix->lock);
    return PYR_OK;
}

/* Leaves the streams of series with a visible row in the range. Streams of a series have neighbouring ids. */
static void keep_with_rows(struct pyr_series_index *ix, const struct pyr_series_query *q, struct pyr_stream_set *set)
{
    const struct pyr_series *last = NULL;
    bool last_overlaps = false;
    pyr_rwlock_read(&ix->lock);
    for (size_t w = 0; w < set_words(set); w++) {
        for (uint64_t left = set->bits[w]; left != 0; left &= left - 1) {
            const unsigned bit = (unsigned)__builtin_ctzll(left);
            const struct pyr_series *s = ix->streams[w * 64 + bit].series;
            if (s != last)
                last_overlaps = pyr_row_index_overlaps(&s->rows, q->ordinals, q->range.from_ns, q->range.until_ns);
            last = s;
            if (!last_overlaps)
                set->bits[w] &= ~(UINT64_C(1) << bit);
        }
    }
    pyr_rwlock_unlock(&ix->lock);
}

pyr_err pyr_series_index_match(struct pyr_series_index *ix, const struct pyr_series_query *q, struct pyr_arena *arena,
                               struct pyr_stream_set *out)
{
    pyr_rwlock_read(&ix->lock);
    const uint32_t count = ix->stream_count;
    pyr_rwlock_unlock(&ix->lock);
    PYR_TRY(set_init(out, count, true, arena));
    for (uint32_t i = 0; i < q->matcher_count; i++) {
        const struct pyr_matcher *m = &q->matchers[i];
        struct pyr_stream_set one = {.count = count};
        if (m->predicate == NULL && m->equal.len != 0)
            PYR_TRY(match_equal(ix, m, arena, &one));
        else
            PYR_TRY(match_by_values(ix, m, arena, &one));
        for (size_t w = 0; w < set_words(out); w++)
            out->bits[w] &= one.bits[w];
    }
    keep_with_rows(ix, q, out);
    return PYR_OK;
}

/* ---- answers ---- */

void pyr_series_index_each(struct pyr_series_index *ix, const struct pyr_stream_set *set,
                           void (*found)(void *ctx, const struct pyr_stream *stream), void *ctx)
{
    pyr_rwlock_read(&ix->lock);
    for (size_t w = 0; w < set_words(set); w++)
        for (uint64_t left = set->bits[w]; left != 0; left &= left - 1)
            found(ctx, &ix->streams[w * 64 + (unsigned)__builtin_ctzll(left)]);
    pyr_rwlock_unlock(&ix->lock);
}

static bool any_in(const struct pyr_stream_set *set, const struct pyr_posting *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (has(set, p->streams[i]))
            return true;
    return false;
}

static bool label_in(const struct pyr_stream_set *set, const struct pyr_label_index *label)
{
    for (uint32_t v = 0; v < label->count; v++)
        if (label->postings[v].value.len != 0 && any_in(set, &label->postings[v]))
            return true;
    return false;
}

static pyr_err grow_answer(struct pyr_arena *arena, struct pyr_str **out, uint32_t count, uint32_t more)
{
    struct pyr_str *grown =
        pyr_arena_regrow(arena, *out, count * sizeof(**out), ((size_t)count + more) * sizeof(**out));
    if (grown == NULL)
        return PYR_E_NOMEM;
    *out = grown;
    return PYR_OK;
}

pyr_err pyr_series_index_names(struct pyr_series_index *ix, const struct pyr_stream_set *set, struct pyr_arena *arena,
                               struct pyr_str **out, uint32_t *out_count)
{
    pyr_rwlock_read(&ix->lock);
    const pyr_err err = grow_answer(arena, out, *out_count, ix->name_count);
    for (uint32_t i = 0; i < ix->name_count && err == PYR_OK; i++)
        if (label_in(set, &ix->names[i]))
            (*out)[(*out_count)++] = ix->names[i].name;
    pyr_rwlock_unlock(&ix->lock);
    return err;
}

pyr_err pyr_series_index_values(struct pyr_series_index *ix, const struct pyr_stream_set *set, struct pyr_str name,
                                struct pyr_arena *arena, struct pyr_str **out, uint32_t *out_count)
{
    pyr_err err = PYR_OK;
    pyr_rwlock_read(&ix->lock);
    const struct pyr_label_index *label = find_label(ix, name);
    if (label != NULL) {
        err = grow_answer(arena, out, *out_count, label->count);
        for (uint32_t v = 0; v < label->count && err == PYR_OK; v++)
            if (label->postings[v].value.len != 0 && any_in(set, &label->postings[v]))
                (*out)[(*out_count)++] = label->postings[v].value;
    }
    pyr_rwlock_unlock(&ix->lock);
    return err;
}
