#include "codec/json.h"
#include <pthread.h>

static _Thread_local struct pyr_arena *arena_in_use;
static _Thread_local bool out_of_memory;

/* Once it has failed it keeps failing: jansson drops characters of a token that it finds no room for and reads on. */
static void *allocate(size_t bytes)
{
    void *p = arena_in_use != NULL && !out_of_memory ? pyr_arena_alloc(arena_in_use, bytes) : NULL;
    out_of_memory |= p == NULL;
    return p;
}

static void keep(void *p)
{
    (void)p;
}

static void set_allocator(void)
{
    json_set_alloc_funcs(allocate, keep);
}

pyr_err pyr_json_load(struct pyr_span in, struct pyr_arena *arena, const json_t **out, struct pyr_diag *diag)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_allocator);
    if (in.len == 0)
        return pyr_fail(diag, PYR_E_CORRUPT, "JSON: empty");

    json_error_t error = {.position = 0};
    arena_in_use = arena;
    out_of_memory = false;
    *out = json_loadb((const char *)in.ptr, in.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    arena_in_use = NULL;
    if (out_of_memory)
        return pyr_fail(diag, PYR_E_NOMEM, "JSON: no memory left for it");
    if (*out != NULL)
        return PYR_OK;
    return pyr_fail(diag, PYR_E_CORRUPT, "JSON: %s at byte %d", error.text, error.position);
}
