#include "base/metrics.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/lock.h"
#include "base/mem.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum { BOUNDS_MAX = 24, LABELS_BYTES_MAX = 4096 };

struct pyr_metric {
    struct pyr_metric *next; /* in the family, oldest first */
    struct family *family;
    struct pyr_str labels; /* as written between the braces; owned */
    _Atomic int64_t value;
    /* Histograms: the last bucket is +Inf; the sum is a double's bits. */
    _Atomic uint64_t sum_bits;
    _Atomic uint64_t buckets[];
};

struct callback {
    struct callback *next;
    double (*value)(void *ctx);
    void *ctx;
};

/* All series of one name. Never freed. */
struct family {
    struct family *next; /* ascending by name */
    const char *name, *help;
    enum kind kind;
    const double *bounds;
    size_t n_bounds;
    struct pyr_metric *series, **last, *overflow; /* `last` is where the next series' address goes */
    struct callback *callbacks;                   /* guarded by callbacks_lock, as is: */
    double called;                                /* their sum, when last asked */
};

static struct pyr_mutex lock = {.m = PTHREAD_MUTEX_INITIALIZER, .rank = PYR_RANK_METRICS, .name = "metrics"};
static struct pyr_mutex callbacks_lock = {
    .m = PTHREAD_MUTEX_INITIALIZER, .rank = PYR_RANK_CALLBACKS, .name = "metric callbacks"};
static struct family *families;
static struct pyr_index by_key = {.max = PYR_METRICS_SERIES_MAX};
static struct pyr_metric *by_id[PYR_METRICS_SERIES_MAX];

/* What callers get when there is no memory for a series: counted nowhere, but safe to count on. */
static struct family lost_family = {.name = "", .kind = COUNTER};
static struct pyr_metric lost = {.family = &lost_family};

static void put_char(struct pyr_buf *out, struct pyr_str s)
{
    switch (s.ptr[0]) {
    case '\\':
        pyr_buf_str(out, PYR_STR("\\\\"));
        break;
    case '"':
        pyr_buf_str(out, PYR_STR("\\\""));
        break;
    case '\n':
        pyr_buf_str(out, PYR_STR("\\n"));
        break;
    default:
        pyr_buf_str(out, s);
    }
}

/* The format wants UTF-8. */
static void put_escaped(struct pyr_buf *out, struct pyr_str s)
{
    while (s.len != 0) {
        const size_t n = pyr_utf8_len(s), step = n != 0 ? n : 1;
        if (n != 0)
            put_char(out, (struct pyr_str){s.ptr, n});
        else
            pyr_buf_str(out, PYR_STR("\xEF\xBF\xBD"));
        s = (struct pyr_str){s.ptr + step, s.len - step};
    }
}

static void put_labels(struct pyr_buf *out, const struct pyr_metric_label *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pyr_buf_printf(out, "%s%s=\"", i != 0 ? "," : "", labels[i].name);
        put_escaped(out, labels[i].value);
        pyr_buf_byte(out, '"');
    }
}

