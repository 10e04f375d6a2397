#include "net/http1_parse.h"
#include "base/assert.h"
#include <string.h>

enum {
    EXT_BYTES_MAX = 4096,
    TRAILER_BYTES_MAX = 8192,
    CHUNK_DIGITS_MAX = 15, /* keeps the size below 2^60 */
};

enum { CLASS_TOKEN = 1, CLASS_VALUE = 2, CLASS_TARGET = 4, CLASS_HOST = 8 };

/* Built by the rules of RFC 9110 5.6.2 (token), 5.5 (field value), RFC 3986 3.2.2 (host). The target takes any visible
 * byte, UTF-8 too (curl sends what it is given), but '#': a fragment is never sent. */
static inline unsigned class_of(uint8_t c)
{
    enum {
        V = CLASS_VALUE,
        T = CLASS_TOKEN | CLASS_VALUE | CLASS_TARGET,
        A = T | CLASS_HOST,
        D = CLASS_VALUE | CLASS_TARGET,
        H = D | CLASS_HOST,
    };
    static const uint8_t table[128] = {
        ['\t'] = V, [' '] = V,  ['!'] = A, ['"'] = D,  ['#'] = T & ~CLASS_TARGET,
        ['$'] = A,  ['%'] = A,  ['&'] = A, ['\''] = A, ['('] = H,
        [')'] = H,  ['*'] = A,  ['+'] = A, [','] = H,  ['-'] = A,
        ['.'] = A,  ['/'] = D,  ['0'] = A, ['1'] = A,  ['2'] = A,
        ['3'] = A,  ['4'] = A,  ['5'] = A, ['6'] = A,  ['7'] = A,
        ['8'] = A,  ['9'] = A,  [':'] = H, [';'] = H,  ['<'] = D,
        ['='] = H,  ['>'] = D,  ['?'] = D, ['@'] = D,  ['A'] = A,
        ['B'] = A,  ['C'] = A,  ['D'] = A, ['E'] = A,  ['F'] = A,
        ['G'] = A,  ['H'] = A,  ['I'] = A, ['J'] = A,  ['K'] = A,
        ['L'] = A,  ['M'] = A,  ['N'] = A, ['O'] = A,  ['P'] = A,
        ['Q'] = A,  ['R'] = A,  ['S'] = A, ['T'] = A,  ['U'] = A,
        ['V'] = A,  ['W'] = A,  ['X'] = A, ['Y'] = A,  ['Z'] = A,
        ['['] = H,  ['\\'] = D, [']'] = H, ['^'] = T,  ['_'] = A,
        ['`'] = T,  ['a'] = A,  ['b'] = A, ['c'] = A,  ['d'] = A,
        ['e'] = A,  ['f'] = A,  ['g'] = A, ['h'] = A,  ['i'] = A,
        ['j'] = A,  ['k'] = A,  ['l'] = A, ['m'] = A,  ['n'] = A,
        ['o'] = A,  ['p'] = A,  ['q'] = A, ['r'] = A,  ['s'] = A,
        ['t'] = A,  ['u'] = A,  ['v'] = A, ['w'] = A,  ['x'] = A,
        ['y'] = A,  ['z'] = A,  ['{'] = D, ['|'] = T,  ['}'] = D,
        ['~'] = A,
    };
    return c < 128 ? table[c] : CLASS_VALUE | CLASS_TARGET;
}

static bool all_of(struct pyr_str s, unsigned class)
{
    for (size_t i = 0; i < s.len; i++)
        if ((class_of((uint8_t)s.ptr[i]) & class) == 0)
            return false;
    return true;
}

bool pyr_h1_is_token(struct pyr_str s)
{
    return s.len != 0 && all_of(s, CLASS_TOKEN);
}
bool pyr_h1_is_value(struct pyr_str s)
{
    return all_of(s, CLASS_VALUE);
}

static bool fail(struct pyr_h1_error *error, int status, const char *reason)
{
    *error = (struct pyr_h1_error){status, reason};
    return false;
}

