#include "query/regex_syntax.h"

struct checker {
    struct pyr_str pattern;
    size_t at;
    unsigned depth;
    bool repeatable; /* there is such a thing */
    size_t repeat;   /* where the last repeat starts, when it directly precedes */
    bool repeated;
    struct pyr_diag *diag;
};

static bool ended(const struct checker *c)
{
    return c->at >= c->pattern.len;
}
static char peek(const struct checker *c)
{
    return ended(c) ? '\0' : c->pattern.ptr[c->at];
}
static bool looking_at(const struct checker *c, const char *text)
{
    const struct pyr_str rest = {c->pattern.ptr + c->at, c->pattern.len - c->at};
    return pyr_str_starts(rest, pyr_str_of(text));
}

static pyr_err refuse(struct checker *c, const char *what, size_t from, size_t to)
{
    const struct pyr_str where = {c->pattern.ptr + from, to - from};
    return pyr_fail(c->diag, PYR_E_INVALID, "error parsing regexp: %s: `%.*s`", what, PYR_STR_ARG(where));
}

static pyr_err refuse_all(struct checker *c, const char *what)
{
    return refuse(c, what, 0, c->pattern.len);
}

/* End of the character at `at`, so that messages do not cut it. */
static size_t after_char(const struct checker *c, size_t at)
{
    const size_t n = pyr_utf8_len((struct pyr_str){c->pattern.ptr + at, c->pattern.len - at});
    return at + (n != 0 ? n : 1);
}

static bool is_hex(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
}
static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}
static bool is_word(char ch)
{
    return is_digit(ch) || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}
static bool one_of(char ch, const char *set)
{
    return ch != '\0' && strchr(set, ch) != NULL;
}

static bool skip_hex(struct checker *c)
{
    if (peek(c) == '{') {
        const size_t first = ++c->at;
        while (is_hex(peek(c)))
            c->at++;
        return c->at > first && c->at - first <= 6 && peek(c) == '}' && (c->at++, true);
    }
    for (int i = 0; i < 2; i++, c->at++)
        if (!is_hex(peek(c)))
            return false;
    return true;
}

/* \pN, \p{Greek}, \p{^Greek} */
static pyr_err check_class_name(struct checker *c, size_t start)
{
    if (peek(c) != '{') {
        if (!ended(c))
            c->at = after_char(c, c->at);
        return PYR_OK;
    }
    while (!ended(c) && peek(c) != '}')
        c->at++;
    if (ended(c))
        return refuse(c, "invalid character class range", start, c->at);
    c->at++;
    return PYR_OK;
}

/* From the backslash on; `in_class` inside of brackets, where assertions mean nothing. */
static pyr_err check_escape(struct checker *c, bool in_class)
{
    const size_t start = c->at++;
    if (ended(c))
        return refuse(c, "trailing backslash at end of expression", c->at, c->at);
    const char ch = peek(c);
    const size_t end = after_char(c, c->at);
    c->at = end;
    if (ch == 'x')
        return skip_hex(c) ? PYR_OK
                           : refuse(c, "invalid escape sequence", start, ended(c) ? c->at : after_char(c, c->at));
    if (ch == 'p' || ch == 'P')
        return check_class_name(c, start);
    if (one_of(ch, "afnrtvdDsSwW0") || (!in_class && one_of(ch, "AbBz")))
        return PYR_OK;
    if (!is_word(ch) && (unsigned char)ch < 0x80)
        return PYR_OK;
    return refuse(c, "invalid escape sequence", start, end);
}

/* \Q...\E: literal text; without \E to the end of the pattern. */
static bool skip_quoted(struct checker *c)
{
    if (!looking_at(c, "\\Q"))
        return false;
    for (c->at += 2; !ended(c); c->at++)
        if (looking_at(c, "\\E")) {
            c->at += 2;
            break;
        }
    return true;
}

static pyr_err check_posix_class(struct checker *c, bool *found)
{
    const size_t start = c->at;
    *found = false;
    size_t end = start + 2;
    while (end + 1 < c->pattern.len && (is_word(c->pattern.ptr[end]) || c->pattern.ptr[end] == '^'))
        end++;
    if (end + 1 >= c->pattern.len || c->pattern.ptr[end] != ':' || c->pattern.ptr[end + 1] != ']')
        return PYR_OK;
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
                                        "lower", "print", "punct", "space", "upper", "word",  "xdigit"};
    struct pyr_str name = {c->pattern.ptr + start + 2, end - start - 2};
    if (name.len != 0 && name.ptr[0] == '^')
        name = (struct pyr_str){name.ptr + 1, name.len - 1};
    for (size_t i = 0; i < PYR_COUNT_OF(names); i++)
        if (pyr_str_eq(name, pyr_str_of(names[i])))
            *found = true;
    c->at = *found ? end + 2 : start;
    return *found ? PYR_OK : refuse(c, "invalid character class range", start, end + 2);
}

static pyr_err check_class(struct checker *c)
{
    const size_t start = c->at++;
    if (peek(c) == '^')
        c->at++;
    for (bool first = true; first || peek(c) != ']'; first = false) {
        if (ended(c))
            return refuse(c, "missing closing ]", start, c->pattern.len);
        bool posix = false;
        if (looking_at(c, "[:"))
            PYR_TRY(check_posix_class(c, &posix));
        if (posix)
            continue;
        if (looking_at(c, "[.") || looking_at(c, "[="))
            return refuse(c, "invalid character class range", c->at, c->at + 2);
        if (peek(c) == '\\')
            PYR_TRY(check_escape(c, true));
        else
            c->at = after_char(c, c->at);
    }
    c->at++;
    return PYR_OK;
}

