#include "storage/log_queue.h"
#include "base/assert.h"
#include "base/time.h"
#include <stdio.h>

void pyr_log_queue_init(struct pyr_log_queue *q, size_t max)
{
    *q = (struct pyr_log_queue){.max = max, .disk_room = UINT64_MAX};
    q->last = &q->first;
    pyr_mutex_init(&q->lock, PYR_RANK_LOG_QUEUE, "log queue");
    pyr_cond_init(&q->work);
    pyr_cond_init(&q->room);
}

void pyr_log_queue_free(struct pyr_log_queue *q)
{
    PYR_ASSERT(q->first == NULL);
    pyr_cond_destroy(&q->room);
    pyr_cond_destroy(&q->work);
    pyr_mutex_destroy(&q->lock);
}

/* Lock held. PYR_E_AGAIN: it will fit once what is queued is written. */
static pyr_err try_reserve(struct pyr_log_queue *q, size_t bytes, struct pyr_diag *diag)
{
    if (q->stopping)
        return pyr_fail(diag, PYR_E_UNAVAILABLE, "the log is closing");
    if (q->failing[0] != '\0')
        return pyr_fail(diag, PYR_E_UNAVAILABLE, "the log cannot be written, and retries: %s", q->failing);
    if (bytes > q->disk_room || q->reserved > q->disk_room - bytes)
        return pyr_fail(diag, PYR_E_UNAVAILABLE, "%s", q->why_no_room);
    /* A record larger than the whole queue gets it to itself. */
    if (q->reserved != 0 && (bytes > q->max || q->reserved > q->max - bytes))
        return PYR_E_AGAIN;
    q->reserved += bytes;
    return PYR_OK;
}

static pyr_err wait_for_room(struct pyr_log_queue *q, size_t bytes, int64_t wait_ns, struct pyr_diag *diag)
{
    bool in_time = wait_ns > 0;
    for (;;) {
        const pyr_err err = try_reserve(q, bytes, diag);
        if (err != PYR_E_AGAIN)
            return err;
        if (!in_time)
            return pyr_fail(diag, PYR_E_UNAVAILABLE, "the log's queue is full (%zu of %zu bytes)", q->reserved, q->max);
        const int64_t before = pyr_mono_ns();
        q->waiters++;
        in_time = pyr_cond_wait_for(&q->room, &q->lock, wait_ns);
        q->waiters--;
        wait_ns -= pyr_mono_ns() - before;
    }
}

pyr_err pyr_log_queue_reserve(struct pyr_log_queue *q, size_t bytes, int64_t wait_ns, struct pyr_diag *diag)
{
    if (bytes > PYR_LOG_FRAME_BYTES_MAX)
        return pyr_fail(diag, PYR_E_TOOBIG, "a log record of %zu bytes; at most %d", bytes, PYR_LOG_FRAME_BYTES_MAX);
    pyr_mutex_lock(&q->lock);
    const pyr_err err = wait_for_room(q, bytes, wait_ns, diag);
    pyr_mutex_unlock(&q->lock);
    return err;
}

/* Lock held. */
static void wake_waiters(struct pyr_log_queue *q)
{
    if (q->waiters != 0)
        pyr_cond_broadcast(&q->room);
}

void pyr_log_queue_spend(struct pyr_log_queue *q, size_t bytes, uint64_t disk_bytes)
{
    pyr_mutex_lock(&q->lock);
    PYR_ASSERT(bytes <= q->reserved);
    q->reserved -= bytes;
    if (q->disk_room != UINT64_MAX)
        q->disk_room -= disk_bytes < q->disk_room ? disk_bytes : q->disk_room;
    wake_waiters(q);
    pyr_mutex_unlock(&q->lock);
}

void pyr_log_queue_unreserve(struct pyr_log_queue *q, size_t bytes)
{
    pyr_log_queue_spend(q, bytes, 0);
}

/* Lock held. */
static void push(struct pyr_log_queue *q, struct pyr_log_record *record)
{
    PYR_ASSERT(!q->stopping);
    record->next = NULL;
    *q->last = record;
    q->last = &record->next;
    if (q->writer_waits) { /* while it writes it needs no waking: it looks again by itself */
        q->writer_waits = false;
        pyr_cond_signal(&q->work);
    }
}

void pyr_log_queue_append(struct pyr_log_queue *q, struct pyr_log_record *record)
{
    PYR_ASSERT(record->frame.type != 0);
    pyr_mutex_lock(&q->lock);
    push(q, record);
    pyr_mutex_unlock(&q->lock);
}

