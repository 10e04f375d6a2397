/* store_model.h - what the store's tests compare it with: random calls of pyr_store_append and, told only through text, a
 * plain list of the rows they mean. The list knows nothing of ids, tables or encodings: a row is its series, its numbers
 * and, per entry, the frames' names. */
#ifndef PYR_TESTS_STORE_MODEL_H
#define PYR_TESTS_STORE_MODEL_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "storage/store.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define UNUSED_FN __attribute__((unused)) static

/* ---- chance ---- */

struct chance {
    uint64_t state;
};
UNUSED_FN uint64_t draw(struct chance *c)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
UNUSED_FN uint32_t below(struct chance *c, uint32_t n)
{
    return (uint32_t)(draw(c) % n);
}
UNUSED_FN bool one_in(struct chance *c, uint32_t n)
{
    return below(c, n) == 0;
}

/* ---- the world that profiles are drawn from ---- */

enum {
    FUNCTIONS = 120,
    LOCATIONS = 300,
    MAPPINGS = 3,
    SAMPLES_MAX = 40,
    DEPTH_MAX = 10,
    TYPES = 4,
    MAPPING_BYTES = 1 << 20
};

UNUSED_FN void describe_function(struct pyr_buf *out, uint32_t f, int64_t line)
{
    pyr_buf_printf(out, "fn%u,%s%u,file%u,%u:%" PRId64 " ", f, f % 5 == 0 ? "sys" : "fn", f, f % 13, f % 3, line);
}
UNUSED_FN uint32_t lines_of(uint32_t location)
{
    return location % 7 == 0 ? 0 : 1u + (location % 11 == 0) + (location % 33 == 0);
}
UNUSED_FN uint32_t function_of(uint32_t location, uint32_t k)
{
    return (location * 7 + k * 31) % FUNCTIONS;
}
UNUSED_FN int64_t line_of(uint32_t location, uint32_t k)
{
    return (int64_t)(location * 3 + k) - 2;
}

UNUSED_FN void describe_location(struct pyr_buf *out, uint32_t location)
{
    const uint32_t mapping = location % MAPPINGS;
    if (mapping != 0)
        pyr_buf_printf(out, "[/bin/app%u id%u] ", mapping, mapping);
    for (uint32_t k = 0; k < lines_of(location); k++)
        describe_function(out, function_of(location, k), line_of(location, k));
    if (lines_of(location) == 0)
        pyr_buf_printf(out, "+%u ", location * 16);
}

/* ---- rows as text ---- */

struct entry { /* one entry of a row, as the model and as the store's answer are compared */
    char *text;
    int64_t values[TYPES];
};
UNUSED_FN int by_text(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}
UNUSED_FN int64_t add_clamped(int64_t a, int64_t b)
{
    const __int128 sum = (__int128)a + b;
    return sum > INT64_MAX ? INT64_MAX : sum < INT64_MIN ? INT64_MIN : (int64_t)sum;
}

/* Sorts (stable by construction of the callers' texts), sums equal ones, prints. Texts are freed. */
UNUSED_FN void print_entries(struct pyr_buf *out, struct entry *entries, uint32_t count, uint32_t types)
{
    qsort(entries, count, sizeof(*entries), by_text);
    for (uint32_t i = 0; i < count; i++) {
        struct entry sum = entries[i];
        while (i + 1 < count && strcmp(entries[i + 1].text, entries[i].text) == 0) {
            for (uint32_t k = 0; k < types; k++)
                sum.values[k] = add_clamped(sum.values[k], entries[i + 1].values[k]);
            free(entries[i].text);
            i++;
        }
        pyr_buf_printf(out, "  %s", entries[i].text);
        for (uint32_t k = 0; k < types; k++)
            pyr_buf_printf(out, " %" PRId64, sum.values[k]);
        pyr_buf_printf(out, "\n");
        free(entries[i].text);
    }
}

