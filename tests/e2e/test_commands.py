"""The program's commands as a user runs them: help, settings, push, query, and how the server stops."""

import gzip
import os
import re
import signal
import socket
import subprocess
import time

import pytest
import requests
from pprof import data, number, packed
from server import PROGRAM, Server, free_port

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
FOLDED = "main;serve;parse 30\nmain;serve 10\nmain;idle 5\nmain;serve;parse;serve 5\n"  # 50 samples; serve recurses
PERIOD_MS = 10  # of folded stacks at 100 Hz


def run(*arguments, environment=None, stdin=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYROSCOPE_")} | (environment or {})
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=env, input=stdin)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("commands")) as s:
        yield s


# ---- asking wrongly, and for help ----


def test_help_says_what_there_is():
    overview = run("help")
    assert overview.returncode == 0
    commands = re.findall(r"^  (\w+) ", overview.stdout, re.MULTILINE)
    assert commands == ["server", "push", "query", "version", "help"]
    for command in commands:
        by_flag, by_name = run(command, "--help"), run("help", command)
        assert by_flag.returncode == by_name.returncode == 0
        assert by_flag.stdout == by_name.stdout and by_flag.stdout.startswith("usage: pyroscope")
    assert run("--help").stdout == overview.stdout
    assert re.fullmatch(r"pyroscope \d+\.\d+\.\d+ \(\w+\)\n", run("version").stdout)


