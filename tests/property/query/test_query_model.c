/* Queries over a real store against naive sums: random profiles of several series and services, with inlined and
 * unsymbolised frames, in several generations. */
#include "base/time.h"
#include "query/merge_profile.h"
#include "query/merge_tree.h"
#include "query/series.h"
#include "query/timeline.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROUNDS = 12, PROFILES = 60, SAMPLES = 8, DEPTH = 5, LOCATIONS = 9, SERIES = 5, TYPES = 2 };

static const struct pyr_str strings[] = {PYR_STR(""),   PYR_STR("f0"), PYR_STR("f1"), PYR_STR("f2"),
                                         PYR_STR("f3"), PYR_STR("f4"), PYR_STR("f5"), PYR_STR("/bin/app")};
/* Frames of each location, root first: what the tree must show. */
static const char *const frames_of[LOCATIONS] = {"f0", "f1", "f2", "f3", "f4", "f5", "f2;f1", "app+0x244", "0xbeef"};

static uint32_t rng = 7;
static uint32_t below(uint32_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return rng % n;
}

struct row {
    int64_t time_ms, duration_ms;
    uint32_t series;
    int64_t totals[TYPES];
    char paths[SAMPLES][DEPTH * 12];
    int64_t values[SAMPLES][TYPES];
};
static struct row rows[PROFILES];
static struct pyr_store *store;
static char dir[64];

static struct pyr_profile *symbols(void)
{
    static struct pyr_mapping mappings[2] = {{0}, {.start = 0x1000, .limit = 0x9000, .offset = 0x10, .filename = 7}};
    static struct pyr_function functions[6];
    static struct pyr_line lines[8];
    static struct pyr_location locations[LOCATIONS];
    static struct pyr_value_type types[TYPES] = {{PYR_STR("alloc_space"), PYR_STR("bytes")},
                                                 {PYR_STR("inuse_space"), PYR_STR("bytes")}};
    static struct pyr_profile p;
    for (uint32_t i = 0; i < 6; i++) {
        functions[i] = (struct pyr_function){.name = i + 1, .system_name = i + 1};
        lines[i] = (struct pyr_line){i, 10 + i};
        locations[i] = (struct pyr_location){0, 0, i, 1};
    }
    lines[6] = (struct pyr_line){1, 5}; /* f1, inlined into f2 */
    lines[7] = (struct pyr_line){2, 6};
    locations[6] = (struct pyr_location){0, 0, 6, 2};
    locations[7] = (struct pyr_location){0x1234, 1, 0, 0};
    locations[8] = (struct pyr_location){0xbeef, 0, 0, 0};
    static struct pyr_str own_strings[PYR_COUNT_OF(strings)];
    memcpy(own_strings, strings, sizeof(strings));
    p = (struct pyr_profile){.strings = own_strings,
                             .string_count = PYR_COUNT_OF(strings),
                             .mappings = mappings,
                             .mapping_count = 2,
                             .functions = functions,
                             .function_count = 6,
                             .lines = lines,
                             .line_count = 8,
                             .locations = locations,
                             .location_count = LOCATIONS,
                             .types = types,
                             .type_count = TYPES};
    return &p;
}

static void draw_stack(struct row *r, uint32_t s, uint32_t *stack, uint32_t *count)
{
    char *path = r->paths[s];
    path[0] = '\0';
    *count = 1 + below(DEPTH);
    for (uint32_t i = 0; i < *count; i++) { /* root first for the path, leaf first for the profile */
        const uint32_t location = below(LOCATIONS);
        sprintf(path + strlen(path), "%s%s", i ? ";" : "", frames_of[location]);
        stack[*count - 1 - i] = location;
    }
}

static void append(struct row *r)
{
    struct pyr_profile *p = symbols();
    struct pyr_sample samples[SAMPLES] = {{0}};
    uint32_t stacks[SAMPLES * DEPTH], indices[SAMPLES], columns[TYPES] = {0, 1}, count;
    int64_t values[SAMPLES * TYPES];
    for (uint32_t s = 0; s < SAMPLES; s++) {
        draw_stack(r, s, stacks + s * DEPTH, &count);
        samples[s] = (struct pyr_sample){.stack_first = s * DEPTH, .stack_count = count};
        indices[s] = s;
        for (uint32_t t = 0; t < TYPES; t++) {
            r->values[s][t] = values[s * TYPES + t] = below(1000);
            r->totals[t] += r->values[s][t];
        }
    }
    p->stack_locations = stacks;
    p->stack_location_count = SAMPLES * DEPTH;
    p->samples = samples;
    p->sample_count = SAMPLES;
    p->values = values;
    char pod[8];
    snprintf(pod, sizeof(pod), "p%u", r->series);
    const struct pyr_str service = r->series < 3 ? PYR_STR("one") : PYR_STR("two");
    const struct pyr_label labels[] = {
        {PYR_LABEL_NAME, PYR_STR("memory")}, {PYR_STR("pod"), pyr_str_of(pod)}, {PYR_LABEL_SERVICE, service}};
    const struct pyr_write_row row = {.series = {labels, 3, p->types, TYPES, {PYR_STR("space"), PYR_STR("bytes")}},
                                      .time_ns = r->time_ms * 1000000,
                                      .duration_ns = r->duration_ms * 1000000,
                                      .period = 512,
                                      .samples = indices,
                                      .sample_count = SAMPLES,
                                      .columns = columns};
    const struct pyr_write write = {PYR_STR("anonymous"), service, p, &row, 1};
    struct pyr_waiter done;
    struct pyr_diag diag = {0};
    pyr_waiter_init(&done);
    assert_int_equal(pyr_store_append(store, &write, 1, &done.completion, &diag), PYR_OK);
    assert_int_equal(pyr_waiter_wait(&done), PYR_OK);
}

