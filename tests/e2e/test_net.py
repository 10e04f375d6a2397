"""src/net against other people's clients: curl (HTTP/1.1 and HTTP/2), nghttp and h2load, grpcio.

They drive tests/support/net_echo.c, found at $PYR_BUILD/tests/net_echo, in build/asan (where ./dev test builds it before),
or in any other build folder. Without it, and for clients that are not installed, tests are skipped (where CI=true, they
fail).
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CI = os.environ.get("CI") == "true"


def need(condition, what):
    if not condition:
        if CI:
            pytest.fail(f"{what} is missing")
        pytest.skip(f"{what} is missing")


def tool(name):
    path = shutil.which(name)
    need(path, name)
    return path


def binary():
    name = pathlib.Path("tests") / "net_echo"
    if "PYR_BUILD" in os.environ:
        return pathlib.Path(os.environ["PYR_BUILD"]) / name
    usual = ROOT / "build" / "asan" / name
    found = [usual] if usual.exists() else sorted((ROOT / "build").glob(f"*/{name}"), key=lambda p: p.stat().st_mtime)
    need(found, "net_echo (./dev test unit builds it)")
    return found[-1]


class Server:
    """One net_echo; its standard input is its life."""

    def __init__(self, **settings):
        args = [str(binary())] + [f"{k}={v}" for k, v in settings.items()]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        self.authority = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.authority}"

    def begin_drain(self):
        self.process.stdin.close()

    def stop(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        assert self.process.wait(60) == 0

    def metric(self, name):
        text = subprocess.run(
            [tool("curl"), "-sS", f"{self.url}/metrics"], capture_output=True, text=True, check=True
        ).stdout
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1))


@pytest.fixture(scope="module")
def server():
    s = Server()
    yield s
    s.stop()


class Answer:
    def __init__(self, raw):
        head, self.body = raw.split(b"\r\n\r\n", 1)
        while head.startswith(b"HTTP/1.1 100"):
            head, self.body = self.body.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.version, status = lines[0].split()[:2]
        self.status = int(status)
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}


def curl(server, path, *args, http2=False, data=None):
    command = [tool("curl"), "-sS", "-i", "--max-time", "60", server.url + path, *args]
    if http2:
        command.append("--http2-prior-knowledge")
    if data is not None:
        command += ["--data-binary", "@-"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return Answer(done.stdout)


both = pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])


@both
def test_echo(server, http2):
    data = os.urandom(3_000_000)
    for path in ("/echo", "/later"):
        answer = curl(server, path, "-H", "Content-Type: a/b", http2=http2, data=data)
        assert answer.version == ("HTTP/2" if http2 else "HTTP/1.1")
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "a/b", data)


@both
def test_unknown_length(server, http2):
    data = os.urandom(500_000)
    command = [tool("curl"), "-sS", "-i", "-X", "POST", "-T", "-", server.url + "/echo"]
    if http2:
        command.append("--http2-prior-knowledge")
    answer = Answer(subprocess.run(command, input=data, capture_output=True, check=True).stdout)
    assert (answer.status, answer.body) == (200, data)


@both
def test_gzip(server, http2):
    data = b"profile " * 10_000
    answer = curl(server, "/discard", "-H", "Content-Encoding: gzip", http2=http2, data=gzip.compress(data))
    assert answer.body == b"80000"
    answer = curl(server, "/big?bytes=100000", "-H", "Accept-Encoding: gzip", http2=http2)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(gzip.decompress(answer.body)) == 100000
    answer = curl(server, "/discard", "-H", "Content-Encoding: br", http2=http2, data=b"x")
    assert answer.status == 415


@both
def test_refusals(server, http2):
    assert curl(server, "/none", http2=http2).status == 404
    answer = curl(server, "/echo", http2=http2)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert curl(server, "/health", "-H", "Accept: text/", http2=http2).status == 400
    answer = curl(server, "/health", "-I", http2=http2)
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "2", b"")


@both
def test_limits(http2):
    s = Server(body_bytes_max=100_000, inflated_bytes_max=1_000_000, head_bytes_max=8192)
    try:
        assert curl(s, "/discard", http2=http2, data=b"x" * 100_000).status == 200
        assert curl(s, "/discard", http2=http2, data=b"x" * 100_001).status == 413
        bomb = gzip.compress(bytes(1_000_001))
        assert curl(s, "/discard", "-H", "Content-Encoding: gzip", http2=http2, data=bomb).status == 413
        assert curl(s, "/health", "-H", "X: " + "x" * 9000, http2=http2).status == 431
        many = [part for i in range(120) for part in ("-H", f"X-{i}: 1")]
        assert curl(s, "/health", *many, http2=http2).status == 431
    finally:
        s.stop()


def test_upgrade_is_ignored(server):
    answer = curl(server, "/health", "--http2")
    assert (answer.version, answer.status) == ("HTTP/1.1", 200)


def test_nghttp(server):
    done = subprocess.run(
        [tool("nghttp"), "-v", "-n", "-m", "5", f"{server.url}/big?bytes=300000"],
        capture_output=True, text=True, check=True,
    )
    assert done.stdout.count(":status: 200") == 5


def h2load(server, path, *args):
    done = subprocess.run([tool("h2load"), *args, server.url + path], capture_output=True, text=True, check=True)
    requests = re.search(r"requests: (\d+) total.* (\d+) succeeded, (\d+) failed, (\d+) errored", done.stdout)
    return [int(n) for n in requests.groups()]


@pytest.mark.parametrize("mode", [["--h1"], ["-m", "20"]], ids=["http1", "http2"])
def test_load(mode, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(os.urandom(22_000))
    s = Server(queue=10_000)
    try:
        assert h2load(s, "/discard", "-n", "5000", "-c", "20", "-d", str(body), *mode) == [5000, 5000, 0, 0]
        assert h2load(s, "/later", "-n", "200", "-c", "20", "-d", str(body), *mode) == [200, 200, 0, 0]
        assert h2load(s, "/big?bytes=1000000", "-n", "200", "-c", "10", *mode) == [200, 200, 0, 0]
    finally:
        s.stop()


@pytest.mark.parametrize("mode", [["--h1"], ["-m", "8"]], ids=["http1", "http2"])
def test_budget(mode, tmp_path):
    """Many uploads at once, a few of which use the budget up: all come through (as long as the streams' windows, which
    clients fill unasked, are not more than the budget)."""
    body = tmp_path / "body"
    body.write_bytes(os.urandom(600_000))
    s = Server(inflight_bytes_max=4_000_000, queue=10_000)
    try:
        for clients in ("4", "6"):
            assert h2load(s, "/echo", "-n", "100", "-c", clients, "-d", str(body), *mode) == [100, 100, 0, 0]
    finally:
        s.stop()


# --- RPC ---


def echo(text="", number=0, blob=b""):
    """test.Echo in protobuf's binary form."""
    def varint(n):
        out = b""
        while n > 127:
            out += bytes([n & 127 | 128])
            n >>= 7
        return out + bytes([n])

    out = b""
    if text:
        out += b"\x0a" + varint(len(text.encode())) + text.encode()
    if number:
        out += b"\x10" + varint(number)
    if blob:
        out += b"\x1a" + varint(len(blob)) + blob
    return out


