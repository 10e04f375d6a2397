/* Every allocation of a query fails once: the query says so, nothing leaks, and the next one is answered. */
#include "base/mem.h"
#include "base/time.h"
#include "profile/collapsed.h"
#include "profile/flame_tree.h"
#include "profile/flamebearer.h"
#include "profile/tree_bytes.h"
#include "profile/tree_call_site.h"
#include "profile/tree_top.h"
#include "profile/tree_truncate.h"
#include "query/merge_profile.h"
#include "query/merge_tree.h"
#include "query/series.h"
#include "query/timeline.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FUNCTIONS = 40, STACKS = 60, PROFILES = 6 };

static struct pyr_store *store;
static char dir[] = "/tmp/pyr-oom-XXXXXX";

static void append(uint32_t k)
{
    static struct pyr_str strings[FUNCTIONS + 1];
    static char names[FUNCTIONS][8];
    static struct pyr_function functions[FUNCTIONS];
    static struct pyr_line lines[FUNCTIONS];
    static struct pyr_location locations[FUNCTIONS];
    static uint32_t stacks[STACKS * 4], indices[STACKS];
    static struct pyr_sample samples[STACKS];
    static int64_t values[STACKS];
    struct pyr_value_type type = {PYR_STR("cpu"), PYR_STR("nanoseconds")};
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        snprintf(names[i], sizeof(names[i]), "f%u", i);
        strings[i + 1] = pyr_str_of(names[i]);
        functions[i] = (struct pyr_function){.name = i + 1};
        lines[i] = (struct pyr_line){i, 1};
        locations[i] = (struct pyr_location){i, 0, i, i % 7 != 0};
    }
    strings[0] = PYR_STR("");
    for (uint32_t i = 0; i < STACKS; i++) {
        for (uint32_t d = 0; d < 4; d++)
            stacks[i * 4 + d] = (i * (d + 1) + k) % FUNCTIONS;
        samples[i] = (struct pyr_sample){.stack_first = i * 4, .stack_count = 4};
        values[i] = 10000000;
        indices[i] = i;
    }
    const struct pyr_profile p = {.strings = strings,
                                  .string_count = FUNCTIONS + 1,
                                  .functions = functions,
                                  .function_count = FUNCTIONS,
                                  .lines = lines,
                                  .line_count = FUNCTIONS,
                                  .locations = locations,
                                  .location_count = FUNCTIONS,
                                  .stack_locations = stacks,
                                  .stack_location_count = STACKS * 4,
                                  .samples = samples,
                                  .sample_count = STACKS,
                                  .values = values,
                                  .types = &type,
                                  .type_count = 1};
    static const uint32_t column;
    char pod[8];
    snprintf(pod, sizeof(pod), "p%u", k % 3);
    const struct pyr_label labels[] = {
        {PYR_LABEL_NAME, PYR_STR("process_cpu")}, {PYR_STR("pod"), pyr_str_of(pod)}, {PYR_LABEL_SERVICE, PYR_STR("s")}};
    const struct pyr_write_row row = {.series = {labels, 3, &type, 1, type},
                                      .time_ns = (k + 1) * PYR_NS_PER_S,
                                      .duration_ns = 3 * PYR_NS_PER_S,
                                      .period = 10000000,
                                      .samples = indices,
                                      .sample_count = STACKS,
                                      .columns = &column};
    const struct pyr_write write = {PYR_STR("anonymous"), PYR_STR("s"), &p, &row, 1};
    struct pyr_waiter done;
    struct pyr_diag diag = {0};
    pyr_waiter_init(&done);
    assert_int_equal(pyr_store_append(store, &write, 1, &done.completion, &diag), PYR_OK);
    assert_int_equal(pyr_waiter_wait(&done), PYR_OK);
}

