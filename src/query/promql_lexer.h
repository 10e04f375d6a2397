/* promql_lexer.h - tokens of a PromQL metric selector, with errors as Prometheus words them. */
#ifndef PYR_QUERY_PROMQL_LEXER_H
#define PYR_QUERY_PROMQL_LEXER_H
#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

enum pyr_promql_kind {
    PYR_PROMQL_END,
    PYR_PROMQL_NAME,   /* identifier */
    PYR_PROMQL_STRING, /* quoted; `value` without quotes and escapes */
    PYR_PROMQL_LEFT,
    PYR_PROMQL_RIGHT,
    PYR_PROMQL_COMMA,
    PYR_PROMQL_EQ,
    PYR_PROMQL_NE,
    PYR_PROMQL_MATCH,
    PYR_PROMQL_NO_MATCH,
};

struct pyr_promql_token {
    enum pyr_promql_kind kind;
    size_t at;           /* byte offset */
    struct pyr_str text; /* as written */
    struct pyr_str value;
};

struct pyr_promql_lexer {
    struct pyr_str text;
    size_t at;
    bool in_braces;
    struct pyr_arena *arena; /* unescaped strings */
};

/* PYR_E_INVALID: "1:5: parse error: ..."; PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_promql_next(struct pyr_promql_lexer *l, struct pyr_promql_token *out, struct pyr_diag *diag);
/* "line:column" of an offset, both from 1. */
void pyr_promql_position(struct pyr_str text, size_t at, char out[static 32]);
/* Go's %q of a text, for messages; cut to what a message can hold. NULL-terminated in the arena; "" when it is full. */
const char *pyr_promql_quote(struct pyr_str text, struct pyr_arena *arena);
#endif
