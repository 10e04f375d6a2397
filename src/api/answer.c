#include "api/answer.h"
#include "base/hash.h"
#include "profile/pprof_encode.h"
#include "profile/tree_call_site.h"
#include "profile/tree_truncate.h"
#include <stdlib.h>

/* ---- label sets ---- */

struct label_set {
    struct pyr_label *labels;
    uint32_t count;
};

static int compare_sets(const void *pa, const void *pb)
{
    const struct label_set *a = pa, *b = pb;
    return pyr_labels_cmp(a->labels, a->count, b->labels, b->count);
}

static pyr_err project(struct pyr_query *q, const struct pyr_stream *s, const struct pyr_str *names, size_t name_count,
                       struct label_set *out)
{
    if (name_count == 0) {
        out->labels = pyr_stream_labels(s, &q->arena, &out->count);
        return out->labels != NULL ? PYR_OK : PYR_E_NOMEM;
    }
    out->labels = PYR_ARENA_ARRAY(&q->arena, struct pyr_label, name_count);
    if (out->labels == NULL)
        return PYR_E_NOMEM;
    out->count = 0;
    for (size_t i = 0; i < name_count; i++) {
        const struct pyr_str value = pyr_stream_label(s, names[i]);
        if (value.len != 0)
            out->labels[out->count++] = (struct pyr_label){names[i], value};
    }
    pyr_labels_sort(out->labels, out->count);
    return PYR_OK;
}

static pyr_err add_distinct(struct pyr_index *seen, struct label_set *sets, uint32_t *count, struct label_set s)
{
    const uint64_t hash = pyr_labels_hash(s.labels, s.count);
    struct pyr_index_cursor c;
    for (uint32_t id = pyr_index_first(seen, hash, &c); id != PYR_INDEX_NONE; id = pyr_index_next(seen, &c))
        if (compare_sets(&sets[id], &s) == 0)
            return PYR_OK;
    sets[*count] = s;
    return pyr_index_insert(seen, hash, (*count)++);
}

static pyr_err distinct_sets(struct pyr_query *q, const struct pyr_str *names, size_t name_count,
                             struct pyr_index *seen, struct label_set **out, uint32_t *count)
{
    struct pyr_stream *streams;
    uint32_t stream_count;
    PYR_TRY(pyr_query_select(q, &streams, &stream_count));
    *count = 0;
    *out = PYR_ARENA_ARRAY(&q->arena, struct label_set, stream_count);
    if (*out == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < stream_count; i++) {
        struct label_set s;
        PYR_TRY(project(q, &streams[i], names, name_count, &s));
        PYR_TRY(add_distinct(seen, *out, count, s));
    }
    if (*count > 1)
        qsort(*out, *count, sizeof(**out), compare_sets);
    return PYR_OK;
}

static pyr_err keep_labels(const struct pyr_label *labels, uint32_t count, struct pyr_arena *arena,
                           struct pyr_types_v1_LabelPair **items, size_t *kept)
{
    *items = PYR_ARENA_ARRAY(arena, struct pyr_types_v1_LabelPair, count);
    if (*items == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        (*items)[i].name = pyr_arena_str(arena, labels[i].name);
        (*items)[i].value = pyr_arena_str(arena, labels[i].value);
        if ((*items)[i].name.ptr == NULL || (*items)[i].value.ptr == NULL)
            return PYR_E_NOMEM;
    }
    *kept = count;
    return PYR_OK;
}

pyr_err pyr_answer_label_sets(struct pyr_query *q, const struct pyr_str *names, size_t name_count,
                              struct pyr_arena *arena, struct pyr_types_v1_Labels **items, size_t *count)
{
    struct pyr_index seen;
    struct label_set *sets = NULL;
    uint32_t set_count = 0;
    pyr_index_init(&seen, UINT32_MAX / 4);
    pyr_err err = distinct_sets(q, names, name_count, &seen, &sets, &set_count);
    pyr_index_free(&seen);
    PYR_TRY(pyr_query_explain(q, err));
    *items = pyr_arena_zalloc(arena, set_count, sizeof(**items));
    if (*items == NULL)
        return pyr_query_explain(q, PYR_E_NOMEM);
    for (uint32_t i = 0; i < set_count && err == PYR_OK; i++)
        err = keep_labels(sets[i].labels, sets[i].count, arena, &(*items)[i].labels.items, &(*items)[i].labels.count);
    *count = set_count;
    return pyr_query_explain(q, err);
}

/* ---- trees and profiles ---- */

pyr_err pyr_answer_cut_tree(struct pyr_query *q, struct pyr_stack_selector site, uint32_t nodes, struct pyr_tree *tree)
{
    struct pyr_tree focused;
    int64_t threshold;
    pyr_err err = pyr_tree_call_site(tree, site.frames, site.count, &q->arena, &focused);
    if (err == PYR_OK)
        err = pyr_tree_threshold(&focused, nodes, &q->arena, &threshold);
    if (err == PYR_OK)
        err = pyr_tree_truncate(&focused, threshold, true, &q->arena, tree);
    return pyr_query_explain(q, err);
}

static int64_t usual_period(const struct pyr_profile_type *type)
{
    if (pyr_str_eq(type->name, PYR_STR("process_cpu")))
        return 1000000000;
    return pyr_str_eq(type->name, PYR_STR("memory")) ? 524288 : 1;
}