static struct pyr_log_marker *free_marker(struct pyr_log_queue *q)
{
    for (size_t i = 0; i < PYR_LOG_MARKERS; i++)
        if (!q->markers[i].in_use)
            return &q->markers[i];
    return NULL;
}

void pyr_log_queue_mark(struct pyr_log_queue *q, uint64_t next_generation, struct pyr_completion *done)
{
    struct pyr_log_marker *m;
    pyr_mutex_lock(&q->lock);
    while ((m = free_marker(q)) == NULL) {
        q->waiters++;
        pyr_cond_wait(&q->room, &q->lock);
        q->waiters--;
    }
    *m = (struct pyr_log_marker){.next_generation = next_generation, .done = done, .in_use = true};
    push(q, &m->record);
    pyr_mutex_unlock(&q->lock);
}

void pyr_log_queue_unmark(struct pyr_log_queue *q, struct pyr_log_marker *marker)
{
    pyr_mutex_lock(&q->lock);
    marker->in_use = false;
    wake_waiters(q);
    pyr_mutex_unlock(&q->lock);
}

/* Lock held; the list is not empty. */
static void take_front(struct pyr_log_queue *q, size_t count_max, size_t bytes_max, struct pyr_log_batch *out)
{
    struct pyr_log_record *r = q->first, *last = NULL;
    *out = (struct pyr_log_batch){.first = r};
    if (r->frame.type == 0) {
        *out = (struct pyr_log_batch){.marker = (struct pyr_log_marker *)r};
        last = r;
        r = r->next;
    }
    while (out->marker == NULL && r != NULL && r->frame.type != 0 && out->count < count_max &&
           (out->count == 0 || r->payload.len <= bytes_max - out->payload_bytes)) {
        out->count++;
        out->payload_bytes += r->payload.len;
        last = r;
        r = r->next;
        if (out->payload_bytes >= bytes_max)
            break;
    }
    PYR_ASSERT(last != NULL); /* the queue was not empty, and a first record always fits */
    last->next = NULL;
    q->first = r;
    if (r == NULL)
        q->last = &q->first;
}

enum pyr_log_taken pyr_log_queue_take(struct pyr_log_queue *q, size_t count_max, size_t bytes_max, int64_t wait_ns,
                                      struct pyr_log_batch *out)
{
    enum pyr_log_taken taken = PYR_LOG_TAKEN_WORK;
    pyr_mutex_lock(&q->lock);
    while (q->first == NULL && taken == PYR_LOG_TAKEN_WORK) {
        q->writer_waits = true;
        if (q->stopping)
            taken = PYR_LOG_TAKEN_END;
        else if (wait_ns < 0)
            pyr_cond_wait(&q->work, &q->lock);
        else if (!pyr_cond_wait_for(&q->work, &q->lock, wait_ns) && q->first == NULL)
            taken = PYR_LOG_TAKEN_NOTHING;
    }
    q->writer_waits = false;
    if (q->first != NULL)
        take_front(q, count_max, bytes_max, out);
    pyr_mutex_unlock(&q->lock);
    return taken;
}

bool pyr_log_queue_pause(struct pyr_log_queue *q, int64_t ns)
{
    pyr_mutex_lock(&q->lock);
    /* Nobody signals `work` while the writer does not wait for work, but for stop. */
    while (!q->stopping && pyr_cond_wait_for(&q->work, &q->lock, ns))
        ;
    const bool going_on = !q->stopping;
    pyr_mutex_unlock(&q->lock);
    return going_on;
}

void pyr_log_queue_stop(struct pyr_log_queue *q)
{
    pyr_mutex_lock(&q->lock);
    q->stopping = true;
    pyr_cond_signal(&q->work);
    pyr_cond_broadcast(&q->room);
    pyr_mutex_unlock(&q->lock);
}

void pyr_log_queue_set_failing(struct pyr_log_queue *q, const char *why)
{
    pyr_mutex_lock(&q->lock);
    (void)snprintf(q->failing, sizeof(q->failing), "%s", why != NULL ? why : "");
    wake_waiters(q);
    pyr_mutex_unlock(&q->lock);
}

void pyr_log_queue_set_room(struct pyr_log_queue *q, uint64_t bytes, const char *why)
{
    pyr_mutex_lock(&q->lock);
    q->disk_room = bytes;
    (void)snprintf(q->why_no_room, sizeof(q->why_no_room), "%s", why != NULL ? why : "");
    wake_waiters(q);
    pyr_mutex_unlock(&q->lock);
}
