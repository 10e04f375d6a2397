/* What a query costs: decoding and summing rows against adding from plain arrays, and per node of the tree: merging by
 * name, cutting, encoding. All of one run, so that the ratios travel; the data is made up with a tail of rare stacks. */
#include "base/completion.h"
#include "base/time.h"
#include "profile/flame_tree.h"
#include "profile/flamebearer.h"
#include "profile/tree_truncate.h"
#include "query/merge_tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FUNCTIONS = 5000, WORLD_STACKS = 60000, DEPTH_MAX = 40, PROFILES = 1000, STACKS = 500, REPEAT = 5 };

static uint64_t state = 1;
static uint64_t draw(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 29;
}
static uint32_t below(uint32_t n)
{
    return (uint32_t)(draw() % n);
}

static void must(pyr_err err, const struct pyr_diag *diag)
{
    if (err != PYR_OK) {
        (void)fprintf(stderr, "%s: %s\n", pyr_err_name(err), diag->message);
        exit(1);
    }
}

/* ---- the world: one location and one line a function ---- */

static char names[FUNCTIONS][72];
static struct pyr_str strings[FUNCTIONS + 1];
static struct pyr_function functions[FUNCTIONS];
static struct pyr_line lines[FUNCTIONS];
static struct pyr_location locations[FUNCTIONS];
static uint32_t stacks[WORLD_STACKS * DEPTH_MAX]; /* leaf first */
static uint32_t depths[WORLD_STACKS];

static void make_world(void)
{
    strings[0] = PYR_STR("");
    for (uint32_t f = 0; f < FUNCTIONS; f++) {
        (void)snprintf(names[f], sizeof(names[f]), "github.com/example/service/package%u.(*Type%u).Method%u", f % 90,
                       f % 300, f);
        strings[f + 1] = pyr_str_of(names[f]);
        functions[f] = (struct pyr_function){.name = f + 1, .system_name = f + 1};
        lines[f] = (struct pyr_line){f, 1 + f % 400};
        locations[f] = (struct pyr_location){0, 0, f, 1};
    }
    for (uint32_t s = 0; s < WORLD_STACKS; s++) {
        depths[s] = 10 + below(DEPTH_MAX - 10);
        uint32_t at = 7;
        for (uint32_t d = depths[s]; d-- > 0;) /* few ways near the root, more further out */
            stacks[s * DEPTH_MAX + d] = at = (at * 31 + below(depths[s] - d < 12 ? 2 : 4)) % FUNCTIONS;
    }
}

/* Few stacks are hot: the square of a uniform draw. */
static uint32_t any_stack(void)
{
    const uint64_t u = below(1 << 16);
    return (uint32_t)(u * u % ((uint64_t)1 << 32) * WORLD_STACKS >> 32);
}

static void append(struct pyr_store *store, uint32_t k)
{
    static struct pyr_sample samples[STACKS];
    static int64_t values[STACKS];
    static uint32_t indices[STACKS];
    struct pyr_value_type type = {PYR_STR("cpu"), PYR_STR("nanoseconds")};
    struct pyr_profile p = {.strings = strings,
                            .string_count = FUNCTIONS + 1,
                            .functions = functions,
                            .function_count = FUNCTIONS,
                            .lines = lines,
                            .line_count = FUNCTIONS,
                            .locations = locations,
                            .location_count = FUNCTIONS,
                            .stack_locations = stacks,
                            .stack_location_count = WORLD_STACKS * DEPTH_MAX,
                            .samples = samples,
                            .sample_count = STACKS,
                            .values = values,
                            .types = &type,
                            .type_count = 1};
    for (uint32_t s = 0; s < STACKS; s++) {
        const uint32_t stack = any_stack();
        samples[s] = (struct pyr_sample){.stack_first = stack * DEPTH_MAX, .stack_count = depths[stack]};
        values[s] = (int64_t)(1 + below(20)) * 10000000;
        indices[s] = s;
    }
    static const uint32_t column;
    const struct pyr_label labels[] = {{PYR_LABEL_NAME, PYR_STR("process_cpu")}, {PYR_LABEL_SERVICE, PYR_STR("bench")}};
    const struct pyr_write_row row = {.series = {labels, 2, &type, 1, type},
                                      .time_ns = (int64_t)(k + 1) * PYR_NS_PER_S,
                                      .duration_ns = PYR_NS_PER_S,
                                      .period = 10000000,
                                      .samples = indices,
                                      .sample_count = STACKS,
                                      .columns = &column};
    const struct pyr_write write = {PYR_STR("anonymous"), PYR_STR("bench"), &p, &row, 1};
    struct pyr_waiter done;
    struct pyr_diag diag = {0};
    pyr_waiter_init(&done);
    must(pyr_store_append(store, &write, 1, &done.completion, &diag), &diag);
    must(pyr_waiter_wait(&done), &done.diag);
}

/* ---- measuring ---- */

static uint64_t entries;
static pyr_err count_entries(void *ctx, const struct pyr_sums *sums)
{
    (void)ctx, (void)sums;
    return PYR_OK;
}

static double best(const double *seconds)
{
    double least = seconds[0];
    for (int i = 1; i < REPEAT; i++)
        if (seconds[i] < least)
            least = seconds[i];
    return least;
}

