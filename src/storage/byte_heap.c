#include "storage/byte_heap.h"
#include "base/mem.h"

struct pyr_byte_heap_chunk {
    struct pyr_byte_heap_chunk *next;
    char data[];
};
enum { CHUNK_BYTES_MIN = 256, CHUNK_BYTES_MAX = 64 << 10 };

static char *grow(struct pyr_byte_heap *h, size_t len, struct pyr_tally *tally)
{
    size_t bytes = h->held < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : h->held;
    if (bytes > CHUNK_BYTES_MAX)
        bytes = CHUNK_BYTES_MAX;
    size_t need;
    if (__builtin_add_overflow(len, sizeof(struct pyr_byte_heap_chunk), &need))
        return NULL;
    if (bytes < need)
        bytes = need;
    struct pyr_byte_heap_chunk *chunk = pyr_malloc(bytes);
    if (chunk == NULL)
        return NULL;
    pyr_tally_add(tally, bytes);
    h->held += bytes;
    chunk->next = h->chunks;
    h->chunks = chunk;
    /* The smaller remainder is given up. */
    char *end = (char *)chunk + bytes;
    if (h->at == NULL || end - (chunk->data + len) >= h->end - h->at) {
        h->at = chunk->data + len;
        h->end = end;
    }
    return chunk->data;
}

void *pyr_byte_heap_alloc(struct pyr_byte_heap *h, size_t len, size_t align, struct pyr_tally *tally)
{
    PYR_ASSERT(align != 0 && align <= 8 && (align & (align - 1)) == 0);
    const size_t pad = (size_t)(-(uintptr_t)h->at) & (align - 1);
    if (h->at == NULL || pad > (size_t)(h->end - h->at) || len > (size_t)(h->end - h->at) - pad)
        return grow(h, len, tally);
    char *p = h->at + pad;
    h->at = p + len;
    return p;
}

struct pyr_str pyr_byte_heap_str(struct pyr_byte_heap *h, struct pyr_str s, struct pyr_tally *tally)
{
    char *copy = pyr_byte_heap_alloc(h, s.len, 1, tally);
    if (copy != NULL && s.len != 0)
        memcpy(copy, s.ptr, s.len);
    return (struct pyr_str){copy, copy != NULL ? s.len : 0};
}

void pyr_byte_heap_free(struct pyr_byte_heap *h)
{
    for (struct pyr_byte_heap_chunk *chunk = h->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        pyr_free(chunk);
    }
    *h = (struct pyr_byte_heap){0};
}
