/* draw.h - one service's profiles as draws of a Pitman-Yor process: after n samples with k distinct stacks the next one is
 * new with probability (theta + d k) / (theta + n), else an earlier one in proportion to (count - d). The number of
 * distinct stacks then grows as n^d, the long tail of real profiles; theta and d are fitted to two points of the
 * recording (distinct stacks after its first profile, and after all).
 * Source: Pitman, Yor, "The two-parameter Poisson-Dirichlet distribution", 1997; expected k: Pitman 2006, (3.13). */
#ifndef PYR_BENCH_DRAW_H
#define PYR_BENCH_DRAW_H
#include "load/source.h"

struct load_fit {
    double theta, discount;
};
struct load_fit load_fit_growth(double n1, double k1, double n2, double k2);
/* Expected distinct stacks after n draws. */
double load_fit_distinct(struct load_fit fit, double n);

struct load_draws {
    struct load_source *source;
    struct load_fit fit;
    struct pyr_arena arena;
    struct load_stack *stacks; /* distinct so far */
    uint32_t *counts;
    uint32_t *history; /* every draw so far: an index into stacks */
    uint32_t stack_count, stack_cap, recorded_used;
    uint64_t draw_count, history_cap;
    uint64_t random;
};
void load_draws_init(struct load_draws *d, struct load_source *source, struct load_fit fit, uint64_t seed);
void load_draws_free(struct load_draws *d);
/* Index into d->stacks. */
uint32_t load_draw(struct load_draws *d);
#endif