static void fill_store(void)
{
    struct pyr_store_settings s;
    struct pyr_diag diag = {0};
    strcpy(dir, "/tmp/pyr-query-XXXXXX");
    assert_non_null(mkdtemp(dir));
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.sync = PYR_LOG_SYNC_NONE;
    assert_int_equal(pyr_store_open(&s, &store, &diag), PYR_OK);
    memset(rows, 0, sizeof(rows));
    for (uint32_t i = 0; i < PROFILES; i++) {
        rows[i].time_ms = 1000000 + below(60000);
        rows[i].duration_ms = below(2) * below(20000);
        rows[i].series = below(SERIES);
        append(&rows[i]);
        if (below(20) == 0)
            assert_int_equal(pyr_store_freeze(store, &diag), PYR_OK);
    }
}

static void drop_store(void)
{
    char command[80];
    pyr_store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

/* ---- a query and its naive answer ---- */

struct asked {
    int64_t from_ms, until_ms;
    int series; /* one pod, or -1 for all */
    uint32_t type;
};

static struct asked draw_query(void)
{
    const int64_t a = 1000000 + below(60000), b = 1000000 + below(60000);
    return (struct asked){a < b ? a : b, a < b ? b : a, below(2) ? -1 : (int)below(SERIES), below(TYPES)};
}

static bool in_query(const struct asked *q, const struct row *r)
{
    return r->time_ms >= q->from_ms && r->time_ms <= q->until_ms && (q->series < 0 || (int)r->series == q->series);
}

static void begin(struct pyr_query *q, const struct asked *a, struct pyr_diag *diag)
{
    static const struct pyr_str tenant = PYR_STR("anonymous");
    *diag = (struct pyr_diag){0};
    pyr_query_init(q, store, &tenant, 1, NULL, diag);
    q->range = (struct pyr_time_range){a->from_ms * 1000000, a->until_ms * 1000000 + 999999};
    const struct pyr_str selector =
        pyr_arena_printf(&q->arena, a->series < 0 ? "{pod=~\"p.\"}" : "{pod=\"p%d\"}", a->series);
    assert_int_equal(pyr_selector_parse(&q->selector, selector, diag), PYR_OK);
    const struct pyr_str type = a->type == 0 ? PYR_STR("memory:alloc_space:bytes:space:bytes")
                                             : PYR_STR("memory:inuse_space:bytes:space:bytes");
    assert_int_equal(pyr_selector_add_equal(&q->selector, PYR_LABEL_PROFILE_TYPE, false, type, diag), PYR_OK);
}

static uint32_t rows_of_series(const struct asked *a, uint32_t series)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PROFILES; i++)
        count += in_query(a, &rows[i]) && rows[i].series == series;
    return count;
}

/* Self value of one path. Means are the mean of each series' profiles, summed. */
static double naive_self(const struct asked *a, const char *path, bool mean)
{
    double sum = 0;
    for (uint32_t i = 0; i < PROFILES; i++)
        for (uint32_t s = 0; s < SAMPLES && in_query(a, &rows[i]); s++)
            if (strcmp(rows[i].paths[s], path) == 0)
                sum += (double)rows[i].values[s][a->type] / (mean ? rows_of_series(a, rows[i].series) : 1);
    return sum;
}

static int64_t naive_total(const struct asked *a)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < PROFILES; i++)
        sum += in_query(a, &rows[i]) ? rows[i].totals[a->type] : 0;
    return sum;
}

static void path_of(const struct pyr_tree *t, uint32_t node, char *out)
{
    out[0] = '\0';
    if (node == 0)
        return;
    path_of(t, t->nodes[node].parent, out);
    sprintf(out + strlen(out), "%s%.*s", out[0] ? ";" : "", PYR_STR_ARG(t->names[t->nodes[node].name]));
}

