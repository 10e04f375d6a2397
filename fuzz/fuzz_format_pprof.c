/* What decodes keeps the promises of a profile, and what is written of it decodes to the same. */
#include "base/buf.h"
#include "format/pprof.h"
#include "profile/pprof_encode.h"
#include "profile_check.h"

static const struct pyr_format_limits limits = {
    .sample_labels_max = 8, .depth_max = 64, .string_bytes_max = 100, .expanded_bytes_max = 1 << 20};

static void check_again(const struct pyr_profile *p)
{
    struct pyr_buf bytes;
    struct pyr_arena arena;
    struct pyr_profile again;
    struct pyr_diag diag = {0};
    pyr_buf_init(&bytes, (size_t)64 << 20);
    pyr_arena_init(&arena, (size_t)256 << 20, NULL);
    pyr_pprof_encode(p, &bytes);
    PYR_ASSERT(bytes.err == PYR_OK);
    PYR_ASSERT(pyr_pprof_decode(pyr_buf_span(&bytes), &limits, &arena, &again, &diag) == PYR_OK);
    PYR_ASSERT(again.sample_count == p->sample_count && again.type_count == p->type_count);
    const size_t values = (size_t)p->sample_count * p->type_count;
    PYR_ASSERT(values == 0 || memcmp(again.values, p->values, values * sizeof(*p->values)) == 0);
    for (uint32_t i = 0; i < p->sample_count; i++) {
        const struct pyr_sample *a = &p->samples[i], *b = &again.samples[i];
        PYR_ASSERT(a->stack_count == b->stack_count && a->label_count == b->label_count);
        PYR_ASSERT(a->stack_count == 0 ||
                   memcmp(p->stack_locations + a->stack_first, again.stack_locations + b->stack_first,
                          a->stack_count * sizeof(uint32_t)) == 0);
    }
    pyr_arena_free(&arena);
    pyr_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pyr_arena arena;
    struct pyr_profile p;
    struct pyr_diag diag = {0};
    pyr_arena_init(&arena, (size_t)64 << 20, NULL);
    const pyr_err err = pyr_pprof_decode((struct pyr_span){data, size}, &limits, &arena, &p, &diag);
    if (err == PYR_OK) {
        check_profile(&p);
        check_again(&p);
    } else {
        PYR_ASSERT(diag.code == err && diag.message[0] != '\0');
        PYR_ASSERT(strstr(diag.message, "Profile: malformed") == NULL); /* explained, whatever it was */
    }
    pyr_arena_free(&arena);
    return 0;
}