enum pyr_h1_scan_result pyr_h1_scan(struct pyr_h1_scan *scan, struct pyr_span bytes, size_t head_bytes_max, size_t *end,
                                    struct pyr_h1_error *error)
{
    const size_t visible = bytes.len < head_bytes_max ? bytes.len : head_bytes_max;
    while (scan->at < visible) {
        const uint8_t *lf = memchr(bytes.ptr + scan->at, '\n', visible - scan->at);
        if (lf == NULL) {
            scan->at = visible;
            break;
        }
        const size_t at = (size_t)(lf - bytes.ptr);
        if (at == 0 || bytes.ptr[at - 1] != '\r' || at - 1 < scan->line) {
            fail(error, 400, "line does not end in CR LF");
            return PYR_H1_BAD;
        }
        const bool empty = at - 1 == scan->line;
        const bool before_request_line = scan->line == scan->start;
        scan->line = scan->at = at + 1;
        if (empty && before_request_line) {
            scan->start = scan->line;
        } else if (empty) {
            *end = scan->line;
            return PYR_H1_FOUND;
        }
    }
    if (bytes.len < head_bytes_max)
        return PYR_H1_MORE;
    if (scan->line == scan->start)
        fail(error, 414, "request line is too long");
    else
        fail(error, 431, "request head is too large");
    return PYR_H1_BAD;
}

/* The next line without its CR LF; the scan made sure that every LF has its CR. */
static struct pyr_str take_line(struct pyr_str *rest)
{
    const char *lf = memchr(rest->ptr, '\n', rest->len);
    PYR_ASSERT(lf != NULL && lf > rest->ptr);
    const size_t n = (size_t)(lf - rest->ptr);
    const struct pyr_str line = {rest->ptr, n - 1};
    rest->ptr += n + 1;
    rest->len -= n + 1;
    return line;
}

static bool parse_version(struct pyr_str s, int *minor, struct pyr_h1_error *error)
{
    if (s.len != 8 || memcmp(s.ptr, "HTTP/", 5) != 0 || s.ptr[5] < '0' || s.ptr[5] > '9' || s.ptr[6] != '.' ||
        s.ptr[7] < '0' || s.ptr[7] > '9')
        return fail(error, 400, "malformed HTTP version");
    if (s.ptr[5] != '1')
        return fail(error, 505, "HTTP version is not supported");
    *minor = s.ptr[7] == '0' ? 0 : 1; /* a later minor version is answered as 1.1 */
    return true;
}

/* uri-host [ ":" port ]; an IP literal is in brackets. May be empty. */
static bool is_authority(struct pyr_str s)
{
    if (!all_of(s, CLASS_HOST))
        return false;
    struct pyr_str port = {0};
    if (s.len != 0 && s.ptr[0] == '[') {
        const ptrdiff_t close = pyr_str_find(s, ']');
        if (close < 2)
            return false;
        port = (struct pyr_str){s.ptr + close + 1, s.len - (size_t)close - 1};
    } else {
        const ptrdiff_t colon = pyr_str_find(s, ':');
        if (colon == 0)
            return false;
        if (colon > 0)
            port = (struct pyr_str){s.ptr + colon, s.len - (size_t)colon};
        if (pyr_str_find(s, '[') >= 0 || pyr_str_find(s, ']') >= 0)
            return false;
    }
    if (port.len == 0)
        return true;
    if (port.ptr[0] != ':' || port.len > 6)
        return false;
    for (size_t i = 1; i < port.len; i++)
        if (port.ptr[i] < '0' || port.ptr[i] > '9')
            return false;
    return true;
}

/* absolute-form: cuts off scheme and authority (RFC 9112 3.2.2: servers must accept it). */
static bool strip_authority(struct pyr_str *target)
{
    const struct pyr_str http = PYR_STR("http://"), https = PYR_STR("https://");
    size_t skip = 0;
    if (target->len > http.len && pyr_str_eq_nocase((struct pyr_str){target->ptr, http.len}, http))
        skip = http.len;
    else if (target->len > https.len && pyr_str_eq_nocase((struct pyr_str){target->ptr, https.len}, https))
        skip = https.len;
    if (skip == 0)
        return false;
    size_t end = skip;
    while (end < target->len && target->ptr[end] != '/' && target->ptr[end] != '?')
        end++;
    const struct pyr_str authority = {target->ptr + skip, end - skip};
    if (authority.len == 0 || !is_authority(authority))
        return false;
    *target = (struct pyr_str){target->ptr + end, target->len - end};
    return true;
}

bool pyr_h1_target(struct pyr_str target, struct pyr_str method, struct pyr_str *path, struct pyr_str *query)
{
    if (target.len == 0 || !all_of(target, CLASS_TARGET))
        return false;
    const bool asterisk = pyr_str_eq(target, PYR_STR("*")) && pyr_str_eq(method, PYR_STR("OPTIONS"));
    if (target.ptr[0] != '/' && !asterisk && !strip_authority(&target))
        return false;
    const ptrdiff_t mark = pyr_str_find(target, '?');
    const size_t path_len = mark < 0 ? target.len : (size_t)mark;
    const size_t query_at = mark < 0 ? target.len : path_len + 1;
    *path = path_len != 0 ? (struct pyr_str){target.ptr, path_len} : PYR_STR("/");
    *query = (struct pyr_str){target.ptr + query_at, target.len - query_at};
    return true;
}