enum { LABELS_MAX = 12 };
struct model_row {
    char tenant[8];
    uint32_t label_count, type_count;
    char labels[LABELS_MAX][2][24]; /* as stored, sorted */
    char types[TYPES][2][24];
    char period[2][24];
    int64_t time_ns;
    char *text; /* all of it */
    bool maybe; /* its call was not acknowledged: it may be there or not */
};

struct model {
    struct model_row *rows;
    uint32_t count, room;
};
UNUSED_FN void model_free(struct model *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        free(m->rows[i].text);
    free(m->rows);
    *m = (struct model){0};
}
UNUSED_FN void model_add(struct model *m, const struct model_row *row)
{
    if (m->count == m->room) {
        m->room = m->room != 0 ? 2 * m->room : 64;
        m->rows = realloc(m->rows, m->room * sizeof(*m->rows));
        assert_non_null(m->rows);
    }
    m->rows[m->count++] = *row;
}

/* ---- a random call ---- */

enum { WRITES_MAX = 3, ROWS_MAX = 3 };
struct call {
    struct pyr_arena arena;
    struct pyr_write writes[WRITES_MAX];
    uint32_t write_count;
    struct model_row rows[WRITES_MAX * ROWS_MAX]; /* what it means; text is malloc'd */
    uint32_t row_count;
};
struct call_options {
    uint32_t tenants, services, pods;
    bool identities; /* unique ones */
    int64_t from_ns, until_ns;
};

struct drawn_profile {
    struct pyr_profile p;
    uint32_t sample_world[SAMPLES_MAX][DEPTH_MAX]; /* the world's locations of each sample, leaf first */
};

UNUSED_FN void *take(struct pyr_arena *a, size_t count, size_t bytes)
{
    void *p = pyr_arena_zalloc(a, count, bytes);
    assert_non_null(p);
    return p;
}

UNUSED_FN void shuffle(struct chance *c, uint32_t *places, uint32_t count, uint32_t first)
{
    for (uint32_t i = 0; i < count; i++)
        places[i] = first + i;
    for (uint32_t i = count; i > 1; i--) {
        const uint32_t k = below(c, i), kept = places[k];
        places[k] = places[i - 1];
        places[i - 1] = kept;
    }
}

/* The whole world as one profile, in an order of its own, loaded at an address of its own. */
UNUSED_FN void draw_symbols(struct chance *c, struct pyr_arena *a, struct pyr_profile *p, uint32_t *location_place)
{
    uint32_t function_place[FUNCTIONS];
    shuffle(c, function_place, FUNCTIONS, 0);
    shuffle(c, location_place, LOCATIONS, 0);
    p->string_count = 1 + 2 * FUNCTIONS + 13 + 2 * MAPPINGS;
    p->strings = take(a, p->string_count, sizeof(*p->strings));
    uint32_t string_place[1 + 2 * FUNCTIONS + 13 + 2 * MAPPINGS];
    shuffle(c, string_place + 1, p->string_count - 1, 1);
    p->strings[0] = PYR_STR("");
#define TEXT(place, ...) (p->strings[string_place[place]] = pyr_arena_printf(a, __VA_ARGS__), string_place[place])
    p->function_count = FUNCTIONS;
    p->functions = take(a, FUNCTIONS, sizeof(*p->functions));
    uint32_t files[13];
    for (uint32_t i = 0; i < 13; i++)
        files[i] = TEXT(1 + 2 * FUNCTIONS + i, "file%u", i);
    for (uint32_t f = 0; f < FUNCTIONS; f++) {
        struct pyr_function *to = &p->functions[function_place[f]];
        to->name = TEXT(1 + f, "fn%u", f);
        to->system_name = f % 5 == 0 ? TEXT(1 + FUNCTIONS + f, "sys%u", f) : to->name;
        to->filename = files[f % 13];
        to->start_line = f % 3;
    }
    for (uint32_t f = 0; f < FUNCTIONS; f++)
        if (f % 5 != 0)
            (void)TEXT(1 + FUNCTIONS + f, "unused%u", f);
    p->mapping_count = MAPPINGS;
    p->mappings = take(a, MAPPINGS, sizeof(*p->mappings));
    for (uint32_t m = 0; m < MAPPINGS; m++) {
        const uint32_t name = TEXT(1 + 2 * FUNCTIONS + 13 + 2 * m, "/bin/app%u", m);
        const uint32_t id = TEXT(1 + 2 * FUNCTIONS + 14 + 2 * m, "id%u", m);
        if (m == 0)
            continue;
        const uint64_t start = (UINT64_C(1) << 40) + (uint64_t)below(c, 1 << 20) * 4096;
        p->mappings[m] = (struct pyr_mapping){.start = start,
                                              .limit = start + MAPPING_BYTES,
                                              .offset = 4096 * m,
                                              .filename = name,
                                              .build_id = id,
                                              .has_functions = m == 1};
    }
#undef TEXT
    p->location_count = LOCATIONS;
    p->locations = take(a, LOCATIONS, sizeof(*p->locations));
    p->lines = take(a, 3 * LOCATIONS, sizeof(*p->lines));
    for (uint32_t l = 0; l < LOCATIONS; l++) {
        const uint32_t mapping = l % MAPPINGS;
        p->locations[location_place[l]] = (struct pyr_location){.address = p->mappings[mapping].start + l * 16,
                                                                .mapping = mapping,
                                                                .line_first = p->line_count,
                                                                .line_count = lines_of(l)};
        for (uint32_t k = 0; k < lines_of(l); k++)
            p->lines[p->line_count++] =
                (struct pyr_line){.function = function_place[function_of(l, k)], .line = line_of(l, k)};
    }
}

