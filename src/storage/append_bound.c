#include "storage/append_bound.h"
#include "storage/frame.h"
#include "storage/row_group.h"

static size_t symbols_bound(const struct pyr_profile *p)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < p->string_count; i++)
        bytes += p->strings[i].len + 5;
    return bytes + (size_t)p->mapping_count * (3 * 10 + 2 * 5 + 1) + (size_t)p->function_count * (3 * 6 + 10) +
           (size_t)p->location_count * (5 + 10 + 5) + (size_t)p->line_count * (6 + 10);
}

static size_t row_bound(const struct pyr_profile *p, const struct pyr_write_row *row)
{
    size_t bytes = pyr_row_group_bytes_max(row->sample_count, row->series.type_count, row->span_ids != NULL,
                                           row->trace_ids != NULL, row->times_ns != NULL);
    bytes += PYR_FRAME_ROW_EXTRA_BYTES_MAX + 32 + (size_t)(row->series.label_count + row->series.type_count + 1) * 20;
    for (uint32_t i = 0; i < row->series.label_count; i++)
        bytes += row->series.labels[i].name.len + row->series.labels[i].value.len;
    for (uint32_t i = 0; i < row->series.type_count; i++)
        bytes += row->series.types[i].type.len + row->series.types[i].unit.len;
    bytes += row->series.period_type.type.len + row->series.period_type.unit.len;
    /* A new stack: a stack id, and at worst a node a frame. */
    for (uint32_t i = 0; i < row->sample_count; i++)
        bytes += 6 + (size_t)p->samples[row->samples[i]].stack_count * 11;
    return bytes;
}

size_t pyr_append_bound(const struct pyr_write *w)
{
    size_t bytes = PYR_FRAME_EXTRA_BYTES_MAX + w->tenant.len + w->service.len + symbols_bound(w->profile);
    for (uint32_t i = 0; i < w->row_count; i++)
        bytes += row_bound(w->profile, &w->rows[i]);
    return bytes;
}
