#include "storage/frame.h"
#include "base/time.h"
#include "codec/varint.h"

/* ---- writing ---- */

static void put(struct pyr_buf *out, uint64_t v)
{
    uint8_t *at = pyr_buf_reserve(out, PYR_UVARINT_BYTES_MAX);
    if (at != NULL)
        out->len += (size_t)(pyr_uvarint_write(at, v) - at);
}

static void put_signed(struct pyr_buf *out, int64_t v)
{
    put(out, pyr_zigzag_encode(v));
}

/* The difference of two words, wrapping: the reader adds the same way. */
static void put_delta(struct pyr_buf *out, uint64_t v, uint64_t before)
{
    put_signed(out, (int64_t)(v - before));
}

static void put_str(struct pyr_buf *out, struct pyr_str s)
{
    put(out, s.len);
    pyr_buf_str(out, s);
}

void pyr_frame_begin(struct pyr_buf *out, int64_t received_ns, struct pyr_str tenant, struct pyr_str service)
{
    pyr_buf_byte(out, PYR_FRAME_VERSION);
    put(out, received_ns > 0 ? (uint64_t)(received_ns / PYR_NS_PER_MS) : 0);
    put_str(out, tenant);
    if (tenant.len != 0)
        put_str(out, service);
}

static void put_strings(struct pyr_buf *out, const struct pyr_symbols *s, uint32_t from, uint32_t until)
{
    put(out, until - from);
    for (uint32_t i = from; i < until; i++)
        put(out, pyr_symbols_string(s, i).len);
    for (uint32_t i = from; i < until; i++)
        pyr_buf_str(out, pyr_symbols_string(s, i));
}

static void put_mappings(struct pyr_buf *out, const struct pyr_symbols *s, uint32_t from, uint32_t until)
{
    put(out, until - from);
    for (uint32_t i = from; i < until; i++) {
        const struct pyr_mapping m = pyr_symbols_mapping(s, i);
        put(out, m.start);
        put(out, m.limit);
        put(out, m.offset);
        put(out, m.filename);
        put(out, m.build_id);
        pyr_buf_byte(out, (uint8_t)(m.has_functions | m.has_filenames << 1 | m.has_line_numbers << 2 |
                                    m.has_inline_frames << 3));
    }
}

static void put_functions(struct pyr_buf *out, const struct pyr_symbols *s, uint32_t from, uint32_t until)
{
    struct pyr_function before = {0};
    put(out, until - from);
    for (uint32_t i = from; i < until; i++) {
        const struct pyr_function f = pyr_symbols_function(s, i);
        put_delta(out, f.name, before.name);
        put_delta(out, f.system_name, f.name);
        put_delta(out, f.filename, before.filename);
        put_signed(out, f.start_line);
        before = f;
    }
}

static void put_locations(struct pyr_buf *out, const struct pyr_symbols *s, uint32_t from, uint32_t until)
{
    uint64_t address = 0;
    uint32_t function = 0;
    put(out, until - from);
    for (uint32_t i = from; i < until; i++) {
        const struct pyr_location l = pyr_symbols_location(s, i);
        put(out, l.mapping);
        put_delta(out, l.address, address);
        address = l.address;
        put(out, l.line_count);
        for (uint32_t k = 0; k < l.line_count; k++) {
            const struct pyr_line line = pyr_symbols_line(s, l.line_first + k);
            put_delta(out, line.function, function);
            function = line.function;
            put_signed(out, line.line);
        }
    }
}

static void put_nodes(struct pyr_buf *out, const struct pyr_stack_tree *t, uint32_t from, uint32_t until)
{
    uint32_t location = 0;
    put(out, until - from);
    for (uint32_t i = from; i < until; i++) {
        const struct pyr_node n = pyr_stack_tree_node(t, i);
        put(out, i - n.parent);
        put_delta(out, n.location, location);
        location = n.location;
    }
}

static void put_stacks(struct pyr_buf *out, const struct pyr_stack_tree *t, uint32_t from, uint32_t until)
{
    uint32_t before = 0;
    put(out, until - from);
    for (uint32_t i = from; i < until; i++) {
        const uint32_t node = pyr_stack_tree_stack(t, i);
        put_delta(out, node, before);
        before = node;
    }
}

static void put_series(struct pyr_buf *out, const struct pyr_series_table *t, uint32_t from, uint32_t until)
{
    put(out, until - from);
    for (uint32_t i = from; i < until; i++) {
        const struct pyr_series *s = pyr_series_at(t, i);
        const uint32_t *word = s->words;
        put(out, s->label_count);
        for (uint32_t k = 0; k < 2 * s->label_count; k++)
            put(out, *word++);
        put(out, s->type_count);
        for (uint32_t k = 0; k < 2 * s->type_count; k++)
            put(out, *word++);
        pyr_buf_byte(out, s->has_period);
        put(out, word[0]);
        put(out, word[1]);
    }
}

