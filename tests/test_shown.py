"""What stands in files reaches a terminal as text, and secret keys do not reach it at all."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from uunet.inspection import Inspection
from uunet.keys.identity import SecretKey
from uunet.message import Header
from uunet.shown import visible, withheld
from uunet.video import VideoInfo
from uunet.wording import inspection_tables


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 […]", "plain é 漢 […]"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202efdp.exe", r"\u202efdp.exe"),
        ("17 [/a]", "17 [/a]"),
    ],
)
def test_what_can_not_be_shown_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_secret_keys_are_withheld() -> None:
    key = SecretKey.generate().line()
    for text in (key, f"can't read {key}: no such file", key.lower(), f"{key[:30]} and {key}"):
        assert key[20:30] not in withheld(text) and key[20:30].lower() not in visible(text)
    assert withheld("a UUNET-SECRET-KEY-1-abc, b") == "a UUNET-SECRET-KEY-1-…, b"


def test_the_model_that_a_file_names_is_text() -> None:
    layout = ("yuv420p", (64, 48), None)
    info = VideoInfo(
        *(Path("a.mp4"), "mp4", "h264", layout[0], layout[1], None, Fraction(1, 25), Fraction(25))  # type: ignore[arg-type]
    )
    found = Inspection(info, "pair", Header("\x1b]0;owned\x07", "pair"))
    console = Console(record=True, width=200, force_terminal=True)
    for table in inspection_tables(found):
        console.print(table)
    assert "\x1b]0;owned" not in console.export_text(styles=True)