static bool parse_request_line(struct pyr_str line, struct pyr_h1_head *out, struct pyr_h1_error *error)
{
    const ptrdiff_t first = pyr_str_find(line, ' ');
    const ptrdiff_t last = pyr_str_find_last(line, ' ');
    if (first <= 0 || last == first)
        return fail(error, 400, "malformed request line");
    out->method = (struct pyr_str){line.ptr, (size_t)first};
    if (!pyr_h1_is_token(out->method))
        return fail(error, 400, "malformed method");
    const struct pyr_str target = {line.ptr + first + 1, (size_t)(last - first) - 1};
    if (!parse_version((struct pyr_str){line.ptr + last + 1, line.len - (size_t)last - 1}, &out->minor, error))
        return false;
    return pyr_h1_target(target, out->method, &out->path, &out->query) || fail(error, 400, "malformed request target");
}

static bool parse_field(uint8_t *line, size_t len, struct pyr_http_header *out, struct pyr_h1_error *error)
{
    size_t n = 0;
    while (n < len && (class_of(line[n]) & CLASS_TOKEN) != 0) {
        if (line[n] >= 'A' && line[n] <= 'Z')
            line[n] |= 0x20;
        n++;
    }
    /* Catches obs-fold (a line that begins with a space) and a space before the colon too. */
    if (n == 0 || n == len || line[n] != ':')
        return fail(error, 400, "malformed header name");
    out->name = (struct pyr_str){(const char *)line, n};
    out->value = pyr_str_trim((struct pyr_str){(const char *)line + n + 1, len - n - 1});
    if (!pyr_h1_is_value(out->value))
        return fail(error, 400, "control character in header value");
    return true;
}

static bool parse_length(struct pyr_str s, struct pyr_h1_head *out, struct pyr_h1_error *error)
{
    if (out->has_length)
        return fail(error, 400, "repeated Content-Length");
    if (s.len == 0)
        return fail(error, 400, "malformed Content-Length");
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return fail(error, 400, "malformed Content-Length");
    if (!pyr_str_to_u64(s, &out->content_length))
        return fail(error, 413, "request body is too large");
    out->has_length = true;
    return true;
}

static bool parse_transfer_encoding(struct pyr_str s, struct pyr_h1_head *out, struct pyr_h1_error *error)
{
    if (out->chunked)
        return fail(error, 400, "repeated Transfer-Encoding");
    if (out->minor == 0)
        return fail(error, 400, "Transfer-Encoding in HTTP/1.0");
    if (!pyr_str_eq_nocase(s, PYR_STR("chunked")))
        return fail(error, 501, "transfer coding is not supported");
    out->chunked = true;
    return true;
}

static void parse_connection(struct pyr_str s, bool *close, bool *keep_alive)
{
    while (s.len != 0) {
        const ptrdiff_t comma = pyr_str_find(s, ',');
        const size_t n = comma < 0 ? s.len : (size_t)comma;
        const struct pyr_str option = pyr_str_trim((struct pyr_str){s.ptr, n});
        if (pyr_str_eq_nocase(option, PYR_STR("close")))
            *close = true;
        else if (pyr_str_eq_nocase(option, PYR_STR("keep-alive")))
            *keep_alive = true;
        const size_t skip = comma < 0 ? n : n + 1;
        s = (struct pyr_str){s.ptr + skip, s.len - skip};
    }
}

static bool parse_expect(struct pyr_str s, struct pyr_h1_head *out, struct pyr_h1_error *error)
{
    if (!pyr_str_eq_nocase(s, PYR_STR("100-continue")))
        return fail(error, 417, "expectation is not supported");
    out->expect_continue = out->minor != 0;
    return true;
}

/* What the framing depends on. */
static bool interpret(struct pyr_h1_head *out, struct pyr_h1_error *error)
{
    size_t hosts = 0;
    bool close = false, keep_alive = false;
    for (size_t i = 0; i < out->header_count; i++) {
        const struct pyr_http_header h = out->headers[i];
        bool ok = true;
        if (pyr_str_eq(h.name, PYR_STR("host")))
            ok = ++hosts == 1 && is_authority(h.value) ? true : fail(error, 400, "malformed or repeated Host");
        else if (pyr_str_eq(h.name, PYR_STR("content-length")))
            ok = parse_length(h.value, out, error);
        else if (pyr_str_eq(h.name, PYR_STR("transfer-encoding")))
            ok = parse_transfer_encoding(h.value, out, error);
        else if (pyr_str_eq(h.name, PYR_STR("connection")))
            parse_connection(h.value, &close, &keep_alive);
        else if (pyr_str_eq(h.name, PYR_STR("expect")))
            ok = parse_expect(h.value, out, error);
        if (!ok)
            return false;
    }
    if (hosts == 0 && out->minor != 0)
        return fail(error, 400, "Host is missing");
    if (out->chunked && out->has_length)
        return fail(error, 400, "both Content-Length and Transfer-Encoding");
    out->keep_alive = !close && (out->minor != 0 || keep_alive);
    return true;
}

