#include "api/legacy.h"
#include "net/status.h"
#include "query/promql_lexer.h"

enum pyr_outcome pyr_legacy_error(struct pyr_http_request *req, struct pyr_http_response *res, pyr_err err,
                                  const struct pyr_diag *diag)
{
    const char *message = diag->code != PYR_OK ? diag->message : pyr_err_name(err);
    pyr_buf_clear(&res->body);
    res->header_count = 0;
    if (err == PYR_E_INVALID)
        pyr_http_text(res, 400, "invalid parameter: %s\n", pyr_promql_quote(pyr_str_of(message), req->arena));
    else
        pyr_http_text(res, pyr_status_of(err)->http, "%s\n", message);
    return PYR_RESPONSE_READY;
}
