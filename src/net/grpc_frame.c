#include "net/grpc_frame.h"
#include "base/time.h"

pyr_err pyr_grpc_unary(struct pyr_span body, struct pyr_span *message, bool *compressed, struct pyr_diag *diag)
{
    if (body.len == 0)
        return pyr_fail(diag, PYR_E_UNIMPLEMENTED, "a unary call carries one message, this one none");
    if (body.len < PYR_GRPC_PREFIX_BYTES)
        return pyr_fail(diag, PYR_E_INVALID, "gRPC message prefix is cut short: %zu bytes of 5", body.len);
    if (body.ptr[0] > PYR_GRPC_COMPRESSED)
        return pyr_fail(diag, PYR_E_INVALID, "unknown flags %#x in the gRPC message prefix", body.ptr[0]);
    const uint32_t len =
        (uint32_t)body.ptr[1] << 24 | (uint32_t)body.ptr[2] << 16 | (uint32_t)body.ptr[3] << 8 | body.ptr[4];
    const size_t there = body.len - PYR_GRPC_PREFIX_BYTES;
    if (len > there)
        return pyr_fail(diag, PYR_E_INVALID, "gRPC message is cut short: %zu bytes of %u", there, len);
    if (len < there)
        return pyr_fail(diag, PYR_E_UNIMPLEMENTED, "a unary call carries one message, this one more");
    *compressed = body.ptr[0] == PYR_GRPC_COMPRESSED;
    *message = (struct pyr_span){body.ptr + PYR_GRPC_PREFIX_BYTES, len};
    return PYR_OK;
}

void pyr_grpc_prefix(uint8_t out[PYR_GRPC_PREFIX_BYTES], uint8_t flags, uint32_t len)
{
    out[0] = flags;
    out[1] = (uint8_t)(len >> 24);
    out[2] = (uint8_t)(len >> 16);
    out[3] = (uint8_t)(len >> 8);
    out[4] = (uint8_t)len;
}

static int64_t unit_ns(char unit)
{
    switch (unit) {
    case 'H':
        return 3600 * PYR_NS_PER_S;
    case 'M':
        return 60 * PYR_NS_PER_S;
    case 'S':
        return PYR_NS_PER_S;
    case 'm':
        return PYR_NS_PER_MS;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

bool pyr_grpc_timeout(struct pyr_str value, int64_t *ns)
{
    uint64_t number = 0;
    if (value.len < 2 || value.len > 9 || !pyr_str_to_u64((struct pyr_str){value.ptr, value.len - 1}, &number))
        return false;
    const int64_t unit = unit_ns(value.ptr[value.len - 1]);
    /* 99999999 hours do not fit; no call lives that long. */
    const int64_t most = INT64_MAX / 4;
    *ns = unit != 0 && (int64_t)number > most / unit ? most : (int64_t)number * unit;
    return unit != 0;
}

void pyr_grpc_message(struct pyr_buf *out, struct pyr_str text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = (uint8_t)text.ptr[i];
        if (c >= 0x20 && c <= 0x7e && c != '%') {
            pyr_buf_byte(out, c);
            continue;
        }
        const char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
        pyr_buf_append(out, escaped, sizeof(escaped));
    }
}
