/* routes.h - finds the route of a path: exact paths by binary search, then the longest prefix. Immutable once built. */
#ifndef PYR_NET_ROUTES_H
#define PYR_NET_ROUTES_H
#include "net/http.h"

struct pyr_routes {
    const struct pyr_route **exact;  /* sorted by path */
    const struct pyr_route **prefix; /* longest first */
    size_t exact_count, prefix_count;
    struct pyr_str base; /* path_prefix without a slash at its end */
};

PYR_MUST_USE pyr_err pyr_routes_init(struct pyr_routes *r, const struct pyr_route *routes, size_t count,
                                     const char *path_prefix);
void pyr_routes_free(struct pyr_routes *r);
/* `path` without the base path, where it has it. */
struct pyr_str pyr_routes_strip(const struct pyr_routes *r, struct pyr_str path);
/* NULL when there is none for this method; then `allow` (of `allow_cap` bytes, terminated) names the methods the path
 * has: empty means 404, else 405. */
const struct pyr_route *pyr_routes_find(const struct pyr_routes *r, struct pyr_str path, struct pyr_str method,
                                        char *allow, size_t allow_cap);
#endif
