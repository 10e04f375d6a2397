#include "query/promql_lexer.h"
#include <stdio.h>

enum { QUOTED_BYTES_MAX = 200 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void pyr_promql_position(struct pyr_str text, size_t at, char out[static 32])
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < text.len; i++, column++)
        if (text.ptr[i] == '\n') {
            line++;
            column = 0;
        }
    snprintf(out, 32, "%zu:%zu", line, column);
}

static size_t quote_byte(char *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (size_t)sprintf(out, "\\%c", c);
    case '\n':
        return (size_t)sprintf(out, "\\n");
    case '\t':
        return (size_t)sprintf(out, "\\t");
    case '\r':
        return (size_t)sprintf(out, "\\r");
    default:
        return (size_t)sprintf(out, "\\x%02x", c);
    }
}

const char *pyr_promql_quote(struct pyr_str text, struct pyr_arena *arena)
{
    char *out = pyr_arena_alloc(arena, QUOTED_BYTES_MAX + 16);
    if (out == NULL)
        return "";
    size_t len = 0;
    out[len++] = '"';
    while (text.len != 0 && len < QUOTED_BYTES_MAX) {
        const size_t n = pyr_utf8_len(text);
        const bool plain =
            n > 1 || (n == 1 && *text.ptr >= 0x20 && *text.ptr != 0x7f && *text.ptr != '"' && *text.ptr != '\\');
        if (plain)
            memcpy(out + len, text.ptr, n);
        len += plain ? n : quote_byte(out + len, (unsigned char)*text.ptr);
        text = (struct pyr_str){text.ptr + (plain ? n : 1), text.len - (plain ? n : 1)};
    }
    memcpy(out + len, text.len != 0 ? "...\"" : "\"", text.len != 0 ? 5 : 2);
    return out;
}

static pyr_err fail_at(const struct pyr_promql_lexer *l, size_t at, struct pyr_diag *diag, const char *what)
{
    char position[32];
    pyr_promql_position(l->text, at, position);
    return pyr_fail(diag, PYR_E_INVALID, "%s: parse error: %s", position, what);
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    if (c < 0x800)
        return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f)), 2;
    if (c < 0x10000)
        return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 0x3f)),
               out[2] = (char)(0x80 | (c & 0x3f)), 3;
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* `digits` of base 16 or 8 at *s: false when there are fewer. */
static bool read_number(struct pyr_str *s, int digits, int base, uint32_t *out)
{
    *out = 0;
    if (s->len < (size_t)digits)
        return false;
    for (int i = 0; i < digits; i++) {
        const int v = hex_value(s->ptr[i]);
        if (v < 0 || v >= base)
            return false;
        *out = *out * (uint32_t)base + (uint32_t)v;
    }
    *s = (struct pyr_str){s->ptr + digits, s->len - (size_t)digits};
    return true;
}

/* After the backslash, as in Go's string literals. False: no such escape. */
static bool unescape_one(struct pyr_str *s, char quote, char *out, size_t *len)
{
    static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    uint32_t code;
    const char c = *s->ptr;
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    if (c >= '0' && c <= '7') {
        if (!read_number(s, 3, 8, &code) || code > 255)
            return false;
        out[(*len)++] = (char)code;
        return true;
    }
    *s = (struct pyr_str){s->ptr + 1, s->len - 1};
    if (letter != NULL || c == quote) {
        out[(*len)++] = letter != NULL ? values[letter - letters] : quote;
        return true;
    }
    if (c != 'x' && c != 'u' && c != 'U')
        return false;
    if (!read_number(s,
                     c == 'x'   ? 2
                     : c == 'u' ? 4
                                : 8,
                     16, &code) ||
        code > 0x10ffff || (code >> 11 == 0x1b && c != 'x'))
        return false;
    if (c == 'x')
        out[(*len)++] = (char)code;
    else
        *len += put_utf8(out + *len, code);
    return true;
}

static pyr_err unescape(struct pyr_promql_lexer *l, struct pyr_promql_token *t, char quote, struct pyr_diag *diag)
{
    struct pyr_str s = t->value;
    char *out = pyr_arena_alloc(l->arena, s.len + 1); /* no escape is shorter than what it stands for */
    if (out == NULL)
        return PYR_E_NOMEM;
    size_t len = 0;
    while (s.len != 0) {
        const char c = *s.ptr;
        s = (struct pyr_str){s.ptr + 1, s.len - 1};
        if (c != '\\')
            out[len++] = c;
        else if (s.len == 0 || !unescape_one(&s, quote, out, &len))
            return fail_at(l, t->at, diag, "unknown escape sequence in quoted string");
    }
    t->value = (struct pyr_str){out, len};
    return PYR_OK;
}

