#include "format/trie.h"
#include "format/frames.h"
#include "format/preorder.h"
#include "profile/grow.h"

/* The key down to a node: frames that a ';' ended, and the one that goes on. */
struct key {
    uint32_t frames;
    uint32_t partial; /* bytes of that one */
    uint32_t end;     /* of its bytes in trie.path */
};

struct trie {
    struct pyr_frames frames;
    struct key *key_at; /* of the node last seen at each depth */
    uint32_t key_cap;
    char *path; /* all partial frames on the way down, the deepest last */
    uint32_t path_cap;
    struct pyr_diag *diag;
};

static pyr_err push_frame(struct trie *t, struct pyr_str name)
{
    size_t bad_at;
    PYR_TRY(pyr_frames_expand(&t->frames, name.len, t->diag));
    if (!pyr_utf8_valid(name, &bad_at))
        return pyr_fail(t->diag, PYR_E_CORRUPT, "invalid UTF-8 in a frame's name");
    return pyr_frames_push(&t->frames, name, true) ? PYR_OK : pyr_frames_full(t->diag);
}

/* Appends `len` bytes to the partial frame. The parent's bytes stay: siblings go on from them. */
static pyr_err extend(struct trie *t, struct key *key, const char *bytes, size_t len)
{
    if (!PYR_GROW(t->frames.builder.arena, t->path, t->path_cap, (uint64_t)key->end + len))
        return pyr_frames_full(t->diag);
    if (len != 0)
        memcpy(t->path + key->end, bytes, len);
    key->end += (uint32_t)len;
    key->partial += (uint32_t)len;
    return PYR_OK;
}

static struct pyr_str partial_frame(const struct trie *t, const struct key *key)
{
    return key->partial == 0 ? PYR_STR("") : (struct pyr_str){t->path + (key->end - key->partial), key->partial};
}

static pyr_err extend_key(struct trie *t, struct key *key, struct pyr_str suffix)
{
    while (suffix.len != 0) {
        const char *semicolon = memchr(suffix.ptr, ';', suffix.len);
        const size_t len = semicolon != NULL ? (size_t)(semicolon - suffix.ptr) : suffix.len;
        PYR_TRY(extend(t, key, suffix.ptr, len));
        if (semicolon == NULL)
            break;
        PYR_TRY(push_frame(t, partial_frame(t, key)));
        *key = (struct key){.frames = t->frames.count, .end = key->end};
        suffix.ptr += len + 1;
        suffix.len -= len + 1;
    }
    return PYR_OK;
}

static pyr_err take_node(struct trie *t, const struct pyr_preorder_node *node)
{
    struct key key = {0};
    if (node->depth != 0)
        key = t->key_at[node->depth - 1];
    t->frames.count = key.frames;
    PYR_TRY(extend_key(t, &key, node->name));
    if (!PYR_GROW(t->frames.builder.arena, t->key_at, t->key_cap, (uint64_t)node->depth + 1))
        return pyr_frames_full(t->diag);
    t->key_at[node->depth] = key;
    if (node->value == 0)
        return PYR_OK;
    PYR_TRY(push_frame(t, partial_frame(t, &key)));
    return pyr_frames_sample(&t->frames, node->value, t->diag);
}

pyr_err pyr_trie_decode(struct pyr_span in, const struct pyr_format_limits *limits, struct pyr_arena *arena,
                        struct pyr_profile *out, struct pyr_diag *diag)
{
    struct trie t = {.diag = diag};
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
        const pyr_err err = take_node(&t, &node);
        if (err != PYR_OK) {
            pyr_diag_prefix(diag, "node before byte %zu", (size_t)(walk.at - walk.base));
            return err;
        }
    }
}