static int setup(void **state)
{
    (void)state;
    struct pyr_store_settings s;
    struct pyr_diag diag = {0};
    if (mkdtemp(dir) == NULL)
        return 1;
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.sync = PYR_LOG_SYNC_NONE;
    if (pyr_store_open(&s, &store, &diag) != PYR_OK)
        return 1;
    for (uint32_t k = 0; k < PROFILES; k++) {
        append(k);
        if (k == 2 && pyr_store_freeze(store, &diag) != PYR_OK)
            return 1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[64];
    pyr_store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

/* ---- the queries ---- */

static pyr_err encode_all(struct pyr_query *q, const struct pyr_tree *t, struct pyr_buf *out)
{
    struct pyr_tree cut, below;
    struct pyr_flamebearer fb;
    struct pyr_top_row *rows;
    uint32_t count;
    int64_t threshold;
    const struct pyr_str site = t->names[t->nodes[1].name];
    PYR_TRY(pyr_tree_call_site(t, &site, 1, &q->arena, &below));
    PYR_TRY(pyr_tree_threshold(t, 10, &q->arena, &threshold));
    PYR_TRY(pyr_tree_truncate(t, threshold, true, &q->arena, &cut));
    PYR_TRY(pyr_flamebearer_encode(&cut, &q->arena, &q->arena, &fb));
    PYR_TRY(pyr_tree_top(t, &q->arena, &rows, &count));
    PYR_TRY(pyr_tree_bytes_encode(t, &q->arena, out));
    PYR_TRY(pyr_flame_tree_encode(t, &q->arena, out));
    PYR_TRY(pyr_collapsed_encode(t, &q->arena, out));
    return out->err;
}

static pyr_err tree(struct pyr_query *q, enum pyr_over_time over_time)
{
    struct pyr_stream *streams;
    struct pyr_tree t;
    struct pyr_buf out;
    uint32_t count;
    PYR_TRY(pyr_query_select(q, &streams, &count));
    PYR_TRY(pyr_query_tree(q, streams, count, over_time, &t, NULL));
    pyr_buf_init(&out, 1 << 20);
    const pyr_err err = encode_all(q, &t, &out);
    pyr_buf_free(&out);
    return err;
}

static pyr_err tree_of_sums(struct pyr_query *q)
{
    return tree(q, PYR_OVER_TIME_SUM);
}
static pyr_err tree_of_means(struct pyr_query *q)
{
    return tree(q, PYR_OVER_TIME_MEAN);
}

static pyr_err profile(struct pyr_query *q)
{
    struct pyr_stream *streams;
    struct pyr_profile p;
    uint32_t count;
    PYR_TRY(pyr_query_select(q, &streams, &count));
    return pyr_query_profile(q, streams, count, PYR_OVER_TIME_SUM, (struct pyr_stack_selector){0},
                             (struct pyr_value_type){PYR_STR("cpu"), PYR_STR("nanoseconds")}, &p, NULL);
}

static pyr_err series(struct pyr_query *q)
{
    struct pyr_point_series *out;
    uint32_t count;
    const struct pyr_str pod = PYR_STR("pod");
    const struct pyr_series_query sq = {
        .start_ms = 1, .end_ms = 20000, .step_ms = 1000, .group_by = &pod, .group_by_count = 1};
    return pyr_query_series(q, &sq, &out, &count);
}

static pyr_err timelines(struct pyr_query *q)
{
    struct pyr_stream *streams;
    struct pyr_timeline *out;
    uint32_t count;
    const struct pyr_timeline_query tq = {.slot_ns = PYR_NS_PER_S, .slots = 20, .group_by = PYR_STR("pod"), .unit = 1};
    PYR_TRY(pyr_query_select(q, &streams, &count));
    return pyr_query_timelines(q, streams, count, &tq, &out, &count);
}

static pyr_err names(struct pyr_query *q)
{
    struct pyr_str *out;
    uint32_t count;
    PYR_TRY(pyr_query_label_names(q, &out, &count));
    return pyr_query_label_values(q, PYR_STR("pod"), &out, &count);
}

static pyr_err run(pyr_err (*query)(struct pyr_query *q))
{
    static const struct pyr_str tenant = PYR_STR("anonymous");
    struct pyr_query q;
    struct pyr_diag diag = {0};
    pyr_query_init(&q, store, &tenant, 1, NULL, &diag);
    q.range = (struct pyr_time_range){0, INT64_MAX};
    pyr_err err = pyr_selector_parse(&q.selector, PYR_STR("{pod=~\"p[0-9]\",service_name=\"s\"}"), &diag);
    if (err == PYR_OK)
        err = query(&q);
    pyr_query_end(&q);
    return err;
}

static void fail_each(pyr_err (*query)(struct pyr_query *q))
{
    uint64_t n = 0;
    assert_int_equal(run(query), PYR_OK);
    do {
        pyr_mem_fail_nth(++n);
        const pyr_err err = run(query);
        /* Reading ahead and the like may do without. */
        assert_true(err == PYR_E_NOMEM || err == PYR_OK);
        assert_true(pyr_mem_failed() || err == PYR_OK);
    } while (pyr_mem_failed());
    pyr_mem_fail_nth(0);
    assert_true(n > 1);
    assert_int_equal(run(query), PYR_OK);
}

static void test_sums(void **state)
{
    (void)state;
    fail_each(tree_of_sums);
}
static void test_means(void **state)
{
    (void)state;
    fail_each(tree_of_means);
}
static void test_profile(void **state)
{
    (void)state;
    fail_each(profile);
}
static void test_series(void **state)
{
    (void)state;
    fail_each(series);
}
static void test_timelines(void **state)
{
    (void)state;
    fail_each(timelines);
}
static void test_names(void **state)
{
    (void)state;
    fail_each(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums),      cmocka_unit_test(test_means),
                                       cmocka_unit_test(test_profile),   cmocka_unit_test(test_series),
                                       cmocka_unit_test(test_timelines), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
