/* query_request.h - what every reading surface does first: tenants, deadline, range, limits. */
#ifndef PYR_API_QUERY_REQUEST_H
#define PYR_API_QUERY_REQUEST_H
#include "api/api.h"
#include "profile/tree.h"
#include "query/profile_type.h"
#include "query/query.h"

/* A query of the request's tenants, that ends when the client goes away or at the deadline. After PYR_OK:
 * pyr_query_end. PYR_E_UNAUTHENTICATED. */
PYR_MUST_USE pyr_err pyr_query_begin(struct pyr_api *api, struct pyr_http_request *req, struct pyr_query *q,
                                     struct pyr_diag *diag);

/* The length and how far back are limits' (what is too far back is left out). PYR_E_INVALID. */
PYR_MUST_USE pyr_err pyr_query_set_range(struct pyr_api *api, struct pyr_query *q, struct pyr_time_range range);
/* The same in milliseconds, both ends inclusive: neither is 0, start is not after end. */
PYR_MUST_USE pyr_err pyr_query_set_range_ms(struct pyr_api *api, struct pyr_query *q, int64_t start_ms, int64_t end_ms);
/* Nanoseconds, saturated. */
int64_t pyr_ns_of_ms(int64_t ms);
/* Every profile there is. */
void pyr_query_set_range_all(struct pyr_query *q);

/* Adds `__profile_type__="<id>"`. */
PYR_MUST_USE pyr_err pyr_query_add_type(struct pyr_query *q, const struct pyr_profile_type *type);

/* max_nodes as asked for (0 = not) to what applies: the default; PYR_E_INVALID when negative or over the limit. */
PYR_MUST_USE pyr_err pyr_query_nodes(const struct pyr_api *api, int64_t asked, uint32_t *out, struct pyr_diag *diag);

/* The k-th value of either parameter name: `max-nodes` or `maxNodes`; absent is 0. PYR_E_INVALID when it is no number. */
PYR_MUST_USE pyr_err pyr_query_nodes_param(const struct pyr_http_request *req, int64_t *out, struct pyr_diag *diag);
/* A time parameter in the grammar of profile/time_arg.h; now when absent. Nanoseconds. */
int64_t pyr_query_time_param(const struct pyr_http_request *req, const char *name);

/* Sets body and content type: the JSON error of the newer APIs. */
enum pyr_outcome pyr_query_json_error(struct pyr_http_response *res, pyr_err err, const struct pyr_diag *diag);
#endif
