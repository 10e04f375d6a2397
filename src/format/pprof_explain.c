#include "format/pprof_explain.h"
#include "base/assert.h"
#include <stdarg.h>
#include <stdio.h>

struct message_names {
    const char *name;
    bool repeated;
    const char *fields[11]; /* by number; [0] unused */
};

static const struct message_names profile_fields[] = {
    [PYR_PPROF_SAMPLE_TYPE] = {"sample_type", true, {NULL, "type", "unit"}},
    [PYR_PPROF_SAMPLE] = {"sample", true, {NULL, "location_id", "value", "label"}},
    [PYR_PPROF_MAPPING] = {"mapping",
                           true,
                           {NULL, "id", "memory_start", "memory_limit", "file_offset", "filename", "build_id",
                            "has_functions", "has_filenames", "has_line_numbers", "has_inline_frames"}},
    [PYR_PPROF_LOCATION] = {"location", true, {NULL, "id", "mapping_id", "address", "line", "is_folded"}},
    [PYR_PPROF_FUNCTION] = {"function", true, {NULL, "id", "name", "system_name", "filename", "start_line"}},
    [PYR_PPROF_STRING] = {"string_table", true, {NULL}},
    [PYR_PPROF_PERIOD_TYPE] = {"period_type", false, {NULL, "type", "unit"}},
    [PYR_PPROF_DEFAULT_TYPE] = {"default_sample_type", false, {NULL}},
};

/* "sample[12].location_id" */
static void write_path(char *out, size_t size, uint32_t field, uint32_t ordinal, uint32_t sub_field)
{
    PYR_ASSERT(field < PYR_COUNT_OF(profile_fields) && profile_fields[field].name != NULL);
    const struct message_names *m = &profile_fields[field];
    const char *sub = sub_field < PYR_COUNT_OF(m->fields) ? m->fields[sub_field] : NULL;
    const char *dot = sub != NULL ? "." : "";
    sub = sub != NULL ? sub : "";
    if (m->repeated)
        snprintf(out, size, "%s[%u]%s%s", m->name, ordinal, dot, sub);
    else
        snprintf(out, size, "%s%s%s", m->name, dot, sub);
}

static void explain_wire(const struct pyr_pb_reader *r, uint32_t field, uint32_t ordinal, struct pyr_diag *diag)
{
    char path[64];
    /* A bad tag is the message's mistake, not that of the field before it. */
    const bool bad_tag = strncmp(r->error, "invalid", 7) == 0;
    write_path(path, sizeof(path), field, ordinal, bad_tag ? 0 : pyr_pb_number(r));
    pyr_pb_fail(r, diag, path);
}

/* Varints one after the other. The mistake becomes that of the reader around. */
static void check_packed(struct pyr_pb_reader *outer)
{
    struct pyr_pb_reader r;
    uint64_t v;
    if (!pyr_pb_read_sub(outer, &r))
        return;
    while (pyr_pb_left(&r) != 0 && pyr_pb_read_varint(&r, &v))
        ;
    if (r.error != NULL) {
        outer->at = r.at;
        pyr_pb_error(outer, r.error);
    }
}

/* All fields of a message: those in the mask `packed` are varints, those in `nested` messages of numbers. */
static void check_fields(struct pyr_pb_reader *r, unsigned packed, unsigned nested)
{
    while (pyr_pb_next(r)) {
        const unsigned bit = pyr_pb_number(r) < 32 && pyr_pb_wire(r) == PYR_PB_WIRE_LEN ? 1u << pyr_pb_number(r) : 0;
        if ((bit & packed) != 0) {
            check_packed(r);
        } else if ((bit & nested) != 0) {
            struct pyr_pb_reader sub;
            if (!pyr_pb_read_sub(r, &sub))
                return;
            check_fields(&sub, 0, 0);
            if (sub.error != NULL) {
                r->at = sub.at;
                pyr_pb_error(r, sub.error);
            }
        } else {
            pyr_pb_skip(r);
        }
    }
}

void pyr_pprof_explain_malformed(struct pyr_span in, struct pyr_diag *diag)
{
    struct pyr_pb_reader r = pyr_pb_reader(in);
    uint32_t ordinals[PYR_COUNT_OF(profile_fields)] = {0};
    while (pyr_pb_next(&r)) {
        struct pyr_pb_reader sub;
        const uint32_t field = pyr_pb_number(&r);
        const bool message = pyr_pb_wire(&r) == PYR_PB_WIRE_LEN && field < PYR_COUNT_OF(profile_fields) &&
                             profile_fields[field].fields[1] != NULL;
        if (!message) {
            pyr_pb_skip(&r);
            continue;
        }
        if (!pyr_pb_read_sub(&r, &sub))
            break;
        check_fields(&sub, field == PYR_PPROF_SAMPLE ? 1u << 1 | 1u << 2 : 0,
                     field == PYR_PPROF_SAMPLE     ? 1u << 3
                     : field == PYR_PPROF_LOCATION ? 1u << 4
                                                   : 0);
        if (sub.error != NULL) {
            explain_wire(&sub, field, ordinals[field], diag);
            return;
        }
        ordinals[field]++;
    }
    if (r.error != NULL)
        pyr_pb_fail(&r, diag, "Profile");
    else
        pyr_fail(diag, PYR_E_CORRUPT, "Profile: malformed");
}

