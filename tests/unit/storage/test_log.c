/* The log on a healthy disk: order, group commit, segments and generations, reuse, limits, and what replay makes of bytes
 * that were changed behind its back. */
#include "base/vfs_fake.h"
#include "storage/log_format.h"
#include "support/log_model.h"
#include <endian.h>
#include <pthread.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct bench {
    struct pyr_vfs_fake *disk;
    struct pyr_vfs *v;
    struct pyr_log_settings settings;
    struct pyr_log *log;
    struct model model;
    uint64_t generation;
};

static void setup(struct bench *b, size_t segment_bytes)
{
    *b = (struct bench){.disk = pyr_vfs_fake_new(42)};
    b->v = pyr_vfs_fake_vfs(b->disk);
    assert_int_equal(b->v->ops->mkdir(b->v, "/log", NULL), PYR_OK);
    b->settings = (struct pyr_log_settings){.vfs = b->v,
                                            .dir = "/log",
                                            .segment_bytes = segment_bytes,
                                            .first_segment_bytes = segment_bytes / 4,
                                            .queue_bytes_max = 4 << 20,
                                            .retry_ns = PYR_NS_PER_MS};
    b->model.lossy_from = UINT32_MAX;
}

static void open_log(struct bench *b)
{
    struct pyr_diag diag = {0};
    if (model_open(&b->model, &b->settings, &b->log, &b->generation, &diag) != PYR_OK)
        fail_msg("%s", diag.message);
}

static void teardown(struct bench *b)
{
    model_free(&b->model);
    pyr_vfs_fake_free(b->disk);
}

static void append(struct bench *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_non_null(model_append(&b->model, b->log));
}

static void drain(struct bench *b)
{
    while (!model_settled(&b->model))
        usleep(20);
}

static void rotate(struct bench *b)
{
    struct pyr_waiter w;
    pyr_waiter_init(&w);
    pyr_log_rotate(b->log, ++b->generation, &w.completion);
    assert_int_equal(pyr_waiter_wait(&w), PYR_OK);
}

static struct pyr_log_stats stats_of(struct bench *b)
{
    struct pyr_log_stats stats;
    pyr_log_stats(b->log, &stats);
    return stats;
}

static void reopen(struct bench *b)
{
    pyr_log_close(b->log);
    open_log(b);
    model_check(&b->model, b->log);
}

/* ---- */

static void test_round_trip(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 64 << 10);
    open_log(&b);
    assert_int_equal(b.generation, 1);
    append(&b, 500);
    drain(&b);
    const struct pyr_log_stats stats = stats_of(&b);
    assert_int_equal(stats.frames, 500);
    assert_int_equal(stats.synced_sequence, stats.last_sequence);
    assert_int_equal(stats.queued_bytes, 0);
    assert_true(stats.segments > 3);
    for (unsigned i = 2; i < 5; i++) { /* each start is a generation, and finds the same */
        reopen(&b);
        assert_int_equal(b.generation, i);
        assert_int_equal(b.model.replayed, 500);
        assert_int_equal(stats_of(&b).torn_bytes, 0);
    }
    pyr_log_close(b.log);
    teardown(&b);
}

/* While one sync runs, all others gather behind it and share the next. */
static void test_group_commit(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 8 << 20);
    open_log(&b);
    pyr_vfs_fake_hold_syncs(b.disk, true);
    const uint64_t syncs = pyr_vfs_fake_calls(b.disk, PYR_VFS_SYNC);
    append(&b, 1);
    while (pyr_vfs_fake_calls(b.disk, PYR_VFS_SYNC) == syncs)
        usleep(20);
    append(&b, 100);
    usleep(2000);
    for (unsigned i = 0; i < 101; i++) /* nothing completes before its sync */
        assert_int_equal(atomic_load(&b.model.records[i]->state), MODEL_PENDING);
    pyr_vfs_fake_hold_syncs(b.disk, false);
    drain(&b);
    assert_int_equal(stats_of(&b).batches, 2);
    assert_int_equal(pyr_vfs_fake_calls(b.disk, PYR_VFS_SYNC), syncs + 2);
    pyr_log_close(b.log);
    teardown(&b);
}

struct order {
    struct pyr_completion done;
    uint32_t *next, mine;
};

