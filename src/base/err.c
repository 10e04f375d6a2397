#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#undef pyr_fail

pyr_err pyr_fail(struct pyr_diag *diag, pyr_err code, const char *fmt, ...)
{
    if (diag == NULL || diag->code != PYR_OK)
        return code;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(diag->message, sizeof(diag->message), fmt, args);
    va_end(args);
    diag->code = code;
    return code;
}

void pyr_diag_prefix(struct pyr_diag *diag, const char *fmt, ...)
{
    if (diag == NULL || diag->code == PYR_OK)
        return;
    char text[PYR_DIAG_MESSAGE_BYTES];
    va_list args;
    va_start(args, fmt);
    const int wanted = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (wanted < 0)
        return;
    const size_t used = strlen(text), room = sizeof(diag->message) - 1;
    const size_t separator = used + 2 < room ? 2 : room - used;
    const size_t kept = strnlen(diag->message, room - used - separator);
    memmove(diag->message + used + separator, diag->message, kept);
    memcpy(diag->message + used, ": ", separator);
    memcpy(diag->message, text, used);
    diag->message[used + separator + kept] = '\0';
}

const char *pyr_err_name(pyr_err code)
{
    static const char *const names[PYR_E_COUNT] = {
        "ok",        "invalid",       "corrupt",     "too_big",  "not_found", "exists",        "unauthenticated",
        "forbidden", "limit",         "unavailable", "deadline", "canceled",  "unimplemented", "unsupported_media",
        "method",    "unprocessable", "no_memory",   "io",       "again",     "internal",      "timeout",
    };
    return code <= 0 && code > -PYR_E_COUNT ? names[-code] : "unknown";
}
