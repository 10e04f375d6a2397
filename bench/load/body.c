#include "load/body.h"
#include "codec/gen/push.pb.h"
#include "load/fail.h"
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODY_BYTES_MAX = 16 << 20, FRAMES_MAX = 1 << 20, PERIOD_NS = 10000000 };

/* Renumbers what a profile uses: place k in `order` holds the old number of new number k + 1. */
struct renumber {
    uint32_t *new_of; /* 0 = not used yet */
    uint32_t *order;
    uint32_t count;
};

struct builder {
    struct pyr_arena scratch;
    struct renumber frames, functions, strings;
    uint32_t *sample_of; /* drawn stack -> sample number + 1 */
    uint32_t sample_of_cap;
    struct libdeflate_compressor *gzip;
    struct pyr_buf raw, body;
};
static _Thread_local struct builder *builder;

static void renumber_init(struct renumber *r, uint32_t most)
{
    r->new_of = pyr_calloc(most, sizeof(uint32_t));
    r->order = pyr_calloc(most, sizeof(uint32_t));
    LOAD_CHECK(r->new_of != NULL && r->order != NULL);
}

static uint32_t renumber_get(struct renumber *r, uint32_t old)
{
    if (r->new_of[old] == 0) {
        r->order[r->count] = old;
        r->new_of[old] = ++r->count;
    }
    return r->new_of[old];
}

static void renumber_clear(struct renumber *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        r->new_of[r->order[i]] = 0;
    r->count = 0;
}

static struct builder *get_builder(const struct load_source *s)
{
    if (builder != NULL)
        return builder;
    builder = pyr_calloc(1, sizeof(*builder));
    LOAD_CHECK(builder != NULL);
    pyr_arena_init(&builder->scratch, SIZE_MAX, NULL);
    renumber_init(&builder->frames, s->frame_count);
    renumber_init(&builder->functions, s->string_count);
    renumber_init(&builder->strings, s->string_count + s->label_count * 2 + 16);
    builder->gzip = libdeflate_alloc_compressor(1); /* as Go's runtime: best speed */
    pyr_buf_init(&builder->raw, BODY_BYTES_MAX);
    pyr_buf_init(&builder->body, BODY_BYTES_MAX);
    return builder;
}

/* Strings of a profile: "", five fixed ones, then what is used. Old numbers: the source's strings, then its labels'
 * keys and values. */
static const char *const fixed[] = {"", "samples", "count", "cpu", "nanoseconds"};

static int64_t string_of(struct builder *b, uint32_t old)
{
    return (int64_t)(PYR_COUNT_OF(fixed) - 1 + renumber_get(&b->strings, old));
}

static void add_samples(struct builder *b, struct load_draws *d, uint32_t draws, struct pyr_google_v1_Profile *p)
{
    struct load_source *s = d->source;
    p->sample.items = PYR_ARENA_ARRAY(&b->scratch, struct pyr_google_v1_Sample, draws);
    uint32_t *picked = PYR_ARENA_ARRAY(&b->scratch, uint32_t, draws);
    for (uint32_t i = 0; i < draws; i++)
        picked[i] = load_draw(d);
    if (b->sample_of_cap < d->stack_cap) {
        pyr_free(b->sample_of);
        b->sample_of = pyr_calloc(d->stack_cap, sizeof(uint32_t));
        b->sample_of_cap = d->stack_cap;
        LOAD_CHECK(b->sample_of != NULL);
    }
    for (uint32_t i = 0; i < draws; i++) {
        if (b->sample_of[picked[i]] == 0) {
            const struct load_stack *k = &d->stacks[picked[i]];
            struct pyr_google_v1_Sample *sample = &p->sample.items[p->sample.count++];
            *sample = (struct pyr_google_v1_Sample){0};
            sample->location_id.items = PYR_ARENA_ARRAY(&b->scratch, uint64_t, k->depth);
            sample->location_id.count = k->depth;
            for (uint32_t f = 0; f < k->depth; f++)
                sample->location_id.items[f] = renumber_get(&b->frames, k->frames[f]);
            sample->value.items = PYR_ARENA_ARRAY(&b->scratch, int64_t, 2);
            sample->value.count = 2;
            sample->value.items[0] = sample->value.items[1] = 0;
            if (k->label != 0) {
                sample->label.items = PYR_ARENA_NEW(&b->scratch, struct pyr_google_v1_Label);
                sample->label.count = 1;
                sample->label.items->key = string_of(b, s->string_count + 2 * k->label);
                sample->label.items->str = string_of(b, s->string_count + 2 * k->label + 1);
            }
            b->sample_of[picked[i]] = (uint32_t)p->sample.count;
        }
        struct pyr_google_v1_Sample *sample = &p->sample.items[b->sample_of[picked[i]] - 1];
        sample->value.items[0] += 1;
        sample->value.items[1] += PERIOD_NS;
    }
    for (uint32_t i = 0; i < draws; i++)
        b->sample_of[picked[i]] = 0;
}

