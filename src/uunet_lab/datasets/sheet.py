"""Contact sheets: what is in a set, at a glance. They show faces, as the set does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet.errors import OutputError
from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.records import fit

Image = npt.NDArray[np.uint8]

COLUMNS = 16
_TILE = 64
_NAME = 96  # pixels for a row's name
_MOST = 1000  # rows: JPEG ends at 65,535 pixels


def draw(faces: FaceSet, path: Path, rows: int) -> None:
    """A sheet of a packed set: a row per person, `rows` people evenly spread over the set.

    Raises:
        OutputError: as `Sheet.write`.
    """
    sheet = Sheet()
    order = np.argsort(faces.identity, kind="stable")
    starts = np.searchsorted(faces.identity[order], np.arange(faces.people + 1))
    for person in np.unique(np.linspace(0, faces.people - 1, rows).round().astype(int)):
        chosen = order[starts[person] : starts[person + 1]]
        sheet.add(faces.names["identity"][person], [np.asarray(faces.images[row]) for row in chosen])
    sheet.write(path)


class Sheet:
    """Rows of faces with names, drawn as they come: a row holds COLUMNS of the images, evenly spread."""

    def __init__(self) -> None:
        self._rows: list[Image] = []

    def add(self, name: str, images: Sequence[Image]) -> None:
        """A row; after the thousandth they are left out.

        Args:
            name: what stands at its left, up to 14 characters.
            images: uint8 RGB (h, w, 3), at least one.
        """
        if len(self._rows) == _MOST:
            return
        row = np.full((_TILE, _NAME + COLUMNS * _TILE, 3), 255, np.uint8)
        shown = min(COLUMNS, len(images))
        for column, index in enumerate(np.linspace(0, len(images) - 1, shown).round().astype(int)):
            left = _NAME + column * _TILE
            row[:, left : left + _TILE] = fit(images[index], _TILE)
        lines = ((name[:14], 28), (f"{len(images)} images", 46))
        for text, baseline in lines:
            cv2.putText(row, text, (4, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (0, 0, 0), 1, cv2.LINE_AA)
        self._rows.append(row)

    def write(self, path: Path) -> None:
        """Write a JPEG or PNG; an empty sheet is one white row.

        Raises:
            OutputError: it can't be written, or is to be something else.
        """
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            raise OutputError(f"{path.name} is no name for a picture", "let it end in .jpg or .png")
        blank = np.full((_TILE, _NAME + COLUMNS * _TILE, 3), 255, np.uint8)
        sheet = np.concatenate(self._rows or [blank])
        data = cv2.imencode(path.suffix, sheet[:, :, ::-1])[1].tobytes()
        try:
            path.write_bytes(data)
        except OSError as error:
            raise OutputError(
                f"can't write {path}: {error.strerror or error}", "check the folder and free space"
            ) from error
