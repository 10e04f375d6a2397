/* legacy.h - how the legacy API says no: text/plain. */
#ifndef PYR_API_LEGACY_H
#define PYR_API_LEGACY_H
#include "api/api.h"

/* `invalid parameter: "query: ..."` with 400, or the message with its own status. Replaces what the answer has so far. */
enum pyr_outcome pyr_legacy_error(struct pyr_http_request *req, struct pyr_http_response *res, pyr_err err,
                                  const struct pyr_diag *diag);
#endif
