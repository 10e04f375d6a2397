/* byte_heap.h - bytes that are kept and never move: the text of intern tables. Like an arena, but starting at a quarter
 * of a kilobyte, because ten thousand small services have one each, and with what it takes counted. One writer; what was
 * returned may be read by any thread that learned of it through a published count. */
#ifndef PYR_STORAGE_BYTE_HEAP_H
#define PYR_STORAGE_BYTE_HEAP_H
#include "base/span.h"
#include "storage/chunked.h"

struct pyr_byte_heap_chunk;
struct pyr_byte_heap {
    struct pyr_byte_heap_chunk *chunks; /* newest first */
    char *at, *end;                     /* free part of the newest */
    size_t held;
};

/* Room for `len` bytes, aligned to `align` (a power of two, at most 8). NULL when memory is out. */
void *pyr_byte_heap_alloc(struct pyr_byte_heap *h, size_t len, size_t align, struct pyr_tally *tally);
/* A copy; ptr is NULL when memory is out. */
struct pyr_str pyr_byte_heap_str(struct pyr_byte_heap *h, struct pyr_str s, struct pyr_tally *tally);
void pyr_byte_heap_free(struct pyr_byte_heap *h);
#endif
