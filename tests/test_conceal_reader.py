"""`SpreadReader`: whole files, tails, cuts, lost frames, foreign video."""

from __future__ import annotations

import numpy as np
import pytest

from spread_media import Luma, applied, luma_of, public, scene
from uunet.conceal import SpreadMark, SpreadReader, WindowReading
from uunet.types import WINDOW

KEY = b"a key"
SIZE = (192, 128)
MESSAGES = [np.random.default_rng([7, i]).bytes(40).ljust(48, b"\x00") for i in range(8)]


def film(*counts: int) -> list[Luma]:
    """Windows of so many frames, each with its message."""
    lumas = scene(sum(counts), SIZE, shift=0.7)
    marked, first = [], 0
    for number, count in enumerate(counts):
        mark = SpreadMark(MESSAGES[number], KEY, SIZE)
        marked += luma_of(applied(mark, public(lumas[first : first + count]), 0))
        first += count
    return marked


def read(lumas: list[Luma], length: int = WINDOW) -> list[WindowReading]:
    reader = SpreadReader(KEY, length)
    found = [window for luma in lumas for window in reader.feed(luma)] + reader.finish()
    assert sum(window.count for window in found) == len(lumas)
    assert [w.first for w in found] == np.cumsum([0, *[w.count for w in found]])[:-1].tolist()
    return found


def numbers(found: list[WindowReading]) -> list[int | str]:
    return [w.verdict if w.reading is None else MESSAGES.index(w.reading.message) for w in found]


@pytest.mark.parametrize(
    "counts", [(1,), (23,), (48,), (71,), (48, 24), (48, 48, 47), (48, 71), (48, 48, 48, 30)]
)
def test_whole_files(counts: tuple[int, ...]) -> None:
    found = read(film(*counts))
    assert numbers(found) == list(range(len(counts)))
    assert [w.count for w in found] == list(counts)
    assert {w.verdict for w in found} == {"OK"}


def test_no_frames() -> None:
    assert SpreadReader(KEY).finish() == []


@pytest.mark.parametrize("cut", [1, 5, 17, 40, 47])
def test_cut_beginning(cut: int) -> None:
    found = read(film(48, 48, 48)[cut:])
    assert numbers(found)[-2:] == [1, 2]
    if len(found) == 3:  # what is left of the first window, and which frames of it
        assert found[0].verdict in ("OK", "DESYNC")
        assert found[0].offset == pytest.approx(cut, abs=2)
    # in this still scene neighbouring places look alike; where things move the reader is exact
    assert found[-1].first == pytest.approx(96 - cut, abs=2) and found[-1].offset == 0


def test_cut_end() -> None:
    assert numbers(read(film(48, 48, 48)[:110]))[:2] == [0, 1]


def test_lost_frames_in_the_middle() -> None:
    whole = film(48, 48, 48, 48, 48)
    found = read(whole[:60] + whole[90:])
    assert [n for n in numbers(found) if isinstance(n, int)][-3:] == [2, 3, 4]


def test_foreign_material_between() -> None:
    whole = film(48, 48, 48)
    found = read(whole[:48] + scene(60, SIZE, seed=9) + whole[48:])
    assert [n for n in numbers(found) if isinstance(n, int)] == [0, 1, 2]
    assert {"NO_MESSAGE", "DESYNC"} & {w.verdict for w in found}


def test_half_the_frames() -> None:
    assert numbers(read(film(48, 48, 48)[::2], length=24)) == [0, 1, 2]


def test_unmarked_video() -> None:
    assert set(numbers(read(scene(150, SIZE)))) == {"NO_MESSAGE"}


def test_memory_is_flat() -> None:
    reader = SpreadReader(KEY)
    longest = 0
    for luma in scene(200, (64, 48)):
        reader.feed(luma)
        longest = max(longest, len(reader._pending))
    assert longest < 2 * WINDOW + 9