bool pyr_h1_parse(uint8_t *bytes, size_t len, struct pyr_http_header *headers, size_t headers_max,
                  struct pyr_h1_head *out, struct pyr_h1_error *error)
{
    PYR_ASSERT(len >= 4 && bytes[len - 1] == '\n');
    *out = (struct pyr_h1_head){.headers = headers};
    *error = (struct pyr_h1_error){0};
    struct pyr_str rest = {(const char *)bytes, len};
    if (!parse_request_line(take_line(&rest), out, error))
        return false;
    for (;;) {
        const size_t at = len - rest.len;
        const struct pyr_str line = take_line(&rest);
        if (line.len == 0)
            break;
        if (out->header_count == headers_max)
            return fail(error, 431, "too many header fields");
        if (!parse_field(bytes + at, line.len, &headers[out->header_count], error))
            return false;
        out->header_count++;
    }
    return interpret(out, error);
}

enum { SIZE, EXT, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_LINE, TRAILER_LF, END_LF, DONE };

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool on_size(struct pyr_h1_chunked *c, uint8_t b)
{
    const int digit = hex_digit(b);
    if (digit >= 0) {
        c->left = c->left << 4 | (uint64_t)digit;
        return ++c->digits <= CHUNK_DIGITS_MAX;
    }
    c->state = b == '\r' ? SIZE_LF : EXT;
    return c->digits != 0 && (b == '\r' || b == ';');
}

static bool on_trailer(struct pyr_h1_chunked *c, uint8_t b)
{
    if (++c->trailer_bytes > TRAILER_BYTES_MAX)
        return false;
    if (c->state == TRAILER) { /* first byte of a line */
        c->trailer_name = true;
        c->state = b == '\r' ? END_LF : TRAILER_LINE;
        return b == '\r' || (class_of(b) & CLASS_TOKEN) != 0;
    }
    if (c->trailer_name) {
        c->trailer_name = b != ':';
        return b == ':' || (class_of(b) & CLASS_TOKEN) != 0;
    }
    if (b == '\r')
        c->state = TRAILER_LF;
    return b == '\r' || (class_of(b) & CLASS_VALUE) != 0;
}

/* One byte of framing: anything but data. False: malformed. */
static bool on_framing(struct pyr_h1_chunked *c, uint8_t b)
{
    switch (c->state) {
    case SIZE:
        return on_size(c, b);
    case EXT:
        if (b == '\r')
            c->state = SIZE_LF;
        return b == '\r' || ((class_of(b) & CLASS_VALUE) != 0 && ++c->ext_bytes <= EXT_BYTES_MAX);
    case SIZE_LF:
        c->state = c->left != 0 ? DATA : TRAILER;
        c->digits = 0;
        return b == '\n';
    case DATA_CR:
        c->state = DATA_LF;
        return b == '\r';
    case DATA_LF:
        c->state = SIZE;
        return b == '\n';
    case TRAILER:
    case TRAILER_LINE:
        return on_trailer(c, b);
    case TRAILER_LF:
        c->state = TRAILER;
        return b == '\n';
    default:
        PYR_ASSERT(c->state == END_LF);
        c->state = DONE;
        return b == '\n';
    }
}

enum pyr_h1_chunk_result pyr_h1_chunked(struct pyr_h1_chunked *c, struct pyr_span in, size_t *used,
                                        struct pyr_span *data)
{
    PYR_ASSERT(c->state != DONE);
    for (size_t i = 0; i < in.len; i++) {
        if (c->state == DATA) {
            const size_t n = c->left < in.len - i ? (size_t)c->left : in.len - i;
            *data = (struct pyr_span){in.ptr + i, n};
            c->left -= n;
            if (c->left == 0)
                c->state = DATA_CR;
            *used = i + n;
            return PYR_H1_CHUNK_DATA;
        }
        if (!on_framing(c, in.ptr[i])) {
            *used = i;
            return PYR_H1_CHUNK_BAD;
        }
        if (c->state == DONE) {
            *used = i + 1;
            return PYR_H1_CHUNK_END;
        }
    }
    *used = in.len;
    return PYR_H1_CHUNK_MORE;
}
