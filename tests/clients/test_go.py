"""The real Go clients, of both generations, unmodified. Every number the server shows is compared with `go tool pprof`
over the bodies that the client sent."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.parse

import pytest
from server import functions_of
from tee import Tee, parts_of

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = int(os.environ.get("PYROSCOPE_CLIENT_SECONDS", "22"))

# (profile type, sample index for go tool pprof, its unit, profile of the client)
TYPES = [
    ("process_cpu:cpu:nanoseconds:cpu:nanoseconds", "cpu", "ns"),
    ("process_cpu:samples:count:cpu:nanoseconds", "samples", "count"),
    ("memory:alloc_objects:count:space:bytes", "alloc_objects", "count"),
    ("memory:alloc_space:bytes:space:bytes", "alloc_space", "B"),
    ("memory:inuse_objects:count:space:bytes", "inuse_objects", "count"),
    ("memory:inuse_space:bytes:space:bytes", "inuse_space", "B"),
    ("goroutines:goroutine:count:goroutine:count", "goroutine", "count"),
    ("mutex:contentions:count:contentions:count", "contentions", "count"),
    ("mutex:delay:nanoseconds:contentions:count", "delay", "ns"),
    ("block:contentions:count:contentions:count", "contentions", "count"),
    ("block:delay:nanoseconds:contentions:count", "delay", "ns"),
]


def kind_of(path, parts):
    """Which of the client's profiles an upload is: the part of a profile type before the first colon."""
    units = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query, keep_blank_values=True)["units"][0]
    config = parts.get("sample_type_config", b"")
    for word, kind in ((b"mutex", "mutex"), (b"block", "block"), (b"alloc", "memory"), (b"goroutine", "goroutines")):
        if word in config:
            return kind
    return "process_cpu" if units == "samples" else units


def simplified(name):
    """Names without type arguments: `slices.Sort[go.shape.int]` and `slices.Sort[...]` are one function."""
    previous = None
    while previous != name:
        previous, name = name, re.sub(r"\[[^][]*\]", "", name)
    return name


def go_tool_pprof(files, sample_index, unit):
    """{function: [flat, cum]} of all files together, exact."""
    out = subprocess.run(
        ["go", "tool", "pprof", "-top", "-functions", "-nodefraction=0", "-edgefraction=0", "-nodecount=1000000", f"-unit={unit}",
         f"-sample_index={sample_index}", *files],
        check=True, capture_output=True, text=True).stdout
    table = {}
    for line in out.split("flat%")[1].splitlines()[1:]:
        flat, _, _, cum, _, name = line.split(None, 5)
        number = [float(v.removesuffix(unit)) for v in (flat, cum)]
        assert all(v.is_integer() for v in number), line
        entry = table.setdefault(simplified(name.removesuffix(" (inline)").removesuffix(" (partial-inline)")), [0, 0])
        entry[0] += int(number[0])
        entry[1] += int(number[1])
    return table


def server_table(server, profile_type, selector, start_ms, end_ms):
    table = {}
    for name, (own, total) in functions_of(server.flamegraph(profile_type, selector, start_ms, end_ms)).items():
        if name == "[empty stack]":  # samples without a single frame, which go tool pprof counts but does not list
            continue
        # A frame of which the runtime knows no name: each side has its own word for it.
        entry = table.setdefault("<unknown>" if name == "[unknown]" else simplified(name), [0, 0])
        entry[0] += own
        entry[1] += total
    return table


def keep_pprofs(tee, folder):
    """Writes the kept profiles into files; {kind: [file]}."""
    files = {}
    for i, (path, headers, body) in enumerate(tee.kept):
        parts = parts_of(headers, body)
        file = folder / f"{i:04}.pb.gz"
        file.write_bytes(parts["profile"])
        files.setdefault(kind_of(path, parts), []).append(str(file))
    return files


def run_new_client(tmp_path, url, seconds, rate="5s"):
    program = tmp_path / "client"
    subprocess.run(["go", "build", "-o", program, "."], cwd=HERE / "go", check=True)
    subprocess.run([program, "-server", url, "-seconds", str(seconds), "-rate", rate], check=True)


