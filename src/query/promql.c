/* The metric selector of PromQL: [name] ["{" [matcher {"," matcher} [","]] "}"]. Part of query/selector.h. */
#include "query/promql_lexer.h"
#include "query/selector.h"
#include <stdio.h>

struct parser {
    struct pyr_selector *selector;
    struct pyr_promql_lexer lexer;
    struct pyr_promql_token token;
    struct pyr_diag diag; /* "1:5: parse error: ..." */
};

static pyr_err advance(struct parser *p)
{
    return pyr_promql_next(&p->lexer, &p->token, &p->diag);
}

static const char *kind_of(const struct pyr_promql_token *t)
{
    return t->kind == PYR_PROMQL_NAME ? "identifier " : t->kind == PYR_PROMQL_STRING ? "string " : "";
}

static pyr_err unexpected(struct parser *p, const char *context)
{
    char position[32];
    if (p->lexer.text.len == 0)
        snprintf(position, sizeof(position), "unknown position");
    else
        pyr_promql_position(p->lexer.text, p->token.at, position);
    if (p->token.kind == PYR_PROMQL_END)
        return pyr_fail(&p->diag, PYR_E_INVALID, "%s: parse error: unexpected end of input%s", position, context);
    return pyr_fail(&p->diag, PYR_E_INVALID, "%s: parse error: unexpected %s%s%s", position, kind_of(&p->token),
                    pyr_promql_quote(p->token.text, p->lexer.arena), context);
}

static pyr_err add_regex(struct parser *p, size_t at, struct pyr_str name, bool negated, struct pyr_str pattern)
{
    struct pyr_diag why = {0};
    const pyr_err err = pyr_selector_add_regex(p->selector, name, negated, pattern, true, &why);
    if (err == PYR_OK || why.code == PYR_OK)
        return err;
    char position[32];
    pyr_promql_position(p->lexer.text, at, position);
    return pyr_fail(&p->diag, err, "%s: parse error: %s", position, why.message);
}

/* The token is its name; afterwards it is what follows the matcher. */
static pyr_err parse_matcher(struct parser *p)
{
    const struct pyr_promql_token name = p->token;
    if (name.kind != PYR_PROMQL_NAME && name.kind != PYR_PROMQL_STRING)
        return unexpected(p, " in label matching, expected identifier or \"}\"");
    PYR_TRY(advance(p));
    const enum pyr_promql_kind op = p->token.kind;
    if (name.kind == PYR_PROMQL_STRING && (op == PYR_PROMQL_COMMA || op == PYR_PROMQL_RIGHT))
        return pyr_selector_add_equal(p->selector, PYR_LABEL_NAME, false, name.value, &p->diag);
    if (op < PYR_PROMQL_EQ)
        return unexpected(p, " in label matching, expected label matching operator");
    PYR_TRY(advance(p));
    const struct pyr_promql_token value = p->token;
    if (value.kind != PYR_PROMQL_STRING)
        return unexpected(p, " in label matching, expected string");
    const bool negated = op == PYR_PROMQL_NE || op == PYR_PROMQL_NO_MATCH;
    if (op == PYR_PROMQL_EQ || op == PYR_PROMQL_NE)
        PYR_TRY(pyr_selector_add_equal(p->selector, name.value, negated, value.value, &p->diag));
    else
        PYR_TRY(add_regex(p, name.at, name.value, negated, value.value));
    return advance(p);
}

/* After "{". */
static pyr_err parse_matchers(struct parser *p)
{
    PYR_TRY(advance(p));
    while (p->token.kind != PYR_PROMQL_RIGHT) {
        PYR_TRY(parse_matcher(p));
        if (p->token.kind == PYR_PROMQL_COMMA)
            PYR_TRY(advance(p));
        else if (p->token.kind != PYR_PROMQL_RIGHT)
            return unexpected(p, " in label matching, expected \",\" or \"}\"");
    }
    return advance(p);
}

static pyr_err parse(struct parser *p)
{
    PYR_TRY(advance(p));
    bool named = false;
    if (p->token.kind == PYR_PROMQL_NAME) {
        named = true;
        PYR_TRY(pyr_selector_add_equal(p->selector, PYR_LABEL_NAME, false, p->token.value, &p->diag));
        PYR_TRY(advance(p));
    }
    if (p->token.kind == PYR_PROMQL_LEFT)
        PYR_TRY(parse_matchers(p));
    else if (!named)
        return unexpected(p, "");
    return p->token.kind == PYR_PROMQL_END ? PYR_OK : unexpected(p, "");
}

pyr_err pyr_selector_parse(struct pyr_selector *s, struct pyr_str text, struct pyr_diag *diag)
{
    struct parser p = {.selector = s, .lexer = {.text = text, .arena = s->arena}};
    const pyr_err err = parse(&p);
    if (err == PYR_OK || p.diag.code == PYR_OK)
        return err;
    return pyr_fail(diag, err, "parsing label selector %s: %s", pyr_promql_quote(text, s->arena), p.diag.message);
}
