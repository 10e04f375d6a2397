/* From version/v1/version.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "codec/gen/version.pb.h"

const struct pyr_pb_message pyr_version_v1_VersionRequest_pb = {"version.v1.VersionRequest", sizeof(struct pyr_version_v1_VersionRequest), NULL, 0};

static const struct pyr_pb_field pyr_version_v1_VersionResponse_fields[] = {
    {1, PYR_PB_UINT64, false, offsetof(struct pyr_version_v1_VersionResponse, QuerierAPI), 0, "QuerierAPI", "QuerierAPI", NULL, NULL},
};
const struct pyr_pb_message pyr_version_v1_VersionResponse_pb = {"version.v1.VersionResponse", sizeof(struct pyr_version_v1_VersionResponse), pyr_version_v1_VersionResponse_fields, 1};

const struct pyr_pb_message *const pyr_pb_messages_version[] = {
    &pyr_version_v1_VersionRequest_pb,
    &pyr_version_v1_VersionResponse_pb,
    NULL,
};