UNUSED_FN void draw_samples(struct chance *c, struct pyr_arena *a, struct drawn_profile *d,
                            const uint32_t *location_place)
{
    struct pyr_profile *p = &d->p;
    p->sample_count = below(c, SAMPLES_MAX + 1);
    p->samples = take(a, p->sample_count, sizeof(*p->samples));
    p->stack_locations = take(a, SAMPLES_MAX * DEPTH_MAX, sizeof(*p->stack_locations));
    p->type_count = TYPES;
    p->values = take(a, (size_t)SAMPLES_MAX * TYPES, sizeof(*p->values));
    const uint32_t mood = below(c, 8);
    for (uint32_t s = 0; s < p->sample_count; s++) {
        const uint32_t depth = below(c, DEPTH_MAX + 1);
        uint32_t path[DEPTH_MAX], at = 1;
        for (uint32_t i = 0; i < depth; i++)
            path[i] = at = (at * 17 + below(c, 3)) % LOCATIONS;
        p->samples[s] = (struct pyr_sample){.stack_first = p->stack_location_count, .stack_count = depth};
        for (uint32_t i = 0; i < depth; i++) {
            d->sample_world[s][i] = path[depth - 1 - i];
            p->stack_locations[p->stack_location_count++] = location_place[path[depth - 1 - i]];
        }
        for (uint32_t k = 0; k < TYPES; k++) {
            int64_t v = below(c, 100);
            if (mood == 1)
                v = (int64_t)below(c, 2000) - 1000;
            else if (mood == 2)
                v = (int64_t)(draw(c) >> 1); /* sums saturate */
            else if (k == 1)
                v = p->values[s * TYPES] * 10000000;
            else if (k == 3 && mood == 3)
                v = 0;
            p->values[s * TYPES + k] = v;
        }
    }
}

