/* gRPC framing and header values on any bytes: nothing is read outside of them, and what was accepted reads back. */
#include "base/assert.h"
#include "net/grpc_frame.h"
#include "net/header_value.h"
#include <string.h>

static void frame(struct pyr_span in)
{
    struct pyr_span message;
    bool compressed;
    if (pyr_grpc_unary(in, &message, &compressed, NULL) != PYR_OK)
        return;
    uint8_t prefix[PYR_GRPC_PREFIX_BYTES];
    pyr_grpc_prefix(prefix, compressed, (uint32_t)message.len);
    PYR_ASSERT(message.len + sizeof(prefix) == in.len && memcmp(prefix, in.ptr, sizeof(prefix)) == 0);
}

/* An encoded message is printable and decodes to what it was. */
static void message(struct pyr_str in)
{
    struct pyr_arena arena;
    struct pyr_buf out;
    struct pyr_str back;
    pyr_arena_init(&arena, 1 << 20, NULL);
    pyr_buf_init(&out, 1 << 20);
    pyr_grpc_message(&out, in);
    for (size_t i = 0; i < out.len; i++)
        PYR_ASSERT(out.data[i] >= 0x20 && out.data[i] <= 0x7e);
    const bool ok = pyr_percent_decode(&arena, pyr_span_str(pyr_buf_span(&out)), false, &back);
    PYR_ASSERT(ok && pyr_str_eq(back, in));
    pyr_buf_free(&out);
    pyr_arena_free(&arena);
}

static void values(struct pyr_str in)
{
    struct pyr_arena arena;
    struct pyr_str out, item;
    int64_t ns;
    (void)pyr_accept_valid(in);
    (void)pyr_accept_encoding_gzip(in);
    (void)pyr_media_charset_utf8(in);
    PYR_ASSERT(pyr_media_type(in).len <= in.len);
    if (pyr_grpc_timeout(in, &ns))
        PYR_ASSERT(ns >= 0);
    pyr_arena_init(&arena, 1 << 20, NULL);
    if (pyr_percent_decode(&arena, in, true, &out))
        PYR_ASSERT(out.len <= in.len);
    pyr_arena_free(&arena);
    while (pyr_list_item(&in, &item))
        PYR_ASSERT(item.len != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 100000)
        return 0;
    const struct pyr_span in = {data, size};
    frame(in);
    message(pyr_span_str(in));
    values(pyr_span_str(in));
    return 0;
}
