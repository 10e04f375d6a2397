/* From version/v1/version.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_CODEC_GEN_VERSION_PB_H
#define PYR_CODEC_GEN_VERSION_PB_H
#include "codec/pb_message.h"

struct pyr_version_v1_VersionRequest;
struct pyr_version_v1_VersionResponse;

struct pyr_version_v1_VersionRequest {
    char empty_; /* C has no empty structs */
};
extern const struct pyr_pb_message pyr_version_v1_VersionRequest_pb;

struct pyr_version_v1_VersionResponse {
    uint64_t QuerierAPI;
};
extern const struct pyr_pb_message pyr_version_v1_VersionResponse_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_version[];
#endif
