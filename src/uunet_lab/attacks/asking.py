"""Asking U_e: whoever has the public model, or a service that runs it, makes pairs x → a of faces of their "
"own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uunet.masking import NoiseBank, Region, mask
from uunet.models import Swapper
from uunet.types import RawFrame
from uunet_lab.measuring.mosaic import COLUMNS, MARGIN, ROWS, Image, Mosaic

_PER = COLUMNS * ROWS


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What the attacker knows: uint8 RGB (n, 64, 64, 3) each, regions as the camera saw and as U_e paints."""

    x: npt.NDArray[np.uint8]
    a: npt.NDArray[np.uint8]


def ask(swapper: Swapper, stills: Sequence[Image], seed: int) -> Pairs:
    """What U_e makes of faces, each with a virtual identity of its own, pasted and rounded as in a frame."""
    noise = NoiseBank(seed + 1000, swapper.card.side)
    x: list[Image] = []
    a: list[Image] = []
    for begin in range(0, len(stills), _PER):
        mosaic = Mosaic.of(stills[begin : begin + _PER], MARGIN)
        regions = [Region(box, begin + i) for i, box in enumerate(mosaic.boxes)]
        public = mask(RawFrame(mosaic.picture, 0, 0), regions, swapper, noise)
        x += mosaic.faces()
        a += mosaic.with_picture(public.picture).faces()
    return Pairs(np.stack(x), np.stack(a))
