"""What clients must not send: refused with a status and a message that say what and where, in the protocol's own error
shape; what may be left out is left out and counted; good profiles beside bad ones go in; memory stays bounded."""

import gzip
import pathlib
import sys
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.pprof import Pprof, data, number, packed, push_request  # noqa: E402
from support.server import Server, functions_of  # noqa: E402

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
NOW_NS = time.time_ns()
WINDOW = (1_000_000_000_000, NOW_NS // 10**6 + 86_400_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("store")) as s:
        yield s


def good(value=5, name="main", **options):
    return Pprof([([name], [value])], time_ns=NOW_NS, **options).encode()


def ingest(server, body, query="name=app", headers=None):
    return requests.post(f"{server.url}/ingest?{query}", data=body, headers=headers or {})


def push(server, *series):
    return requests.post(f"{server.url}/push.v1.PusherService/Push", data=push_request(*series), headers={"Content-Type": "application/proto"})


def flipped(body, at):
    return body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1:]


def nest(depth):
    """A folded line of that many frames."""
    return ";".join(f"f{i}" for i in range(depth)).encode()


GZ = Pprof([(["a", "b", "c"], [i + 1]) for i in range(200)], time_ns=NOW_NS).gzip()
BOMB = gzip.compress(bytes(600 << 20), 1)
TWO_VALUES = Pprof([(["a"], [1, 2])]).encode()
BAD_PPROFS = {
    "no gzip after its magic": (b"\x1f\x8b" + b"x" * 40, None),
    "truncated gzip": (GZ[:-20], None),
    "gzip with a flipped bit": (flipped(GZ, len(GZ) // 2), None),
    "gzip with a wrong checksum": (flipped(GZ, len(GZ) - 6), None),
    "truncated protobuf": (good()[:-1], "byte"),
    "sample that ends in a varint": (data(2, b"\x0a\x01\x80") + good(), "sample[0].location_id: truncated varint at byte 4"),
    "varint of eleven bytes": (number(9, 1)[:1] + b"\xff" * 11 + good(), "byte"),
    "field number zero": (b"\x00\x01" + good(), "invalid field number at byte 0"),
    "text": (b"not a pprof at all", "byte"),
    "empty": (b"", "sample_type"),
    "no sample type": (data(6, b""), "sample_type"),
    "more values than types": (TWO_VALUES, "sample[0].value"),
    "first string not empty": (data(6, "x") + good(), "string_table[0]: must be empty"),
    "string out of range": (data(5, number(1, 1) + number(2, 77)) + data(1, b"") + data(6, b""), "function[0].name: string 77 of 1"),
    "location without id": (data(4, number(3, 5)) + good(), "location[0].id: id 0 is reserved"),
    "function without id": (data(5, number(2, 1)) + good(), "function[0].id: id 0 is reserved"),
    "invalid UTF-8": (Pprof([([b"caf\xe9"], [1])]).encode(), "invalid UTF-8 at byte"),
    "dash in a sample type": (good(types=(("inuse-space", "bytes"),)), "sample_type[0]"),
    "seventeen sample types": (Pprof([], types=[("t", "u")] * 17).encode(), "more than 16 sample types"),
    "label out of range": (data(2, packed(2, [1]) + data(3, number(1, 50) + number(2, 51))) + data(1, b"") + data(6, b""), "sample[0].label: string 50 of 1"),
}


@pytest.mark.parametrize("what", BAD_PPROFS)
def test_a_bad_pprof_is_refused_with_its_place(server, what):
    body, part = BAD_PPROFS[what]
    old = ingest(server, body, "name=bad&format=pprof")
    assert old.status_code == 422 and old.json()["code"] == "unknown"
    new = push(server, ({"__name__": "process_cpu", "service_name": "bad"}, [body]))
    assert new.status_code == 400 and new.json()["code"] == "invalid_argument"
    if part is not None:
        assert part in old.json()["message"] and part in new.json()["message"]


@pytest.mark.parametrize("query,body,status,part", [
    ("", b"a 1", 400, "name"),
    ("name=", b"a 1", 400, "name"),
    ("name=%7Ba=b%7D", b"a 1", 400, "application"),
    ("name=a%20b", b"a 1", 400, "invalid character 0x20"),
    ("name=app%7Bk-ey=v%7D", b"a 1", 400, "key of a tag"),
    ("name=app%ff", b"a 1", 400, "UTF-8"),
    ("name=app", b"main;run ten", 422, "line 1"),
    ("name=app", b"a 1\nb 2\nc 1e3\n", 422, "line 3"),
    ("name=app", b"a 99999999999999999999", 422, "line 1"),
    ("name=app", b"caf\xe9 1", 422, "invalid UTF-8"),
    ("name=app&format=trie", b"", 422, "byte 0"),
    ("name=app&format=trie", b"\x00\x00\x02\x01a\x01\x00", 422, "byte 7"),
    ("name=app&format=trie", b"\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 422, "byte"),
    ("name=app&format=tree", b"\x00\x00\x01\x7fabc", 422, "name reaches past the end at byte 4"),
    ("name=app&format=tree", b"\x00\x00\x00trailing", 422, "bytes follow the last node"),
    ("name=app&format=jfr", b"FLR", 422, "format not supported yet: jfr"),
    ("name=app&format=speedscope", b"{}", 422, "format not supported yet: speedscope"),
    ("name=app" + "".join(f"{'%7B' if i == 0 else ','}l{i}=v" for i in range(900)) + "%7D", b"a 1", 400, "label names"),
    ("name=app%7Bk=" + "v" * 9000 + "%7D", b"a 1", 400, "9000 bytes"),
    ("name=app&from=" + str(NOW_NS // 10**9 + 7300), b"a 1", 400, "ahead"),
])
def test_a_bad_upload_is_refused(server, query, body, status, part):
    answer = ingest(server, body, query)
    assert answer.status_code == status and part in answer.json()["message"]


def test_forms(server):
    kind = {"Content-Type": "multipart/form-data; boundary=xyz"}
    part = b'--xyz\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    profile = part % (b"profile", good())
    for body, headers, text in [
        (profile, kind, "no end"),
        (b"nothing", kind, "no part begins"),
        (part % (b"other", b"x") + b"--xyz--", kind, "no part is named profile"),
        (profile + b"--xyz--", {"Content-Type": "multipart/form-data"}, "boundary"),
        (profile + part % (b"sample_type_config", b"{") + b"--xyz--", kind, "sample_type_config"),
        (profile + part % (b"sample_type_config", b"[1]") + b"--xyz--", kind, "not an object"),
        (profile + part % (b"prev_profile", b"junk") + b"--xyz--", kind, "prev_profile"),
    ]:
        answer = ingest(server, body, "name=form", headers)
        assert answer.status_code == 422 and text in answer.json()["message"], (text, answer.text)
    # Without file names, and with format=pprof, which the reference takes for a raw pprof.
    assert ingest(server, profile + b"--xyz--\r\n", "name=form&format=pprof", kind).status_code == 200


@pytest.mark.parametrize("labels,part", [
    ({"service_name": "x"}, "__name__"),
    ({"__name__": "p", **{f"l{i}": "v" for i in range(2000)}}, "2002 label names"),
    ({"__name__": "p", "a" * 1025: "v"}, "1025 bytes"),
    ({"__name__": "p", "": "v"}, "no name"),
    ({"__name__": "p", "a": b"\xff"}, "UTF-8"),
])
def test_bad_labels_are_refused(server, labels, part):
    answer = push(server, (labels, [good()]))
    assert answer.status_code == 400 and part in answer.json()["message"], answer.text


def test_an_empty_push_is_refused(server):
    assert push(server).status_code == 400
    assert push(server, ({"__name__": "p"}, [])).status_code == 400


def total(server, service, profile_type=CPU):
    return int(server.flamegraph(profile_type, '{service_name="%s"}' % service, *WINDOW)["total"])


def test_good_profiles_beside_bad_ones_go_in(server):
    labels = {"__name__": "process_cpu", "service_name": "batch"}
    answer = push(server, (labels, [good(1), b"junk", good(2)]), ({"service_name": "batch"}, [good(100)]), (labels, [good(4)]))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("series[0].samples[1]: ")
    assert total(server, "batch") == 1 + 2 + 4


def counted(server, name, reason):
    for line in requests.get(server.url + "/metrics").text.splitlines():
        if line.startswith(name + "{") and f'reason="{reason}"' in line:
            return int(float(line.split()[-1]))
    return 0


def test_what_is_left_out_is_counted(server):
    before = {r: counted(server, "pyroscope_discarded_samples_total", r) for r in ("dangling_reference", "negative_value", "zero_value")}
    body = Pprof([(["a"], [3]), (["a"], [-1]), (["b"], [0]), ([99], [7]), ([0], [7])], time_ns=NOW_NS).encode()
    assert ingest(server, body, "name=dropped&format=pprof").status_code == 200
    assert total(server, "dropped") == 3
    after = {r: counted(server, "pyroscope_discarded_samples_total", r) for r in before}
    assert {r: after[r] - before[r] for r in before} == {"dangling_reference": 2, "negative_value": 1, "zero_value": 1}
    refused = counted(server, "pyroscope_discarded_profiles_total", "unprocessable")
    ingest(server, b"junk", "name=dropped&format=pprof")
    assert counted(server, "pyroscope_discarded_profiles_total", "unprocessable") == refused + 1


@pytest.mark.parametrize("time_ns", [0, 12345, 86_400 * 10**9 * 30, (1 << 64) - 5])
def test_times_in_1970_take_from(server, time_ns):
    service = f"clock{time_ns}"
    body = Pprof([(["a"], [3])], time_ns=time_ns).encode()
    assert ingest(server, body, f"name={service}&format=pprof&from=1700000000&until=1700000010").status_code == 200
    at = '{service_name="%s"}' % service
    assert server.flamegraph(CPU, at, 1_700_000_000_000, 1_700_000_000_000)["total"] == "3"


def test_long_names_keep_their_end(server):
    before = counted(server, "pyroscope_truncated_strings_total", "too_long")
    # Cut in the middle of a character: what is left of it goes too.
    body = Pprof([(["\u00e9" * 40_000 + "end"], [3])], time_ns=NOW_NS).encode()
    assert ingest(server, body, "name=long&format=pprof").status_code == 200
    flamegraph = server.flamegraph(CPU, '{service_name="long"}', *WINDOW)
    assert functions_of(flamegraph) == {"\u00e9" * 32766 + "end": [3, 3]}
    assert counted(server, "pyroscope_truncated_strings_total", "too_long") == before + 1


def test_dotnet_leaves_out_function_ids(server):
    def message(*fields):
        return b"".join(number(n, v) for n, v in fields)
    body = data(1, number(1, 1) + number(2, 2)) + data(2, packed(1, [2, 1]) + packed(2, [7]))
    for i, name in ((1, 3), (2, 4)):
        body += data(4, number(1, i) + data(4, number(1, i))) + data(5, message((2, name)))
    body += b"".join(data(6, s) for s in ("", "inuse-space", "bytes", "Main", "Leaf")) + number(9, NOW_NS)
    assert ingest(server, body, "name=net&format=pprof&spyName=dotnetspy").status_code == 200
    flamegraph = server.flamegraph("memory:inuse_space:bytes::", '{service_name="net"}', *WINDOW)
    assert functions_of(flamegraph) == {"Main": [0, 7], "Leaf": [7, 7]}


def test_deep_stacks_keep_what_is_nearest_the_root(server):
    assert ingest(server, nest(20000) + b" 1", "name=deep.cpu").status_code == 200
    names = server.flamegraph(CPU, '{service_name="deep"}', *WINDOW)["names"]
    assert "f0" in names and "f16383" in names and "f16384" not in names


def test_inlined_frames_count_as_frames(server):
    before = counted(server, "pyroscope_truncated_stacks_total", "too_deep")
    # A root of 10 frames, a location of a hundred thousand below it; and one of a million by itself, ends[1] the outermost.
    ends = [f"end{i}" for i in range(3)]
    def location(i, functions):
        return data(4, number(1, i) + b"".join(data(4, number(1, f)) for f in functions))
    body = data(1, number(1, 1) + number(2, 2))
    body += data(2, packed(1, [2, 1]) + packed(2, [3])) + data(2, packed(1, [3]) + packed(2, [4]))
    body += location(1, [1] * 10) + location(2, [2] * 100_000) + location(3, [2] * 1_000_000 + [3])
    body += b"".join(data(5, number(1, i + 1) + number(2, 3 + i)) for i in range(3))
    body += b"".join(data(6, s) for s in ["", "cpu", "nanoseconds", *ends]) + number(9, NOW_NS)
    assert ingest(server, body, "name=inlined&format=pprof").status_code == 200
    flamegraph = server.flamegraph("process_cpu:cpu:nanoseconds::", '{service_name="inlined"}', *WINDOW)
    assert len(flamegraph["levels"]) == 1 + 16384
    sums = functions_of(flamegraph)
    assert sums["end0"] == [3, 3] and sums["end1"] == [4, 4] and sums["end2"] == [0, 4]
    assert counted(server, "pyroscope_truncated_stacks_total", "too_deep") == before + 1


def test_a_profile_larger_than_any_request_is_refused_for_good(server):
    body = data(1, number(1, 1) + number(2, 2)) + b"".join(
        data(2, packed(1, [1]) + packed(2, [1]) + data(3, number(1, 3) + number(2, 5 + i))) for i in range(1_000_000))
    body += data(4, number(1, 1) + data(4, number(1, 1))) + data(5, number(1, 1) + number(2, 4))
    body += b"".join(data(6, s) for s in ["", "cpu", "nanoseconds", "k", "main"]) + number(9, NOW_NS)
    body += b"".join(data(6, b"v%d" % i) for i in range(1_000_000))
    for answer in (ingest(server, body, "name=many&format=pprof"), push(server, ({"__name__": "p"}, [body]))):
        assert answer.status_code in (413, 400) and answer.json()["code"] == "invalid_argument", answer.text
        assert "memory" in answer.json()["message"] and "Retry-After" not in answer.headers


def test_bodies_over_the_limit(server):
    answer = ingest(server, bytes(65 << 20))
    assert answer.status_code == 413
    assert ingest(server, b"a 1").status_code == 200


def resident_kb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int([line for line in status.splitlines() if line.startswith("VmHWM")][0].split()[1])


def test_bombs_cost_little_memory(server):
    before = resident_kb(server)
    assert ingest(server, BOMB, "name=bomb&format=pprof").status_code == 413
    assert ingest(server, BOMB, "name=bomb&format=pprof", {"Content-Encoding": "gzip"}).status_code in (413, 400)
    assert push(server, ({"__name__": "p"}, [BOMB])).status_code == 400
    # A chain of half a million nodes, each a sample: as stacks, many gigabytes.
    chain = b"\x00\x00\x01" + b"\x02;a\x01\x01" * 500_000 + b"\x02;a\x01\x00"
    assert ingest(server, chain, "name=bomb&format=trie").status_code == 400
    frames = b"\x00\x00\x01" + b"\x01a\x01\x01" * 500_000 + b"\x01a\x01\x00"
    assert ingest(server, frames, "name=bomb&format=tree").status_code == 400
    # Children that go on from a name of 60 KB: each costs a byte here, and its whole name there.
    long = b"\x00\x00\x01" + b"\xe0\xd4\x03" + b"n" * 60_000 + b"\x00\xa0\x8d\x06" + b"\x01x\x01\x00" * 100_000
    assert ingest(server, long, "name=bomb&format=trie").status_code == 400
    assert resident_kb(server) - before < 400 << 10
    assert ingest(server, b"a 1").status_code == 200


def test_too_many_series_may_come_back_later(tmp_path):
    with Server(tmp_path, ["--validation.max-series-per-tenant=2"]) as s:
        assert [ingest(s, b"a 1", f"name=s{i}").status_code for i in range(2)] == [200, 200]
        answers = [ingest(s, b"a 1", "name=s2"), push(s, ({"__name__": "process_cpu", "service_name": "s3"}, [good()]))]
        for answer in answers:
            assert answer.status_code == 429 and answer.json()["code"] == "resource_exhausted"
            assert int(answer.headers["Retry-After"]) > 0
        assert ingest(s, b"a 2", "name=s1").status_code == 200
