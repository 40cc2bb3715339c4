"""Warping error: how much of a picture's change from frame to frame is not motion (Lai et al., ECCV 2018)."""

from __future__ import annotations

import cv2
import numpy as np

from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.resampling import Floats

_SIDE = 128  # regions are enlarged to this: DIS looks at patches of 8 pixels
_SLACK, _STILL = 0.01, 0.5  # of the test for occlusion (Sundaram et al., ECCV 2010; pixels²)


def warping_error(raw: tuple[Image, Image], shown: tuple[Image, Image]) -> float:
    """Mean squared difference of two frames, the second warped to the first by the motion of the raw ones.

    The motion is that of the real scene, which what is shown has to follow: flow by DIS (Kroeger et al., ECCV
    2016) from the raw frames, there and back; where these disagree something is hidden, and nothing counts.

    Args:
        raw: two frames of a region, uint8 RGB (h, w, 3).
        shown: the same frames raw, replaced or restored.

    Returns:
        Over pixels and channels, of values in [0, 1]; 0 if nothing counts.
    """
    first, second = (_enlarged(image) for image in raw)
    there, back = _flow(first, second), _flow(second, first)
    counts = ~_hidden(there, back)
    if not counts.any():
        return 0.0
    before, after = (_enlarged(image).astype(np.float32) / 255 for image in shown)
    difference = before - _warped(after, there)
    return float((difference[counts] ** 2).mean())


def _enlarged(image: Image) -> Image:
    return np.asarray(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def _flow(first: Image, second: Image) -> Floats:
    """(h, w, 2): where each pixel of the first is in the second, relative to itself."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second))
    return np.asarray(finder.calc(before, after, np.zeros((*first.shape[:2], 2), np.float32)), np.float64)


def _warped(values: np.ndarray, flow: Floats) -> np.ndarray:
    rows, columns = np.indices(flow.shape[:2])
    x, y = (columns + flow[..., 0]).astype(np.float32), (rows + flow[..., 1]).astype(np.float32)
    return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _hidden(there: Floats, back: Floats) -> np.ndarray:
    """Where the way back does not lead to where it began, or the way there leads out of the picture."""
    returned = _warped(back.astype(np.float32), there).astype(np.float64)
    astray = ((there + returned) ** 2).sum(2)
    size = (there**2).sum(2) + (returned**2).sum(2)
    rows, columns = np.indices(there.shape[:2])
    x, y = columns + there[..., 0], rows + there[..., 1]
    outside = (x < 0) | (y < 0) | (x > there.shape[1] - 1) | (y > there.shape[0] - 1)
    return np.asarray((astray > _SLACK * size + _STILL) | outside)
