/* From all_types.proto by proto/generate.py: change that, and run it. */
/* clang-format off */
#include "support/gen/all_types.pb.h"

static const struct pyr_pb_enum_value pyr_test_Colour_values[] = {
    {"COLOUR_UNSPECIFIED", 0},
    {"COLOUR_RED", 1},
    {"COLOUR_DARK_BLUE", -7},
    {"COLOUR_LAST", 2147483647},
};
const struct pyr_pb_enum pyr_test_Colour_pb = {"test.Colour", pyr_test_Colour_values, 4};

static const struct pyr_pb_field pyr_test_Single_fields[] = {
    {1, PYR_PB_INT32, false, offsetof(struct pyr_test_Single, a_int32), 0, "a_int32", "aInt32", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_test_Single, a_int64), 0, "a_int64", "aInt64", NULL, NULL},
    {3, PYR_PB_UINT32, false, offsetof(struct pyr_test_Single, a_uint32), 0, "a_uint32", "aUint32", NULL, NULL},
    {4, PYR_PB_UINT64, false, offsetof(struct pyr_test_Single, a_uint64), 0, "a_uint64", "aUint64", NULL, NULL},
    {5, PYR_PB_SINT32, false, offsetof(struct pyr_test_Single, a_sint32), 0, "a_sint32", "aSint32", NULL, NULL},
    {6, PYR_PB_SINT64, false, offsetof(struct pyr_test_Single, a_sint64), 0, "a_sint64", "aSint64", NULL, NULL},
    {7, PYR_PB_FIXED32, false, offsetof(struct pyr_test_Single, a_fixed32), 0, "a_fixed32", "aFixed32", NULL, NULL},
    {8, PYR_PB_FIXED64, false, offsetof(struct pyr_test_Single, a_fixed64), 0, "a_fixed64", "aFixed64", NULL, NULL},
    {9, PYR_PB_SFIXED32, false, offsetof(struct pyr_test_Single, a_sfixed32), 0, "a_sfixed32", "aSfixed32", NULL, NULL},
    {10, PYR_PB_SFIXED64, false, offsetof(struct pyr_test_Single, a_sfixed64), 0, "a_sfixed64", "aSfixed64", NULL, NULL},
    {11, PYR_PB_BOOL, false, offsetof(struct pyr_test_Single, a_bool), 0, "a_bool", "aBool", NULL, NULL},
    {12, PYR_PB_FLOAT, false, offsetof(struct pyr_test_Single, a_float), 0, "a_float", "aFloat", NULL, NULL},
    {13, PYR_PB_DOUBLE, false, offsetof(struct pyr_test_Single, a_double), 0, "a_double", "aDouble", NULL, NULL},
    {14, PYR_PB_STRING, false, offsetof(struct pyr_test_Single, a_string), 0, "a_string", "aString", NULL, NULL},
    {15, PYR_PB_BYTES, false, offsetof(struct pyr_test_Single, a_bytes), 0, "a_bytes", "aBytes", NULL, NULL},
    {16, PYR_PB_ENUM, false, offsetof(struct pyr_test_Single, a_colour), 0, "a_colour", "aColour", NULL, &pyr_test_Colour_pb},
    {17, PYR_PB_MESSAGE, false, offsetof(struct pyr_test_Single, single), 0, "single", "single", &pyr_test_Single_pb, NULL},
};
const struct pyr_pb_message pyr_test_Single_pb = {"test.Single", sizeof(struct pyr_test_Single), pyr_test_Single_fields, 17};

