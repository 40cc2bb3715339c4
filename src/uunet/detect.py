"""Finds faces with CenterFace, in frames as the decoder gave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.colour import samples_to_rgb
from uunet.engine import Engine
from uunet.errors import DetectionError
from uunet.types import Detection, FrameSize, Picture, Plane

WEIGHTS = Path(__file__).parent / "weights" / "centerface.onnx"

WEIGHTS_INT8 = Path(__file__).parent / "weights" / "centerface-int8.onnx"
"""The same in 8 bits, made by `uunet-lab quantise detector`: on a processor three fifths of the time of
bfloat16, a third of 32 bit (results/nets.json). results/coverage.json says that it misses nothing for it."""

WEAKEST = 0.15
"""Score from which a detection is reported by default: low, since weak boxes keep a track alive."""

_STRIDE = 4  # pixels of the input per cell of the heat map
_MULTIPLE = 32  # the net halves its input five times
_OVERLAP = 0.3  # intersection over union above which two boxes are one face (CenterFace's own value)
_COMFORTABLE = 1280 * 736  # input pixels up to which a smaller picture is enlarged
_LARGEST = (
    4096 * 2176
)  # input pixels above which a larger picture is reduced (1 GB of memory in bf16, 1.8 in 32 bit)
_SURE = 26  # pixels of a face in the net's input of which it finds 95 %
_BAND = 64  # rows whose colours are converted at a time: they stay in the processor's cache

_OUTPUTS = ("537", "538", "539")  # heat map, extent, offset; the landmarks are not needed

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


def automatic_scale(size: FrameSize) -> float:
    """By how much to enlarge a picture of `size` before the net sees it.

    CenterFace finds 95 % of faces from 26 pixels upwards and few below 16. In small pictures faces are
    small, and the net is cheap there: they are enlarged to about 1280x720, at most twice. From 1280x720 to
    4096x2176 every pixel is used as it is. Larger pictures are reduced to that, which costs faces below
    about 30 pixels at 8K: `scale=1` finds them for 4 times the memory and time.
    """
    pixels = size[0] * size[1]
    if pixels > _LARGEST:
        return float((_LARGEST / pixels) ** 0.5)
    return float(min(max((_COMFORTABLE / pixels) ** 0.5, 1.0), 2.0))


def reduction_note(size: FrameSize) -> tuple[str, ...]:
    """What is to be said where `automatic_scale` reduces pictures of `size`; nothing where it does not."""
    scale = automatic_scale(size)
    if scale >= 1:
        return ()
    smallest = round(_SURE / scale)
    return (
        f"faces looked for in pictures reduced to {scale:.0%}: below {smallest} pixels they may be missed",
    )


class CenterFaceDetector:
    """CenterFace (Xu et al., arXiv:1911.03599), a `types.FaceDetector`, for one thread at a time.

    Args:
        threshold: smallest score that is reported, in (0, 1). The default is low on purpose: weak boxes keep
            a track alive, and how strong one must be to start a track is the tracker's to say.
        scale: enlargement before detection, 0.1 to 4; None is `automatic_scale`. 2 finds faces of half the
            size in four times the time.
        engine: that of another detector; None opens the weights that ship, those in 8 bits where the
            processor computes and not an accelerator.

    Raises:
        DetectionError: a parameter is out of range.
        ModelError: the weights can't be opened.
    """

    def __init__(
        self, threshold: float = WEAKEST, *, scale: float | None = None, engine: Engine | None = None
    ) -> None:
        if not 0 < threshold < 1:
            raise DetectionError(f"a threshold of {threshold} can't be used", "choose one between 0 and 1")
        if scale is not None and not 0.1 <= scale <= 4:
            raise DetectionError(f"a detection scale of {scale} can't be used", "choose one from 0.1 to 4")
        self.threshold = threshold
        self.scale = scale
        self.engine = engine or Engine(WEIGHTS, wanted=_OUTPUTS, pictures=True, on_processor=WEIGHTS_INT8)
        # kept: new memory for every picture costs more than filling it
        self._input: Bytes = np.empty((1, 3, 0, 0), np.uint8)

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:  # noqa: ARG002
        """The faces of one picture, strongest first; see `types.FaceDetector.detect`."""
        size, image = picture.size, self.prepared(picture)
        height, width = image.shape[2:]
        upright = np.ascontiguousarray(np.rot90(image, rotation % 4, axes=(2, 3)))
        out = self.engine.run({"input.1": upright})
        heat, extent, offset = (out[name] for name in _OUTPUTS)
        boxes, scores = _decode(heat, extent, offset, self.threshold)
        kept = suppress(boxes, _OVERLAP)
        stored = to_stored(boxes[kept], (width, height), rotation % 4)
        stored *= np.tile(np.divide(size, (width, height)), 2)
        inside = (stored[:, 0] < size[0]) & (stored[:, 1] < size[1]) & (stored[:, 2] > 0) & (stored[:, 3] > 0)
        return [
            Detection(*(float(v) for v in (*box, score)))
            for box, score in zip(stored[inside], scores[kept][inside], strict=True)
        ]

    def prepared(self, picture: Picture) -> Bytes:
        """A picture as the net takes it, but for its rotation.

        Returns:
            (1, 3, height, width) R, G, B, valid until the next call.
        """
        scale = automatic_scale(picture.size) if self.scale is None else self.scale
        width, height = (_net_length(length, scale) for length in picture.size)
        if self._input.shape[2:] != (height, width):
            self._input = np.empty((1, 3, height, width), np.uint8)
        fill_rgb(picture, self._input[0])
        return self._input


def full_precision() -> Engine:
    """CenterFace without quantisation: what the 8 bits are made of and measured against."""
    return Engine(WEIGHTS, wanted=_OUTPUTS, pictures=True)


def _net_length(length: int, scale: float) -> int:
    """The length of one side of the net's input: at most half a multiple away from the scaled one."""
    return max(round(length * scale / _MULTIPLE), 1) * _MULTIPLE


