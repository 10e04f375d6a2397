"""The requests of tests/golden/{v1,legacy}-examples and the peers' real answers to them.

Each README is a table of requests and answers, recorded from the peer. Its profiles are sent to our server, then every
other request; answers are compared as structures. What belongs to later work is skipped by name; what we answer
differently on purpose is listed with the reason, and then our own answer is checked instead."""

import ast
import base64
import json
import re
import subprocess

import pytest
import requests
from server import ROOT, Server

GOLDEN = ROOT / "tests" / "golden"
ROW = re.compile(r"^\| `(GET|POST) ([^`]+)`(.*?) \| (.*) \|$")


class Example:
    def __init__(self, folder, method, target, request, answer):
        self.folder, self.method, self.target = folder, method, target
        self.request, self.answer = request.strip(), answer.strip()
        self.status = int(re.match(r"\d+", self.answer).group())

    @property
    def body(self):
        text = re.match(r"(?:`)?(?:body )?`?(.*?)`?$", self.request).group(1)
        if self.target.startswith("/ingest"):
            if "trie of" in self.request:  # foo;bar 2, foo;baz 3 with the common prefix shared
                return bytes([0, 0, 1, 6]) + b"foo;ba" + bytes([0, 2, 1]) + b"r" + bytes([2, 0, 1]) + b"z" + bytes([3, 0])
            return ast.literal_eval(text).encode() if text.startswith("'") else b"a;b b" if "count" in text else b"a;b 1"
        return text.encode() or None

    @property
    def file(self):
        named = re.search(r"\[([^\]]+)\]\(\1\)", self.answer)
        return GOLDEN / self.folder / named.group(1) if named else None

    @property
    def expected_text(self):
        if self.file:
            return self.file.read_text()
        if self.folder == "v1-examples":
            return re.search(r"`(.*)`$", self.answer).group(1)
        return ast.literal_eval(re.search(r"'.*'?$", self.answer).group() if "'" in self.answer else "''")

    @property
    def name(self):
        named = self.file.name if self.file else ""
        return f"{self.method} {self.target[:100]} {self.request[:160]} {named}".strip()

    def send(self, server):
        headers = {"Content-Type": "application/json"} if self.body and not self.target.startswith("/ingest") else {}
        return requests.request(self.method, server.url + self.target, data=self.body, headers=headers)


def examples_of(folder):
    lines = (GOLDEN / folder / "README.md").read_text().splitlines()
    found = [ROW.match(line) for line in lines if line.startswith("| `")]
    assert all(found), "a row of the table was not understood"
    return [Example(folder, *m.groups()) for m in found]


V1, LEGACY = examples_of("v1-examples"), examples_of("legacy-examples")

# ---- what comes later, by name ----

LATER = {
    "SelectMergeStacktraces-dot.json": "DOT",
    "render.dot": "DOT",
    "SelectSeries-exemplars.json": "exemplars",
    "SelectHeatmap.json": "SelectHeatmap",
    "Diff.json": "Diff",
    "render-diff.json": "render-diff",
    "api-apps.json": "/api/apps",
    "build.json": "/build",
    "adhoc-upload.json": "ad-hoc profiles",
    "annotation.json": "annotations",
    "render-annotated.json": "annotations",
}

# ---- comparing ----


def by_name(labels):
    return sorted((p["name"], p["value"]) for p in labels)


def stacks_of_pprof(profile):
    """{(function names, leaf first): values}, and what kind of values, of a google.v1.Profile in JSON."""
    strings = profile["stringTable"]
    functions = {f["id"]: strings[int(f["name"])] for f in profile["function"]}
    locations = {l["id"]: [functions[line["functionId"]] for line in l["line"]] for l in profile["location"]}
    stacks = {}
    for sample in profile["sample"]:
        stack = tuple(name for id in sample["locationId"] for name in locations[id])
        assert stack not in stacks
        stacks[stack] = [int(v) for v in sample["value"]]

    def kind(t):
        return strings[int(t.get("type", 0))], strings[int(t.get("unit", 0))]

    return {
        "stacks": stacks,
        "types": [kind(t) for t in profile["sampleType"]],
        "period_type": kind(profile["periodType"]),
        "default": strings[int(profile["defaultSampleType"])],
        "time": profile["timeNanos"],
    }


def normal(answer):
    """An answer without what the wire leaves open: order of ids in a pprof; the period there is the peer's guess."""
    if isinstance(answer, dict) and "stringTable" in answer:
        return stacks_of_pprof(answer)
    if isinstance(answer, dict) and "pprof" in answer:
        return stacks_of_pprof(answer["pprof"]["profile"])
    return answer


