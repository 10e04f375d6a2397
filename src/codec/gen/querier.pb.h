/* From querier/v1/querier.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_CODEC_GEN_QUERIER_PB_H
#define PYR_CODEC_GEN_QUERIER_PB_H
#include "codec/gen/profile.pb.h"
#include "codec/gen/types.pb.h"
#include "codec/pb_message.h"

enum { /* querier.v1.ProfileFormat */
    PYR_QUERIER_V1_PROFILE_FORMAT_UNSPECIFIED = 0,
    PYR_QUERIER_V1_PROFILE_FORMAT_FLAMEGRAPH = 1,
    PYR_QUERIER_V1_PROFILE_FORMAT_TREE = 2,
    PYR_QUERIER_V1_PROFILE_FORMAT_DOT = 3,
    PYR_QUERIER_V1_PROFILE_FORMAT_PPROF = 4,
};
extern const struct pyr_pb_enum pyr_querier_v1_ProfileFormat_pb;

enum { /* querier.v1.AsyncQueryType */
    PYR_QUERIER_V1_ASYNC_QUERY_TYPE_DISABLED = 0,
    PYR_QUERIER_V1_ASYNC_QUERY_TYPE_FORCE = 1,
};
extern const struct pyr_pb_enum pyr_querier_v1_AsyncQueryType_pb;

enum { /* querier.v1.AsyncQueryStatus */
    PYR_QUERIER_V1_ASYNC_QUERY_STATUS_UNKNOWN = 0,
    PYR_QUERIER_V1_ASYNC_QUERY_STATUS_IN_PROGRESS = 1,
    PYR_QUERIER_V1_ASYNC_QUERY_STATUS_SUCCESS = 2,
    PYR_QUERIER_V1_ASYNC_QUERY_STATUS_FAILURE = 3,
};
extern const struct pyr_pb_enum pyr_querier_v1_AsyncQueryStatus_pb;

enum { /* querier.v1.HeatmapQueryType */
    PYR_QUERIER_V1_HEATMAP_QUERY_TYPE_UNSPECIFIED = 0,
    PYR_QUERIER_V1_HEATMAP_QUERY_TYPE_INDIVIDUAL = 1,
    PYR_QUERIER_V1_HEATMAP_QUERY_TYPE_SPAN = 2,
};
extern const struct pyr_pb_enum pyr_querier_v1_HeatmapQueryType_pb;

struct pyr_querier_v1_ProfileTypesRequest;
struct pyr_querier_v1_ProfileTypesResponse;
struct pyr_querier_v1_SeriesRequest;
struct pyr_querier_v1_SeriesResponse;
struct pyr_querier_v1_SelectMergeStacktracesRequest;
struct pyr_querier_v1_SelectMergeStacktracesResponse;
struct pyr_querier_v1_PprofProfile;
struct pyr_querier_v1_AsyncQueryRequest;
struct pyr_querier_v1_AsyncQueryResponse;
struct pyr_querier_v1_SelectMergeSpanProfileRequest;
struct pyr_querier_v1_SelectMergeSpanProfileResponse;
struct pyr_querier_v1_SelectMergeProfileRequest;
struct pyr_querier_v1_SelectSeriesRequest;
struct pyr_querier_v1_SelectSeriesResponse;
struct pyr_querier_v1_SelectHeatmapRequest;
struct pyr_querier_v1_SelectHeatmapResponse;
struct pyr_querier_v1_DiffRequest;
struct pyr_querier_v1_DiffResponse;
struct pyr_querier_v1_FlameGraph;
struct pyr_querier_v1_FlameGraphDiff;
struct pyr_querier_v1_Level;
struct pyr_querier_v1_AnalyzeQueryRequest;
struct pyr_querier_v1_AnalyzeQueryResponse;
struct pyr_querier_v1_QueryScope;
struct pyr_querier_v1_QueryImpact;

struct pyr_querier_v1_ProfileTypesRequest {
    int64_t start;
    int64_t end;
};
extern const struct pyr_pb_message pyr_querier_v1_ProfileTypesRequest_pb;

