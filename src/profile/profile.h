/* profile.h - one decoded profile: what every input format decodes to and every export encodes from.
 *
 * Flat arrays in one arena; strings are views, into the request's body where possible. Everything is an index into an
 * array of the same struct, never a wire id: decoders resolve ids, drop what dangles (and count it in `dropped`), and so
 * every index in here is valid. Index 0 of `strings` is "". Mapping 0 is "none" when mapping_count > 0 (a stub).
 *
 * A stack is a run of location indices, leaf first (pprof's order). A location's lines are leaf-most first: lines[0] is
 * the innermost inlined function. A location without lines is not symbolised: (mapping, address) is all there is. */
#ifndef PYR_PROFILE_PROFILE_H
#define PYR_PROFILE_PROFILE_H
#include "base/arena.h"
#include "base/span.h"

struct pyr_value_type { /* "cpu", "nanoseconds" */
    struct pyr_str type, unit;
};

struct pyr_mapping {
    uint64_t start, limit, offset; /* bytes */
    uint32_t filename, build_id;   /* strings */
    bool has_functions, has_filenames, has_line_numbers, has_inline_frames;
};

struct pyr_function {
    uint32_t name, system_name, filename; /* strings */
    int64_t start_line;
};

struct pyr_line {
    uint32_t function;
    int64_t line;
};

struct pyr_location {
    uint64_t address;
    uint32_t mapping; /* index into mappings; 0 = none */
    uint32_t line_first, line_count;
};

/* A label of a sample: a string value, or a number with a unit (str == 0 then). */
struct pyr_sample_label {
    uint32_t key, str;
    int64_t num;
    uint32_t num_unit;
};

struct pyr_sample {
    uint32_t stack_first, stack_count; /* into stack_locations */
    uint32_t label_first, label_count; /* into labels */
};

/* Why things were left out while decoding; counted, shown, never silent. */
struct pyr_profile_dropped {
    uint32_t dangling;       /* samples or lines that referred to nothing */
    uint32_t negative;       /* samples with a negative value */
    uint32_t zero;           /* samples of zeros only */
    uint32_t numeric_labels; /* not part of any series */
    uint32_t truncated;      /* stacks cut at the depth limit */
    uint32_t cut_strings;    /* strings over the limit of bytes: their ends are kept */
};

struct pyr_profile {
    struct pyr_str *strings;
    struct pyr_mapping *mappings;
    struct pyr_function *functions;
    struct pyr_line *lines;
    struct pyr_location *locations;
    uint32_t *stack_locations;
    struct pyr_sample *samples;
    struct pyr_sample_label *labels;
    int64_t *values; /* sample s, type t: values[s * type_count + t] */
    uint32_t string_count, mapping_count, function_count, line_count, location_count, stack_location_count;
    uint32_t sample_count, label_count;

    struct pyr_value_type *types;
    uint32_t type_count;
    struct pyr_value_type period_type; /* type.len == 0: none */
    int64_t period;                    /* in period_type.unit */
    int64_t time_ns;                   /* since 1970; 0 = the source does not say */
    int64_t duration_ns;               /* 0 = the source does not say */
    uint32_t default_type;             /* string; 0 = none */
    struct pyr_profile_dropped dropped;
};
#endif
