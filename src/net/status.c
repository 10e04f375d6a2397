#include "net/status.h"

static const struct pyr_status table[PYR_E_COUNT] = {
    [-PYR_OK] = {200, 0, "ok", 200},
    [-PYR_E_INVALID] = {400, 3, "invalid_argument", 400},
    [-PYR_E_CORRUPT] = {400, 3, "invalid_argument", 400},
    /* Not resource_exhausted: clients retry that, and a body that is too big stays too big. */
    [-PYR_E_TOOBIG] = {413, 3, "invalid_argument", 400},
    [-PYR_E_NOTFOUND] = {404, 5, "not_found", 404},
    [-PYR_E_EXISTS] = {409, 6, "already_exists", 409},
    [-PYR_E_UNAUTHENTICATED] = {401, 16, "unauthenticated", 401},
    [-PYR_E_FORBIDDEN] = {403, 7, "permission_denied", 403},
    [-PYR_E_LIMIT] = {429, 8, "resource_exhausted", 429},
    [-PYR_E_UNAVAILABLE] = {503, 14, "unavailable", 503},
    [-PYR_E_DEADLINE] = {504, 4, "deadline_exceeded", 504},
    [-PYR_E_CANCELED] = {499, 1, "canceled", 499},
    [-PYR_E_UNIMPLEMENTED] = {501, 12, "unimplemented", 501},
    [-PYR_E_UNSUPPORTED_MEDIA] = {415, 12, "unimplemented", 415},
    [-PYR_E_METHOD] = {405, 12, "unimplemented", 405},
    [-PYR_E_UNPROCESSABLE] = {422, 3, "invalid_argument", 400},
    [-PYR_E_NOMEM] = {503, 14, "unavailable", 503},
    [-PYR_E_IO] = {500, 13, "internal", 500},
    [-PYR_E_AGAIN] = {503, 14, "unavailable", 503},
    [-PYR_E_INTERNAL] = {500, 13, "internal", 500},
    [-PYR_E_TIMEOUT] = {408, 4, "deadline_exceeded", 504},
};

const struct pyr_status *pyr_status_of(pyr_err err)
{
    if (err > 0 || err <= -PYR_E_COUNT || table[-err].http == 0)
        err = PYR_E_INTERNAL;
    return &table[-err];
}

const char *pyr_status_plain_code(int http)
{
    switch (http) {
    case 400:
    case 413:
        return "invalid_argument";
    case 401:
        return "unauthenticated";
    case 403:
        return "permission_denied";
    case 404:
        return "unimplemented";
    case 412:
        return "failed_precondition";
    case 429:
    case 431:
        return "resource_exhausted";
    case 499:
        return "canceled";
    case 502:
    case 503:
        return "unavailable";
    case 504:
        return "deadline_exceeded";
    default:
        return "unknown";
    }
}

int pyr_status_grpc_of_http(int http)
{
    switch (http) {
    case 400:
    case 413:
    case 431:
        return 3;
    case 401:
        return 16;
    case 403:
        return 7;
    case 404:
    case 405:
    case 415:
    case 501:
        return 12;
    case 408:
    case 504:
        return 4;
    case 429:
        return 8;
    case 502:
    case 503:
        return 14;
    default:
        return 2;
    }
}

const char *pyr_status_reason(int http)
{
    static const struct {
        int http;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {499, "Client Closed Request"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < PYR_COUNT_OF(reasons); i++)
        if (reasons[i].http == http)
            return reasons[i].reason;
    return "Status";
}
