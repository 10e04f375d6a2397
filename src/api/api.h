/* api.h - what every API surface shares, and the list of surfaces. One file a surface: each appends its routes; their
 * handlers get the struct pyr_api as `ctx`. */
#ifndef PYR_API_API_H
#define PYR_API_API_H
#include "net/http.h"
#include "net/rpc.h"
#include "storage/store.h"
#include "tenant/limits.h"

/* Filled by the server before its first request, then unchanged but for `draining`; outlives the HTTP server. Time is
 * base/time.h's. */
struct pyr_api {
    struct pyr_store *store;
    struct pyr_limits limits;
    bool multitenancy;       /* off: X-Scope-OrgID is ignored and the tenant is "anonymous" */
    const char *path_prefix; /* "" or "/pyroscope-ui": no slash at the end */
    _Atomic bool draining;   /* no new requests are wanted: /ready says so */
};

/* Routes as they are collected. Bounded; what does not fit sets `err`, asked once at the end. */
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

void pyr_api_ingest_routes(struct pyr_api *api, struct pyr_route_list *list);  /* /ingest */
void pyr_api_push_routes(struct pyr_api *api, struct pyr_route_list *list);    /* push.v1 */
void pyr_api_querier_routes(struct pyr_api *api, struct pyr_route_list *list); /* querier.v1 */
void pyr_api_render_routes(struct pyr_api *api, struct pyr_route_list *list);  /* /render, /pyroscope/render, ... */
void pyr_api_labels_routes(struct pyr_api *api, struct pyr_route_list *list);  /* /labels, /label-values, ... */
void pyr_api_admin_routes(struct pyr_api *api, struct pyr_route_list *list);   /* /ready, /healthz, /metrics, ... */
void pyr_api_assets_routes(struct pyr_api *api, struct pyr_route_list *list);  /* the web page */
/* All of the above. */
PYR_MUST_USE pyr_err pyr_api_routes(struct pyr_api *api, struct pyr_route_list *list);
#endif
