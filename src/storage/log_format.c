#include "storage/log_format.h"
#include "base/assert.h"
#include <assert.h>
#include <endian.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static const uint8_t segment_magic[8] = {'P', 'Y', 'R', 'L', 'O', 'G', '\r', '\n'};
static const uint8_t frame_magic[4] = {'f', 'r', 'm', '1'};
enum { HEADER_HASHED_BYTES = 48, FRAME_HASHED_BYTES = 72 };
static_assert(32 + 4 * PYR_LOG_TABLES + 8 == FRAME_HASHED_BYTES, "first ids fill their place");

static void put32(uint8_t *at, uint32_t v)
{
    v = htole32(v);
    memcpy(at, &v, sizeof(v));
}

static void put64(uint8_t *at, uint64_t v)
{
    v = htole64(v);
    memcpy(at, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof(v));
    return le32toh(v);
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof(v));
    return le64toh(v);
}

void pyr_log_header_encode(const struct pyr_log_header *h, uint8_t out[static PYR_LOG_HEADER_BYTES])
{
    PYR_ASSERT(h->durable < h->first_sequence);
    memset(out, 0, PYR_LOG_HEADER_BYTES);
    memcpy(out, segment_magic, sizeof(segment_magic));
    put32(out + 8, PYR_LOG_VERSION);
    put32(out + 12, h->number);
    put64(out + 16, h->generation);
    put64(out + 24, h->first_sequence);
    put64(out + 32, h->durable);
    put64(out + 40, h->salt);
    put64(out + 48, XXH3_64bits(out, HEADER_HASHED_BYTES));
    memcpy(out + PYR_LOG_HEADER_COPY_AT, out, HEADER_HASHED_BYTES + 8);
}

static pyr_err decode_copy(const uint8_t *in, struct pyr_log_header *out, struct pyr_diag *diag)
{
    if (memcmp(in, segment_magic, sizeof(segment_magic)) != 0 || get64(in + 48) != XXH3_64bits(in, HEADER_HASHED_BYTES))
        return PYR_E_CORRUPT;
    if (get32(in + 8) != PYR_LOG_VERSION)
        return pyr_fail(diag, PYR_E_UNIMPLEMENTED, "the segment has format version %u; this program knows %d",
                        get32(in + 8), PYR_LOG_VERSION);
    *out = (struct pyr_log_header){.number = get32(in + 12),
                                   .generation = get64(in + 16),
                                   .first_sequence = get64(in + 24),
                                   .durable = get64(in + 32),
                                   .salt = get64(in + 40)};
    const bool sane = out->generation != 0 && out->generation < PYR_LOG_NUMBER_MAX &&
                      out->first_sequence < PYR_LOG_NUMBER_MAX && out->durable < out->first_sequence;
    return sane ? PYR_OK : PYR_E_CORRUPT;
}

pyr_err pyr_log_header_decode(const uint8_t in[static PYR_LOG_HEADER_BYTES], struct pyr_log_header *out,
                              struct pyr_diag *diag)
{
    pyr_err err = decode_copy(in, out, diag);
    if (err == PYR_E_CORRUPT)
        err = decode_copy(in + PYR_LOG_HEADER_COPY_AT, out, diag);
    return err == PYR_E_CORRUPT ? pyr_fail(diag, err, "no copy of the segment header verifies") : err;
}

void pyr_log_frame_encode(const struct pyr_log_frame_header *h, uint64_t salt,
                          uint8_t out[static PYR_LOG_FRAME_HEADER_BYTES])
{
    PYR_ASSERT(h->length <= PYR_LOG_FRAME_BYTES_MAX && h->durable < h->sequence);
    memcpy(out, frame_magic, sizeof(frame_magic));
    put32(out + 4, h->length);
    put64(out + 8, h->sequence);
    put64(out + 16, h->durable);
    put32(out + 24, h->partition);
    put32(out + 28, h->type);
    for (size_t i = 0; i < PYR_LOG_TABLES; i++)
        put32(out + 32 + 4 * i, h->first_ids[i]);
    put64(out + 64, h->payload_hash);
    put64(out + 72, XXH3_64bits_withSeed(out, FRAME_HASHED_BYTES, salt));
}

bool pyr_log_frame_decode(const uint8_t in[static PYR_LOG_FRAME_HEADER_BYTES], uint64_t salt,
                          struct pyr_log_frame_header *out)
{
    if (memcmp(in, frame_magic, sizeof(frame_magic)) != 0 ||
        get64(in + 72) != XXH3_64bits_withSeed(in, FRAME_HASHED_BYTES, salt))
        return false;
    *out = (struct pyr_log_frame_header){.length = get32(in + 4),
                                         .sequence = get64(in + 8),
                                         .durable = get64(in + 16),
                                         .partition = get32(in + 24),
                                         .type = in[28],
                                         .payload_hash = get64(in + 64)};
    for (size_t i = 0; i < PYR_LOG_TABLES; i++)
        out->first_ids[i] = get32(in + 32 + 4 * i);
    return get32(in + 28) <= UINT8_MAX && out->length <= PYR_LOG_FRAME_BYTES_MAX &&
           out->sequence < PYR_LOG_NUMBER_MAX && out->durable < out->sequence;
}

uint64_t pyr_log_payload_hash(struct pyr_span payload, uint64_t salt)
{
    return XXH3_64bits_withSeed(payload.ptr, payload.len, salt);
}

size_t pyr_log_frame_candidate(struct pyr_span bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        const uint8_t *hit = memchr(bytes.ptr + at, frame_magic[0], bytes.len - at);
        if (hit == NULL)
            return bytes.len;
        at = (size_t)(hit - bytes.ptr);
        const size_t left = bytes.len - at;
        if (memcmp(hit, frame_magic, left < sizeof(frame_magic) ? left : sizeof(frame_magic)) == 0)
            return at;
        at++;
    }
    return bytes.len;
}
