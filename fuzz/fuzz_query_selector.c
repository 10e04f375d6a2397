/* Any text as a PromQL selector: refused with a reason, or matchers that can be asked. */
#include "query/selector.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct pyr_str text = {(const char *)data, size};
    struct pyr_arena arena;
    struct pyr_selector s;
    struct pyr_diag diag = {0};
    pyr_arena_init(&arena, 16 << 20, NULL);
    pyr_selector_init(&s, &arena);
    const pyr_err err = pyr_selector_parse(&s, text, &diag);
    if (err != PYR_OK && err != PYR_E_NOMEM && diag.code == PYR_OK)
        abort();
    for (uint32_t i = 0; err == PYR_OK && i < s.count && i < 8; i++)
        if (s.matchers[i].predicate != NULL)
            (void)s.matchers[i].predicate(s.matchers[i].ctx, s.matchers[i].name);
    pyr_selector_free(&s);
    pyr_arena_free(&arena);
    return 0;
}
