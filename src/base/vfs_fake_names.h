/* vfs_fake_names.h - the names on the fake disk: those seen, those on the disk, and the changes pending in between. Under
 * the fake's lock. */
#ifndef PYR_BASE_VFS_FAKE_NAMES_H
#define PYR_BASE_VFS_FAKE_NAMES_H
#include "base/vfs_fake_content.h"

struct pyr_fake_name {
    char *path;
    struct pyr_fake_content *content; /* NULL: a folder */
};

struct pyr_fake_list {
    struct pyr_fake_name *names;
    size_t count, cap;
};

struct pyr_fake_change;

struct pyr_fake_names {
    struct pyr_fake_list now, durable;
    struct pyr_fake_change *changes; /* pending, in order */
    size_t count, cap;
};

struct pyr_fake_name *pyr_fake_find(const struct pyr_fake_list *l, const char *path);
/* Replaces what has the name. False: no memory. */
bool pyr_fake_add(struct pyr_fake_list *l, const char *path, struct pyr_fake_content *content);
void pyr_fake_remove(struct pyr_fake_list *l, const char *path);
void pyr_fake_list_free(struct pyr_fake_list *l);

/* Bytes of `path` before its last slash, and whether that is `folder`. */
size_t pyr_fake_folder_len(const char *path);
bool pyr_fake_in_folder(const char *path, const char *folder);

/* Takes one name off the content and gives it another; either may be NULL. Pending until the folder is synced. */
bool pyr_fake_names_change(struct pyr_fake_names *n, const char *removed, const char *added,
                           struct pyr_fake_content *content);
bool pyr_fake_names_sync(struct pyr_fake_names *n, const char *folder);
/* Power is lost: no pending change survives, or with `some` an arbitrary part of them. */
bool pyr_fake_names_lose(struct pyr_fake_names *n, struct pyr_fake_random *random, bool some);
void pyr_fake_names_free(struct pyr_fake_names *n);
#endif
