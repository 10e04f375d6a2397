#!/usr/bin/env python3
"""Compares codec/pb_message with Google's protobuf library: random messages of every type we have, and of one that has
fields of every type, in the binary and the JSON form, both ways; pieces that merge; unpacked and unknown fields; damage.

usage: pb_message.py PB_TOOL [SEED [ROUNDS]]    (exit 77: no protoc, or no protobuf for Python here)
"""

import json
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[3]

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
    from google.protobuf.descriptor import FieldDescriptor as F
    from google.protobuf.message import DecodeError
except ImportError:
    print("skipped: python3-protobuf is not installed")
    sys.exit(77)
if shutil.which("protoc") is None:
    print("skipped: protoc is not installed")
    sys.exit(77)

INTEGERS = {
    F.TYPE_INT32: (-2**31, 2**31 - 1), F.TYPE_SINT32: (-2**31, 2**31 - 1), F.TYPE_SFIXED32: (-2**31, 2**31 - 1),
    F.TYPE_INT64: (-2**63, 2**63 - 1), F.TYPE_SINT64: (-2**63, 2**63 - 1), F.TYPE_SFIXED64: (-2**63, 2**63 - 1),
    F.TYPE_UINT32: (0, 2**32 - 1), F.TYPE_FIXED32: (0, 2**32 - 1),
    F.TYPE_UINT64: (0, 2**64 - 1), F.TYPE_FIXED64: (0, 2**64 - 1),
}
TEXTS = ["", "a", "total", "runtime.mallocgc", 'std::map<int, "x">', "\\ / \b\f\n\r\t\x00\x1f\x7f", "naïve 漢字 \U0001f525", "\u2028"]