def decode_pprof(raw):
    """A pprof in bytes, as protoc's text: enough to compare stacks by name."""
    text = subprocess.run(
        ["protoc", f"--proto_path={ROOT / 'proto'}", "--decode=google.v1.Profile", "google/v1/profile.proto"],
        input=raw, capture_output=True, check=True).stdout.decode()
    out, stack = {}, [{}]
    stack[0] = out
    for line in text.splitlines():
        line = line.strip()
        if line.endswith("{"):
            child = {}
            stack[-1].setdefault(line[:-2], []).append(child)
            stack.append(child)
        elif line == "}":
            stack.pop()
        else:
            key, value = line.split(": ", 1)
            stack[-1].setdefault(key, []).append(ast.literal_eval(value))
    strings = out["string_table"]
    functions = {f["id"][0]: strings[f["name"][0]] for f in out["function"]}
    locations = {l["id"][0]: [functions[n["function_id"][0]] for n in l["line"]] for l in out["location"]}
    stacks = {tuple(n for i in s["location_id"] for n in locations[i]): s["value"] for s in out["sample"]}
    types = [(strings[t.get("type", [0])[0]], strings[t.get("unit", [0])[0]]) for t in out["sample_type"]]
    return stacks, types, out["time_nanos"]


def assert_key_order(text, expected):
    """Clients that read by position exist; the newer API's order of keys is part of its shape."""
    if isinstance(expected, dict):
        assert list(text) == list(expected)
        for key in expected:
            assert_key_order(text[key], expected[key])


# ---- Grafana Pyroscope ----


@pytest.fixture(scope="module")
def v1(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("v1")) as s:
        for e in V1:
            if e.target.startswith("/ingest"):
                answer = e.send(s)
                assert (answer.status_code, answer.text) == (200, "")
        yield s


@pytest.mark.parametrize("e", [e for e in V1 if not e.target.startswith("/ingest")], ids=lambda e: e.name)
def test_v1(v1, e):
    if e.file and e.file.name in LATER:
        pytest.skip(f"later: {LATER[e.file.name]}")
    answer = e.send(v1)
    if e.name in V1_ON_PURPOSE or (e.file and e.file.name in V1_ON_PURPOSE):
        V1_ON_PURPOSE[e.name if e.name in V1_ON_PURPOSE else e.file.name](answer, e)
        return
    assert answer.status_code == e.status, answer.text
    if "application/json" not in e.answer:
        if e.status == 200:
            assert answer.text == e.expected_text
        return
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    expected = json.loads(e.expected_text)
    assert normal(answer.json()) == normal(expected)
    if e.method == "GET":
        assert_key_order(answer.json(), expected)


