"""Mask and unmask: crop → net → paste. The only maker of PublicFrame besides the public reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest

import numpy as np
import numpy.typing as npt

from uunet.geometry import cover_cut, crop, fill, paste
from uunet.models import Restorer, Swapper
from uunet.types import Box, Picture, PublicFrame, RawFrame

_BATCH = 12  # faces handed over at a time, of as many frames: a multiple of what OpenVINO computes together


@dataclass(frozen=True, slots=True)
class Region:
    """A box and the track that it belongs to (the full number, which chooses the noise)."""

    box: Box
    track: int


class NoiseBank:
    """The noise channel: one plane per track, the same in all its frames, so that the virtual identity stays.

    Args:
        seed: of the whole run; the plane of a track is a pure function of (seed, track).
        side: of the net's input.
    """

    def __init__(self, seed: int, side: int) -> None:
        self._seed, self._side = seed, side
        self._planes: dict[int, npt.NDArray[np.float32]] = {}

    def plane(self, track: int) -> npt.NDArray[np.float32]:
        """(side, side) float32, U(0, 1)."""
        if track not in self._planes:
            if len(self._planes) >= 256:  # tracks come and go; memory must not grow with the video
                self._planes.pop(next(iter(self._planes)))
            rng = np.random.default_rng((self._seed, track))
            self._planes[track] = rng.random((self._side, self._side), dtype=np.float32)
        return self._planes[track]


def waves(boxes: Sequence[Box]) -> list[list[int]]:
    """Order in which boxes are masked: those of one wave don't overlap, and a box comes after all earlier
    ones that it overlaps. A later crop then sees its neighbour masked already, so that no net is ever given,
    and no soft border lets through, what another region has to hide. `unmask` goes backwards.

    Returns:
        Lists of positions in `boxes`.
    """
    depth: list[int] = []
    for i, box in enumerate(boxes):
        below = [depth[j] for j in range(i) if box.overlaps(boxes[j])]
        depth.append(max(below, default=-1) + 1)
    return [[i for i, d in enumerate(depth) if d == level] for level in range(max(depth, default=-1) + 1)]


def is_reversible(box: Box, smallest: int) -> bool:
    """Whether a net handles the box (both sides decide alike, from the box alone), or a fill covers it."""
    return min(box.w, box.h) >= smallest


def mask(
    frame: RawFrame, regions: Sequence[Region], swapper: Swapper, noise: NoiseBank, rotation: int = 0
) -> PublicFrame:
    """Replace every region of a frame.

    Args:
        frame: from the camera; not changed.
        regions: every face in it, in the order in which the message will name them.
        swapper: U_e.
        noise: the run's noise planes.
        rotation: quarter turns counter-clockwise that make the frame upright.

    Returns:
        The frame that may be published. Samples outside the boxes are those of `frame`, bit for bit.

    Raises:
        ModelError: the net failed; nothing is published then.
    """
    picture = frame.picture.copy()
    _replace([picture], [regions], swapper, noise, rotation)
    return PublicFrame(picture, frame.index, frame.pts)


def mask_window(
    frames: Sequence[RawFrame],
    regions: Sequence[Sequence[Region]],
    swapper: Swapper,
    noise: NoiseBank,
    rotation: int = 0,
) -> list[PublicFrame]:
    """`mask` for many frames, in place, with the faces of several frames in each call of the net.

    Args:
        frames: as a reader gives them; nobody may use them afterwards.
        regions: those of each frame.
        swapper, noise, rotation: as in `mask`.

    Returns:
        The frames that may be published, in the same order.

    Raises:
        ModelError: as in `mask`.
    """
    pictures = [frame.picture for frame in frames]
    done = 0
    while done < len(pictures):
        stop = _enough(regions, done)
        _replace(pictures[done:stop], regions[done:stop], swapper, noise, rotation)
        done = stop
    return [PublicFrame(frame.picture, frame.index, frame.pts) for frame in frames]


def _enough(regions: Sequence[Sequence[Region]], first: int) -> int:
    """One past the last of the frames from `first` on that together have _BATCH regions or more."""
    faces = accumulate(len(here) for here in regions[first:])
    return next((k for k, sum_ in enumerate(faces, first + 1) if sum_ >= _BATCH), len(regions))


def _replace(
    pictures: Sequence[Picture],
    regions: Sequence[Sequence[Region]],
    swapper: Swapper,
    noise: NoiseBank,
    rotation: int,
) -> None:
    """Paints over the regions of each picture, the waves of all pictures side by side."""
    side = swapper.card.side
    orders = [waves([region.box for region in here]) for here in regions]
    for together in zip_longest(*orders, fillvalue=()):
        here = [(k, regions[k][i]) for k, wave in enumerate(together) for i in wave]
        swapped = [(pictures[k], r) for k, r in here if is_reversible(r.box, swapper.card.smallest)]
        patches = [crop(picture, region.box, side, rotation) for picture, region in swapped]
        planes = [noise.plane(region.track) for _, region in swapped]
        for (picture, region), patch in zip(swapped, swapper.swap(patches, planes), strict=True):
            paste(picture, region.box, patch, rotation)
            cover_cut(picture, region.box)
        for k, region in here:
            if not is_reversible(region.box, swapper.card.smallest):
                fill(pictures[k], region.box)


def unmask(
    frame: PublicFrame,
    boxes: Sequence[Box],
    restorer: Restorer | None,
    rotation: int = 0,
    chosen: frozenset[int] | None = None,
    *,
    in_place: bool = False,
) -> RawFrame:
    """Restore regions of a published frame: the inverse of `mask`, wave by wave backwards.

    Args:
        frame: as published.
        boxes: all boxes of the frame's message, in its order.
        restorer: U_d; None restores nothing.
        rotation: as in `mask`.
        chosen: positions in `boxes` to restore; None for all. The others stay as published.
        in_place: paint over the frame's own planes, as a reader gives them, not over a copy. Nobody may
            use the published frame afterwards.

    Returns:
        The restored frame. Regions that `mask` filled stay filled.

    Raises:
        ModelError: the net failed.
    """
    picture = frame.picture if in_place else frame.picture.copy()
    for wave in reversed(waves(boxes)):
        if restorer is None:
            break
        wanted = [
            i
            for i in wave
            if (chosen is None or i in chosen) and is_reversible(boxes[i], restorer.card.smallest)
        ]
        patches = [crop(picture, boxes[i], restorer.card.side, rotation) for i in wanted]
        for i, patch in zip(wanted, restorer.restore(patches), strict=True):
            paste(picture, boxes[i], patch, rotation)
    return RawFrame(picture, frame.index, frame.pts)