void pyr_frame_put_tables(struct pyr_buf *out, struct pyr_tables *t, const struct pyr_table_ids *from,
                          const struct pyr_table_ids *until)
{
    const uint32_t *a = from->of, *b = until->of;
    put_strings(out, &t->symbols, a[PYR_TABLE_STRINGS], b[PYR_TABLE_STRINGS]);
    put_mappings(out, &t->symbols, a[PYR_TABLE_MAPPINGS], b[PYR_TABLE_MAPPINGS]);
    put_functions(out, &t->symbols, a[PYR_TABLE_FUNCTIONS], b[PYR_TABLE_FUNCTIONS]);
    put_locations(out, &t->symbols, a[PYR_TABLE_LOCATIONS], b[PYR_TABLE_LOCATIONS]);
    put_nodes(out, &t->tree, a[PYR_TABLE_NODES], b[PYR_TABLE_NODES]);
    put_stacks(out, &t->tree, a[PYR_TABLE_STACKS], b[PYR_TABLE_STACKS]);
    put_series(out, &t->series, a[PYR_TABLE_SERIES], b[PYR_TABLE_SERIES]);
}

void pyr_frame_put_row_count(struct pyr_buf *out, uint32_t rows)
{
    put(out, rows);
}

void pyr_frame_put_row(struct pyr_buf *out, uint32_t series, struct pyr_span row_group)
{
    put(out, series);
    put(out, row_group.len);
    pyr_buf_append(out, row_group.ptr, row_group.len);
}

/* ---- reading ---- */

/* `at` is NULL once something did not decode. */
static uint64_t get(struct pyr_frame_reader *r)
{
    uint64_t v = 0;
    if (r->at != NULL)
        r->at = pyr_uvarint_read(r->at, r->end, &v);
    return r->at != NULL ? v : 0;
}

static int64_t get_signed(struct pyr_frame_reader *r)
{
    return pyr_zigzag_decode(get(r));
}

/* Fails the reader unless the number is below `limit`. */
static uint32_t get_below(struct pyr_frame_reader *r, uint64_t v, uint64_t limit)
{
    if (v >= limit)
        r->at = NULL;
    return r->at != NULL ? (uint32_t)v : 0;
}

static uint32_t get_id(struct pyr_frame_reader *r, uint32_t limit)
{
    return get_below(r, get(r), limit);
}

static uint32_t get_id_after(struct pyr_frame_reader *r, uint32_t before, uint32_t limit)
{
    return get_below(r, before + (uint64_t)get_signed(r), limit);
}

static uint8_t get_byte(struct pyr_frame_reader *r)
{
    if (r->at == NULL || r->at == r->end) {
        r->at = NULL;
        return 0;
    }
    return *r->at++;
}

static struct pyr_str get_bytes(struct pyr_frame_reader *r, uint64_t len)
{
    if (r->at == NULL || len > (size_t)(r->end - r->at)) {
        r->at = NULL;
        return (struct pyr_str){NULL, 0};
    }
    const struct pyr_str s = {(const char *)r->at, (size_t)len};
    r->at += len;
    return s;
}

/* A number of things that take at least a byte each. */
static uint32_t get_count(struct pyr_frame_reader *r)
{
    const uint64_t n = get(r);
    if (r->at != NULL && n > (size_t)(r->end - r->at))
        r->at = NULL;
    return r->at != NULL ? (uint32_t)n : 0;
}

static pyr_err corrupt(struct pyr_diag *diag, const char *what)
{
    return pyr_fail(diag, PYR_E_CORRUPT, "log frame: %s", what);
}

pyr_err pyr_frame_open(struct pyr_frame_reader *r, struct pyr_span payload, struct pyr_diag *diag)
{
    *r = (struct pyr_frame_reader){.base = payload.ptr, .at = payload.ptr, .end = payload.ptr + payload.len};
    if (payload.len == 0 || payload.len > UINT32_MAX)
        return corrupt(diag, "impossible length");
    if (get_byte(r) != PYR_FRAME_VERSION)
        return corrupt(diag, "unknown version");
    const uint64_t received_ms = get(r);
    r->received_ns = received_ms < INT64_MAX / PYR_NS_PER_MS ? (int64_t)received_ms * PYR_NS_PER_MS : INT64_MAX;
    r->tenant = get_bytes(r, get(r));
    if (r->tenant.len != 0)
        r->service = get_bytes(r, get(r));
    return r->at != NULL ? PYR_OK : corrupt(diag, "start does not decode");
}

