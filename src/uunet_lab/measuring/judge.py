"""The independent judges: dlib's recogniser and its detector, which never take part in training."""

from __future__ import annotations

import cv2
import numpy as np

from uunet.audit.recogniser import (
    NET,
    REGION_INSET,
    Descriptors,
    DlibJudge,
    Image,
    Recogniser,
    dlib_module,
    package_folder,
    weights,
)

__all__ = [
    "NET",
    "REGION_INSET",
    "Descriptors",
    "DlibDetector",
    "DlibJudge",
    "Image",
    "Recogniser",
    "auc",
    "decidability_daugman",
    "dlib_module",
    "package_folder",
    "weights",
]

_DETECTOR_SIDE = 192  # its smallest face is 80 pixels


class DlibDetector:
    """Max-margin detection with a small CNN (King 2015), which finds faces in any pose.

    Args:
        margin: surroundings that are mirrored round a crop, as a share of its side.
    """

    def __init__(self, margin: float = 0.125) -> None:
        self._margin = margin
        self._net = dlib_module().cnn_face_detection_model_v1(weights("mmod_human_face_detector.dat"))

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