def fill_rgb(picture: Picture, out: Bytes) -> None:
    """A picture of any layout as R, G, B in 8 bits, resized to fill `out`, (3, height, width)."""
    layout = picture.layout
    order = (1, 2, 0) if layout.matrix == "gbr" else range(len(picture.planes))
    for channel, plane in zip(order, picture.planes, strict=True):
        _resize(plane, layout.depth, out[channel])
    if layout.matrix == "gbr":
        return
    matrix = 255 * samples_to_rgb(replace(layout, depth=8))
    if not layout.colour:
        out[:] = cv2.addWeighted(out[0], float(matrix[0, 0]), out[0], 0, float(matrix[0] @ (0, 128, 128, 1)))
        return
    for top in range(0, out.shape[1], _BAND):
        band = out[:, top : top + _BAND]
        cv2.split(cv2.transform(cv2.merge(list(band)), matrix), list(band))


def _resize(plane: Plane, depth: int, out: Bytes) -> None:
    """A plane of `depth` bits in 8 bits, resized to fill `out`."""
    eight: Any = plane if depth == 8 else cv2.convertScaleAbs(plane, alpha=2.0 ** (8 - depth))
    smaller = out.shape[1] < eight.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    cv2.resize(eight, (out.shape[1], out.shape[0]), dst=out, interpolation=way)


def _decode(
    heat: Floats, extent: Floats, offset: Floats, threshold: float
) -> tuple[npt.NDArray[np.float64], Floats]:
    """Boxes (n, 4) as x0, y0, x1, y1 in pixels of the net's input, and scores (n,), strongest first."""
    if not (np.isfinite(heat).all() and np.isfinite(extent).all() and np.isfinite(offset).all()):
        raise DetectionError(
            "the detector computed what are no numbers: faces would be overlooked",
            "the processor or its engine is broken, or the package: install it anew, or try another computer",
        )
    rows, columns = np.nonzero(heat[0, 0] >= threshold)
    scores = heat[0, 0, rows, columns]
    order = np.argsort(-scores, kind="stable")
    rows, columns, scores = rows[order], columns[order], scores[order]
    h, w = np.exp(np.minimum(extent[0, :, rows, columns].T, 8.0)).astype(np.float64) * _STRIDE
    dy, dx = offset[0, :, rows, columns].T
    cx, cy = (columns + dx + 0.5) * _STRIDE, (rows + dy + 0.5) * _STRIDE
    return np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], axis=1), scores


def suppress(
    boxes: npt.NDArray[np.float64], most: float, *, of_smaller: bool = False
) -> npt.NDArray[np.intp]:
    """Non-maximum suppression: which boxes stay, strongest first.

    Args:
        boxes: (n, 4) x0, y0, x1, y1, strongest first.
        most: how much of two boxes may be common, as a share of their union.
        of_smaller: of the smaller of the two instead, so that a box within another does not stay.
    """
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    left = np.arange(len(boxes))
    kept = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[left, :2])
        high = np.minimum(boxes[best, 2:], boxes[left, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        whole = np.minimum(areas[best], areas[left]) if of_smaller else areas[best] + areas[left] - common
        left = left[common < most * whole]
    return np.asarray(kept, np.intp)


def to_stored(boxes: npt.NDArray[np.float64], size: FrameSize, rotation: int) -> npt.NDArray[np.float64]:
    """Boxes of the picture after numpy.rot90(…, rotation) in those of the picture before, of `size`."""
    width, height = size
    x0, y0, x1, y1 = boxes.T
    turned = {
        0: (x0, y0, x1, y1),
        1: (width - y1, x0, width - y0, x1),
        2: (width - x1, height - y1, width - x0, height - y0),
        3: (y0, height - x1, y1, height - x0),
    }[rotation]
    return np.stack(turned, axis=1)
