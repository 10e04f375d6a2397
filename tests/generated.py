#!/usr/bin/env python3
"""Fails when a checked-in file that proto/generate.py writes is not what it writes. (exit 77: it cannot run here)"""

import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "proto"))
sys.dont_write_bytecode = True

try:
    import generate
except ImportError:
    print("skipped: python3-protobuf is not installed")
    sys.exit(77)
if shutil.which("protoc") is None:
    print("skipped: protoc is not installed")
    sys.exit(77)


def stale(folder, texts):
    have = {p.name: p.read_text() for p in folder.iterdir()}
    return sorted(str(folder / name) for name in have.keys() | texts.keys() if have.get(name) != texts.get(name))


wrong = stale(ROOT / "src/codec/gen", generate.generate())
wrong += stale(ROOT / "tests/support/gen", generate.generate(ROOT / "tests/support/proto", "support/gen"))
for path in wrong:
    print(f"{path}: not what proto/generate.py writes")
sys.exit(1 if wrong else 0)
