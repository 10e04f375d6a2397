/* From querier/v1/querier.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "codec/gen/querier.pb.h"

static const struct pyr_pb_enum_value pyr_querier_v1_ProfileFormat_values[] = {
    {"PROFILE_FORMAT_UNSPECIFIED", 0},
    {"PROFILE_FORMAT_FLAMEGRAPH", 1},
    {"PROFILE_FORMAT_TREE", 2},
    {"PROFILE_FORMAT_DOT", 3},
    {"PROFILE_FORMAT_PPROF", 4},
};
const struct pyr_pb_enum pyr_querier_v1_ProfileFormat_pb = {"querier.v1.ProfileFormat", pyr_querier_v1_ProfileFormat_values, 5};

static const struct pyr_pb_enum_value pyr_querier_v1_AsyncQueryType_values[] = {
    {"ASYNC_QUERY_TYPE_DISABLED", 0},
    {"ASYNC_QUERY_TYPE_FORCE", 1},
};
const struct pyr_pb_enum pyr_querier_v1_AsyncQueryType_pb = {"querier.v1.AsyncQueryType", pyr_querier_v1_AsyncQueryType_values, 2};

static const struct pyr_pb_enum_value pyr_querier_v1_AsyncQueryStatus_values[] = {
    {"ASYNC_QUERY_STATUS_UNKNOWN", 0},
    {"ASYNC_QUERY_STATUS_IN_PROGRESS", 1},
    {"ASYNC_QUERY_STATUS_SUCCESS", 2},
    {"ASYNC_QUERY_STATUS_FAILURE", 3},
};
const struct pyr_pb_enum pyr_querier_v1_AsyncQueryStatus_pb = {"querier.v1.AsyncQueryStatus", pyr_querier_v1_AsyncQueryStatus_values, 4};

static const struct pyr_pb_enum_value pyr_querier_v1_HeatmapQueryType_values[] = {
    {"HEATMAP_QUERY_TYPE_UNSPECIFIED", 0},
    {"HEATMAP_QUERY_TYPE_INDIVIDUAL", 1},
    {"HEATMAP_QUERY_TYPE_SPAN", 2},
};
const struct pyr_pb_enum pyr_querier_v1_HeatmapQueryType_pb = {"querier.v1.HeatmapQueryType", pyr_querier_v1_HeatmapQueryType_values, 3};

static const struct pyr_pb_field pyr_querier_v1_ProfileTypesRequest_fields[] = {
    {1, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_ProfileTypesRequest, start), 0, "start", "start", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_ProfileTypesRequest, end), 0, "end", "end", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_ProfileTypesRequest_pb = {"querier.v1.ProfileTypesRequest", sizeof(struct pyr_querier_v1_ProfileTypesRequest), pyr_querier_v1_ProfileTypesRequest_fields, 2};

static const struct pyr_pb_field pyr_querier_v1_ProfileTypesResponse_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_ProfileTypesResponse, profile_types), 0, "profile_types", "profileTypes", &pyr_types_v1_ProfileType_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_ProfileTypesResponse_pb = {"querier.v1.ProfileTypesResponse", sizeof(struct pyr_querier_v1_ProfileTypesResponse), pyr_querier_v1_ProfileTypesResponse_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_SeriesRequest_fields[] = {
    {1, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SeriesRequest, matchers), 0, "matchers", "matchers", NULL, NULL},
    {2, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SeriesRequest, label_names), 0, "label_names", "labelNames", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SeriesRequest, start), 0, "start", "start", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SeriesRequest, end), 0, "end", "end", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SeriesRequest_pb = {"querier.v1.SeriesRequest", sizeof(struct pyr_querier_v1_SeriesRequest), pyr_querier_v1_SeriesRequest_fields, 4};

static const struct pyr_pb_field pyr_querier_v1_SeriesResponse_fields[] = {
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_SeriesResponse, labels_set), 0, "labels_set", "labelsSet", &pyr_types_v1_Labels_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SeriesResponse_pb = {"querier.v1.SeriesResponse", sizeof(struct pyr_querier_v1_SeriesResponse), pyr_querier_v1_SeriesResponse_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_SelectMergeStacktracesRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, profile_typeID), 0, "profile_typeID", "profileTypeID", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, label_selector), 0, "label_selector", "labelSelector", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, start), 0, "start", "start", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, end), 0, "end", "end", NULL, NULL},
    {5, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, max_nodes), offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, has_max_nodes), "max_nodes", "maxNodes", NULL, NULL},
    {6, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, format), 0, "format", "format", NULL, &pyr_querier_v1_ProfileFormat_pb},
    {7, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, stack_trace_selector), 0, "stack_trace_selector", "stackTraceSelector", &pyr_types_v1_StackTraceSelector_pb, NULL},
    {8, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, profile_id_selector), 0, "profile_id_selector", "profileIdSelector", NULL, NULL},
    {9, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, async), 0, "async", "async", &pyr_querier_v1_AsyncQueryRequest_pb, NULL},
    {10, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, trace_id_selector), 0, "trace_id_selector", "traceIdSelector", NULL, NULL},
    {11, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectMergeStacktracesRequest, span_selector), 0, "span_selector", "spanSelector", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectMergeStacktracesRequest_pb = {"querier.v1.SelectMergeStacktracesRequest", sizeof(struct pyr_querier_v1_SelectMergeStacktracesRequest), pyr_querier_v1_SelectMergeStacktracesRequest_fields, 11};

static const struct pyr_pb_field pyr_querier_v1_SelectMergeStacktracesResponse_fields[] = {
    {1, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesResponse, flamegraph), 0, "flamegraph", "flamegraph", &pyr_querier_v1_FlameGraph_pb, NULL},
    {2, PYR_PB_BYTES, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesResponse, tree), 0, "tree", "tree", NULL, NULL},
    {3, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesResponse, dot), 0, "dot", "dot", NULL, NULL},
    {4, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesResponse, async), 0, "async", "async", &pyr_querier_v1_AsyncQueryResponse_pb, NULL},
    {5, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeStacktracesResponse, pprof), 0, "pprof", "pprof", &pyr_querier_v1_PprofProfile_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectMergeStacktracesResponse_pb = {"querier.v1.SelectMergeStacktracesResponse", sizeof(struct pyr_querier_v1_SelectMergeStacktracesResponse), pyr_querier_v1_SelectMergeStacktracesResponse_fields, 5};

static const struct pyr_pb_field pyr_querier_v1_PprofProfile_fields[] = {
    {1, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_PprofProfile, profile), 0, "profile", "profile", &pyr_google_v1_Profile_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_PprofProfile_pb = {"querier.v1.PprofProfile", sizeof(struct pyr_querier_v1_PprofProfile), pyr_querier_v1_PprofProfile_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_AsyncQueryRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_AsyncQueryRequest, request_id), 0, "request_id", "requestId", NULL, NULL},
    {2, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_AsyncQueryRequest, type), 0, "type", "type", NULL, &pyr_querier_v1_AsyncQueryType_pb},
};
const struct pyr_pb_message pyr_querier_v1_AsyncQueryRequest_pb = {"querier.v1.AsyncQueryRequest", sizeof(struct pyr_querier_v1_AsyncQueryRequest), pyr_querier_v1_AsyncQueryRequest_fields, 2};

static const struct pyr_pb_field pyr_querier_v1_AsyncQueryResponse_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_AsyncQueryResponse, request_id), 0, "request_id", "requestId", NULL, NULL},
    {2, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_AsyncQueryResponse, status), 0, "status", "status", NULL, &pyr_querier_v1_AsyncQueryStatus_pb},
    {3, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_AsyncQueryResponse, error_message), 0, "error_message", "errorMessage", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_AsyncQueryResponse_pb = {"querier.v1.AsyncQueryResponse", sizeof(struct pyr_querier_v1_AsyncQueryResponse), pyr_querier_v1_AsyncQueryResponse_fields, 3};

static const struct pyr_pb_field pyr_querier_v1_SelectMergeSpanProfileRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, profile_typeID), 0, "profile_typeID", "profileTypeID", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, label_selector), 0, "label_selector", "labelSelector", NULL, NULL},
    {3, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, span_selector), 0, "span_selector", "spanSelector", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, start), 0, "start", "start", NULL, NULL},
    {5, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, end), 0, "end", "end", NULL, NULL},
    {6, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, max_nodes), offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, has_max_nodes), "max_nodes", "maxNodes", NULL, NULL},
    {7, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileRequest, format), 0, "format", "format", NULL, &pyr_querier_v1_ProfileFormat_pb},
};
const struct pyr_pb_message pyr_querier_v1_SelectMergeSpanProfileRequest_pb = {"querier.v1.SelectMergeSpanProfileRequest", sizeof(struct pyr_querier_v1_SelectMergeSpanProfileRequest), pyr_querier_v1_SelectMergeSpanProfileRequest_fields, 7};

static const struct pyr_pb_field pyr_querier_v1_SelectMergeSpanProfileResponse_fields[] = {
    {1, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileResponse, flamegraph), 0, "flamegraph", "flamegraph", &pyr_querier_v1_FlameGraph_pb, NULL},
    {2, PYR_PB_BYTES, false, offsetof(struct pyr_querier_v1_SelectMergeSpanProfileResponse, tree), 0, "tree", "tree", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectMergeSpanProfileResponse_pb = {"querier.v1.SelectMergeSpanProfileResponse", sizeof(struct pyr_querier_v1_SelectMergeSpanProfileResponse), pyr_querier_v1_SelectMergeSpanProfileResponse_fields, 2};

static const struct pyr_pb_field pyr_querier_v1_SelectMergeProfileRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, profile_typeID), 0, "profile_typeID", "profileTypeID", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, label_selector), 0, "label_selector", "labelSelector", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, start), 0, "start", "start", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, end), 0, "end", "end", NULL, NULL},
    {5, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, max_nodes), offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, has_max_nodes), "max_nodes", "maxNodes", NULL, NULL},
    {6, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, stack_trace_selector), 0, "stack_trace_selector", "stackTraceSelector", &pyr_types_v1_StackTraceSelector_pb, NULL},
    {7, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, profile_id_selector), 0, "profile_id_selector", "profileIdSelector", NULL, NULL},
    {8, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectMergeProfileRequest, trace_id_selector), 0, "trace_id_selector", "traceIdSelector", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectMergeProfileRequest_pb = {"querier.v1.SelectMergeProfileRequest", sizeof(struct pyr_querier_v1_SelectMergeProfileRequest), pyr_querier_v1_SelectMergeProfileRequest_fields, 8};

static const struct pyr_pb_field pyr_querier_v1_SelectSeriesRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, profile_typeID), 0, "profile_typeID", "profileTypeID", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, label_selector), 0, "label_selector", "labelSelector", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, start), 0, "start", "start", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, end), 0, "end", "end", NULL, NULL},
    {5, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectSeriesRequest, group_by), 0, "group_by", "groupBy", NULL, NULL},
    {6, PYR_PB_DOUBLE, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, step), 0, "step", "step", NULL, NULL},
    {7, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, aggregation), offsetof(struct pyr_querier_v1_SelectSeriesRequest, has_aggregation), "aggregation", "aggregation", NULL, &pyr_types_v1_TimeSeriesAggregationType_pb},
    {8, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, stack_trace_selector), 0, "stack_trace_selector", "stackTraceSelector", &pyr_types_v1_StackTraceSelector_pb, NULL},
    {9, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, limit), offsetof(struct pyr_querier_v1_SelectSeriesRequest, has_limit), "limit", "limit", NULL, NULL},
    {10, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_SelectSeriesRequest, exemplar_type), 0, "exemplar_type", "exemplarType", NULL, &pyr_types_v1_ExemplarType_pb},
};
const struct pyr_pb_message pyr_querier_v1_SelectSeriesRequest_pb = {"querier.v1.SelectSeriesRequest", sizeof(struct pyr_querier_v1_SelectSeriesRequest), pyr_querier_v1_SelectSeriesRequest_fields, 10};

static const struct pyr_pb_field pyr_querier_v1_SelectSeriesResponse_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_SelectSeriesResponse, series), 0, "series", "series", &pyr_types_v1_Series_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectSeriesResponse_pb = {"querier.v1.SelectSeriesResponse", sizeof(struct pyr_querier_v1_SelectSeriesResponse), pyr_querier_v1_SelectSeriesResponse_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_SelectHeatmapRequest_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, profile_typeID), 0, "profile_typeID", "profileTypeID", NULL, NULL},
    {2, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, label_selector), 0, "label_selector", "labelSelector", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, start), 0, "start", "start", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, end), 0, "end", "end", NULL, NULL},
    {5, PYR_PB_DOUBLE, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, step), 0, "step", "step", NULL, NULL},
    {6, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, group_by), 0, "group_by", "groupBy", NULL, NULL},
    {7, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, query_type), 0, "query_type", "queryType", NULL, &pyr_querier_v1_HeatmapQueryType_pb},
    {8, PYR_PB_ENUM, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, exemplar_type), 0, "exemplar_type", "exemplarType", NULL, &pyr_types_v1_ExemplarType_pb},
    {9, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_SelectHeatmapRequest, limit), offsetof(struct pyr_querier_v1_SelectHeatmapRequest, has_limit), "limit", "limit", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectHeatmapRequest_pb = {"querier.v1.SelectHeatmapRequest", sizeof(struct pyr_querier_v1_SelectHeatmapRequest), pyr_querier_v1_SelectHeatmapRequest_fields, 9};

static const struct pyr_pb_field pyr_querier_v1_SelectHeatmapResponse_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_SelectHeatmapResponse, series), 0, "series", "series", &pyr_types_v1_HeatmapSeries_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_SelectHeatmapResponse_pb = {"querier.v1.SelectHeatmapResponse", sizeof(struct pyr_querier_v1_SelectHeatmapResponse), pyr_querier_v1_SelectHeatmapResponse_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_DiffRequest_fields[] = {
    {1, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_DiffRequest, left), 0, "left", "left", &pyr_querier_v1_SelectMergeStacktracesRequest_pb, NULL},
    {2, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_DiffRequest, right), 0, "right", "right", &pyr_querier_v1_SelectMergeStacktracesRequest_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_DiffRequest_pb = {"querier.v1.DiffRequest", sizeof(struct pyr_querier_v1_DiffRequest), pyr_querier_v1_DiffRequest_fields, 2};

static const struct pyr_pb_field pyr_querier_v1_DiffResponse_fields[] = {
    {1, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_DiffResponse, flamegraph), 0, "flamegraph", "flamegraph", &pyr_querier_v1_FlameGraphDiff_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_DiffResponse_pb = {"querier.v1.DiffResponse", sizeof(struct pyr_querier_v1_DiffResponse), pyr_querier_v1_DiffResponse_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_FlameGraph_fields[] = {
    {1, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_FlameGraph, names), 0, "names", "names", NULL, NULL},
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_FlameGraph, levels), 0, "levels", "levels", &pyr_querier_v1_Level_pb, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_FlameGraph, total), 0, "total", "total", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_FlameGraph, max_self), 0, "max_self", "maxSelf", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_FlameGraph_pb = {"querier.v1.FlameGraph", sizeof(struct pyr_querier_v1_FlameGraph), pyr_querier_v1_FlameGraph_fields, 4};

static const struct pyr_pb_field pyr_querier_v1_FlameGraphDiff_fields[] = {
    {1, PYR_PB_STRING, true, offsetof(struct pyr_querier_v1_FlameGraphDiff, names), 0, "names", "names", NULL, NULL},
    {2, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_FlameGraphDiff, levels), 0, "levels", "levels", &pyr_querier_v1_Level_pb, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_FlameGraphDiff, total), 0, "total", "total", NULL, NULL},
    {4, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_FlameGraphDiff, max_self), 0, "max_self", "maxSelf", NULL, NULL},
    {5, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_FlameGraphDiff, leftTicks), 0, "leftTicks", "leftTicks", NULL, NULL},
    {6, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_FlameGraphDiff, rightTicks), 0, "rightTicks", "rightTicks", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_FlameGraphDiff_pb = {"querier.v1.FlameGraphDiff", sizeof(struct pyr_querier_v1_FlameGraphDiff), pyr_querier_v1_FlameGraphDiff_fields, 6};

static const struct pyr_pb_field pyr_querier_v1_Level_fields[] = {
    {1, PYR_PB_INT64, true, offsetof(struct pyr_querier_v1_Level, values), 0, "values", "values", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_Level_pb = {"querier.v1.Level", sizeof(struct pyr_querier_v1_Level), pyr_querier_v1_Level_fields, 1};

static const struct pyr_pb_field pyr_querier_v1_AnalyzeQueryRequest_fields[] = {
    {2, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_AnalyzeQueryRequest, start), 0, "start", "start", NULL, NULL},
    {3, PYR_PB_INT64, false, offsetof(struct pyr_querier_v1_AnalyzeQueryRequest, end), 0, "end", "end", NULL, NULL},
    {4, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_AnalyzeQueryRequest, query), 0, "query", "query", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_AnalyzeQueryRequest_pb = {"querier.v1.AnalyzeQueryRequest", sizeof(struct pyr_querier_v1_AnalyzeQueryRequest), pyr_querier_v1_AnalyzeQueryRequest_fields, 3};

static const struct pyr_pb_field pyr_querier_v1_AnalyzeQueryResponse_fields[] = {
    {1, PYR_PB_MESSAGE, true, offsetof(struct pyr_querier_v1_AnalyzeQueryResponse, query_scopes), 0, "query_scopes", "queryScopes", &pyr_querier_v1_QueryScope_pb, NULL},
    {2, PYR_PB_MESSAGE, false, offsetof(struct pyr_querier_v1_AnalyzeQueryResponse, query_impact), 0, "query_impact", "queryImpact", &pyr_querier_v1_QueryImpact_pb, NULL},
};
const struct pyr_pb_message pyr_querier_v1_AnalyzeQueryResponse_pb = {"querier.v1.AnalyzeQueryResponse", sizeof(struct pyr_querier_v1_AnalyzeQueryResponse), pyr_querier_v1_AnalyzeQueryResponse_fields, 2};

static const struct pyr_pb_field pyr_querier_v1_QueryScope_fields[] = {
    {1, PYR_PB_STRING, false, offsetof(struct pyr_querier_v1_QueryScope, component_type), 0, "component_type", "componentType", NULL, NULL},
    {2, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, component_count), 0, "component_count", "componentCount", NULL, NULL},
    {3, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, block_count), 0, "block_count", "blockCount", NULL, NULL},
    {4, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, series_count), 0, "series_count", "seriesCount", NULL, NULL},
    {5, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, profile_count), 0, "profile_count", "profileCount", NULL, NULL},
    {6, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, sample_count), 0, "sample_count", "sampleCount", NULL, NULL},
    {7, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, index_bytes), 0, "index_bytes", "indexBytes", NULL, NULL},
    {8, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, profile_bytes), 0, "profile_bytes", "profileBytes", NULL, NULL},
    {9, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryScope, symbol_bytes), 0, "symbol_bytes", "symbolBytes", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_QueryScope_pb = {"querier.v1.QueryScope", sizeof(struct pyr_querier_v1_QueryScope), pyr_querier_v1_QueryScope_fields, 9};

static const struct pyr_pb_field pyr_querier_v1_QueryImpact_fields[] = {
    {2, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryImpact, total_bytes_in_time_range), 0, "total_bytes_in_time_range", "totalBytesInTimeRange", NULL, NULL},
    {3, PYR_PB_UINT64, false, offsetof(struct pyr_querier_v1_QueryImpact, total_queried_series), 0, "total_queried_series", "totalQueriedSeries", NULL, NULL},
    {4, PYR_PB_BOOL, false, offsetof(struct pyr_querier_v1_QueryImpact, deduplication_needed), 0, "deduplication_needed", "deduplicationNeeded", NULL, NULL},
};
const struct pyr_pb_message pyr_querier_v1_QueryImpact_pb = {"querier.v1.QueryImpact", sizeof(struct pyr_querier_v1_QueryImpact), pyr_querier_v1_QueryImpact_fields, 3};

const struct pyr_pb_message *const pyr_pb_messages_querier[] = {
    &pyr_querier_v1_ProfileTypesRequest_pb,
    &pyr_querier_v1_ProfileTypesResponse_pb,
    &pyr_querier_v1_SeriesRequest_pb,
    &pyr_querier_v1_SeriesResponse_pb,
    &pyr_querier_v1_SelectMergeStacktracesRequest_pb,
    &pyr_querier_v1_SelectMergeStacktracesResponse_pb,
    &pyr_querier_v1_PprofProfile_pb,
    &pyr_querier_v1_AsyncQueryRequest_pb,
    &pyr_querier_v1_AsyncQueryResponse_pb,
    &pyr_querier_v1_SelectMergeSpanProfileRequest_pb,
    &pyr_querier_v1_SelectMergeSpanProfileResponse_pb,
    &pyr_querier_v1_SelectMergeProfileRequest_pb,
    &pyr_querier_v1_SelectSeriesRequest_pb,
    &pyr_querier_v1_SelectSeriesResponse_pb,
    &pyr_querier_v1_SelectHeatmapRequest_pb,
    &pyr_querier_v1_SelectHeatmapResponse_pb,
    &pyr_querier_v1_DiffRequest_pb,
    &pyr_querier_v1_DiffResponse_pb,
    &pyr_querier_v1_FlameGraph_pb,
    &pyr_querier_v1_FlameGraphDiff_pb,
    &pyr_querier_v1_Level_pb,
    &pyr_querier_v1_AnalyzeQueryRequest_pb,
    &pyr_querier_v1_AnalyzeQueryResponse_pb,
    &pyr_querier_v1_QueryScope_pb,
    &pyr_querier_v1_QueryImpact_pb,
    NULL,
};
