#include "load/draw.h"
#include "load/fail.h"
#include <math.h>

double load_fit_distinct(struct load_fit f, double n)
{
    const double ratio =
        lgamma(f.theta + n + f.discount) - lgamma(f.theta + n) + lgamma(f.theta + 1) - lgamma(f.theta + f.discount);
    return (exp(ratio) - f.theta) / f.discount;
}

/* theta for a given discount so that k1 distinct stacks are expected after n1 draws. */
static double theta_for(double discount, double n1, double k1)
{
    double low = 1e-3, high = 1e7;
    for (int i = 0; i < 200; i++) {
        const double mid = sqrt(low * high);
        if (load_fit_distinct((struct load_fit){mid, discount}, n1) < k1)
            low = mid;
        else
            high = mid;
    }
    return sqrt(low * high);
}

struct load_fit load_fit_growth(double n1, double k1, double n2, double k2)
{
    double low = 0.01, high = 0.99;
    for (int i = 0; i < 100; i++) {
        const double mid = (low + high) / 2;
        if (load_fit_distinct((struct load_fit){theta_for(mid, n1, k1), mid}, n2) < k2)
            low = mid;
        else
            high = mid;
    }
    const double discount = (low + high) / 2;
    return (struct load_fit){theta_for(discount, n1, k1), discount};
}

void load_draws_init(struct load_draws *d, struct load_source *source, struct load_fit fit, uint64_t seed)
{
    *d = (struct load_draws){.source = source, .fit = fit, .random = seed};
    pyr_arena_init(&d->arena, SIZE_MAX, NULL);
}

void load_draws_free(struct load_draws *d)
{
    pyr_free(d->stacks);
    pyr_free(d->counts);
    pyr_free(d->history);
    pyr_arena_free(&d->arena);
}

/* The recorded stacks come first, heaviest mostly first, then spliced ones. */
static struct load_stack next_new(struct load_draws *d)
{
    if (d->recorded_used < d->source->stack_count)
        return d->source->stacks[d->recorded_used++];
    return load_source_splice(d->source, &d->random, &d->arena);
}

static uint32_t add_new(struct load_draws *d)
{
    if (d->stack_count == d->stack_cap) {
        d->stack_cap = d->stack_cap ? d->stack_cap * 2 : 4096;
        d->stacks = pyr_reallocarray(d->stacks, d->stack_cap, sizeof(*d->stacks));
        d->counts = pyr_reallocarray(d->counts, d->stack_cap, sizeof(*d->counts));
        LOAD_CHECK(d->stacks != NULL && d->counts != NULL);
    }
    d->stacks[d->stack_count] = next_new(d);
    d->counts[d->stack_count] = 0;
    return d->stack_count++;
}

static uint32_t pick_earlier(struct load_draws *d)
{
    for (;;) {
        const uint32_t k = d->history[load_random(&d->random) % d->draw_count];
        if (load_random_unit(&d->random) * d->counts[k] < d->counts[k] - d->fit.discount)
            return k;
    }
}

uint32_t load_draw(struct load_draws *d)
{
    if (d->draw_count == d->history_cap) {
        d->history_cap = d->history_cap ? d->history_cap * 2 : 1 << 16;
        d->history = pyr_reallocarray(d->history, d->history_cap, sizeof(*d->history));
        LOAD_CHECK(d->history != NULL);
    }
    const double n = (double)d->draw_count, k = d->stack_count;
    const bool is_new = load_random_unit(&d->random) * (d->fit.theta + n) < d->fit.theta + d->fit.discount * k;
    const uint32_t picked = is_new || d->draw_count == 0 ? add_new(d) : pick_earlier(d);
    d->counts[picked]++;
    d->history[d->draw_count++] = picked;
    return picked;
}
