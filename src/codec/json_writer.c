#include "codec/json_writer.h"
#include "codec/base64.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void before_value(struct pyr_json_writer *w)
{
    if (w->follows)
        pyr_buf_byte(w->out, ',');
    w->follows = true;
}

static void open_bracket(struct pyr_json_writer *w, char bracket)
{
    before_value(w);
    pyr_buf_byte(w->out, (uint8_t)bracket);
    w->follows = false;
}

static void close_bracket(struct pyr_json_writer *w, char bracket)
{
    pyr_buf_byte(w->out, (uint8_t)bracket);
    w->follows = true;
}

void pyr_json_begin_object(struct pyr_json_writer *w)
{
    open_bracket(w, '{');
}
void pyr_json_end_object(struct pyr_json_writer *w)
{
    close_bracket(w, '}');
}
void pyr_json_begin_array(struct pyr_json_writer *w)
{
    open_bracket(w, '[');
}
void pyr_json_end_array(struct pyr_json_writer *w)
{
    close_bracket(w, ']');
}

static void write_escape(struct pyr_buf *out, uint8_t c)
{
    static const char shorts[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = strchr(shorts, c);
    if (c != 0 && at != NULL) {
        const char escape[2] = {'\\', letters[at - shorts]};
        pyr_buf_append(out, escape, sizeof(escape));
    } else {
        pyr_buf_printf(out, "\\u%04x", c);
    }
}

/* `s` is UTF-8. Stretches that need no escape are copied whole. */
static void write_escaped(struct pyr_buf *out, struct pyr_str s)
{
    size_t copied = 0;
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t c = (uint8_t)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        pyr_buf_append(out, s.ptr + copied, i - copied);
        write_escape(out, c);
        copied = i + 1;
    }
    pyr_buf_append(out, s.ptr + copied, s.len - copied);
}

static void write_quoted(struct pyr_buf *out, struct pyr_str s)
{
    pyr_buf_byte(out, '"');
    size_t bad_at;
    while (s.len != 0 && !pyr_utf8_valid(s, &bad_at)) {
        write_escaped(out, (struct pyr_str){s.ptr, bad_at});
        pyr_buf_str(out, PYR_STR("\xef\xbf\xbd"));
        s = (struct pyr_str){s.ptr + bad_at + 1, s.len - bad_at - 1};
    }
    if (s.len != 0)
        write_escaped(out, s);
    pyr_buf_byte(out, '"');
}

void pyr_json_key(struct pyr_json_writer *w, struct pyr_str key)
{
    before_value(w);
    write_quoted(w->out, key);
    pyr_buf_byte(w->out, ':');
    w->follows = false;
}

void pyr_json_str(struct pyr_json_writer *w, struct pyr_str v)
{
    before_value(w);
    write_quoted(w->out, v);
}

void pyr_json_base64(struct pyr_json_writer *w, struct pyr_span v)
{
    before_value(w);
    const size_t len = pyr_base64_encoded_size(v.len);
    pyr_buf_byte(w->out, '"');
    uint8_t *at = pyr_buf_reserve(w->out, len);
    if (at != NULL) {
        pyr_base64_encode(v, (char *)at);
        w->out->len += len;
    }
    pyr_buf_byte(w->out, '"');
}

static void write_decimal(struct pyr_buf *out, uint64_t v, bool negative)
{
    char text[21], *at = text + sizeof(text);
    do {
        *--at = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    if (negative)
        *--at = '-';
    pyr_buf_append(out, at, (size_t)(text + sizeof(text) - at));
}

static void write_int(struct pyr_buf *out, int64_t v)
{
    write_decimal(out, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

void pyr_json_int(struct pyr_json_writer *w, int64_t v)
{
    before_value(w);
    write_int(w->out, v);
}

void pyr_json_uint(struct pyr_json_writer *w, uint64_t v)
{
    before_value(w);
    write_decimal(w->out, v, false);
}

void pyr_json_int_str(struct pyr_json_writer *w, int64_t v)
{
    before_value(w);
    pyr_buf_byte(w->out, '"');
    write_int(w->out, v);
    pyr_buf_byte(w->out, '"');
}

void pyr_json_uint_str(struct pyr_json_writer *w, uint64_t v)
{
    before_value(w);
    pyr_buf_byte(w->out, '"');
    write_decimal(w->out, v, false);
    pyr_buf_byte(w->out, '"');
}

static void write_not_finite(struct pyr_buf *out, double v)
{
    pyr_buf_str(out, isnan(v) ? PYR_STR("\"NaN\"") : v > 0 ? PYR_STR("\"Infinity\"") : PYR_STR("\"-Infinity\""));
}

void pyr_json_real(struct pyr_json_writer *w, double v)
{
    before_value(w);
    if (!isfinite(v)) {
        write_not_finite(w->out, v);
        return;
    }
    /* Sums of samples are whole numbers: no need to search for their digits. */
    if (v == trunc(v) && fabs(v) < 0x1p53) {
        /* Readers that tell integers apart would make 0 of "-0". */
        if (v == 0 && signbit(v))
            pyr_buf_str(w->out, PYR_STR("-0.0"));
        else
            write_int(w->out, (int64_t)v);
        return;
    }
    /* Fifteen digits always survive the way to a double and back, unless it is subnormal. */
    char text[40];
    for (int digits = fabs(v) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    pyr_buf_str(w->out, pyr_str_of(text));
}

void pyr_json_real32(struct pyr_json_writer *w, float v)
{
    before_value(w);
    if (!isfinite(v)) {
        write_not_finite(w->out, (double)v);
        return;
    }
    if (v == 0) {
        pyr_buf_str(w->out, signbit(v) ? PYR_STR("-0.0") : PYR_STR("0"));
        return;
    }
    char text[40];
    for (int digits = fabsf(v) < FLT_MIN ? 1 : FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, (double)v);
        if (strtof(text, NULL) == v)
            break;
    }
    pyr_buf_str(w->out, pyr_str_of(text));
}

void pyr_json_bool(struct pyr_json_writer *w, bool v)
{
    before_value(w);
    pyr_buf_str(w->out, v ? PYR_STR("true") : PYR_STR("false"));
}

void pyr_json_null(struct pyr_json_writer *w)
{
    before_value(w);
    pyr_buf_str(w->out, PYR_STR("null"));
}
