"""Many uploads at once on a server with little memory: they wait for each other, none is refused."""

import collections
import concurrent.futures
import gzip
import random
import time

import pytest
import requests


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field_number, n):
    return varint(field_number << 3) + varint(n)


def profile():
    """A pprof CPU profile of 4000 stacks of 20 frames among 2000 functions: 166 KB gzipped, 2 MB to decode."""
    rng = random.Random(1)
    strings = ["", "cpu", "nanoseconds"] + [f"fn{i}" for i in range(2000)]
    out = field(1, number(1, 1) + number(2, 2))
    for _ in range(4000):
        out += field(2, field(1, b"".join(varint(1 + rng.randrange(2000)) for _ in range(20))) + field(2, varint(10_000_000)))
    for i in range(2000):
        out += field(4, number(1, i + 1) + field(4, number(1, i + 1))) + field(5, number(1, i + 1) + number(2, i + 3))
    return gzip.compress(out + b"".join(field(6, s.encode()) for s in strings), 1)


@pytest.mark.parametrize("server", [["--memory-limit=64MiB", "--http.ingest-workers=32"]], indirect=True)
def test_uploads_wait_for_memory(server):
    body = profile()
    now = int(time.time())

    def upload(i):
        query = f"name=app{{i={i}}}&from={now - 10}&until={now}"
        return requests.post(f"{server.url}/ingest?{query}&format=pprof", data=body).status_code

    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        assert collections.Counter(pool.map(upload, range(192))) == {200: 192}