pyr_err pyr_answer_profile(struct pyr_query *q, const struct pyr_stream *streams, uint32_t count,
                           struct pyr_stack_selector site, const struct pyr_profile_type *type, int64_t time_ns,
                           struct pyr_profile *out)
{
    struct pyr_rows_seen seen;
    const struct pyr_value_type value_type = {type->sample_type, type->sample_unit};
    PYR_TRY(pyr_query_profile(q, streams, count, PYR_OVER_TIME_SUM, site, value_type, out, &seen));
    out->period_type = (struct pyr_value_type){type->period_type, type->period_unit};
    out->period = seen.period != 0 ? seen.period : usual_period(type);
    out->time_ns = time_ns;
    return PYR_OK;
}

pyr_err pyr_answer_google_profile(struct pyr_query *q, const struct pyr_profile *profile, struct pyr_arena *arena,
                                  struct pyr_google_v1_Profile *out)
{
    struct pyr_buf bytes;
    pyr_buf_init(&bytes, PYR_QUERY_MEMORY_MAX);
    pyr_pprof_encode(profile, &bytes);
    pyr_err err = bytes.err;
    /* The message's strings point into these bytes. */
    const struct pyr_str kept = pyr_arena_str(arena, pyr_span_str(pyr_buf_span(&bytes)));
    pyr_buf_free(&bytes);
    if (err == PYR_OK && kept.ptr == NULL)
        err = PYR_E_NOMEM;
    if (err == PYR_OK)
        err = pyr_pb_decode(&pyr_google_v1_Profile_pb, pyr_str_span(kept), arena, out, q->diag);
    return pyr_query_explain(q, err);
}

/* ---- series ---- */

static pyr_err keep_points(const struct pyr_point_series *from, struct pyr_arena *arena, struct pyr_types_v1_Series *to)
{
    to->points.items = pyr_arena_zalloc(arena, from->point_count, sizeof(*to->points.items));
    if (to->points.items == NULL)
        return PYR_E_NOMEM;
    to->points.count = from->point_count;
    for (uint32_t i = 0; i < from->point_count; i++) {
        to->points.items[i].value = from->points[i].value;
        to->points.items[i].timestamp = from->points[i].time_ms;
    }
    return keep_labels(from->labels, from->label_count, arena, &to->labels.items, &to->labels.count);
}

pyr_err pyr_answer_series(const struct pyr_point_series *series, uint32_t count, struct pyr_arena *arena,
                          struct pyr_types_v1_Series **items, size_t *item_count)
{
    *items = pyr_arena_zalloc(arena, count, sizeof(**items));
    if (*items == NULL)
        return PYR_E_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        PYR_TRY(keep_points(&series[i], arena, &(*items)[i]));
    *item_count = count;
    return PYR_OK;
}

/* ---- JSON ---- */

void pyr_answer_flamebearer_json(struct pyr_json_writer *w, const struct pyr_flamebearer *fb)
{
    pyr_json_begin_object(w);
    pyr_json_key(w, PYR_STR("names"));
    pyr_json_begin_array(w);
    for (size_t i = 0; i < fb->name_count; i++)
        pyr_json_str(w, fb->names[i]);
    pyr_json_end_array(w);
    pyr_json_key(w, PYR_STR("levels"));
    pyr_json_begin_array(w);
    for (size_t i = 0; i < fb->level_count; i++) {
        pyr_json_begin_array(w);
        for (size_t k = 0; k < fb->levels[i].count; k++)
            pyr_json_int(w, fb->levels[i].values[k]);
        pyr_json_end_array(w);
    }
    pyr_json_end_array(w);
    pyr_json_key(w, PYR_STR("numTicks"));
    pyr_json_int(w, fb->total);
    pyr_json_key(w, PYR_STR("maxSelf"));
    pyr_json_int(w, fb->max_self);
    pyr_json_end_object(w);
}

void pyr_answer_timeline_json(struct pyr_json_writer *w, const struct pyr_answer_timeline *t)
{
    pyr_json_begin_object(w);
    pyr_json_key(w, PYR_STR("startTime"));
    pyr_json_int(w, t->start_s);
    pyr_json_key(w, PYR_STR("samples"));
    pyr_json_begin_array(w);
    for (uint32_t i = 0; i < t->count; i++)
        pyr_json_int(w, t->samples[i]);
    pyr_json_end_array(w);
    pyr_json_key(w, PYR_STR("durationDelta"));
    pyr_json_int(w, t->step_s);
    pyr_json_key(w, PYR_STR("watermarks"));
    if (t->watermarks) {
        pyr_json_begin_object(w);
        pyr_json_end_object(w);
    } else {
        pyr_json_null(w);
    }
    pyr_json_end_object(w);
}

struct pyr_tree_units pyr_answer_units(struct pyr_str sample_type, struct pyr_str sample_unit)
{
    static const struct pyr_str counted[] = {PYR_STR("inuse_objects"), PYR_STR("alloc_objects"), PYR_STR("goroutine"),
                                             PYR_STR("samples")};
    if (pyr_str_eq(sample_type, PYR_STR("cpu")))
        return (struct pyr_tree_units){PYR_STR("samples"), 1000000000};
    for (size_t i = 0; i < PYR_COUNT_OF(counted); i++)
        if (pyr_str_eq(sample_type, counted[i]))
            return (struct pyr_tree_units){PYR_STR("objects"), 100};
    return (struct pyr_tree_units){sample_unit, 100};
}
