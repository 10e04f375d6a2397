#include "format/folded.h"
#include "profile_check.h"

static const struct pyr_format_limits limits = {
    .sample_labels_max = 8, .depth_max = 64, .string_bytes_max = 100, .expanded_bytes_max = 1 << 20};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pyr_arena arena;
    struct pyr_profile p;
    struct pyr_diag diag = {0};
    pyr_arena_init(&arena, (size_t)64 << 20, NULL);
    /* The first byte says which of the two it is. */
    const enum pyr_folded_kind kind = size != 0 && data[0] % 2 == 1 ? PYR_FOLDED_LINES : PYR_FOLDED_GROUPS;
    const struct pyr_span in = {data + (size != 0), size - (size != 0)};
    if (pyr_folded_decode(in, kind, &limits, &arena, &p, &diag) == PYR_OK)
        check_profile(&p);
    else
        PYR_ASSERT(diag.message[0] != '\0');
    pyr_arena_free(&arena);
    return 0;
}
