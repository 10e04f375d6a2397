#include "storage/log_replay.h"
#include "base/assert.h"
#include "storage/log_reader.h"
#include <stdio.h>

struct replay {
    struct pyr_log_files *fs;
    const struct pyr_log_replay *to;
    struct pyr_log_replayed *out;
    uint64_t mark;      /* highest sequence known to have been synced */
    uint64_t last_user; /* highest sequence delivered */
};

/* One segment on its way. */
struct position {
    struct replay *all;
    struct pyr_log_segment *seg;
    struct pyr_log_reader reader;
    uint64_t at;     /* offset of the next frame, */
    uint64_t expect; /* and its sequence */
    uint64_t end;    /* first sequence that is the next segment's; UINT64_MAX in the last one */
    bool newest;
};

static void report(struct replay *r, uint32_t segment, uint64_t offset, uint64_t frames, const char *what)
{
    r->out->damaged_frames += frames;
    if (r->to->damage != NULL)
        r->to->damage(r->to->ctx, segment, (uint32_t)(offset < UINT32_MAX ? offset : UINT32_MAX), what);
}

static void deliver(struct position *p, const struct pyr_log_frame_header *h, struct pyr_span payload)
{
    struct replay *r = p->all;
    if (h->durable > r->mark)
        r->mark = h->durable;
    if (h->sequence == r->mark + 1 || (h->sequence > r->mark && r->out->tail_from == UINT64_MAX)) {
        r->out->tail_from = p->at;
        r->out->tail_first_sequence = h->sequence;
    }
    if (h->type == 0 || h->sequence <= r->last_user)
        return;
    r->last_user = h->sequence;
    r->out->frames++;
    struct pyr_log_frame frame = {.generation = p->seg->header.generation, .partition = h->partition, .type = h->type};
    memcpy(frame.first_ids, h->first_ids, sizeof(frame.first_ids));
    const struct pyr_log_place place = {p->seg->header.number, (uint32_t)(p->at + PYR_LOG_FRAME_HEADER_BYTES)};
    struct pyr_diag diag = {0};
    if (r->to->frame != NULL && r->to->frame(r->to->ctx, &frame, payload, place, &diag) != PYR_OK)
        report(r, place.segment, p->at, 1,
               diag.code != PYR_OK ? diag.message : "the frame does not fit those before it");
}

/* Whether a frame from `at` on says that `sequence` was synced; *end gets the end of the last good header's frame. */
static pyr_err synced_later(struct position *p, uint64_t at, uint64_t sequence, bool *synced, uint64_t *end,
                            struct pyr_diag *diag)
{
    struct pyr_log_frame_header h;
    *synced = false;
    for (;;) {
        PYR_TRY(pyr_log_reader_next(&p->reader, &at, &h, diag));
        if (at == UINT64_MAX)
            return PYR_OK;
        *end = pyr_log_frame_end(at, &h);
        if (h.sequence > sequence && h.sequence < p->end && h.durable >= sequence) {
            *synced = true;
            return PYR_OK;
        }
        at = *end;
    }
}

/* The next frame header after the bad place with a sequence that may follow; UINT64_MAX: none. */
static pyr_err find_resume(struct position *p, uint64_t at, uint64_t *resume, uint64_t *sequence, struct pyr_diag *diag)
{
    struct pyr_log_frame_header h;
    for (*resume = at;; *resume = pyr_log_frame_end(*resume, &h)) {
        PYR_TRY(pyr_log_reader_next(&p->reader, resume, &h, diag));
        if (*resume == UINT64_MAX)
            return PYR_OK;
        if (h.sequence >= p->expect && h.sequence < p->end) {
            *sequence = h.sequence;
            return PYR_OK;
        }
    }
}

static pyr_err unreadable(const struct position *p, struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_IO,
                    "log segment %u cannot be read past offset %llu, where acknowledged profiles may lie (%s); "
                    "repair the disk, or move the segment out of the folder to go on without it",
                    p->seg->header.number, (unsigned long long)p->at, p->reader.unreadable.message);
}

static void report_damage(struct position *p, enum pyr_log_found found, uint64_t frames)
{
    char what[PYR_DIAG_MESSAGE_BYTES + 128];
    const char *why = p->reader.unreadable_end > p->at     ? p->reader.unreadable.message
                      : found == PYR_LOG_FOUND_BAD_PAYLOAD ? "the payload does not verify"
                      : found == PYR_LOG_FOUND_FRAME       ? "frames are missing"
                                                           : "no frame verifies";
    (void)snprintf(what, sizeof(what), "%llu frames from sequence %llu on are lost: %s", (unsigned long long)frames,
                   (unsigned long long)p->expect, why);
    p->seg->keep_tail = true;
    report(p->all, p->seg->header.number, p->at, frames, what);
}