/* A row's optional columns, for the positions of `samples`. */
struct optional {
    uint64_t *spans;
    uint8_t (*traces)[16];
    int64_t *times;
};
UNUSED_FN struct optional draw_optional(struct chance *c, struct pyr_arena *a, uint32_t count)
{
    struct optional o = {0};
    if (one_in(c, 3)) {
        o.spans = take(a, count, sizeof(*o.spans));
        for (uint32_t i = 0; i < count; i++)
            o.spans[i] = one_in(c, 2) ? 0 : 1 + below(c, 3);
    }
    if (one_in(c, 5)) {
        o.traces = take(a, count, sizeof(*o.traces));
        for (uint32_t i = 0; i < count; i++)
            o.traces[i][below(c, 16)] = (uint8_t)below(c, 3);
    }
    if (one_in(c, 5)) {
        o.times = take(a, count, sizeof(*o.times));
        for (uint32_t i = 0; i < count; i++)
            o.times[i] = (int64_t)below(c, 3) * 1000000007 - 1000000007;
    }
    return o;
}

UNUSED_FN void describe_optional(struct pyr_buf *b, const uint64_t *span, const uint8_t *trace, const int64_t *time)
{
    if (span != NULL)
        pyr_buf_printf(b, "span=%" PRIx64 " ", *span);
    if (trace != NULL)
        for (int i = 0; i < 16; i++)
            pyr_buf_printf(b, "%02x", trace[i]);
    if (time != NULL)
        pyr_buf_printf(b, "time=%" PRId64 " ", *time);
}

UNUSED_FN char *text_of(struct pyr_buf *b)
{
    pyr_buf_byte(b, 0);
    assert_int_equal(b->err, PYR_OK);
    char *text = strdup((const char *)b->data);
    assert_non_null(text);
    pyr_buf_free(b);
    return text;
}

UNUSED_FN void describe_head(struct pyr_buf *b, const struct model_row *r, int64_t duration_ns, int64_t period,
                             const uint8_t *identity)
{
    pyr_buf_printf(b, "%s {", r->tenant);
    for (uint32_t i = 0; i < r->label_count; i++)
        pyr_buf_printf(b, "%s=%s,", r->labels[i][0], r->labels[i][1]);
    pyr_buf_printf(b, "} ");
    for (uint32_t i = 0; i < r->type_count; i++)
        pyr_buf_printf(b, "%s:%s ", r->types[i][0], r->types[i][1]);
    pyr_buf_printf(b, "period %s:%s time %" PRId64 " duration %" PRId64 " period %" PRId64 " ", r->period[0],
                   r->period[1], r->time_ns, duration_ns, period);
    for (int i = 0; i < 16; i++)
        pyr_buf_printf(b, "%02x", identity[i]);
    pyr_buf_printf(b, "\n");
}

static const char *const model_types[3][TYPES + 1][2] = {
    {{"samples", "count"}, {"cpu", "nanoseconds"}, {NULL, NULL}},
    {{"alloc_objects", "count"},
     {"alloc_space", "bytes"},
     {"inuse_objects", "count"},
     {"inuse_space", "bytes"},
     {NULL, NULL}},
    {{"goroutine", "count"}, {NULL, NULL}},
};
static const char *const model_names[3] = {"process_cpu", "memory", "goroutine"};
static const char *const model_periods[3][2] = {{"cpu", "nanoseconds"}, {"space", "bytes"}, {"", ""}};

UNUSED_FN void draw_series(struct chance *c, const struct call_options *o, const char *service, struct model_row *r)
{
    const uint32_t kind = below(c, 3);
    uint32_t n = 0;
#define LABEL(name, ...)                                                                                               \
    do {                                                                                                               \
        snprintf(r->labels[n][0], sizeof(r->labels[n][0]), name);                                                      \
        snprintf(r->labels[n++][1], sizeof(r->labels[0][1]), __VA_ARGS__);                                             \
    } while (0)
    LABEL("__name__", "%s", model_names[kind]);
    LABEL("pod", "pod-%u", below(c, o->pods));
    if (one_in(c, 3))
        LABEL("region", "%s", one_in(c, 2) ? "eu" : "us");
    LABEL("service_name", "%s", service);
    if (one_in(c, 4))
        LABEL("z", "%u", below(c, 3));
#undef LABEL
    r->label_count = n;
    for (r->type_count = 0; model_types[kind][r->type_count][0] != NULL; r->type_count++)
        for (int i = 0; i < 2; i++)
            snprintf(r->types[r->type_count][i], sizeof(r->types[0][0]), "%s", model_types[kind][r->type_count][i]);
    for (int i = 0; i < 2; i++)
        snprintf(r->period[i], sizeof(r->period[0]), "%s", model_periods[kind][i]);
}

