/* chunked.h - an array that grows in chunks which never move: 16 elements, then as many again each time.
 *
 * One writer at a time fills the element past the end and then publishes the new count; the count is released after the
 * data, so any number of readers use elements below a count they have read, without a lock. Nothing is ever changed once
 * published. The caller names the element's size in each call (a constant, folded by the compiler). */
#ifndef PYR_STORAGE_CHUNKED_H
#define PYR_STORAGE_CHUNKED_H
#include "base/assert.h"
#include "base/err.h"
#include <stdatomic.h>

enum { PYR_CHUNKED_FIRST_BITS = 4, PYR_CHUNKED_FIRST = 1 << PYR_CHUNKED_FIRST_BITS, PYR_CHUNKED_CHUNKS = 22 };
/* 16 * (2^22 - 1): far above any budget, far below what 32 bits hold. */
#define PYR_CHUNKED_MAX ((uint32_t)PYR_CHUNKED_FIRST * ((1u << PYR_CHUNKED_CHUNKS) - 1))

/* Bytes that an owner's tables take, counted as they grow. */
struct pyr_tally {
    _Atomic size_t bytes;
};
static inline void pyr_tally_add(struct pyr_tally *t, size_t bytes)
{
    atomic_fetch_add_explicit(&t->bytes, bytes, memory_order_relaxed);
}
static inline void pyr_tally_sub(struct pyr_tally *t, size_t bytes)
{
    atomic_fetch_sub_explicit(&t->bytes, bytes, memory_order_relaxed);
}
static inline size_t pyr_tally_bytes(const struct pyr_tally *t)
{
    return atomic_load_explicit(&t->bytes, memory_order_relaxed);
}

struct pyr_chunked {
    void *chunks[PYR_CHUNKED_CHUNKS];
    _Atomic uint32_t count; /* published */
};

/* Readers: elements below it are there for good. */
static inline uint32_t pyr_chunked_count(const struct pyr_chunked *a)
{
    return atomic_load_explicit(&a->count, memory_order_acquire);
}

static inline unsigned pyr_chunked_chunk_(uint32_t i)
{
    return (31 - PYR_CHUNKED_FIRST_BITS) - (unsigned)__builtin_clz(i + PYR_CHUNKED_FIRST);
}

static inline void *pyr_chunked_at(const struct pyr_chunked *a, uint32_t i, size_t element_bytes)
{
    const unsigned chunk = pyr_chunked_chunk_(i);
    const uint32_t within = i + PYR_CHUNKED_FIRST - ((uint32_t)PYR_CHUNKED_FIRST << chunk);
    return (char *)a->chunks[chunk] + (size_t)within * element_bytes;
}

/* The first of the elements that lie side by side with element `i`. */
static inline uint32_t pyr_chunked_first_beside(uint32_t i)
{
    return ((uint32_t)PYR_CHUNKED_FIRST << pyr_chunked_chunk_(i)) - PYR_CHUNKED_FIRST;
}

/* The elements from `from` (below `until`, which is published) that lie side by side; says how many. */
static inline void *pyr_chunked_run(const struct pyr_chunked *a, uint32_t from, uint32_t until, size_t element_bytes,
                                    uint32_t *count)
{
    PYR_ASSERT(from < until);
    const unsigned chunk = pyr_chunked_chunk_(from);
    const uint32_t end = ((uint32_t)PYR_CHUNKED_FIRST << (chunk + 1)) - PYR_CHUNKED_FIRST;
    *count = (end < until ? end : until) - from;
    return pyr_chunked_at(a, from, element_bytes);
}

/* Writer: makes sure that element `i` has a place. PYR_E_NOMEM; PYR_E_TOOBIG past PYR_CHUNKED_MAX. */
PYR_MUST_USE pyr_err pyr_chunked_grow(struct pyr_chunked *a, uint32_t i, size_t element_bytes, struct pyr_tally *tally);
static inline PYR_MUST_USE pyr_err pyr_chunked_reserve(struct pyr_chunked *a, uint32_t i, size_t element_bytes,
                                                       struct pyr_tally *tally)
{
    if (__builtin_expect(i < PYR_CHUNKED_MAX && a->chunks[pyr_chunked_chunk_(i)] != NULL, 1))
        return PYR_OK;
    return pyr_chunked_grow(a, i, element_bytes, tally);
}

/* Writer: shows the elements below `count`, all of which are filled. */
static inline void pyr_chunked_publish(struct pyr_chunked *a, uint32_t count)
{
    atomic_store_explicit(&a->count, count, memory_order_release);
}

void pyr_chunked_free(struct pyr_chunked *a);
#endif
