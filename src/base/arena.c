#include "base/arena.h"
#include "base/assert.h"
#include <stdarg.h>
#include <stdio.h>

struct pyr_arena_chunk {
    struct pyr_arena_chunk *next;
    size_t bytes; /* of the whole chunk, this header included */
    alignas(max_align_t) uint8_t data[];
};

enum {
    CHUNK_BYTES_MIN = 4 << 10,
    CHUNK_BYTES_MAX = 1 << 20,
    KEEP_BYTES_MAX = 64 << 10, /* a reset arena holds at most this much */
};

void pyr_arena_init(struct pyr_arena *a, size_t limit, struct pyr_budget *budget)
{
    *a = (struct pyr_arena){.limit = limit, .budget = budget};
}

/* Makes what is drawn `total` bytes, where it is less. */
static bool draw(struct pyr_arena *a, size_t total)
{
    if (a->budget == NULL || total <= a->drawn)
        return true;
    if (!pyr_budget_take(a->budget, total - a->drawn))
        return false;
    a->drawn = total;
    return true;
}

/* Makes it `total` bytes, where it is more. */
static void give_back(struct pyr_arena *a, size_t total)
{
    if (a->drawn <= total)
        return;
    pyr_budget_give(a->budget, a->drawn - total);
    a->drawn = total;
}

void pyr_arena_set_budget(struct pyr_arena *a, struct pyr_budget *budget)
{
    give_back(a, 0);
    a->budget = budget;
}

bool pyr_arena_reserve(struct pyr_arena *a, size_t bytes, int64_t timeout_ns)
{
    if (a->budget == NULL)
        return true;
    size_t total;
    if (__builtin_add_overflow(a->held, bytes, &total) || total > a->budget->limit / 2)
        total = a->budget->limit / 2;
    if (total <= a->drawn)
        return true;
    if (!pyr_budget_wait(a->budget, total - a->drawn, timeout_ns))
        return false;
    a->drawn = total;
    return true;
}

static void chunk_free(struct pyr_arena *a, struct pyr_arena_chunk *chunk)
{
    a->held -= chunk->bytes;
    pyr_free(chunk);
}

static void chunk_use(struct pyr_arena *a, struct pyr_arena_chunk *chunk)
{
    a->at = chunk->data;
    a->end = (uint8_t *)chunk + chunk->bytes;
}

void pyr_arena_reset(struct pyr_arena *a)
{
    struct pyr_arena_chunk *kept = NULL;
    for (struct pyr_arena_chunk *chunk = a->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (kept == NULL && chunk->bytes <= KEEP_BYTES_MAX)
            kept = chunk;
        else
            chunk_free(a, chunk);
    }
    give_back(a, a->held);
    a->over_limit = false;
    a->chunks = kept;
    a->at = a->end = NULL;
    if (kept != NULL) {
        kept->next = NULL;
        chunk_use(a, kept);
    }
}

void pyr_arena_free(struct pyr_arena *a)
{
    for (struct pyr_arena_chunk *chunk = a->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        chunk_free(a, chunk);
    }
    PYR_ASSERT(a->held == 0);
    give_back(a, 0);
    pyr_arena_init(a, a->limit, a->budget);
}

static struct pyr_arena_chunk *chunk_new(struct pyr_arena *a, size_t bytes)
{
    const size_t drawn_before = a->drawn;
    if (bytes > a->limit - a->held || !draw(a, a->held + bytes))
        return NULL;
    struct pyr_arena_chunk *chunk = pyr_malloc(bytes);
    if (chunk == NULL) {
        give_back(a, drawn_before);
        return NULL;
    }
    chunk->bytes = bytes;
    a->held += bytes;
    return chunk;
}

/* As much again as is held, so that chunks stay few; less where the bounds leave no room for comfort. */
static struct pyr_arena_chunk *chunk_for(struct pyr_arena *a, size_t need)
{
    size_t bytes = a->held < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : a->held;
    if (bytes > CHUNK_BYTES_MAX)
        bytes = CHUNK_BYTES_MAX;
    if (need < bytes) {
        struct pyr_arena_chunk *chunk = chunk_new(a, bytes);
        if (chunk != NULL)
            return chunk;
    }
    return chunk_new(a, need);
}

void *pyr_arena_grow(struct pyr_arena *a, size_t bytes, size_t align)
{
    PYR_ASSERT(align != 0 && (align & (align - 1)) == 0);
    size_t need;
    if (__builtin_add_overflow(bytes, sizeof(struct pyr_arena_chunk) + (align > alignof(max_align_t) ? align : 0),
                               &need))
        return NULL;
    struct pyr_arena_chunk *chunk = chunk_for(a, need);
    if (chunk == NULL) {
        a->over_limit |= need > a->limit - a->held;
        return NULL;
    }

    uint8_t *p = chunk->data + ((size_t)(-(uintptr_t)chunk->data) & (align - 1));
    uint8_t *end = (uint8_t *)chunk + chunk->bytes;
    PYR_ASSERT(bytes <= (size_t)(end - p));
    chunk->next = a->chunks;
    a->chunks = chunk;
    /* A big allocation has a chunk to itself; what is left of the current chunk stays in use. */
    if (a->at == NULL || end - (p + bytes) >= a->end - a->at) {
        a->at = p + bytes;
        a->end = end;
    }
    return p;
}

void *pyr_arena_array(struct pyr_arena *a, size_t count, size_t bytes)
{
    size_t total;
    return __builtin_mul_overflow(count, bytes, &total) ? NULL : pyr_arena_alloc(a, total);
}

void *pyr_arena_zalloc(struct pyr_arena *a, size_t count, size_t bytes)
{
    void *p = pyr_arena_array(a, count, bytes);
    return p != NULL ? memset(p, 0, count * bytes) : NULL;
}

void *pyr_arena_regrow(struct pyr_arena *a, void *old, size_t old_bytes, size_t new_bytes)
{
    if (old != NULL && (uint8_t *)old + old_bytes == a->at && new_bytes <= (size_t)(a->end - (uint8_t *)old)) {
        a->at = (uint8_t *)old + new_bytes;
        return old;
    }
    if (old != NULL && new_bytes <= old_bytes)
        return old;
    void *p = pyr_arena_alloc(a, new_bytes);
    if (p != NULL && old != NULL)
        memcpy(p, old, old_bytes);
    return p;
}

struct pyr_str pyr_arena_str(struct pyr_arena *a, struct pyr_str s)
{
    char *copy = s.len < SIZE_MAX ? pyr_arena_alloc_aligned(a, s.len + 1, 1) : NULL;
    if (copy == NULL)
        return (struct pyr_str){NULL, 0};
    if (s.len != 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (struct pyr_str){copy, s.len};
}

struct pyr_str pyr_arena_printf(struct pyr_arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    char *text = len >= 0 ? pyr_arena_alloc_aligned(a, (size_t)len + 1, 1) : NULL;
    if (text != NULL)
        (void)vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    va_end(args);
    return (struct pyr_str){text, text != NULL ? (size_t)len : 0};
}