static const struct pyr_pb_field pyr_test_Optional_fields[] = {
    {1, PYR_PB_INT32, false, offsetof(struct pyr_test_Optional, a_int32), offsetof(struct pyr_test_Optional, has_a_int32), "a_int32", "aInt32", NULL, NULL},
    {2, PYR_PB_INT64, false, offsetof(struct pyr_test_Optional, a_int64), offsetof(struct pyr_test_Optional, has_a_int64), "a_int64", "aInt64", NULL, NULL},
    {3, PYR_PB_UINT32, false, offsetof(struct pyr_test_Optional, a_uint32), offsetof(struct pyr_test_Optional, has_a_uint32), "a_uint32", "aUint32", NULL, NULL},
    {4, PYR_PB_UINT64, false, offsetof(struct pyr_test_Optional, a_uint64), offsetof(struct pyr_test_Optional, has_a_uint64), "a_uint64", "aUint64", NULL, NULL},
    {5, PYR_PB_SINT32, false, offsetof(struct pyr_test_Optional, a_sint32), offsetof(struct pyr_test_Optional, has_a_sint32), "a_sint32", "aSint32", NULL, NULL},
    {6, PYR_PB_SINT64, false, offsetof(struct pyr_test_Optional, a_sint64), offsetof(struct pyr_test_Optional, has_a_sint64), "a_sint64", "aSint64", NULL, NULL},
    {7, PYR_PB_FIXED32, false, offsetof(struct pyr_test_Optional, a_fixed32), offsetof(struct pyr_test_Optional, has_a_fixed32), "a_fixed32", "aFixed32", NULL, NULL},
    {8, PYR_PB_FIXED64, false, offsetof(struct pyr_test_Optional, a_fixed64), offsetof(struct pyr_test_Optional, has_a_fixed64), "a_fixed64", "aFixed64", NULL, NULL},
    {9, PYR_PB_SFIXED32, false, offsetof(struct pyr_test_Optional, a_sfixed32), offsetof(struct pyr_test_Optional, has_a_sfixed32), "a_sfixed32", "aSfixed32", NULL, NULL},
    {10, PYR_PB_SFIXED64, false, offsetof(struct pyr_test_Optional, a_sfixed64), offsetof(struct pyr_test_Optional, has_a_sfixed64), "a_sfixed64", "aSfixed64", NULL, NULL},
    {11, PYR_PB_BOOL, false, offsetof(struct pyr_test_Optional, a_bool), offsetof(struct pyr_test_Optional, has_a_bool), "a_bool", "aBool", NULL, NULL},
    {12, PYR_PB_FLOAT, false, offsetof(struct pyr_test_Optional, a_float), offsetof(struct pyr_test_Optional, has_a_float), "a_float", "aFloat", NULL, NULL},
    {13, PYR_PB_DOUBLE, false, offsetof(struct pyr_test_Optional, a_double), offsetof(struct pyr_test_Optional, has_a_double), "a_double", "aDouble", NULL, NULL},
    {14, PYR_PB_STRING, false, offsetof(struct pyr_test_Optional, a_string), offsetof(struct pyr_test_Optional, has_a_string), "a_string", "aString", NULL, NULL},
    {15, PYR_PB_BYTES, false, offsetof(struct pyr_test_Optional, a_bytes), offsetof(struct pyr_test_Optional, has_a_bytes), "a_bytes", "aBytes", NULL, NULL},
    {16, PYR_PB_ENUM, false, offsetof(struct pyr_test_Optional, a_colour), offsetof(struct pyr_test_Optional, has_a_colour), "a_colour", "aColour", NULL, &pyr_test_Colour_pb},
    {17, PYR_PB_MESSAGE, false, offsetof(struct pyr_test_Optional, single), 0, "single", "single", &pyr_test_Single_pb, NULL},
};
const struct pyr_pb_message pyr_test_Optional_pb = {"test.Optional", sizeof(struct pyr_test_Optional), pyr_test_Optional_fields, 17};

