/* gzip.h - whole buffers, RFC 1952. Any thread; each keeps one decompressor and one compressor until it ends.
 *
 * Several members one after the other are one stream, as Go's reader and gzip(1) have it. Anything after the last member,
 * padding too, is an error, as in Go's reader. Checksums and lengths are verified. */
#ifndef PYR_CODEC_GZIP_H
#define PYR_CODEC_GZIP_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { PYR_GZIP_LEVEL_MIN = 1, PYR_GZIP_LEVEL_MAX = 12 };

static inline bool pyr_is_gzip(struct pyr_span s)
{
    return s.len >= 2 && s.ptr[0] == 0x1f && s.ptr[1] == 0x8b;
}

/* Inflates at most `max_out` (not 0) bytes into the arena. An ordinary stream of one member goes in one step into a buffer of
 * exactly its size, which the stream's last four bytes tell; where they lie, the buffer grows by doubling.
 * PYR_E_CORRUPT: not gzip, truncated, a wrong checksum ...: the message says which and at what byte. PYR_E_TOOBIG: more
 * than max_out. PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_gunzip(struct pyr_span in, size_t max_out, struct pyr_arena *arena, struct pyr_span *out,
                                struct pyr_diag *diag);

/* Appends `in` as one member; ask out->err afterwards. `level`: 1 is fastest, 6 usual. */
void pyr_gzip(struct pyr_span in, int level, struct pyr_buf *out);
#endif