/* (?P<name> and (?<name> */
static pyr_err check_group_name(struct checker *c, size_t start)
{
    const size_t first = c->at;
    while (is_word(peek(c)))
        c->at++;
    if (peek(c) != '>' || c->at == first || is_digit(c->pattern.ptr[first]))
        return refuse(c, "invalid named capture", start, ended(c) ? c->at : c->at + 1);
    c->at++;
    return PYR_OK;
}

/* After "(?": flags, then ) or : */
static pyr_err check_flags(struct checker *c, size_t start, bool *opens)
{
    bool negated = false, any = false;
    for (; !ended(c); c->at++) {
        const char ch = peek(c);
        if (one_of(ch, "imsU")) {
            any = true;
        } else if (ch == '-' && !negated) {
            negated = true;
            any = false;
        } else if ((ch == ':' || ch == ')') && (any || !negated) && (any || ch == ':')) {
            *opens = ch == ':';
            c->at++;
            return PYR_OK;
        } else {
            break;
        }
    }
    return refuse(c, ended(c) ? "missing argument to repetition operator" : "invalid or unsupported Perl syntax", start,
                  ended(c) ? c->at : after_char(c, c->at));
}

static pyr_err check_open(struct checker *c)
{
    const size_t start = c->at++;
    bool opens = true;
    if (looking_at(c, "?P<") || (looking_at(c, "?<") && !looking_at(c, "?<=") && !looking_at(c, "?<!"))) {
        c->at += looking_at(c, "?P") ? 3 : 2;
        PYR_TRY(check_group_name(c, start));
    } else if (looking_at(c, "?<")) {
        return refuse(c, "invalid or unsupported Perl syntax", start, c->at + 3);
    } else if (peek(c) == '?') {
        c->at++;
        PYR_TRY(check_flags(c, start, &opens));
    }
    c->repeatable = false;
    c->repeated = false;
    if (opens && ++c->depth > PYR_REGEX_DEPTH_MAX)
        return refuse_all(c, "expression nests too deeply");
    return PYR_OK;
}

static pyr_err check_close(struct checker *c)
{
    if (c->depth == 0)
        return refuse_all(c, "unexpected )");
    c->depth--;
    c->at++;
    c->repeatable = true;
    c->repeated = false;
    return PYR_OK;
}

/* {n}, {n,} or {n,m}: its end, or 0 when the brace is a literal one. */
static size_t counted_repeat_end(const struct checker *c, uint32_t *least, uint32_t *most)
{
    uint32_t bounds[2] = {0, 0};
    size_t at = c->at + 1;
    int n = 0;
    for (;; n++) {
        const size_t first = at;
        for (; at < c->pattern.len && is_digit(c->pattern.ptr[at]); at++)
            if (bounds[n] <= PYR_REGEX_REPEAT_MAX)
                bounds[n] = bounds[n] * 10 + (uint32_t)(c->pattern.ptr[at] - '0');
        if (at == first && n == 0)
            return 0;
        if (at == first)
            bounds[1] = bounds[0];
        if (n == 1 || at >= c->pattern.len || c->pattern.ptr[at] != ',')
            break;
        at++;
    }
    if (at >= c->pattern.len || c->pattern.ptr[at] != '}')
        return 0;
    *least = bounds[0];
    *most = n == 0 ? bounds[0] : bounds[1];
    return at + 1;
}

static pyr_err check_repeat(struct checker *c, size_t end)
{
    const size_t start = c->at;
    if (end < c->pattern.len && c->pattern.ptr[end] == '?')
        end++;
    if (c->repeated)
        return refuse(c, "invalid nested repetition operator", c->repeat, end);
    if (!c->repeatable)
        return refuse(c, "missing argument to repetition operator", start, end);
    c->repeat = start;
    c->repeated = true;
    c->at = end;
    return PYR_OK;
}

static pyr_err check_one(struct checker *c)
{
    uint32_t least = 0, most = 0;
    size_t end = 0;
    switch (peek(c)) {
    case '(':
        return check_open(c);
    case ')':
        return check_close(c);
    case '*':
    case '+':
    case '?':
        return check_repeat(c, c->at + 1);
    case '{':
        end = counted_repeat_end(c, &least, &most);
        if (end != 0 && (least > PYR_REGEX_REPEAT_MAX || most > PYR_REGEX_REPEAT_MAX || most < least))
            return refuse(c, "invalid repeat count", c->at, end);
        if (end != 0)
            return check_repeat(c, end);
        c->at++;
        break;
    case '|':
        c->at++;
        c->repeatable = c->repeated = false;
        return PYR_OK;
    case '[':
        PYR_TRY(check_class(c));
        break;
    case '\\':
        if (!skip_quoted(c))
            PYR_TRY(check_escape(c, false));
        break;
    default:
        c->at = after_char(c, c->at);
    }
    c->repeatable = true;
    c->repeated = false;
    return PYR_OK;
}

pyr_err pyr_regex_check(struct pyr_str pattern, struct pyr_diag *diag)
{
    struct checker c = {.pattern = pattern, .diag = diag};
    size_t bad = 0;
    if (pattern.len > PYR_REGEX_PATTERN_BYTES_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "error parsing regexp: expression of %zu bytes is longer than %d",
                        pattern.len, PYR_REGEX_PATTERN_BYTES_MAX);
    if (!pyr_utf8_valid(pattern, &bad))
        return pyr_fail(diag, PYR_E_INVALID, "error parsing regexp: invalid UTF-8 at byte %zu", bad);
    while (!ended(&c))
        PYR_TRY(check_one(&c));
    return c.depth == 0 ? PYR_OK : refuse_all(&c, "missing closing )");
}
