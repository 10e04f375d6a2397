/* json.h - reading JSON (RFC 8259) into a tree of jansson's that lives in an arena.
 *
 * The tree and its strings end with the arena; json_decref is neither needed nor of use. What the tree takes, which for
 * hostile text is many times its length, the arena's limit bounds. Build no json_t but here: jansson gets no memory
 * elsewhere. Nesting is limited by jansson to 2048 levels. Numbers beyond int64 and double, names that occur twice in an
 * object, text that is not UTF-8, and anything after the value are errors. */
#ifndef PYR_CODEC_JSON_H
#define PYR_CODEC_JSON_H
#include "base/arena.h"
#include "base/err.h"
#include <jansson.h>

/* Any thread. The value may be of any kind. PYR_E_CORRUPT names the byte offset; PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_json_load(struct pyr_span in, struct pyr_arena *arena, const json_t **out,
                                   struct pyr_diag *diag);

static inline struct pyr_str pyr_json_text(const json_t *string)
{
    return (struct pyr_str){json_string_value(string), json_string_length(string)};
}
#endif
