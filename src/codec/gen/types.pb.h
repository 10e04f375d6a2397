/* From types/v1/types.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_CODEC_GEN_TYPES_PB_H
#define PYR_CODEC_GEN_TYPES_PB_H
#include "codec/pb_message.h"

enum { /* types.v1.TimeSeriesAggregationType */
    PYR_TYPES_V1_TIME_SERIES_AGGREGATION_TYPE_SUM = 0,
    PYR_TYPES_V1_TIME_SERIES_AGGREGATION_TYPE_AVERAGE = 1,
};
extern const struct pyr_pb_enum pyr_types_v1_TimeSeriesAggregationType_pb;

enum { /* types.v1.ExemplarType */
    PYR_TYPES_V1_EXEMPLAR_TYPE_UNSPECIFIED = 0,
    PYR_TYPES_V1_EXEMPLAR_TYPE_NONE = 1,
    PYR_TYPES_V1_EXEMPLAR_TYPE_INDIVIDUAL = 2,
    PYR_TYPES_V1_EXEMPLAR_TYPE_SPAN = 3,
};
extern const struct pyr_pb_enum pyr_types_v1_ExemplarType_pb;

struct pyr_types_v1_LabelPair;
struct pyr_types_v1_Labels;
struct pyr_types_v1_ProfileAnnotation;
struct pyr_types_v1_ProfileType;
struct pyr_types_v1_LabelNamesRequest;
struct pyr_types_v1_LabelNamesResponse;
struct pyr_types_v1_LabelValuesRequest;
struct pyr_types_v1_LabelValuesResponse;
struct pyr_types_v1_GetProfileStatsRequest;
struct pyr_types_v1_GetProfileStatsResponse;
struct pyr_types_v1_Series;
struct pyr_types_v1_Point;
struct pyr_types_v1_Exemplar;
struct pyr_types_v1_HeatmapSeries;
struct pyr_types_v1_HeatmapSlot;
struct pyr_types_v1_StackTraceSelector;
struct pyr_types_v1_Location;
struct pyr_types_v1_GoPGO;

struct pyr_types_v1_LabelPair {
    struct pyr_str name;
    struct pyr_str value;
};
extern const struct pyr_pb_message pyr_types_v1_LabelPair_pb;

struct pyr_types_v1_Labels {
    struct { struct pyr_types_v1_LabelPair *items; size_t count; } labels;
};
extern const struct pyr_pb_message pyr_types_v1_Labels_pb;

struct pyr_types_v1_ProfileAnnotation {
    struct pyr_str key;
    struct pyr_str value;
};
extern const struct pyr_pb_message pyr_types_v1_ProfileAnnotation_pb;

struct pyr_types_v1_ProfileType {
    struct pyr_str ID;
    struct pyr_str name;
    struct pyr_str sample_type;
    struct pyr_str sample_unit;
    struct pyr_str period_type;
    struct pyr_str period_unit;
};
extern const struct pyr_pb_message pyr_types_v1_ProfileType_pb;

struct pyr_types_v1_LabelNamesRequest {
    struct { struct pyr_str *items; size_t count; } matchers;
    int64_t start;
    int64_t end;
};
extern const struct pyr_pb_message pyr_types_v1_LabelNamesRequest_pb;

struct pyr_types_v1_LabelNamesResponse {
    struct { struct pyr_str *items; size_t count; } names;
};
extern const struct pyr_pb_message pyr_types_v1_LabelNamesResponse_pb;

struct pyr_types_v1_LabelValuesRequest {
    struct pyr_str name;
    struct { struct pyr_str *items; size_t count; } matchers;
    int64_t start;
    int64_t end;
};
extern const struct pyr_pb_message pyr_types_v1_LabelValuesRequest_pb;

struct pyr_types_v1_LabelValuesResponse {
    struct { struct pyr_str *items; size_t count; } names;
};
extern const struct pyr_pb_message pyr_types_v1_LabelValuesResponse_pb;

struct pyr_types_v1_GetProfileStatsRequest {
    char empty_; /* C has no empty structs */
};
extern const struct pyr_pb_message pyr_types_v1_GetProfileStatsRequest_pb;

struct pyr_types_v1_GetProfileStatsResponse {
    bool data_ingested;
    int64_t oldest_profile_time;
    int64_t newest_profile_time;
};
extern const struct pyr_pb_message pyr_types_v1_GetProfileStatsResponse_pb;

struct pyr_types_v1_Series {
    struct { struct pyr_types_v1_LabelPair *items; size_t count; } labels;
    struct { struct pyr_types_v1_Point *items; size_t count; } points;
};
extern const struct pyr_pb_message pyr_types_v1_Series_pb;

struct pyr_types_v1_Point {
    double value;
    int64_t timestamp;
    struct { struct pyr_types_v1_ProfileAnnotation *items; size_t count; } annotations;
    struct { struct pyr_types_v1_Exemplar *items; size_t count; } exemplars;
};
extern const struct pyr_pb_message pyr_types_v1_Point_pb;

struct pyr_types_v1_Exemplar {
    int64_t timestamp;
    struct pyr_str profile_id;
    struct pyr_str span_id;
    int64_t value;
    struct { struct pyr_types_v1_LabelPair *items; size_t count; } labels;
    struct pyr_str trace_id;
};
extern const struct pyr_pb_message pyr_types_v1_Exemplar_pb;

struct pyr_types_v1_HeatmapSeries {
    struct { struct pyr_types_v1_LabelPair *items; size_t count; } labels;
    struct { struct pyr_types_v1_HeatmapSlot *items; size_t count; } slots;
};
extern const struct pyr_pb_message pyr_types_v1_HeatmapSeries_pb;

struct pyr_types_v1_HeatmapSlot {
    int64_t timestamp;
    struct { double *items; size_t count; } y_min;
    struct { int32_t *items; size_t count; } counts;
    struct { struct pyr_types_v1_Exemplar *items; size_t count; } exemplars;
};
extern const struct pyr_pb_message pyr_types_v1_HeatmapSlot_pb;

struct pyr_types_v1_StackTraceSelector {
    struct { struct pyr_types_v1_Location *items; size_t count; } call_site;
    struct pyr_types_v1_GoPGO *go_pgo;
};
extern const struct pyr_pb_message pyr_types_v1_StackTraceSelector_pb;

struct pyr_types_v1_Location {
    struct pyr_str name;
};
extern const struct pyr_pb_message pyr_types_v1_Location_pb;

struct pyr_types_v1_GoPGO {
    uint32_t keep_locations;
    bool aggregate_callees;
};
extern const struct pyr_pb_message pyr_types_v1_GoPGO_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_types[];
#endif
