/* A row group from anywhere: parsed, summed and decoded without harm. Its checks are made right first, or nothing would get
 * past them. */
#include "storage/row_group.h"
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static void mend(uint8_t *at, const uint8_t *from, size_t len)
{
    const uint32_t check = (uint32_t)XXH3_64bits(from, len);
    memcpy(at, &check, sizeof(check));
}

/* Places for the entries, and no more than the stacks that there are. */
enum { STACKS = 5000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int64_t sums[STACKS];
    struct pyr_row_head h = {0};
    uint8_t *row = malloc(size != 0 ? size : 1);
    memcpy(row, data, size);
    if (pyr_row_head_parse((struct pyr_span){row, size}, size, &h, NULL) != PYR_OK && h.head_bytes > 8 &&
        h.head_bytes <= size) {
        mend(row + 4, row + h.head_bytes, size - h.head_bytes);
        mend(row, row + 4, h.head_bytes - 4);
    }
    if (pyr_row_head_parse((struct pyr_span){row, size}, size, &h, NULL) == PYR_OK &&
        pyr_row_body_check(&h, row + h.head_bytes, NULL) == PYR_OK) {
        const uint8_t *body = row + h.head_bytes;
        const size_t n = h.entry_count;
        uint32_t *stacks = malloc(n * sizeof(*stacks) + 1);
        int64_t *values = malloc(n * sizeof(*values) + 1), *times = malloc(n * sizeof(*times) + 1);
        uint64_t *spans = malloc(n * sizeof(*spans) + 1);
        uint8_t(*traces)[16] = malloc(n * sizeof(*traces) + 1);
        const pyr_err ids = pyr_row_decode_stacks(&h, body, STACKS, stacks, NULL);
        for (uint32_t k = 0; k < h.type_count; k++) {
            const pyr_err summed = pyr_row_add_column(&h, body, k, sums, STACKS, NULL);
            const pyr_err decoded = pyr_row_decode_values(&h, body, k, values, NULL);
            /* Two readers of the same bytes agree on whether they make sense. */
            if (h.columns[k].kind != PYR_ROW_ZERO && (summed == PYR_OK) != (ids == PYR_OK && decoded == PYR_OK))
                abort();
        }
        (void)!pyr_row_decode_optional(&h, body, spans, traces, times, NULL);
        free(stacks);
        free(values);
        free(times);
        free(spans);
        free(traces);
    }
    free(row);
    return 0;
}
