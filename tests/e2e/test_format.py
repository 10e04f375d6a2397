"""What the real program leaves in its folder, read by a program that knows docs/format.md and nothing else, is what the
server answered: for every service and profile type, self and total of every function."""

import sys

from server import ROOT, Server, functions_of
from test_corpus import WINDOW, replay

sys.path.insert(0, str(ROOT / "tests" / "golden" / "storage"))
from read_log import Store  # noqa: E402


def answers(server):
    """{(service, profile type): {function: [self, total]}} as the server tells it."""
    out = {}
    for service in server.rpc("LabelValues", {**WINDOW, "name": "service_name"})["names"]:
        selector = '{service_name="%s"}' % service
        series = server.rpc("Series", {**WINDOW, "matchers": [selector], "labelNames": ["__profile_type__"]})
        for labels in series["labelsSet"]:
            profile_type = labels["labels"][0]["value"]
            graph = server.flamegraph(profile_type, selector, WINDOW["start"], WINDOW["end"])
            out[service, profile_type] = functions_of(graph)
    return out


def as_shown(sums):
    """Functions without a name have one in a flame graph; those without a value are not in it."""
    return {name or "[unknown]": values for name, values in sums.items() if values[1] != 0}


def test_another_reader_finds_what_the_server_answers(tmp_path):
    with Server(tmp_path) as server:
        replay(server, "go-pyroscope-go-1.4.3")
        replay(server, "java-agent-0.11.5-collapsed")
    with Server(tmp_path) as server:  # the rest in another generation
        replay(server, "node-pyroscope-nodejs-0.6.4")
        expected = answers(server)
    found = Store(tmp_path / "store").functions()
    assert len(expected) == 17 and found.keys() == expected.keys()
    for key, functions in expected.items():
        functions.pop("[empty stack]", None)
        assert as_shown(found[key]) == functions, key