/* What is being read: entries below `known` are there already and are read over. */
struct table_read {
    struct pyr_frame_reader *r;
    struct pyr_tables *t;
    const struct pyr_table_ids *first;
    struct pyr_table_ids known;
    pyr_err err; /* of adding */
};

static bool goes_on(const struct table_read *x)
{
    return x->r->at != NULL && x->err == PYR_OK;
}

static void read_strings(struct table_read *x)
{
    struct pyr_frame_reader lengths = *x->r;
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_STRINGS];
    (void)get_count(&lengths);
    for (uint32_t i = 0; i < count && goes_on(x); i++)
        (void)get(x->r);
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        const struct pyr_str s = get_bytes(x->r, get(&lengths));
        if (x->r->at != NULL && first + i >= x->known.of[PYR_TABLE_STRINGS])
            x->err = pyr_symbols_add_string(&x->t->symbols, s, x->t->tally);
    }
}

static void read_mappings(struct table_read *x)
{
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_MAPPINGS];
    const uint32_t strings = pyr_chunked_count(&x->t->symbols.strings);
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        struct pyr_mapping m = {.start = get(x->r), 0};
        m.limit = get(x->r);
        m.offset = get(x->r);
        m.filename = get_id(x->r, strings);
        m.build_id = get_id(x->r, strings);
        const uint8_t flags = get_byte(x->r);
        m.has_functions = flags & 1;
        m.has_filenames = flags >> 1 & 1;
        m.has_line_numbers = flags >> 2 & 1;
        m.has_inline_frames = flags >> 3 & 1;
        if (x->r->at != NULL && first + i >= x->known.of[PYR_TABLE_MAPPINGS])
            x->err = pyr_symbols_add_mapping(&x->t->symbols, &m, x->t->tally);
    }
}

static void read_functions(struct table_read *x)
{
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_FUNCTIONS];
    const uint32_t strings = pyr_chunked_count(&x->t->symbols.strings);
    struct pyr_function f = {0};
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        f.name = get_id_after(x->r, f.name, strings);
        f.system_name = get_id_after(x->r, f.name, strings);
        f.filename = get_id_after(x->r, f.filename, strings);
        f.start_line = get_signed(x->r);
        if (x->r->at != NULL && first + i >= x->known.of[PYR_TABLE_FUNCTIONS])
            x->err = pyr_symbols_add_function(&x->t->symbols, &f, x->t->tally);
    }
}

/* The lines of a location, into `*lines`, which grows. */
static uint32_t read_lines(struct table_read *x, struct pyr_buf *lines, uint32_t *function)
{
    const uint32_t count = get_count(x->r), functions = pyr_chunked_count(&x->t->symbols.functions);
    pyr_buf_clear(lines);
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        *function = get_id_after(x->r, *function, functions);
        const struct pyr_line line = {.function = *function, .line = get_signed(x->r)};
        pyr_buf_append(lines, &line, sizeof(line));
        x->err = lines->err;
    }
    return count;
}

static void read_locations(struct table_read *x)
{
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_LOCATIONS];
    const uint32_t mappings = pyr_chunked_count(&x->t->symbols.mappings);
    struct pyr_buf lines;
    pyr_buf_init(&lines, SIZE_MAX / 2);
    uint64_t address = 0;
    uint32_t function = 0;
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        const uint32_t mapping = get_id(x->r, mappings);
        address += (uint64_t)get_signed(x->r);
        const uint32_t line_count = read_lines(x, &lines, &function);
        if (goes_on(x) && first + i >= x->known.of[PYR_TABLE_LOCATIONS])
            x->err = pyr_symbols_add_location(&x->t->symbols, address, mapping, (const void *)lines.data, line_count,
                                              x->t->tally);
    }
    pyr_buf_free(&lines);
}

static void read_nodes(struct table_read *x)
{
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_NODES];
    const uint32_t locations = pyr_chunked_count(&x->t->symbols.locations);
    struct pyr_node n = {0};
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        const uint32_t id = first + i, up = get_id(x->r, id + 1);
        n.location = get_id_after(x->r, n.location, locations);
        if (up == 0)
            x->r->at = NULL; /* only the root is its own parent, and it is in no frame */
        n.parent = id - up;
        if (x->r->at != NULL && id >= x->known.of[PYR_TABLE_NODES])
            x->err = pyr_stack_tree_add_node(&x->t->tree, n, x->t->tally);
    }
}

