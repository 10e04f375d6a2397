/* What the head costs: interning and queueing a warm CPU profile, and summing the rows back, each beside a yardstick taken
 * in the same run. The profile is made up with the shape of a real one (a Go server: 500 stacks of mean depth 20, 1,200
 * locations, 900 functions, a tail of new stacks), so that figures travel only as ratios. */
#include "base/completion.h"
#include "base/mem.h"
#include "base/time.h"
#include "storage/row_group.h"
#include "storage/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FUNCTIONS = 2000, LOCATIONS = 4000, WORLD_STACKS = 6000, STACKS = 500, DEPTH_MEAN = 20, PROFILES = 2000 };

static uint64_t state = 1;
static uint64_t draw(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 29;
}
static double fraction(void)
{
    return (double)(draw() >> 11) / 9007199254740992.0;
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

/* ---- the world ---- */

static char names[FUNCTIONS][64];
static char files[200][64];
static uint32_t stacks[WORLD_STACKS][2 * DEPTH_MEAN + 1]; /* [0]: depth; then locations, leaf first */

static void make_world(void)
{
    for (int f = 0; f < FUNCTIONS; f++)
        (void)snprintf(names[f], sizeof(names[f]), "github.com/example/service/package%d.(*Type%d).Method%d", f % 90,
                       f % 300, f);
    for (int f = 0; f < 200; f++)
        (void)snprintf(files[f], sizeof(files[f]), "/go/src/github.com/example/service/package%d/file%d.go", f % 90, f);
    for (uint32_t s = 0; s < WORLD_STACKS; s++) {
        const uint32_t depth = DEPTH_MEAN / 2 + below(DEPTH_MEAN);
        uint32_t at = 7;
        stacks[s][0] = depth;
        for (uint32_t d = depth; d > 0; d--) /* from the root: few ways near it, more further out */
            stacks[s][d] = at = (at * 31 + below(depth - d < 10 ? 2 : 5)) % LOCATIONS;
    }
}

/* A profile: stacks drawn with a tail (Zipf-like), symbols in an order of its own, only those used. */
static struct pyr_profile *make_profile(struct pyr_arena *a)
{
    static uint32_t location_of[LOCATIONS], function_of[FUNCTIONS], file_of[200];
    memset(location_of, 0xff, sizeof(location_of));
    memset(function_of, 0xff, sizeof(function_of));
    memset(file_of, 0xff, sizeof(file_of));
    struct pyr_profile *p = PYR_ARENA_NEW(a, struct pyr_profile);
    p->strings = PYR_ARENA_ARRAY(a, struct pyr_str, 1 + FUNCTIONS + 200 + 2);
    p->functions = PYR_ARENA_ARRAY(a, struct pyr_function, FUNCTIONS);
    p->locations = PYR_ARENA_ARRAY(a, struct pyr_location, LOCATIONS);
    p->lines = PYR_ARENA_ARRAY(a, struct pyr_line, LOCATIONS);
    p->samples = PYR_ARENA_ARRAY(a, struct pyr_sample, STACKS);
    p->stack_locations = PYR_ARENA_ARRAY(a, uint32_t, STACKS * 2 * DEPTH_MEAN);
    p->values = PYR_ARENA_ARRAY(a, int64_t, STACKS * 2);
    p->mappings = pyr_arena_zalloc(a, 2, sizeof(*p->mappings));
    p->strings[p->string_count++] = PYR_STR("");
    p->strings[p->string_count++] = PYR_STR("/usr/local/bin/service");
    p->mapping_count = 2;
    p->mappings[1] = (struct pyr_mapping){.start = 0x400000, .limit = 0x4000000, .filename = 1, .has_functions = true};
    p->type_count = 2;
    for (uint32_t s = 0; s < STACKS; s++) {
        const double u = fraction();
        const uint32_t *stack = stacks[(uint32_t)(WORLD_STACKS * u * u * u)];
        p->samples[s] = (struct pyr_sample){.stack_first = p->stack_location_count, .stack_count = stack[0]};
        for (uint32_t d = 1; d <= stack[0]; d++) {
            const uint32_t l = stack[d], f = l % FUNCTIONS, file = f % 200;
            if (location_of[l] == UINT32_MAX) {
                if (file_of[file] == UINT32_MAX) {
                    file_of[file] = p->string_count;
                    p->strings[p->string_count++] = pyr_str_of(files[file]);
                }
                if (function_of[f] == UINT32_MAX) {
                    function_of[f] = p->function_count;
                    p->strings[p->string_count] = pyr_str_of(names[f]);
                    p->functions[p->function_count++] = (struct pyr_function){.name = p->string_count,
                                                                              .system_name = p->string_count,
                                                                              .filename = file_of[file],
                                                                              .start_line = f};
                    p->string_count++;
                }
                location_of[l] = p->location_count;
                p->lines[p->line_count] = (struct pyr_line){.function = function_of[f], .line = l};
                p->locations[p->location_count++] = (struct pyr_location){
                    .address = 0x400000 + l * 8, .mapping = 1, .line_first = p->line_count++, .line_count = 1};
            }
            p->stack_locations[p->stack_location_count++] = location_of[l];
        }
        p->values[2 * s] = 1 + (int64_t)below(3);
        p->values[2 * s + 1] = p->values[2 * s] * 10000000;
    }
    p->sample_count = STACKS;
    return p;
}

/* ---- appending ---- */

static struct pyr_label labels[] = {{PYR_STR("__name__"), PYR_STR("process_cpu")},
                                    {PYR_STR("pod"), PYR_STR("service-5d4f8c7b9-x2x4q")},
                                    {PYR_STR("service_name"), PYR_STR("service")}};
static const struct pyr_value_type types[] = {{PYR_STR("samples"), PYR_STR("count")},
                                              {PYR_STR("cpu"), PYR_STR("nanoseconds")}};

static int64_t append(struct pyr_store *store, const struct pyr_profile *p, int64_t time_ns, const uint32_t *samples)
{
    static const uint32_t columns[] = {0, 1};
    struct pyr_diag diag = {0};
    struct pyr_waiter w;
    const struct pyr_write_row row = {
        .series = {labels, 3, types, 2, {PYR_STR("cpu"), PYR_STR("nanoseconds")}},
        .time_ns = time_ns,
        .duration_ns = 10 * PYR_NS_PER_S,
        .period = 10000000,
        .samples = samples,
        .sample_count = p->sample_count,
        .columns = columns,
    };
    const struct pyr_write write = {PYR_STR("anonymous"), PYR_STR("service"), p, &row, 1};
    pyr_waiter_init(&w);
    const int64_t start = pyr_thread_cpu_ns();
    must(pyr_store_append(store, &write, 1, &w.completion, &diag), &diag);
    const int64_t took = pyr_thread_cpu_ns() - start;
    must(pyr_waiter_wait(&w), &w.diag);
    return took;
}

/* Yardstick: reading the profile's arrays once, hashing nothing. */
static int64_t touch(const struct pyr_profile *p)
{
    static volatile uint64_t sink;
    uint64_t sum = 0;
    const int64_t start = pyr_thread_cpu_ns();
    for (uint32_t i = 0; i < p->stack_location_count; i++)
        sum += p->locations[p->stack_locations[i]].address;
    for (uint32_t i = 0; i < p->string_count; i++)
        for (size_t k = 0; k < p->strings[i].len; k++)
            sum += (uint8_t)p->strings[i].ptr[k];
    sink = sum;
    (void)sink;
    return pyr_thread_cpu_ns() - start;
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void bench_append(struct pyr_store *store)
{
    static int64_t took[PROFILES], touched[PROFILES];
    uint32_t samples[STACKS];
    struct pyr_store_stats before, after;
    for (uint32_t i = 0; i < STACKS; i++)
        samples[i] = i;
    for (int i = 0; i < PROFILES; i++) {
        struct pyr_arena a;
        pyr_arena_init(&a, SIZE_MAX, NULL);
        struct pyr_profile *p = make_profile(&a);
        if (i == PROFILES / 2)
            pyr_store_stats(store, &before);
        touched[i] = touch(p);
        took[i] = append(store, p, i * 10 * PYR_NS_PER_S, samples);
        pyr_arena_free(&a);
    }
    pyr_store_stats(store, &after);
    printf("append, cold (first profile):      %8.1f us\n", (double)took[0] / 1000);
    qsort(took + PROFILES / 2, PROFILES / 2, sizeof(*took), by_value);
    qsort(touched + PROFILES / 2, PROFILES / 2, sizeof(*touched), by_value);
    const double warm = (double)took[PROFILES * 3 / 4], yard = (double)touched[PROFILES * 3 / 4];
    printf("append, warm (median):             %8.1f us, %.1f x touching the profile's strings and stacks once\n",
           warm / 1000, warm / yard);
    printf("log bytes per warm profile:        %8.0f\n",
           (double)(after.log.payload_bytes - before.log.payload_bytes) / (PROFILES - PROFILES / 2));
    printf("tables:                            %8.1f KiB\n", (double)after.table_bytes / 1024);
}

/* ---- summing ---- */

static void bench_sum(uint32_t world, uint32_t entries, double tail, bool is_signed)
{
    enum { ROWS = 400 };
    struct pyr_buf buf[ROWS];
    uint32_t *plain_ids = pyr_malloc((size_t)ROWS * entries * sizeof(*plain_ids)), total = 0;
    int64_t *plain_values = pyr_malloc((size_t)ROWS * entries * sizeof(*plain_values));
    int64_t *sums = pyr_calloc(world, sizeof(*sums));
    uint8_t *hit = pyr_calloc(world, 1);
    for (int r = 0; r < ROWS; r++) {
        const uint32_t first = total;
        memset(hit, 0, world);
        for (uint32_t i = 0; i < entries; i++) {
            double u = fraction();
            for (double t = tail; t > 1; t--)
                u *= fraction();
            hit[(uint32_t)(world * u)] = 1;
        }
        for (uint32_t s = 0; s < world; s++) {
            if (!hit[s])
                continue;
            plain_ids[total] = s;
            plain_values[total++] =
                (1 + (int64_t)(draw() % 6 == 0 ? below(150) : below(5))) * (is_signed && below(2) ? -1 : 1);
        }
        pyr_buf_init(&buf[r], SIZE_MAX / 2);
        pyr_row_group_encode(&(struct pyr_row_group){.type_count = 1,
                                                     .entry_count = total - first,
                                                     .stacks = plain_ids + first,
                                                     .values = plain_values + first},
                             &buf[r]);
    }
    struct pyr_row_head head;
    struct pyr_diag diag = {0};
    size_t bytes = 0;
    double coded = 0, plain = 0;
    enum { ROUNDS = 20 };
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = pyr_thread_cpu_ns();
        for (int r = 0; r < ROWS; r++) {
            must(pyr_row_head_parse(pyr_buf_span(&buf[r]), buf[r].len, &head, &diag), &diag);
            must(pyr_row_body_check(&head, buf[r].data + head.head_bytes, &diag), &diag);
            must(pyr_row_add_column(&head, buf[r].data + head.head_bytes, 0, sums, world, &diag), &diag);
            bytes += round == 0 ? buf[r].len : 0;
        }
        coded += (double)(pyr_thread_cpu_ns() - start);
        start = pyr_thread_cpu_ns();
        for (uint32_t i = 0; i < total; i++)
            sums[plain_ids[i]] += plain_values[i];
        __asm__ volatile("" ::"r"(sums) : "memory");
        plain += (double)(pyr_thread_cpu_ns() - start);
    }
    const double n = (double)total * ROUNDS;
    printf("sum, %6u stacks, %5u a row%s: %6.0f M entries/s, %4.2f bytes an entry; plain arrays %6.0f M/s: 1/%.1f\n",
           world, total / ROWS, is_signed ? ", signed" : "        ", n / coded * 1000, (double)bytes / total,
           n / plain * 1000, coded / plain);
    for (int r = 0; r < ROWS; r++)
        pyr_buf_free(&buf[r]);
    pyr_free(plain_ids);
    pyr_free(plain_values);
    pyr_free(sums);
    pyr_free(hit);
}

int main(void)
{
    char dir[] = "/tmp/pyr-bench-XXXXXX", command[64];
    struct pyr_store_settings s;
    struct pyr_store *store;
    struct pyr_diag diag = {0};
    if (mkdtemp(dir) == NULL)
        return 1;
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.sync = PYR_LOG_SYNC_NONE;
    must(pyr_store_open(&s, &store, &diag), &diag);
    make_world();
    bench_append(store);
    pyr_store_close(store);
    bench_sum(2000, 600, 1, false);
    bench_sum(2000, 600, 3, false);
    bench_sum(200000, 3000, 3, false);
    bench_sum(200000, 3000, 1, false);
    bench_sum(2000, 600, 1, true);
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}