def connect(server, data, *headers, path="/test.Echo/Ingest", type="application/proto", http2=False):
    args = ["-H", f"Content-Type: {type}"]
    for h in headers:
        args += ["-H", h]
    return curl(server, path, *args, http2=http2, data=data)


@both
def test_connect(server, http2):
    message = echo("hi", 5, b"\0\xff")
    answer = connect(server, message, "Connect-Protocol-Version: 1", http2=http2)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "application/proto", message)
    assert connect(server, b"", http2=http2).body == b""
    answer = connect(server, b'{"text":"hi","number":7,"nothing":[1]}', type="application/json; charset=utf-8", http2=http2)
    assert (answer.headers["content-type"], json.loads(answer.body)) == ("application/json", {"text": "hi", "number": "7"})
    assert connect(server, echo("later"), http2=http2).body == echo("later")


@both
def test_connect_gzip(server, http2):
    message = echo("hi" * 60)
    answer = connect(server, gzip.compress(message), "Content-Encoding: gzip", "Accept-Encoding: gzip", http2=http2)
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == message
    answer = connect(server, message, "Content-Encoding: br", http2=http2)
    assert (answer.status, json.loads(answer.body)["code"]) == (501, "unimplemented")
    answer = connect(server, gzip.compress(message)[:-3], "Content-Encoding: gzip", http2=http2)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "invalid_argument")