static void read_stacks(struct table_read *x)
{
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_STACKS];
    const uint32_t nodes = pyr_chunked_count(&x->t->tree.nodes);
    uint32_t node = 0;
    for (uint32_t i = 0; i < count && goes_on(x); i++) {
        node = get_id_after(x->r, node, nodes);
        if (x->r->at != NULL && first + i >= x->known.of[PYR_TABLE_STACKS])
            x->err = pyr_stack_tree_add_stack(&x->t->tree, node, x->t->tally);
    }
}

static void read_words(struct table_read *x, struct pyr_buf *words, uint32_t pairs)
{
    const uint32_t strings = pyr_chunked_count(&x->t->symbols.strings);
    for (uint32_t i = 0; i < 2 * pairs && goes_on(x); i++) {
        const uint32_t word = get_id(x->r, strings);
        pyr_buf_append(words, &word, sizeof(word));
        x->err = words->err;
    }
}

static void read_one_series(struct table_read *x, struct pyr_buf *words, bool is_new)
{
    pyr_buf_clear(words);
    const uint32_t labels = get_id(x->r, PYR_SERIES_LABELS_MAX + 1);
    read_words(x, words, labels);
    const uint32_t types = get_id(x->r, PYR_SERIES_TYPES_MAX + 1);
    read_words(x, words, types);
    const bool has_period = get_byte(x->r) != 0;
    read_words(x, words, 1);
    if (types == 0)
        x->r->at = NULL;
    if (!goes_on(x) || !is_new)
        return;
    struct pyr_series *s;
    x->err = pyr_series_prepare(&x->t->series, &x->t->symbols, (const void *)words->data, labels, types, has_period,
                                false, x->t->tally, &s);
    if (x->err == PYR_OK)
        pyr_series_publish(&x->t->series, s);
}

static void read_series(struct table_read *x)
{
    const uint32_t count = get_count(x->r), first = x->first->of[PYR_TABLE_SERIES];
    struct pyr_buf words;
    pyr_buf_init(&words, SIZE_MAX / 2);
    for (uint32_t i = 0; i < count && goes_on(x); i++)
        read_one_series(x, &words, first + i >= x->known.of[PYR_TABLE_SERIES]);
    pyr_buf_free(&words);
}

/* Nobody has seen what was appended: the counts go back. Text and words stay until the generation goes. */
static void take_back(struct pyr_tables *t, const struct pyr_table_ids *known)
{
    for (uint32_t i = 0; i < PYR_TABLE_COUNT; i++)
        pyr_chunked_publish(pyr_tables_array(t, (enum pyr_table)i), known->of[i]);
}

pyr_err pyr_frame_read_tables(struct pyr_frame_reader *r, const struct pyr_table_ids *first, struct pyr_tables *t,
                              struct pyr_diag *diag)
{
    static void (*const readers[])(struct table_read *) = {read_strings, read_mappings, read_functions, read_locations,
                                                           read_nodes,   read_stacks,   read_series};
    struct table_read x = {.r = r, .t = t, .first = first, .known = pyr_tables_counts(t)};
    for (uint32_t i = 0; i < PYR_TABLE_COUNT; i++)
        if (first->of[i] > x.known.of[i])
            return corrupt(diag, "what it builds on is missing");
    for (size_t i = 0; i < PYR_COUNT_OF(readers) && goes_on(&x); i++)
        readers[i](&x);
    if (goes_on(&x))
        r->rows_left = get_below(r, get(r), (size_t)(r->end - r->base));
    if (goes_on(&x))
        return PYR_OK;
    take_back(t, &x.known);
    /* Memory first: where reading stopped for want of it, what follows says nothing about the bytes. */
    return x.err != PYR_OK ? pyr_fail(diag, x.err, "log frame: %s", pyr_err_name(x.err))
                           : corrupt(diag, "tables do not decode");
}

bool pyr_frame_next_row(struct pyr_frame_reader *r, uint32_t *series, uint32_t *offset, uint32_t *bytes, pyr_err *err)
{
    *err = PYR_OK;
    if (r->rows_left == 0)
        return false;
    r->rows_left--;
    *series = get_id(r, UINT32_MAX);
    const struct pyr_str row = get_bytes(r, get(r));
    if (r->at == NULL) {
        r->rows_left = 0;
        *err = PYR_E_CORRUPT;
        return false;
    }
    *offset = (uint32_t)((const uint8_t *)row.ptr - r->base);
    *bytes = (uint32_t)row.len;
    return true;
}
