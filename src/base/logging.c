/* A line is built in one fixed buffer, so that "out of memory" can be logged too. What does not fit is cut, and the line
 * says so; it stays well-formed. Both formats quote the same way, as JSON does: bytes that are not UTF-8 become U+FFFD
 * and control characters (C1 included: some terminals obey them) are escaped. */
#include "base/logging.h"
#include "base/lock.h"
#include "base/time.h"
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES = 16 << 10,
    TAIL_BYTES = 32,  /* kept for what ends a line */
    ESCAPE_BYTES = 6, /* \u001b */
    VALUE_BYTES_MAX = 4 << 10,
};

struct line {
    enum pyr_log_format format;
    size_t len;
    bool cut;
    char text[LINE_BYTES];
};

static _Atomic int least_level = PYR_LOG_INFO, line_format = PYR_LOG_LOGFMT, log_fd = STDERR_FILENO;
static struct pyr_mutex lock = {.m = PTHREAD_MUTEX_INITIALIZER, .rank = PYR_RANK_LOGGING, .name = "logging"};

void pyr_logging_setup(enum pyr_log_level least, enum pyr_log_format format, int fd)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
    atomic_store(&log_fd, fd);
}

static void put(struct line *l, const char *bytes, size_t n)
{
    memcpy(l->text + l->len, bytes, n);
    l->len += n;
}

static void put_text(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

static bool room_for(const struct line *l, size_t n)
{
    return l->len + n <= LINE_BYTES - TAIL_BYTES;
}

/* One character of a quoted string; returns the bytes of `s` it stands for. */
static size_t put_escaped(struct line *l, struct pyr_str s)
{
    const size_t n = pyr_utf8_len(s);
    const uint8_t c = (uint8_t)s.ptr[0];
    char escape[ESCAPE_BYTES + 1];
    if (n == 0) {
        put_text(l, "\\ufffd");
        return 1;
    }
    if (c == '"' || c == '\\') {
        put(l, "\\", 1);
        put(l, s.ptr, 1);
    } else if (c == '\n' || c == '\t') {
        put_text(l, c == '\n' ? "\\n" : "\\t");
    } else if (c < 0x20 || c == 0x7F || (c == 0xC2 && (uint8_t)s.ptr[1] < 0xA0)) {
        (void)snprintf(escape, sizeof(escape), "\\u%04x", n == 1 ? c : (uint8_t)s.ptr[1]);
        put_text(l, escape);
    } else {
        put(l, s.ptr, n);
    }
    return n;
}

static void put_quoted(struct line *l, struct pyr_str s)
{
    const size_t whole = s.len;
    size_t at = 0;
    put(l, "\"", 1);
    while (at < whole && at < VALUE_BYTES_MAX && room_for(l, ESCAPE_BYTES))
        at += put_escaped(l, (struct pyr_str){s.ptr + at, whole - at});
    l->cut |= at < whole;
    put(l, "\"", 1);
}

static bool bare(struct pyr_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || s.ptr[i] == '"' || s.ptr[i] == '=' || s.ptr[i] == '\\')
            return false;
    return s.len != 0;
}

static void put_string(struct line *l, struct pyr_str s)
{
    if (l->format == PYR_LOG_LOGFMT && bare(s) && s.len <= VALUE_BYTES_MAX && room_for(l, s.len))
        put(l, s.ptr, s.len);
    else
        put_quoted(l, s);
}

static void put_value(struct line *l, const struct pyr_kv *kv)
{
    char number[40];
    switch (kv->kind) {
    case PYR_KV_STR:
        put_string(l, kv->str);
        return;
    case PYR_KV_INT:
        (void)snprintf(number, sizeof(number), "%lld", (long long)kv->integer);
        break;
    case PYR_KV_REAL: /* JSON has no NaN and no infinity */
        (void)snprintf(number, sizeof(number), isfinite(kv->real) ? "%.15g" : "\"%f\"", kv->real);
        break;
    }
    put_text(l, number);
}

static void put_kv(struct line *l, const struct pyr_kv *kv)
{
    if (!room_for(l, strlen(kv->key) + 48)) { /* the key, its punctuation, a number or an empty string */
        l->cut = true;
        return;
    }
    if (l->len > 1)
        put(l, l->format == PYR_LOG_JSON ? "," : " ", 1);
    if (l->format == PYR_LOG_JSON)
        put(l, "\"", 1);
    put_text(l, kv->key);
    put_text(l, l->format == PYR_LOG_JSON ? "\":" : "=");
    put_value(l, kv);
}

static void put_time(struct line *l)
{
    const int64_t now = pyr_wall_ns();
    const time_t seconds = (time_t)(now / PYR_NS_PER_S);
    struct tm tm;
    char date[32], text[48];
    (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    (void)snprintf(text, sizeof(text), "%s.%03dZ", date, (int)(now % PYR_NS_PER_S / PYR_NS_PER_MS));
    put_kv(l, &PYR_KV_S("time", text));
}

static void build(struct line *l, enum pyr_log_level level, const char *message, const struct pyr_kv *kvs)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    if (l->format == PYR_LOG_JSON)
        put(l, "{", 1);
    put_time(l);
    put_kv(l, &PYR_KV_S("level", levels[level]));
    put_kv(l, &PYR_KV_S("msg", message));
    for (; kvs->key != NULL; kvs++)
        put_kv(l, kvs);
    if (l->cut)
        put_text(l, l->format == PYR_LOG_JSON ? ",\"cut\":true" : " cut=true");
    put_text(l, l->format == PYR_LOG_JSON ? "}\n" : "\n");
}

void pyr_log_write(enum pyr_log_level level, const char *message, const struct pyr_kv *kvs)
{
    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    struct line l;
    l.format = (enum pyr_log_format)atomic_load(&line_format);
    l.len = 0;
    l.cut = false;
    build(&l, level, message, kvs);

    const int saved_errno = errno;
    const int fd = atomic_load(&log_fd);
    pyr_mutex_lock(&lock); /* keeps the parts together when a pipe takes a line in two */
    for (size_t at = 0; at < l.len;) {
        const ssize_t n = write(fd, l.text + at, l.len - at);
        if (n < 0 && errno != EINTR)
            break; /* nowhere to complain */
        at += n > 0 ? (size_t)n : 0;
    }
    pyr_mutex_unlock(&lock);
    errno = saved_errno;
}