struct pyr_querier_v1_ProfileTypesResponse {
    struct { struct pyr_types_v1_ProfileType *items; size_t count; } profile_types;
};
extern const struct pyr_pb_message pyr_querier_v1_ProfileTypesResponse_pb;

struct pyr_querier_v1_SeriesRequest {
    struct { struct pyr_str *items; size_t count; } matchers;
    struct { struct pyr_str *items; size_t count; } label_names;
    int64_t start;
    int64_t end;
};
extern const struct pyr_pb_message pyr_querier_v1_SeriesRequest_pb;

struct pyr_querier_v1_SeriesResponse {
    struct { struct pyr_types_v1_Labels *items; size_t count; } labels_set;
};
extern const struct pyr_pb_message pyr_querier_v1_SeriesResponse_pb;

struct pyr_querier_v1_SelectMergeStacktracesRequest {
    struct pyr_str profile_typeID;
    struct pyr_str label_selector;
    int64_t start;
    int64_t end;
    int64_t max_nodes;
    bool has_max_nodes;
    int32_t format; /* querier.v1.ProfileFormat */
    struct pyr_types_v1_StackTraceSelector *stack_trace_selector;
    struct { struct pyr_str *items; size_t count; } profile_id_selector;
    struct pyr_querier_v1_AsyncQueryRequest *async;
    struct { struct pyr_str *items; size_t count; } trace_id_selector;
    struct { struct pyr_str *items; size_t count; } span_selector;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectMergeStacktracesRequest_pb;

struct pyr_querier_v1_SelectMergeStacktracesResponse {
    struct pyr_querier_v1_FlameGraph *flamegraph;
    struct pyr_span tree;
    struct pyr_str dot;
    struct pyr_querier_v1_AsyncQueryResponse *async;
    struct pyr_querier_v1_PprofProfile *pprof;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectMergeStacktracesResponse_pb;

struct pyr_querier_v1_PprofProfile {
    struct pyr_google_v1_Profile *profile;
};
extern const struct pyr_pb_message pyr_querier_v1_PprofProfile_pb;

struct pyr_querier_v1_AsyncQueryRequest {
    struct pyr_str request_id;
    int32_t type; /* querier.v1.AsyncQueryType */
};
extern const struct pyr_pb_message pyr_querier_v1_AsyncQueryRequest_pb;

struct pyr_querier_v1_AsyncQueryResponse {
    struct pyr_str request_id;
    int32_t status; /* querier.v1.AsyncQueryStatus */
    struct pyr_str error_message;
};
extern const struct pyr_pb_message pyr_querier_v1_AsyncQueryResponse_pb;

struct pyr_querier_v1_SelectMergeSpanProfileRequest {
    struct pyr_str profile_typeID;
    struct pyr_str label_selector;
    struct { struct pyr_str *items; size_t count; } span_selector;
    int64_t start;
    int64_t end;
    int64_t max_nodes;
    bool has_max_nodes;
    int32_t format; /* querier.v1.ProfileFormat */
};
extern const struct pyr_pb_message pyr_querier_v1_SelectMergeSpanProfileRequest_pb;

struct pyr_querier_v1_SelectMergeSpanProfileResponse {
    struct pyr_querier_v1_FlameGraph *flamegraph;
    struct pyr_span tree;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectMergeSpanProfileResponse_pb;

struct pyr_querier_v1_SelectMergeProfileRequest {
    struct pyr_str profile_typeID;
    struct pyr_str label_selector;
    int64_t start;
    int64_t end;
    int64_t max_nodes;
    bool has_max_nodes;
    struct pyr_types_v1_StackTraceSelector *stack_trace_selector;
    struct { struct pyr_str *items; size_t count; } profile_id_selector;
    struct { struct pyr_str *items; size_t count; } trace_id_selector;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectMergeProfileRequest_pb;

struct pyr_querier_v1_SelectSeriesRequest {
    struct pyr_str profile_typeID;
    struct pyr_str label_selector;
    int64_t start;
    int64_t end;
    struct { struct pyr_str *items; size_t count; } group_by;
    double step;
    int32_t aggregation; /* types.v1.TimeSeriesAggregationType */
    bool has_aggregation;
    struct pyr_types_v1_StackTraceSelector *stack_trace_selector;
    int64_t limit;
    bool has_limit;
    int32_t exemplar_type; /* types.v1.ExemplarType */
};
extern const struct pyr_pb_message pyr_querier_v1_SelectSeriesRequest_pb;

struct pyr_querier_v1_SelectSeriesResponse {
    struct { struct pyr_types_v1_Series *items; size_t count; } series;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectSeriesResponse_pb;

struct pyr_querier_v1_SelectHeatmapRequest {
    struct pyr_str profile_typeID;
    struct pyr_str label_selector;
    int64_t start;
    int64_t end;
    double step;
    struct { struct pyr_str *items; size_t count; } group_by;
    int32_t query_type; /* querier.v1.HeatmapQueryType */
    int32_t exemplar_type; /* types.v1.ExemplarType */
    int64_t limit;
    bool has_limit;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectHeatmapRequest_pb;

struct pyr_querier_v1_SelectHeatmapResponse {
    struct { struct pyr_types_v1_HeatmapSeries *items; size_t count; } series;
};
extern const struct pyr_pb_message pyr_querier_v1_SelectHeatmapResponse_pb;

struct pyr_querier_v1_DiffRequest {
    struct pyr_querier_v1_SelectMergeStacktracesRequest *left;
    struct pyr_querier_v1_SelectMergeStacktracesRequest *right;
};
extern const struct pyr_pb_message pyr_querier_v1_DiffRequest_pb;

struct pyr_querier_v1_DiffResponse {
    struct pyr_querier_v1_FlameGraphDiff *flamegraph;
};
extern const struct pyr_pb_message pyr_querier_v1_DiffResponse_pb;

struct pyr_querier_v1_FlameGraph {
    struct { struct pyr_str *items; size_t count; } names;
    struct { struct pyr_querier_v1_Level *items; size_t count; } levels;
    int64_t total;
    int64_t max_self;
};
extern const struct pyr_pb_message pyr_querier_v1_FlameGraph_pb;

struct pyr_querier_v1_FlameGraphDiff {
    struct { struct pyr_str *items; size_t count; } names;
    struct { struct pyr_querier_v1_Level *items; size_t count; } levels;
    int64_t total;
    int64_t max_self;
    int64_t leftTicks;
    int64_t rightTicks;
};
extern const struct pyr_pb_message pyr_querier_v1_FlameGraphDiff_pb;

struct pyr_querier_v1_Level {
    struct { int64_t *items; size_t count; } values;
};
extern const struct pyr_pb_message pyr_querier_v1_Level_pb;

struct pyr_querier_v1_AnalyzeQueryRequest {
    int64_t start;
    int64_t end;
    struct pyr_str query;
};
extern const struct pyr_pb_message pyr_querier_v1_AnalyzeQueryRequest_pb;

struct pyr_querier_v1_AnalyzeQueryResponse {
    struct { struct pyr_querier_v1_QueryScope *items; size_t count; } query_scopes;
    struct pyr_querier_v1_QueryImpact *query_impact;
};
extern const struct pyr_pb_message pyr_querier_v1_AnalyzeQueryResponse_pb;

struct pyr_querier_v1_QueryScope {
    struct pyr_str component_type;
    uint64_t component_count;
    uint64_t block_count;
    uint64_t series_count;
    uint64_t profile_count;
    uint64_t sample_count;
    uint64_t index_bytes;
    uint64_t profile_bytes;
    uint64_t symbol_bytes;
};
extern const struct pyr_pb_message pyr_querier_v1_QueryScope_pb;

struct pyr_querier_v1_QueryImpact {
    uint64_t total_bytes_in_time_range;
    uint64_t total_queried_series;
    bool deduplication_needed;
};
extern const struct pyr_pb_message pyr_querier_v1_QueryImpact_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_querier[];
#endif
