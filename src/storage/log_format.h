/* log_format.h - the bytes of a log segment: encoding and verifying of headers and frames, no I/O. All integers are
 * little endian. docs/format.md repeats this for readers of the files.
 *
 * Segment header, 4096 bytes: two equal copies, at 0 and at 2048, of
 *     0  8  magic "PYRLOG\r\n"
 *     8  4  format version, 1
 *    12  4  segment number
 *    16  8  generation
 *    24  8  sequence of the first frame
 *    32  8  durable: everything up to this sequence was synced when the header was written
 *    40  8  salt, random for each use of the file
 *    48  8  XXH3-64 of the 48 bytes before
 * the rest zero. Frames follow without gaps from 4096 on, their sequences ascending by one:
 *     0  4  magic "frm1"
 *     4  4  length of the payload
 *     8  8  sequence
 *    16  8  durable: everything up to this sequence was synced when the frame's batch was written
 *    24  4  partition
 *    28  1  type; 0 is the log's own (a mark: only its `durable` matters)
 *    29  3  zero
 *    32 32  first ids, eight of 4 bytes
 *    64  8  XXH3-64 of the payload, seeded with the segment's salt
 *    72  8  XXH3-64 of the 72 bytes before, seeded with the segment's salt
 *    80     payload
 *
 * The header's own hash makes the length trustworthy before the payload is read, lets a scan for the next frame reject
 * each candidate at the price of 72 bytes, and covers the payload through its hash. The salt is secret to writers of
 * payloads, so none can be made that looks like a frame. What follows the last frame means nothing: zeros, frames of an
 * earlier use (another salt), or a torn batch. */
#ifndef PYR_STORAGE_LOG_FORMAT_H
#define PYR_STORAGE_LOG_FORMAT_H
#include "base/err.h"
#include "base/span.h"
#include "storage/log.h"

enum {
    PYR_LOG_VERSION = 1,
    PYR_LOG_HEADER_BYTES = 4096,
    PYR_LOG_HEADER_COPY_AT = 2048,
    PYR_LOG_FRAME_HEADER_BYTES = 80
};
/* Numbers from disk are below this, so that sums of them cannot wrap. */
#define PYR_LOG_NUMBER_MAX (UINT64_C(1) << 62)

struct pyr_log_header {
    uint32_t number;
    uint64_t generation, first_sequence, durable, salt;
};

struct pyr_log_frame_header {
    uint64_t sequence, durable; /* durable < sequence */
    uint32_t length, partition;
    uint8_t type;
    uint32_t first_ids[PYR_LOG_TABLES];
    uint64_t payload_hash;
};

void pyr_log_header_encode(const struct pyr_log_header *h, uint8_t out[static PYR_LOG_HEADER_BYTES]);
/* Takes whichever copy verifies. PYR_E_CORRUPT: none does. PYR_E_UNIMPLEMENTED: another version wrote it. */
PYR_MUST_USE pyr_err pyr_log_header_decode(const uint8_t in[static PYR_LOG_HEADER_BYTES], struct pyr_log_header *out,
                                           struct pyr_diag *diag);

void pyr_log_frame_encode(const struct pyr_log_frame_header *h, uint64_t salt,
                          uint8_t out[static PYR_LOG_FRAME_HEADER_BYTES]);
/* False: these bytes are no frame header of this segment. Says nothing about the payload. */
bool pyr_log_frame_decode(const uint8_t in[static PYR_LOG_FRAME_HEADER_BYTES], uint64_t salt,
                          struct pyr_log_frame_header *out);
uint64_t pyr_log_payload_hash(struct pyr_span payload, uint64_t salt);
/* Offset in `bytes` of the next place where a frame could begin (its magic, or a cut-off start of it), or bytes.len. */
size_t pyr_log_frame_candidate(struct pyr_span bytes);
#endif
