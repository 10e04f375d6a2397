/* Any text as FlameQL, in both of its forms. */
#include "query/flameql.h"
#include <stdlib.h>

static void parse(struct pyr_str text,
                  pyr_err (*how)(struct pyr_selector *, struct pyr_str, struct pyr_str *, struct pyr_diag *))
{
    struct pyr_arena arena;
    struct pyr_selector s;
    struct pyr_diag diag = {0};
    struct pyr_str app = {0};
    pyr_arena_init(&arena, 16 << 20, NULL);
    pyr_selector_init(&s, &arena);
    const pyr_err err = how(&s, text, &app, &diag);
    if (err != PYR_OK && err != PYR_E_NOMEM && diag.code == PYR_OK)
        abort();
    for (uint32_t i = 0; err == PYR_OK && i < s.count && i < 8; i++)
        if (s.matchers[i].predicate != NULL)
            (void)s.matchers[i].predicate(s.matchers[i].ctx, app);
    pyr_selector_free(&s);
    pyr_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct pyr_str text = {(const char *)data, size};
    parse(text, pyr_flameql_parse);
    parse(text, pyr_flameql_parse_key);
    return 0;
}