static void add_locations(struct builder *b, const struct load_source *s, struct pyr_google_v1_Profile *p)
{
    p->location.count = b->frames.count;
    p->location.items = pyr_arena_zalloc(&b->scratch, b->frames.count, sizeof(*p->location.items));
    for (uint32_t i = 0; i < b->frames.count; i++) {
        const struct load_frame *f = &s->frames[b->frames.order[i]];
        struct pyr_google_v1_Location *l = &p->location.items[i];
        *l = (struct pyr_google_v1_Location){.id = i + 1, .mapping_id = 1, .address = f->address};
        l->line.count = f->line_count;
        l->line.items = pyr_arena_zalloc(&b->scratch, f->line_count, sizeof(*l->line.items));
        for (uint32_t k = 0; k < f->line_count; k++)
            /* Functions are told apart by name, as the flame graph does. */
            l->line.items[k] = (struct pyr_google_v1_Line){
                renumber_get(&b->functions, s->lines[f->line_first + k].name), s->lines[f->line_first + k].line};
    }
}

static void add_functions(struct builder *b, const struct load_source *s, struct pyr_google_v1_Profile *p)
{
    /* Any line of that name tells the file and the start line. */
    uint32_t *line_of = PYR_ARENA_ARRAY(&b->scratch, uint32_t, s->string_count);
    for (uint32_t i = 0; i < s->line_count; i++)
        line_of[s->lines[i].name] = i;
    p->function.count = b->functions.count;
    p->function.items = pyr_arena_zalloc(&b->scratch, b->functions.count, sizeof(*p->function.items));
    for (uint32_t i = 0; i < b->functions.count; i++) {
        const struct load_line *l = &s->lines[line_of[b->functions.order[i]]];
        const int64_t name = string_of(b, l->name);
        p->function.items[i] = (struct pyr_google_v1_Function){.id = i + 1,
                                                               .name = name,
                                                               .system_name = name,
                                                               .filename = string_of(b, l->filename),
                                                               .start_line = l->start_line};
    }
}

static void add_strings(struct builder *b, const struct load_source *s, struct pyr_google_v1_Profile *p)
{
    p->string_table.count = PYR_COUNT_OF(fixed) + b->strings.count;
    p->string_table.items = PYR_ARENA_ARRAY(&b->scratch, struct pyr_str, p->string_table.count);
    for (size_t i = 0; i < PYR_COUNT_OF(fixed); i++)
        p->string_table.items[i] = pyr_str_of(fixed[i]);
    for (uint32_t i = 0; i < b->strings.count; i++) {
        const uint32_t old = b->strings.order[i];
        const uint32_t label = old - s->string_count;
        p->string_table.items[PYR_COUNT_OF(fixed) + i] = old < s->string_count ? s->strings[old]
                                                         : label % 2 == 0      ? s->labels[label / 2].key
                                                                               : s->labels[label / 2].value;
    }
}

static struct pyr_span gzip(struct builder *b, struct pyr_arena *arena)
{
    const size_t most = libdeflate_gzip_compress_bound(b->gzip, b->raw.len);
    uint8_t *out = pyr_malloc(most);
    LOAD_CHECK(out != NULL);
    const size_t len = libdeflate_gzip_compress(b->gzip, b->raw.data, b->raw.len, out, most);
    uint8_t *kept = pyr_arena_alloc(arena, len);
    LOAD_CHECK(len != 0 && kept != NULL);
    memcpy(kept, out, len);
    pyr_free(out);
    return (struct pyr_span){kept, len};
}

