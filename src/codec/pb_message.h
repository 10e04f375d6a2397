/* pb_message.h - protobuf messages described by tables: one table drives the binary form and the proto3 JSON form, both
 * ways. The tables and structs are generated from proto/ (.proto files of our own; names and numbers are the wire's) by
 * proto/generate.py into src/codec/gen/<file>.pb.h and .pb.c, which are checked in.
 *
 * Generated structs: integers, bool, double and enums as plain fields (enum = int32_t); string = struct pyr_str;
 * bytes = struct pyr_span; message = pointer (NULL = absent); optional scalar = field plus `bool has_<field>`;
 * repeated T = struct { T *items; size_t count; } (messages by value in items). Field names are the proto's.
 * `struct pyr_<package with _>_<Message>` and `extern const struct pyr_pb_message pyr_<...>_<Message>_pb`, e.g.
 * `struct pyr_querier_v1_ProfileTypesRequest`. Enum values are constants: PYR_<PACKAGE WITH _>_<VALUE>, e.g.
 * PYR_QUERIER_V1_PROFILE_FORMAT_TREE. `pyr_pb_messages_<file>` lists a file's messages, for tests and fuzzers.
 *
 * Decoding never copies strings or bytes of the binary form: they point into the input, which must outlive the struct.
 * Repeated scalars are accepted packed and unpacked, and written packed. Unknown fields are skipped. Depth <= 64.
 * Strings that are not UTF-8 are refused in JSON; in binary the caller decides. */
#ifndef PYR_CODEC_PB_MESSAGE_H
#define PYR_CODEC_PB_MESSAGE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum pyr_pb_type {
    PYR_PB_INT32,
    PYR_PB_INT64,
    PYR_PB_UINT32,
    PYR_PB_UINT64,
    PYR_PB_SINT32,
    PYR_PB_SINT64,
    PYR_PB_FIXED32,
    PYR_PB_FIXED64,
    PYR_PB_SFIXED32,
    PYR_PB_SFIXED64,
    PYR_PB_BOOL,
    PYR_PB_FLOAT,
    PYR_PB_DOUBLE,
    PYR_PB_ENUM,
    PYR_PB_STRING,
    PYR_PB_BYTES,
    PYR_PB_MESSAGE
};

enum { PYR_PB_FIELDS_MAX = 32 }; /* of one message: the generator refuses more */

struct pyr_pb_message;

struct pyr_pb_enum_value {
    const char *name;
    int32_t number;
};
struct pyr_pb_enum {
    const char *name;
    const struct pyr_pb_enum_value *values;
    size_t count;
};

struct pyr_pb_field {
    uint32_t number;
    enum pyr_pb_type type;
    bool repeated;
    uint32_t offset;                       /* of the field in the struct */
    uint32_t has_offset;                   /* of has_<field>; 0 = proto3 implicit presence (zero is absent) */
    const char *name;                      /* the proto's */
    const char *json_name;                 /* written; both are read */
    const struct pyr_pb_message *message;  /* PYR_PB_MESSAGE */
    const struct pyr_pb_enum *enumeration; /* PYR_PB_ENUM */
};

struct pyr_pb_message {
    const char *name; /* full: "querier.v1.ProfileTypesRequest" */
    size_t size;
    const struct pyr_pb_field *fields; /* ascending numbers */
    size_t count;
};

/* The same layout for every repeated field. */
struct pyr_pb_repeated {
    void *items;
    size_t count;
};

/* `out` (m->size bytes) is cleared first. Errors: PYR_E_CORRUPT naming message, field and byte offset; PYR_E_NOMEM. */
PYR_MUST_USE pyr_err pyr_pb_decode(const struct pyr_pb_message *m, struct pyr_span in, struct pyr_arena *arena,
                                   void *out, struct pyr_diag *diag);
/* Appends; ask out->err afterwards. */
void pyr_pb_encode(const struct pyr_pb_message *m, const void *msg, struct pyr_buf *out);

/* proto3 JSON as the facts have it: camelCase and proto names read, unknown fields ignored, null = default, 64-bit as
 * numbers or strings, enums by name or number, bytes as base64 (standard and URL alphabets, padding optional). Written:
 * json_name, zero values left out, 64-bit integers as strings, enums by name. Empty input is PYR_E_CORRUPT. */
PYR_MUST_USE pyr_err pyr_pb_json_decode(const struct pyr_pb_message *m, struct pyr_span in, struct pyr_arena *arena,
                                        void *out, struct pyr_diag *diag);
void pyr_pb_json_encode(const struct pyr_pb_message *m, const void *msg, struct pyr_buf *out);
#endif
