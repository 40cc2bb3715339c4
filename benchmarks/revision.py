"""Which code a result belongs to."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit() -> str:
    """The revision, and whether the sources differ from it."""
    git = ["git", "-C", str(Path(__file__).parent)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changes = subprocess.run(
        [*git, "status", "--porcelain", "--untracked-files=no", "--", "../src"],
        capture_output=True,
        text=True,
        check=False,
    )
    return head.stdout.strip() + (" with changes in src" if changes.stdout.strip() else "")
