/* From google/v1/profile.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "codec/gen/profile.pb.h"

static const struct pyr_pb_field pyr_google_v1_Profile_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Profile, sample_type), 0, "sample_type", "sampleType", &pyr_google_v1_ValueType_pb, NULL},
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Profile, sample), 0, "sample", "sample", &pyr_google_v1_Sample_pb, NULL},
    {3, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Profile, mapping), 0, "mapping", "mapping", &pyr_google_v1_Mapping_pb, NULL},
    {4, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Profile, location), 0, "location", "location", &pyr_google_v1_Location_pb, NULL},
    {5, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Profile, function), 0, "function", "function", &pyr_google_v1_Function_pb, NULL},
    {6, PYR_PB_STRING, true, offsetof(struct pyr_google_v1_Profile, string_table), 0, "string_table", "stringTable", NULL, NULL},
    {7, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Profile, drop_frames), 0, "drop_frames", "dropFrames", NULL, NULL},
    {8, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Profile, keep_frames), 0, "keep_frames", "keepFrames", NULL, NULL},
    {9, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Profile, time_nanos), 0, "time_nanos", "timeNanos", NULL, NULL},
    {10, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Profile, duration_nanos), 0, "duration_nanos", "durationNanos", NULL, NULL},
    {11, PYR_PB_MESSAGE, false, offsetof(struct pyr_google_v1_Profile, period_type), 0, "period_type", "periodType", &pyr_google_v1_ValueType_pb, NULL},
    {12, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Profile, period), 0, "period", "period", NULL, NULL},
    {13, PYR_PB_INT64, true, offsetof(struct pyr_google_v1_Profile, comment), 0, "comment", "comment", NULL, NULL},
    {14, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Profile, default_sample_type), 0, "default_sample_type", "defaultSampleType", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_Profile_pb = {"google.v1.Profile", sizeof(struct pyr_google_v1_Profile), pyr_google_v1_Profile_fields, 14};

static const struct pyr_pb_field pyr_google_v1_ValueType_fields[] = {
    {1, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_ValueType, type), 0, "type", "type", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_ValueType, unit), 0, "unit", "unit", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_ValueType_pb = {"google.v1.ValueType", sizeof(struct pyr_google_v1_ValueType), pyr_google_v1_ValueType_fields, 2};

static const struct pyr_pb_field pyr_google_v1_Sample_fields[] = {
    {1, PYR_PB_UINT64, true, offsetof(struct pyr_google_v1_Sample, location_id), 0, "location_id", "locationId", NULL, NULL},
    {2, PYR_PB_INT64, true, offsetof(struct pyr_google_v1_Sample, value), 0, "value", "value", NULL, NULL},
    {3, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Sample, label), 0, "label", "label", &pyr_google_v1_Label_pb, NULL},
};
const struct pyr_pb_message pyr_google_v1_Sample_pb = {"google.v1.Sample", sizeof(struct pyr_google_v1_Sample), pyr_google_v1_Sample_fields, 3};

static const struct pyr_pb_field pyr_google_v1_Label_fields[] = {
    {1, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Label, key), 0, "key", "key", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Label, str), 0, "str", "str", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Label, num), 0, "num", "num", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Label, num_unit), 0, "num_unit", "numUnit", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_Label_pb = {"google.v1.Label", sizeof(struct pyr_google_v1_Label), pyr_google_v1_Label_fields, 4};

static const struct pyr_pb_field pyr_google_v1_Mapping_fields[] = {
    {1, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Mapping, id), 0, "id", "id", NULL, NULL},
    {2, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Mapping, memory_start), 0, "memory_start", "memoryStart", NULL, NULL},
    {3, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Mapping, memory_limit), 0, "memory_limit", "memoryLimit", NULL, NULL},
    {4, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Mapping, file_offset), 0, "file_offset", "fileOffset", NULL, NULL},
    {5, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Mapping, filename), 0, "filename", "filename", NULL, NULL},
    {6, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Mapping, build_id), 0, "build_id", "buildId", NULL, NULL},
    {7, PYR_PB_BOOL, false, offsetof(struct pyr_google_v1_Mapping, has_functions), 0, "has_functions", "hasFunctions", NULL, NULL},
    {8, PYR_PB_BOOL, false, offsetof(struct pyr_google_v1_Mapping, has_filenames), 0, "has_filenames", "hasFilenames", NULL, NULL},
    {9, PYR_PB_BOOL, false, offsetof(struct pyr_google_v1_Mapping, has_line_numbers), 0, "has_line_numbers", "hasLineNumbers", NULL, NULL},
    {10, PYR_PB_BOOL, false, offsetof(struct pyr_google_v1_Mapping, has_inline_frames), 0, "has_inline_frames", "hasInlineFrames", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_Mapping_pb = {"google.v1.Mapping", sizeof(struct pyr_google_v1_Mapping), pyr_google_v1_Mapping_fields, 10};

static const struct pyr_pb_field pyr_google_v1_Location_fields[] = {
    {1, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Location, id), 0, "id", "id", NULL, NULL},
    {2, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Location, mapping_id), 0, "mapping_id", "mappingId", NULL, NULL},
    {3, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Location, address), 0, "address", "address", NULL, NULL},
    {4, PYR_PB_MESSAGE, true, offsetof(struct pyr_google_v1_Location, line), 0, "line", "line", &pyr_google_v1_Line_pb, NULL},
    {5, PYR_PB_BOOL, false, offsetof(struct pyr_google_v1_Location, is_folded), 0, "is_folded", "isFolded", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_Location_pb = {"google.v1.Location", sizeof(struct pyr_google_v1_Location), pyr_google_v1_Location_fields, 5};

static const struct pyr_pb_field pyr_google_v1_Line_fields[] = {
    {1, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Line, function_id), 0, "function_id", "functionId", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Line, line), 0, "line", "line", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_Line_pb = {"google.v1.Line", sizeof(struct pyr_google_v1_Line), pyr_google_v1_Line_fields, 2};

static const struct pyr_pb_field pyr_google_v1_Function_fields[] = {
    {1, PYR_PB_UINT64, false, offsetof(struct pyr_google_v1_Function, id), 0, "id", "id", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Function, name), 0, "name", "name", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Function, system_name), 0, "system_name", "systemName", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Function, filename), 0, "filename", "filename", NULL, NULL},
    {5, PYR_PB_INT64, false, offsetof(struct pyr_google_v1_Function, start_line), 0, "start_line", "startLine", NULL, NULL},
};
const struct pyr_pb_message pyr_google_v1_Function_pb = {"google.v1.Function", sizeof(struct pyr_google_v1_Function), pyr_google_v1_Function_fields, 5};

const struct pyr_pb_message *const pyr_pb_messages_profile[] = {
    &pyr_google_v1_Profile_pb,
    &pyr_google_v1_ValueType_pb,
    &pyr_google_v1_Sample_pb,
    &pyr_google_v1_Label_pb,
    &pyr_google_v1_Mapping_pb,
    &pyr_google_v1_Location_pb,
    &pyr_google_v1_Line_pb,
    &pyr_google_v1_Function_pb,
    NULL,
};
