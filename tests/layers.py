#!/usr/bin/env python3
"""Checks the house's two rules about includes; run by CTest in the source folder.

1. Includes point only downwards: LAYERS says what each folder of src/ is built on; it may include those folders, what
   they are built on, and itself. Anything else (a folder the table does not know, a file that does not exist, an include
   without a folder) fails too.
2. A header compiles alone.

The rules are first shown to fail on a tree that breaks them.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LAYERS = {
    "base": [],
    "codec": ["base"],
    "http_client": ["codec"],
    "net": ["codec"],
    "profile": ["codec"],
    "format": ["profile"],
    "symbol": ["profile"],
    "storage": ["profile", "http_client"],
    "tenant": ["http_client"],
    "ingest": ["storage", "tenant"],
    "query": ["storage", "tenant"],
    "api": ["format", "ingest", "query", "symbol", "net"],
    "scrape": ["format", "ingest", "http_client"],
    "server": ["api", "scrape"],
    "cli": ["server"],
    "agent": ["base", "codec", "profile", "symbol"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def reachable(layer):
    seen, todo = set(), [layer]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += LAYERS.get(name, [])
    return seen


def sources(src):
    return sorted(p for p in src.rglob("*") if p.suffix in (".c", ".h"))


def check_includes(src):
    for path in sources(src):
        layer = path.relative_to(src).parts[0]
        if layer not in LAYERS:
            yield f"{path}: the folder '{layer}' is not in the table of layers"
            continue
        allowed = reachable(layer)
        for included in INCLUDE.findall(path.read_text(errors="replace")):
            below = included.split("/")[0]
            if not (src / included).is_file():
                yield f"{path}: \"{included}\" is no file of src/ (write \"folder/file.h\")"
            elif below not in allowed:
                yield f"{path}: includes \"{included}\", but {layer} is not built on {below}"


def check_headers(src):
    compiler = os.environ.get("CC", "cc")
    packages = "libuv libnghttp2 libdeflate libpcre2-8 jansson yaml-0.1 zlib libcurl".split()
    flags = subprocess.run(["pkg-config", "--cflags", *packages], capture_output=True, text=True).stdout.split()
    for path in sources(src):
        if path.suffix != ".h":
            continue
        command = [compiler, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", f"-I{src}", *flags,
                   "-fsyntax-only", "-x", "c", "-"]
        unit = f'#include "{path.relative_to(src)}"\n'
        done = subprocess.run(command, input=unit, capture_output=True, text=True)
        if done.returncode != 0:
            yield f"{path} does not compile alone:\n{done.stderr}"


def check(src):
    return [*check_includes(src), *check_headers(src)]


def self_test():
    broken = {
        "base/good.h": "#include <stddef.h>\nsize_t f(void);\n",
        "codec/good.c": '#include "base/good.h"\n',
        "base/up.c": '#include "codec/x.h"\n',
        "codec/x.h": "int x(void);\n",
        "net/sideways.c": '#include "profile/y.h"\n',
        "profile/y.h": "size_t missing_include(void);\n",
        "base/missing.c": '#include "good.h"\n',
        "elsewhere/z.c": "\n",
    }
    expected = ["base/up.c", "net/sideways.c", "base/missing.c", "elsewhere/z.c", "profile/y.h"]
    with tempfile.TemporaryDirectory() as folder:
        src = pathlib.Path(folder)
        for name, text in broken.items():
            (src / name).parent.mkdir(exist_ok=True)
            (src / name).write_text(text)
        found = check(src)
        if len(found) != len(expected) or any(not any(e in f for f in found) for e in expected):
            sys.exit("the self-test expected complaints about " + ", ".join(expected) + "; got:\n" + "\n".join(found))


def main():
    self_test()
    complaints = check(pathlib.Path("src"))
    print("\n".join(complaints) or "includes point downwards; every header compiles alone")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
