"""The face in a picture of one person, cropped as everywhere else; for sets that show whole bodies."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from uunet.detect import CenterFaceDetector
from uunet.types import FaceDetector, Layout, Picture
from uunet_lab.datasets.crops import place
from uunet_lab.datasets.records import Image

_SCORE = 0.3  # as `TrackletRules.score`
_LAYOUT = Layout("yuv444p", 8, 1, 1, colour=True, full_range=True, matrix="bt601")


def head_of(detector: FaceDetector | None = None) -> Callable[[Image], Image | None]:
    """Makes a function that crops the head of whoever is in a picture.

    Args:
        detector: finds the face; None is the instrument's.

    Returns:
        A function of uint8 RGB (h, w, 3) that gives (side, side, 3) round the surest face, at its true size,
        or None if there is no face, or one that is cut off.
    """
    finder = detector or CenterFaceDetector()

    def find(image: Image) -> Image | None:
        picture = _picture(image)
        faces = [face for face in finder.detect(picture, 0, 0) if face.score >= _SCORE]
        if not faces:
            return None
        box = place(max(faces, key=lambda face: face.score), picture.size, 0)
        return None if box is None else image[box.y : box.y + box.h, box.x : box.x + box.w]

    return find


def _picture(image: Image) -> Picture:
    y, v, u = np.moveaxis(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb), 2, 0)
    planes = tuple(np.ascontiguousarray(plane, np.uint8) for plane in (y, u, v))
    return Picture((planes[0], planes[1], planes[2]), _LAYOUT)
