#include "storage/repeats.h"
#include "base/mem.h"

static void half_init(struct pyr_repeats_half *h)
{
    *h = (struct pyr_repeats_half){0};
    pyr_index_init(&h->index, PYR_REPEATS_HALF_MAX);
}

static void half_free(struct pyr_repeats_half *h)
{
    pyr_index_free(&h->index);
    pyr_free(h->keys);
}

void pyr_repeats_init(struct pyr_repeats *r)
{
    *r = (struct pyr_repeats){0};
    pyr_mutex_init(&r->lock, PYR_RANK_REPEATS, "repeats");
    half_init(&r->newer);
    half_init(&r->older);
}

void pyr_repeats_free(struct pyr_repeats *r)
{
    half_free(&r->newer);
    half_free(&r->older);
    pyr_mutex_destroy(&r->lock);
}

static struct pyr_repeat_key *half_find(struct pyr_repeats_half *h, struct pyr_repeat_key key)
{
    struct pyr_index_cursor c;
    for (uint32_t at = pyr_index_first(&h->index, key.word[0], &c); at != PYR_INDEX_NONE;
         at = pyr_index_next(&h->index, &c))
        if (h->keys[at].word[0] == key.word[0] && h->keys[at].word[1] == key.word[1])
            return &h->keys[at];
    return NULL;
}

static pyr_err half_add(struct pyr_repeats_half *h, struct pyr_repeat_key key)
{
    if (h->count == h->room) {
        const uint32_t room = h->room != 0 ? 2 * h->room : 64;
        struct pyr_repeat_key *grown = pyr_reallocarray(h->keys, room, sizeof(*grown));
        if (grown == NULL)
            return PYR_E_NOMEM;
        h->keys = grown;
        h->room = room;
    }
    PYR_TRY(pyr_index_insert(&h->index, key.word[0], h->count));
    h->keys[h->count++] = key;
    return PYR_OK;
}

/* The times of receipt of a replayed log may jump back with the clock; only forward ends a half. */
static void turn_when_due(struct pyr_repeats *r, int64_t now_ns)
{
    if (r->newer.count == 0)
        r->newer.since_ns = now_ns;
    if (r->newer.count < PYR_REPEATS_HALF_MAX && now_ns - r->newer.since_ns < PYR_REPEATS_WINDOW_NS)
        return;
    half_free(&r->older);
    r->older = r->newer;
    half_init(&r->newer);
    r->newer.since_ns = now_ns;
}

pyr_err pyr_repeats_note(struct pyr_repeats *r, struct pyr_repeat_key key, int64_t now_ns, bool *seen)
{
    pyr_mutex_lock(&r->lock);
    turn_when_due(r, now_ns);
    *seen = half_find(&r->newer, key) != NULL || half_find(&r->older, key) != NULL;
    const pyr_err err = *seen ? PYR_OK : half_add(&r->newer, key);
    r->repeats += *seen;
    pyr_mutex_unlock(&r->lock);
    return err;
}

void pyr_repeats_forget(struct pyr_repeats *r, struct pyr_repeat_key key)
{
    pyr_mutex_lock(&r->lock);
    struct pyr_repeat_key *kept = half_find(&r->newer, key);
    if (kept == NULL)
        kept = half_find(&r->older, key);
    if (kept != NULL)
        *kept = (struct pyr_repeat_key){{~kept->word[0], ~kept->word[1]}}; /* found by nobody */
    pyr_mutex_unlock(&r->lock);
}

uint64_t pyr_repeats_count(struct pyr_repeats *r)
{
    pyr_mutex_lock(&r->lock);
    const uint64_t count = r->repeats;
    pyr_mutex_unlock(&r->lock);
    return count;
}