static void check_tree(const struct asked *a, enum pyr_over_time over_time)
{
    struct pyr_query q;
    struct pyr_diag diag;
    struct pyr_stream *streams;
    struct pyr_tree t;
    struct pyr_rows_seen seen;
    uint32_t count;
    const bool mean = over_time == PYR_OVER_TIME_MEAN;
    begin(&q, a, &diag);
    assert_int_equal(pyr_query_select(&q, &streams, &count), PYR_OK);
    assert_int_equal(pyr_query_tree(&q, streams, count, over_time, &t, &seen), PYR_OK);
    for (uint32_t i = 1; i < t.count; i++) {
        char path[512];
        path_of(&t, i, path);
        const double expected = naive_self(a, path, mean);
        assert_true(__builtin_fabs((double)t.nodes[i].self - expected) <= (mean ? 0.5001 * SERIES : 0));
    }
    if (!mean)
        assert_int_equal(t.nodes[0].total, naive_total(a));
    assert_int_equal(seen.period, seen.rows != 0 ? 512 : 0);
    pyr_query_end(&q);
}

static void check_profile(const struct asked *a)
{
    struct pyr_query q;
    struct pyr_diag diag;
    struct pyr_stream *streams;
    struct pyr_profile p;
    uint32_t count;
    int64_t total = 0;
    begin(&q, a, &diag);
    assert_int_equal(pyr_query_select(&q, &streams, &count), PYR_OK);
    assert_int_equal(pyr_query_profile(&q, streams, count, PYR_OVER_TIME_SUM, (struct pyr_stack_selector){0},
                                       (struct pyr_value_type){PYR_STR("x"), PYR_STR("y")}, &p, NULL),
                     PYR_OK);
    for (uint32_t s = 0; s < p.sample_count; s++) {
        char path[512] = "";
        for (uint32_t k = p.samples[s].stack_count; k-- > 0;) {
            const struct pyr_location *l = &p.locations[p.stack_locations[p.samples[s].stack_first + k]];
            for (uint32_t n = l->line_count; n-- > 0;)
                sprintf(path + strlen(path), "%s%.*s", path[0] ? ";" : "",
                        PYR_STR_ARG(p.strings[p.functions[p.lines[l->line_first + n].function].name]));
            if (l->line_count == 0)
                sprintf(path + strlen(path), "%s%s", path[0] ? ";" : "", l->mapping ? "app+0x244" : "0xbeef");
        }
        /* Stacks of locations: several may be one path of names ("f2;f1" inlined or called). */
        assert_true((double)p.values[s] <= naive_self(a, path, false));
        total += p.values[s];
    }
    assert_int_equal(total, naive_total(a));
    assert_true(p.location_count <= LOCATIONS && p.function_count <= 6);
    pyr_query_end(&q);
}

static double naive_bucket(const struct asked *a, const struct pyr_series_query *sq, int64_t time_ms, const char *pod)
{
    double sum = 0, value = 0;
    uint64_t count = 0;
    for (uint32_t series = 0; series < SERIES; series++) {
        double one = 0;
        uint32_t n = 0;
        if ((a->series >= 0 && (int)series != a->series) || (pod != NULL && pod[1] - '0' != (int)series))
            continue;
        for (uint32_t i = 0; i < PROFILES; i++)
            if (rows[i].series == series && rows[i].time_ms > time_ms - sq->step_ms && rows[i].time_ms <= time_ms) {
                one += (double)rows[i].totals[a->type];
                n++;
            }
        sum += one;
        count += n;
        value += n != 0 ? one / n : 0;
    }
    if (sq->aggregation == PYR_AGGREGATION_GAUGE)
        return value;
    return sq->aggregation == PYR_AGGREGATION_AVERAGE && count != 0 ? sum / (double)count : sum;
}