/* The k-th field of that number, of any wire type: where its value starts, and the value if it is a sub-message. */
static bool find_field(struct pyr_span in, const uint8_t *base, uint32_t number, uint32_t k, size_t *offset,
                       struct pyr_span *value)
{
    struct pyr_pb_reader r = pyr_pb_reader_within(in, base);
    while (pyr_pb_next(&r)) {
        const bool mine = pyr_pb_number(&r) == number && k-- == 0;
        if (mine) {
            *offset = pyr_pb_offset(&r);
            return pyr_pb_wire(&r) == PYR_PB_WIRE_LEN ? pyr_pb_read_bytes(&r, value) : true;
        }
        pyr_pb_skip(&r);
    }
    return false;
}

void pyr_pprof_explain(struct pyr_span in, uint32_t field, uint32_t ordinal, uint32_t sub_field, struct pyr_diag *diag,
                       pyr_err code, const char *fmt, ...)
{
    char path[64], what[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    write_path(path, sizeof(path), field, ordinal, sub_field);
    size_t offset = 0;
    struct pyr_span message = {0}, unused;
    if (find_field(in, in.ptr, field, ordinal, &offset, &message) && sub_field != 0)
        find_field(message, in.ptr, sub_field, 0, &offset, &unused);
    pyr_fail(diag, code, "%s: %s at byte %zu", path, what, offset);
}

/* Key or value of one label is outside the table. */
static bool label_dangles(struct pyr_pb_reader *sample, uint32_t string_count, size_t *offset, uint64_t *index)
{
    struct pyr_pb_reader label;
    if (!pyr_pb_read_sub(sample, &label))
        return false;
    while (pyr_pb_next(&label)) {
        const bool is_string = pyr_pb_wire(&label) == PYR_PB_WIRE_VARINT && pyr_pb_number(&label) <= 2;
        *offset = pyr_pb_offset(&label);
        if (!is_string)
            pyr_pb_skip(&label);
        else if (pyr_pb_read_varint(&label, index) && *index >= string_count)
            return true;
    }
    return false;
}

void pyr_pprof_explain_label(struct pyr_span in, uint32_t string_count, struct pyr_diag *diag)
{
    struct pyr_pb_reader r = pyr_pb_reader(in);
    uint32_t ordinal = 0;
    while (pyr_pb_next(&r)) {
        struct pyr_pb_reader sample;
        if (r.tag != PYR_PB_TAG(PYR_PPROF_SAMPLE, PYR_PB_WIRE_LEN)) {
            pyr_pb_skip(&r);
            continue;
        }
        if (!pyr_pb_read_sub(&r, &sample))
            break;
        while (pyr_pb_next(&sample)) {
            size_t offset;
            uint64_t index;
            if (sample.tag != PYR_PB_TAG(3, PYR_PB_WIRE_LEN)) {
                pyr_pb_skip(&sample);
            } else if (label_dangles(&sample, string_count, &offset, &index)) {
                pyr_fail(diag, PYR_E_CORRUPT, "sample[%u].label: string %llu of %u at byte %zu", ordinal,
                         (unsigned long long)index, string_count, offset);
                return;
            }
        }
        ordinal++;
    }
    pyr_fail(diag, PYR_E_CORRUPT, "sample.label: a string is outside the table of %u", string_count);
}

void pyr_pprof_explain_function_id(struct pyr_span in, struct pyr_diag *diag)
{
    struct pyr_pb_reader r = pyr_pb_reader(in);
    uint32_t ordinal = 0;
    while (pyr_pb_next(&r)) {
        struct pyr_span function, id;
        size_t offset;
        if (r.tag != PYR_PB_TAG(PYR_PPROF_FUNCTION, PYR_PB_WIRE_LEN)) {
            pyr_pb_skip(&r);
            continue;
        }
        if (!pyr_pb_read_bytes(&r, &function) || !find_field(function, in.ptr, 1, 0, &offset, &id) ||
            in.ptr[offset] == 0)
            break;
        ordinal++;
    }
    pyr_pprof_explain(in, PYR_PPROF_FUNCTION, ordinal, 1, diag, PYR_E_CORRUPT, "id 0 is reserved");
}
