"""Fixtures of the end-to-end tests: the real program, on a free port, with a folder of its own."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from server import PROGRAM, ROOT, Server  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def program():
    if not pathlib.Path(PROGRAM).exists():
        subprocess.run([str(ROOT / "dev"), "build"], check=True)
    return PROGRAM


@pytest.fixture
def server(tmp_path, request):
    """A server that must also end well. Flags: @pytest.mark.parametrize("server", [["--flag=value"]], indirect=True)."""
    with Server(tmp_path, flags=getattr(request, "param", ())) as s:
        yield s
        log = s.read_log()
    assert s.process.returncode == 0, log
