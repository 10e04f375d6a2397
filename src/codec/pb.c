#include "codec/pb.h"
#include "base/assert.h"

pyr_err pyr_pb_fail(const struct pyr_pb_reader *r, struct pyr_diag *diag, const char *what)
{
    PYR_ASSERT(r->error != NULL);
    return pyr_fail(diag, PYR_E_CORRUPT, "%s: %s at byte %zu", what, r->error, pyr_pb_offset(r));
}

void pyr_pb_refuse_varint_(struct pyr_pb_reader *r)
{
    const uint8_t *p = r->at;
    while (p < r->end && *p >= 0x80)
        p++;
    const bool ends = p < r->end;
    const bool too_long = ends || p - r->at >= PYR_UVARINT_BYTES_MAX;
    (void)pyr_pb_error(r, too_long ? "varint of more than 64 bits" : "truncated varint");
}

void pyr_pb_refuse_tag_(struct pyr_pb_reader *r, uint64_t tag)
{
    (void)pyr_pb_error(r, tag > UINT32_MAX || tag < 8 ? "invalid field number" : "invalid wire type");
}

/* `tag` is a group's start. Groups nest, so the numbers of those open are kept; nothing we read has any. */
bool pyr_pb_skip_group_(struct pyr_pb_reader *r)
{
    uint32_t open[PYR_PB_DEPTH_MAX];
    size_t depth = 0;
    const uint32_t outer = r->tag;
    do {
        if (pyr_pb_wire(r) == PYR_PB_WIRE_GROUP_START) {
            if (depth == PYR_PB_DEPTH_MAX)
                return pyr_pb_error(r, "groups nested too deep");
            open[depth++] = pyr_pb_number(r);
        } else if (pyr_pb_wire(r) == PYR_PB_WIRE_GROUP_END) {
            if (depth == 0 || open[--depth] != pyr_pb_number(r))
                return pyr_pb_error(r, "end of a group that was not begun");
        } else if (!pyr_pb_skip(r)) {
            return false;
        }
    } while (depth != 0 && pyr_pb_next(r));
    r->tag = outer;
    return depth == 0 || pyr_pb_error(r, "truncated group");
}

void pyr_pb_put_varint(struct pyr_buf *out, uint64_t v)
{
    uint8_t *at = pyr_buf_reserve(out, pyr_uvarint_size(v));
    if (at != NULL)
        out->len += (size_t)(pyr_uvarint_write(at, v) - at);
}

void pyr_pb_put_fixed32(struct pyr_buf *out, uint32_t v)
{
    pyr_buf_append(out, &v, sizeof(v));
}

void pyr_pb_put_fixed64(struct pyr_buf *out, uint64_t v)
{
    pyr_buf_append(out, &v, sizeof(v));
}

void pyr_pb_write_uint(struct pyr_buf *out, uint32_t number, uint64_t v)
{
    pyr_pb_put_tag(out, number, PYR_PB_WIRE_VARINT);
    pyr_pb_put_varint(out, v);
}

void pyr_pb_write_bytes(struct pyr_buf *out, uint32_t number, struct pyr_span v)
{
    pyr_pb_put_tag(out, number, PYR_PB_WIRE_LEN);
    pyr_pb_put_varint(out, v.len);
    pyr_buf_append(out, v.ptr, v.len);
}

void pyr_pb_write_str(struct pyr_buf *out, uint32_t number, struct pyr_str v)
{
    pyr_pb_write_bytes(out, number, pyr_str_span(v));
}

void pyr_pb_write_packed_u64(struct pyr_buf *out, uint32_t number, const uint64_t *v, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += pyr_uvarint_size(v[i]);
    pyr_pb_put_tag(out, number, PYR_PB_WIRE_LEN);
    pyr_pb_put_varint(out, bytes);
    uint8_t *at = pyr_buf_reserve(out, bytes);
    if (at == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        at = pyr_uvarint_write(at, v[i]);
    out->len += bytes;
}

void pyr_pb_write_packed_i64(struct pyr_buf *out, uint32_t number, const int64_t *v, size_t count)
{
    /* Signed and unsigned versions of a type may alias (C17 6.5p7). */
    pyr_pb_write_packed_u64(out, number, (const uint64_t *)v, count);
}

size_t pyr_pb_begin(struct pyr_buf *out, uint32_t number)
{
    pyr_pb_put_tag(out, number, PYR_PB_WIRE_LEN);
    pyr_buf_byte(out, 0);
    return out->len;
}

void pyr_pb_end(struct pyr_buf *out, size_t begun)
{
    if (out->err != PYR_OK)
        return;
    PYR_ASSERT(begun > 0 && begun <= out->len);
    const size_t len = out->len - begun;
    const size_t more = pyr_uvarint_size(len) - 1;
    if (more != 0) {
        if (pyr_buf_reserve(out, more) == NULL)
            return;
        memmove(out->data + begun + more, out->data + begun, len);
        out->len += more;
    }
    pyr_uvarint_write(out->data + begun - 1, len);
}
