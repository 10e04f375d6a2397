/* log_model.h - what the tests of the log compare with: a list of the records that were appended, in order, and what
 * became of each. After a crash: completed records are replayed, once, in order, with their bytes; others may be; nothing
 * else is. A record's bytes follow from its number. */
#ifndef PYR_TESTS_LOG_MODEL_H
#define PYR_TESTS_LOG_MODEL_H
#include "base/logging.h"
#include "base/mem.h"
#include "base/time.h"
#include "storage/log.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODEL_RECORDS_MAX = 20000 };
enum model_state { MODEL_PENDING, MODEL_OK, MODEL_FAILED };

struct model_record {
    struct pyr_log_record record;
    struct pyr_completion done; /* container_of by offset below */
    uint32_t number;
    _Atomic int state;
    uint8_t *bytes;
    uint64_t generation;
    bool seen; /* by the current replay */
};

struct model {
    struct model_record *records[MODEL_RECORDS_MAX];
    uint32_t count;
    /* of the latest replay */
    uint32_t replayed, last_replayed, damages;
    char damage[600];
    uint32_t lossy_from; /* from this number on completed records may be missing: power was lost before a sync */
};

static inline size_t model_len(uint32_t number)
{
    uint32_t h = number * 2654435761u;
    h ^= h >> 13;
    return number % 29 == 7 ? 6000 + h % 9000 : number % 5 == 0 ? h % 16 : h % 700;
}

static inline void model_fill(uint32_t number, uint8_t *out, size_t len)
{
    uint32_t x = number * 747796405u + 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        out[i] = (uint8_t)(x >> 24);
    }
}

static inline void model_done(struct pyr_completion *c, pyr_err err, const struct pyr_diag *diag)
{
    struct model_record *r = (struct model_record *)((char *)c - offsetof(struct model_record, done));
    (void)diag;
    atomic_store(&r->state, err == PYR_OK ? MODEL_OK : MODEL_FAILED);
}

static inline struct model_record *model_make(struct model *m)
{
    struct model_record *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    assert_true(m->count < MODEL_RECORDS_MAX);
    r->number = m->count;
    const size_t len = model_len(r->number);
    r->bytes = malloc(len + 1);
    model_fill(r->number, r->bytes, len);
    r->done.fn = model_done;
    r->record = (struct pyr_log_record){.frame = {.type = (uint8_t)(1 + r->number % 7), .partition = r->number},
                                        .payload = {r->bytes, len},
                                        .done = &r->done};
    for (uint32_t i = 0; i < PYR_LOG_TABLES; i++)
        r->record.frame.first_ids[i] = r->number ^ i;
    m->records[m->count++] = r;
    return r;
}

/* NULL: the log would not take it. */
static inline struct model_record *model_append(struct model *m, struct pyr_log *log)
{
    struct pyr_diag diag = {0};
    if (pyr_log_reserve(log, model_len(m->count), 0, &diag) != PYR_OK) {
        assert_int_equal(diag.code, PYR_E_UNAVAILABLE);
        return NULL;
    }
    struct model_record *r = model_make(m);
    pyr_log_append(log, &r->record);
    return r;
}

static inline bool model_settled(const struct model *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (atomic_load(&m->records[i]->state) == MODEL_PENDING)
            return false;
    return true;
}

static inline void model_free(struct model *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        free(m->records[i]->bytes);
        free(m->records[i]);
    }
    m->count = 0;
}

static inline pyr_err model_frame(void *ctx, const struct pyr_log_frame *f, struct pyr_span payload,
                                  struct pyr_log_place place, struct pyr_diag *diag)
{
    struct model *m = ctx;
    (void)diag;
    assert_true(f->partition < m->count);
    struct model_record *r = m->records[f->partition];
    assert_false(r->seen);                                         /* exactly once */
    assert_true(m->replayed == 0 || r->number > m->last_replayed); /* in order */
    assert_int_equal(f->type, 1 + r->number % 7);
    assert_int_equal(payload.len, model_len(r->number));
    assert_memory_equal(payload.ptr, r->bytes, payload.len);
    for (uint32_t i = 0; i < PYR_LOG_TABLES; i++)
        assert_int_equal(f->first_ids[i], r->number ^ i);
    if (atomic_load(&r->state) == MODEL_OK)
        assert_int_equal(f->generation, r->record.frame.generation);
    r->seen = true;
    r->record.place = place;
    r->record.frame.generation = f->generation;
    m->last_replayed = r->number;
    m->replayed++;
    return PYR_OK;
}

static inline void model_damage(void *ctx, uint32_t segment, uint32_t offset, const char *what)
{
    struct model *m = ctx;
    m->damages++;
    (void)snprintf(m->damage, sizeof(m->damage), "segment %u, offset %u: %s", segment, offset, what);
}

/* Opens the log; the frame callback compares each record as it comes. */
static inline pyr_err model_open(struct model *m, const struct pyr_log_settings *s, struct pyr_log **out,
                                 uint64_t *generation, struct pyr_diag *diag)
{
    const struct pyr_log_replay replay = {m, model_frame, model_damage};
    m->replayed = m->damages = m->last_replayed = 0;
    m->damage[0] = '\0';
    for (uint32_t i = 0; i < m->count; i++)
        m->records[i]->seen = false;
    return pyr_log_open(s, &replay, generation, out, diag);
}

/* After a replay: what was completed is there; what is there counts as completed from now on. Reads every record back. */
static inline void model_check(struct model *m, struct pyr_log *log)
{
    static uint8_t bytes[16384];
    struct pyr_diag diag = {0};
    if (m->damages != 0)
        fail_msg("damage reported: %s", m->damage);
    for (uint32_t i = 0; i < m->count; i++) {
        struct model_record *r = m->records[i];
        if (!r->seen && atomic_load(&r->state) == MODEL_OK && i < m->lossy_from)
            fail_msg("record %u was completed and is not there", i);
        atomic_store(&r->state, r->seen ? MODEL_OK : MODEL_FAILED);
        const size_t len = model_len(i);
        if (!r->seen || len == 0)
            continue;
        if (pyr_log_read(log, r->record.place, bytes, len, &diag) != PYR_OK)
            fail_msg("record %u: %s", i, diag.message);
        assert_memory_equal(bytes, r->bytes, len);
    }
}

static inline void model_quiet(void)
{
    pyr_logging_setup(PYR_LOG_ERROR, PYR_LOG_LOGFMT, open("/dev/null", O_WRONLY | O_CLOEXEC));
}
#endif