static void in_order(struct pyr_completion *c, pyr_err err, const struct pyr_diag *diag)
{
    struct order *o = (struct order *)c;
    (void)diag;
    assert_int_equal(err, PYR_OK);
    assert_int_equal(*o->next, o->mine);
    ++*o->next;
}

static void test_completions_in_order(void **state)
{
    (void)state;
    enum { N = 3000 };
    static struct order orders[N];
    static struct pyr_log_record records[N];
    struct bench b;
    uint32_t next = 0;
    setup(&b, 1 << 20);
    open_log(&b);
    for (uint32_t i = 0; i < N; i++) {
        orders[i] = (struct order){{in_order}, &next, i};
        records[i] = (struct pyr_log_record){
            .frame = {.type = 1}, .payload = {(const uint8_t *)&orders[i].mine, 4}, .done = &orders[i].done};
        assert_int_equal(pyr_log_reserve(b.log, 4, PYR_NS_PER_S, NULL), PYR_OK);
        pyr_log_append(b.log, &records[i]);
    }
    pyr_log_close(b.log); /* completes what is queued */
    assert_int_equal(next, N);
    teardown(&b);
}

static void test_generations(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 64 << 10);
    open_log(&b);
    for (unsigned g = 0; g < 4; g++) {
        append(&b, 100);
        rotate(&b); /* everything before it is synced */
        assert_true(model_settled(&b.model));
    }
    for (uint32_t i = 0; i < 400; i++)
        assert_int_equal(b.model.records[i]->record.frame.generation, 1 + i / 100);
    assert_int_equal(pyr_log_release(b.log, 2, NULL), PYR_OK);
    uint8_t byte;
    assert_int_equal(pyr_log_read(b.log, b.model.records[1]->record.place, &byte, 1, NULL), PYR_E_NOTFOUND);
    assert_true(stats_of(&b).recycled_segments > 0);
    for (uint32_t i = 0; i < 200; i++)
        atomic_store(&b.model.records[i]->state, MODEL_FAILED);
    reopen(&b);
    assert_int_equal(b.model.replayed, 200);
    assert_int_equal(b.generation, 6);
    /* All of them: the number of the generation is not forgotten. */
    rotate(&b);
    assert_int_equal(pyr_log_release(b.log, 6, NULL), PYR_OK);
    for (uint32_t i = 200; i < 400; i++)
        atomic_store(&b.model.records[i]->state, MODEL_FAILED);
    reopen(&b);
    assert_int_equal(b.model.replayed, 0);
    assert_int_equal(b.generation, 8);
    pyr_log_close(b.log);
    teardown(&b);
}

/* Files are used again and again; what an earlier use left in them never comes back. */
static void test_reuse(void **state)
{
    (void)state;
    struct bench b;
    struct pyr_log_stats stats = {0};
    setup(&b, 32 << 10);
    open_log(&b);
    for (unsigned round = 0; round < 60; round++) {
        append(&b, 40 + round % 7);
        rotate(&b);
        if (round % 3 == 2) {
            assert_int_equal(pyr_log_release(b.log, b.generation - 1, NULL), PYR_OK);
            for (uint32_t i = 0; i < b.model.count; i++)
                atomic_store(&b.model.records[i]->state, MODEL_FAILED);
        }
        if (round % 10 == 9) {
            pyr_vfs_fake_stop(b.disk, round % 20 == 9 ? PYR_VFS_LOSE_SOME : PYR_VFS_KILL);
            pyr_log_close(b.log);
            pyr_vfs_fake_start(b.disk);
            open_log(&b);
            model_check(&b.model, b.log);
        }
        stats = stats_of(&b);
        assert_true(stats.disk_bytes < 40 * (32 << 10));
    }
    pyr_log_close(b.log);
    teardown(&b);
}

