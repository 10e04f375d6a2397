#include "ingest/ingest.h"
#include "base/time.h"
#include "ingest/discard.h"
#include "ingest/function_names.h"
#include "ingest/identity.h"
#include "ingest/series_labels.h"
#include "ingest/split.h"
#include "ingest/volatile_names.h"

static const int64_t year_1971_ns = INT64_C(365) * 86400 * PYR_NS_PER_S;

static pyr_err out_of_memory(struct pyr_diag *diag)
{
    return pyr_fail(diag, PYR_E_NOMEM, "profile needs more memory than a request may have");
}

static int64_t time_of(const struct pyr_ingest_profile *in, int64_t now_ns)
{
    if (in->profile->time_ns >= year_1971_ns)
        return in->profile->time_ns;
    return in->from_ns >= year_1971_ns ? in->from_ns : now_ns;
}

static int64_t duration_of(const struct pyr_ingest_profile *in)
{
    if (in->profile->duration_ns > 0)
        return in->profile->duration_ns;
    /* Some clients' windows end before they begin. */
    return in->from_ns > 0 && in->until_ns > in->from_ns ? in->until_ns - in->from_ns : 0;
}

static pyr_err check_time(const struct pyr_ingest_context *ctx, int64_t time_ns, struct pyr_diag *diag)
{
    const struct pyr_limits *l = ctx->limits;
    const int64_t ahead_ns = time_ns - ctx->now_ns; /* both are after 1970: no overflow */
    if (l->newer_than_ns_max != 0 && ahead_ns > l->newer_than_ns_max)
        return pyr_fail(diag, PYR_E_INVALID, "profile is %lld s ahead of this server's clock, the limit is %lld s",
                        (long long)(ahead_ns / PYR_NS_PER_S), (long long)(l->newer_than_ns_max / PYR_NS_PER_S));
    if (l->older_than_ns_max != 0 && -ahead_ns > l->older_than_ns_max)
        return pyr_fail(diag, PYR_E_INVALID, "profile is %lld s old, the limit is %lld s",
                        (long long)(-ahead_ns / PYR_NS_PER_S), (long long)(l->older_than_ns_max / PYR_NS_PER_S));
    return PYR_OK;
}

static pyr_err check_types(const struct pyr_profile *p, struct pyr_diag *diag)
{
    for (uint32_t i = 0; i < p->type_count; i++)
        if (pyr_str_find(p->types[i].type, '-') >= 0)
            return pyr_fail(diag, PYR_E_INVALID, "sample_type[%u]: its name may not contain '-'", i);
    return PYR_OK;
}

/* The series' labels and the group's in one sorted run. */
static pyr_err merge_labels(const struct pyr_ingest_context *ctx, const struct pyr_profile *p,
                            const struct pyr_series_labels *base, const struct pyr_split *split,
                            const struct pyr_split_group *group, struct pyr_series_key *key, struct pyr_diag *diag)
{
    key->labels = base->items;
    key->label_count = base->count;
    if (group->pair_count == 0)
        return PYR_OK;
    const uint32_t count = base->count + group->pair_count;
    PYR_TRY(pyr_series_labels_check_count(count, ctx->limits, diag));
    struct pyr_label *labels = PYR_ARENA_ARRAY(ctx->arena, struct pyr_label, count);
    if (labels == NULL)
        return out_of_memory(diag);
    uint32_t n = 0;
    for (uint32_t i = 0; i < group->pair_count; i++) {
        const struct pyr_split_pair *pair = &split->pairs[group->pair_first + i];
        labels[n] = (struct pyr_label){p->strings[pair->key], p->strings[pair->str]};
        PYR_TRY(pyr_series_label_check(&labels[n], ctx->limits, ctx->arena, diag));
        /* Made a legacy one it may be a name that the series has: that one stands. */
        n += pyr_labels_get(base->items, base->count, labels[n].name).len == 0;
    }
    memcpy(labels + n, base->items, base->count * sizeof(*labels));
    n += base->count;
    pyr_labels_sort(labels, n);
    uint32_t kept = 1; /* equal names: different strings of the profile with equal text, or made legacy ones */
    for (uint32_t i = 1; i < n; i++)
        if (!pyr_str_eq(labels[i].name, labels[kept - 1].name))
            labels[kept++] = labels[i];
    key->labels = labels;
    key->label_count = kept;
    return PYR_OK;
}

