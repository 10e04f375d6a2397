/* From google/v1/profile.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_CODEC_GEN_PROFILE_PB_H
#define PYR_CODEC_GEN_PROFILE_PB_H
#include "codec/pb_message.h"

struct pyr_google_v1_Profile;
struct pyr_google_v1_ValueType;
struct pyr_google_v1_Sample;
struct pyr_google_v1_Label;
struct pyr_google_v1_Mapping;
struct pyr_google_v1_Location;
struct pyr_google_v1_Line;
struct pyr_google_v1_Function;

struct pyr_google_v1_Profile {
    struct { struct pyr_google_v1_ValueType *items; size_t count; } sample_type;
    struct { struct pyr_google_v1_Sample *items; size_t count; } sample;
    struct { struct pyr_google_v1_Mapping *items; size_t count; } mapping;
    struct { struct pyr_google_v1_Location *items; size_t count; } location;
    struct { struct pyr_google_v1_Function *items; size_t count; } function;
    struct { struct pyr_str *items; size_t count; } string_table;
    int64_t drop_frames;
    int64_t keep_frames;
    int64_t time_nanos;
    int64_t duration_nanos;
    struct pyr_google_v1_ValueType *period_type;
    int64_t period;
    struct { int64_t *items; size_t count; } comment;
    int64_t default_sample_type;
};
extern const struct pyr_pb_message pyr_google_v1_Profile_pb;

struct pyr_google_v1_ValueType {
    int64_t type;
    int64_t unit;
};
extern const struct pyr_pb_message pyr_google_v1_ValueType_pb;

struct pyr_google_v1_Sample {
    struct { uint64_t *items; size_t count; } location_id;
    struct { int64_t *items; size_t count; } value;
    struct { struct pyr_google_v1_Label *items; size_t count; } label;
};
extern const struct pyr_pb_message pyr_google_v1_Sample_pb;

struct pyr_google_v1_Label {
    int64_t key;
    int64_t str;
    int64_t num;
    int64_t num_unit;
};
extern const struct pyr_pb_message pyr_google_v1_Label_pb;

struct pyr_google_v1_Mapping {
    uint64_t id;
    uint64_t memory_start;
    uint64_t memory_limit;
    uint64_t file_offset;
    int64_t filename;
    int64_t build_id;
    bool has_functions;
    bool has_filenames;
    bool has_line_numbers;
    bool has_inline_frames;
};
extern const struct pyr_pb_message pyr_google_v1_Mapping_pb;

struct pyr_google_v1_Location {
    uint64_t id;
    uint64_t mapping_id;
    uint64_t address;
    struct { struct pyr_google_v1_Line *items; size_t count; } line;
    bool is_folded;
};
extern const struct pyr_pb_message pyr_google_v1_Location_pb;

struct pyr_google_v1_Line {
    uint64_t function_id;
    int64_t line;
};
extern const struct pyr_pb_message pyr_google_v1_Line_pb;

struct pyr_google_v1_Function {
    uint64_t id;
    int64_t name;
    int64_t system_name;
    int64_t filename;
    int64_t start_line;
};
extern const struct pyr_pb_message pyr_google_v1_Function_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_profile[];
#endif
