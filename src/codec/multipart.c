#include "codec/multipart.h"

enum { BOUNDARY_BYTES_MAX = 200 }; /* RFC 2046 says 70; nothing here depends on it */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* A parameter of a header value: "form-data; name=\"profile\"; filename=x". Quoted text is taken up to the next quote
 * that no backslash precedes, backslashes included. ptr NULL when there is no such parameter. */
static struct pyr_str parameter(struct pyr_str value, struct pyr_str wanted)
{
    size_t i = 0;
    for (;;) {
        while (i < value.len && value.ptr[i] != ';')
            i++;
        if (i >= value.len)
            return (struct pyr_str){NULL, 0};
        i++;
        while (i < value.len && is_space(value.ptr[i]))
            i++;
        const size_t name = i;
        while (i < value.len && value.ptr[i] != '=' && value.ptr[i] != ';')
            i++;
        const struct pyr_str key = pyr_str_trim((struct pyr_str){value.ptr + name, i - name});
        if (i >= value.len || value.ptr[i] == ';')
            continue;
        i++;
        const bool quoted = i < value.len && value.ptr[i] == '"';
        i += quoted;
        const size_t first = i;
        while (i < value.len && value.ptr[i] != (quoted ? '"' : ';'))
            i += quoted && value.ptr[i] == '\\' && i + 1 < value.len ? 2 : 1;
        const struct pyr_str text = {value.ptr + first, (i < value.len ? i : value.len) - first};
        if (pyr_str_eq_nocase(key, wanted))
            return quoted ? text : pyr_str_trim(text);
        i += quoted;
    }
}

bool pyr_is_multipart(struct pyr_str content_type)
{
    const struct pyr_str wanted = PYR_STR("multipart/form-data");
    const struct pyr_str s = pyr_str_trim(content_type);
    return s.len >= wanted.len && pyr_str_eq_nocase((struct pyr_str){s.ptr, wanted.len}, wanted);
}

pyr_err pyr_multipart_begin(struct pyr_multipart *m, struct pyr_str content_type, struct pyr_span body,
                            struct pyr_diag *diag)
{
    *m = (struct pyr_multipart){.left = body, .base = body.ptr};
    m->boundary = parameter(content_type, PYR_STR("boundary"));
    if (m->boundary.ptr == NULL || m->boundary.len == 0)
        return pyr_fail(diag, PYR_E_INVALID, "multipart: the Content-Type names no boundary");
    if (m->boundary.len > BOUNDARY_BYTES_MAX)
        return pyr_fail(diag, PYR_E_INVALID, "multipart: boundary of more than %d bytes", BOUNDARY_BYTES_MAX);
    return PYR_OK;
}

static pyr_err corrupt(const struct pyr_multipart *m, const char *what, struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_CORRUPT, "multipart: %s at byte %zu", what, (size_t)(m->left.ptr - m->base));
}

static void skip(struct pyr_span *s, size_t n)
{
    s->ptr += n;
    s->len -= n;
}

/* Steps over a line end; false when there is none. */
static bool skip_newline(struct pyr_span *s)
{
    if (s->len >= 1 && s->ptr[0] == '\n')
        skip(s, 1);
    else if (s->len >= 2 && s->ptr[0] == '\r' && s->ptr[1] == '\n')
        skip(s, 2);
    else
        return false;
    return true;
}

/* What follows "--boundary": line end or "--", with blanks before. False: it was no delimiter after all. */
static bool delimiter_ends(struct pyr_span *s, bool *last)
{
    *last = s->len >= 2 && s->ptr[0] == '-' && s->ptr[1] == '-';
    if (*last)
        return true;
    while (s->len != 0 && is_space((char)s->ptr[0]))
        skip(s, 1);
    return skip_newline(s);
}

/* The next delimiter in `left`: `before` gets what stands before its line end, `left` moves after it. */
static bool find_delimiter(struct pyr_multipart *m, struct pyr_span *before)
{
    char dashes[BOUNDARY_BYTES_MAX + 2] = {'-', '-'};
    const size_t len = m->boundary.len + 2;
    memcpy(dashes + 2, m->boundary.ptr, m->boundary.len);
    struct pyr_span s = m->left;
    for (;;) {
        const uint8_t *at = s.len >= len ? memmem(s.ptr, s.len, dashes, len) : NULL;
        if (at == NULL)
            return false;
        skip(&s, (size_t)(at - s.ptr) + len);
        const bool at_start = at == m->base && !m->begun;
        const size_t ahead = (size_t)(at - m->left.ptr);
        const size_t newline = ahead >= 1 && at[-1] == '\n' ? (ahead >= 2 && at[-2] == '\r' ? 2 : 1) : 0;
        /* A part without headers and body: the line end of the delimiter before is this one's too. */
        const bool empty = ahead == 0 && m->begun;
        struct pyr_span after = s;
        bool last;
        if ((!at_start && newline == 0 && !empty) || !delimiter_ends(&after, &last))
            continue;
        *before = (struct pyr_span){m->left.ptr, ahead - newline};
        m->left = after;
        m->ended = last;
        return true;
    }
}

static struct pyr_str cut_line(struct pyr_span *s)
{
    const uint8_t *newline = s->len != 0 ? memchr(s->ptr, '\n', s->len) : NULL;
    struct pyr_str line = {(const char *)s->ptr, newline != NULL ? (size_t)(newline - s->ptr) : s->len};
    skip(s, line.len + (newline != NULL));
    if (line.len != 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void take_header(struct pyr_str line, struct pyr_multipart_part *part)
{
    const ptrdiff_t colon = pyr_str_find(line, ':');
    if (colon < 0 ||
        !pyr_str_eq_nocase(pyr_str_trim((struct pyr_str){line.ptr, (size_t)colon}), PYR_STR("content-disposition")))
        return;
    const struct pyr_str value = {line.ptr + colon + 1, line.len - (size_t)colon - 1};
    const struct pyr_str name = parameter(value, PYR_STR("name"));
    part->name = name.ptr != NULL ? name : PYR_STR("");
    part->filename = parameter(value, PYR_STR("filename"));
}

pyr_err pyr_multipart_next(struct pyr_multipart *m, struct pyr_multipart_part *part, bool *more, struct pyr_diag *diag)
{
    struct pyr_span content;
    *more = false;
    if (!m->begun) {
        if (!find_delimiter(m, &content))
            return corrupt(m, "no part begins", diag);
        m->begun = true;
    }
    if (m->ended)
        return PYR_OK;
    const struct pyr_multipart before = *m;
    if (!find_delimiter(m, &content))
        return corrupt(&before, "the part that begins here has no end", diag);
    *part = (struct pyr_multipart_part){.name = PYR_STR("")};
    for (;;) {
        const bool any = content.len != 0;
        const struct pyr_str line = cut_line(&content);
        if (line.len == 0 || !any)
            break;
        take_header(line, part);
    }
    part->body = content;
    *more = true;
    return PYR_OK;
}