@pytest.mark.parametrize("arguments, words", [
    ([], ["usage: pyroscope COMMAND"]),
    (["serve"], ["no command 'serve'", "pyroscope help"]),
    (["server", "--storage-pth=/x"], ["--storage-pth", "did you mean 'storage-path'?"]),
    (["server", "--config=/no/such/file.yml"], ["/no/such/file.yml", "No such file"]),
    (["push"], ["no file is named", "pyroscope help push"]),
    (["push", "--sample-rate=fast", "x"], ["--sample-rate", "'fast'"]),
    (["query", "--output=picture"], ["'picture' is not top, collapsed[=FILE] or pprof[=FILE]"]),
])
def test_wrong_arguments_are_named(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2
    assert all(word in done.stderr for word in words), done.stderr


def test_a_bad_file_of_settings_is_named_with_its_line(tmp_path):
    config = tmp_path / "server.yml"
    config.write_text("log-level: info\nauth:\n  multitenancy-enable: true\n")
    done = run("server", environment={"PYROSCOPE_CONFIG": str(config)})
    assert done.returncode == 2
    assert f"{config}:3: unknown setting 'auth.multitenancy-enable'; did you mean 'auth.multitenancy-enabled'?" in done.stderr


# ---- starting ----


def test_one_server_a_folder(server):
    done = run("server", f"--api-bind-addr=127.0.0.1:{free_port()}", f"--storage-path={server.folder / 'store'}")
    assert done.returncode == 1
    assert str(server.folder / "store") in done.stderr


def test_one_server_a_port(server, tmp_path):
    done = run("server", f"--api-bind-addr=127.0.0.1:{server.port}", f"--storage-path={tmp_path}")
    assert done.returncode == 1
    assert f"127.0.0.1:{server.port}" in done.stderr and "in use" in done.stderr


# ---- push and query ----


def query(server, *arguments):
    return run("query", f"--server={server.url}", "--from=now-1h", "--until=now+1h", *arguments)


def rows_of(table):
    """{function: (self, total)} of the table, as printed."""
    return {line[43:]: (line[:12].strip(), line[21:33].strip()) for line in table.splitlines()[2:]}


def test_folded_stacks_there_and_back(server, tmp_path):
    path = tmp_path / "stacks.folded"
    path.write_text(FOLDED)
    sent = run("push", f"--server={server.url}", "--name=folded.cpu{region=eu}", str(path))
    assert (sent.returncode, sent.stderr) == (0, "")
    assert sent.stdout == f"{path}: sent as folded.cpu{{region=eu}} ({len(FOLDED)} bytes of folded stacks)\n"

    collapsed = query(server, '--query={service_name="folded",region="eu"}', "--output=collapsed")
    assert collapsed.returncode == 0, collapsed.stderr
    back = {stack: int(value) for stack, value in (line.rsplit(" ", 1) for line in collapsed.stdout.splitlines())}
    want = {stack: int(value) * PERIOD_MS * 1_000_000 for stack, value in (line.rsplit(" ", 1) for line in FOLDED.splitlines())}
    assert back == want

    top = query(server, '--query={service_name="folded"}')
    assert top.stdout.splitlines()[0] == "500.00ms in all, 4 of 4 functions"
    assert rows_of(top.stdout) == {"parse": ("300.00ms", "350.00ms"), "serve": ("150.00ms", "450.00ms"),
                                   "idle": ("50.00ms", "50.00ms"), "main": ("0", "500.00ms")}
    assert " 60.00%" in top.stdout and "100.00%" in top.stdout


def test_pprof_comes_back_and_can_be_sent_again(server, tmp_path):
    """The merged profile is a pprof file that push takes, gzipped and plain, and it gives the same table."""
    folded, merged, plain = tmp_path / "a.folded", tmp_path / "merged.pb.gz", tmp_path / "plain.pb"
    folded.write_text(FOLDED)
    assert run("push", f"--server={server.url}", "--name=first.cpu", str(folded)).returncode == 0
    assert query(server, '--query={service_name="first"}', f"--output=pprof={merged}").returncode == 0
    plain.write_bytes(gzip.decompress(merged.read_bytes()))
    for name, path in ("second", merged), ("third", plain):
        sent = run("push", f"--server={server.url}", f"--name={name}", str(path))
        assert (sent.returncode, sent.stderr) == (0, "")
        assert "of pprof" in sent.stdout
    tables = [query(server, f'--query={{service_name="{name}"}}').stdout for name in ("first", "second", "third")]
    assert rows_of(tables[0]) == rows_of(tables[1]) == rows_of(tables[2]) != {}


def test_frames_without_names_are_called_as_on_the_page(server, tmp_path):
    def location(i, address, *lines):
        return data(4, number(1, i) + number(2, 1) + number(3, address) + b"".join(data(4, number(1, f)) for f in lines))
    strings = ["", "cpu", "nanoseconds", "/usr/lib/libz.so", "main"]
    body = data(1, number(1, 1) + number(2, 2)) + data(3, b"".join(number(f, v) for f, v in ((1, 1), (2, 0x5000), (3, 0x9000), (4, 0x200), (5, 3))))
    body += data(2, packed(1, [1, 2, 3]) + packed(2, [7])) + data(2, packed(2, [2]))
    body += location(1, 0x5010) + location(2, 0x1, 1) + location(3, 0x2, 2)
    body += data(5, number(1, 1)) + data(5, number(1, 2) + number(2, 4))
    body += b"".join(data(6, s) for s in strings) + number(9, time.time_ns())
    (tmp_path / "bare.pb").write_bytes(body)
    assert run("push", f"--server={server.url}", "--name=bare", str(tmp_path / "bare.pb")).returncode == 0
    bare = ["--query={service_name=\"bare\"}", "--type=process_cpu:cpu:nanoseconds::"]
    assert query(server, *bare, "--output=collapsed").stdout == "[empty stack] 2\nmain;[unknown];libz.so+0x210 7\n"
    names = server.flamegraph("process_cpu:cpu:nanoseconds::", '{service_name="bare"}', 1_000_000_000_000, time.time_ns() // 10**6 + 60_000)["names"]
    assert set(names) == {"total", "[empty stack]", "main", "[unknown]", "libz.so+0x210"}


def test_gzipped_text_and_names_of_files(server, tmp_path):
    path = tmp_path / "my app.folded.gz"
    path.write_bytes(gzip.compress(FOLDED.encode()))
    sent = run("push", str(path), environment={"PYROSCOPE_SERVER": server.url})
    assert (sent.returncode, sent.stderr) == (0, "")
    assert "sent as my_app" in sent.stdout
    assert "500.00ms in all" in query(server, '--query={service_name="my_app"}').stdout


def test_what_cannot_be_sent(server, tmp_path):
    files = {"empty": b"", "json": b'{"a": 1}', "recording.jfr": b"FLR\0\0\2", "torn.gz": gzip.compress(b"a;b 1\n")[:-3]}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good").write_text("a;b 1\n")
    done = run("push", f"--server={server.url}", "--name=partly.cpu", *(str(tmp_path / n) for n in files),
               str(tmp_path / "absent"), str(tmp_path / "good"))
    assert done.returncode == 1
    complaints = done.stderr.splitlines()
    assert len(complaints) == 5
    for name, words, line in zip([*files, "absent"], ["empty", "neither", "JFR", "gzip", "No such file"], complaints):
        assert f"{name}: " in line and words in line, line
    assert "good: sent as partly.cpu" in done.stdout


def test_a_refusal_is_in_the_servers_words(server, tmp_path):
    (tmp_path / "x").write_text("a;b notanumber\n")
    done = run("push", f"--server={server.url}", "--name=x.cpu", str(tmp_path / "x"))
    assert done.returncode == 1 and "the server answered 422: " in done.stderr
    done = query(server, "--query={service_name=")
    assert done.returncode == 1 and "the server answered 400: " in done.stderr
    done = query(server, '--query={service_name="nobody"}')
    assert done.returncode == 1 and "no profiles match" in done.stderr
    done = run("query", f"--server=http://127.0.0.1:{free_port()}")
    assert done.returncode == 1 and "127.0.0.1" in done.stderr


def test_names_cannot_steer_the_terminal(server, tmp_path):
    (tmp_path / "x").write_text("main;\u009b2Jevil\u007f 1\n")
    assert run("push", f"--server={server.url}", "--name=hostile.cpu", str(tmp_path / "x")).returncode == 0
    assert "?2Jevil?" in query(server, '--query={service_name="hostile"}').stdout


# ---- stopping ----


def begin_upload(server, body):
    """A connection whose request lacks its last byte."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    head = f"POST /ingest?name=late.cpu HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body[:-1])
    return connection


def wait_until_draining(server):
    while "stopping" not in server.read_log():
        assert server.process.poll() is None
        time.sleep(0.01)


def test_sigterm_answers_what_was_accepted_and_keeps_it(tmp_path):
    body = b"main;late 7\n"
    with Server(tmp_path, ["--drain-timeout=60s"]) as server:
        connection = begin_upload(server, body)
        while "pyroscope_http_requests_inflight 2" not in requests.get(server.url + "/metrics").text:
            time.sleep(0.01)  # that one, and the upload
        server.process.send_signal(signal.SIGTERM)
        wait_until_draining(server)
        connection.sendall(body[-1:])
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 200")
        assert server.process.wait() == 0
    with Server(tmp_path) as server:
        assert "70.00ms in all" in query(server, '--query={service_name="late"}').stdout


def test_a_second_signal_ends_it_at_once(tmp_path):
    with Server(tmp_path, ["--drain-timeout=1h", "--http.body-timeout=1h"]) as server:
        connection = begin_upload(server, b"main;never 1\n")
        while "pyroscope_http_requests_inflight 2" not in requests.get(server.url + "/metrics").text:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGINT)
        wait_until_draining(server)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait() == 128 + signal.SIGTERM
        connection.close()
