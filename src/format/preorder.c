#include "format/preorder.h"
#include "codec/varint.h"
#include "format/frames.h"
#include "profile/grow.h"

void pyr_preorder_init(struct pyr_preorder *w, struct pyr_span in, struct pyr_arena *arena)
{
    *w = (struct pyr_preorder){.at = in.ptr, .end = in.ptr + in.len, .base = in.ptr, .arena = arena};
}

static pyr_err corrupt(const struct pyr_preorder *w, const char *what, struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_CORRUPT, "%s at byte %zu", what, (size_t)(w->at - w->base));
}

static pyr_err read_number(struct pyr_preorder *w, uint64_t *out, const char *what, struct pyr_diag *diag)
{
    const uint8_t *next = pyr_uvarint_read(w->at, w->end, out);
    if (next == NULL)
        return corrupt(w, what, diag);
    w->at = next;
    return PYR_OK;
}

static pyr_err read_node(struct pyr_preorder *w, struct pyr_preorder_node *node, uint64_t *children,
                         struct pyr_diag *diag)
{
    uint64_t len;
    PYR_TRY(read_number(w, &len, "truncated or malformed name length", diag));
    if (len > (size_t)(w->end - w->at))
        return corrupt(w, "name reaches past the end", diag);
    node->name = (struct pyr_str){(const char *)w->at, (size_t)len};
    w->at += len;
    PYR_TRY(read_number(w, &node->value, "truncated or malformed value", diag));
    return read_number(w, children, "truncated or malformed number of children", diag);
}

pyr_err pyr_preorder_next(struct pyr_preorder *w, struct pyr_preorder_node *node, bool *more, struct pyr_diag *diag)
{
    while (w->depth != 0 && w->left[w->depth - 1] == 0)
        w->depth--;
    *more = w->depth != 0 || !w->begun;
    if (!*more)
        return w->at == w->end ? PYR_OK : corrupt(w, "bytes follow the last node", diag);
    if (w->depth != 0)
        w->left[w->depth - 1]--;
    w->begun = true;
    node->depth = w->depth;
    uint64_t children;
    PYR_TRY(read_node(w, node, &children, diag));
    if (children == 0)
        return PYR_OK;
    if (!PYR_GROW(w->arena, w->left, w->cap, (uint64_t)w->depth + 1))
        return pyr_frames_full(diag);
    w->left[w->depth++] = children;
    return PYR_OK;
}
