"""kill -9 of the whole server at random moments, under load, against a model: what was acknowledged is there, once, with
its value; what was not may be there once if it was in flight; nothing else is."""

import os
import random
import signal
import threading
import time

import requests
from server import Server, functions_of

KILLS = int(os.environ.get("PYROSCOPE_KILLS", "100"))
WRITERS = 6
BASE_S = 1795219200  # the time of the first profile; each profile has a second of its own


class Model:
    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged, self.in_doubt, self.next = {}, {}, 0

    def take(self):
        with self.lock:
            self.next += 1
            number = self.next
            self.in_doubt[number] = 1 + number % 97
            return number, self.in_doubt[number]

    def settle(self, number):
        with self.lock:
            self.acknowledged[number] = self.in_doubt.pop(number)


def upload(session, url, number, value):
    """One profile of two stacks: a frame of its own, and one that all share."""
    second = BASE_S + number
    query = {"name": f"killed.cpu{{writer=w{number % WRITERS}}}", "from": second, "until": second + 1, "sampleRate": 100}
    body = f"main;unique_{number} {value}\nmain;shared;depth 1\n"
    return session.post(url + "/ingest", params=query, data=body, timeout=30)


def write_until_killed(url, model, stop):
    session = requests.Session()
    while not stop.is_set():
        number, value = model.take()
        try:
            if upload(session, url, number, value).status_code == 200:
                model.settle(number)
        except requests.RequestException:
            return


def check(server, model):
    graph = server.flamegraph("process_cpu:cpu:nanoseconds:cpu:nanoseconds", '{service_name="killed"}', BASE_S * 1000,
                              (BASE_S + model.next + 10) * 1000)
    period = 10_000_000
    shown = {int(name.removeprefix("unique_")): own // period
             for name, (own, _) in functions_of(graph).items() if name.startswith("unique_")}
    lost = {n: v for n, v in model.acknowledged.items() if shown.get(n) != v}
    assert not lost, f"acknowledged, but lost or changed: {dict(list(lost.items())[:10])}"
    others = {n: v for n, v in shown.items() if n not in model.acknowledged}
    assert all(model.in_doubt.get(n) == v for n, v in others.items()), f"never sent so: {others}"
    shared = functions_of(graph).get("depth", [0, 0])[0] // period
    assert shared == len(shown), "a profile counts once, as a whole"
    # From now on it is known which of those in doubt are in.
    model.acknowledged.update(others)
    model.in_doubt.clear()


def test_kill_at_any_moment(tmp_path):
    model = Model()
    dice = random.Random(7)
    server = Server(tmp_path, ["--memory-limit=2GiB"])
    for _ in range(KILLS):
        server.start()
        check(server, model)
        stop = threading.Event()
        writers = [threading.Thread(target=write_until_killed, args=(server.url, model, stop)) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(dice.uniform(0.0, 0.15))
        server.stop(signal.SIGKILL)
        stop.set()
        for writer in writers:
            writer.join()
    server.start()
    check(server, model)
    assert len(model.acknowledged) > KILLS, "hardly anything was written: the test tests nothing"
    assert server.stop() == 0, server.read_log()