/* The frames of an earlier use lie exactly where the next ones would, with exactly the sequences they would have. */
static void test_salt(void **state)
{
    (void)state;
    struct bench b;
    struct pyr_file *f;
    setup(&b, 64 << 10);
    b.settings.first_segment_bytes = 1 << 20; /* so that no other spare is made */
    open_log(&b);
    append(&b, 6);
    drain(&b);
    pyr_vfs_fake_stop(b.disk, PYR_VFS_KILL);
    pyr_log_close(b.log);
    pyr_vfs_fake_start(b.disk);
    assert_int_equal(b.v->ops->rename(b.v, "/log/segment-0000000001.log", "/log/spare-0000000001.log", NULL), PYR_OK);
    assert_int_equal(b.v->ops->open(b.v, "/log/spare-0000000001.log", PYR_OPEN_WRITE, &f, NULL), PYR_OK);
    assert_int_equal(f->ops->truncate(f, b.settings.segment_bytes, NULL), PYR_OK);
    f->ops->close(f);
    model_free(&b.model);
    open_log(&b);
    assert_int_equal(stats_of(&b).disk_bytes, b.settings.segment_bytes); /* it took the file */
    append(&b, 2);
    drain(&b);
    pyr_vfs_fake_stop(b.disk, PYR_VFS_KILL);
    pyr_log_close(b.log);
    pyr_vfs_fake_start(b.disk);
    open_log(&b);
    model_check(&b.model, b.log);
    assert_int_equal(b.model.replayed, 2);
    pyr_log_close(b.log);
    teardown(&b);
}

static void test_reserve(void **state)
{
    (void)state;
    struct bench b;
    struct pyr_diag diag = {0};
    setup(&b, 1 << 20);
    b.settings.queue_bytes_max = 1000;
    open_log(&b);
    assert_int_equal(pyr_log_reserve(b.log, 600, 0, NULL), PYR_OK);
    assert_int_equal(pyr_log_reserve(b.log, 401, PYR_NS_PER_MS, &diag), PYR_E_UNAVAILABLE);
    assert_non_null(strstr(diag.message, "full"));
    assert_int_equal(pyr_log_reserve(b.log, 400, 0, NULL), PYR_OK);
    pyr_log_unreserve(b.log, 1000);
    assert_int_equal(pyr_log_reserve(b.log, 5000, 0, NULL), PYR_OK); /* alone, it may be larger than the queue */
    assert_int_equal(pyr_log_reserve(b.log, 1, 0, NULL), PYR_E_UNAVAILABLE);
    pyr_log_unreserve(b.log, 5000);
    assert_int_equal(pyr_log_reserve(b.log, (size_t)PYR_LOG_FRAME_BYTES_MAX + 1, 0, NULL), PYR_E_TOOBIG);
    pyr_log_close(b.log);
    teardown(&b);
}

static void test_disk_limits(void **state)
{
    (void)state;
    struct bench b;
    struct pyr_diag diag = {0};
    setup(&b, 32 << 10);
    b.settings.disk_bytes_max = 100 << 10;
    open_log(&b);
    while (model_append(&b.model, b.log) != NULL)
        drain(&b);
    struct pyr_log_stats stats = stats_of(&b);
    assert_true(stats.disk_bytes <= b.settings.disk_bytes_max + b.settings.segment_bytes); /* a spare */
    assert_true(stats.disk_bytes >= b.settings.disk_bytes_max / 2);
    assert_int_equal(pyr_log_reserve(b.log, 20000, 0, &diag), PYR_E_UNAVAILABLE);
    assert_non_null(strstr(diag.message, "limit of 102400 bytes"));
    rotate(&b);
    assert_int_equal(pyr_log_release(b.log, 1, NULL), PYR_OK);
    assert_non_null(model_append(&b.model, b.log));
    drain(&b);
    pyr_log_close(b.log);

    b.settings.disk_bytes_max = 0;
    b.settings.free_bytes_min = 300000;
    pyr_vfs_fake_capacity(b.disk, 1 << 20);
    open_log(&b);
    while (model_append(&b.model, b.log) != NULL)
        drain(&b);
    uint64_t free_bytes;
    assert_int_equal(b.v->ops->free_bytes(b.v, "/log", &free_bytes, NULL), PYR_OK);
    /* What lies in files made ahead counts as taken, and their making may come between two looks. */
    assert_true(free_bytes > 200000 && free_bytes < 500000);
    pyr_vfs_fake_capacity(b.disk, 0);
    while (model_append(&b.model, b.log) == NULL) /* by itself */
        usleep(1000);
    drain(&b);
    pyr_log_close(b.log);
    teardown(&b);
}

/* ---- damage ---- */

