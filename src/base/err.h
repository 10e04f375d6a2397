/* err.h - error codes, diagnostics, and the attributes every layer uses.
 *
 * A function that can fail returns `pyr_err`: 0, or one of the negative codes below, and leaves a sentence for the
 * user in the caller's `struct pyr_diag`. net/status.h maps each code to its HTTP, gRPC and Connect status. */
#ifndef PYR_BASE_ERR_H
#define PYR_BASE_ERR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int pyr_err;

enum {
    PYR_OK = 0,
    PYR_E_INVALID = -1, /* the caller's argument or request makes no sense */
    PYR_E_CORRUPT = -2, /* bytes that do not decode: wire or disk */
    PYR_E_TOOBIG = -3,  /* over a fixed size limit; retrying cannot help */
    PYR_E_NOTFOUND = -4,
    PYR_E_EXISTS = -5,
    PYR_E_UNAUTHENTICATED = -6,
    PYR_E_FORBIDDEN = -7,
    PYR_E_LIMIT = -8,       /* a rate or quota; later it may work */
    PYR_E_UNAVAILABLE = -9, /* the server cannot take it now; retry */
    PYR_E_DEADLINE = -10,
    PYR_E_CANCELED = -11,
    PYR_E_UNIMPLEMENTED = -12,
    PYR_E_UNSUPPORTED_MEDIA = -13,
    PYR_E_METHOD = -14,        /* HTTP method not allowed here */
    PYR_E_UNPROCESSABLE = -15, /* well-framed request whose payload is bad, where the wire says 422 */
    PYR_E_NOMEM = -16,         /* a memory budget, or the machine, has no more */
    PYR_E_IO = -17,
    PYR_E_AGAIN = -18,    /* not now: nothing was changed */
    PYR_E_INTERNAL = -19, /* our own mistake */
    PYR_E_TIMEOUT = -20,  /* the client was too slow (408) */
    PYR_E_COUNT = 21
};

#define PYR_MUST_USE __attribute__((warn_unused_result))
#define PYR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define PYR_COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Passes an error on to the caller. */
#define PYR_TRY(x)                                                                                                     \
    do {                                                                                                               \
        const pyr_err pyr_try_err_ = (x);                                                                              \
        if (pyr_try_err_ != PYR_OK)                                                                                    \
            return pyr_try_err_;                                                                                       \
    } while (0)

enum { PYR_DIAG_MESSAGE_BYTES = 512 };

/* What went wrong, for the one who asked. One per request; zero-initialised means "nothing yet". */
struct pyr_diag {
    pyr_err code;
    char message[PYR_DIAG_MESSAGE_BYTES];
};

/* Records `code` and the formatted message unless `diag` already holds an error (the first one wins) or is NULL.
 * Always returns `code`, so that `return pyr_fail(diag, PYR_E_INVALID, "...")` reads well. */
pyr_err pyr_fail(struct pyr_diag *diag, pyr_err code, const char *fmt, ...) PYR_PRINTF(3, 4);

#ifdef __clang_analyzer__ /* does not see into err.c: what comes back is `code`, which is an error */
#define pyr_fail(diag, code, ...) (pyr_fail((diag), (code), __VA_ARGS__), (code))
#endif

/* Puts "prefix: " before the message that is there (nothing happens without an error). */
void pyr_diag_prefix(struct pyr_diag *diag, const char *fmt, ...) PYR_PRINTF(2, 3);

/* "invalid", "corrupt", ... : a stable word for logs and metrics. */
const char *pyr_err_name(pyr_err code);
#endif
