"""Recorded requests of real clients, sent again to the real server, which must then hold what the reference holds: the
label names, and for each service and profile type the total, the number of functions and the largest self values.

tests/corpus/*/reference.json is what Grafana Pyroscope 2.2.1 held after the same requests. Where we do better on purpose
(docs/compatibility.md), the test says so and computes what is right from the bodies themselves."""

import concurrent.futures
import json
import pathlib
import re
import sys
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.server import Server, functions_of  # noqa: E402

CORPUS = ROOT / "tests" / "corpus"
FOLDERS = sorted(p.parent.name for p in CORPUS.glob("*/reference.json"))
SKIPPED_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "te"}
# Refused by the reference, taken by us: what we hold besides is checked by tests of their own below.
TAKEN_TOO = {
    "go-legacy-client-0.4.0": "prev_profile is subtracted",
    "perf-6.1.192": "an unknown suffix belongs to the service's name",
    "py-spy-0.4.3": "the same",
}
# Names that change at every start are one here: how many fewer there are is counted in the folded bodies.
SETTLED = "java-agent-0.11.5-collapsed"
CHANGING = re.compile(r"(?<=\$\$Lambda)\$\d+\.0x[0-9a-f]+|(?<=Accessor)\d+|(?<=\.)0x[0-9a-f]{6,}")
# A format that comes later.
NOT_YET = {("py-spy-0.4.3", 1): "speedscope"}


def recorded(folder):
    for path in sorted((CORPUS / folder).glob("*.meta.json")):
        meta = json.loads(path.read_text())
        body = path.with_name(path.name.replace(".meta.json", ".body")).read_bytes()
        headers = {k: v[0] for k, v in meta["headers"].items() if k.lower() not in SKIPPED_HEADERS}
        query = meta.get("raw_query", "")
        yield int(path.name[:4]), meta["path"] + ("?" + query if query else ""), headers, body


def replay(server, folder):
    """{number: status} of every request."""
    answers = {}
    for number, path, headers, body in recorded(folder):
        # gRPC needs HTTP/2 trailers; its framing is tested with a gRPC client. Here it is the same call in Connect's form.
        kind = headers.get("Content-Type", headers.get("content-type", ""))
        if kind.startswith("application/grpc"):
            headers, body = as_connect(headers, body)
        answer = requests.post(server.url + path, data=body, headers=headers)
        answers[number] = (answer.status_code, answer.text[:200])
    return answers


def as_connect(headers, body):
    """The one message of a gRPC or gRPC-Web request, as a Connect request."""
    length = int.from_bytes(body[1:5], "big")
    out = {"Content-Type": "application/proto"}
    if body[0] & 1:
        out["Content-Encoding"] = "gzip"
    return out, body[5:5 + length]


WINDOW = {"start": 1_000_000_000_000, "end": int(time.time() * 1000) + 86_400_000}


@pytest.fixture(scope="module", params=FOLDERS)
def corpus(request, tmp_path_factory):
    folder = request.param
    reference = json.loads((CORPUS / folder / "reference.json").read_text())
    with Server(tmp_path_factory.mktemp("store")) as server:
        yield folder, reference, replay(server, folder), server


def test_every_request_is_answered_200(corpus):
    folder, _, answers, _ = corpus
    bad = {n: a for n, a in answers.items() if a[0] != (422 if (folder, n) in NOT_YET else 200)}
    assert bad == {} and len(answers) > 0


def test_label_names_are_the_reference_s(corpus):
    folder, reference, _, server = corpus
    if folder in TAKEN_TOO and not reference["profiles"]:
        pytest.skip("the reference holds nothing of these requests")
    everything = {"Accept": "*/*;allow-utf8-labelnames=true"}
    names = server.rpc("LabelNames", WINDOW, headers=everything)["names"]
    assert names == reference["label_names"]


def test_totals_functions_and_self_values_are_the_reference_s(corpus):
    folder, reference, _, server = corpus
    for want in reference["profiles"]:
        flamegraph = server.flamegraph(want["profile_type"], '{service_name="%s"}' % want["service_name"],
                                       WINDOW["start"], WINDOW["end"])
        functions = functions_of(flamegraph)
        # The reference leaves samples without a stack out; ours shows them, and its total has them as go tool pprof's has.
        without_stack = functions.pop("[empty stack]", [0])[0]
        # Functions without a name have one here to be seen by.
        got_self = {name: functions.get(name or "[unknown]", [0])[0] for name in want["top_self"]}
        where = (want["service_name"], want["profile_type"])
        assert int(flamegraph["total"]) - without_stack == want["total"], where
        assert got_self == want["top_self"], where
        assert len(functions) == want["functions"] - settled(folder), where


