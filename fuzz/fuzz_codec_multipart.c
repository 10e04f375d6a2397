/* Parts lie within the body, in order, and there is an end to them. The input: a Content-Type's parameters, a line end,
 * the body. */
#include "base/assert.h"
#include "codec/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pyr_diag diag = {0};
    struct pyr_multipart m;
    struct pyr_str type = {(const char *)data, size};
    const ptrdiff_t newline = pyr_str_find(type, '\n');
    if (newline < 0)
        return 0;
    type.len = (size_t)newline;
    const struct pyr_span body = {data + newline + 1, size - (size_t)newline - 1};
    if (pyr_multipart_begin(&m, type, body, &diag) != PYR_OK)
        return 0;
    const uint8_t *least = body.ptr;
    for (size_t parts = 0;; parts++) {
        struct pyr_multipart_part part;
        bool more;
        PYR_ASSERT(parts <= size);
        if (pyr_multipart_next(&m, &part, &more, &diag) != PYR_OK || !more)
            return 0;
        PYR_ASSERT(part.body.ptr >= least && part.body.ptr + part.body.len <= body.ptr + body.len);
        least = part.body.ptr + part.body.len;
    }
}
