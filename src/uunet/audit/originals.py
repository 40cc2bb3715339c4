"""What a public file keeps of the faces that it does not show: sealed originals, and whether they open."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from uunet.evidence.reading import windows_if_any

Kept = Literal["exact", "visual", "closed", "signed"]
"""Bit for bit; in a small encode; there, but without what opens them; none, though the file is signed."""


def kept(public: Path) -> Kept | None:
    """The most that any window keeps; None where there is no evidence at all.

    Raises:
        InputError: no video.
    """
    found: Kept | None = None
    for window in windows_if_any(public):
        if window.header is None:
            continue
        if window.sealed and window.envelope is not None and window.header.mode != "none":
            return window.header.mode
        found = "closed" if window.sealed or found == "closed" else "signed"
    return found
