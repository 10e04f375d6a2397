/* From all_types.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#ifndef PYR_SUPPORT_GEN_ALL_TYPES_PB_H
#define PYR_SUPPORT_GEN_ALL_TYPES_PB_H
#include "codec/pb_message.h"

enum { /* test.Colour */
    PYR_TEST_COLOUR_UNSPECIFIED = 0,
    PYR_TEST_COLOUR_RED = 1,
    PYR_TEST_COLOUR_DARK_BLUE = -7,
    PYR_TEST_COLOUR_LAST = 2147483647,
};
extern const struct pyr_pb_enum pyr_test_Colour_pb;

struct pyr_test_Single;
struct pyr_test_Optional;
struct pyr_test_Repeated;
struct pyr_test_Odd;
struct pyr_test_Nothing;

struct pyr_test_Single {
    int32_t a_int32;
    int64_t a_int64;
    uint32_t a_uint32;
    uint64_t a_uint64;
    int32_t a_sint32;
    int64_t a_sint64;
    uint32_t a_fixed32;
    uint64_t a_fixed64;
    int32_t a_sfixed32;
    int64_t a_sfixed64;
    bool a_bool;
    float a_float;
    double a_double;
    struct pyr_str a_string;
    struct pyr_span a_bytes;
    int32_t a_colour; /* test.Colour */
    struct pyr_test_Single *single;
};
extern const struct pyr_pb_message pyr_test_Single_pb;

struct pyr_test_Optional {
    int32_t a_int32;
    bool has_a_int32;
    int64_t a_int64;
    bool has_a_int64;
    uint32_t a_uint32;
    bool has_a_uint32;
    uint64_t a_uint64;
    bool has_a_uint64;
    int32_t a_sint32;
    bool has_a_sint32;
    int64_t a_sint64;
    bool has_a_sint64;
    uint32_t a_fixed32;
    bool has_a_fixed32;
    uint64_t a_fixed64;
    bool has_a_fixed64;
    int32_t a_sfixed32;
    bool has_a_sfixed32;
    int64_t a_sfixed64;
    bool has_a_sfixed64;
    bool a_bool;
    bool has_a_bool;
    float a_float;
    bool has_a_float;
    double a_double;
    bool has_a_double;
    struct pyr_str a_string;
    bool has_a_string;
    struct pyr_span a_bytes;
    bool has_a_bytes;
    int32_t a_colour; /* test.Colour */
    bool has_a_colour;
    struct pyr_test_Single *single;
};
extern const struct pyr_pb_message pyr_test_Optional_pb;

struct pyr_test_Repeated {
    struct { int32_t *items; size_t count; } a_int32;
    struct { int64_t *items; size_t count; } a_int64;
    struct { uint32_t *items; size_t count; } a_uint32;
    struct { uint64_t *items; size_t count; } a_uint64;
    struct { int32_t *items; size_t count; } a_sint32;
    struct { int64_t *items; size_t count; } a_sint64;
    struct { uint32_t *items; size_t count; } a_fixed32;
    struct { uint64_t *items; size_t count; } a_fixed64;
    struct { int32_t *items; size_t count; } a_sfixed32;
    struct { int64_t *items; size_t count; } a_sfixed64;
    struct { bool *items; size_t count; } a_bool;
    struct { float *items; size_t count; } a_float;
    struct { double *items; size_t count; } a_double;
    struct { struct pyr_str *items; size_t count; } a_string;
    struct { struct pyr_span *items; size_t count; } a_bytes;
    struct { int32_t *items; size_t count; } a_colour;
    struct { struct pyr_test_Single *items; size_t count; } single;
};
extern const struct pyr_pb_message pyr_test_Repeated_pb;

struct pyr_test_Odd {
    struct pyr_str profile_typeID;
    int64_t leftTicks;
    int64_t ID;
    struct { int64_t *items; size_t count; } _under__scored_;
    struct pyr_str URL;
    struct pyr_test_Odd *within;
    struct { struct pyr_test_Odd *items; size_t count; } withins;
    struct pyr_test_Repeated *everything;
};
extern const struct pyr_pb_message pyr_test_Odd_pb;

struct pyr_test_Nothing {
    char empty_; /* C has no empty structs */
};
extern const struct pyr_pb_message pyr_test_Nothing_pb;

/* Every message of the file, ended by NULL. */
extern const struct pyr_pb_message *const pyr_pb_messages_all_types[];
#endif
