/* multipart.h - reads multipart/form-data (RFC 7578) in place: parts are views into the body.
 *
 * A delimiter is CRLF (or LF) "--" boundary, at the very beginning without the line end. What stands before the first one
 * and after the last is ignored, as RFC 2046 has it. Parts' transfer encodings are not looked at (no client uses any).
 * Linear in the body's size. */
#ifndef PYR_CODEC_MULTIPART_H
#define PYR_CODEC_MULTIPART_H
#include "base/err.h"
#include "base/span.h"

struct pyr_multipart {
    struct pyr_span left; /* after the last delimiter seen */
    struct pyr_str boundary;
    const uint8_t *base;
    bool begun, ended;
};

struct pyr_multipart_part {
    struct pyr_str name;     /* of Content-Disposition; "" without one */
    struct pyr_str filename; /* ptr NULL when there is none */
    struct pyr_span body;
};

/* Whether a Content-Type is multipart/form-data. */
bool pyr_is_multipart(struct pyr_str content_type);
/* PYR_E_INVALID: no or a bad boundary in the Content-Type. */
PYR_MUST_USE pyr_err pyr_multipart_begin(struct pyr_multipart *m, struct pyr_str content_type, struct pyr_span body,
                                         struct pyr_diag *diag);
/* *more = false after the last part. PYR_E_CORRUPT names the byte. */
PYR_MUST_USE pyr_err pyr_multipart_next(struct pyr_multipart *m, struct pyr_multipart_part *part, bool *more,
                                        struct pyr_diag *diag);
#endif
