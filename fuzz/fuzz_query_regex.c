/* Any pattern on a few values: refused, or run within its budget. The first byte says whether it is anchored; the pattern
 * ends at the first NUL, values follow. */
#include "query/regex.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct pyr_str rest = {(const char *)data + 1, size - 1};
    const ptrdiff_t end = pyr_str_find(rest, '\0');
    const struct pyr_str pattern = {rest.ptr, end < 0 ? rest.len : (size_t)end};
    rest = (struct pyr_str){pattern.ptr + pattern.len, rest.len - pattern.len};
    struct pyr_arena arena;
    struct pyr_regex *re;
    struct pyr_diag diag = {0};
    pyr_arena_init(&arena, 8 << 20, NULL);
    if (pyr_regex_compile(pattern, data[0] & 1, &arena, &re, &diag) == PYR_OK) {
        (void)pyr_regex_match(re, rest);
        (void)pyr_regex_match(re, pattern);
        for (size_t i = 0; i < rest.len && i < 8; i++)
            (void)pyr_regex_match(re, (struct pyr_str){rest.ptr + i, rest.len - i});
        if (pyr_regex_failed(re, &diag) != PYR_OK && diag.code != PYR_E_LIMIT)
            abort();
        pyr_regex_free(re);
    } else if (diag.code == PYR_OK) {
        abort(); /* a refusal without a reason */
    }
    pyr_arena_free(&arena);
    return 0;
}
