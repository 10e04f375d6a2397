/* identity.h - which upload a row came from, so that an upload sent twice (a client that did not hear the answer) is
 * stored once: 16 bytes, the same on every run of the server. All zero: not known, always stored.
 *
 * A repeat must provably be the same profile: the same bytes with the same id that the client gave it; or the same bytes
 * under the same name and window where these are finer than a second and the process is known by its session, or its
 * host by its address. Two idle processes with equal bytes are two. */
#ifndef PYR_INGEST_IDENTITY_H
#define PYR_INGEST_IDENTITY_H
#include "base/span.h"

/* RawSample.ID of push.v1; "" gives zero. `payload` as it came. */
void pyr_identity_of_push(struct pyr_str tenant, struct pyr_str id, struct pyr_span payload, uint8_t out[16]);
/* /ingest. `name`, `from` and `until` as they came; `host` of the peer, used where the name has no session. */
void pyr_identity_of_upload(struct pyr_str tenant, struct pyr_str name, struct pyr_str from, struct pyr_str until,
                            struct pyr_str host, struct pyr_span payload, uint8_t out[16]);
/* Of the row-th row that a profile was split into, with its service. Zero stays zero. */
void pyr_identity_of_row(const uint8_t of_profile[16], struct pyr_str service, uint32_t row, uint8_t out[16]);
/* The address without the port. */
struct pyr_str pyr_identity_host(struct pyr_str peer);
#endif