/* No good frame with the expected sequence is at p->at. *done: the segment ends here. */
static pyr_err judge_bad(struct position *p, enum pyr_log_found found, const struct pyr_log_frame_header *h, bool *done,
                         struct pyr_diag *diag)
{
    struct replay *r = p->all;
    const uint64_t from = found == PYR_LOG_FOUND_NOTHING       ? p->at + 1
                          : found == PYR_LOG_FOUND_BAD_PAYLOAD ? pyr_log_frame_end(p->at, h)
                                                               : p->at;
    uint64_t resume = UINT64_MAX, sequence = 0, torn_end = found == PYR_LOG_FOUND_NOTHING ? p->at : from;
    /* Whatever belongs to an older segment was synced before the next one got its header. */
    bool damage = p->expect <= r->mark || p->end != UINT64_MAX;
    if (!damage)
        PYR_TRY(synced_later(p, from, p->expect, &damage, &torn_end, diag));
    if (damage)
        PYR_TRY(find_resume(p, from, &resume, &sequence, diag));
    *done = resume == UINT64_MAX;
    if (*done && p->newest && p->reader.unreadable_end > p->at)
        return unreadable(p, diag);
    if (!damage) {
        const uint64_t end = torn_end < p->reader.size ? torn_end : p->reader.size;
        r->out->torn_bytes += end > p->at ? end - p->at : 0;
        return PYR_OK;
    }
    if (*done) /* up to the next segment, or in the newest one as far as is known */
        sequence = p->end != UINT64_MAX ? p->end : r->mark + 1;
    report_damage(p, found, sequence - p->expect);
    p->expect = sequence;
    p->at = *done ? p->at : resume;
    return PYR_OK;
}

static pyr_err replay_frames(struct position *p, struct pyr_diag *diag)
{
    bool done = false;
    while (!done && p->expect < p->end) {
        enum pyr_log_found found;
        struct pyr_log_frame_header h;
        struct pyr_span payload;
        PYR_TRY(pyr_log_reader_frame(&p->reader, p->at, &found, &h, &payload, diag));
        if (found == PYR_LOG_FOUND_FRAME && h.sequence == p->expect) {
            deliver(p, &h, payload);
            p->at = pyr_log_frame_end(p->at, &h);
            p->expect++;
        } else {
            PYR_TRY(judge_bad(p, found, &h, &done, diag));
        }
    }
    return PYR_OK;
}

static pyr_err replay_segment(struct replay *r, size_t k, uint64_t end, bool newest, struct pyr_diag *diag)
{
    struct pyr_log_segment *seg;
    PYR_TRY(pyr_log_files_pin(r->fs, r->fs->segments[k]->header.number, &seg, diag));
    struct position p = {.all = r,
                         .seg = seg,
                         .at = PYR_LOG_HEADER_BYTES,
                         .expect = seg->header.first_sequence,
                         .end = end,
                         .newest = newest};
    r->out->tail_from = UINT64_MAX;
    pyr_err err = pyr_log_reader_init(&p.reader, seg, diag);
    if (err == PYR_OK)
        err = replay_frames(&p, diag);
    pyr_log_reader_free(&p.reader);
    seg->used = p.at;
    if (p.expect > r->out->next_sequence && p.expect != UINT64_MAX)
        r->out->next_sequence = p.expect;
    if (err == PYR_OK && newest && r->last_user > r->mark && r->out->tail_from != UINT64_MAX)
        r->out->tail = seg; /* keeps the pin */
    else
        pyr_log_files_unpin(r->fs, seg);
    return err;
}

/* What the headers alone say. An unreadable segment gets the generation of the next readable one, or else of the one
 * that is about to begin, so that it is kept at least as long as its own would have been. */
static size_t read_headers(struct replay *r)
{
    struct pyr_log_files *fs = r->fs;
    size_t newest = SIZE_MAX;
    for (size_t k = 0; k < fs->count; k++) {
        const struct pyr_log_header *h = &fs->segments[k]->header;
        if (!fs->segments[k]->readable)
            continue;
        newest = k;
        if (h->generation > r->out->generation)
            r->out->generation = h->generation;
        if (h->durable > r->mark)
            r->mark = h->durable;
        if (h->first_sequence > r->out->next_sequence)
            r->out->next_sequence = h->first_sequence;
    }
    if (fs->released > r->out->generation)
        r->out->generation = fs->released;
    uint64_t generation = r->out->generation + 1;
    for (size_t k = fs->count; k-- > 0;) {
        struct pyr_log_segment *seg = fs->segments[k];
        if (seg->readable) {
            generation = seg->header.generation;
        } else {
            seg->header.generation = generation;
            seg->keep_tail = true;
            report(r, seg->header.number, 0, 1, "the segment's header does not verify; none of its frames can be read");
        }
    }
    return newest;
}

static uint64_t end_of(const struct pyr_log_files *fs, size_t k)
{
    while (++k < fs->count)
        if (fs->segments[k]->readable)
            return fs->segments[k]->header.first_sequence;
    return UINT64_MAX;
}

pyr_err pyr_log_replay_all(struct pyr_log_files *fs, const struct pyr_log_replay *to, struct pyr_log_replayed *out,
                           struct pyr_diag *diag)
{
    *out = (struct pyr_log_replayed){.next_sequence = 1};
    struct replay r = {.fs = fs, .to = to, .out = out};
    const size_t newest = read_headers(&r);
    for (size_t k = 0; k < fs->count; k++)
        if (fs->segments[k]->readable && fs->segments[k]->header.generation > fs->released)
            PYR_TRY(replay_segment(&r, k, end_of(fs, k), k == newest, diag));
    if (out->next_sequence <= r.mark)
        out->next_sequence = r.mark + 1;
    out->durable = out->tail != NULL ? out->tail_first_sequence - 1 : out->next_sequence - 1;
    return PYR_OK;
}
