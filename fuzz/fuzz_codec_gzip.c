/* Inflating, with zlib as oracle. The first byte decides whether the rest is a gzip stream, or data that is compressed,
 * inflated, and inflated once more with one bit wrong. */
#include "base/assert.h"
#include "codec/gzip.h"
#include <stdlib.h>
#include <zlib.h>

enum { OUT_MAX = 1 << 20 };

/* libdeflate does not verify a header's own checksum, and takes the codes that deflate leaves unused for the longest
 * match or distance. The data's checksum holds all the same. */
static bool is_leniency(const char *fault)
{
    static const char *const known[] = {"header crc mismatch", "invalid literal/length code", "invalid distance code"};
    for (size_t i = 0; i < PYR_COUNT_OF(known); i++)
        if (fault != NULL && strcmp(fault, known[i]) == 0)
            return true;
    return false;
}

/* What zlib makes of all members. False: bad, or more than OUT_MAX. */
static bool oracle(struct pyr_span in, uint8_t *out, size_t *len, bool *lenient)
{
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)in.ptr, .avail_in = (uInt)in.len, .next_out = out, .avail_out = OUT_MAX + 1};
    int status = inflateInit2(&z, 15 + 16);
    PYR_ASSERT(status == Z_OK);
    do {
        inflateReset(&z);
        status = inflate(&z, Z_FINISH);
    } while (status == Z_STREAM_END && z.avail_in != 0);
    *lenient = is_leniency(z.msg);
    *len = OUT_MAX + 1 - z.avail_out;
    inflateEnd(&z);
    return status == Z_STREAM_END && *len <= OUT_MAX;
}

static void compare(struct pyr_span in, uint8_t *expected)
{
    struct pyr_arena arena;
    struct pyr_diag diag = {0};
    struct pyr_span out;
    size_t len;
    bool lenient;
    pyr_arena_init(&arena, 4 * OUT_MAX, NULL);
    const pyr_err err = pyr_gunzip(in, OUT_MAX, &arena, &out, &diag);
    const bool ok = oracle(in, expected, &len, &lenient);
    PYR_ASSERT(err == PYR_OK || diag.message[0] != '\0');
    PYR_ASSERT((err == PYR_OK) == ok || (lenient && err == PYR_OK));
    if (err == PYR_OK && ok)
        PYR_ASSERT(out.len == len && (len == 0 || memcmp(out.ptr, expected, len) == 0));
    pyr_arena_free(&arena);
}

static void there_and_back(struct pyr_span data, uint8_t by, uint8_t *expected)
{
    struct pyr_buf packed;
    pyr_buf_init(&packed, OUT_MAX);
    pyr_gzip(data, PYR_GZIP_LEVEL_MIN + by % PYR_GZIP_LEVEL_MAX, &packed);
    PYR_ASSERT(packed.err == PYR_OK);
    size_t len;
    bool lenient;
    PYR_ASSERT(oracle(pyr_buf_span(&packed), expected, &len, &lenient));
    PYR_ASSERT(len == data.len && (len == 0 || memcmp(data.ptr, expected, len) == 0));
    compare(pyr_buf_span(&packed), expected);
    const size_t bit = (data.len != 0 ? data.ptr[0] * 31u : 0) % (packed.len * 8);
    packed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    compare(pyr_buf_span(&packed), expected);
    pyr_buf_free(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    uint8_t *expected = malloc(OUT_MAX + 1);
    const struct pyr_span rest = {data + 1, size - 1};
    if (data[0] % 2 == 0)
        compare(rest, expected);
    else
        there_and_back(rest, data[0] / 2, expected);
    free(expected);
    return 0;
}
