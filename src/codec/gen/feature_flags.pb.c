/* From capabilities/v1/feature_flags.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "codec/gen/feature_flags.pb.h"

const struct pyr_pb_message pyr_capabilities_v1_GetFeatureFlagsRequest_pb = {"capabilities.v1.GetFeatureFlagsRequest", sizeof(struct pyr_capabilities_v1_GetFeatureFlagsRequest), NULL, 0};

static const struct pyr_pb_field pyr_capabilities_v1_GetFeatureFlagsResponse_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_capabilities_v1_GetFeatureFlagsResponse, feature_flags), 0, "feature_flags", "featureFlags", &pyr_capabilities_v1_FeatureFlag_pb, NULL},
};
const struct pyr_pb_message pyr_capabilities_v1_GetFeatureFlagsResponse_pb = {"capabilities.v1.GetFeatureFlagsResponse", sizeof(struct pyr_capabilities_v1_GetFeatureFlagsResponse), pyr_capabilities_v1_GetFeatureFlagsResponse_fields, 1};

static const struct pyr_pb_field pyr_capabilities_v1_FeatureFlag_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_capabilities_v1_FeatureFlag, name), 0, "name", "name", NULL, NULL},
    {2, PYR_PB_BOOL, false, offsetof(struct pyr_capabilities_v1_FeatureFlag, enabled), 0, "enabled", "enabled", NULL, NULL},
    {3, PYR_PB_STRING, false, offsetof(struct pyr_capabilities_v1_FeatureFlag, description), offsetof(struct pyr_capabilities_v1_FeatureFlag, has_description), "description", "description", NULL, NULL},
    {4, PYR_PB_STRING, false, offsetof(struct pyr_capabilities_v1_FeatureFlag, documentation_url), offsetof(struct pyr_capabilities_v1_FeatureFlag, has_documentation_url), "documentation_url", "documentationUrl", NULL, NULL},
};
const struct pyr_pb_message pyr_capabilities_v1_FeatureFlag_pb = {"capabilities.v1.FeatureFlag", sizeof(struct pyr_capabilities_v1_FeatureFlag), pyr_capabilities_v1_FeatureFlag_fields, 4};

const struct pyr_pb_message *const pyr_pb_messages_feature_flags[] = {
    &pyr_capabilities_v1_GetFeatureFlagsRequest_pb,
    &pyr_capabilities_v1_GetFeatureFlagsResponse_pb,
    &pyr_capabilities_v1_FeatureFlag_pb,
    NULL,
};
