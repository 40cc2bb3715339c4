"""Contact sheets: the same face in the source (x), in the public (a) and in the restored video (r)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet.geometry import crop
from uunet.hiding import reveal
from uunet.listening import Revealed
from uunet.types import Box, Picture
from uunet.video import PublicReader, RawReader

Image = npt.NDArray[np.uint8]

FACES, FRAMES = "faces.png", "frames.png"

_CELL = 128  # pixels of a face in a sheet
_COLUMNS = 12
_WORDS = ("x: camera", "a: public", "r: restored")  # the paper's letters and what they are
_MARGIN, _HEADER = 132, 36  # pixels for a label beside a row, above a column
_INK = (40, 40, 40)


@dataclass(frozen=True, slots=True)
class Sheets:
    """The pictures that were written.

    Attributes:
        faces: rows x, a, r of single faces at different times, each row with its name.
        frames: whole frames, x, a and r side by side, each column with its name.
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
    sheets = Sheets(folder / FACES, folder / FRAMES)
    _write(sheets.faces, _grid(faces[:: max(len(faces) // count, 1)][:count]))
    _write(sheets.frames, _columns(frames))
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
    """Columns of x over a over r, _COLUMNS a row, the names on the left."""
    if not faces:
        return _text("no face was replaced", 2 * _MARGIN, _CELL)
    columns = [np.concatenate(list(triple)) for triple in faces]
    columns += [np.full_like(columns[0], 255)] * (-len(columns) % min(_COLUMNS, len(columns)))
    per_row = min(_COLUMNS, len(columns))
    names = np.concatenate([_text(words, _MARGIN, _CELL) for words in _WORDS])
    rows = [np.concatenate([names, *columns[i : i + per_row]], 1) for i in range(0, len(columns), per_row)]
    gap = np.full((10, rows[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for row in rows for part in (row, gap)][:-1])


def _columns(frames: Sequence[Image]) -> Image:
    """Rows of x, a and r side by side, the names above."""
    if not frames:
        return _text("no frame", 2 * _MARGIN, _CELL)
    width = frames[0].shape[1] // len(_WORDS)
    return np.concatenate([np.concatenate([_text(words, width, _HEADER) for words in _WORDS], 1), *frames])


def _text(words: str, width: int, height: int) -> Image:
    """Dark words in the middle of a white field, smaller where it is narrow."""
    field = np.full((height, width, 3), 255, np.uint8)
    (wide, high), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1)
    scale = min(0.6, (width - 8) / wide)
    origin = (round((width - scale * wide) / 2), round((height + scale * high) / 2))
    cv2.putText(field, words, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)
    return field


def _write(path: Path, rgb: Image) -> None:
    encoded = cv2.imencode(".png", np.ascontiguousarray(rgb[:, :, ::-1]))[1]
    path.write_bytes(encoded.tobytes())
