"""Spots: what two looks do not show, at the scale of the smallest faces, wherever else there is motion."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from uunet.detect import to_stored
from uunet.spots import CELL, CLEAR, FAINT, Cells, Place, Rect, Spot, cells, shows_other
from uunet.types import Layout, Picture

ROWS, COLUMNS = 90, 160  # cells of 640x360
WALL = np.random.default_rng(0).integers(95, 105, (ROWS, COLUMNS)).astype(np.uint8)
SKIN = np.random.default_rng(1).integers(60, 200, (40, 40)).astype(np.uint8)
COAT = np.random.default_rng(2).integers(20, 230, (40, 24)).astype(np.uint8)


def put(x: int, y: int, side: int, onto: Cells = WALL, skin: Cells = SKIN) -> Cells:
    """Something of `side` cells across and down, its corner at a cell."""
    shown = onto.copy()
    shown[y : y + side, x : x + side] = skin[:side, :side]
    return shown


def rect(x: float, y: float, side: float) -> Rect:
    """In pixels, of numbers of cells."""
    return np.array([x, y, x + side, y + side]) * CELL


def standing(*where: float) -> Place:
    return Place(rect(*where), (rect(*where), rect(*where)))


@pytest.mark.parametrize("spot", [FAINT, CLEAR])
def test_the_same_wall_shows_nothing(spot: Spot) -> None:
    noisy = [np.random.default_rng(k).integers(93, 107, WALL.shape).astype(np.uint8) for k in range(3)]
    assert not shows_other(spot, noisy[0], (noisy[1], noisy[2]), [])


@pytest.mark.parametrize(("spot", "side"), [(FAINT, 5), (FAINT, 20), (CLEAR, 10), (CLEAR, 20)])
def test_what_neither_end_shows_is_something_else(spot: Spot, side: int) -> None:
    assert shows_other(spot, put(70, 40, side), (WALL, WALL), [])
    assert not shows_other(spot, put(70, 40, side), (WALL, put(70, 40, side)), [])
    assert not shows_other(spot, WALL, (put(70, 40, side), WALL), [])


def test_little_motion_is_nothing_else() -> None:
    ends = put(70, 40, 20), put(74, 40, 20)
    assert not shows_other(FAINT, put(72, 40, 20), ends, [])
    assert shows_other(FAINT, put(72, 52, 20), ends, [])


@pytest.mark.parametrize("spot", [FAINT, CLEAR])
def test_beside_a_known_face_another_one_is_seen(spot: Spot) -> None:
    """In what a face of 20 cells may move in itself, 4 cells about it, there is no room for another."""
    both = put(61, 40, 10, put(40, 40, 20))
    alone = put(40, 40, 20)
    assert shows_other(spot, both, (alone, alone), [standing(40, 40, 20)])


def test_a_known_face_may_move_in_itself() -> None:
    smiles = put(40, 40, 20, skin=SKIN[::-1])
    assert not shows_other(CLEAR, smiles, (put(40, 40, 20),) * 2, [standing(40, 40, 20)])
    assert shows_other(CLEAR, smiles, (put(40, 40, 20),) * 2, [])


@pytest.mark.parametrize("spot", [FAINT, CLEAR])
@pytest.mark.parametrize("shift", [4, -4])
def test_who_walks_takes_a_coat_along_and_nobody_else(spot: Spot, shift: int) -> None:
    """The coat has moved by 16 pixels from either end, as the face has."""

    def walker(x: int) -> Cells:
        shown = WALL.copy()
        shown[40:80, x : x + 24] = COAT
        return shown

    ends = walker(60 - 2 * shift), walker(60 + 2 * shift)
    face = Place(rect(67, 30, 10), (rect(67 - 2 * shift, 30, 10), rect(67 + 2 * shift, 30, 10)))
    assert shows_other(spot, walker(60), ends, [])
    assert not shows_other(spot, walker(60), ends, [face])
    assert shows_other(spot, put(100, 50, 12, walker(60)), ends, [face])
    assert shows_other(spot, put(66, 55, 12, walker(60)), ends, [face])
    still = standing(67, 30, 10)
    assert shows_other(spot, walker(60), ends, [still])


def test_a_face_that_comes_nearer_takes_its_coat_along() -> None:
    big = np.repeat(np.repeat(COAT[:20, :12], 3, 0), 3, 1)
    small = np.repeat(np.repeat(COAT[:20, :12], 2, 0), 2, 1)

    def walker(coat: Cells) -> Cells:
        shown = WALL.copy()
        height, width = coat.shape
        shown[24 : 24 + height, 80 - width // 2 : 80 + width // 2] = coat
        return shown

    near = Place(rect(74, 18, 12), (rect(76, 20, 8), rect(76, 20, 8)))
    ends = walker(small), walker(small)
    assert shows_other(FAINT, walker(big), ends, [standing(76, 20, 8)])
    grown = walker(small)
    grown[24:, :] = walker(big)[24:, :]
    assert not shows_other(CLEAR, grown, ends, [near])


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_coat_goes_along_below_the_face_of_an_upright_picture(turns: int) -> None:
    def stored(shown: Cells) -> Cells:
        return np.ascontiguousarray(np.rot90(shown, -turns))

    def walker(x: int) -> Cells:
        shown = WALL.copy()
        shown[40:80, x : x + 24] = COAT
        return stored(shown)

    def lying(x: int) -> Rect:
        rows, columns = stored(WALL).shape
        upright = rect(x, 30, 10)[None]
        return np.asarray(to_stored(upright, (columns * CELL, rows * CELL), turns)[0])

    ends = walker(48), walker(72)
    face = Place(lying(67), (lying(55), lying(79)), turns)
    assert not shows_other(FAINT, walker(60), ends, [face])
    assert shows_other(FAINT, walker(60), ends, [replace(face, turns=(turns + 2) % 4)])


def test_faces_over_the_edge_of_the_picture() -> None:
    for x, y in ((-8, -8), (155, 85), (400, 40), (40, -300)):
        face = Place(rect(x, y, 12), (rect(x - 3, y, 12), rect(x + 3, y, 12)))
        assert shows_other(FAINT, put(70, 40, 20), (WALL, WALL), [face])
        assert not shows_other(FAINT, WALL, (WALL, WALL), [face])


@pytest.mark.parametrize(
    ("shape", "expected"), [((720, 1280), (180, 320)), ((1, 1), (1, 1)), ((9, 2), (2, 1))]
)
@pytest.mark.parametrize("depth", [8, 10])
def test_cells(shape: tuple[int, int], expected: tuple[int, int], depth: int) -> None:
    white = np.full(shape, (1 << depth) - 1, np.uint8 if depth == 8 else np.uint16)
    small = cells(Picture((white,), Layout("gray", depth, 1, 1, False, True, "bt601")))
    assert small.shape == expected
    assert small.dtype == np.uint8
    assert (small == 255).all()


def plain_others(spot: Spot, here: Cells, ends: tuple[Cells, Cells]) -> bool:
    """`shows_other` where nobody is, without any short cut: every spot against every place nearby."""
    size, moved = spot.cells, 2
    window = (size, size)
    other = np.minimum(cv2.absdiff(here, ends[0]), cv2.absdiff(here, ends[1]))
    left = cv2.blur(other, window) > 255 * spot.other
    values = here.astype(np.float64)
    contrast = np.sqrt(np.maximum(cv2.blur(values**2, window) - cv2.blur(values, window) ** 2, 0))
    for end in ends:
        wide = cv2.copyMakeBorder(end, moved, moved, moved, moved, cv2.BORDER_REPLICATE)
        for dy, dx in np.ndindex(2 * moved + 1, 2 * moved + 1):
            there = wide[dy : dy + here.shape[0], dx : dx + here.shape[1]]
            difference = cv2.blur(cv2.absdiff(here, there), window)
            left = left & (difference > np.maximum(255 * spot.matched, 0.6 * contrast))
    return bool(left.any())


def test_short_cuts_find_what_a_plain_search_finds() -> None:
    rng = np.random.default_rng(5)
    spot = replace(FAINT, beyond=False)
    verdicts = []
    for _ in range(60):
        ends = [WALL, WALL]
        here = WALL
        for _ in range(3):  # things at the picture's edges too, of any contrast, that move little or far
            x, y, side = int(rng.integers(0, 150)), int(rng.integers(0, 80)), int(rng.integers(4, 9))
            skin = (100 + (SKIN - 100.0) * rng.uniform(0.1, 1)).astype(np.uint8)
            here = put(x, y, side, here, skin)
            dx, dy = (int(v) for v in rng.integers(-3, 4, 2))
            ends[0] = put(min(max(x + dx, 0), 150), min(max(y + dy, 0), 80), side, ends[0], skin)
        verdicts.append(shows_other(spot, here, (ends[0], ends[1]), []))
        assert verdicts[-1] == plain_others(spot, here, (ends[0], ends[1]))
    assert 10 < sum(verdicts) < 50
