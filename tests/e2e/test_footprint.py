"""What the program is: its size, and what it loads, as docs/dependencies.md lists it."""

import pathlib
import re
import subprocess

from server import PROGRAM, ROOT


def test_what_it_loads_is_documented():
    out = subprocess.run(["readelf", "-d", PROGRAM], check=True, capture_output=True, text=True).stdout
    loaded = set(re.findall(r"NEEDED.*\[(.*)\]", out)) - {"libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    table = (ROOT / "docs" / "dependencies.md").read_text()
    assert loaded == set(re.findall(r"^\| (\S+\.so\.\d+) \|", table, re.M))


def test_program_with_page_is_small():
    assert pathlib.Path(PROGRAM).stat().st_size <= 8 << 20