static struct family *find_family(const char *name, const char *help, enum kind kind)
{
    struct family **at = &families;
    while (*at != NULL && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    if (*at != NULL && strcmp((*at)->name, name) == 0) {
        PYR_ASSERT((*at)->kind == kind);
        return *at;
    }
    struct family *f = pyr_calloc(1, sizeof(*f));
    if (f == NULL)
        return NULL;
    *f = (struct family){.next = *at, .name = name, .help = help, .kind = kind, .last = &f->series};
    *at = f;
    return f;
}

static uint64_t key_hash(const struct family *f, struct pyr_str labels)
{
    return pyr_hash_mix(pyr_hash_str(labels), (uintptr_t)f);
}

static struct pyr_metric *find_series(const struct family *f, struct pyr_str labels)
{
    struct pyr_index_cursor c;
    const uint64_t hash = key_hash(f, labels);
    for (uint32_t id = pyr_index_first(&by_key, hash, &c); id != PYR_INDEX_NONE; id = pyr_index_next(&by_key, &c))
        if (by_id[id]->family == f && pyr_str_eq(by_id[id]->labels, labels))
            return by_id[id];
    return NULL;
}

static struct pyr_metric *series_new(struct family *f, struct pyr_str labels)
{
    const size_t buckets = f->kind == HISTOGRAM ? f->n_bounds + 1 : 0;
    const size_t bytes = sizeof(struct pyr_metric) + buckets * sizeof(uint64_t);
    struct pyr_metric *m = pyr_calloc(1, bytes + labels.len);
    if (m == NULL)
        return NULL;
    char *text = (char *)m + bytes;
    if (labels.ptr != NULL)
        memcpy(text, labels.ptr, labels.len);
    m->family = f;
    m->labels = (struct pyr_str){text, labels.len};
    return m;
}

static void link_series(struct family *f, struct pyr_metric *m)
{
    *f->last = m;
    f->last = &m->next;
}

static struct pyr_metric *overflow_of(struct family *f)
{
    if (f->overflow == NULL) {
        f->overflow = series_new(f, PYR_STR("overflow=\"true\""));
        if (f->overflow != NULL)
            link_series(f, f->overflow);
    }
    return f->overflow;
}

static struct pyr_metric *find_or_add(struct family *f, struct pyr_str labels)
{
    struct pyr_metric *m = find_series(f, labels);
    if (m != NULL)
        return m;
    const uint32_t id = by_key.count;
    if (id == PYR_METRICS_SERIES_MAX)
        return overflow_of(f);
    m = series_new(f, labels);
    if (m == NULL)
        return NULL;
    if (pyr_index_insert(&by_key, key_hash(f, labels), id) != PYR_OK) {
        pyr_free(m);
        return NULL;
    }
    by_id[id] = m;
    link_series(f, m);
    return m;
}

static struct pyr_metric *series(const char *name, const char *help, enum kind kind, const double *bounds,
                                 size_t n_bounds, const struct pyr_metric_label *labels, size_t n)
{
    struct pyr_buf text;
    pyr_buf_init(&text, LABELS_BYTES_MAX);
    put_labels(&text, labels, n);

    pyr_mutex_lock(&lock);
    struct family *f = find_family(name, help, kind);
    struct pyr_metric *m = NULL;
    if (f != NULL) {
        if (f->series == NULL) {
            f->bounds = bounds;
            f->n_bounds = n_bounds;
        }
        PYR_ASSERT(f->n_bounds == n_bounds);
        m = text.err == PYR_OK ? find_or_add(f, pyr_span_str(pyr_buf_span(&text))) : overflow_of(f);
    }
    pyr_mutex_unlock(&lock);
    pyr_buf_free(&text);
    return m != NULL ? m : &lost;
}

struct pyr_metric *pyr_counter(const char *name, const char *help, const struct pyr_metric_label *labels, size_t n)
{
    return series(name, help, COUNTER, NULL, 0, labels, n);
}

struct pyr_metric *pyr_gauge(const char *name, const char *help, const struct pyr_metric_label *labels, size_t n)
{
    return series(name, help, GAUGE, NULL, 0, labels, n);
}

struct pyr_metric *pyr_histogram(const char *name, const char *help, const double *bounds, size_t n_bounds,
                                 const struct pyr_metric_label *labels, size_t n)
{
    PYR_ASSERT(n_bounds <= BOUNDS_MAX);
    return series(name, help, HISTOGRAM, bounds, n_bounds, labels, n);
}

static void add_callback(const char *name, const char *help, enum kind kind, double (*value)(void *ctx), void *ctx)
{
    struct callback *c = pyr_malloc(sizeof(*c));
    if (c == NULL)
        return; /* the metric is missing; nothing else is */
    pyr_mutex_lock(&callbacks_lock);
    pyr_mutex_lock(&lock);
    struct family *f = find_family(name, help, kind);
    pyr_mutex_unlock(&lock);
    if (f != NULL) {
        *c = (struct callback){.next = f->callbacks, .value = value, .ctx = ctx};
        f->callbacks = c;
    } else {
        pyr_free(c);
    }
    pyr_mutex_unlock(&callbacks_lock);
}

void pyr_gauge_callback(const char *name, const char *help, double (*value)(void *ctx), void *ctx)
{
    add_callback(name, help, GAUGE, value, ctx);
}

void pyr_counter_callback(const char *name, const char *help, double (*value)(void *ctx), void *ctx)
{
    add_callback(name, help, COUNTER, value, ctx);
}

/* Families are only ever added, at any place; a family once reached stays. */
static struct family *first_family(void)
{
    pyr_mutex_lock(&lock);
    struct family *f = families;
    pyr_mutex_unlock(&lock);
    return f;
}

static struct family *next_family(const struct family *f)
{
    pyr_mutex_lock(&lock);
    struct family *next = f->next;
    pyr_mutex_unlock(&lock);
    return next;
}

static void remove_callbacks(struct family *f, const void *ctx)
{
    for (struct callback **at = &f->callbacks; *at != NULL;) {
        struct callback *c = *at;
        if (c->ctx == ctx) {
            *at = c->next;
            pyr_free(c);
        } else {
            at = &c->next;
        }
    }
}

void pyr_metric_callback_remove(void *ctx)
{
    pyr_mutex_lock(&callbacks_lock);
    for (struct family *f = first_family(); f != NULL; f = next_family(f))
        remove_callbacks(f, ctx);
    pyr_mutex_unlock(&callbacks_lock);
}

void pyr_metric_add(struct pyr_metric *m, int64_t v)
{
    PYR_DASSERT(m->family->kind != HISTOGRAM);
    atomic_fetch_add_explicit(&m->value, v, memory_order_relaxed);
}

void pyr_metric_set(struct pyr_metric *m, int64_t v)
{
    atomic_store_explicit(&m->value, v, memory_order_relaxed);
}

int64_t pyr_metric_value(const struct pyr_metric *m)
{
    return atomic_load_explicit(&m->value, memory_order_relaxed);
}

static double bits_to_double(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d;
}

static uint64_t double_to_bits(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof(bits));
    return bits;
}

