"""Whose data a query sees: one tenant, several, none."""

import pytest
import requests

RANGE = {"start": 1795219140000, "end": 1795219260000}
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
pytestmark = pytest.mark.parametrize("server", [["--auth.multitenancy-enabled=true"]], indirect=True)


def send(server, tenant, count):
    answer = requests.post(f"{server.url}/ingest?name=rides.cpu%7Bof%3D{tenant}%7D&from=1795219200&until=1795219210",
                           data=f"main;{tenant} {count}", headers={"X-Scope-OrgID": tenant})
    assert answer.status_code == 200, answer.text


def graph(server, tenants):
    body = {"profileTypeID": CPU, "labelSelector": "{}"} | RANGE
    return server.rpc("SelectMergeStacktraces", body, headers={"X-Scope-OrgID": tenants})["flamegraph"]


def test_tenants_see_their_own(server):
    send(server, "red", 1)
    send(server, "blue", 2)
    assert graph(server, "red")["names"] == ["total", "main", "red"]
    assert graph(server, "blue")["total"] == "20000000"
    assert graph(server, "nobody")["names"] == ["total"]
    assert set(graph(server, "red|blue|red")["names"]) == {"total", "main", "red", "blue"}
    assert graph(server, "blue|red")["total"] == "30000000"
    values = server.rpc("LabelValues", {"name": "of"} | RANGE, headers={"X-Scope-OrgID": "red|blue"})
    assert values == {"names": ["blue", "red"]}
    render = requests.get(server.url + "/render", headers={"X-Scope-OrgID": "red"},
                          params={"query": "rides.cpu", "from": 1795219200, "until": 1795219260, "format": "json"})
    assert render.json()["flamebearer"]["names"] == ["total", "main", "red"]
    assert requests.get(server.url + "/label-values?label=of", headers={"X-Scope-OrgID": "blue"}).json() == ["blue"]


def test_one_tenant_where_one_is_needed(server):
    send(server, "red", 1)
    url = server.url + "/querier.v1.QuerierService/GetProfileStats"
    answer = requests.post(url, json={}, headers={"X-Scope-OrgID": "red|blue"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_argument")
    assert requests.post(url, json={}, headers={"X-Scope-OrgID": "blue"}).json() == {}
    assert requests.post(url, json={}, headers={"X-Scope-OrgID": "red"}).json()["dataIngested"] is True
    later = requests.post(f"{server.url}/ingest?name=rides.cpu&from=1795219300&until=1795219310", data="main 1", headers={"X-Scope-OrgID": "green"})
    assert later.status_code == 200
    assert requests.post(url, json={}, headers={"X-Scope-OrgID": "red"}).json() == {
        "dataIngested": True, "oldestProfileTime": "1795219200000", "newestProfileTime": "1795219200000"}


@pytest.mark.parametrize("headers", [{}, {"X-Scope-OrgID": "a/b"}, {"X-Scope-OrgID": ".."}, {"X-Scope-OrgID": "a" * 151}])
@pytest.mark.parametrize("path", ["/querier.v1.QuerierService/ProfileTypes", "/pyroscope/render?query=a:b:c:d:e{}",
                                  "/render?query=a.cpu&format=json", "/labels", "/api/v2/tree?type=a:b:c:d:e&from=1"])
def test_nobody_is_refused(server, path, headers):
    if path.startswith("/querier"):
        answer = requests.post(server.url + path, json={}, headers=headers)
    else:
        answer = requests.get(server.url + path, headers=headers)
    assert answer.status_code == 401, answer.text
    if "json" in answer.headers["Content-Type"]:
        assert answer.json()["code"] == "unauthenticated"
