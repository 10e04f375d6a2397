#include "format/tree.h"
#include "format/frames.h"
#include "format/preorder.h"
#include "profile/grow.h"

struct tree {
    struct pyr_frames frames;
    uint32_t *count_at; /* frames of the path down to the node last seen at each depth */
    uint32_t cap;
};

static pyr_err take_node(struct tree *t, const struct pyr_preorder_node *node, size_t offset, struct pyr_diag *diag)
{
    size_t bad_at;
    if (!pyr_utf8_valid(node->name, &bad_at))
        return pyr_fail(diag, PYR_E_CORRUPT, "invalid UTF-8 in the name of the node that ends at byte %zu", offset);
    t->frames.count = node->depth == 0 ? 0 : t->count_at[node->depth - 1];
    if (!PYR_GROW(t->frames.builder.arena, t->count_at, t->cap, (uint64_t)node->depth + 1) ||
        !pyr_frames_push(&t->frames, node->name, false))
        return pyr_frames_full(diag);
    t->count_at[node->depth] = t->frames.count;
    return node->value == 0 ? PYR_OK : pyr_frames_sample(&t->frames, node->value, diag);
}

pyr_err pyr_tree_decode(struct pyr_span in, const struct pyr_format_limits *limits, struct pyr_arena *arena,
                        struct pyr_profile *out, struct pyr_diag *diag)
{
    struct tree t = {0};
    struct pyr_preorder walk;
    if (!pyr_frames_init(&t.frames, limits, arena, out, in.len))
        return pyr_frames_full(diag);
    pyr_preorder_init(&walk, in, arena);
    for (;;) {
        struct pyr_preorder_node node;
        bool more;
        PYR_TRY(pyr_preorder_next(&walk, &node, &more, diag));
        if (!more)
            return PYR_OK;
        PYR_TRY(take_node(&t, &node, (size_t)(walk.at - walk.base), diag));
    }
}
