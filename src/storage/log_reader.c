#include "storage/log_reader.h"
#include "base/assert.h"
#include "base/mem.h"
#include <string.h>

enum { WINDOW_BYTES = 1 << 20, PAGE_BYTES = 4096, READ_ATTEMPTS = 3 };

pyr_err pyr_log_reader_init(struct pyr_log_reader *r, const struct pyr_log_segment *seg, struct pyr_diag *diag)
{
    *r = (struct pyr_log_reader){.file = seg->file, .salt = seg->header.salt};
    return r->file->ops->size(r->file, &r->size, diag);
}

void pyr_log_reader_free(struct pyr_log_reader *r)
{
    pyr_free(r->window);
}

/* After a failed read: page by page, so that a bad sector costs only what lies in it. */
static void read_pages(struct pyr_log_reader *r, uint64_t at, uint8_t *dst, size_t len)
{
    while (len != 0) {
        const size_t to_boundary = PAGE_BYTES - (size_t)(at % PAGE_BYTES), n = to_boundary < len ? to_boundary : len;
        pyr_err err = PYR_E_IO;
        for (int attempt = 0; attempt < READ_ATTEMPTS && err != PYR_OK; attempt++)
            err = r->file->ops->read_at(r->file, at, dst, n, &r->unreadable);
        if (err != PYR_OK) {
            memset(dst, 0, n);
            if (at + n > r->unreadable_end)
                r->unreadable_end = at + n;
        }
        at += n;
        dst += n;
        len -= n;
    }
}

static pyr_err grow_window(struct pyr_log_reader *r, size_t len, struct pyr_diag *diag)
{
    const size_t cap = len > WINDOW_BYTES ? len : WINDOW_BYTES;
    if (cap <= r->window_cap)
        return PYR_OK;
    pyr_free(r->window); /* its content is read again; keeping both would double the peak */
    r->window = pyr_malloc(cap);
    r->window_cap = r->window != NULL ? cap : 0;
    r->window_len = 0;
    return r->window != NULL ? PYR_OK : pyr_fail(diag, PYR_E_NOMEM, "log: no memory to read %zu bytes", cap);
}

pyr_err pyr_log_reader_bytes(struct pyr_log_reader *r, uint64_t at, size_t len, const uint8_t **out,
                             struct pyr_diag *diag)
{
    PYR_ASSERT(at <= r->size && len <= r->size - at);
    if (at < r->window_at || at + len > r->window_at + r->window_len) {
        PYR_TRY(grow_window(r, len, diag));
        const uint64_t left = r->size - at;
        const size_t n = left < r->window_cap ? (size_t)left : r->window_cap;
        if (r->file->ops->read_at(r->file, at, r->window, n, NULL) != PYR_OK)
            read_pages(r, at, r->window, n);
        r->window_at = at;
        r->window_len = n;
    }
    *out = r->window + (at - r->window_at);
    return PYR_OK;
}

static pyr_err header_at(struct pyr_log_reader *r, uint64_t at, bool *good, struct pyr_log_frame_header *frame,
                         struct pyr_diag *diag)
{
    *good = false;
    if (at > r->size || r->size - at < PYR_LOG_FRAME_HEADER_BYTES)
        return PYR_OK;
    const uint8_t *bytes;
    PYR_TRY(pyr_log_reader_bytes(r, at, PYR_LOG_FRAME_HEADER_BYTES, &bytes, diag));
    *good = pyr_log_frame_decode(bytes, r->salt, frame);
    return PYR_OK;
}

pyr_err pyr_log_reader_frame(struct pyr_log_reader *r, uint64_t at, enum pyr_log_found *found,
                             struct pyr_log_frame_header *frame, struct pyr_span *payload, struct pyr_diag *diag)
{
    bool good;
    const uint8_t *bytes;
    *found = PYR_LOG_FOUND_NOTHING;
    PYR_TRY(header_at(r, at, &good, frame, diag));
    if (!good)
        return PYR_OK;
    *found = PYR_LOG_FOUND_BAD_PAYLOAD;
    if (pyr_log_frame_end(at, frame) > r->size)
        return PYR_OK;
    PYR_TRY(pyr_log_reader_bytes(r, at, PYR_LOG_FRAME_HEADER_BYTES + frame->length, &bytes, diag));
    *payload = (struct pyr_span){bytes + PYR_LOG_FRAME_HEADER_BYTES, frame->length};
    if (pyr_log_payload_hash(*payload, r->salt) == frame->payload_hash)
        *found = PYR_LOG_FOUND_FRAME;
    return PYR_OK;
}

pyr_err pyr_log_reader_next(struct pyr_log_reader *r, uint64_t *at, struct pyr_log_frame_header *frame,
                            struct pyr_diag *diag)
{
    while (*at < r->size && r->size - *at >= PYR_LOG_FRAME_HEADER_BYTES) {
        bool good;
        const uint8_t *bytes;
        PYR_TRY(header_at(r, *at, &good, frame, diag));
        if (good)
            return PYR_OK;
        /* The rest of the window, or a new one that starts here. */
        const uint64_t window_end = r->window_at + r->window_len;
        const size_t n = (size_t)(window_end - *at);
        PYR_TRY(pyr_log_reader_bytes(r, *at, n, &bytes, diag));
        *at += 1 + pyr_log_frame_candidate((struct pyr_span){bytes + 1, n - 1});
    }
    *at = UINT64_MAX;
    return PYR_OK;
}