static void flip(struct bench *b, uint32_t segment, uint64_t offset)
{
    char path[64];
    struct pyr_file *f;
    uint8_t byte;
    (void)snprintf(path, sizeof(path), "/log/segment-%010u.log", segment);
    assert_int_equal(b->v->ops->open(b->v, path, PYR_OPEN_WRITE, &f, NULL), PYR_OK);
    assert_int_equal(f->ops->read_at(f, offset, &byte, 1, NULL), PYR_OK);
    byte ^= (uint8_t)(1u << offset % 8);
    const struct pyr_span run = {&byte, 1};
    assert_int_equal(f->ops->write_at(f, offset, &run, 1, NULL), PYR_OK);
    assert_int_equal(f->ops->sync(f, NULL), PYR_OK);
    f->ops->close(f);
}

static unsigned missing(const struct model *m)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < m->count; i++)
        n += !m->records[i]->seen;
    return n;
}

/* Every byte of a frame in turn: only that frame is lost, its place is named, and all others are replayed. */
static void test_flipped_bits(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 1 << 20);
    open_log(&b);
    append(&b, 30);
    drain(&b);
    pyr_log_close(b.log); /* says that all was synced, the last record included */
    const struct pyr_log_place places[] = {b.model.records[0]->record.place, b.model.records[13]->record.place,
                                           b.model.records[29]->record.place};
    static const uint32_t which[] = {0, 13, 29};
    for (unsigned k = 0; k < 3; k++) {
        const uint64_t begin = places[k].offset - PYR_LOG_FRAME_HEADER_BYTES;
        const uint64_t end = places[k].offset + model_len(which[k]);
        for (uint64_t at = begin; at < end; at += at < places[k].offset ? 1 : 41) {
            char named[64];
            flip(&b, places[k].segment, at);
            open_log(&b);
            assert_int_equal(b.model.damages, 1);
            assert_int_equal(missing(&b.model), 1);
            assert_false(b.model.records[which[k]]->seen);
            (void)snprintf(named, sizeof(named), "segment %u, offset %llu: 1 frames", places[k].segment,
                           (unsigned long long)begin);
            assert_non_null(strstr(b.model.damage, named));
            assert_int_equal(stats_of(&b).damaged_frames, 1);
            append(&b, 0);
            pyr_log_close(b.log);
            flip(&b, places[k].segment, at);
        }
    }
    open_log(&b);
    model_check(&b.model, b.log);
    pyr_log_close(b.log);
    teardown(&b);
}

/* The last frame of an older segment: nothing after it in the same file says that it was synced. */
static void test_flipped_at_end_of_segment(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 32 << 10);
    open_log(&b);
    append(&b, 200);
    drain(&b);
    pyr_log_close(b.log);
    uint32_t last = 0;
    while (b.model.records[last + 1]->record.place.segment == b.model.records[0]->record.place.segment)
        last++;
    const struct pyr_log_place place = b.model.records[last]->record.place;
    flip(&b, place.segment, place.offset - 8); /* in the header: its length is not known either */
    open_log(&b);
    assert_int_equal(b.model.damages, 1);
    assert_int_equal(missing(&b.model), 1);
    assert_false(b.model.records[last]->seen);
    assert_int_equal(stats_of(&b).torn_bytes, 0);
    pyr_log_close(b.log);
    teardown(&b);
}

static void test_damaged_stretch(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 32 << 10);
    open_log(&b);
    append(&b, 200);
    drain(&b);
    pyr_log_close(b.log);
    /* One copy of the header: nothing is lost. Both: the whole segment, and only it. */
    const uint32_t segment = b.model.records[100]->record.place.segment;
    flip(&b, segment, 20);
    open_log(&b);
    model_check(&b.model, b.log);
    pyr_log_close(b.log);
    flip(&b, segment, PYR_LOG_HEADER_COPY_AT + 20);
    open_log(&b);
    unsigned lost = 0;
    for (uint32_t i = 0; i < 200; i++) {
        const bool there = b.model.records[i]->record.place.segment == segment;
        assert_int_equal(b.model.records[i]->seen, !there);
        lost += there;
    }
    assert_true(lost > 5);
    assert_true(b.model.damages >= 1);
    /* What is written now is not mixed up with it. */
    append(&b, 20);
    drain(&b);
    pyr_log_close(b.log);
    flip(&b, segment, 20);
    open_log(&b);
    model_check(&b.model, b.log);
    assert_int_equal(b.model.replayed, 220);
    pyr_log_close(b.log);
    teardown(&b);
}

