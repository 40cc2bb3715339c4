"""Where eyes, nose and mouth are: dlib's 68 points (Kazemi and Sullivan 2014), numbered as in iBUG 300-W."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from uunet.audit.recogniser import REGION_INSET, Image, dlib_module, weights
from uunet_lab.measuring.resampling import Floats

POINTS = 68
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)
"""As seen in the image."""

_SIDE = 224  # regions are enlarged to this before dlib sees them


class LandmarkFinder(Protocol):
    """Who says where eyes, nose and mouth are."""

    def find(self, faces: Sequence[Image]) -> Floats:
        """(n, 68, 2) of RGB regions: x and y as shares of the side, also outside of [0, 1]."""
        ...


class DlibLandmarks:
    """dlib's predictor, told where the face's box is, as the instrument frames regions.

    It always answers, and on what is no face with about the mean of all faces.

    Args:
        inset: where the face's box begins in a region, as a share of its side.

    Raises:
        AuditError: dlib or its models are not installed.
    """

    def __init__(self, inset: float = REGION_INSET) -> None:
        dlib = dlib_module()
        low, high = round(inset * _SIDE), round((1 - inset) * _SIDE)
        self._box = dlib.rectangle(low, low, high, high)
        self._points = dlib.shape_predictor(weights("shape_predictor_68_face_landmarks.dat"))

    def find(self, faces: Sequence[Image]) -> Floats:
        """As `LandmarkFinder.find`."""
        found = []
        for face in faces:
            image = np.ascontiguousarray(cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC))
            parts = self._points(image, self._box).parts()
            found.append([((part.x + 0.5) / _SIDE, (part.y + 0.5) / _SIDE) for part in parts])
        return np.array(found, np.float64)


def between_eyes(points: Floats) -> Floats:
    """(n,) distance of the middles of both eyes, of (n, 68, 2) points."""
    left, right = (points[:, eye].mean(1) for eye in (LEFT_EYE, RIGHT_EYE))
    return np.asarray(np.linalg.norm(right - left, axis=1), np.float64)