static pyr_err lex_string(struct pyr_promql_lexer *l, struct pyr_promql_token *out, struct pyr_diag *diag)
{
    const char quote = l->text.ptr[l->at];
    const size_t first = l->at + 1;
    size_t end = first;
    bool escaped = false;
    for (; end < l->text.len && l->text.ptr[end] != quote; end++) {
        if (quote == '`')
            continue;
        if (l->text.ptr[end] == '\n')
            return fail_at(l, l->at, diag, "unterminated quoted string");
        if (l->text.ptr[end] == '\\') {
            escaped = true;
            end++;
        }
    }
    if (end >= l->text.len)
        return fail_at(l, l->at, diag, quote == '`' ? "unterminated raw string" : "unterminated quoted string");
    out->kind = PYR_PROMQL_STRING;
    out->text = (struct pyr_str){l->text.ptr + l->at, end + 1 - l->at};
    out->value = (struct pyr_str){l->text.ptr + first, end - first};
    l->at = end + 1;
    return escaped ? unescape(l, out, quote, diag) : PYR_OK;
}

static void lex_name(struct pyr_promql_lexer *l, struct pyr_promql_token *out)
{
    const size_t first = l->at;
    while (l->at < l->text.len && (is_alpha(l->text.ptr[l->at]) || is_digit(l->text.ptr[l->at]) ||
                                   (!l->in_braces && l->text.ptr[l->at] == ':')))
        l->at++;
    out->kind = PYR_PROMQL_NAME;
    out->text = out->value = (struct pyr_str){l->text.ptr + first, l->at - first};
}

static bool lex_sign(struct pyr_promql_lexer *l, struct pyr_promql_token *out)
{
    static const struct {
        struct pyr_str text;
        enum pyr_promql_kind kind;
    } signs[] = {
        {PYR_STR("=~"), PYR_PROMQL_MATCH}, {PYR_STR("!~"), PYR_PROMQL_NO_MATCH}, {PYR_STR("!="), PYR_PROMQL_NE},
        {PYR_STR("="), PYR_PROMQL_EQ},     {PYR_STR("{"), PYR_PROMQL_LEFT},      {PYR_STR("}"), PYR_PROMQL_RIGHT},
        {PYR_STR(","), PYR_PROMQL_COMMA},
    };
    const struct pyr_str rest = {l->text.ptr + l->at, l->text.len - l->at};
    for (size_t i = 0; i < PYR_COUNT_OF(signs); i++)
        if (pyr_str_starts(rest, signs[i].text)) {
            out->kind = signs[i].kind;
            out->text = signs[i].text;
            l->at += signs[i].text.len;
            return true;
        }
    return false;
}

static void skip_blank(struct pyr_promql_lexer *l)
{
    while (l->at < l->text.len && (is_space(l->text.ptr[l->at]) || l->text.ptr[l->at] == '#')) {
        const bool comment = l->text.ptr[l->at++] == '#';
        while (comment && l->at < l->text.len && l->text.ptr[l->at] != '\n')
            l->at++;
    }
}

pyr_err pyr_promql_next(struct pyr_promql_lexer *l, struct pyr_promql_token *out, struct pyr_diag *diag)
{
    skip_blank(l);
    *out = (struct pyr_promql_token){.kind = PYR_PROMQL_END, .at = l->at};
    if (l->at >= l->text.len)
        return l->in_braces ? fail_at(l, l->at, diag, "unexpected end of input inside braces") : PYR_OK;
    const char c = l->text.ptr[l->at];
    if (c == '"' || c == '\'' || c == '`')
        return lex_string(l, out, diag);
    if (is_alpha(c) || (c == ':' && !l->in_braces)) {
        lex_name(l, out);
        return PYR_OK;
    }
    if (lex_sign(l, out)) {
        if (out->kind == PYR_PROMQL_LEFT || out->kind == PYR_PROMQL_RIGHT)
            l->in_braces = out->kind == PYR_PROMQL_LEFT;
        return PYR_OK;
    }
    const struct pyr_str rest = {l->text.ptr + l->at, l->text.len - l->at};
    const size_t n = pyr_utf8_len(rest);
    char what[64];
    if (n == 0)
        snprintf(what, sizeof(what), "unexpected byte 0x%02x", (unsigned)(unsigned char)c);
    else
        snprintf(what, sizeof(what), "unexpected character%s: '%.*s'", l->in_braces ? " inside braces" : "", (int)n,
                 rest.ptr);
    return fail_at(l, l->at, diag, what);
}
