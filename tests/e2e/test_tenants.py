"""Whose profiles they are: X-Scope-OrgID, with multitenancy on and off."""

import pathlib
import sys
import time

import pytest
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.pprof import Pprof, push_request  # noqa: E402
from support.server import Server  # noqa: E402

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"


def tenant(name):
    return {} if name is None else {"X-Scope-OrgID": name}


def upload(server, name, value):
    body = Pprof([(["main"], [value])], time_ns=time.time_ns()).encode()
    return requests.post(f"{server.url}/ingest?name=app&format=pprof", data=body, headers=tenant(name))


def push(server, name):
    body = push_request(({"__name__": "process_cpu", "service_name": "app"}, [Pprof([(["main"], [1])]).encode()]))
    headers = {"Content-Type": "application/proto", **tenant(name)}
    return requests.post(f"{server.url}/push.v1.PusherService/Push", data=body, headers=headers)


def read(server, name):
    now = int(time.time() * 1000)
    body = {"profileTypeID": CPU, "labelSelector": '{service_name="app"}', "start": now - 600_000, "end": now + 600_000}
    answer = requests.post(f"{server.url}/querier.v1.QuerierService/SelectMergeStacktraces", json=body, headers=tenant(name))
    return int(answer.json().get("flamegraph", {}).get("total", 0)) if answer.status_code == 200 else answer.status_code


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("store"), ["--auth.multitenancy-enabled=true"]) as s:
        yield s


@pytest.mark.parametrize("name", [None, "", "a b", "a/b", "..", "x" * 151, "a|b"])
def test_a_write_needs_one_valid_tenant(server, name):
    for answer in (upload(server, name, 1), push(server, name)):
        assert answer.status_code == 401 and answer.json()["code"] == "unauthenticated"


def test_tenants_see_their_own(server):
    for name, value in (("one", 1), ("two", 20), ("three", 300)):
        assert upload(server, name, value).status_code == 200
    assert [read(server, n) for n in ("one", "two", "three", "four")] == [1, 20, 300, 0]
    assert read(server, "one|three|one") == 301
    assert read(server, None) == 401 and read(server, "one|") == 401


def test_without_multitenancy_all_are_one(tmp_path):
    with Server(tmp_path) as s:
        assert [upload(s, n, 1).status_code for n in (None, "one", "not valid/")] == [200] * 3
        assert push(s, "two").status_code == 200
        assert [read(s, n) for n in (None, "whoever", "a|b")] == [4, 4, 4]
