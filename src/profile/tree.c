#include "profile/tree.h"
#include "base/assert.h"
#include "base/hash.h"

enum { FIRST_CAP = 256 };

static pyr_err grow(struct pyr_arena *arena, void **items, uint32_t *cap, size_t item_bytes)
{
    const size_t wanted = *cap == 0 ? FIRST_CAP : (size_t)*cap * 2;
    if (wanted > UINT32_MAX / 2)
        return PYR_E_TOOBIG;
    void *grown = pyr_arena_regrow(arena, *items, *cap * item_bytes, wanted * item_bytes);
    if (grown == NULL)
        return PYR_E_NOMEM;
    *items = grown;
    *cap = (uint32_t)wanted;
    return PYR_OK;
}

pyr_err pyr_tree_builder_init(struct pyr_tree_builder *b, struct pyr_arena *arena, uint32_t nodes_max)
{
    *b = (struct pyr_tree_builder){.arena = arena};
    pyr_index_init(&b->by_child, nodes_max);
    pyr_index_init(&b->by_name, nodes_max);
    PYR_TRY(grow(arena, (void **)&b->tree.nodes, &b->node_cap, sizeof(*b->tree.nodes)));
    b->tree.nodes[0] = (struct pyr_tree_node){0};
    b->tree.count = 1;
    uint32_t total;
    PYR_TRY(pyr_tree_builder_name(b, PYR_STR("total"), &total));
    PYR_ASSERT(total == 0);
    return PYR_OK;
}

void pyr_tree_builder_free(struct pyr_tree_builder *b)
{
    pyr_index_free(&b->by_child);
    pyr_index_free(&b->by_name);
}

static uint32_t find_name(const struct pyr_tree_builder *b, uint64_t hash, struct pyr_str name)
{
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&b->by_name, hash, &c); id != PYR_INDEX_NONE;
         id = pyr_index_next(&b->by_name, &c))
        if (pyr_str_eq(b->tree.names[id], name))
            return id;
    return PYR_INDEX_NONE;
}

static bool is_clean(struct pyr_str s)
{
    return (s.len == 0 || memchr(s.ptr, 0, s.len) == NULL) && pyr_utf8_valid(s, &(size_t){0});
}

/* A copy in the arena; each byte that is no text becomes U+FFFD (three bytes). */
static struct pyr_str clean_copy(struct pyr_arena *arena, struct pyr_str s)
{
    if (is_clean(s))
        return pyr_arena_str(arena, s);
    char *text = pyr_arena_array(arena, s.len, 3);
    if (text == NULL)
        return (struct pyr_str){0};
    size_t len = 0;
    while (s.len != 0) {
        const size_t n = *s.ptr == 0 ? 0 : pyr_utf8_len(s);
        memcpy(text + len, n != 0 ? s.ptr : "\xef\xbf\xbd", n != 0 ? n : 3);
        len += n != 0 ? n : 3;
        s = (struct pyr_str){s.ptr + (n != 0 ? n : 1), s.len - (n != 0 ? n : 1)};
    }
    return (struct pyr_str){text, len};
}

static pyr_err insert_name(struct pyr_tree_builder *b, uint64_t hash, struct pyr_str clean, uint32_t *id)
{
    if (b->tree.name_count == b->name_cap)
        PYR_TRY(grow(b->arena, (void **)&b->tree.names, &b->name_cap, sizeof(*b->tree.names)));
    PYR_TRY(pyr_index_insert(&b->by_name, hash, b->tree.name_count));
    b->tree.names[b->tree.name_count] = clean;
    *id = b->tree.name_count++;
    return PYR_OK;
}

pyr_err pyr_tree_builder_name(struct pyr_tree_builder *b, struct pyr_str name, uint32_t *id)
{
    const uint64_t hash = pyr_hash_str(name);
    if ((*id = find_name(b, hash, name)) != PYR_INDEX_NONE)
        return PYR_OK;
    const struct pyr_str clean = clean_copy(b->arena, name);
    if (clean.ptr == NULL)
        return PYR_E_NOMEM;
    if (pyr_str_eq(clean, name))
        return insert_name(b, hash, clean, id);
    const uint64_t clean_hash = pyr_hash_str(clean);
    *id = find_name(b, clean_hash, clean);
    return *id != PYR_INDEX_NONE ? PYR_OK : insert_name(b, clean_hash, clean, id);
}

pyr_err pyr_tree_builder_child(struct pyr_tree_builder *b, uint32_t parent, uint32_t name, uint32_t *node)
{
    struct pyr_tree *t = &b->tree;
    PYR_ASSERT(parent < t->count && name < t->name_count);
    const uint64_t hash = pyr_hash_mix(pyr_hash_seed, (uint64_t)parent << 32 | name);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(&b->by_child, hash, &c); id != PYR_INDEX_NONE;
         id = pyr_index_next(&b->by_child, &c))
        if (t->nodes[id].parent == parent && t->nodes[id].name == name) {
            *node = id;
            return PYR_OK;
        }
    if (t->count == b->node_cap)
        PYR_TRY(grow(b->arena, (void **)&t->nodes, &b->node_cap, sizeof(*t->nodes)));
    PYR_TRY(pyr_index_insert(&b->by_child, hash, t->count));
    t->nodes[t->count] = (struct pyr_tree_node){.parent = parent, .name = name};
    *node = t->count++;
    return PYR_OK;
}

pyr_err pyr_tree_builder_add_stack(struct pyr_tree_builder *b, const struct pyr_str *frames, uint32_t count,
                                   int64_t value)
{
    uint32_t node = 0, name;
    for (uint32_t i = 0; i < count; i++) {
        PYR_TRY(pyr_tree_builder_name(b, frames[i], &name));
        PYR_TRY(pyr_tree_builder_child(b, node, name, &node));
    }
    pyr_tree_builder_add(b, node, value);
    return PYR_OK;
}

void pyr_tree_sum_totals(struct pyr_tree *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        t->nodes[i].total = t->nodes[i].self;
    for (uint32_t i = t->count; i-- > 1;) {
        struct pyr_tree_node *parent = &t->nodes[t->nodes[i].parent];
        parent->total = pyr_add_saturating(parent->total, t->nodes[i].total);
    }
}

struct pyr_tree pyr_tree_builder_finish(struct pyr_tree_builder *b)
{
    pyr_tree_sum_totals(&b->tree);
    PYR_DASSERT(pyr_tree_valid(&b->tree));
    return b->tree;
}

uint32_t pyr_tree_find_name(const struct pyr_tree *t, struct pyr_str name)
{
    for (uint32_t i = 0; i < t->name_count; i++)
        if (pyr_str_eq(t->names[i], name))
            return i;
    return UINT32_MAX;
}

bool pyr_tree_valid(const struct pyr_tree *t)
{
    if (t->count == 0 || t->name_count == 0 || !pyr_str_eq(t->names[0], PYR_STR("total")))
        return false;
    if (t->nodes[0].parent != 0 || t->nodes[0].name != 0)
        return false;
    for (uint32_t i = 1; i < t->count; i++)
        if (t->nodes[i].parent >= i || t->nodes[i].name >= t->name_count)
            return false;
    for (uint32_t i = 0; i < t->name_count; i++)
        if (!is_clean(t->names[i]))
            return false;
    return true;
}
