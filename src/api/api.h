/* api.h - what every API surface shares, and the list of surfaces. One file a surface: each appends its routes; their
 * handlers get the struct pyr_api as `ctx`. */
#ifndef PYR_API_API_H
#define PYR_API_API_H
#include "api/route_list.h"
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

void pyr_api_ingest_routes(struct pyr_api *api, struct pyr_route_list *list);  /* /ingest */
void pyr_api_push_routes(struct pyr_api *api, struct pyr_route_list *list);    /* push.v1 */
void pyr_api_querier_routes(struct pyr_api *api, struct pyr_route_list *list); /* querier.v1 */
void pyr_api_render_routes(struct pyr_api *api, struct pyr_route_list *list);  /* /render, /pyroscope/render, ... */
void pyr_api_labels_routes(struct pyr_api *api, struct pyr_route_list *list);  /* /labels, /label-values, ... */
void pyr_api_tree_routes(struct pyr_api *api, struct pyr_route_list *list);    /* /api/v2/tree */
void pyr_api_admin_routes(struct pyr_api *api, struct pyr_route_list *list);   /* /ready, /healthz, /metrics, ... */
void pyr_api_assets_routes(struct pyr_api *api, struct pyr_route_list *list);  /* the web page */
/* All of the above. */
PYR_MUST_USE pyr_err pyr_api_routes(struct pyr_api *api, struct pyr_route_list *list);
#endif
