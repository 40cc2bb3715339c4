"""One picture of each track as published, with its number: who is who, without a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet.errors import OutputError
from uunet.geometry import crop
from uunet.types import GRID, Box, FrameSize, PublicFrame
from uunet.wholefile import write_whole

_SIDE = 200  # pixels of each picture
_LINE = 24  # below it, for what is written
_REACH = 4.0  # sides of a region that are shown: clothes and place tell people apart
_COLUMNS = 6
_YELLOW = (66, 228, 240)  # blue, green, red
_BETTER = 1.2  # a region must be so much larger to replace the picture that is there


class Lineup:
    """The largest region of each track, cut out with what is round it. Memory: one small picture for each."""

    def __init__(self) -> None:
        self._best: dict[int, tuple[int, npt.NDArray[np.uint8]]] = {}

    def see(self, frame: PublicFrame, boxes: Sequence[Box], tracks: Sequence[int | None], turn: int) -> None:
        """Take a frame's regions into account; `turn` quarter turns counter-clockwise make it upright."""
        for box, track in zip(boxes, tracks, strict=True):
            if track is None or box.w <= self._best.get(track, (0,))[0] * _BETTER:
                continue
            around = _round(box, frame.picture.size)
            shown = crop(frame.picture, around, _SIDE)
            image = np.ascontiguousarray(shown[:, :, ::-1] * 255, np.uint8)
            scale = _SIDE / around.w
            x, y = round((box.x - around.x) * scale), round((box.y - around.y) * scale)
            corner = x + round(box.w * scale) - 1, y + round(box.h * scale) - 1
            cv2.rectangle(image, (x, y), corner, _YELLOW, 1)
            self._best[track] = box.w, np.ascontiguousarray(np.rot90(image, turn))

    def write(self, path: Path, words: Mapping[int, str]) -> None:
        """All of them in one image (.png, .jpg), each with its number and `words`, by number.

        Raises:
            OutputError: there is no track, or the image can't be written.
        """
        if not self._best:
            raise OutputError(
                "there is no track to show", "the file has no face, or no message that can be read"
            )
        cells = [_labelled(image, f"{n}  {words.get(n, '')}") for n, (_, image) in sorted(self._best.items())]
        columns = min(_COLUMNS, len(cells))
        cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
        rows = [np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)]
        try:
            good, data = cv2.imencode(path.suffix, np.vstack(rows))
        except cv2.error:
            good = False
        if not good:
            raise OutputError(f"can't write {path}: no image has this suffix", "name it .png or .jpg")
        try:
            write_whole(path, data.tobytes())
        except OSError as error:
            raise OutputError(
                f"can't write {path}: {error.strerror or error}", "check folder and permissions"
            ) from error


def _round(box: Box, size: FrameSize) -> Box:
    """A square round a box, with its head in the upper part, inside the picture."""
    side = min(int(box.w * _REACH), *size)
    side -= side % GRID
    x = min(max(box.x + box.w // 2 - side // 2, 0), size[0] - side)
    y = min(max(box.y - box.h // 2, 0), size[1] - side)
    return Box(x - x % GRID, y - y % GRID, side, side)


def _labelled(image: npt.NDArray[np.uint8], text: str) -> npt.NDArray[np.uint8]:
    line = np.full((_LINE, _SIDE, 3), 255, np.uint8)
    cv2.putText(line, text, (4, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.asarray(np.vstack([image, line]), np.uint8)
