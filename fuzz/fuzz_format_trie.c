#include "format/trie.h"
#include "profile_check.h"

static const struct pyr_format_limits limits = {
    .sample_labels_max = 8, .depth_max = 64, .string_bytes_max = 100, .expanded_bytes_max = 1 << 20};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pyr_arena arena;
    struct pyr_profile p;
    struct pyr_diag diag = {0};
    pyr_arena_init(&arena, (size_t)64 << 20, NULL);
    const struct pyr_span in = {data, size};
    if (pyr_trie_decode(in, &limits, &arena, &p, &diag) == PYR_OK)
        check_profile(&p);
    else
        PYR_ASSERT(diag.message[0] != '\0');
    pyr_arena_free(&arena);
    return 0;
}
