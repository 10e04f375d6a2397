/* From capabilities/v1/feature_flags.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_CODEC_GEN_FEATURE_FLAGS_PB_H
#define PYR_CODEC_GEN_FEATURE_FLAGS_PB_H
#include "codec/pb_message.h"

struct pyr_capabilities_v1_GetFeatureFlagsRequest;
struct pyr_capabilities_v1_GetFeatureFlagsResponse;
struct pyr_capabilities_v1_FeatureFlag;

struct pyr_capabilities_v1_GetFeatureFlagsRequest {
    char empty_; /* C has no empty structs */
};
extern const struct pyr_pb_message pyr_capabilities_v1_GetFeatureFlagsRequest_pb;

struct pyr_capabilities_v1_GetFeatureFlagsResponse {
    struct { struct pyr_capabilities_v1_FeatureFlag *items; size_t count; } feature_flags;
};
extern const struct pyr_pb_message pyr_capabilities_v1_GetFeatureFlagsResponse_pb;

struct pyr_capabilities_v1_FeatureFlag {
    struct pyr_str name;
    bool enabled;
    struct pyr_str description;
    bool has_description;
    struct pyr_str documentation_url;
    bool has_documentation_url;
};
extern const struct pyr_pb_message pyr_capabilities_v1_FeatureFlag_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_feature_flags[];
#endif