def settled(folder):
    """How many names of the folder's folded bodies are not names of their own once what changes is left out."""
    if folder != SETTLED:
        return 0
    frames = {f for _, _, _, body in recorded(folder) for line in body.decode().splitlines() for f in line.rsplit(" ", 1)[0].split(";")}
    return len(frames) - len({CHANGING.sub("_", f) for f in frames})


def test_nothing_is_held_that_the_reference_lacks(corpus):
    folder, reference, _, server = corpus
    if folder in TAKEN_TOO:
        pytest.skip(TAKEN_TOO[folder])
    types = {t["ID"] for t in server.rpc("ProfileTypes", WINDOW)["profileTypes"]}
    assert types == {p["profile_type"] for p in reference["profiles"]}


# What we take and the reference refuses.

@pytest.fixture()
def server(tmp_path):
    with Server(tmp_path) as s:
        yield s


def total(server, profile_type, service):
    return int(server.flamegraph(profile_type, '{service_name="%s"}' % service, WINDOW["start"], WINDOW["end"])["total"])


def test_cumulative_profiles_are_subtracted(server):
    # Totals of (profile - prev_profile), as go tool pprof prints them for the recorded bodies. Heap in use is a state.
    expected = {
        "block:contentions:count:contentions:count": (15840 - 3834) + (28352 - 15840),
        "block:delay:nanoseconds:contentions:count": (160495910268 - 32034176902) + (315699839374 - 160495910268),
        "mutex:contentions:count:contentions:count": (1215 - 330) + (1995 - 1215),
        "mutex:delay:nanoseconds:contentions:count": (2099796481 - 525906935) + (3494810787 - 2099796481),
        "memory:alloc_objects:count:space:bytes": (8983326 - 1871304) + (19370605 - 8983326),
        "memory:alloc_space:bytes:space:bytes": (1905950222 - 447061391) + (3629263129 - 1905950222),
        "memory:inuse_objects:count:space:bytes": 4097 + 7969,
        "memory:inuse_space:bytes:space:bytes": 1448600 + 3094447,
    }
    replay(server, "go-legacy-client-0.4.0")
    assert {t: total(server, t, "legacy.ride-sharing-app") for t in expected} == expected


@pytest.mark.parametrize("folder,number,rate", [("perf-6.1.192", 1, 99), ("perf-6.1.192", 2, 99), ("py-spy-0.4.3", 2, 100)])
def test_an_unknown_suffix_belongs_to_the_service(server, folder, number, rate):
    _, path, headers, body = [r for r in recorded(folder) if r[0] == number][0]
    assert requests.post(server.url + path, data=body, headers=headers).status_code == 200
    samples = sum(int(line.rsplit(b" ", 1)[1]) for line in body.splitlines())
    service = path.split("name=")[1].split("%7B")[0]
    assert total(server, "process_cpu:cpu:nanoseconds:cpu:nanoseconds", service) == samples * (10**9 // rate)


@pytest.mark.parametrize("folder", ["go-pyroscope-go-1.4.3", "rust-pyroscope-2.1.5"])
def test_an_upload_sent_twice_counts_once(server, folder):
    replay(server, folder)
    reference = json.loads((CORPUS / folder / "reference.json").read_text())
    once = [total(server, p["profile_type"], p["service_name"]) for p in reference["profiles"]]
    replay(server, folder)
    assert [total(server, p["profile_type"], p["service_name"]) for p in reference["profiles"]] == once


def test_uploads_at_once_all_count(server):
    values = [number + 1 for number in range(200)]

    def upload(value):
        body = b"main;work;f%d %d\nmain;idle 1\n" % (value % 17, value)
        return requests.post(f"{server.url}/ingest?name=busy%7Bworker=w{value % 5}%7D&from=1700000000&until=1700000010", data=body).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(upload, values)) == {200}
    assert total(server, "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "busy") == (sum(values) + len(values)) * 10**7
