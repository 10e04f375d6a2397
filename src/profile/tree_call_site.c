#include "profile/tree_call_site.h"
#include "base/assert.h"

enum { GONE = UINT32_MAX };

/* How many leading frames the path to a node matches: parents are known before their children. A node below the whole
 * site has `count`; a node that leaves the path before is GONE. */
static uint32_t match_of(const struct pyr_tree *t, uint32_t node, const uint32_t *matched, const struct pyr_str *frames,
                         size_t count)
{
    const uint32_t above = matched[t->nodes[node].parent];
    if (above == GONE || above == count)
        return above;
    return pyr_str_eq(t->names[t->nodes[node].name], frames[above]) ? above + 1 : (uint32_t)GONE;
}

static bool site_exists(const struct pyr_tree *t, uint32_t *matched, const struct pyr_str *frames, size_t count)
{
    bool found = count == 0;
    matched[0] = 0;
    for (uint32_t i = 1; i < t->count; i++) {
        matched[i] = match_of(t, i, matched, frames, count);
        found |= matched[i] == count;
    }
    return found;
}

pyr_err pyr_tree_call_site(const struct pyr_tree *t, const struct pyr_str *frames, size_t count,
                           struct pyr_arena *arena, struct pyr_tree *out)
{
    *out = *t;
    if (count == 0)
        return PYR_OK;
    uint32_t *matched = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    uint32_t *node_of = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    out->nodes = PYR_ARENA_ARRAY(arena, struct pyr_tree_node, t->count);
    uint8_t *dropped = t->dropped == NULL ? NULL : PYR_ARENA_ARRAY(arena, uint8_t, t->count);
    if (matched == NULL || node_of == NULL || out->nodes == NULL || (t->dropped != NULL && dropped == NULL))
        return PYR_E_NOMEM;
    const bool found = site_exists(t, matched, frames, count);
    out->nodes[0] = (struct pyr_tree_node){0};
    out->dropped = dropped;
    out->count = 1;
    node_of[0] = 0;
    for (uint32_t i = 1; found && i < t->count; i++) {
        if (matched[i] == GONE)
            continue;
        if (dropped != NULL)
            dropped[out->count] = t->dropped[i];
        const struct pyr_tree_node n = t->nodes[i];
        out->nodes[out->count] = (struct pyr_tree_node){node_of[n.parent], n.name, matched[i] == count ? n.self : 0, 0};
        node_of[i] = out->count++;
    }
    if (dropped != NULL)
        dropped[0] = 0;
    pyr_tree_sum_totals(out);
    PYR_DASSERT(pyr_tree_valid(out));
    return PYR_OK;
}
