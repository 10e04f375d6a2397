#include "api/route_list.h"

enum { LIST_BYTES_MAX = 4 << 20, LIST_CAP = 512 };

void pyr_route_list_init(struct pyr_route_list *list)
{
    *list = (struct pyr_route_list){.cap = LIST_CAP};
    pyr_arena_init(&list->arena, LIST_BYTES_MAX, NULL);
    list->items = PYR_ARENA_ARRAY(&list->arena, struct pyr_route, LIST_CAP);
    if (list->items == NULL) {
        list->cap = 0;
        list->err = PYR_E_NOMEM;
    }
}

void pyr_route_list_free(struct pyr_route_list *list)
{
    pyr_arena_free(&list->arena);
    *list = (struct pyr_route_list){0};
}

void pyr_route_add(struct pyr_route_list *list, struct pyr_route route)
{
    if (list->count < list->cap)
        list->items[list->count++] = route;
    else if (list->err == PYR_OK)
        list->err = PYR_E_TOOBIG;
}

void pyr_route_add_rpc(struct pyr_route_list *list, const struct pyr_rpc_method *method, void *ctx)
{
    struct pyr_rpc_method *copy = PYR_ARENA_NEW(&list->arena, struct pyr_rpc_method);
    if (copy == NULL) {
        list->err = PYR_E_NOMEM;
        return;
    }
    *copy = *method;
    copy->ctx = ctx;
    pyr_route_add(list, pyr_rpc_route(copy));
}
