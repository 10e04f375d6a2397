"""What /metrics says of the store is what was sent to it."""

import time

import requests


def metrics(server):
    lines = requests.get(server.url + "/metrics").text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def test_the_store_s_metrics_count_once(server):
    now = int(time.time())
    for service in ("one", "two"):
        answer = requests.post(server.url + "/ingest", data="main;work 3\n",
                               params={"name": service + ".cpu", "from": now - 10, "until": now})
        assert answer.status_code == 200, answer.text
    m = metrics(server)
    counted = {name: m["pyroscope_store_" + name] for name in ("generations", "partitions", "series", "rows_total",
                                                               "repeats_total", "lost_frames", "writable")}
    assert counted == {"generations": 1, "partitions": 2, "series": 2, "rows_total": 2, "repeats_total": 0,
                       "lost_frames": 0, "writable": 1}
    assert m["pyroscope_log_damaged_frames_total"] == 0
    assert 0 < m["pyroscope_store_table_bytes"] < m["pyroscope_store_table_limit_bytes"]
    assert m["pyroscope_log_disk_bytes"] >= m["pyroscope_log_bytes_total"] > 0
