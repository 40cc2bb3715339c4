"""Freed memory goes back to the system, also where glibc would keep it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

BEGINNING = """
import sys, numpy as np
from pathlib import Path
from uunet.allocator import give_back_holes, give_back_large_blocks

def megabytes():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("RssAnon"))
    return int(line.split()[1]) / 1024

"""

LARGE = """
if sys.argv[1] == "on":
    give_back_large_blocks()
np.ones(30 << 20, np.uint8)  # freed at once: raises glibc's limit to 30 MB
before = megabytes()
blocks = [np.ones(8 << 20, np.uint8) for _ in range(11)]
del blocks[:-1]  # a hole below the last one
print(megabytes() - before)
"""


HOLES = """
give_back_large_blocks()
before = megabytes()
blocks = [np.ones(100 << 10, np.uint8) for _ in range(800)]
del blocks[:-1]  # holes below the last one
if sys.argv[1] == "on":
    give_back_holes()
print(megabytes() - before)
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's own")


@glibc
@pytest.mark.parametrize("script", [LARGE, HOLES])
@pytest.mark.parametrize(("switch", "least", "most"), [("on", 0, 20), ("off", 60, 120)])
def test_holes(script: str, switch: str, least: float, most: float) -> None:
    command = [sys.executable, "-c", BEGINNING + script, switch]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert least <= float(done.stdout) <= most