UNUSED_FN struct pyr_series_key key_of(struct pyr_arena *a, const struct model_row *r)
{
    struct pyr_label *labels = take(a, r->label_count, sizeof(*labels));
    struct pyr_value_type *types = take(a, r->type_count, sizeof(*types));
    for (uint32_t i = 0; i < r->label_count; i++)
        labels[i] = (struct pyr_label){pyr_arena_str(a, pyr_str_of(r->labels[i][0])),
                                       pyr_arena_str(a, pyr_str_of(r->labels[i][1]))};
    for (uint32_t i = 0; i < r->type_count; i++)
        types[i] = (struct pyr_value_type){pyr_arena_str(a, pyr_str_of(r->types[i][0])),
                                           pyr_arena_str(a, pyr_str_of(r->types[i][1]))};
    return (struct pyr_series_key){
        .labels = labels,
        .label_count = r->label_count,
        .types = types,
        .type_count = r->type_count,
        .period_type = {pyr_arena_str(a, pyr_str_of(r->period[0])), pyr_arena_str(a, pyr_str_of(r->period[1]))}};
}

UNUSED_FN void draw_row(struct chance *c, const struct call_options *o, struct call *call,
                        const struct drawn_profile *d, const char *tenant, const char *service, struct pyr_write_row *w)
{
    struct pyr_arena *a = &call->arena;
    struct model_row *r = &call->rows[call->row_count++];
    *r = (struct model_row){0};
    snprintf(r->tenant, sizeof(r->tenant), "%s", tenant);
    draw_series(c, o, service, r);
    r->time_ns = o->from_ns + (int64_t)(draw(c) % (uint64_t)(o->until_ns - o->from_ns + 1));

    uint32_t *samples = take(a, SAMPLES_MAX, sizeof(*samples)), *columns = take(a, TYPES, sizeof(*columns)), n = 0;
    for (uint32_t s = 0; s < d->p.sample_count; s++)
        if (!one_in(c, 4))
            samples[n++] = s;
    shuffle(c, columns, TYPES, 0);
    const struct optional opt = draw_optional(c, a, n);
    *w = (struct pyr_write_row){.series = key_of(a, r),
                                .time_ns = r->time_ns,
                                .duration_ns = (int64_t)below(c, 3) * 10000000000,
                                .period = (int64_t)below(c, 2) * 10000000,
                                .samples = samples,
                                .sample_count = n,
                                .span_ids = opt.spans,
                                .trace_ids = (const uint8_t(*)[16])opt.traces,
                                .times_ns = opt.times,
                                .columns = columns};
    if (o->identities)
        for (int i = 0; i < 16; i++)
            w->identity[i] = (uint8_t)(1 + below(c, 255));

    struct pyr_buf b;
    pyr_buf_init(&b, SIZE_MAX / 2);
    struct entry entries[SAMPLES_MAX];
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t f = 0; f < d->p.samples[samples[i]].stack_count; f++) {
            describe_location(&b, d->sample_world[samples[i]][f]);
            pyr_buf_printf(&b, "< ");
        }
        describe_optional(&b, opt.spans ? &opt.spans[i] : NULL, opt.traces ? opt.traces[i] : NULL,
                          opt.times ? &opt.times[i] : NULL);
        entries[i].text = text_of(&b);
        for (uint32_t k = 0; k < r->type_count; k++)
            entries[i].values[k] = d->p.values[samples[i] * TYPES + columns[k]];
    }
    describe_head(&b, r, w->duration_ns, w->period, w->identity);
    print_entries(&b, entries, n, r->type_count);
    r->text = text_of(&b);
}