# Our codes (base/err.h) and what Connect and gRPC make of them.
CODES = [
    (1, "invalid_argument", 400, 3), (4, "not_found", 404, 5), (5, "already_exists", 409, 6),
    (6, "unauthenticated", 401, 16), (7, "permission_denied", 403, 7), (8, "resource_exhausted", 429, 8),
    (9, "unavailable", 503, 14), (10, "deadline_exceeded", 504, 4), (11, "canceled", 499, 1),
    (12, "unimplemented", 501, 12), (17, "internal", 500, 13),
]


@both
def test_connect_errors(server, http2):
    for code, name, status, _ in CODES:
        answer = connect(server, echo(f'error {code} it "failed" \n\x01'), http2=http2)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
        assert json.loads(answer.body) == {"code": name, "message": 'it "failed" \n\x01'}
    bad = [
        (echo(), ["Connect-Protocol-Version: 2"], 400), (echo(), ["Connect-Timeout-Ms: x"], 400),
        (echo(), ["Connect-Timeout-Ms: 12345678901"], 400), (b"\x0a\xff", [], 400), (b"\x0a\x05hi", [], 400),
    ]
    for data, headers, status in bad:
        answer = connect(server, data, *headers, http2=http2)
        assert (answer.status, json.loads(answer.body)["code"]) == (status, "invalid_argument")
    assert connect(server, b"{", type="application/json", http2=http2).status == 400
    answer = connect(server, echo("sleep 300"), "Connect-Timeout-Ms: 100", http2=http2)
    assert (answer.status, json.loads(answer.body)["code"]) == (504, "deadline_exceeded")
    answer = connect(server, echo(), type="text/xml", http2=http2)
    assert answer.status == 415 and "application/proto" in answer.headers["accept-post"]
    assert connect(server, b"{}", type="application/json; charset=latin1", http2=http2).status == 415
    answer = curl(server, "/test.Echo/Ingest", http2=http2)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    answer = connect(server, echo(), path="/test.Echo/None", http2=http2)
    assert answer.status == 404 and answer.headers["content-type"].startswith("text/plain")


@both
def test_answer_too_large(http2):
    """An answer that does not fit is an error in the protocol's own shape."""
    s = Server(inflight_bytes_max=20_000)
    try:
        message = echo("", 0, bytes(21_000))
        answer = connect(s, message, http2=http2)
        assert (answer.status, answer.headers["content-type"]) == (500, "application/json")
        assert json.loads(answer.body) == {"code": "internal", "message": "the answer is too large"}
        answer = connect(s, frame(message), type="application/grpc-web", http2=http2)
        assert unframe(answer.body) == [(0x80, b"grpc-status: 13\r\ngrpc-message: the answer is too large\r\n")]
        answer = connect(s, echo("fits"), http2=http2)
        assert (answer.status, answer.body) == (200, echo("fits"))
    finally:
        s.stop()


def frame(message, flags=0):
    return struct.pack(">BI", flags, len(message)) + message


def unframe(body):
    frames = []
    while body:
        flags, n = struct.unpack(">BI", body[:5])
        frames.append((flags, body[5 : 5 + n]))
        body = body[5 + n :]
    return frames