/* Fills spans in where the request as a whole has one. */
static bool apply_span(const struct pyr_ingest_context *ctx, const struct pyr_ingest_profile *in,
                       struct pyr_split *split)
{
    const uint32_t n = in->profile->sample_count;
    if (in->span_id == 0 || n == 0)
        return true;
    if (split->span_ids == NULL)
        split->span_ids = pyr_arena_zalloc(ctx->arena, n, sizeof(*split->span_ids));
    for (uint32_t i = 0; split->span_ids != NULL && i < n; i++)
        if (split->span_ids[i] == 0)
            split->span_ids[i] = in->span_id;
    return split->span_ids != NULL;
}

static const uint32_t all_columns[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static pyr_err make_rows(const struct pyr_ingest_context *ctx, const struct pyr_ingest_profile *in,
                         const struct pyr_series_labels *base, struct pyr_write *out, struct pyr_diag *diag)
{
    const struct pyr_profile *p = in->profile;
    struct pyr_split split;
    PYR_TRY(pyr_split_samples(p, base->items, base->count, ctx->arena, &split, diag));
    struct pyr_write_row *rows = PYR_ARENA_ARRAY(ctx->arena, struct pyr_write_row, split.group_count);
    if (rows == NULL || !apply_span(ctx, in, &split))
        return out_of_memory(diag);
    const int64_t time_ns = time_of(in, ctx->now_ns), duration_ns = duration_of(in);
    for (uint32_t g = 0; g < split.group_count; g++) {
        const struct pyr_split_group *group = &split.groups[g];
        const uint32_t first = group->sample_first;
        rows[g] = (struct pyr_write_row){
            .series = {.types = p->types, .type_count = p->type_count, .period_type = p->period_type},
            .time_ns = time_ns,
            .duration_ns = duration_ns,
            .period = p->period,
            .samples = split.samples + first,
            .sample_count = group->sample_count,
            .span_ids = split.span_ids != NULL ? split.span_ids + first : NULL,
            .trace_ids = split.trace_ids != NULL ? (const uint8_t(*)[16])split.trace_ids + first : NULL,
            .columns = all_columns,
        };
        PYR_TRY(merge_labels(ctx, p, base, &split, group, &rows[g].series, diag));
        pyr_identity_of_row(in->identity, base->service, g, rows[g].identity);
    }
    *out = (struct pyr_write){
        .tenant = ctx->tenant, .service = base->service, .profile = p, .rows = rows, .row_count = split.group_count};
    return PYR_OK;
}

pyr_err pyr_ingest_prepare(const struct pyr_ingest_context *ctx, const struct pyr_ingest_profile *in,
                           struct pyr_write *out, struct pyr_diag *diag)
{
    struct pyr_series_labels base;
    PYR_TRY(check_types(in->profile, diag));
    PYR_TRY(pyr_series_labels_make(in->labels, in->label_count, ctx->limits, ctx->arena, &base, diag));
    PYR_TRY(check_time(ctx, time_of(in, ctx->now_ns), diag));
    if (!pyr_function_names_go(in->profile, base.is_go, ctx->arena) ||
        (!base.is_go && !pyr_function_names_settle(in->profile, ctx->arena)))
        return out_of_memory(diag);
    PYR_TRY(make_rows(ctx, in, &base, out, diag));
    pyr_discard_dropped(ctx->tenant, &in->profile->dropped);
    pyr_count_received(ctx->tenant, in->profile, in->bytes);
    return PYR_OK;
}