/* Makes a call. Free it with call_free (the rows' texts are the model's after model_take). */
UNUSED_FN void draw_call(struct chance *c, const struct call_options *o, struct call *call)
{
    *call = (struct call){0};
    pyr_arena_init(&call->arena, SIZE_MAX, NULL);
    call->write_count = 1 + below(c, WRITES_MAX);
    for (uint32_t i = 0; i < call->write_count; i++) {
        struct drawn_profile *d = take(&call->arena, 1, sizeof(*d));
        uint32_t location_place[LOCATIONS];
        draw_symbols(c, &call->arena, &d->p, location_place);
        draw_samples(c, &call->arena, d, location_place);
        const struct pyr_str tenant = pyr_arena_printf(&call->arena, "t%u", below(c, o->tenants));
        const struct pyr_str service = pyr_arena_printf(&call->arena, "svc-%u", below(c, o->services));
        const uint32_t rows = below(c, ROWS_MAX + 1);
        struct pyr_write_row *w = take(&call->arena, ROWS_MAX, sizeof(*w));
        for (uint32_t k = 0; k < rows; k++)
            draw_row(c, o, call, d, tenant.ptr, service.ptr, &w[k]);
        call->writes[i] =
            (struct pyr_write){.tenant = tenant, .service = service, .profile = &d->p, .rows = w, .row_count = rows};
    }
}

/* The call's rows become the model's. */
UNUSED_FN void model_take(struct model *m, struct call *call, bool maybe)
{
    for (uint32_t i = 0; i < call->row_count; i++) {
        call->rows[i].maybe = maybe;
        model_add(m, &call->rows[i]);
    }
    call->row_count = 0;
}
UNUSED_FN void call_free(struct call *call)
{
    for (uint32_t i = 0; i < call->row_count; i++)
        free(call->rows[i].text);
    pyr_arena_free(&call->arena);
}

/* ---- what the store says, as text ---- */

UNUSED_FN void describe_stored_location(struct pyr_buf *b, const struct pyr_partition *p, uint32_t location)
{
    const struct pyr_location l = pyr_partition_location(p, location);
    const struct pyr_mapping m = pyr_partition_mapping(p, l.mapping);
    if (l.mapping != 0)
        pyr_buf_printf(b, "[%.*s %.*s] ", PYR_STR_ARG(pyr_partition_string(p, m.filename)),
                       PYR_STR_ARG(pyr_partition_string(p, m.build_id)));
    for (uint32_t k = 0; k < l.line_count; k++) {
        const struct pyr_line line = pyr_partition_line(p, l.line_first + k);
        const struct pyr_function f = pyr_partition_function(p, line.function);
        pyr_buf_printf(b, "%.*s,%.*s,%.*s,%" PRId64 ":%" PRId64 " ", PYR_STR_ARG(pyr_partition_string(p, f.name)),
                       PYR_STR_ARG(pyr_partition_string(p, f.system_name)),
                       PYR_STR_ARG(pyr_partition_string(p, f.filename)), f.start_line, line.line);
    }
    if (l.line_count == 0)
        pyr_buf_printf(b, "+%" PRIu64 " ", l.address - m.start);
}

UNUSED_FN void describe_stored_stack(struct pyr_buf *b, const struct pyr_partition *p, uint32_t stack)
{
    assert_true(stack < pyr_partition_stack_count(p));
    for (uint32_t node = pyr_partition_stack_node(p, stack); node != 0;) {
        const struct pyr_node n = pyr_partition_node(p, node);
        assert_true(n.parent < node);
        describe_stored_location(b, p, n.location);
        pyr_buf_printf(b, "< ");
        node = n.parent;
    }
}

UNUSED_FN bool is_derived(struct pyr_str name)
{
    static const char *const names[] = {"__type__",        "__unit__",         "__period_type__",
                                        "__period_unit__", "__profile_type__", "__service_name__"};
    for (size_t i = 0; i < PYR_COUNT_OF(names); i++)
        if (pyr_str_eq(name, pyr_str_of(names[i])))
            return true;
    return false;
}

