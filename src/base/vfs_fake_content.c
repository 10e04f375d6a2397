#include "base/vfs_fake_content.h"
#include "base/err.h"
#include "base/mem.h"

struct pyr_fake_piece {
    uint64_t sector;
    uint8_t bytes[PYR_FAKE_SECTOR_BYTES];
};

static uint64_t next_random(struct pyr_fake_random *random)
{
    random->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t pyr_fake_pick(struct pyr_fake_random *random, size_t below)
{
    return (size_t)(next_random(random) % below);
}

static bool resize(struct pyr_fake_image *im, size_t size)
{
    if (size > im->cap) {
        const size_t cap = size > im->cap * 2 ? size : im->cap * 2;
        uint8_t *grown = pyr_realloc(im->bytes, cap);
        if (grown == NULL)
            return false;
        memset(grown + im->cap, 0, cap - im->cap);
        im->bytes = grown;
        im->cap = cap;
    }
    if (size < im->size)
        memset(im->bytes + size, 0, im->size - size);
    im->size = size;
    return true;
}

/* Makes both images able to hold `size`, so that nothing fails half way later. */
static bool make_room(struct pyr_fake_content *c, size_t size)
{
    const size_t rounded = (size + PYR_FAKE_SECTOR_BYTES - 1) / PYR_FAKE_SECTOR_BYTES * PYR_FAKE_SECTOR_BYTES;
    const size_t cache = c->cache.size, disk = c->disk.size;
    if (rounded <= c->cache.cap && rounded <= c->disk.cap)
        return true;
    const bool ok =
        resize(&c->cache, rounded > cache ? rounded : cache) && resize(&c->disk, rounded > disk ? rounded : disk);
    c->cache.size = cache;
    c->disk.size = disk;
    return ok;
}

static bool add_piece(struct pyr_fake_content *c, uint64_t sector)
{
    if (c->piece_count == c->piece_cap) {
        const size_t cap = c->piece_cap != 0 ? c->piece_cap * 2 : 64;
        struct pyr_fake_piece *grown = pyr_reallocarray(c->pieces, cap, sizeof(*grown));
        if (grown == NULL)
            return false;
        c->pieces = grown;
        c->piece_cap = cap;
    }
    struct pyr_fake_piece *p = &c->pieces[c->piece_count++];
    p->sector = sector;
    memcpy(p->bytes, c->cache.bytes + sector * PYR_FAKE_SECTOR_BYTES, PYR_FAKE_SECTOR_BYTES);
    return true;
}

/* Lets a part of a pending sector get to the disk. */
static void settle_piece(struct pyr_fake_content *c, const struct pyr_fake_piece *p, size_t from, size_t len)
{
    memcpy(c->disk.bytes + p->sector * PYR_FAKE_SECTOR_BYTES + from, p->bytes + from, len);
}

/* An arbitrary part of what is pending gets to the disk; how much is drawn first, so that all and nothing occur too. */
static void settle_some(struct pyr_fake_content *c, struct pyr_fake_random *random)
{
    static const unsigned percents[] = {0, 10, 50, 90, 100};
    const unsigned percent = percents[pyr_fake_pick(random, PYR_COUNT_OF(percents))];
    for (size_t i = 0; i < c->piece_count; i++) {
        const struct pyr_fake_piece *p = &c->pieces[i];
        if (pyr_fake_pick(random, 100) >= percent)
            continue;
        const size_t cut =
            pyr_fake_pick(random, 8) == 0 ? pyr_fake_pick(random, PYR_FAKE_SECTOR_BYTES) : PYR_FAKE_SECTOR_BYTES;
        if (pyr_fake_pick(random, 2) == 0)
            settle_piece(c, p, 0, cut);
        else
            settle_piece(c, p, PYR_FAKE_SECTOR_BYTES - cut, cut);
    }
    c->piece_count = 0;
}

static void settle_size(struct pyr_fake_content *c, struct pyr_fake_random *random)
{
    const size_t a = c->disk.size, b = c->cache.size, low = a < b ? a : b, high = a < b ? b : a;
    const size_t sizes[] = {low, high, low + pyr_fake_pick(random, high - low + 1)};
    const size_t size = sizes[pyr_fake_pick(random, PYR_COUNT_OF(sizes))];
    /* Sectors beyond it that were settled must not show when the file grows again. */
    memset(c->disk.bytes + size, 0, c->disk.cap - size);
    c->disk.size = size;
}

void pyr_fake_content_lose(struct pyr_fake_content *c, struct pyr_fake_random *random, bool some)
{
    if (some && c->disk.cap != 0) {
        settle_some(c, random);
        settle_size(c, random);
    }
    c->piece_count = 0;
    c->cache.size = c->disk.size;
    if (c->cache.cap != 0) {
        memset(c->cache.bytes, 0, c->cache.cap);
        memcpy(c->cache.bytes, c->disk.bytes, c->disk.size);
    }
}

void pyr_fake_content_sync(struct pyr_fake_content *c)
{
    for (size_t i = 0; i < c->piece_count; i++)
        settle_piece(c, &c->pieces[i], 0, PYR_FAKE_SECTOR_BYTES);
    c->piece_count = 0;
    c->disk.size = c->cache.size;
    if (c->disk.cap > c->disk.size)
        memset(c->disk.bytes + c->disk.size, 0, c->disk.cap - c->disk.size);
}

void pyr_fake_content_sync_failed(struct pyr_fake_content *c, struct pyr_fake_random *random)
{
    settle_some(c, random);
}

bool pyr_fake_content_write(struct pyr_fake_content *c, uint64_t offset, const struct pyr_span *runs, size_t len)
{
    if (len == 0)
        return true;
    const uint64_t end = offset + len;
    if (!make_room(c, (size_t)end))
        return false;
    if (end > c->cache.size)
        c->cache.size = (size_t)end;
    for (uint64_t at = offset; at < end; runs++) {
        const size_t n = runs->len < end - at ? runs->len : (size_t)(end - at);
        if (n != 0)
            memcpy(c->cache.bytes + at, runs->ptr, n);
        at += n;
    }
    bool ok = true;
    for (uint64_t s = offset / PYR_FAKE_SECTOR_BYTES; s <= (end - 1) / PYR_FAKE_SECTOR_BYTES; s++)
        ok = ok && add_piece(c, s);
    return ok;
}

bool pyr_fake_content_truncate(struct pyr_fake_content *c, uint64_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->piece_count; i++)
        if (c->pieces[i].sector * PYR_FAKE_SECTOR_BYTES < len)
            c->pieces[kept++] = c->pieces[i];
    c->piece_count = kept;
    return make_room(c, (size_t)len) && resize(&c->cache, (size_t)len) &&
           (len % PYR_FAKE_SECTOR_BYTES == 0 || add_piece(c, len / PYR_FAKE_SECTOR_BYTES));
}

void pyr_fake_content_free(struct pyr_fake_content *c)
{
    pyr_free(c->cache.bytes);
    pyr_free(c->disk.bytes);
    pyr_free(c->pieces);
    pyr_free(c);
}
