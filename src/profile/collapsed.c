#include "profile/collapsed.h"
#include "profile/tree_order.h"
#include <inttypes.h>

static void put_name(struct pyr_buf *out, struct pyr_str name)
{
    const size_t start = out->len;
    pyr_buf_str(out, name);
    for (size_t i = start; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
}

/* `path` holds the frames above and of the node that is visited; ends[d] is its length with d frames. */
static void put_line(const struct pyr_tree *t, uint32_t node, const struct pyr_buf *path, struct pyr_buf *out)
{
    if (t->nodes[node].self == 0 || node == 0)
        return;
    pyr_buf_append(out, path->data, path->len);
    pyr_buf_printf(out, " %" PRId64 "\n", t->nodes[node].self);
}

static void walk(const struct pyr_tree *t, const struct pyr_tree_order *order, uint32_t *stack, uint32_t *depth_of,
                 size_t *ends, struct pyr_buf *path, struct pyr_buf *out)
{
    uint32_t top = 0;
    stack[top++] = 0;
    depth_of[0] = 0;
    ends[0] = 0;
    while (top != 0 && out->err == PYR_OK && path->err == PYR_OK) {
        const uint32_t node = stack[--top], depth = depth_of[node];
        if (depth != 0) {
            path->len = ends[depth - 1];
            if (depth > 1)
                pyr_buf_byte(path, ';');
            put_name(path, t->names[t->nodes[node].name]);
            ends[depth] = path->len;
        }
        put_line(t, node, path, out);
        for (uint32_t k = order->first[node + 1]; k-- > order->first[node];) {
            depth_of[order->child[k]] = depth + 1;
            stack[top++] = order->child[k];
        }
    }
}

pyr_err pyr_collapsed_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_buf *out)
{
    struct pyr_tree_order order;
    PYR_TRY(pyr_tree_order_by_name(t, scratch, &order));
    uint32_t *stack = PYR_ARENA_ARRAY(scratch, uint32_t, t->count);
    uint32_t *depth_of = PYR_ARENA_ARRAY(scratch, uint32_t, t->count);
    size_t *ends = PYR_ARENA_ARRAY(scratch, size_t, (size_t)t->count + 1);
    if (stack == NULL || depth_of == NULL || ends == NULL)
        return PYR_E_NOMEM;
    struct pyr_buf path;
    pyr_buf_init(&path, out->max);
    walk(t, &order, stack, depth_of, ends, &path, out);
    const pyr_err err = path.err;
    pyr_buf_free(&path);
    return err;
}
