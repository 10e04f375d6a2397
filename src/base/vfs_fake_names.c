#include "base/vfs_fake_names.h"
#include "base/mem.h"
#include <string.h>

struct pyr_fake_change { /* a NULL path is not touched */
    char *removed, *added;
    struct pyr_fake_content *content;
};

struct pyr_fake_name *pyr_fake_find(const struct pyr_fake_list *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->names[i].path, path) == 0)
            return &l->names[i];
    return NULL;
}

void pyr_fake_remove(struct pyr_fake_list *l, const char *path)
{
    struct pyr_fake_name *e = pyr_fake_find(l, path);
    if (e == NULL)
        return;
    pyr_free(e->path);
    *e = l->names[--l->count];
}

bool pyr_fake_add(struct pyr_fake_list *l, const char *path, struct pyr_fake_content *content)
{
    struct pyr_fake_name *e = pyr_fake_find(l, path);
    if (e != NULL) {
        e->content = content;
        return true;
    }
    if (l->count == l->cap) {
        const size_t cap = l->cap != 0 ? l->cap * 2 : 16;
        struct pyr_fake_name *grown = pyr_reallocarray(l->names, cap, sizeof(*grown));
        if (grown == NULL)
            return false;
        l->names = grown;
        l->cap = cap;
    }
    char *copy = pyr_strdup(path);
    if (copy != NULL)
        l->names[l->count++] = (struct pyr_fake_name){copy, content};
    return copy != NULL;
}

static void clear(struct pyr_fake_list *l)
{
    while (l->count != 0)
        pyr_free(l->names[--l->count].path);
}

void pyr_fake_list_free(struct pyr_fake_list *l)
{
    clear(l);
    pyr_free(l->names);
}

size_t pyr_fake_folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

bool pyr_fake_in_folder(const char *path, const char *folder)
{
    return pyr_fake_folder_len(path) == strlen(folder) && strncmp(path, folder, strlen(folder)) == 0;
}

static bool apply(struct pyr_fake_list *l, const struct pyr_fake_change *c)
{
    if (c->removed != NULL) {
        const struct pyr_fake_name *e = pyr_fake_find(l, c->removed);
        if (e == NULL || e->content != c->content) /* an earlier change that made it was lost */
            return true;
        pyr_fake_remove(l, c->removed);
    }
    return c->added == NULL || pyr_fake_add(l, c->added, c->content);
}

static void free_change(struct pyr_fake_change *c)
{
    pyr_free(c->removed);
    pyr_free(c->added);
}

static bool grow_changes(struct pyr_fake_names *n)
{
    if (n->count < n->cap)
        return true;
    const size_t cap = n->cap != 0 ? n->cap * 2 : 16;
    struct pyr_fake_change *grown = pyr_reallocarray(n->changes, cap, sizeof(*grown));
    if (grown == NULL)
        return false;
    n->changes = grown;
    n->cap = cap;
    return true;
}

bool pyr_fake_names_change(struct pyr_fake_names *n, const char *removed, const char *added,
                           struct pyr_fake_content *content)
{
    if (!grow_changes(n))
        return false;
    struct pyr_fake_change c = {.removed = removed != NULL ? pyr_strdup(removed) : NULL,
                                .added = added != NULL ? pyr_strdup(added) : NULL,
                                .content = content};
    if ((removed != NULL && c.removed == NULL) || (added != NULL && c.added == NULL) || !apply(&n->now, &c)) {
        free_change(&c);
        return false;
    }
    n->changes[n->count++] = c;
    return true;
}

bool pyr_fake_names_sync(struct pyr_fake_names *n, const char *folder)
{
    size_t kept = 0;
    bool ok = true;
    for (size_t i = 0; i < n->count; i++) {
        struct pyr_fake_change c = n->changes[i];
        if (!pyr_fake_in_folder(c.added != NULL ? c.added : c.removed, folder)) {
            n->changes[kept++] = c;
            continue;
        }
        ok &= apply(&n->durable, &c);
        free_change(&c);
    }
    n->count = kept;
    return ok;
}

/* A journal keeps the order, so often it is a prefix that survives; sometimes any part of them does. */
bool pyr_fake_names_lose(struct pyr_fake_names *n, struct pyr_fake_random *random, bool some)
{
    const bool ordered = pyr_fake_pick(random, 2) == 0;
    const size_t prefix = pyr_fake_pick(random, n->count + 1);
    bool ok = true;
    for (size_t i = 0; i < n->count; i++) {
        if (some && (ordered ? i < prefix : pyr_fake_pick(random, 2) == 0))
            ok &= apply(&n->durable, &n->changes[i]);
        free_change(&n->changes[i]);
    }
    n->count = 0;
    clear(&n->now);
    for (size_t i = 0; i < n->durable.count; i++)
        ok &= pyr_fake_add(&n->now, n->durable.names[i].path, n->durable.names[i].content);
    return ok;
}

void pyr_fake_names_free(struct pyr_fake_names *n)
{
    while (n->count != 0)
        free_change(&n->changes[--n->count]);
    pyr_free(n->changes);
    pyr_fake_list_free(&n->now);
    pyr_fake_list_free(&n->durable);
}
