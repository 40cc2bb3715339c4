"""`spread`: a message in the low frequencies of a window's mean luma, made to outlive a transcode.

Quantisation index modulation (Chen and Wornell, 2001) with a keyed dither on DCT coefficients of the shrunk
mean picture, a convolutional code over them. Formats, step sizes and the measurements behind them: SPEC.md.
The mark is robust, not secret: on a still camera it can be seen in the difference of two windows, and as
faint clouds on flat walls. Weights that move it from walls to textures hardly help, since the message fixes
every one of the lowest frequencies and with them the clouds: least squares with weights from 1/4 to 1 took
1.44 to 1.34 grey levels on walls, at 40 bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.conceal import fec, grid, keyed
from uunet.conceal.fec import SIZES
from uunet.conceal.grid import Thumbnail, Vector
from uunet.errors import MessageError
from uunet.types import FrameSize

CAPACITY = SIZES[-1]
"""The longest message in bytes. The longer it is, the less it survives: see results/carrier.json."""

MIN_SIZE: FrameSize = (128, 80)
"""Smaller pictures than this (width, height) do not have the frequencies."""

_DELTAS = {  # step sizes per message size, each a fifth larger than the one before. Frozen: in SPEC.md.
    24: (38.0, 45.5, 54.5),
    32: (38.0, 45.5, 54.5),
    48: (36.0, 43.0, 52.0),
    64: (35.0, 42.0, 50.5),
    96: (31.0, 37.0, 44.5),
    128: (28.0, 33.5, 40.5),
    160: (25.0, 30.0, 36.0),
    192: (22.5, 27.0, 32.5),
    256: (18.5, 22.0, 26.5),
    384: (14.5, 17.5, 21.0),
    512: (12.0, 14.5, 17.5),
}
STRENGTHS = 3

MARGIN = 0.1
"""How far `Reading.error` may go in the first encode, so that a second does not bring it over its limit."""

# encoders weaken the mark, the higher the frequency the more. Written stronger (but not so much that a gentle
# encoder leaves it past its lattice), it is nearer to the lattice after them. Readers need not know.
_PRE_EMPHASIS, _MOST_EMPHASIS = 0.1, 0.3

_GATE = 2.5  # standard deviations of the lattice score that make a look at the code worth while
_TRIES = 4  # looks per picture


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that was read.

    Attributes:
        message: its bytes, with the zero bytes that fill it up to one of SIZES.
        strength: 0..STRENGTHS - 1, as it was written.
        score: standard deviations of the lattice statistic above chance.
        error: root mean square distance from the lattice points of the message, in steps; the code mends up
            to about 0.15.
    """

    message: bytes
    strength: int
    score: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class _Scheme:
    """Where and how one size of message is written: coded bit i at coefficient places[i]."""

    places: npt.NDArray[np.intp]
    dither: npt.NDArray[np.float64]


@lru_cache(maxsize=64)
def _scheme(size: int, key: bytes) -> _Scheme:
    purpose = b"uunet spread %d " % size
    count = fec.coded_bits(size)
    return _Scheme(
        keyed.permutation(key, purpose + b"places", count), keyed.uniform(key, purpose + b"dither", count)
    )


def fitting_size(message: bytes) -> int:
    """The smallest of SIZES that holds a message.

    Raises:
        MessageError: it is longer than CAPACITY.
    """
    for size in SIZES:
        if len(message) <= size:
            return size
    raise MessageError(
        f"a message of {len(message)} bytes does not fit into {CAPACITY} bytes of the spread carrier",
        "leave the least important regions to the other carriers, or make the windows shorter",
    )


def check_size(size: FrameSize) -> None:
    """Raises MessageError for pictures that are too small for the spread carrier."""
    if size[0] < MIN_SIZE[0] or size[1] < MIN_SIZE[1]:
        raise MessageError(
            f"a picture of {size[0]}×{size[1]} is too small for the spread carrier",
            f"it needs {MIN_SIZE[0]}×{MIN_SIZE[1]} pixels; use the sei carrier, or a lossless codec",
        )


def change_for(mean: Thumbnail, message: bytes, key: bytes, strength: int) -> Vector:
    """What must be added to the coefficients of a window's mean so that it carries a message."""
    size = fitting_size(message)
    scheme, delta = _scheme(size, key), _DELTAS[size][strength]
    bits = fec.encode(message.ljust(size, b"\x00"))
    now = grid.coefficients(mean)[scheme.places]
    offset = scheme.dither + bits / 2
    change = np.zeros(grid.COEFFICIENTS)
    change[scheme.places] = (np.round(now / delta - offset) + offset) * delta - now
    change *= 1 + np.minimum(_PRE_EMPHASIS * grid.frequencies(), _MOST_EMPHASIS)
    return change


def upsample(change: Vector, size: FrameSize) -> npt.NDArray[np.float32]:
    """The picture of `size` (width, height), rounded to whole 8-bit steps, that shrinks to this change.

    Enlarging loses some of the higher frequencies and rounding a little of all: three rounds make up for it.
    """
    small = grid.picture(change)
    full: Any = np.empty(size[::-1], np.float32)
    for _ in range(3):
        cv2.resize(small, size, full, interpolation=cv2.INTER_CUBIC)
        np.rint(full, out=full)
        small += grid.picture(change - grid.coefficients(grid.thumbnail(full)))
    return full  # type: ignore[no-any-return]


def reveal(mean: Thumbnail, key: bytes) -> Reading | None:
    """The message in the mean picture of a window, or None.

    Args:
        mean: mean of the thumbnails of the window's frames.
        key: the writer's key.
    """
    candidates = sorted(_candidates(mean, key), key=lambda candidate: -candidate.score)
    for candidate in candidates[:_TRIES]:
        if candidate.score < _GATE:
            return None
        message = fec.decode(np.cos(2 * np.pi * candidate.turns))
        if message is not None:
            off = candidate.turns - fec.encode(message) / 2
            error = float(np.sqrt(np.mean((off - np.round(off)) ** 2)))
            return Reading(message, candidate.strength, candidate.score, error)
    return None


def score(mean: Thumbnail, key: bytes) -> float:
    """The best lattice score of a mean picture: how likely it is that `reveal` finds something there."""
    return max(candidate.score for candidate in _candidates(mean, key))


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    score: float
    strength: int
    turns: npt.NDArray[np.float64]  # position between lattice points, in steps: 0 is a 0, 0.5 is a 1


def _candidates(mean: Thumbnail, key: bytes) -> Iterator[_Candidate]:
    values = grid.coefficients(mean)
    for size in SIZES:
        scheme = _scheme(size, key)
        here = values[scheme.places]
        for strength, delta in enumerate(_DELTAS[size]):
            turns = here / delta - scheme.dither
            # both bits' lattices lie on multiples of half a step: twice the angle forgets the bit
            yield _Candidate(
                float(np.cos(4 * np.pi * turns).mean()) * math.sqrt(2 * len(turns)), strength, turns
            )
