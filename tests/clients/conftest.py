import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from server import PROGRAM, ROOT, Server  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def program():
    if not pathlib.Path(PROGRAM).exists():
        subprocess.run([str(ROOT / "dev"), "build"], check=True)
    return PROGRAM


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path) as s:
        yield s
        log = s.read_log()
    assert s.process.returncode == 0, log
