/* base64.h - RFC 4648. Written with the standard alphabet and padding; read with the standard or the URL alphabet, padded
 * or not. No white space. */
#ifndef PYR_CODEC_BASE64_H
#define PYR_CODEC_BASE64_H
#include "base/span.h"

static inline size_t pyr_base64_encoded_size(size_t bytes)
{
    return bytes / 3 * 4 + (bytes % 3 != 0 ? 4 : 0);
}
/* Writes pyr_base64_encoded_size(in.len) characters, no terminator. */
void pyr_base64_encode(struct pyr_span in, char *out);

/* Room that decoding `chars` characters may need. */
static inline size_t pyr_base64_decoded_max(size_t chars)
{
    return chars / 4 * 3 + 3;
}
/* False when `in` is not base64. `out` may be `in`'s own memory. */
bool pyr_base64_decode(struct pyr_str in, uint8_t *out, size_t *out_len);
#endif