class Tool:
    """Our implementation, behind a pipe."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, source, target, name, data):
        self.process.stdin.write(f"{source} {target} {name} {len(data)}\n".encode() + data)
        self.process.stdin.flush()
        status, length = self.process.stdout.readline().split()
        return status.decode(), self.process.stdout.read(int(length))

    def must(self, source, target, name, data):
        status, answer = self(source, target, name, data)
        assert status == "ok", f"{name} {source}->{target}: {answer.decode()}\n{data!r}"
        return answer

    def finish(self):
        self.process.stdin.close()
        assert self.process.wait() == 0, "the tool ended badly"


def classes(folder, strings_as_bytes=False):
    """{full name: class}. A string that is not UTF-8 makes Google refuse the message; ours leaves that to its caller, so
    there is a variant whose strings are bytes."""
    pool = descriptor_pool.DescriptorPool()
    found = {}
    for proto in (ROOT / "proto", ROOT / "tests/support/proto"):
        out = os.path.join(folder, "descriptors")
        names = sorted(str(p.relative_to(proto)) for p in proto.rglob("*.proto"))
        subprocess.run(["protoc", "-I.", f"--descriptor_set_out={out}", *names], cwd=proto, check=True)
        for file in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out).read_bytes()).file:
            if strings_as_bytes:
                for field in (f for m in file.message_type for f in m.field if f.type == F.TYPE_STRING):
                    field.type = F.TYPE_BYTES
            pool.Add(file)
            found |= {f"{file.package}.{m.name}": None for m in file.message_type}
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(name)) for name in found}


def random_value(rng, field):
    if field.type in INTEGERS:
        low, high = INTEGERS[field.type]
        bits = rng.randrange(65)
        return rng.choice([0, 1, low, high, max(low, -1), min(high, max(low, rng.getrandbits(bits) if bits else 0))])
    if field.type == F.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == F.TYPE_FLOAT:
        return rng.choice([0.0, 0.1, 1.5, -3e38, math.inf, -math.inf, math.nan,
                           struct.unpack("f", struct.pack("f", rng.uniform(-1e6, 1e6)))[0]])
    if field.type == F.TYPE_DOUBLE:
        bits = struct.unpack("d", rng.randbytes(8))[0]
        return rng.choice([0.0, 0.1, 15.0, 5e-324, 1e308, 2.0**53, 2.0**53 + 2, -1e21, 1 / 3, math.inf, -math.inf, math.nan,
                           rng.uniform(-1, 1), bits if bits == bits else math.nan])  # JSON has but one NaN
    if field.type == F.TYPE_ENUM:
        return rng.choice([v.number for v in field.enum_type.values] + [99])
    if field.type == F.TYPE_BYTES:
        return rng.randbytes(rng.choice([0, 1, 2, 3, 4, 100, 200]))
    return rng.choice(TEXTS) * rng.choice([1, 1, 1, 30])


def fill(rng, message, depth=4):
    for field in message.DESCRIPTOR.fields:
        if rng.random() < 0.4:
            continue
        if field.label == F.LABEL_REPEATED:
            count = rng.choice([1, 2, 5, 130 if field.type != F.TYPE_MESSAGE else 3])
            for _ in range(count if depth else 0):
                if field.type == F.TYPE_MESSAGE:
                    fill(rng, getattr(message, field.name).add(), depth - 1)
                else:
                    getattr(message, field.name).append(random_value(rng, field))
        elif field.type == F.TYPE_MESSAGE:
            if depth:
                getattr(message, field.name).SetInParent()
                fill(rng, getattr(message, field.name), depth - 1)
        else:
            setattr(message, field.name, random_value(rng, field))
    return message


def canonical(cls, data):
    """What Google makes of `data`, without unknown fields: bytes, so that NaN equals itself."""
    message = cls.FromString(data)
    message.DiscardUnknownFields()
    return message.SerializeToString(deterministic=True)


def varint(v):
    out = bytearray()
    while v >= 128:
        out.append(v & 127 | 128)
        v >>= 7
    return bytes(out) + bytes([v])


def unknown_field(rng):
    """A field that no message has, of any wire type; groups nest."""
    number = 777_777
    kind = rng.randrange(5)
    tag = varint(number << 3 | (0, 1, 2, 3, 5)[kind])
    if kind == 0:
        return tag + varint(rng.getrandbits(64))
    if kind == 1:
        return tag + rng.randbytes(8)
    if kind == 2:
        size = rng.randrange(200)
        return tag + varint(size) + rng.randbytes(size)
    if kind == 4:
        return tag + rng.randbytes(4)
    return tag + b"".join(unknown_field(rng) for _ in range(rng.randrange(3))) + varint(number << 3 | 4)


def unpacked(message):
    """The numbers of repeated fields, one field each, as writers before proto3 do."""
    out = b""
    for field, values in message.ListFields():
        if field.label != F.LABEL_REPEATED or field.type in (F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_MESSAGE):
            continue
        for value in values:
            one = type(message)()
            getattr(one, field.name).append(value)
            packed = one.SerializeToString()
            tag = varint(field.number << 3 | 2)
            wire = {F.TYPE_FIXED32: 5, F.TYPE_SFIXED32: 5, F.TYPE_FLOAT: 5, F.TYPE_FIXED64: 1, F.TYPE_SFIXED64: 1,
                    F.TYPE_DOUBLE: 1}.get(field.type, 0)
            assert packed.startswith(tag) and packed[len(tag)] < 128
            out += varint(field.number << 3 | wire) + packed[len(tag) + 1:]
    return out


def check_binary(rng, tool, name, cls):
    message = fill(rng, cls())
    data = message.SerializeToString(deterministic=True)
    ours = tool.must("pb", "pb", name, data)
    assert canonical(cls, ours) == data, f"{name}: differs\n{data!r}\n{ours!r}"
    assert len(ours) == len(data), f"{name}: another size"
    pieces = data + unknown_field(rng) + unpacked(message) + fill(rng, cls()).SerializeToString() + unknown_field(rng)
    ours = tool.must("pb", "pb", name, pieces)
    assert canonical(cls, ours) == canonical(cls, pieces), f"{name}: merges differently\n{pieces!r}"


def check_json(rng, tool, name, cls):
    message = fill(rng, cls())
    data = message.SerializeToString(deterministic=True)
    ours = tool.must("pb", "json", name, data)
    parsed = json_format.Parse(ours.decode(), cls()).SerializeToString(deterministic=True)
    assert parsed == data, f"{name}: JSON differs\n{ours!r}"
    theirs = json_format.MessageToJson(message)
    assert plain(json.loads(ours)) == plain(json.loads(theirs)), f"{name}: JSON is spelt differently\n{ours!r}\n{theirs}"
    theirs = json_format.MessageToJson(message, preserving_proto_field_name=rng.random() < 0.5,
                                       use_integers_for_enums=rng.random() < 0.5, ensure_ascii=rng.random() < 0.5,
                                       including_default_value_fields=rng.random() < 0.3)
    assert tool.must("json", "pb", name, theirs.encode()) == tool.must("pb", "pb", name, data), f"{name}:\n{theirs}"


def plain(value):
    """Numbers as their doubles: 1 and 1.0, 1e21 and 1e+21 are the same JSON number."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def check_damage(rng, tool, name, cls):
    """Where Google refuses, so must we; where it does not, we agree on what it means."""
    data = bytearray(fill(rng, cls()).SerializeToString())
    for _ in range(rng.choice([1, 1, 2, 8])):
        if data and rng.random() < 0.7:
            data[rng.randrange(len(data))] = rng.choice([0, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        elif data:
            del data[rng.randrange(len(data)):]
        else:
            data += rng.randbytes(3)
    data = bytes(data)
    status, ours = tool("pb", "pb", name, data)
    try:
        theirs = canonical(cls, data)
    except (DecodeError, SystemError):  # the latter: the warning that it stops at a stray end of a group, made an error
        assert status == "corrupt", f"{name}: accepts what is damaged: {data!r}"
        assert b" at byte " in ours, ours
        return
    if status == "corrupt" and (b"more than 64 bits" in ours or b"field number" in ours):
        return  # as Go's library: stricter than Google's for C, which drops the bits
    assert status == "ok", f"{name}: {ours!r}: {data!r}"
    assert canonical(cls, ours) == theirs, f"{name}: read differently: {data!r}\n{ours!r}"


def main():
    warnings.simplefilter("error", RuntimeWarning)
    tool = Tool(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    with tempfile.TemporaryDirectory() as folder:
        texts, raw = classes(folder), classes(folder, strings_as_bytes=True)
    for name in sorted(texts):
        rng = random.Random(f"{seed} {name}")
        for _ in range(rounds * (10 if name.startswith("test.") else 1)):
            check_binary(rng, tool, name, texts[name])
            check_json(rng, tool, name, texts[name])
            check_damage(rng, tool, name, raw[name])
    tool.finish()
    print(f"{len(texts)} messages agree with Google's protobuf")


if __name__ == "__main__":
    main()
