"""Five landmarks of every packed still: eyes, nose and corners of the mouth, as CenterFace finds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from uunet.detect import WEIGHTS
from uunet.engine import Engine
from uunet_lab.datasets.errors import DatasetError

Landmarks = npt.NDArray[np.float32]
"""(N, 5, 2): left eye, right eye, nose, left and right corner of the mouth, as seen in the picture; x and y
in [0, 1] of the still."""

SURE = 0.5
"""Score from which a still's landmarks may be trusted."""

MIRRORED = (1, 0, 2, 4, 3)
"""The order of the landmarks in the mirrored picture."""

_FILE = "landmarks.npy"
_NET = 192  # the net's input
_FACE = 144  # the still's side in it; the rest is mirrored, since a face that fills the picture is not found
_BATCH = 16
_STRIDE = 4  # pixels of the input per cell of the heat map
_TOLD = 4000  # faces after which it says how far it is


def _silent(_: str) -> None: ...


def find_landmarks(
    images: npt.NDArray[np.uint8], tell: Callable[[str], None] = _silent
) -> tuple[Landmarks, npt.NDArray[np.float32]]:
    """The landmarks of the face in the middle of each still.

    Args:
        images: uint8 RGB (N, side, side, 3), faces with their surroundings.
        tell: is told how far it is, a line now and then.

    Returns:
        Landmarks, and (N,) the detector's scores in [0, 1]; below SURE there may be no face, or another one.
    """
    engine = Engine(WEIGHTS)
    points, scores = [], []
    for begin in range(0, len(images), _BATCH):
        if begin % _TOLD == 0 and len(images) > _TOLD:
            tell(f"landmarks of faces: {begin} of {len(images)}")
        inputs = np.stack([_input(np.asarray(image)) for image in images[begin : begin + _BATCH]])
        out = engine.run({"input.1": inputs})
        heat, extent, offset, marks = (out[name] for name in ("537", "538", "539", "540"))
        for k in range(len(inputs)):
            score, found = _central(heat[k, 0], extent[k], offset[k], marks[k])
            scores.append(score)
            points.append(found)
    return np.stack(points).astype(np.float32), np.array(scores, np.float32)


def landmarks_of(
    folder: Path, images: npt.NDArray[np.uint8], tell: Callable[[str], None] = _silent
) -> tuple[Landmarks, npt.NDArray[np.float32]]:
    """The landmarks of a packed set, found once and kept beside its images: `DIR/landmarks.npy`, (N, 11).

    Args:
        folder: of the set.
        images: its images.
        tell: as of `find_landmarks`.

    Returns:
        As `find_landmarks`.

    Raises:
        DatasetError: the file that is there is of another set.
    """
    path = folder / _FILE
    if not path.exists():
        points, scores = find_landmarks(images, tell)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, np.concatenate([scores[:, None], points.reshape(-1, 10)], 1))
        partial.rename(path)
        tell(f"{path}: where the landmarks of faces are, for the next training")
    table = np.load(path)
    if table.shape != (len(images), 11):
        raise DatasetError(f"{path} is not of these {len(images)} images", "remove it: it is made again")
    return table[:, 1:].reshape(-1, 5, 2), table[:, 0]


def _input(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    border = (_NET - _FACE) // 2
    small = cv2.resize(image, (_FACE, _FACE))
    padded = cv2.copyMakeBorder(small, border, border, border, border, cv2.BORDER_REFLECT)
    return np.asarray(padded.transpose(2, 0, 1), np.float32)


def _central(
    heat: npt.NDArray[np.float32],
    extent: npt.NDArray[np.float32],
    offset: npt.NDArray[np.float32],
    marks: npt.NDArray[np.float32],
) -> tuple[float, npt.NDArray[np.float64]]:
    """Score and landmarks of the surest face near the middle: (5, 2), x and y in [0, 1] of the still."""
    rows, columns = np.mgrid[: heat.shape[0], : heat.shape[1]]
    away = ((rows / heat.shape[0] - 0.5) ** 2 + (columns / heat.shape[1] - 0.5) ** 2) * 9
    row, column = np.unravel_index((heat * np.exp(-away)).argmax(), heat.shape)
    height, width = np.exp(extent[:, row, column]) * _STRIDE
    top = (row + offset[0, row, column] + 0.5) * _STRIDE - height / 2
    left = (column + offset[1, row, column] + 0.5) * _STRIDE - width / 2
    y, x = marks[0::2, row, column] * height + top, marks[1::2, row, column] * width + left
    border = (_NET - _FACE) / 2
    return float(heat[row, column]), (np.stack([x, y], 1).astype(np.float64) - border) / _FACE
