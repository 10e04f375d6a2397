/* The store against a plain list of rows: random appends, freezes and restarts, then every kind of question, answered by
 * the store's indexes and by walking the list. */
#include "base/completion.h"
#include "support/store_model.h"
#include <unistd.h>

static const struct call_options options = {
    .tenants = 3, .services = 3, .pods = 4, .identities = true, .from_ns = -500, .until_ns = 500};

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/pyr-model-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[80];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static struct pyr_store *open_store(void)
{
    struct pyr_store_settings s;
    struct pyr_store *store;
    struct pyr_diag diag = {0};
    pyr_store_settings_default(&s);
    s.dir = dir;
    s.free_bytes_min = 0;
    s.sync = PYR_LOG_SYNC_NONE; /* what is synced when is the fault tests' matter */
    s.segment_bytes = 256 << 10;
    s.first_segment_bytes = 16 << 10;
    if (pyr_store_open(&s, &store, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    return store;
}

static void append(struct chance *c, struct pyr_store *store, struct model *m)
{
    struct call call;
    struct pyr_waiter w;
    struct pyr_diag diag = {0};
    draw_call(c, &options, &call);
    pyr_waiter_init(&w);
    if (pyr_store_append(store, call.writes, call.write_count, &w.completion, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
    assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
    model_take(m, &call, false);
    call_free(&call);
}

/* ---- a question ---- */

enum { MATCHERS_MAX = 3 };
struct question {
    struct pyr_str tenants[3];
    uint32_t tenant_count, matcher_count;
    struct pyr_matcher matchers[MATCHERS_MAX];
    char parts[MATCHERS_MAX][8]; /* what a predicate looks for */
    struct pyr_time_range range;
};

static bool contains(void *ctx, struct pyr_str value)
{
    const size_t n = strlen(ctx);
    return memmem(value.ptr != NULL ? value.ptr : "", value.len, ctx, n) != NULL;
}

static bool is_empty_or_has(void *ctx, struct pyr_str value)
{
    return value.len == 0 || contains(ctx, value);
}

static struct pyr_str any_name(struct chance *c)
{
    static const char *const names[] = {"pod",      "region",          "service_name",     "z",
                                        "__name__", "__type__",        "__profile_type__", "__unit__",
                                        "absent",   "__period_type__", "__service_name__"};
    return pyr_str_of(names[below(c, PYR_COUNT_OF(names))]);
}

static struct pyr_matcher any_matcher(struct chance *c, char part[8])
{
    static const char *const values[] = {
        "", "eu", "pod-1", "svc-0", "cpu", "count", "memory", "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "nobody"};
    static const char *const parts[] = {"", "u", "p", "-1", "cpu", "o", "zzz"};
    struct pyr_matcher m = {.name = any_name(c), .negated = one_in(c, 3)};
    if (one_in(c, 2)) {
        m.equal = pyr_str_of(values[below(c, PYR_COUNT_OF(values))]);
    } else {
        strcpy(part, parts[below(c, PYR_COUNT_OF(parts))]);
        m.predicate = one_in(c, 3) ? is_empty_or_has : contains;
        m.ctx = part;
    }
    return m;
}

static void draw_question(struct chance *c, struct question *q)
{
    static const char *const tenants[] = {"t0", "t1", "t2", "t9"};
    *q = (struct question){.tenant_count = 1 + below(c, 3), .matcher_count = below(c, MATCHERS_MAX + 1)};
    for (uint32_t i = 0; i < q->tenant_count; i++)
        q->tenants[i] = pyr_str_of(tenants[below(c, 4)]);
    for (uint32_t i = 0; i < q->matcher_count; i++)
        q->matchers[i] = any_matcher(c, q->parts[i]);
    const int64_t a = (int64_t)below(c, 1100) - 550, b = (int64_t)below(c, 1100) - 550;
    q->range = one_in(c, 3) ? (struct pyr_time_range){INT64_MIN, INT64_MAX}
                            : (struct pyr_time_range){a < b ? a : b, a < b ? b : a};
}

/* ---- the list's answer ---- */

enum { FULL_LABELS_MAX = LABELS_MAX + 6 };
struct full_labels {
    char label[FULL_LABELS_MAX][2][224];
    uint32_t count;
};

static void put_label(struct full_labels *f, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    snprintf(f->label[f->count][0], sizeof(f->label[0][0]), "%s", name);
    snprintf(f->label[f->count++][1], sizeof(f->label[0][1]), "%s", value);
}

static const char *get_label(const struct full_labels *f, struct pyr_str name)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (pyr_str_eq(pyr_str_of(f->label[i][0]), name))
            return f->label[i][1];
    return "";
}

static int by_first(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* As the wire's facts have it: what a stream of this row is labelled with. */
static void full_labels_of(const struct model_row *r, uint32_t type, struct full_labels *f)
{
    char id[224];
    *f = (struct full_labels){0};
    for (uint32_t i = 0; i < r->label_count; i++)
        put_label(f, r->labels[i][0], r->labels[i][1]);
    snprintf(id, sizeof(id), "%s:%s:%s:%s:%s", get_label(f, PYR_STR("__name__")), r->types[type][0], r->types[type][1],
             r->period[0], r->period[1]);
    put_label(f, "__service_name__", get_label(f, PYR_STR("service_name")));
    put_label(f, "__type__", r->types[type][0]);
    put_label(f, "__unit__", r->types[type][1]);
    put_label(f, "__period_type__", r->period[0]);
    put_label(f, "__period_unit__", r->period[1]);
    put_label(f, "__profile_type__", id);
    qsort(f->label, f->count, sizeof(f->label[0]), by_first);
}

static bool matches(const struct question *q, const struct model_row *r, const struct full_labels *f)
{
    bool tenant = false;
    for (uint32_t i = 0; i < q->tenant_count; i++)
        tenant |= pyr_str_eq(q->tenants[i], pyr_str_of(r->tenant));
    if (!tenant || r->time_ns < q->range.from_ns || r->time_ns > q->range.until_ns)
        return false;
    for (uint32_t i = 0; i < q->matcher_count; i++) {
        const struct pyr_matcher *m = &q->matchers[i];
        const struct pyr_str value = pyr_str_of(get_label(f, m->name));
        const bool yes = m->predicate != NULL ? m->predicate(m->ctx, value) : pyr_str_eq(value, m->equal);
        if (yes == m->negated)
            return false;
    }
    return true;
}

struct texts {
    char **text;
    size_t count, room;
};
static void texts_add(struct texts *t, char *text)
{
    if (t->count == t->room) {
        t->room = t->room != 0 ? 2 * t->room : 64;
        t->text = realloc(t->text, t->room * sizeof(*t->text));
        assert_non_null(t->text);
    }
    t->text[t->count++] = text;
}
static int by_string(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static void texts_unique(struct texts *t)
{
    size_t kept = 0;
    if (t->count != 0)
        qsort(t->text, t->count, sizeof(*t->text), by_string);
    for (size_t i = 0; i < t->count; i++) {
        if (kept != 0 && strcmp(t->text[kept - 1], t->text[i]) == 0)
            free(t->text[i]);
        else
            t->text[kept++] = t->text[i];
    }
    t->count = kept;
}
static void texts_free(struct texts *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->text[i]);
    free(t->text);
}
static void texts_equal(const char *what, const struct texts *expected, const struct texts *got)
{
    for (size_t i = 0; i < expected->count || i < got->count; i++) {
        const char *e = i < expected->count ? expected->text[i] : "(end)", *g = i < got->count ? got->text[i] : "(end)";
        if (strcmp(e, g) != 0)
            fail_msg("%s %zu: expected %s, got %s", what, i, e, g);
    }
}
static char *copy_str(struct pyr_str s)
{
    return strndup(s.ptr != NULL ? s.ptr : "", s.len);
}

static void list_answers(const struct model *m, const struct question *q, struct pyr_str name, struct texts *streams,
                         struct texts *names, struct texts *values)
{
    for (uint32_t i = 0; i < m->count; i++) {
        for (uint32_t k = 0; k < m->rows[i].type_count; k++) {
            struct full_labels f;
            struct pyr_buf b;
            full_labels_of(&m->rows[i], k, &f);
            if (!matches(q, &m->rows[i], &f))
                continue;
            pyr_buf_init(&b, 1 << 20);
            pyr_buf_printf(&b, "%s ", m->rows[i].tenant);
            for (uint32_t l = 0; l < f.count; l++) {
                pyr_buf_printf(&b, "%s=%s,", f.label[l][0], f.label[l][1]);
                texts_add(names, strdup(f.label[l][0]));
            }
            texts_add(streams, text_of(&b));
            if (get_label(&f, name)[0] != '\0')
                texts_add(values, strdup(get_label(&f, name)));
        }
    }
    texts_unique(streams);
    texts_unique(names);
    texts_unique(values);
}

/* ---- the store's answer ---- */

static void add_streams(const struct pyr_stream *streams, uint32_t count, struct pyr_arena *a, struct texts *out)
{
    for (uint32_t i = 0; i < count; i++) {
        struct pyr_buf b;
        uint32_t labels;
        pyr_buf_init(&b, 1 << 20);
        pyr_buf_printf(&b, "%.*s ", PYR_STR_ARG(pyr_stream_tenant(&streams[i])));
        struct pyr_label *label = pyr_stream_labels(&streams[i], a, &labels);
        assert_non_null(label);
        for (uint32_t l = 0; l < labels; l++) {
            assert_true(pyr_str_eq(pyr_stream_label(&streams[i], label[l].name), label[l].value));
            if (label[l].value.len != 0)
                pyr_buf_printf(&b, "%.*s=%.*s,", PYR_STR_ARG(label[l].name), PYR_STR_ARG(label[l].value));
        }
        texts_add(out, text_of(&b));
    }
    texts_unique(out);
}

static void add_strs(const struct pyr_str *strs, uint32_t count, struct texts *out)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_true(i == 0 || pyr_str_cmp(strs[i - 1], strs[i]) < 0);
        texts_add(out, copy_str(strs[i]));
    }
}

static void store_answers(struct pyr_store *store, const struct question *q, struct pyr_str name, struct texts *streams,
                          struct texts *names, struct texts *values)
{
    struct pyr_arena a;
    struct pyr_diag diag = {0};
    struct pyr_stream *found;
    struct pyr_str *strs;
    uint32_t count;
    pyr_arena_init(&a, SIZE_MAX, NULL);
    struct pyr_snapshot *snap = pyr_store_pin(store);
    assert_int_equal(pyr_snapshot_select(snap, q->tenants, q->tenant_count, q->matchers, q->matcher_count, q->range, &a,
                                         &found, &count, &diag),
                     PYR_OK);
    add_streams(found, count, &a, streams);
    assert_int_equal(pyr_snapshot_label_names(snap, q->tenants, q->tenant_count, q->matchers, q->matcher_count,
                                              q->range, &a, &strs, &count, &diag),
                     PYR_OK);
    add_strs(strs, count, names);
    assert_int_equal(pyr_snapshot_label_values(snap, q->tenants, q->tenant_count, name, q->matchers, q->matcher_count,
                                               q->range, &a, &strs, &count, &diag),
                     PYR_OK);
    add_strs(strs, count, values);
    pyr_snapshot_unpin(snap);
    pyr_arena_free(&a);
}

static void ask(struct chance *c, struct pyr_store *store, const struct model *m)
{
    struct question q;
    struct texts expected[3] = {0}, got[3] = {0};
    static const char *const what[] = {"stream", "name", "value"};
    draw_question(c, &q);
    const struct pyr_str name = any_name(c);
    list_answers(m, &q, name, &expected[0], &expected[1], &expected[2]);
    store_answers(store, &q, name, &got[0], &got[1], &got[2]);
    for (int i = 0; i < 3; i++) {
        texts_equal(what[i], &expected[i], &got[i]);
        texts_free(&expected[i]);
        texts_free(&got[i]);
    }
}

static void compare_range(struct chance *c, struct pyr_store *store, const struct model *m)
{
    const int64_t a = (int64_t)below(c, 1100) - 550, b = (int64_t)below(c, 1100) - 550;
    const struct pyr_time_range range = {a < b ? a : b, a < b ? b : a};
    struct model expected = {0}, got = {0};
    for (uint32_t i = 0; i < m->count; i++)
        if (m->rows[i].time_ns >= range.from_ns && m->rows[i].time_ns <= range.until_ns)
            model_add(&expected, &m->rows[i]);
    struct pyr_snapshot *snap = pyr_store_pin(store);
    read_rows(snap, options.tenants, range, &got);
    compare_rows(&expected, &got);
    pyr_snapshot_unpin(snap);
    model_free(&got);
    free(expected.rows);
}

static void answers_like_a_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct chance c = {seed};
        struct model m = {0};
        make_dir(state);
        struct pyr_store *store = open_store();
        for (int step = 0; step < 150; step++) {
            struct pyr_diag diag = {0};
            const uint32_t what = below(&c, 100);
            if (what < 70)
                append(&c, store, &m);
            else if (what < 73)
                assert_int_equal(pyr_store_freeze(store, &diag), PYR_OK);
            else if (what < 76) {
                pyr_store_close(store);
                store = open_store();
            } else if (what < 95)
                ask(&c, store, &m);
            else
                compare_range(&c, store, &m);
        }
        compare_store(store, options.tenants, &m);
        struct pyr_store_stats stats;
        pyr_store_stats(store, &stats);
        assert_int_equal(stats.rows, m.count);
        assert_int_equal(stats.lost_frames, 0);
        pyr_store_close(store);
        model_free(&m);
        assert_int_equal(remove_dir(state), 0);
    }
}

/* A snapshot taken before an append does not see it. */
static void snapshots_stand_still(void **state)
{
    (void)state;
    struct chance c = {99};
    struct model m = {0};
    make_dir(state);
    struct pyr_store *store = open_store();
    for (int i = 0; i < 10; i++)
        append(&c, store, &m);
    struct pyr_snapshot *snap = pyr_store_pin(store);
    const uint32_t before = m.count;
    for (int i = 0; i < 10; i++)
        append(&c, store, &m);
    struct pyr_diag diag = {0};
    assert_int_equal(pyr_store_freeze(store, &diag), PYR_OK);
    for (int i = 0; i < 10; i++)
        append(&c, store, &m);
    struct model got = {0}, expected = {.rows = m.rows, .count = before};
    read_rows(snap, options.tenants, (struct pyr_time_range){INT64_MIN, INT64_MAX}, &got);
    compare_rows(&expected, &got);
    model_free(&got);
    pyr_snapshot_unpin(snap);
    compare_store(store, options.tenants, &m);
    pyr_store_close(store);
    model_free(&m);
    assert_int_equal(remove_dir(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_like_a_list),
        cmocka_unit_test(snapshots_stand_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
