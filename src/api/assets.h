/* assets.h - the web page, embedded in the program as one committed archive, src/api/page.bin, which ui/pack.mjs writes
 * from ui/dist. Building the server needs no Node; without the archive the build fails.
 *
 * The archive, little endian, nothing padded:
 *
 *     8 bytes  "PYRPAGE1"
 *     u32      number of files
 *     for each file, in ascending order of the bytes of its path:
 *         u16, bytes   path, relative and without "./": "index.html", "assets/index-3f2a9c.js"
 *         u16, bytes   content type: "text/html; charset=utf-8"
 *         u16, bytes   entity tag, without quotes: letters and digits only (a hash of the plain body)
 *         u8           1 = the path has a hash of the content in it: cached for ever; 0 = asked for again each time
 *         u32          plain size
 *         u32, bytes   the body, gzipped (level 9, no name, no time: the same input gives the same archive)
 *
 * index.html has the element `<base href="/">` written exactly so, once, before any other URL; all other URLs in the page
 * are relative. The server puts its path prefix there. */
#ifndef PYR_API_ASSETS_H
#define PYR_API_ASSETS_H
#include "base/err.h"
#include "base/span.h"

struct pyr_asset {
    struct pyr_str path, content_type, etag;
    bool immutable;
    uint32_t plain_bytes;
    struct pyr_span gzip;
};

enum { PYR_ASSETS_MAX = 256 };

/* Reads an archive; views point into it. PYR_E_CORRUPT says where, PYR_E_TOOBIG when there are more than `max` files. */
PYR_MUST_USE pyr_err pyr_assets_read(struct pyr_span archive, struct pyr_asset *out, size_t max, size_t *count,
                                     struct pyr_diag *diag);
/* The embedded archive. */
struct pyr_span pyr_assets_embedded(void);
#endif
