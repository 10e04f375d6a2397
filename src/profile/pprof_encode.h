/* pprof_encode.h - writes a profile as pprof's profile.proto, uncompressed.
 *
 * Ids are index + 1 (mapping 0, the stub, is id 0). The profile's strings keep their places in the string table; names
 * of types that are not among them are added at its end. Dropped counts are not written. */
#ifndef PYR_PROFILE_PPROF_ENCODE_H
#define PYR_PROFILE_PPROF_ENCODE_H
#include "base/buf.h"
#include "profile/profile.h"

/* Appends; ask out->err afterwards. `profile->strings[0]` is "" (or there are no strings at all). */
void pyr_pprof_encode(const struct pyr_profile *profile, struct pyr_buf *out);
#endif
