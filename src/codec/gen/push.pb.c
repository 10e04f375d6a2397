/* From push/v1/push.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "codec/gen/push.pb.h"

static const struct pyr_pb_field pyr_push_v1_PushRequest_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_push_v1_PushRequest, series), 0, "series", "series", &pyr_push_v1_RawProfileSeries_pb, NULL},
};
const struct pyr_pb_message pyr_push_v1_PushRequest_pb = {"push.v1.PushRequest", sizeof(struct pyr_push_v1_PushRequest), pyr_push_v1_PushRequest_fields, 1};

const struct pyr_pb_message pyr_push_v1_PushResponse_pb = {"push.v1.PushResponse", sizeof(struct pyr_push_v1_PushResponse), NULL, 0};

static const struct pyr_pb_field pyr_push_v1_RawProfileSeries_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_push_v1_RawProfileSeries, labels), 0, "labels", "labels", &pyr_types_v1_LabelPair_pb, NULL},
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_push_v1_RawProfileSeries, samples), 0, "samples", "samples", &pyr_push_v1_RawSample_pb, NULL},
    {3, PYR_PB_MESSAGE, true, offsetof(struct pyr_push_v1_RawProfileSeries, annotations), 0, "annotations", "annotations", &pyr_types_v1_ProfileAnnotation_pb, NULL},
};
const struct pyr_pb_message pyr_push_v1_RawProfileSeries_pb = {"push.v1.RawProfileSeries", sizeof(struct pyr_push_v1_RawProfileSeries), pyr_push_v1_RawProfileSeries_fields, 3};

static const struct pyr_pb_field pyr_push_v1_RawSample_fields[] = {
    {1, PYR_PB_BYTES, false, offsetof(struct pyr_push_v1_RawSample, raw_profile), 0, "raw_profile", "rawProfile", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_push_v1_RawSample, ID), 0, "ID", "ID", NULL, NULL},
};
const struct pyr_pb_message pyr_push_v1_RawSample_pb = {"push.v1.RawSample", sizeof(struct pyr_push_v1_RawSample), pyr_push_v1_RawSample_fields, 2};

const struct pyr_pb_message *const pyr_pb_messages_push[] = {
    &pyr_push_v1_PushRequest_pb,
    &pyr_push_v1_PushResponse_pb,
    &pyr_push_v1_RawProfileSeries_pb,
    &pyr_push_v1_RawSample_pb,
    NULL,
};
