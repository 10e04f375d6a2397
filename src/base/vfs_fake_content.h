/* vfs_fake_content.h - the bytes of a file on the fake disk: what is seen, what is on the disk, and what is pending in
 * between (vfs_fake.h says how each may get lost). Under the fake's lock. */
#ifndef PYR_BASE_VFS_FAKE_CONTENT_H
#define PYR_BASE_VFS_FAKE_CONTENT_H
#include "base/span.h"

enum { PYR_FAKE_SECTOR_BYTES = 512 };

struct pyr_fake_random {
    uint64_t state;
};
/* 0 .. below - 1 */
size_t pyr_fake_pick(struct pyr_fake_random *r, size_t below);

struct pyr_fake_image {
    uint8_t *bytes; /* zero from size to cap */
    size_t size, cap;
};

struct pyr_fake_piece; /* a pending sector, whole, as it was after a write */

struct pyr_fake_content {
    struct pyr_fake_content *next; /* the owner's */
    struct pyr_fake_image cache, disk;
    struct pyr_fake_piece *pieces; /* in the order of writing */
    size_t piece_count, piece_cap;
};

void pyr_fake_content_free(struct pyr_fake_content *c);
/* The first `len` bytes of the runs. False: no memory. */
bool pyr_fake_content_write(struct pyr_fake_content *c, uint64_t offset, const struct pyr_span *runs, size_t len);
bool pyr_fake_content_truncate(struct pyr_fake_content *c, uint64_t len);
void pyr_fake_content_sync(struct pyr_fake_content *c);
/* An arbitrary part of what is pending gets to the disk, and the rest is forgotten. */
void pyr_fake_content_sync_failed(struct pyr_fake_content *c, struct pyr_fake_random *random);
/* Power is lost; nothing that is pending gets to the disk, or with `some` an arbitrary part. */
void pyr_fake_content_lose(struct pyr_fake_content *c, struct pyr_fake_random *random, bool some);
#endif