def exact_max_nodes(answer, e):
    """The peer cuts parts before it adds them up: the same nodes, but car's 630 became 200. Ours are exact."""
    graph, peer = answer.json()["flamegraph"], json.loads(e.expected_text)["flamegraph"]
    assert graph["names"] == peer["names"]
    assert [level["values"][3::4] for level in graph["levels"]] == [level["values"][3::4] for level in peer["levels"]]
    assert [[int(v) // 10**6 for v in level["values"][1::4]] for level in graph["levels"]] == [
        [3930], [3930], [3750, 180], [2760, 990], [630]]


def syntax_error(answer, _):
    """JSON that ends too early: the words are ours, code and shape are the peer's."""
    assert answer.status_code == 400
    error = answer.json()
    assert set(error) == {"code", "message"} and error["code"] == "invalid_argument"


def stats_at_once(answer, _):
    """The peer knows nothing until its first compaction."""
    stats = answer.json()
    assert stats["dataIngested"] is True
    assert int(stats["oldestProfileTime"]) == 1795219200000
    assert int(stats["newestProfileTime"]) == 1795219220000


def no_types_lately(answer, _):
    """The peer says null for an empty list of the last hour's types."""
    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


def our_build(answer, e):
    expected, ours = json.loads(e.expected_text), answer.json()
    assert ours["status"] == "success"
    assert set(ours["data"]) == set(expected["data"])


V1_ON_PURPOSE = {
    "SelectMergeStacktraces-max3.json": exact_max_nodes,
    "POST /querier.v1.QuerierService/ProfileTypes `{`": syntax_error,
    "POST /querier.v1.QuerierService/GetProfileStats `{}`": stats_at_once,
    "GET /pyroscope/label-values?label=__name__": no_types_lately,
    "GET /api/v1/status/buildinfo": our_build,
}


# ---- legacy Pyroscope ----


@pytest.fixture(scope="module")
def legacy(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("legacy")) as s:
        for e in LEGACY:
            if e.target.startswith("/ingest") and e.status == 200:
                assert e.send(s).status_code == 200
        yield s


LEGACY_LATER = {"GET /render-diff": "render-diff", "GET /build": "/build", "POST /api/": "ad-hoc and annotations",
                "GET /api/apps": "/api/apps"}
REFUSED_INGEST = {"no name": 400, "bad count": 422}


def only_known(answer, expected):
    """A name without a suffix is stored as CPU and shown as such."""
    return [name.removesuffix(".cpu") if name == "bad.cpu" else name for name in answer] == expected


@pytest.mark.parametrize("e", LEGACY, ids=lambda e: e.name)
def test_legacy(legacy, e):
    if e.file and e.file.name in LATER:
        pytest.skip(f"later: {LATER[e.file.name]}")
    for target, what in LEGACY_LATER.items():
        if f"{e.method} {e.target}".startswith(target):
            pytest.skip(f"later: {what}")
    if e.target.startswith("/ingest") and e.status == 200:
        pytest.skip("sent by the fixture")
    answer = e.send(legacy)
    if e.target == "/nope":
        assert answer.status_code == 404
        return
    assert answer.status_code == e.status, answer.text
    if e.target.startswith("/ingest"):
        return
    if e.file is None:
        assert answer.text.rstrip("\n") == e.expected_text.rstrip("\n")
        return
    assert answer.headers["Content-Type"] == re.match(r"200, ([^:,]+)", e.answer).group(1)
    if e.file.suffix == ".txt":
        assert sorted(answer.text.splitlines()) == sorted(e.expected_text.splitlines())
        assert answer.headers["Content-Disposition"] in e.answer
    elif e.file.suffix == ".pprof":
        assert decode_pprof(answer.content) == decode_pprof(e.file.read_bytes())
        assert answer.headers["Content-Disposition"] in e.answer
    elif e.target == "/label-values?label=__name__":
        assert only_known(answer.json(), json.loads(e.expected_text))
    else:
        assert answer.json() == json.loads(e.expected_text)


# ---- what no table says ----


def test_the_apis_agree(v1):
    """One range through each door: the same total."""
    type_id, start, end = "process_cpu:cpu:nanoseconds:cpu:nanoseconds", 1795219140, 1795219260
    body = {"profileTypeID": type_id, "labelSelector": "{}", "start": start * 1000, "end": end * 1000}
    rpc = "/querier.v1.QuerierService/"
    graph = requests.post(v1.url + rpc + "SelectMergeStacktraces", json=body).json()["flamegraph"]
    series = requests.post(v1.url + rpc + "SelectSeries", json=body | {"step": 60}).json()["series"][0]["points"]
    pprof = requests.post(v1.url + rpc + "SelectMergeProfile", json=body).json()
    render = requests.get(v1.url + "/pyroscope/render",
                          params={"query": f"{type_id}{{}}", "from": start, "until": end}).json()
    legacy = requests.get(v1.url + "/render",
                          params={"query": "rides.cpu{}", "from": start, "until": end, "format": "json"}).json()
    tree = requests.get(v1.url + "/api/v2/tree",
                        params={"query": "{}", "type": type_id, "from": start * 1000, "until": end * 1000})
    total = 3930000000
    assert int(graph["total"]) == total
    assert sum(p["value"] for p in series) == total
    assert sum(int(s["value"][0]) for s in pprof["sample"]) == total
    assert render["flamebearer"]["numTicks"] == total == sum(render["timeline"]["samples"])
    assert legacy["flamebearer"]["numTicks"] * 10**9 // legacy["metadata"]["sampleRate"] == total
    assert tree.headers["Content-Type"] == "application/x-flame-tree"
    assert tree.content[:4] == b"PYFT" and int.from_bytes(tree.content[8:12], "little") == 8


@pytest.mark.parametrize("path", ["/pyroscope/render?query=nope{}", "/api/v2/tree?type=nope&from=1",
                                  "/api/v2/tree?from=1&until=2", "/pyroscope/render?query=%7B%7D",
                                  "/pyroscope/label-values",
                                  "/api/v2/tree?type=a:b:c:d:e&query=%7Bx%3D~%22(%22%7D&from=1&until=2",
                                  "/api/v2/tree?type=a:b:c:d:e&from=1&until=2&maxNodes=9999999"])
def test_refusals_have_the_shape_of_errors(v1, path):
    answer = requests.get(v1.url + path)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"} and answer.json()["code"] == "invalid_argument"


def test_call_site_and_go_pgo_in_a_pprof(v1):
    body = {"profileTypeID": "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "labelSelector": "{}",
            "start": 1795219140000, "end": 1795219260000}

    def stacks(selector):
        found = stacks_of_pprof(v1.rpc("SelectMergeProfile", body | {"stackTraceSelector": selector}))["stacks"]
        return {";".join(stack): values[0] // 10**6 for stack, values in found.items()}

    assert stacks({"callSite": [{"name": "main"}, {"name": "handler"}, {"name": "car"}]}) == {
        "car;handler;main": 2130, "find;car;handler;main": 630}
    assert stacks({"goPgo": {"keepLocations": 2, "aggregateCallees": True}}) == {
        "bike;handler": 720, "car;handler": 2130, "find;car": 630, "gc;main": 180, "scooter;handler": 270}
    assert stacks({"goPgo": {"keepLocations": 1}}) == {"bike": 720, "car": 2130, "find": 630, "gc": 180, "scooter": 270}


def test_hostile_regex_ends(v1):
    body = {"matchers": ['{region=~"(a+)+$"}', '{region=~"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x"}'],
            "start": 1795219140000, "end": 1795219260000}
    assert v1.rpc("LabelNames", body) == {}


def test_tree_bytes_are_the_peers(v1):
    body = {"profileTypeID": "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "labelSelector": '{service_name="none"}',
            "start": 1795219140000, "end": 1795219260000, "format": "PROFILE_FORMAT_TREE"}
    assert base64.b64decode(v1.rpc("SelectMergeStacktraces", body).get("tree", "")) == b""
