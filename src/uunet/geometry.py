"""Crop a region out of a frame's own planes as RGB, and paste it back. The frame is never converted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.colour import rgb_to_yuv, unit_to_samples, yuv_to_rgb
from uunet.types import BORDER, BORDER_END, REPLACED, Box, FrameSize, Layout, Picture, Plane

Patch = npt.NDArray[np.float32]
"""An RGB image of a region, float32, shape (side, side, 3), [0, 1]."""


@lru_cache(maxsize=24)  # of a few faces, luma and chroma: sizes change slowly
def soft_border(width: int, height: int) -> Patch:
    """The paste mask M, (height, width) float32: 1 inside, 0 at the region's border.

    d = (|u|^4 + |v|^4)^(1/4) with u and v in [-1, 1] at the sample centres;
    M = clip((0.97 - d) / 0.14, 0, 1).
    The models that ship were trained with it (SPEC.md, "Regions"): it is part of their contract.
    """
    u = ((np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1) ** 4
    v = ((np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1) ** 4
    mask = _falling((u[None, :] + v[:, None]) ** 0.25)
    mask.setflags(write=False)
    return mask


def _resize(plane: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.float32]:
    shrinks = width < plane.shape[1] or height < plane.shape[0]
    flag = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=flag), np.float32)


def _times(image: Patch, matrix: npt.NDArray[np.float32]) -> Patch:
    """matrix · pixel for every pixel. NumPy's product would wake the threads of its BLAS for this little."""
    return np.asarray(cv2.transform(image, matrix), np.float32)


