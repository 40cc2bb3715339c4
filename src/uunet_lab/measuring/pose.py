"""Head pose from 68 landmarks: the rotation of a rigid head whose projection fits them best (PnP)."""

from __future__ import annotations

import cv2
import numpy as np

from uunet_lab.measuring.landmarks import between_eyes
from uunet_lab.measuring.resampling import Floats

ANGLES = ("yaw", "pitch", "roll")
"""About the vertical axis, the axis through both ears, and that of view; in radians, 0 for a frontal face."""

FOCAL = 8.0
"""Focal length in sides of a region: a camera that is far away, whose perspective is weak."""

# Half of a symmetric head, of the anthropometric model of Martins and Batista (Coimbra, 2008): landmark, its
# mirror image, and where the first is: to the image's left, up, and towards the camera, in centimetres.
_HALF = (
    (17, 26, (6.825897, 6.760612, 4.402142)),  # outer end of the brow
    (21, 22, (1.330353, 7.122144, 6.903745)),  # inner end
    (36, 45, (5.311432, 5.485328, 3.987654)),  # outer corner of the eye
    (39, 42, (1.789930, 5.393625, 4.413414)),  # inner corner
    (31, 35, (2.005628, 1.409845, 6.165652)),  # wing of the nose
    (48, 54, (2.774015, -2.080775, 5.048531)),  # corner of the mouth
)
_MIDDLE = ((57, (0.0, -3.116408, 6.097667)), (8, (0.0, -7.415691, 4.070434)))  # lower lip, chin


def _head() -> tuple[list[int], Floats]:
    numbers, places = [], []
    for left, right, (x, y, z) in _HALF:
        numbers += [left, right]
        places += [(-x, -y, -z), (x, -y, -z)]
    for number, (x, y, z) in _MIDDLE:
        numbers.append(number)
        places.append((x, -y, -z))
    return numbers, np.array(places)


NUMBERS, HEAD = _head()
"""Which landmarks are used, and (14, 3) where they are in a frontal head: to the right, down, away; cm."""

CAMERA = np.array([[FOCAL, 0, 0.5], [0, FOCAL, 0.5], [0, 0, 1]])
"""Of a region whose side is 1."""


def pose(points: Floats) -> tuple[Floats, Floats]:
    """Angles of heads, and how badly a rigid head fits them.

    Args:
        points: (n, 68, 2) in shares of the side.

    Returns:
        (n, 3) yaw, pitch, roll in radians; (n,) root mean square distance of the points from the projected
        head, in distances between the eyes.
    """
    angles, misfit = np.zeros((len(points), 3)), np.zeros(len(points))
    unit = np.maximum(between_eyes(points), 1e-6)
    for i, found in enumerate(points[:, NUMBERS]):
        turn, place = _solved(found)
        rotation = np.asarray(cv2.Rodrigues(turn)[0], np.float64)
        angles[i] = _angles(rotation)
        shown = cv2.projectPoints(HEAD, turn, place, CAMERA, None)[0].reshape(-1, 2)
        misfit[i] = np.sqrt(((shown - found) ** 2).sum(1).mean()) / unit[i]
    return angles, misfit


def _solved(found: Floats) -> tuple[Floats, Floats]:
    """Rotation vector and place of the head.

    The search begins at a frontal face of this size and place: in weak perspective a face and its hollow mask
    look alike.
    """
    middle = found.mean(0)
    spread = np.linalg.norm(found - middle, axis=1).mean()
    away = FOCAL * np.linalg.norm(HEAD[:, :2] - HEAD[:, :2].mean(0), axis=1).mean() / max(spread, 1e-6)
    place = np.array([*((middle - 0.5) / FOCAL * away - HEAD[:, :2].mean(0)), away])
    guess = np.zeros((3, 1)), place.reshape(3, 1)
    _, turn, where = cv2.solvePnP(HEAD, found.copy(), CAMERA, None, *guess, True, cv2.SOLVEPNP_ITERATIVE)
    return np.asarray(turn, np.float64), np.asarray(where, np.float64)


def _angles(rotation: Floats) -> tuple[float, float, float]:
    """Of R = R_z(roll) R_y(yaw) R_x(pitch)."""
    yaw = np.arctan2(-rotation[2, 0], np.hypot(rotation[0, 0], rotation[1, 0]))
    pitch = np.arctan2(rotation[2, 1], rotation[2, 2])
    return float(yaw), float(pitch), float(np.arctan2(rotation[1, 0], rotation[0, 0]))
