#include "storage/chunked.h"
#include "base/mem.h"

pyr_err pyr_chunked_grow(struct pyr_chunked *a, uint32_t i, size_t element_bytes, struct pyr_tally *tally)
{
    if (i >= PYR_CHUNKED_MAX)
        return PYR_E_TOOBIG;
    const unsigned chunk = pyr_chunked_chunk_(i);
    PYR_ASSERT(a->chunks[chunk] == NULL && (chunk == 0 || a->chunks[chunk - 1] != NULL));
    const size_t elements = (size_t)PYR_CHUNKED_FIRST << chunk;
    size_t bytes;
    if (__builtin_mul_overflow(elements, element_bytes, &bytes))
        return PYR_E_TOOBIG;
    a->chunks[chunk] = pyr_malloc(bytes);
    if (a->chunks[chunk] == NULL)
        return PYR_E_NOMEM;
    pyr_tally_add(tally, bytes);
    return PYR_OK;
}

void pyr_chunked_free(struct pyr_chunked *a)
{
    for (unsigned chunk = 0; chunk < PYR_CHUNKED_CHUNKS; chunk++) {
        pyr_free(a->chunks[chunk]);
        a->chunks[chunk] = NULL;
    }
    atomic_store_explicit(&a->count, 0, memory_order_relaxed);
}
