/* From push/v1/push.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_CODEC_GEN_PUSH_PB_H
#define PYR_CODEC_GEN_PUSH_PB_H
#include "codec/gen/types.pb.h"
#include "codec/pb_message.h"

struct pyr_push_v1_PushRequest;
struct pyr_push_v1_PushResponse;
struct pyr_push_v1_RawProfileSeries;
struct pyr_push_v1_RawSample;

struct pyr_push_v1_PushRequest {
    struct { struct pyr_push_v1_RawProfileSeries *items; size_t count; } series;
};
extern const struct pyr_pb_message pyr_push_v1_PushRequest_pb;

struct pyr_push_v1_PushResponse {
    char empty_; /* C has no empty structs */
};
extern const struct pyr_pb_message pyr_push_v1_PushResponse_pb;

struct pyr_push_v1_RawProfileSeries {
    struct { struct pyr_types_v1_LabelPair *items; size_t count; } labels;
    struct { struct pyr_push_v1_RawSample *items; size_t count; } samples;
    struct { struct pyr_types_v1_ProfileAnnotation *items; size_t count; } annotations;
};
extern const struct pyr_pb_message pyr_push_v1_RawProfileSeries_pb;

struct pyr_push_v1_RawSample {
    struct pyr_span raw_profile;
    struct pyr_str ID;
};
extern const struct pyr_pb_message pyr_push_v1_RawSample_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_push[];
#endif
