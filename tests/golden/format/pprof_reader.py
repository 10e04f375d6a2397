#!/usr/bin/env python3
"""Compares our pprof decoder with Google's protobuf library over every pprof of the corpus: types, times, and the value of
every (stack, labels), after the rules of docs/compatibility.md (samples that are negative, zero or dangling are dropped).

usage: pprof_reader.py PPROF_DUMP [FILE...]    (exit 77: no protobuf for Python here)
"""

import collections
import email
import email.policy
import glob
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's python3-protobuf belongs to Debian's Python

try:
    import google.protobuf  # noqa: F401
except ImportError:
    if os.path.exists(SYSTEM_PYTHON) and sys.executable != SYSTEM_PYTHON and "PYR_REEXEC" not in os.environ:
        os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], {**os.environ, "PYR_REEXEC": "1"})
    print("skipped: python3-protobuf is not installed")
    sys.exit(77)


def load_messages(folder):
    """The classes of google.v1.Profile and push.v1.PushRequest, from our .proto files by protoc."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    out = os.path.join(folder, "descriptors")
    subprocess.run(["protoc", f"--proto_path={ROOT / 'proto'}", "--include_imports", f"--descriptor_set_out={out}",
                    "google/v1/profile.proto", "push/v1/push.proto"], check=True)
    pool = descriptor_pool.DescriptorPool()
    for f in descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out).read_bytes()).file:
        pool.Add(f)
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName(n)) for n in ("google.v1.Profile", "push.v1.PushRequest")]


def inflate(data):
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def expected(data, profile):
    """What the decoder should print, as (head lines, {(labels, frames): values})."""
    p = profile()
    p.ParseFromString(data)
    s = p.string_table
    functions = {f.id: f for f in p.function}
    mappings = {m.id for m in p.mapping} | {0}
    frames, zero, negative, dangling = {}, 0, 0, 0
    for l in p.location:
        lines = [functions.get(line.function_id) for line in l.line]
        if None in lines or l.mapping_id not in mappings or (not lines and l.address == 0):
            continue
        frames[l.id] = [f"{s[f.name]}@{s[f.filename]}:{line.line}" for f, line in zip(lines, l.line)] or [f"0x{l.address:x}"]
    sums = collections.defaultdict(lambda: [0] * len(p.sample_type))
    for sample in p.sample:
        if min(sample.value) < 0:
            negative += 1
        elif not any(sample.value):
            zero += 1
        elif any(i not in frames for i in sample.location_id):
            dangling += 1
        else:
            labels = tuple(f"{s[l.key]}={s[l.str]}" for l in sample.label if l.key and l.str)
            stack = tuple(frame for i in sample.location_id for frame in frames[i])
            entry = sums[labels, stack]
            for i, v in enumerate(sample.value):
                entry[i] += v
    head = [f"type\t{s[t.type]}\t{s[t.unit]}" for t in p.sample_type]
    head.append(f"period\t{s[p.period_type.type]}\t{s[p.period_type.unit]}\t{p.period}")
    head.append(f"time\t{p.time_nanos}\t{p.duration_nanos}")
    head.append(f"default\t{s[p.default_sample_type]}")
    head.append(f"dropped\t{dangling}\t{negative}\t{zero}\t0")
    return head, dict(sums)


def decoded(program, path):
    out = subprocess.run([program, path], check=True, capture_output=True).stdout.decode()
    head, sums = [], {}
    for line in out.split("\n")[:-1]:
        if not line.startswith("sample\t"):
            head.append(line)
            continue
        parts = line.split("\t")
        bar = parts.index("|")
        bar2 = parts.index("|", bar + 1)
        values = [int(v) for v in parts[1:bar]]
        key = (tuple(parts[bar + 1:bar2]), tuple(parts[bar2 + 1:]))
        sums[key] = [a + b for a, b in zip(sums.get(key, [0] * len(values)), values)]
    return head, sums


def header(meta, name):
    for key, values in meta["headers"].items():
        if key.lower() == name:
            return values[0]
    return ""


def multipart(kind, body):
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    return [(part.get_param("name", header="content-disposition"), part.get_payload(decode=True)) for part in message.iter_parts()]


def pprofs_of(meta_path, push):
    """Every pprof of a recorded request, inflated."""
    meta = json.loads(pathlib.Path(meta_path).read_text())
    body = pathlib.Path(meta_path.replace(".meta.json", ".body")).read_bytes()
    kind = header(meta, "content-type")
    if header(meta, "content-encoding") == "gzip":
        body = gzip.decompress(body)
    if kind.startswith("multipart/"):
        yield from (inflate(data) for name, data in multipart(kind, body) if name in ("profile", "prev_profile"))
    elif meta["path"].startswith("/push.v1.") and kind == "application/proto":
        request = push()
        request.ParseFromString(body)
        yield from (inflate(sample.raw_profile) for series in request.series for sample in series.samples)
    elif meta.get("query", {}).get("format") == ["pprof"]:
        yield inflate(body)


def corpus(push):
    for path in sorted(glob.glob(str(ROOT / "tests/corpus/*/*.pb.gz"))):
        yield path, inflate(pathlib.Path(path).read_bytes())
    for path in sorted(glob.glob(str(ROOT / "tests/corpus/*/*.meta.json"))):
        for data in pprofs_of(path, push):
            yield path, data


def check(program, name, data, profile, folder):
    path = os.path.join(folder, "one.pprof")
    pathlib.Path(path).write_bytes(data)
    want, got = expected(data, profile), decoded(program, path)
    if want != got:
        differing = [k for k in want[1].keys() | got[1].keys() if want[1].get(k) != got[1].get(k)]
        print(f"FAILED {name}\n  want {want[0]}\n  got  {got[0]}\n  {len(differing)} stacks differ, e.g. {differing[:1]}")
        return False
    return True


def main():
    program, files = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        profile, push = load_messages(folder)
        inputs = [(f, inflate(pathlib.Path(f).read_bytes())) for f in files] or list(corpus(push))
        bad = sum(not check(program, name, data, profile, folder) for name, data in inputs)
    print(f"{len(inputs)} profiles, {bad} differ")
    return 1 if bad or len(inputs) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
