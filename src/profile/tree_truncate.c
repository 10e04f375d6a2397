#include "profile/tree_truncate.h"
#include "base/assert.h"

/* Order-preserving map from signed to unsigned. */
static uint64_t key_of(int64_t total)
{
    return (uint64_t)total ^ (UINT64_C(1) << 63);
}

/* Keeps those keys whose byte at `shift` is `byte`. */
static uint32_t keep_matching(uint64_t *keys, uint32_t count, unsigned shift, unsigned byte)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if ((keys[i] >> shift & 0xff) == byte)
            keys[kept++] = keys[i];
    return kept;
}

/* Radix selection: byte by byte from the top, only the keys that share the prefix stay. */
static uint64_t nth_largest(uint64_t *keys, uint32_t count, uint32_t n)
{
    PYR_ASSERT(n >= 1 && n <= count);
    for (unsigned shift = 56; count > 1; shift -= 8) {
        uint32_t histogram[256] = {0};
        for (uint32_t i = 0; i < count; i++)
            histogram[keys[i] >> shift & 0xff]++;
        unsigned byte = 255;
        for (; histogram[byte] < n; byte--)
            n -= histogram[byte];
        count = keep_matching(keys, count, shift, byte);
        if (shift == 0)
            break;
    }
    return keys[0];
}

pyr_err pyr_tree_threshold(const struct pyr_tree *t, uint32_t n, struct pyr_arena *scratch, int64_t *out)
{
    *out = n == 0 ? INT64_MAX : INT64_MIN;
    if (n == 0 || t->count - 1 <= n)
        return PYR_OK;
    uint64_t *keys = PYR_ARENA_ARRAY(scratch, uint64_t, t->count);
    if (keys == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 1; i < t->count; i++)
        keys[i - 1] = key_of(t->nodes[i].total);
    *out = (int64_t)(nth_largest(keys, t->count - 1, n) ^ (UINT64_C(1) << 63));
    return PYR_OK;
}

enum { GONE = UINT32_MAX };

struct cut {
    const struct pyr_tree *in;
    struct pyr_tree *out;
    uint8_t *dropped;   /* of out */
    uint8_t *loses;     /* of in: has children below the threshold */
    uint32_t *node_of;  /* of in: where it went, or GONE */
    uint32_t *other_of; /* of out: its leaf for what was dropped, 0 = none yet */
    uint32_t other_name;
    int64_t threshold;
    bool fold_other;
};

static bool is_below(const struct cut *c, uint32_t i)
{
    return c->in->nodes[i].total < c->threshold || pyr_tree_is_dropped(c->in, i);
}

static bool stays(const struct cut *c, uint32_t i)
{
    const struct pyr_tree_node *n = &c->in->nodes[i];
    return !is_below(c, i) && !(c->fold_other && n->name == c->other_name && c->loses[n->parent] != 0);
}

static uint32_t append(struct cut *c, struct pyr_tree_node node, bool dropped)
{
    const uint32_t id = c->out->count++;
    c->out->nodes[id] = node;
    c->dropped[id] = dropped;
    c->other_of[id] = 0;
    return id;
}

static void drop(struct cut *c, uint32_t parent, int64_t total)
{
    if (c->other_of[parent] == 0)
        c->other_of[parent] = append(c, (struct pyr_tree_node){.parent = parent, .name = c->other_name}, true);
    struct pyr_tree_node *other = &c->out->nodes[c->other_of[parent]];
    other->self = other->total = pyr_add_saturating(other->self, total);
}

static void cut_nodes(struct cut *c)
{
    for (uint32_t i = 1; i < c->in->count; i++) {
        struct pyr_tree_node n = c->in->nodes[i];
        const uint32_t parent = c->node_of[n.parent];
        c->node_of[i] = GONE;
        if (parent == GONE)
            continue;
        n.parent = parent;
        if (stays(c, i))
            c->node_of[i] = append(c, n, false);
        else
            drop(c, parent, n.total);
    }
}

static uint32_t mark_losers(struct cut *c)
{
    uint32_t below = 0;
    for (uint32_t i = 1; i < c->in->count; i++)
        if (is_below(c, i)) {
            c->loses[c->in->nodes[i].parent] = 1;
            below++;
        }
    return below;
}

/* The names, with `other` at the end if it is not among them. */
static pyr_err find_other(struct cut *c, struct pyr_arena *arena)
{
    c->other_name = pyr_tree_find_name(c->in, PYR_TREE_OTHER);
    if (c->other_name != UINT32_MAX)
        return PYR_OK;
    struct pyr_str *names = PYR_ARENA_ARRAY(arena, struct pyr_str, (size_t)c->in->name_count + 1);
    if (names == NULL)
        return PYR_E_NOMEM;
    memcpy(names, c->in->names, c->in->name_count * sizeof(*names));
    names[c->in->name_count] = PYR_TREE_OTHER;
    c->other_name = c->in->name_count;
    c->out->names = names;
    c->out->name_count++;
    return PYR_OK;
}

pyr_err pyr_tree_truncate(const struct pyr_tree *t, int64_t threshold, bool fold_other, struct pyr_arena *arena,
                          struct pyr_tree *out)
{
    *out = *t;
    struct cut c = {.in = t, .out = out, .threshold = threshold, .fold_other = fold_other};
    if ((c.loses = pyr_arena_zalloc(arena, t->count, 1)) == NULL)
        return PYR_E_NOMEM;
    if (mark_losers(&c) == 0)
        return PYR_OK;
    /* A leaf stands for at least one node that goes, so the result is never larger than the input. */
    out->nodes = PYR_ARENA_ARRAY(arena, struct pyr_tree_node, t->count);
    c.dropped = PYR_ARENA_ARRAY(arena, uint8_t, t->count);
    c.node_of = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    c.other_of = PYR_ARENA_ARRAY(arena, uint32_t, t->count);
    if (out->nodes == NULL || c.dropped == NULL || c.node_of == NULL || c.other_of == NULL)
        return PYR_E_NOMEM;
    PYR_TRY(find_other(&c, arena));
    out->count = 0;
    out->dropped = c.dropped;
    c.node_of[0] = append(&c, t->nodes[0], false);
    cut_nodes(&c);
    PYR_DASSERT(pyr_tree_valid(out));
    return PYR_OK;
}