@both
@pytest.mark.parametrize("type", ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web+json"])
def test_grpc_web(server, http2, type):
    message = b'{"text":"hi"}' if type.endswith("json") else echo("hi")
    answer = connect(server, frame(message), type=type, http2=http2)
    assert (answer.status, answer.headers["content-type"]) == (200, type)
    assert unframe(answer.body) == [(0, message), (0x80, b"grpc-status: 0\r\n")]
    failing = b'{"text":"error 8 too much"}' if type.endswith("json") else echo("error 8 too much")
    answer = connect(server, frame(failing), type=type, http2=http2)
    assert unframe(answer.body) == [(0x80, b"grpc-status: 8\r\ngrpc-message: too much\r\n")]


def test_grpc_over_http1(server):
    """gRPC framing over HTTP/1.1, its trailers those of a chunked body."""
    message = frame(echo("hi"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(
            b"POST /test.Echo/Ingest HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nTE: trailers\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(message) + message
        )
        raw = b""
        while part := s.recv(65536):
            raw += part
    head, body = raw.split(b"\r\n\r\n", 1)
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert body == b"%x\r\n" % len(message) + message + b"\r\n0\r\nGrpc-Status: 0\r\n\r\n"


@pytest.fixture(scope="module")
def grpc():
    try:
        import grpc
    except ImportError:
        need(False, "grpcio (python3-grpcio)")
    return grpc


def unary(grpc, channel, method="/test.Echo/Query"):
    same = lambda b: b  # noqa: E731
    return channel.unary_unary(method, request_serializer=same, response_deserializer=same)


def test_grpc(server, grpc):
    with grpc.insecure_channel(server.authority) as channel:
        call = unary(grpc, channel)
        for message in (b"", echo("hi", 3), echo("later"), echo(blob=os.urandom(3_000_000))):
            assert call(message) == message
            assert call(message, compression=grpc.Compression.Gzip) == message
        assert call(echo(blob=bytes(100_000))) == echo(blob=bytes(100_000))  # answered compressed
        futures = [call.future(echo(f"n{i}")) for i in range(500)]
        assert [f.result() for f in futures] == [echo(f"n{i}") for i in range(500)]


def test_grpc_errors(server, grpc):
    with grpc.insecure_channel(server.authority) as channel:
        call = unary(grpc, channel)
        for code, _, _, number in CODES:
            with pytest.raises(grpc.RpcError) as e:
                call(echo(f"error {code} 100% h\u00e9 \n"))
            assert (e.value.code().value[0], e.value.details()) == (number, "100% h\u00e9 \n")
        with pytest.raises(grpc.RpcError) as e:
            call(b"\x0a\xff")
        assert e.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as e:
            call(echo("hi"), compression=grpc.Compression.Deflate)
        assert e.value.code() == grpc.StatusCode.UNIMPLEMENTED
        with pytest.raises(grpc.RpcError) as e:
            call(echo("sleep 500"), timeout=0.1)
        assert e.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        with pytest.raises(grpc.RpcError) as e:
            unary(grpc, channel, "/test.Echo/None")(b"")
        assert e.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_grpc_refused_before_the_handler(grpc):
    s = Server(body_bytes_max=10_000, threads=1, queue=1)
    try:
        with grpc.insecure_channel(s.authority) as channel:
            call = unary(grpc, channel)
            with pytest.raises(grpc.RpcError) as e:
                call(echo(blob=bytes(20_000)))
            assert e.value.code() == grpc.StatusCode.INVALID_ARGUMENT
            futures = [call.future(echo("sleep 300")) for _ in range(6)]
            codes = [f.code() for f in futures]
            assert grpc.StatusCode.OK in codes and grpc.StatusCode.UNAVAILABLE in codes
            assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    finally:
        s.stop()


def test_grpc_cancel_and_drain(grpc):
    """A call that the client gives up is let go of; a drain answers those that run."""
    s = Server()
    with grpc.insecure_channel(s.authority) as channel:
        call = unary(grpc, channel)
        assert call(echo("hi")) == echo("hi")
        given_up = call.future(echo("sleep 400"))
        kept = call.future(echo("sleep 401"))
        while s.metric("pyroscope_http_requests_inflight") < 3:  # this question is one itself
            pass
        given_up.cancel()
        s.begin_drain()
        assert kept.result() == echo("sleep 401")
    s.stop()


def test_drain_under_load():
    """Uploads go on while the server drains: each is answered in full, or its connection refused or closed before."""
    s = Server()
    sent, answered, broken = [0], [0], [0]
    lock = threading.Lock()
    body = os.urandom(20_000)
    request = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def client():
        try:
            while True:
                with socket.create_connection(("127.0.0.1", s.port), timeout=30) as c:
                    c.sendall(request)
                    raw = b""
                    while part := c.recv(65536):
                        raw += part
                        if raw.endswith(body):
                            break
                    with lock:
                        sent[0] += 1
                        answered[0] += raw.endswith(body) and raw.startswith(b"HTTP/1.1 200")
                        broken[0] += raw != b"" and not raw.endswith(body)
        except OSError:
            pass

    threads = [threading.Thread(target=client) for _ in range(8)]
    for t in threads:
        t.start()
    while answered[0] < 50:
        pass
    s.begin_drain()
    for t in threads:
        t.join()
    s.stop()
    assert broken[0] == 0 and answered[0] >= 50