/* The newest segment's header, and the only one's: what it holds is reported at each start, and stays. */
static void test_lost_header_of_the_newest(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 1 << 20);
    open_log(&b);
    append(&b, 10);
    drain(&b);
    pyr_log_close(b.log);
    const uint32_t segment = b.model.records[0]->record.place.segment;
    flip(&b, segment, 20);
    flip(&b, segment, PYR_LOG_HEADER_COPY_AT + 20);
    for (unsigned i = 0; i < 3; i++) {
        open_log(&b);
        assert_int_equal(b.model.replayed, 0);
        assert_int_equal(b.model.damages, 1);
        pyr_log_close(b.log);
    }
    teardown(&b);
}

/* A bad place in the last, unmarked batch is a torn tail: cut, not damage. */
static void test_torn_tail(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 1 << 20);
    open_log(&b);
    append(&b, 10);
    drain(&b);
    pyr_vfs_fake_hold_syncs(b.disk, true);
    append(&b, 1);
    while (pyr_vfs_fake_calls(b.disk, PYR_VFS_WRITE) == 0 || stats_of(&b).batches == 0)
        usleep(20);
    usleep(1000);
    pyr_vfs_fake_stop(b.disk, PYR_VFS_KILL); /* written, not synced, not acknowledged */
    pyr_vfs_fake_hold_syncs(b.disk, false);
    pyr_log_close(b.log);
    pyr_vfs_fake_start(b.disk);
    const struct pyr_log_place last = b.model.records[10]->record.place;
    assert_int_equal(atomic_load(&b.model.records[10]->state), MODEL_FAILED);
    flip(&b, last.segment, last.offset + 3);
    open_log(&b);
    model_check(&b.model, b.log);
    assert_int_equal(b.model.replayed, 10);
    assert_int_equal(stats_of(&b).torn_bytes, PYR_LOG_FRAME_HEADER_BYTES + model_len(10));
    append(&b, 5);
    drain(&b);
    flip(&b, last.segment, last.offset + 3); /* whole again, but it was cut: it must not come back */
    reopen(&b);
    assert_int_equal(b.model.replayed, 15);
    assert_false(b.model.records[10]->seen);
    pyr_log_close(b.log);
    teardown(&b);
}

static pyr_err refuse_odd(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload, struct pyr_log_place place,
                          struct pyr_diag *diag)
{
    (void)ctx, (void)payload, (void)place;
    return f->partition % 2 != 0 ? pyr_fail(diag, PYR_E_CORRUPT, "gap in ids") : PYR_OK;
}

static void test_refused_frames(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 1 << 20);
    open_log(&b);
    append(&b, 20);
    pyr_log_close(b.log);
    const struct pyr_log_replay replay = {&b.model, refuse_odd, model_damage};
    assert_int_equal(pyr_log_open(&b.settings, &replay, &b.generation, &b.log, NULL), PYR_OK);
    assert_int_equal(b.model.damages, 10);
    assert_int_equal(stats_of(&b).damaged_frames, 10);
    assert_non_null(strstr(b.model.damage, "gap in ids"));
    pyr_log_close(b.log);
    teardown(&b);
}

static void test_newer_format(void **state)
{
    (void)state;
    struct bench b;
    struct pyr_diag diag = {0};
    uint8_t header[PYR_LOG_HEADER_BYTES];
    struct pyr_file *f;
    setup(&b, 1 << 20);
    pyr_log_header_encode(&(struct pyr_log_header){.number = 1, .generation = 1, .first_sequence = 1}, header);
    for (size_t copy = 0; copy <= PYR_LOG_HEADER_COPY_AT; copy += PYR_LOG_HEADER_COPY_AT) {
        header[copy + 8] = 2;
        const uint64_t hash = htole64(XXH3_64bits(header + copy, 48));
        memcpy(header + copy + 48, &hash, sizeof(hash));
    }
    assert_int_equal(b.v->ops->open(b.v, "/log/segment-0000000001.log", PYR_OPEN_CREATE, &f, NULL), PYR_OK);
    assert_int_equal(f->ops->write_at(f, 0, &(struct pyr_span){header, sizeof(header)}, 1, NULL), PYR_OK);
    f->ops->close(f);
    const struct pyr_log_replay replay = {&b.model, model_frame, model_damage};
    assert_int_equal(pyr_log_open(&b.settings, &replay, &b.generation, &b.log, &diag), PYR_E_UNIMPLEMENTED);
    assert_non_null(strstr(diag.message, "version 2"));
    teardown(&b);
}

