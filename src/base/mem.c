#include "base/mem.h"
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t calls;
static _Atomic size_t in_use;
static _Atomic uint64_t fail_in; /* calls until one fails, that one included; 0 = off */
static _Atomic bool fail_fired;

static bool injected_failure(void)
{
    uint64_t left = atomic_load_explicit(&fail_in, memory_order_relaxed);
    while (left != 0 && !atomic_compare_exchange_weak(&fail_in, &left, left - 1))
        ;
    if (left == 1)
        atomic_store(&fail_fired, true);
    return left == 1;
}

static void *counted(void *p)
{
    if (p != NULL)
        atomic_fetch_add_explicit(&in_use, malloc_usable_size(p), memory_order_relaxed);
    return p;
}

static bool refused(void)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    return injected_failure();
}

void *pyr_malloc(size_t bytes)
{
    return refused() ? NULL : counted(malloc(bytes != 0 ? bytes : 1));
}

void *pyr_calloc(size_t count, size_t bytes)
{
    size_t total;
    if (refused() || __builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return counted(calloc(1, total != 0 ? total : 1));
}

void *pyr_realloc(void *old, size_t bytes)
{
    if (refused())
        return NULL;
    const size_t before = old != NULL ? malloc_usable_size(old) : 0;
    void *p = realloc(old, bytes != 0 ? bytes : 1);
    if (p != NULL)
        atomic_fetch_sub_explicit(&in_use, before, memory_order_relaxed);
    return counted(p);
}

void *pyr_reallocarray(void *old, size_t count, size_t bytes)
{
    size_t total;
    return __builtin_mul_overflow(count, bytes, &total) ? NULL : pyr_realloc(old, total);
}

void pyr_free(void *p)
{
    if (p == NULL)
        return;
    atomic_fetch_sub_explicit(&in_use, malloc_usable_size(p), memory_order_relaxed);
    free(p);
}

char *pyr_strdup(const char *s)
{
    const size_t bytes = strlen(s) + 1;
    char *copy = pyr_malloc(bytes);
    return copy != NULL ? memcpy(copy, s, bytes) : NULL;
}

uint64_t pyr_mem_calls(void)
{
    return atomic_load_explicit(&calls, memory_order_relaxed);
}

size_t pyr_mem_in_use(void)
{
    return atomic_load_explicit(&in_use, memory_order_relaxed);
}

void pyr_mem_fail_nth(uint64_t n)
{
    atomic_store(&fail_fired, false);
    atomic_store(&fail_in, n);
}

bool pyr_mem_failed(void)
{
    return atomic_load(&fail_fired);
}
