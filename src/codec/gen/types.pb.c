/* From types/v1/types.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "codec/gen/types.pb.h"

static const struct pyr_pb_enum_value pyr_types_v1_TimeSeriesAggregationType_values[] = {
    {"TIME_SERIES_AGGREGATION_TYPE_SUM", 0},
    {"TIME_SERIES_AGGREGATION_TYPE_AVERAGE", 1},
};
const struct pyr_pb_enum pyr_types_v1_TimeSeriesAggregationType_pb = {"types.v1.TimeSeriesAggregationType", pyr_types_v1_TimeSeriesAggregationType_values, 2};

static const struct pyr_pb_enum_value pyr_types_v1_ExemplarType_values[] = {
    {"EXEMPLAR_TYPE_UNSPECIFIED", 0},
    {"EXEMPLAR_TYPE_NONE", 1},
    {"EXEMPLAR_TYPE_INDIVIDUAL", 2},
    {"EXEMPLAR_TYPE_SPAN", 3},
};
const struct pyr_pb_enum pyr_types_v1_ExemplarType_pb = {"types.v1.ExemplarType", pyr_types_v1_ExemplarType_values, 4};

static const struct pyr_pb_field pyr_types_v1_LabelPair_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_LabelPair, name), 0, "name", "name", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_LabelPair, value), 0, "value", "value", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_LabelPair_pb = {"types.v1.LabelPair", sizeof(struct pyr_types_v1_LabelPair), pyr_types_v1_LabelPair_fields, 2};

static const struct pyr_pb_field pyr_types_v1_Labels_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_Labels, labels), 0, "labels", "labels", &pyr_types_v1_LabelPair_pb, NULL},
};
const struct pyr_pb_message pyr_types_v1_Labels_pb = {"types.v1.Labels", sizeof(struct pyr_types_v1_Labels), pyr_types_v1_Labels_fields, 1};

static const struct pyr_pb_field pyr_types_v1_ProfileAnnotation_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileAnnotation, key), 0, "key", "key", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileAnnotation, value), 0, "value", "value", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_ProfileAnnotation_pb = {"types.v1.ProfileAnnotation", sizeof(struct pyr_types_v1_ProfileAnnotation), pyr_types_v1_ProfileAnnotation_fields, 2};

static const struct pyr_pb_field pyr_types_v1_ProfileType_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileType, ID), 0, "ID", "ID", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileType, name), 0, "name", "name", NULL, NULL},
    {4, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileType, sample_type), 0, "sample_type", "sampleType", NULL, NULL},
    {5, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileType, sample_unit), 0, "sample_unit", "sampleUnit", NULL, NULL},
    {6, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileType, period_type), 0, "period_type", "periodType", NULL, NULL},
    {7, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_ProfileType, period_unit), 0, "period_unit", "periodUnit", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_ProfileType_pb = {"types.v1.ProfileType", sizeof(struct pyr_types_v1_ProfileType), pyr_types_v1_ProfileType_fields, 6};

static const struct pyr_pb_field pyr_types_v1_LabelNamesRequest_fields[] = {
    {1, PYR_PB_STRING, true, offsetof(struct pyr_types_v1_LabelNamesRequest, matchers), 0, "matchers", "matchers", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_LabelNamesRequest, start), 0, "start", "start", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_LabelNamesRequest, end), 0, "end", "end", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_LabelNamesRequest_pb = {"types.v1.LabelNamesRequest", sizeof(struct pyr_types_v1_LabelNamesRequest), pyr_types_v1_LabelNamesRequest_fields, 3};

static const struct pyr_pb_field pyr_types_v1_LabelNamesResponse_fields[] = {
    {1, PYR_PB_STRING, true, offsetof(struct pyr_types_v1_LabelNamesResponse, names), 0, "names", "names", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_LabelNamesResponse_pb = {"types.v1.LabelNamesResponse", sizeof(struct pyr_types_v1_LabelNamesResponse), pyr_types_v1_LabelNamesResponse_fields, 1};

static const struct pyr_pb_field pyr_types_v1_LabelValuesRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_LabelValuesRequest, name), 0, "name", "name", NULL, NULL},
    {2, PYR_PB_STRING, true, offsetof(struct pyr_types_v1_LabelValuesRequest, matchers), 0, "matchers", "matchers", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_LabelValuesRequest, start), 0, "start", "start", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_LabelValuesRequest, end), 0, "end", "end", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_LabelValuesRequest_pb = {"types.v1.LabelValuesRequest", sizeof(struct pyr_types_v1_LabelValuesRequest), pyr_types_v1_LabelValuesRequest_fields, 4};

static const struct pyr_pb_field pyr_types_v1_LabelValuesResponse_fields[] = {
    {1, PYR_PB_STRING, true, offsetof(struct pyr_types_v1_LabelValuesResponse, names), 0, "names", "names", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_LabelValuesResponse_pb = {"types.v1.LabelValuesResponse", sizeof(struct pyr_types_v1_LabelValuesResponse), pyr_types_v1_LabelValuesResponse_fields, 1};

const struct pyr_pb_message pyr_types_v1_GetProfileStatsRequest_pb = {"types.v1.GetProfileStatsRequest", sizeof(struct pyr_types_v1_GetProfileStatsRequest), NULL, 0};

static const struct pyr_pb_field pyr_types_v1_GetProfileStatsResponse_fields[] = {
    {1, PYR_PB_BOOL, false, offsetof(struct pyr_types_v1_GetProfileStatsResponse, data_ingested), 0, "data_ingested", "dataIngested", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_GetProfileStatsResponse, oldest_profile_time), 0, "oldest_profile_time", "oldestProfileTime", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_GetProfileStatsResponse, newest_profile_time), 0, "newest_profile_time", "newestProfileTime", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_GetProfileStatsResponse_pb = {"types.v1.GetProfileStatsResponse", sizeof(struct pyr_types_v1_GetProfileStatsResponse), pyr_types_v1_GetProfileStatsResponse_fields, 3};

static const struct pyr_pb_field pyr_types_v1_Series_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_Series, labels), 0, "labels", "labels", &pyr_types_v1_LabelPair_pb, NULL},
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_Series, points), 0, "points", "points", &pyr_types_v1_Point_pb, NULL},
};
const struct pyr_pb_message pyr_types_v1_Series_pb = {"types.v1.Series", sizeof(struct pyr_types_v1_Series), pyr_types_v1_Series_fields, 2};

static const struct pyr_pb_field pyr_types_v1_Point_fields[] = {
    {1, PYR_PB_DOUBLE, false, offsetof(struct pyr_types_v1_Point, value), 0, "value", "value", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_Point, timestamp), 0, "timestamp", "timestamp", NULL, NULL},
    {3, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_Point, annotations), 0, "annotations", "annotations", &pyr_types_v1_ProfileAnnotation_pb, NULL},
    {4, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_Point, exemplars), 0, "exemplars", "exemplars", &pyr_types_v1_Exemplar_pb, NULL},
};
const struct pyr_pb_message pyr_types_v1_Point_pb = {"types.v1.Point", sizeof(struct pyr_types_v1_Point), pyr_types_v1_Point_fields, 4};

static const struct pyr_pb_field pyr_types_v1_Exemplar_fields[] = {
    {1, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_Exemplar, timestamp), 0, "timestamp", "timestamp", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_Exemplar, profile_id), 0, "profile_id", "profileId", NULL, NULL},
    {3, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_Exemplar, span_id), 0, "span_id", "spanId", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_Exemplar, value), 0, "value", "value", NULL, NULL},
    {5, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_Exemplar, labels), 0, "labels", "labels", &pyr_types_v1_LabelPair_pb, NULL},
    {6, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_Exemplar, trace_id), 0, "trace_id", "traceId", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_Exemplar_pb = {"types.v1.Exemplar", sizeof(struct pyr_types_v1_Exemplar), pyr_types_v1_Exemplar_fields, 6};

static const struct pyr_pb_field pyr_types_v1_HeatmapSeries_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_HeatmapSeries, labels), 0, "labels", "labels", &pyr_types_v1_LabelPair_pb, NULL},
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_HeatmapSeries, slots), 0, "slots", "slots", &pyr_types_v1_HeatmapSlot_pb, NULL},
};
const struct pyr_pb_message pyr_types_v1_HeatmapSeries_pb = {"types.v1.HeatmapSeries", sizeof(struct pyr_types_v1_HeatmapSeries), pyr_types_v1_HeatmapSeries_fields, 2};

static const struct pyr_pb_field pyr_types_v1_HeatmapSlot_fields[] = {
    {1, PYR_PB_INT64, false, offsetof(struct pyr_types_v1_HeatmapSlot, timestamp), 0, "timestamp", "timestamp", NULL, NULL},
    {2, PYR_PB_DOUBLE, true, offsetof(struct pyr_types_v1_HeatmapSlot, y_min), 0, "y_min", "yMin", NULL, NULL},
    {3, PYR_PB_INT32, true, offsetof(struct pyr_types_v1_HeatmapSlot, counts), 0, "counts", "counts", NULL, NULL},
    {4, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_HeatmapSlot, exemplars), 0, "exemplars", "exemplars", &pyr_types_v1_Exemplar_pb, NULL},
};
const struct pyr_pb_message pyr_types_v1_HeatmapSlot_pb = {"types.v1.HeatmapSlot", sizeof(struct pyr_types_v1_HeatmapSlot), pyr_types_v1_HeatmapSlot_fields, 4};

static const struct pyr_pb_field pyr_types_v1_StackTraceSelector_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_types_v1_StackTraceSelector, call_site), 0, "call_site", "callSite", &pyr_types_v1_Location_pb, NULL},
    {2, PYR_PB_MESSAGE, false, offsetof(struct pyr_types_v1_StackTraceSelector, go_pgo), 0, "go_pgo", "goPgo", &pyr_types_v1_GoPGO_pb, NULL},
};
const struct pyr_pb_message pyr_types_v1_StackTraceSelector_pb = {"types.v1.StackTraceSelector", sizeof(struct pyr_types_v1_StackTraceSelector), pyr_types_v1_StackTraceSelector_fields, 2};

static const struct pyr_pb_field pyr_types_v1_Location_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_types_v1_Location, name), 0, "name", "name", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_Location_pb = {"types.v1.Location", sizeof(struct pyr_types_v1_Location), pyr_types_v1_Location_fields, 1};

static const struct pyr_pb_field pyr_types_v1_GoPGO_fields[] = {
    {1, PYR_PB_UINT32, false, offsetof(struct pyr_types_v1_GoPGO, keep_locations), 0, "keep_locations", "keepLocations", NULL, NULL},
    {2, PYR_PB_BOOL, false, offsetof(struct pyr_types_v1_GoPGO, aggregate_callees), 0, "aggregate_callees", "aggregateCallees", NULL, NULL},
};
const struct pyr_pb_message pyr_types_v1_GoPGO_pb = {"types.v1.GoPGO", sizeof(struct pyr_types_v1_GoPGO), pyr_types_v1_GoPGO_fields, 2};

const struct pyr_pb_message *const pyr_pb_messages_types[] = {
    &pyr_types_v1_LabelPair_pb,
    &pyr_types_v1_Labels_pb,
    &pyr_types_v1_ProfileAnnotation_pb,
    &pyr_types_v1_ProfileType_pb,
    &pyr_types_v1_LabelNamesRequest_pb,
    &pyr_types_v1_LabelNamesResponse_pb,
    &pyr_types_v1_LabelValuesRequest_pb,
    &pyr_types_v1_LabelValuesResponse_pb,
    &pyr_types_v1_GetProfileStatsRequest_pb,
    &pyr_types_v1_GetProfileStatsResponse_pb,
    &pyr_types_v1_Series_pb,
    &pyr_types_v1_Point_pb,
    &pyr_types_v1_Exemplar_pb,
    &pyr_types_v1_HeatmapSeries_pb,
    &pyr_types_v1_HeatmapSlot_pb,
    &pyr_types_v1_StackTraceSelector_pb,
    &pyr_types_v1_Location_pb,
    &pyr_types_v1_GoPGO_pb,
    NULL,
};