def test_new_client_shows_what_go_tool_pprof_shows(server, tmp_path):
    start_ms = int(time.time() * 1000) - 60_000
    with Tee(server.port) as tee:
        run_new_client(tmp_path, tee.url, SECONDS)
    assert tee.refused == []
    end_ms = int(time.time() * 1000) + 60_000
    folder = tmp_path / "kept"
    folder.mkdir()
    files = keep_pprofs(tee, folder)

    types = {t["ID"] for t in server.rpc("ProfileTypes", {"start": start_ms, "end": end_ms})["profileTypes"]}
    assert {t for t, _, _ in TYPES} <= types
    for profile_type, sample_index, unit in TYPES:
        kind = profile_type.split(":")[0]
        expected = go_tool_pprof(files[kind], sample_index, unit)
        shown = server_table(server, profile_type, '{service_name="ride-sharing-app"}', start_ms, end_ms)
        expected = {k: v for k, v in expected.items() if v != [0, 0]}
        shown = {k: v for k, v in shown.items() if v != [0, 0]}
        assert shown == expected, profile_type
    cpu = server_table(server, TYPES[0][0], '{service_name="ride-sharing-app"}', start_ms, end_ms)
    assert cpu["rides/rideshare.(*App).findNearestVehicle"][1] > cpu["rides/rideshare.(*App).printTicket"][1] > 0

    names = set(server.rpc("LabelNames", {"start": start_ms, "end": end_ms})["names"])
    assert {"region", "hostname", "vehicle", "controller", "service_git_ref", "pyroscope_spy", "service_name"} <= names
    vehicles = server.rpc("LabelValues", {"name": "vehicle", "start": start_ms, "end": end_ms})["names"]
    assert vehicles == ["bike", "car", "scooter"]


def test_first_upload_is_in_the_flame_graph_of_the_page(server, tmp_path):
    if not (HERE.parents[1] / "ui" / "node_modules" / "playwright-core").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE.parents[1] / "ui", check=True)
    run_new_client(tmp_path, server.url, 8, rate="3s")
    function = "rides/rideshare.(*App).findNearestVehicle"
    out = subprocess.run(["node", HERE / "find_in_page.mjs", server.url, "ride-sharing-app", TYPES[0][0], function],
                         check=True, capture_output=True, text=True).stdout
    shown = json.loads(out)
    assert shown["problems"] == []
    assert function in shown["rows"]
    now_ms = int(time.time() * 1000)
    table = server_table(server, TYPES[0][0], "{}", now_ms - 3_600_000, now_ms + 60_000)
    graph = server.flamegraph(TYPES[0][0], "{}", now_ms - 3_600_000, now_ms + 60_000)
    share = 100 * table[function][1] / int(graph["total"])
    percent = float(re.search(r"([0-9.]+)\s*%", shown["found"]).group(1))
    assert abs(percent - share) < 0.51, (shown["found"], share)


@pytest.mark.parametrize("version", ["v0.7.2"])
def test_legacy_client(server, tmp_path, version):
    work = tmp_path / "go_legacy"
    shutil.copytree(HERE / "go_legacy", work)
    shutil.copytree(HERE / "rideshare", tmp_path / "rideshare")
    (work / f"go.mod.{version}").rename(work / "go.mod")
    # This client links to runtime internals that later toolchains hide.
    environment = os.environ | {"GOTOOLCHAIN": "go1.21.13", "GOFLAGS": "-mod=mod"}
    subprocess.run(["go", "build", "-o", "client", "."], cwd=work, env=environment, check=True)
    start_ms = int(time.time() * 1000) - 60_000
    with Tee(server.port) as tee:
        subprocess.run([work / "client", "-server", tee.url, "-seconds", str(SECONDS + 4)], check=True)
    assert tee.refused == []
    end_ms = int(time.time() * 1000) + 60_000
    folder = tmp_path / "kept"
    folder.mkdir()
    files = keep_pprofs(tee, folder)
    shown = server_table(server, "process_cpu:cpu:nanoseconds:cpu:nanoseconds", '{service_name="legacy.ride-sharing-app"}', start_ms, end_ms)
    expected = go_tool_pprof(files["process_cpu"], "cpu", "ns")
    assert shown == expected
