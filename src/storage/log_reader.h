/* log_reader.h - reads one segment's frames in order through a window of bounded size, and finds the next good frame
 * after a bad place. One thread. */
#ifndef PYR_STORAGE_LOG_READER_H
#define PYR_STORAGE_LOG_READER_H
#include "storage/log_files.h"

struct pyr_log_reader {
    struct pyr_file *file;
    uint64_t size; /* bytes of the file */
    uint64_t salt;
    uint8_t *window;
    uint64_t window_at;
    size_t window_len, window_cap;
    /* Bytes that cannot be read are read as zeros, and remembered: up to where the last of them lies (0: none). */
    uint64_t unreadable_end;
    struct pyr_diag unreadable;
};

enum pyr_log_found {
    PYR_LOG_FOUND_FRAME,
    PYR_LOG_FOUND_BAD_PAYLOAD, /* the header verifies, so the length can be trusted */
    PYR_LOG_FOUND_NOTHING
};

/* `seg` stays pinned by the caller while the reader is used. Allocates at first use. */
PYR_MUST_USE pyr_err pyr_log_reader_init(struct pyr_log_reader *r, const struct pyr_log_segment *seg,
                                         struct pyr_diag *diag);
void pyr_log_reader_free(struct pyr_log_reader *r);

/* The frame at `at`; the payload is valid until the next call. Fails only with PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_log_reader_frame(struct pyr_log_reader *r, uint64_t at, enum pyr_log_found *found,
                                          struct pyr_log_frame_header *frame, struct pyr_span *payload,
                                          struct pyr_diag *diag);
/* The first place from *at on where a frame header verifies; UINT64_MAX when there is none. */
PYR_MUST_USE pyr_err pyr_log_reader_next(struct pyr_log_reader *r, uint64_t *at, struct pyr_log_frame_header *frame,
                                         struct pyr_diag *diag);
/* `len` bytes at `at`, as they are. */
PYR_MUST_USE pyr_err pyr_log_reader_bytes(struct pyr_log_reader *r, uint64_t at, size_t len, const uint8_t **out,
                                          struct pyr_diag *diag);

static inline uint64_t pyr_log_frame_end(uint64_t at, const struct pyr_log_frame_header *frame)
{
    return at + PYR_LOG_FRAME_HEADER_BYTES + frame->length;
}
#endif