void pyr_metric_observe(struct pyr_metric *m, double v)
{
    const struct family *f = m->family;
    if (f->kind != HISTOGRAM)
        return; /* the lost series */
    size_t bucket = 0;
    while (bucket < f->n_bounds && !(v <= f->bounds[bucket]))
        bucket++;
    atomic_fetch_add_explicit(&m->buckets[bucket], 1, memory_order_relaxed);
    uint64_t before = atomic_load_explicit(&m->sum_bits, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&m->sum_bits, &before, double_to_bits(bits_to_double(before) + v),
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

static void put_real(struct pyr_buf *out, double v)
{
    if (isnan(v))
        pyr_buf_str(out, PYR_STR("NaN"));
    else if (isinf(v))
        pyr_buf_str(out, v > 0 ? PYR_STR("+Inf") : PYR_STR("-Inf"));
    else
        pyr_buf_printf(out, "%.15g", v);
}

static void put_name(struct pyr_buf *out, const struct pyr_metric *m, const char *suffix)
{
    pyr_buf_printf(out, "%s%s", m->family->name, suffix);
    if (m->labels.len != 0)
        pyr_buf_printf(out, "{%.*s}", PYR_STR_ARG(m->labels));
    pyr_buf_byte(out, ' ');
}

static void put_bucket(struct pyr_buf *out, const struct pyr_metric *m, double bound, uint64_t cumulated)
{
    pyr_buf_printf(out, "%s_bucket{%.*s%sle=\"", m->family->name, PYR_STR_ARG(m->labels),
                   m->labels.len != 0 ? "," : "");
    put_real(out, bound);
    pyr_buf_printf(out, "\"} %llu\n", (unsigned long long)cumulated);
}

static void put_histogram(struct pyr_buf *out, const struct pyr_metric *m)
{
    const struct family *f = m->family;
    uint64_t count = 0;
    for (size_t i = 0; i <= f->n_bounds; i++) {
        count += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        put_bucket(out, m, i < f->n_bounds ? f->bounds[i] : INFINITY, count);
    }
    put_name(out, m, "_sum");
    put_real(out, bits_to_double(atomic_load_explicit(&m->sum_bits, memory_order_relaxed)));
    pyr_buf_byte(out, '\n');
    put_name(out, m, "_count");
    pyr_buf_printf(out, "%llu\n", (unsigned long long)count);
}

static void put_help(struct pyr_buf *out, const struct family *f)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    pyr_buf_printf(out, "# HELP %s ", f->name);
    for (const char *c = f->help; *c != '\0'; c++) /* quotes are not escaped here */
        pyr_buf_str(out, *c == '\n' ? PYR_STR("\\n") : *c == '\\' ? PYR_STR("\\\\") : (struct pyr_str){c, 1});
    pyr_buf_printf(out, "\n# TYPE %s %s\n", f->name, kinds[f->kind]);
}

static void put_family(struct pyr_buf *out, const struct family *f)
{
    if (f->series == NULL && f->callbacks == NULL)
        return;
    put_help(out, f);
    if (f->callbacks != NULL) {
        pyr_buf_printf(out, "%s ", f->name);
        put_real(out, f->called);
        pyr_buf_byte(out, '\n');
    }
    for (const struct pyr_metric *m = f->series; m != NULL; m = m->next) {
        if (f->kind == HISTOGRAM) {
            put_histogram(out, m);
        } else {
            put_name(out, m, "");
            pyr_buf_printf(out, "%lld\n", (long long)pyr_metric_value(m));
        }
    }
}

/* Callbacks may take locks of any rank, so they are asked before the registry is locked. */
static void ask_callbacks(struct family *f)
{
    f->called = 0;
    for (const struct callback *c = f->callbacks; c != NULL; c = c->next)
        f->called += c->value(c->ctx);
}

static uint64_t asking_round; /* guarded by callbacks_lock */

uint64_t pyr_metrics_round(void)
{
    return asking_round;
}

void pyr_metrics_write(struct pyr_buf *out)
{
    pyr_mutex_lock(&callbacks_lock);
    asking_round++;
    for (struct family *f = first_family(); f != NULL; f = next_family(f))
        ask_callbacks(f);
    pyr_mutex_lock(&lock);
    for (const struct family *f = families; f != NULL; f = f->next)
        put_family(out, f);
    pyr_mutex_unlock(&lock);
    pyr_mutex_unlock(&callbacks_lock);
}
