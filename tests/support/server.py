"""The program under test as a child process, for the tests in Python."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("PYROSCOPE_BIN", str(ROOT / "build" / "release" / "pyroscope"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """`with Server(folder) as s:` starts it and waits until it is ready; s.url is its address."""

    def __init__(self, folder, flags=(), program=PROGRAM):
        self.folder, self.flags, self.program = pathlib.Path(folder), list(flags), program
        self.port, self.process = None, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.port = free_port()
        self.log = open(self.folder / "server.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "server", f"--api-bind-addr=127.0.0.1:{self.port}", f"--storage-path={self.folder / 'store'}", *self.flags],
            stdout=self.log, stderr=self.log)
        while True:
            try:
                if requests.get(self.url + "/ready", timeout=10).status_code == 200:
                    return self
            except requests.ConnectionError:
                pass
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.read_log()}")
            time.sleep(0.02)

    def read_log(self):
        return (self.folder / "server.log").read_text(errors="replace")[-8000:]

    def stop(self, how=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait()
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # What most tests ask.

    def rpc(self, method, body, service="querier.v1.QuerierService", headers=None):
        answer = requests.post(f"{self.url}/{service}/{method}", json=body, headers=headers or {})
        if answer.status_code != 200:
            raise AssertionError(f"{method} was answered {answer.status_code}: {answer.text}")
        return answer.json()

    def flamegraph(self, profile_type, selector, start_ms, end_ms, max_nodes=1048576):
        body = {"profileTypeID": profile_type, "labelSelector": selector, "start": start_ms, "end": end_ms, "maxNodes": max_nodes}
        return self.rpc("SelectMergeStacktraces", body)["flamegraph"]


def functions_of(flamegraph):
    """{name: [self, total]} of a FlameGraph message; a recursive function's total counts its outermost frames only."""
    names = flamegraph["names"]
    sums = {}
    above = []  # frames of the level above: (x, end, names from the root down)
    for level, row in enumerate(flamegraph["levels"]):
        values = [int(v) for v in row["values"]]
        frames, x, parent = [], 0, 0
        for i in range(0, len(values), 4):
            offset, total, self_value, name = values[i:i + 4]
            x += offset
            path = frozenset()
            if level > 0:
                while above[parent][1] <= x:
                    parent += 1
                path = above[parent][2]
            if level > 0:
                entry = sums.setdefault(names[name], [0, 0])
                entry[0] += self_value
                if names[name] not in path:
                    entry[1] += total
                path = path | {names[name]}
            frames.append((x, x + total, path))
            x += total
        above = frames
    return sums
