"""Contact sheets: the same face in the source (x), in the public (a) and in the restored video (r)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet.geometry import crop
from uunet.hiding import Revealed, reveal
from uunet.types import Box, Picture
from uunet.video import PublicReader, RawReader

Image = npt.NDArray[np.uint8]

_CELL = 128  # pixels of a face in a sheet
_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Sheets:
    """The pictures that were written.

    Attributes:
        faces: rows x, a, r of single faces at different times.
        frames: whole frames, x, a and r side by side.
    """

    faces: Path
    frames: Path


def draw(
    source: Path, public: Path, restored: Path, pair: str, folder: Path, *, total: int, count: int = 24
) -> Sheets:
    """Decode three videos side by side and draw what is in the boxes of the public one.

    Args:
        source, public, restored: videos with the same frames.
        pair: of the models that made them.
        folder: where the pictures go, exists.
        total: frames in each of them.
        count: most faces on the sheet, spread over time.
    """
    wanted = set(np.linspace(0, max(total - 1, 0), min(total, _COLUMNS), dtype=int).tolist())
    shown = set(np.linspace(0, max(total - 1, 0), min(total, 5), dtype=int)[1:-1].tolist() or [0])
    faces: list[list[Image]] = []
    frames: list[Image] = []
    for number, (found, pictures, rotation) in enumerate(_together(source, public, restored, pair)):
        if number in wanted:
            for box in found.boxes[:4]:
                faces.append([_face(picture, box, rotation) for picture in pictures])
        if number in shown:
            frames.append(np.concatenate([_whole(picture, rotation) for picture in pictures], 1))
    sheets = Sheets(folder / "faces.png", folder / "frames.png")
    _write(sheets.faces, _grid(faces[:: max(len(faces) // count, 1)][:count]))
    _write(sheets.frames, np.concatenate(frames) if frames else np.zeros((_CELL, _CELL, 3), np.uint8))
    return sheets


def _together(
    source: Path, public: Path, restored: Path, pair: str
) -> Iterator[tuple[Revealed, tuple[Picture, Picture, Picture], int]]:
    with RawReader(source) as x, PublicReader(public) as a, RawReader(restored) as r:
        found = (item for group in reveal(a, pair) for item in group)
        for x_frame, item, r_frame in zip(x, found, r, strict=False):
            yield item, (x_frame.picture, item.frame.picture, r_frame.picture), a.info.rotation


def _face(picture: Picture, box: Box, rotation: int) -> Image:
    return np.asarray(crop(picture, box, _CELL, rotation) * 255, np.uint8)


def _whole(picture: Picture, rotation: int) -> Image:
    """The frame as RGB, at most 480 pixels wide."""
    width, height = picture.size
    area = Box(0, 0, width - width % 2, height - height % 2)
    side = max(area.w, area.h)
    square = (crop(picture, area, min(side, 960), 0) * 255).astype(np.uint8)
    scale = min(480 / (height if rotation % 2 else width), 1.0)
    small = cv2.resize(square, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.rot90(small, rotation), np.uint8)


def _grid(faces: Sequence[Sequence[Image]]) -> Image:
    """Columns of x over a over r, _COLUMNS a row."""
    if not faces:
        return np.zeros((_CELL, _CELL, 3), np.uint8)
    columns = [np.concatenate(list(triple)) for triple in faces]
    columns += [np.full_like(columns[0], 255)] * (-len(columns) % min(_COLUMNS, len(columns)))
    per_row = min(_COLUMNS, len(columns))
    rows = [np.concatenate(columns[i : i + per_row], 1) for i in range(0, len(columns), per_row)]
    gap = np.full((10, rows[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for row in rows for part in (row, gap)][:-1])


def _write(path: Path, rgb: Image) -> None:
    encoded = cv2.imencode(".png", np.ascontiguousarray(rgb[:, :, ::-1]))[1]
    path.write_bytes(encoded.tobytes())