UNUSED_FN void stored_series(const struct pyr_stream *streams, uint32_t types, struct pyr_arena *a, struct model_row *r)
{
    uint32_t count;
    struct pyr_label *labels = pyr_stream_labels(&streams[0], a, &count);
    assert_non_null(labels);
    *r = (struct model_row){.type_count = types};
    snprintf(r->tenant, sizeof(r->tenant), "%.*s", PYR_STR_ARG(pyr_stream_tenant(&streams[0])));
    for (uint32_t i = 0; i < count; i++) {
        if (is_derived(labels[i].name))
            continue;
        snprintf(r->labels[r->label_count][0], 24, "%.*s", PYR_STR_ARG(labels[i].name));
        snprintf(r->labels[r->label_count++][1], 24, "%.*s", PYR_STR_ARG(labels[i].value));
    }
    for (uint32_t k = 0; k < types; k++) {
        snprintf(r->types[k][0], 24, "%.*s", PYR_STR_ARG(pyr_stream_type(&streams[k]).type));
        snprintf(r->types[k][1], 24, "%.*s", PYR_STR_ARG(pyr_stream_type(&streams[k]).unit));
    }
    snprintf(r->period[0], 24, "%.*s", PYR_STR_ARG(pyr_stream_period_type(&streams[0]).type));
    snprintf(r->period[1], 24, "%.*s", PYR_STR_ARG(pyr_stream_period_type(&streams[0]).unit));
}

/* One row from the store; checks on the way that sums and totals agree with the entries. */
UNUSED_FN char *describe_stored_row(const struct pyr_stream *stream, struct model_row *series,
                                    const struct pyr_row *row)
{
    struct pyr_arena a;
    struct pyr_buf b;
    struct pyr_diag diag = {0};
    pyr_arena_init(&a, SIZE_MAX, NULL);
    pyr_buf_init(&b, SIZE_MAX / 2);
    struct entry *entries = take(&a, row->entry_count, sizeof(*entries));
    for (uint32_t k = 0; k < series->type_count; k++) {
        struct pyr_row_entries e;
        assert_int_equal(pyr_row_entries(row, k, &a, &e, &diag), PYR_OK);
        assert_int_equal(e.count, row->entry_count);
        const uint32_t stacks = pyr_partition_stack_count(stream->partition);
        int64_t *sums = take(&a, stacks, sizeof(*sums)), *expected = take(&a, stacks, sizeof(*sums)), total = 0;
        assert_int_equal(pyr_row_add(row, k, sums, &diag), PYR_OK);
        for (uint32_t i = 0; i < e.count; i++) {
            entries[i].values[k] = e.values[i];
            expected[e.stacks[i]] = add_clamped(expected[e.stacks[i]], e.values[i]);
            total = add_clamped(total, e.values[i]);
            if (k != 0)
                continue;
            assert_true(i == 0 || e.stacks[i] >= e.stacks[i - 1]);
            describe_stored_stack(&b, stream->partition, e.stacks[i]);
            describe_optional(&b, e.span_ids ? &e.span_ids[i] : NULL, e.trace_ids ? e.trace_ids[i] : NULL,
                              e.times_ns ? &e.times_ns[i] : NULL);
            entries[i].text = text_of(&b);
        }
        assert_true(stacks == 0 || memcmp(sums, expected, stacks * sizeof(*sums)) == 0);
        assert_int_equal(row->totals[k], total);
    }
    series->time_ns = row->time_ns;
    describe_head(&b, series, row->duration_ns, row->period, row->identity);
    print_entries(&b, entries, row->entry_count, series->type_count);
    pyr_arena_free(&a);
    return text_of(&b);
}

UNUSED_FN uint32_t series_types(const struct pyr_stream *streams, uint32_t count)
{
    uint32_t n = 1;
    while (n < count && streams[n].series == streams[0].series)
        n++;
    return n;
}

