"""Many uploads at once on a server with little memory: they wait for each other, none is refused."""

import collections
import concurrent.futures
import random
import time

import pytest
import requests
from pprof import Pprof


def profile():
    """4000 stacks of 20 frames among 2000 functions: some 160 KB gzipped, 2 MB to decode."""
    rng = random.Random(1)
    named = [([f"fn{i}" for i in range(at, at + 500)], [1]) for at in range(0, 2000, 500)]
    stacks = [([rng.randrange(1, 2001) for _ in range(20)], [10_000_000]) for _ in range(4000)]
    return Pprof(named + stacks).gzip()


@pytest.mark.parametrize("server", [["--memory-limit=64MiB", "--http.ingest-workers=32"]], indirect=True)
def test_uploads_wait_for_memory(server):
    body = profile()
    now = int(time.time())

    def upload(i):
        query = f"name=app{{i={i}}}&from={now - 10}&until={now}&format=pprof"
        return requests.post(f"{server.url}/ingest?{query}", data=body).status_code

    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        assert collections.Counter(pool.map(upload, range(192))) == {200: 192}
