/* source.h - where the load's stacks come from: recorded CPU profiles of a real Go server, and an unending tail of new
 * stacks made of their frames. A new stack is the leaf part of one recorded stack put on the root part of another, at a
 * frame that both have: plausible callers, real symbols, never seen before. */
#ifndef PYR_BENCH_SOURCE_H
#define PYR_BENCH_SOURCE_H
#include "base/arena.h"
#include "codec/gen/profile.pb.h"

enum { LOAD_STACK_DEPTH_MAX = 128 };

/* A location with its symbols, whatever profile it came from: equal lines and equal addresses are equal frames. */
struct load_frame {
    uint64_t address;
    uint32_t line_first, line_count; /* into lines */
};
struct load_line {
    uint32_t name, filename; /* into strings */
    int64_t line, start_line;
};
struct load_stack {
    const uint32_t *frames; /* leaf first */
    uint32_t depth;
    uint32_t label; /* 0 = none, else index into labels */
};
struct load_label {
    struct pyr_str key, value;
};

struct load_source {
    struct pyr_arena arena;
    struct pyr_str *strings;
    struct load_line *lines;
    struct load_frame *frames;
    struct load_stack *stacks; /* recorded, by falling weight */
    int64_t *weights;
    struct load_label *labels;
    uint32_t string_count, line_count, frame_count, stack_count, label_count;
    /* The growth of distinct stacks in the recording: after draws_one samples distinct_one of them, and so on. */
    double draws_one, distinct_one, draws_all, distinct_all;
    void *impl;
};

/* Reads go-server-cpu-*.pb.gz of the folder. Exits with a message when that fails: this is a benchmark. */
void load_source_open(struct load_source *s, const char *folder);
void load_source_close(struct load_source *s);
/* A stack that was not recorded, from a running random state; its frames are the arena's. */
struct load_stack load_source_splice(struct load_source *s, uint64_t *random, struct pyr_arena *arena);

static inline uint64_t load_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static inline double load_random_unit(uint64_t *state)
{
    return (double)(load_random(state) >> 11) * 0x1p-53;
}
#endif