static void check_series(const struct asked *a)
{
    struct pyr_query q;
    struct pyr_diag diag;
    struct pyr_point_series *series;
    uint32_t count;
    const struct pyr_str pod = PYR_STR("pod");
    const struct pyr_series_query sq = {.start_ms = a->from_ms,
                                        .end_ms = a->until_ms,
                                        .step_ms = 1 + below(9000),
                                        .group_by = &pod,
                                        .group_by_count = below(2),
                                        .aggregation = (enum pyr_aggregation)below(3)};
    begin(&q, a, &diag);
    assert_int_equal(pyr_query_series(&q, &sq, &series, &count), PYR_OK);
    uint32_t points = 0, expected = 0;
    for (uint32_t s = 0; s < count; s++) {
        char name[8] = "";
        if (sq.group_by_count != 0)
            snprintf(name, sizeof(name), "%.*s", PYR_STR_ARG(series[s].labels[0].value));
        assert_true(s == 0 || series[s - 1].total >= series[s].total);
        for (uint32_t k = 0; k < series[s].point_count; k++, points++) {
            const struct pyr_point *p = &series[s].points[k];
            assert_int_equal((p->time_ms - sq.start_ms) % sq.step_ms, 0);
            assert_true(p->time_ms >= sq.start_ms && p->time_ms <= sq.end_ms);
            assert_true(__builtin_fabs(p->value - naive_bucket(a, &sq, p->time_ms, name[0] ? name : NULL)) < 1e-6);
        }
    }
    for (int64_t ts = sq.start_ms; ts <= sq.end_ms && sq.group_by_count == 0; ts += sq.step_ms)
        for (uint32_t i = 0, any = 0; i < PROFILES && !any; i++)
            if ((a->series < 0 || (int)rows[i].series == a->series) && rows[i].time_ms > ts - sq.step_ms &&
                rows[i].time_ms <= ts)
                expected += any = 1;
    if (sq.group_by_count == 0)
        assert_int_equal(points, expected);
    pyr_query_end(&q);
}

/* Spreading moves cost between slots and never changes the sum. */
static void check_timeline(const struct asked *a)
{
    struct pyr_query q;
    struct pyr_diag diag;
    struct pyr_stream *streams;
    struct pyr_timeline *lines;
    uint32_t count, line_count;
    begin(&q, a, &diag);
    assert_int_equal(pyr_query_select(&q, &streams, &count), PYR_OK);
    const int64_t slot_ms = 1 + below(5000);
    const struct pyr_timeline_query tq = {.start_ns = a->from_ms * 1000000,
                                          .slot_ns = slot_ms * 1000000,
                                          .slots = (uint32_t)((a->until_ms - a->from_ms) / slot_ms + 1),
                                          .unit = 1};
    assert_int_equal(pyr_query_timelines(&q, streams, count, &tq, &lines, &line_count), PYR_OK);
    assert_int_equal(line_count, 1);
    int64_t sum = 0;
    for (uint32_t k = 0; k < tq.slots; k++) {
        assert_true(lines[0].slots[k] >= 0);
        sum += lines[0].slots[k];
    }
    assert_int_equal(sum, naive_total(a));
    pyr_query_end(&q);
}

static void test_queries_equal_naive_sums(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        fill_store();
        for (int i = 0; i < 20; i++) {
            const struct asked a = draw_query();
            check_tree(&a, PYR_OVER_TIME_SUM);
            check_tree(&a, PYR_OVER_TIME_MEAN);
            check_profile(&a);
            check_series(&a);
            check_timeline(&a);
        }
        drop_store();
    }
}

static bool gone(const void *ctx)
{
    (void)ctx;
    return true;
}

static void test_cancelled_and_late_queries_end(void **state)
{
    (void)state;
    fill_store();
    const struct asked a = {0, 2000000, -1, 0};
    struct pyr_query q;
    struct pyr_diag diag;
    struct pyr_stream *streams;
    struct pyr_tree t;
    uint32_t count;
    begin(&q, &a, &diag);
    assert_int_equal(pyr_query_select(&q, &streams, &count), PYR_OK);
    q.canceled = gone;
    assert_int_equal(pyr_query_tree(&q, streams, count, PYR_OVER_TIME_SUM, &t, NULL), PYR_E_CANCELED);
    q.canceled = NULL;
    q.deadline_mono_ns = 1;
    diag = (struct pyr_diag){0};
    assert_int_equal(pyr_query_tree(&q, streams, count, PYR_OVER_TIME_SUM, &t, NULL), PYR_E_DEADLINE);
    assert_non_null(strstr(diag.message, "longer than it may"));
    pyr_query_end(&q);
    drop_store();
}

static void test_memory_budget_is_named(void **state)
{
    (void)state;
    fill_store();
    const struct asked a = {0, 2000000, -1, 0};
    struct pyr_query q;
    struct pyr_diag diag;
    struct pyr_stream *streams;
    struct pyr_tree t;
    uint32_t count;
    begin(&q, &a, &diag);
    assert_int_equal(pyr_query_select(&q, &streams, &count), PYR_OK);
    q.arena.limit = q.arena.held; /* as when the budget is used up */
    assert_int_equal(pyr_query_tree(&q, streams, count, PYR_OVER_TIME_SUM, &t, NULL), PYR_E_NOMEM);
    assert_non_null(strstr(diag.message, "more memory than it may have"));
    pyr_query_end(&q);
    drop_store();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_queries_equal_naive_sums),
                                       cmocka_unit_test(test_cancelled_and_late_queries_end),
                                       cmocka_unit_test(test_memory_budget_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
