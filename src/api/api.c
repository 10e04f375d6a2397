#include "api/api.h"

pyr_err pyr_api_routes(struct pyr_api *api, struct pyr_route_list *list)
{
    pyr_api_ingest_routes(api, list);
    pyr_api_push_routes(api, list);
    pyr_api_querier_routes(api, list);
    pyr_api_render_routes(api, list);
    pyr_api_labels_routes(api, list);
    pyr_api_tree_routes(api, list);
    pyr_api_admin_routes(api, list);
    pyr_api_assets_routes(api, list);
    return list->err;
}