/* All rows of a snapshot in a range, as texts. */
UNUSED_FN void read_rows(struct pyr_snapshot *snap, uint32_t tenants, struct pyr_time_range range, struct model *out)
{
    for (uint32_t t = 0; t < tenants; t++) {
        struct pyr_arena a;
        struct pyr_diag diag = {0};
        pyr_arena_init(&a, SIZE_MAX, NULL);
        const struct pyr_str tenant = pyr_arena_printf(&a, "t%u", t);
        struct pyr_stream *streams;
        uint32_t count, types;
        assert_int_equal(pyr_snapshot_select(snap, &tenant, 1, NULL, 0, range, &a, &streams, &count, &diag), PYR_OK);
        for (uint32_t i = 0; i < count; i += types) {
            struct pyr_row_cursor *cursor, *heads;
            const struct pyr_row *row, *head;
            struct model_row r;
            types = series_types(&streams[i], count - i);
            stored_series(&streams[i], types, &a, &r);
            assert_int_equal(pyr_rows_open(snap, &streams[i], range, true, &a, &cursor, &diag), PYR_OK);
            assert_int_equal(pyr_rows_open(snap, &streams[i], range, false, &a, &heads, &diag), PYR_OK);
            int64_t last = INT64_MIN;
            for (uint32_t n = 0;; n++) {
                if (pyr_rows_next(cursor, &row, &diag) != PYR_OK || pyr_rows_next(heads, &head, &diag) != PYR_OK)
                    fail_msg("%s", diag.message);
                assert_true((row == NULL) == (head == NULL));
                assert_true(n != 0 || row != NULL); /* selected: so it has a row in the range */
                if (row == NULL)
                    break;
                assert_true(row->time_ns >= last && row->time_ns >= range.from_ns && row->time_ns <= range.until_ns);
                assert_int_equal(head->time_ns, row->time_ns);
                assert_memory_equal(head->totals, row->totals, types * sizeof(row->totals[0]));
                last = row->time_ns;
                r.text = describe_stored_row(&streams[i], &r, row);
                model_add(out, &r);
            }
        }
        pyr_arena_free(&a);
    }
}

UNUSED_FN int by_row_text(const void *a, const void *b)
{
    return strcmp(((const struct model_row *)a)->text, ((const struct model_row *)b)->text);
}

/* Every certain row is there once, a maybe row at most once, and nothing else. Sorts both. */
UNUSED_FN void compare_rows(struct model *expected, struct model *got)
{
    if (expected->count != 0)
        qsort(expected->rows, expected->count, sizeof(*expected->rows), by_row_text);
    if (got->count != 0)
        qsort(got->rows, got->count, sizeof(*got->rows), by_row_text);
    uint32_t g = 0;
    for (uint32_t e = 0; e < expected->count;) {
        const char *text = expected->rows[e].text;
        uint32_t certain = 0, possible = 0, found = 0;
        for (; e < expected->count && strcmp(expected->rows[e].text, text) == 0; e++, possible++)
            certain += !expected->rows[e].maybe;
        if (g < got->count && strcmp(got->rows[g].text, text) < 0)
            fail_msg("a row that nobody wrote:\n%s", got->rows[g].text);
        for (; g < got->count && strcmp(got->rows[g].text, text) == 0; g++)
            found++;
        if (found < certain || found > possible)
            fail_msg("found %u times, should be %u to %u:\n%s", found, certain, possible, text);
    }
    if (g < got->count)
        fail_msg("a row that nobody wrote:\n%s", got->rows[g].text);
}

UNUSED_FN void compare_store(struct pyr_store *store, uint32_t tenants, struct model *m)
{
    struct pyr_snapshot *snap = pyr_store_pin(store);
    assert_non_null(snap);
    struct model got = {0};
    read_rows(snap, tenants, (struct pyr_time_range){INT64_MIN, INT64_MAX}, &got);
    compare_rows(m, &got);
    model_free(&got);
    pyr_snapshot_unpin(snap);
}
#endif