static void write_ingest(struct pyr_buf *out, const struct load_series *series, struct pyr_span gz, int64_t time_ns,
                         int64_t duration_ns)
{
    static const char head[] = "--b0undary7c34869e74ccefe363fd\r\nContent-Disposition: form-data; name=\"profile\"; "
                               "filename=\"profile.pprof\"\r\n"
                               "Content-Type: application/octet-stream\r\n\r\n";
    static const char tail[] = "\r\n--b0undary7c34869e74ccefe363fd--\r\n";
    pyr_buf_printf(
        out,
        "POST "
        "/ingest?aggregationType=sum&from=%lld&name=%s%%7B__session_id__%%3D%s%%2Cinstance%%3D%s%%7D&sampleRate=100"
        "&spyName=gospy&units=samples&until=%lld HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Go-http-client/1.1\r\n"
        "Content-Length: %zu\r\nContent-Type: multipart/form-data; boundary=b0undary7c34869e74ccefe363fd\r\n"
        "Accept-Encoding: gzip\r\n\r\n",
        (long long)time_ns, series->service, series->session, series->instance, (long long)(time_ns + duration_ns),
        sizeof(head) - 1 + gz.len + sizeof(tail) - 1);
    pyr_buf_append(out, head, sizeof(head) - 1);
    pyr_buf_append(out, gz.ptr, gz.len);
    pyr_buf_append(out, tail, sizeof(tail) - 1);
}

static void write_connect(struct pyr_buf *out, const struct load_series *series, struct pyr_span gz)
{
    struct pyr_types_v1_LabelPair labels[] = {{PYR_STR("__name__"), PYR_STR("process_cpu")},
                                              {PYR_STR("service_name"), pyr_str_of(series->service)},
                                              {PYR_STR("instance"), pyr_str_of(series->instance)},
                                              {PYR_STR("pyroscope_spy"), PYR_STR("gospy")}};
    char id[37];
    snprintf(id, sizeof(id), "%08lx-%04lx-4%03lx-8%03lx-%012lx", random() & 0xffffffff, random() & 0xffff,
             random() & 0xfff, random() & 0xfff, random() & 0xffffffffffff);
    struct pyr_push_v1_RawSample sample = {gz, pyr_str_of(id)};
    struct pyr_push_v1_RawProfileSeries s = {.labels = {labels, PYR_COUNT_OF(labels)}, .samples = {&sample, 1}};
    const struct pyr_push_v1_PushRequest push = {.series = {&s, 1}};
    struct pyr_buf message;
    pyr_buf_init(&message, BODY_BYTES_MAX);
    pyr_pb_encode(&pyr_push_v1_PushRequest_pb, &push, &message);
    pyr_buf_printf(out,
                   "POST /push.v1.PusherService/Push HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: connect-go/1.19.2\r\n"
                   "Content-Length: %zu\r\nContent-Type: application/proto\r\nConnect-Protocol-Version: "
                   "1\r\nAccept-Encoding: gzip\r\n\r\n",
                   message.len);
    pyr_buf_append(out, message.data, message.len);
    LOAD_CHECK(message.err == PYR_OK);
    pyr_buf_free(&message);
}

struct load_request load_request_build(struct load_draws *draws, const struct load_series *series, uint32_t samples,
                                       int64_t time_ns, int64_t duration_ns, struct pyr_arena *arena)
{
    struct builder *b = get_builder(draws->source);
    pyr_arena_reset(&b->scratch);
    renumber_clear(&b->frames);
    renumber_clear(&b->functions);
    renumber_clear(&b->strings);
    pyr_buf_clear(&b->raw);
    pyr_buf_clear(&b->body);

    struct pyr_google_v1_ValueType types[] = {{1, 2}, {3, 4}};
    struct pyr_google_v1_Mapping mapping = {.id = 1,
                                            .memory_start = 0x400000,
                                            .memory_limit = 0x900000,
                                            .has_functions = true,
                                            .has_filenames = true,
                                            .has_line_numbers = true};
    struct pyr_google_v1_Profile p = {.sample_type = {types, 2},
                                      .mapping = {&mapping, 1},
                                      .period_type = &types[1],
                                      .period = PERIOD_NS,
                                      .time_nanos = time_ns,
                                      .duration_nanos = duration_ns};
    add_samples(b, draws, samples, &p);
    add_locations(b, draws->source, &p);
    add_functions(b, draws->source, &p);
    add_strings(b, draws->source, &p);
    pyr_pb_encode(&pyr_google_v1_Profile_pb, &p, &b->raw);
    LOAD_CHECK(b->raw.err == PYR_OK);

    const struct pyr_span gz = gzip(b, arena);
    if (series->path == LOAD_INGEST)
        write_ingest(&b->body, series, gz, time_ns, duration_ns);
    else
        write_connect(&b->body, series, gz);
    uint8_t *kept = pyr_arena_alloc(arena, b->body.len);
    LOAD_CHECK(b->body.err == PYR_OK && kept != NULL);
    memcpy(kept, b->body.data, b->body.len);
    return (struct load_request){{kept, b->body.len}, gz, (uint32_t)b->raw.len};
}
