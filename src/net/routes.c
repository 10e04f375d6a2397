#include "net/routes.h"
#include "base/mem.h"
#include "net/header_value.h"
#include <stdio.h>
#include <stdlib.h>

static bool is_prefix(const struct pyr_route *r)
{
    const size_t n = strlen(r->path);
    return n != 0 && r->path[n - 1] == '*';
}

static int by_path(const void *a, const void *b)
{
    const struct pyr_route *const *x = a, *const *y = b;
    return pyr_str_cmp(pyr_str_of((*x)->path), pyr_str_of((*y)->path));
}

static int by_length_down(const void *a, const void *b)
{
    const struct pyr_route *const *x = a, *const *y = b;
    const size_t m = strlen((*x)->path), n = strlen((*y)->path);
    return m != n ? (m < n ? 1 : -1) : by_path(a, b);
}

pyr_err pyr_routes_init(struct pyr_routes *r, const struct pyr_route *routes, size_t count, const char *path_prefix)
{
    *r = (struct pyr_routes){.base = pyr_str_of(path_prefix ? path_prefix : "")};
    while (r->base.len != 0 && r->base.ptr[r->base.len - 1] == '/')
        r->base.len--;
    r->exact = pyr_calloc(count + 1, sizeof(*r->exact));
    r->prefix = pyr_calloc(count + 1, sizeof(*r->prefix));
    if (r->exact == NULL || r->prefix == NULL) {
        pyr_routes_free(r);
        return PYR_E_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_prefix(&routes[i]))
            r->prefix[r->prefix_count++] = &routes[i];
        else
            r->exact[r->exact_count++] = &routes[i];
    }
    qsort(r->exact, r->exact_count, sizeof(*r->exact), by_path);
    qsort(r->prefix, r->prefix_count, sizeof(*r->prefix), by_length_down);
    return PYR_OK;
}

void pyr_routes_free(struct pyr_routes *r)
{
    pyr_free(r->exact);
    pyr_free(r->prefix);
    *r = (struct pyr_routes){0};
}

struct pyr_str pyr_routes_strip(const struct pyr_routes *r, struct pyr_str path)
{
    if (r->base.len == 0 || !pyr_str_starts(path, r->base))
        return path;
    if (path.len == r->base.len)
        return PYR_STR("/");
    if (path.ptr[r->base.len] != '/')
        return path;
    return (struct pyr_str){path.ptr + r->base.len, path.len - r->base.len};
}

static bool takes_method(const struct pyr_route *r, struct pyr_str method)
{
    struct pyr_str list = pyr_str_of(r->methods), item;
    const bool head = pyr_str_eq(method, PYR_STR("HEAD"));
    while (pyr_list_item(&list, &item))
        if (pyr_str_eq(item, method) || (head && pyr_str_eq(item, PYR_STR("GET"))))
            return true;
    return false;
}

static void add_allowed(const struct pyr_route *r, char *allow, size_t cap)
{
    struct pyr_str list = pyr_str_of(r->methods), item;
    while (pyr_list_item(&list, &item)) {
        const size_t used = strlen(allow);
        (void)snprintf(allow + used, cap - used, "%s%.*s", used != 0 ? ", " : "", PYR_STR_ARG(item));
    }
}

/* Routes in [from, to) have the same path. */
static const struct pyr_route *pick(const struct pyr_route *const *from, size_t count, struct pyr_str method,
                                    char *allow, size_t cap)
{
    for (size_t i = 0; i < count; i++)
        if (takes_method(from[i], method))
            return from[i];
    for (size_t i = 0; i < count; i++)
        add_allowed(from[i], allow, cap);
    return NULL;
}

/* Routes with the same path as the first one. */
static size_t run_length(const struct pyr_route *const *from, size_t count)
{
    size_t n = 1;
    while (n < count && strcmp(from[n]->path, from[0]->path) == 0)
        n++;
    return n;
}

static size_t lower_bound(const struct pyr_routes *r, struct pyr_str path)
{
    size_t low = 0, high = r->exact_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pyr_str_cmp(pyr_str_of(r->exact[middle]->path), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct pyr_route *pyr_routes_find(const struct pyr_routes *r, struct pyr_str path, struct pyr_str method,
                                        char *allow, size_t allow_cap)
{
    allow[0] = '\0';
    const size_t at = lower_bound(r, path);
    if (at < r->exact_count && pyr_str_eq(pyr_str_of(r->exact[at]->path), path))
        return pick(r->exact + at, run_length(r->exact + at, r->exact_count - at), method, allow, allow_cap);
    for (size_t i = 0; i < r->prefix_count; i++) {
        const struct pyr_str prefix = {r->prefix[i]->path, strlen(r->prefix[i]->path) - 1};
        if (pyr_str_starts(path, prefix))
            return pick(r->prefix + i, run_length(r->prefix + i, r->prefix_count - i), method, allow, allow_cap);
    }
    return NULL;
}
