#include "profile/tree_bytes.h"
#include "codec/varint.h"
#include "profile/tree_order.h"

static void put_uvarint(struct pyr_buf *out, uint64_t v)
{
    uint8_t *at = pyr_buf_reserve(out, PYR_UVARINT_BYTES_MAX);
    if (at != NULL)
        out->len += (size_t)(pyr_uvarint_write(at, v) - at);
}

static void put_node(const struct pyr_tree *t, uint32_t node, uint32_t children, struct pyr_buf *out)
{
    const struct pyr_str name = node == 0 ? PYR_STR("") : t->names[t->nodes[node].name];
    const int64_t self = t->nodes[node].self;
    put_uvarint(out, name.len);
    pyr_buf_str(out, name);
    put_uvarint(out, self < 0 ? 0 : (uint64_t)self);
    put_uvarint(out, children);
}

pyr_err pyr_tree_bytes_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_buf *out)
{
    if (t->count == 1)
        return PYR_OK;
    struct pyr_tree_order order;
    PYR_TRY(pyr_tree_order_by_name(t, scratch, &order));
    uint32_t *stack = PYR_ARENA_ARRAY(scratch, uint32_t, t->count);
    if (stack == NULL)
        return PYR_E_NOMEM;
    uint32_t depth = 0;
    stack[depth++] = 0;
    while (depth != 0) {
        const uint32_t node = stack[--depth];
        put_node(t, node, order.first[node + 1] - order.first[node], out);
        for (uint32_t k = order.first[node]; k < order.first[node + 1]; k++)
            stack[depth++] = order.child[k];
    }
    return PYR_OK;
}
