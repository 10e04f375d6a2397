/* budget.h - a number of bytes that several owners share (all decoding, all queries). It counts; it allocates nothing.
 * Any thread; taking and giving are lock-free. */
#ifndef PYR_BASE_BUDGET_H
#define PYR_BASE_BUDGET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pyr_budget {
    _Atomic size_t used;
    size_t limit;
    _Atomic unsigned waiting; /* threads in pyr_budget_wait */
    _Atomic uint32_t given;   /* a futex word: changes when bytes are given back and somebody waits */
};

static inline void pyr_budget_init(struct pyr_budget *b, size_t limit)
{
    *b = (struct pyr_budget){.limit = limit};
}
/* False: nothing taken. */
bool pyr_budget_take(struct pyr_budget *b, size_t bytes);
/* Sleeps until they can be taken, `timeout_ns` at most (real time); false: nothing taken. In no order: a small wish may
 * overtake a large one. Whoever waits should hold no lock and little of the budget, else all might wait for each other
 * until the time is over. */
bool pyr_budget_wait(struct pyr_budget *b, size_t bytes, int64_t timeout_ns);
void pyr_budget_give(struct pyr_budget *b, size_t bytes);
size_t pyr_budget_used(const struct pyr_budget *b);
#endif