def plane_slices(layout: Layout, box: Box) -> list[tuple[slice, slice]]:
    """Rows and columns of a box in each plane. Boxes lie on the chroma grid, so nothing is cut in two."""
    out = []
    for i in range(3 if layout.colour else 1):
        cw, ch = (layout.chroma_w, layout.chroma_h) if i else (1, 1)
        out.append(
            (slice(box.y // ch, -(-(box.y + box.h) // ch)), slice(box.x // cw, -(-(box.x + box.w) // cw)))
        )
    return out


def crop(picture: Picture, box: Box, side: int, rotation: int = 0) -> Patch:
    """The region of a box as an upright RGB image.

    Args:
        picture: planar YUV, GBR or grey.
        box: inside the picture.
        side: of the result, in pixels; area average where the region is larger, bilinear where it is smaller.
        rotation: quarter turns counter-clockwise that make the picture upright.

    Returns:
        (side, side, 3) float32 RGB in [0, 1].
    """
    yuv = np.zeros((side, side, 3), np.float32)
    for i, where in enumerate(plane_slices(picture.layout, box)):
        scale, offset = unit_to_samples(picture.layout, chroma=picture.layout.is_chroma(i))
        plane = (picture.planes[i][where].astype(np.float32) - offset) / scale
        yuv[:, :, i] = _resize(plane, side, side)
    rgb = np.clip(_times(yuv, yuv_to_rgb(picture.layout.matrix)), 0, 1)
    return np.ascontiguousarray(np.rot90(rgb, rotation))


def paste(picture: Picture, box: Box, patch: Patch, rotation: int = 0) -> None:
    """Lay an image over a region with a soft border, in the picture's own planes: the inverse of `crop`.

    Every sample becomes plane + M · (patch - plane), rounded. Samples outside the box, and those under
    M = 0, keep their value.

    Args:
        picture: changed in place; its planes must be writable.
        box: inside the picture.
        patch: (side, side, 3) float32 RGB in [0, 1], upright.
        rotation: as in `crop`.
    """
    yuv = _times(np.ascontiguousarray(np.rot90(patch, -rotation)), rgb_to_yuv(picture.layout.matrix))
    for i, where in enumerate(plane_slices(picture.layout, box)):
        scale, offset = unit_to_samples(picture.layout, chroma=picture.layout.is_chroma(i))
        target = picture.planes[i][where]
        height, width = target.shape
        new = _resize(np.ascontiguousarray(yuv[:, :, i]), width, height) * scale + offset
        old = target.astype(np.float32)
        mixed = old + soft_border(width, height) * (new - old)
        _store(target, mixed, picture.layout, chroma=picture.layout.is_chroma(i))


def fill(picture: Picture, box: Box) -> None:
    """Cover a region with one colour, its own mean: for faces that no model can take. Not reversible.

    Args:
        picture: changed in place; its planes must be writable.
        box: inside the picture.
    """
    for i, where in enumerate(plane_slices(picture.layout, box)):
        target = picture.planes[i][where]
        if target.size:
            target[...] = round(float(target.mean()))


def cover_cut(picture: Picture, box: Box) -> None:
    """Cover what a region at the picture's edge leaves bare there. Not reversible.

    A head that the edge cuts is not in the middle of its region, which lies inside the picture: it reaches
    to where M falls to 0. There M is thought to go on straight to the edge, and every sample where that is
    more than M, which does not replace it, gets one colour: the mean of what has been replaced.

    Args:
        picture: changed in place, after `paste`; its planes must be writable.
        box: inside the picture.
    """
    sides = _cut_sides(box, picture.size, picture.layout)
    if not any(sides):
        return
    for i, where in enumerate(plane_slices(picture.layout, box)):
        target = picture.planes[i][where]
        height, width = target.shape
        bare, replaced = _bare(width, height, sides), soft_border(width, height) >= REPLACED
        if bare.any():
            target[bare] = round(float(target[replaced].mean() if replaced.any() else target.mean()))


def hidden(box: Box, size: FrameSize, layout: Layout) -> npt.NDArray[np.bool_]:
    """(h, w) of a box: the luma samples that `paste` replaces or `cover_cut` covers, others being mixed."""
    replaced = soft_border(box.w, box.h) >= REPLACED
    return np.asarray(replaced | _bare(box.w, box.h, _cut_sides(box, size, layout)))


def _cut_sides(box: Box, size: FrameSize, layout: Layout) -> tuple[bool, bool, bool, bool]:
    """Where the picture's edge may cut what is in a box: left, right, top, bottom."""
    reach = 2 * layout.chroma_w, 2 * layout.chroma_h  # boxes keep to the grid of chroma
    return (
        box.x < reach[0],
        box.x + box.w > size[0] - reach[0],
        box.y < reach[1],
        box.y + box.h > size[1] - reach[1],
    )


def _bare(width: int, height: int, sides: tuple[bool, bool, bool, bool]) -> npt.NDArray[np.bool_]:
    """What M leaves towards these sides."""
    soft = soft_border(width, height)
    return np.asarray((_straight(width, height, sides) > soft) & (soft < REPLACED))


def _straight(width: int, height: int, sides: tuple[bool, bool, bool, bool]) -> Patch:
    """M as if it did not fall towards these sides: left, right, top, bottom."""
    left, right, top, bottom = sides
    u = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    v = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    u = u.clip(0 if left else -1, 0 if right else 1)
    v = v.clip(0 if top else -1, 0 if bottom else 1)
    return _falling((u[None, :] ** 4 + v[:, None] ** 4) ** 0.25)


def _falling(d: npt.NDArray[np.floating[Any]]) -> Patch:
    """M at the distances d."""
    return np.asarray(np.clip((BORDER_END - d) / BORDER, 0, 1), np.float32)


def _store(target: Plane, values: npt.NDArray[np.float32], layout: Layout, *, chroma: bool) -> None:
    unit = 1 << (layout.depth - 8)
    if layout.full_range:
        low, high = 0, (1 << layout.depth) - 1
    else:
        low, high = 16 * unit, (240 if chroma else 235) * unit
    # A source may hold samples outside the legal range; they must not be touched where M is 0.
    rounded = np.rint(values, out=values)
    stays = rounded == target
    legal = np.clip(rounded, low, high, out=values).astype(target.dtype)
    np.copyto(target, legal, where=~stays)
