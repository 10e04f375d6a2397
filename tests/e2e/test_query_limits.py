"""The limits of a query's range hold on every reading surface."""

import time

import pytest
import requests

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
pytestmark = pytest.mark.parametrize("server", [["--querier.max-query-length=2h", "--querier.max-query-lookback=1h"]], indirect=True)


def test_range_and_lookback(server):
    now = int(time.time())
    for at, count in ((now - 5400, 1), (now - 60, 2)):
        answer = requests.post(f"{server.url}/ingest?name=app.cpu&from={at}&until={at + 10}", data=f"main {count}")
        assert answer.status_code == 200, answer.text
    # 90 minutes ago is within the range that is asked for, but too far back.
    body = {"profileTypeID": CPU, "labelSelector": "{}", "start": (now - 6000) * 1000, "end": now * 1000}
    graph = server.rpc("SelectMergeStacktraces", body)["flamegraph"]
    assert graph["total"] == "20000000"
    points = server.rpc("SelectSeries", body | {"step": 15})["series"][0]["points"]
    assert sum(p["value"] for p in points) == 20000000
    # The first bucket would reach back a step before the range.
    assert server.rpc("SelectSeries", body | {"step": 5300, "start": (now - 110) * 1000}) == {}
    legacy = {"query": "app.cpu", "from": now - 6000, "until": now, "format": "json"}
    render = requests.get(server.url + "/render", params=legacy).json()
    assert render["flamebearer"]["numTicks"] == 2 and sum(s - 1 for s in render["timeline"]["samples"] if s) == 2
    modern = {"query": CPU + "{}", "from": now - 6000, "until": now}
    render = requests.get(server.url + "/pyroscope/render", params=modern).json()
    assert render["flamebearer"]["numTicks"] == 20000000 and sum(render["timeline"]["samples"]) == 20000000

    for status, answer in [
        (400, requests.post(f"{server.url}/querier.v1.QuerierService/SelectMergeStacktraces", json=body | {"start": (now - 9000) * 1000})),
        (400, requests.get(server.url + "/render", params=legacy | {"from": now - 9000})),
        (400, requests.get(server.url + "/pyroscope/render", params=modern | {"from": now - 9000})),
        (400, requests.get(server.url + "/api/v2/tree", params={"type": CPU, "from": (now - 9000) * 1000, "until": now * 1000})),
    ]:
        assert answer.status_code == status and "longer than the limit of 7200 seconds" in answer.text