static const struct pyr_pb_field pyr_test_Repeated_fields[] = {
    {1, PYR_PB_INT32, true, offsetof(struct pyr_test_Repeated, a_int32), 0, "a_int32", "aInt32", NULL, NULL},
    {2, PYR_PB_INT64, true, offsetof(struct pyr_test_Repeated, a_int64), 0, "a_int64", "aInt64", NULL, NULL},
    {3, PYR_PB_UINT32, true, offsetof(struct pyr_test_Repeated, a_uint32), 0, "a_uint32", "aUint32", NULL, NULL},
    {4, PYR_PB_UINT64, true, offsetof(struct pyr_test_Repeated, a_uint64), 0, "a_uint64", "aUint64", NULL, NULL},
    {5, PYR_PB_SINT32, true, offsetof(struct pyr_test_Repeated, a_sint32), 0, "a_sint32", "aSint32", NULL, NULL},
    {6, PYR_PB_SINT64, true, offsetof(struct pyr_test_Repeated, a_sint64), 0, "a_sint64", "aSint64", NULL, NULL},
    {7, PYR_PB_FIXED32, true, offsetof(struct pyr_test_Repeated, a_fixed32), 0, "a_fixed32", "aFixed32", NULL, NULL},
    {8, PYR_PB_FIXED64, true, offsetof(struct pyr_test_Repeated, a_fixed64), 0, "a_fixed64", "aFixed64", NULL, NULL},
    {9, PYR_PB_SFIXED32, true, offsetof(struct pyr_test_Repeated, a_sfixed32), 0, "a_sfixed32", "aSfixed32", NULL, NULL},
    {10, PYR_PB_SFIXED64, true, offsetof(struct pyr_test_Repeated, a_sfixed64), 0, "a_sfixed64", "aSfixed64", NULL, NULL},
    {11, PYR_PB_BOOL, true, offsetof(struct pyr_test_Repeated, a_bool), 0, "a_bool", "aBool", NULL, NULL},
    {12, PYR_PB_FLOAT, true, offsetof(struct pyr_test_Repeated, a_float), 0, "a_float", "aFloat", NULL, NULL},
    {13, PYR_PB_DOUBLE, true, offsetof(struct pyr_test_Repeated, a_double), 0, "a_double", "aDouble", NULL, NULL},
    {14, PYR_PB_STRING, true, offsetof(struct pyr_test_Repeated, a_string), 0, "a_string", "aString", NULL, NULL},
    {15, PYR_PB_BYTES, true, offsetof(struct pyr_test_Repeated, a_bytes), 0, "a_bytes", "aBytes", NULL, NULL},
    {16, PYR_PB_ENUM, true, offsetof(struct pyr_test_Repeated, a_colour), 0, "a_colour", "aColour", NULL, &pyr_test_Colour_pb},
    {17, PYR_PB_MESSAGE, true, offsetof(struct pyr_test_Repeated, single), 0, "single", "single", &pyr_test_Single_pb, NULL},
};
const struct pyr_pb_message pyr_test_Repeated_pb = {"test.Repeated", sizeof(struct pyr_test_Repeated), pyr_test_Repeated_fields, 17};

static const struct pyr_pb_field pyr_test_Odd_fields[] = {
    {2, PYR_PB_MESSAGE, false, offsetof(struct pyr_test_Odd, everything), 0, "everything", "everything", &pyr_test_Repeated_pb, NULL},
    {3, PYR_PB_MESSAGE, false, offsetof(struct pyr_test_Odd, within), 0, "within", "within", &pyr_test_Odd_pb, NULL},
    {4, PYR_PB_MESSAGE, true, offsetof(struct pyr_test_Odd, withins), 0, "withins", "withins", &pyr_test_Odd_pb, NULL},
    {15, PYR_PB_INT64, true, offsetof(struct pyr_test_Odd, _under__scored_), 0, "_under__scored_", "UnderScored", NULL, NULL},
    {16, PYR_PB_INT64, false, offsetof(struct pyr_test_Odd, leftTicks), 0, "leftTicks", "leftTicks", NULL, NULL},
    {2048, PYR_PB_INT64, false, offsetof(struct pyr_test_Odd, ID), 0, "ID", "ID", NULL, NULL},
    {19000000, PYR_PB_STRING, false, offsetof(struct pyr_test_Odd, URL), 0, "URL", "URL", NULL, NULL},
    {536870911, PYR_PB_STRING, false, offsetof(struct pyr_test_Odd, profile_typeID), 0, "profile_typeID", "profileTypeID", NULL, NULL},
};
const struct pyr_pb_message pyr_test_Odd_pb = {"test.Odd", sizeof(struct pyr_test_Odd), pyr_test_Odd_fields, 8};

const struct pyr_pb_message pyr_test_Nothing_pb = {"test.Nothing", sizeof(struct pyr_test_Nothing), NULL, 0};

const struct pyr_pb_message *const pyr_pb_messages_all_types[] = {
    &pyr_test_Single_pb,
    &pyr_test_Optional_pb,
    &pyr_test_Repeated_pb,
    &pyr_test_Odd_pb,
    &pyr_test_Nothing_pb,
    NULL,
};
