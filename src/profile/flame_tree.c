#include "profile/flame_tree.h"
#include "base/assert.h"
#include "codec/varint.h"
#include "profile/tree_order.h"

enum { HEADER_BYTES = 64, VERSION = 1, FLAG_TRIMMED = 1, UNNUMBERED = UINT32_MAX };

struct encoder {
    const struct pyr_tree *tree;
    struct pyr_tree_order order;
    const uint32_t *nodes; /* level order */
    uint32_t *name_ids;    /* of the tree's names: number in the answer */
    uint32_t *used;        /* number in the answer: the tree's name id */
    uint32_t used_count;
    uint64_t scale;
    struct pyr_buf *out;
};

static uint64_t self_of(const struct pyr_tree *t, uint32_t node)
{
    const int64_t self = t->nodes[node].self;
    return node == 0 || self < 0 ? 0 : (uint64_t)self;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t scale_of(const struct pyr_tree *t)
{
    uint64_t scale = 0;
    for (uint32_t i = 1; i < t->count && scale != 1; i++)
        scale = common_divisor(self_of(t, i), scale);
    return scale == 0 ? 1 : scale;
}

static void number_names(struct encoder *e)
{
    memset(e->name_ids, 0xff, e->tree->name_count * sizeof(*e->name_ids));
    for (uint32_t i = 0; i < e->tree->count; i++) {
        const uint32_t name = e->tree->nodes[e->nodes[i]].name;
        if (e->name_ids[name] != UNNUMBERED)
            continue;
        e->used[e->used_count] = name;
        e->name_ids[name] = e->used_count++;
    }
}

static uint64_t children_of(const struct encoder *e, uint32_t node)
{
    return e->order.first[node + 1] - e->order.first[node];
}
static uint64_t name_of(const struct encoder *e, uint32_t node)
{
    return e->name_ids[e->tree->nodes[node].name];
}
static uint64_t scaled_self_of(const struct encoder *e, uint32_t node)
{
    return self_of(e->tree, node) / e->scale;
}

/* One section of varints, one for each node in level order; returns its bytes. */
static size_t put_column(struct encoder *e, uint64_t (*value)(const struct encoder *, uint32_t node))
{
    const size_t start = e->out->len;
    uint8_t *at = pyr_buf_reserve(e->out, (size_t)e->tree->count * PYR_UVARINT_BYTES_MAX);
    if (at == NULL)
        return 0;
    for (uint32_t i = 0; i < e->tree->count; i++)
        at = pyr_uvarint_write(at, value(e, e->nodes[i]));
    e->out->len = (size_t)(at - e->out->data);
    return e->out->len - start;
}

static size_t put_dropped(struct encoder *e)
{
    const size_t bytes = ((size_t)e->tree->count + 7) / 8;
    uint8_t *bits = pyr_buf_reserve(e->out, bytes);
    if (bits == NULL)
        return 0;
    memset(bits, 0, bytes);
    bool any = false;
    for (uint32_t i = 0; i < e->tree->count; i++)
        if (pyr_tree_is_dropped(e->tree, e->nodes[i])) {
            bits[i >> 3] |= (uint8_t)(1u << (i & 7));
            any = true;
        }
    if (any)
        e->out->len += bytes;
    return any ? bytes : 0;
}

static size_t put_names(struct encoder *e)
{
    const size_t start = e->out->len;
    for (uint32_t i = 0; i < e->used_count; i++) {
        if (i != 0)
            pyr_buf_byte(e->out, 0);
        pyr_buf_str(e->out, e->tree->names[e->used[i]]);
    }
    return e->out->len - start;
}

static uint8_t *le16(uint8_t *p, uint16_t v)
{
    return (uint8_t *)memcpy(p, &v, sizeof(v)) + sizeof(v);
}
static uint8_t *le32(uint8_t *p, uint32_t v)
{
    return (uint8_t *)memcpy(p, &v, sizeof(v)) + sizeof(v);
}
static uint8_t *le64(uint8_t *p, uint64_t v)
{
    return (uint8_t *)memcpy(p, &v, sizeof(v)) + sizeof(v);
}

static void put_header(const struct encoder *e, uint8_t *p, const size_t sections[5])
{
    static const uint8_t magic[4] = {'P', 'Y', 'F', 'T'};
    memset(p, 0, HEADER_BYTES);
    memcpy(p, magic, sizeof(magic));
    p = le16(p + sizeof(magic), VERSION);
    p = le16(p, sections[3] != 0 ? FLAG_TRIMMED : 0);
    p = le32(p, e->tree->count);
    p = le32(p, e->used_count);
    p = le64(p, e->scale);
    for (int i = 0; i < 5; i++)
        p = le32(p, (uint32_t)sections[i]);
}

static pyr_err encode(struct encoder *e)
{
    const size_t start = e->out->len;
    if (pyr_buf_reserve(e->out, HEADER_BYTES) == NULL)
        return PYR_OK;
    e->out->len += HEADER_BYTES;
    size_t sections[5];
    sections[0] = put_column(e, children_of);
    sections[1] = put_column(e, name_of);
    sections[2] = put_column(e, scaled_self_of);
    sections[3] = put_dropped(e);
    sections[4] = put_names(e);
    if (e->out->err != PYR_OK)
        return PYR_OK;
    for (int i = 0; i < 5; i++)
        if (sections[i] > UINT32_MAX)
            return PYR_E_TOOBIG;
    put_header(e, e->out->data + start, sections);
    return PYR_OK;
}

pyr_err pyr_flame_tree_encode(const struct pyr_tree *t, struct pyr_arena *scratch, struct pyr_buf *out)
{
    struct encoder e = {.tree = t, .out = out, .scale = scale_of(t)};
    PYR_TRY(pyr_tree_order_by_total(t, scratch, &e.order));
    e.nodes = pyr_tree_level_order(t, &e.order, scratch);
    e.name_ids = PYR_ARENA_ARRAY(scratch, uint32_t, t->name_count);
    e.used = PYR_ARENA_ARRAY(scratch, uint32_t, t->name_count);
    if (e.nodes == NULL || e.name_ids == NULL || e.used == NULL)
        return PYR_E_NOMEM;
    number_names(&e);
    return encode(&e);
}