/* ---- threads ---- */

enum { THREADS = 4, PER_THREAD = 400 };

struct shared {
    struct bench *b;
    pthread_mutex_t lock; /* of the model's list */
    _Atomic bool stop;
};

static void *appender(void *arg)
{
    struct shared *s = arg;
    for (unsigned i = 0; i < PER_THREAD; i++) {
        struct model_record *r = NULL;
        while (r == NULL) {
            (void)pthread_mutex_lock(&s->lock);
            r = model_append(&s->b->model, s->b->log);
            (void)pthread_mutex_unlock(&s->lock);
        }
        if (i % 5 == 0)
            while (atomic_load(&r->state) == MODEL_PENDING)
                usleep(10);
    }
    return NULL;
}

static void *reader(void *arg)
{
    static _Thread_local uint8_t bytes[16384];
    struct shared *s = arg;
    uint32_t x = 1;
    while (!atomic_load(&s->stop)) {
        (void)pthread_mutex_lock(&s->lock);
        x = x * 1664525u + 1013904223u;
        struct model_record *r = s->b->model.count != 0 ? s->b->model.records[x % s->b->model.count] : NULL;
        (void)pthread_mutex_unlock(&s->lock);
        if (r == NULL || atomic_load(&r->state) != MODEL_OK)
            continue;
        const size_t len = model_len(r->number);
        const pyr_err err = pyr_log_read(s->b->log, r->record.place, bytes, len, NULL);
        assert_true(err == PYR_OK || err == PYR_E_NOTFOUND);
        if (err == PYR_OK && len != 0)
            assert_memory_equal(bytes, r->bytes, len);
        struct pyr_log_stats stats;
        pyr_log_stats(s->b->log, &stats);
    }
    return NULL;
}

/* Appenders and readers beside changes of generation, releases, reuse of the files under them, and failing syncs. */
static void test_threads(void **state)
{
    (void)state;
    struct bench b;
    setup(&b, 64 << 10);
    open_log(&b);
    struct shared s = {.b = &b, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t appenders[THREADS], readers[2];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&appenders[i], NULL, appender, &s), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader, &s), 0);
    uint64_t released = 0;
    for (unsigned i = 0; i < 20; i++) {
        usleep(1000);
        if (i % 4 == 1)
            pyr_vfs_fake_fail(b.disk, PYR_VFS_SYNC, 3, false, PYR_E_IO);
        rotate(&b);
        if (i % 3 == 2) {
            released = b.generation - 2;
            assert_int_equal(pyr_log_release(b.log, released, NULL), PYR_OK);
        }
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(appenders[i], NULL), 0);
    drain(&b);
    atomic_store(&s.stop, true);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(b.model.count, THREADS * PER_THREAD);
    for (uint32_t i = 0; i < b.model.count; i++) {
        assert_int_equal(atomic_load(&b.model.records[i]->state), MODEL_OK);
        if (b.model.records[i]->record.frame.generation <= released)
            atomic_store(&b.model.records[i]->state, MODEL_FAILED);
    }
    reopen(&b);
    for (uint32_t i = 0; i < b.model.count; i++)
        assert_true(!b.model.records[i]->seen || b.model.records[i]->record.frame.generation > released);
    pyr_log_close(b.log);
    teardown(&b);
}

int main(void)
{
    model_quiet();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_group_commit),
        cmocka_unit_test(test_completions_in_order),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_disk_limits),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_damaged_stretch),
        cmocka_unit_test(test_lost_header_of_the_newest),
        cmocka_unit_test(test_salt),
        cmocka_unit_test(test_flipped_at_end_of_segment),
        cmocka_unit_test(test_torn_tail),
        cmocka_unit_test(test_refused_frames),
        cmocka_unit_test(test_newer_format),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
