#!/usr/bin/env python3
"""Writes src/codec/gen/<file>.pb.{h,c} from the .proto files beside it: structs and the tables of codec/pb_message.h.

    proto/generate.py                            writes them
    proto/generate.py --proto DIR --out DIR ...  for other .proto files, or elsewhere (tests do both)

Needs protoc and Google's protobuf for Python (apt: protobuf-compiler, python3-protobuf). What we have no use for (maps,
oneofs, groups, required fields, proto2) is refused, not approximated.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as F
from google.protobuf.descriptor_pb2 import FileDescriptorSet

PROTO = pathlib.Path(__file__).resolve().parent
OUT = PROTO.parent / "src/codec/gen"

# protobuf type: (name in enum pyr_pb_type, C type of one value); messages are dealt with apart.
SCALARS = {
    F.TYPE_INT32: ("INT32", "int32_t"),
    F.TYPE_INT64: ("INT64", "int64_t"),
    F.TYPE_UINT32: ("UINT32", "uint32_t"),
    F.TYPE_UINT64: ("UINT64", "uint64_t"),
    F.TYPE_SINT32: ("SINT32", "int32_t"),
    F.TYPE_SINT64: ("SINT64", "int64_t"),
    F.TYPE_FIXED32: ("FIXED32", "uint32_t"),
    F.TYPE_FIXED64: ("FIXED64", "uint64_t"),
    F.TYPE_SFIXED32: ("SFIXED32", "int32_t"),
    F.TYPE_SFIXED64: ("SFIXED64", "int64_t"),
    F.TYPE_BOOL: ("BOOL", "bool"),
    F.TYPE_FLOAT: ("FLOAT", "float"),
    F.TYPE_DOUBLE: ("DOUBLE", "double"),
    F.TYPE_ENUM: ("ENUM", "int32_t"),
    F.TYPE_STRING: ("STRING", "struct pyr_str"),
    F.TYPE_BYTES: ("BYTES", "struct pyr_span"),
}
FIELDS_MAX = 32  # PYR_PB_FIELDS_MAX
KEYWORDS = set("""auto break case char const continue default do double else enum extern float for goto if inline int long
register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true
false""".split())


def stem(path):
    return pathlib.PurePosixPath(path).stem


def c_name(full):
    """".querier.v1.Level" or "querier.v1.Level" -> "pyr_querier_v1_Level"."""
    return "pyr_" + full.lstrip(".").replace(".", "_")


def is_repeated(field):
    return field.label == F.LABEL_REPEATED


def has_presence_flag(field):
    return field.proto3_optional and field.type != F.TYPE_MESSAGE


def check(file):
    def need(ok, what):
        if not ok:
            sys.exit(f"{file.name}: {what}")

    need(file.syntax == "proto3", "not proto3")
    for message in file.message_type:
        where = message.name
        need(not message.nested_type and not message.enum_type, f"{where}: nested types and maps are not supported")
        need(len(message.field) <= FIELDS_MAX, f"{where}: more than {FIELDS_MAX} fields")
        for field in message.field:
            where = f"{message.name}.{field.name}"
            need(not field.HasField("oneof_index") or field.proto3_optional, f"{where}: oneof is not supported")
            need(field.type == F.TYPE_MESSAGE or field.type in SCALARS, f"{where}: type is not supported")
            need(field.name not in KEYWORDS, f"{where}: a word of C")


def member(field):
    """The lines of a field in its struct."""
    if field.type == F.TYPE_MESSAGE:
        kind = f"struct {c_name(field.type_name)} *"
        value, items = f"{kind}{field.name};", f"{kind}items;"
    else:
        kind = SCALARS[field.type][1]
        value, items = f"{kind} {field.name};", f"{kind} *items;"
    if is_repeated(field):
        return [f"    struct {{ {items} size_t count; }} {field.name};"]
    lines = ["    " + value]
    if has_presence_flag(field):
        lines.append(f"    bool has_{field.name};")
    if field.type == F.TYPE_ENUM:
        lines[0] += f" /* {field.type_name.lstrip('.')} */"
    return lines


def struct(package, message):
    name = c_name(f"{package}.{message.name}")
    lines = [f"struct {name} {{"]
    for field in message.field:
        lines += member(field)
    if not message.field:
        lines.append("    char empty_; /* C has no empty structs */")
    return lines + ["};", f"extern const struct pyr_pb_message {name}_pb;", ""]


def enum_constants(package, enum):
    prefix = "PYR_" + package.upper().replace(".", "_") + "_"
    values = [f"    {prefix}{value.name} = {value.number}," for value in enum.value]
    return [f"enum {{ /* {package}.{enum.name} */", *values, "};",
            f"extern const struct pyr_pb_enum {c_name(f'{package}.{enum.name}')}_pb;", ""]


def header(file, folder):
    guard = f"PYR_{folder}/{stem(file.name)}_PB_H".upper().replace("/", "_")
    lines = [f"/* From {file.name} by proto/generate.py: change that, and run it. */",
             "/* clang-format off */", f"#ifndef {guard}", f"#define {guard}"]
    lines += [f'#include "{folder}/{stem(d)}.pb.h"' for d in sorted(file.dependency)]
    lines += ['#include "codec/pb_message.h"', ""]
    for enum in file.enum_type:
        lines += enum_constants(file.package, enum)
    lines += [f"struct {c_name(f'{file.package}.{m.name}')};" for m in file.message_type] + [""]
    for message in file.message_type:
        lines += struct(file.package, message)
    lines += ["/* Every message of the file, ended by NULL. */",
              f"extern const struct pyr_pb_message *const pyr_pb_messages_{stem(file.name)}[];", "#endif"]
    return lines


def field_entry(name, field):
    parts = [f"{field.number}, PYR_PB_{'MESSAGE' if field.type == F.TYPE_MESSAGE else SCALARS[field.type][0]}",
             "true" if is_repeated(field) else "false",
             f"offsetof(struct {name}, {field.name})",
             f"offsetof(struct {name}, has_{field.name})" if has_presence_flag(field) else "0",
             f'"{field.name}"', f'"{field.json_name}"',
             f"&{c_name(field.type_name)}_pb" if field.type == F.TYPE_MESSAGE else "NULL",
             f"&{c_name(field.type_name)}_pb" if field.type == F.TYPE_ENUM else "NULL"]
    return "    {" + ", ".join(parts) + "},"


def message_table(package, message):
    full = f"{package}.{message.name}"
    name = c_name(full)
    fields = sorted(message.field, key=lambda f: f.number)
    if not fields:
        return [f'const struct pyr_pb_message {name}_pb = {{"{full}", sizeof(struct {name}), NULL, 0}};', ""]
    return [f"static const struct pyr_pb_field {name}_fields[] = {{", *(field_entry(name, f) for f in fields), "};",
            f'const struct pyr_pb_message {name}_pb = {{"{full}", sizeof(struct {name}), {name}_fields, {len(fields)}}};',
            ""]


def enum_table(package, enum):
    full = f"{package}.{enum.name}"
    name = c_name(full)
    values = [f'    {{"{value.name}", {value.number}}},' for value in enum.value]
    return [f"static const struct pyr_pb_enum_value {name}_values[] = {{", *values, "};",
            f'const struct pyr_pb_enum {name}_pb = {{"{full}", {name}_values, {len(values)}}};', ""]


def source(file, folder):
    lines = [f"/* From {file.name} by proto/generate.py: change that, and run it. */",
             "/* clang-format off */", f'#include "{folder}/{stem(file.name)}.pb.h"', ""]
    for enum in file.enum_type:
        lines += enum_table(file.package, enum)
    for message in file.message_type:
        lines += message_table(file.package, message)
    names = [f"    &{c_name(f'{file.package}.{m.name}')}_pb," for m in file.message_type]
    return lines + [f"const struct pyr_pb_message *const pyr_pb_messages_{stem(file.name)}[] = {{", *names,
                    "    NULL,", "};"]


def descriptors(proto):
    names = sorted(str(p.relative_to(proto)) for p in proto.rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", "-I.", f"--descriptor_set_out={out.name}", *names], cwd=proto, check=True)
        files = FileDescriptorSet.FromString(out.read()).file
    if len({stem(f.name) for f in files}) != len(files):
        sys.exit("two .proto files have the same name")
    return files


def generate(proto=PROTO, folder="codec/gen"):
    """{name of a file: its text}. `folder`: as it stands in #include."""
    texts = {}
    for file in descriptors(proto):
        check(file)
        for suffix, lines in (("h", header(file, folder)), ("c", source(file, folder))):
            texts[f"{stem(file.name)}.pb.{suffix}"] = "\n".join(lines) + "\n"
    return texts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proto", type=pathlib.Path, default=PROTO, help="folder of the .proto files")
    parser.add_argument("--out", type=pathlib.Path, default=OUT)
    parser.add_argument("--folder", default="codec/gen", help="of the headers, as it stands in #include")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, text in generate(args.proto, args.folder).items():
        (args.out / name).write_text(text)


if __name__ == "__main__":
    main()
