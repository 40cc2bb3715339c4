"""Counts, times and kinds of events, for people."""

from __future__ import annotations

from uunet.audit.events import Kind
from uunet.audit.faces import COVERED

KINDS: dict[Kind, tuple[str, str]] = {
    "bare": ("published as it was", "no region covers it, and its pixels have not changed"),
    "unchanged": ("hardly changed", "a region covers it, but its pixels are nearly those of the original"),
    "partly": ("covered in part", f"less than {COVERED:.0%} of it lies where a region replaces the picture"),
    "shown": (
        "seen in the public file only",
        "a face is found outside all regions, where the original has none",
    ),
}
"""Kinds of events: in a few words, and what that means."""


def many(count: int, one: str) -> str:
    """`1 face`, `2 faces`."""
    return f"{count:,} {one if count == 1 else one + 's'}"


def clock(seconds: float) -> str:
    """1:02:03.4; hours are left out where there are none."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def percent(part: int, whole: int) -> str:
    """` (12.34%)`; nothing of nothing."""
    return f" ({part / whole:.2%})" if whole else ""