/* The yardstick: the same number of additions at random places of an array as large as the sums. */
static double plain_adds(uint32_t stack_count)
{
    int64_t *sums = calloc(stack_count, sizeof(*sums)), *values = malloc(STACKS * sizeof(*values));
    uint32_t *ids = malloc(STACKS * sizeof(*ids));
    double seconds[REPEAT];
    for (uint32_t i = 0; i < STACKS; i++) {
        ids[i] = below(stack_count);
        values[i] = (int64_t)draw() >> 20;
    }
    for (int r = 0; r < REPEAT; r++) {
        const int64_t start = pyr_thread_cpu_ns();
        for (uint64_t n = 0; n < entries; n += STACKS)
            for (uint32_t i = 0; i < STACKS; i++)
                sums[ids[i]] = pyr_add_saturating(sums[ids[i]], values[i]);
        seconds[r] = (double)(pyr_thread_cpu_ns() - start) / 1e9;
    }
    __asm__ volatile("" : : "r"(sums) : "memory");
    free(sums);
    free(values);
    free(ids);
    return best(seconds);
}

static void begin(struct pyr_query *q, struct pyr_store *store, struct pyr_diag *diag)
{
    static const struct pyr_str tenant = PYR_STR("anonymous");
    pyr_query_init(q, store, &tenant, 1, NULL, diag);
    q->range = (struct pyr_time_range){0, INT64_MAX};
}

static double sums_only(struct pyr_store *store)
{
    double seconds[REPEAT];
    for (int r = 0; r < REPEAT; r++) {
        struct pyr_query q;
        struct pyr_diag diag = {0};
        struct pyr_stream *streams;
        uint32_t count;
        begin(&q, store, &diag);
        must(pyr_query_select(&q, &streams, &count), &diag);
        const int64_t start = pyr_thread_cpu_ns();
        must(pyr_query_sums(&q, streams, count, PYR_OVER_TIME_SUM, count_entries, NULL, NULL), &diag);
        seconds[r] = (double)(pyr_thread_cpu_ns() - start) / 1e9;
        pyr_query_end(&q);
    }
    return best(seconds);
}

static void print_per_node(const char *what, int64_t ns, uint32_t nodes)
{
    printf("%-34s %8.1f ns a node\n", what, (double)ns / nodes);
}

static void tree_steps(struct pyr_store *store, double sum_seconds)
{
    struct pyr_query q;
    struct pyr_diag diag = {0};
    struct pyr_stream *streams;
    struct pyr_tree tree, cut;
    struct pyr_flamebearer fb;
    struct pyr_buf out;
    uint32_t count;
    int64_t threshold;
    begin(&q, store, &diag);
    must(pyr_query_select(&q, &streams, &count), &diag);
    int64_t merging = INT64_MAX, start;
    for (int r = 0; r < REPEAT; r++) {
        start = pyr_thread_cpu_ns();
        must(pyr_query_tree(&q, streams, count, PYR_OVER_TIME_SUM, &tree, NULL), &diag);
        const int64_t spent = pyr_thread_cpu_ns() - start - (int64_t)(sum_seconds * 1e9);
        merging = spent < merging ? spent : merging;
    }
    printf("%-34s %8u nodes, %u names\n", "the tree", tree.count, tree.name_count);
    print_per_node("merge by name", merging, tree.count);
    start = pyr_thread_cpu_ns();
    must(pyr_tree_threshold(&tree, 16384, &q.arena, &threshold), &diag);
    must(pyr_tree_truncate(&tree, threshold, true, &q.arena, &cut), &diag);
    print_per_node("cut to 16384", pyr_thread_cpu_ns() - start, tree.count);
    start = pyr_thread_cpu_ns();
    must(pyr_flamebearer_encode(&tree, &q.arena, &q.arena, &fb), &diag);
    print_per_node("flamebearer", pyr_thread_cpu_ns() - start, tree.count);
    pyr_buf_init(&out, 1u << 30);
    start = pyr_thread_cpu_ns();
    must(pyr_flame_tree_encode(&tree, &q.arena, &out), &diag);
    print_per_node("flame tree", pyr_thread_cpu_ns() - start, tree.count);
    printf("%-34s %8.2f bytes a node\n", "flame tree, before compression", (double)out.len / tree.count);
    pyr_buf_free(&out);
    pyr_query_end(&q);
}

int main(void)
{
    struct pyr_store_settings s;
    struct pyr_store *store;
    struct pyr_diag diag = {0};
    char dir[] = "/tmp/pyr-bench-XXXXXX", command[64];
    make_world();
    if (mkdtemp(dir) == NULL)
        return 1;
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.sync = PYR_LOG_SYNC_NONE;
    must(pyr_store_open(&s, &store, &diag), &diag);
    for (uint32_t k = 0; k < PROFILES; k++)
        append(store, k);
    entries = (uint64_t)PROFILES * STACKS;
    const double summing = sums_only(store), plain = plain_adds(WORLD_STACKS);
    printf("%-34s %8.1f M entries/s\n", "rows: read, decode, sum", (double)entries / summing / 1e6);
    printf("%-34s %8.1f M entries/s\n", "yardstick: add from plain arrays", (double)entries / plain / 1e6);
    printf("%-34s %8.2f of the yardstick\n", "ratio", plain / summing);
    tree_steps(store, summing);
    pyr_store_close(store);
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}
