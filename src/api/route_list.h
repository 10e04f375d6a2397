/* route_list.h - routes as the surfaces append them, before the HTTP server gets them. Bounded; what does not fit sets
 * `err`, asked once at the end. */
#ifndef PYR_API_ROUTE_LIST_H
#define PYR_API_ROUTE_LIST_H
#include "base/arena.h"
#include "net/http.h"
#include "net/rpc.h"

struct pyr_route_list {
    struct pyr_arena arena; /* owns `items` and the copied methods */
    struct pyr_route *items;
    size_t count, cap;
    pyr_err err;
};
void pyr_route_list_init(struct pyr_route_list *list);
/* After the HTTP server is gone. */
void pyr_route_list_free(struct pyr_route_list *list);
/* Strings are kept by reference. */
void pyr_route_add(struct pyr_route_list *list, struct pyr_route route);
/* Copies the method with `ctx` in it (tables of methods are constant and have none). */
void pyr_route_add_rpc(struct pyr_route_list *list, const struct pyr_rpc_method *method, void *ctx);
#endif
