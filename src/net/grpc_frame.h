/* grpc_frame.h - the bytes of gRPC and gRPC-Web: length-prefixed messages, timeouts, encoded messages. Pure functions,
 * after the protocol's description in gRPC's own documentation. */
#ifndef PYR_NET_GRPC_FRAME_H
#define PYR_NET_GRPC_FRAME_H
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum { PYR_GRPC_PREFIX_BYTES = 5, PYR_GRPC_COMPRESSED = 1, PYR_GRPC_WEB_TRAILERS = 0x80 };

/* The one message of a unary call. PYR_E_UNIMPLEMENTED: none or several; PYR_E_INVALID: cut short, or unknown flags. */
PYR_MUST_USE pyr_err pyr_grpc_unary(struct pyr_span body, struct pyr_span *message, bool *compressed,
                                    struct pyr_diag *diag);
/* The prefix of a message of `len` bytes. */
void pyr_grpc_prefix(uint8_t out[PYR_GRPC_PREFIX_BYTES], uint8_t flags, uint32_t len);
/* "100m": at most eight digits and a unit. */
bool pyr_grpc_timeout(struct pyr_str value, int64_t *ns);
/* Appends `text` percent-encoded as grpc-message wants it. */
void pyr_grpc_message(struct pyr_buf *out, struct pyr_str text);
#endif
