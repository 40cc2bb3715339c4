"""Surrogate faces: what the painter learns to paint in place of a face.

A surrogate of a still is the face of a donor: another person in about the same pose, light and expression
and with the same kept labels, warped onto the still's five landmarks and brought to the mean colour of its
face; round the face, the still's own colours. The donor's appearance, as far as pose, light and expression
don't explain it, is a code of LOOK numbers with mean 0 and variance 1. The painter learns to make the
surrogate from the still's landmarks and thumbnail and the donor's code; when it is used, the code is drawn at
random, so that the face which comes out is nobody's.

Means of several faces (k-Same; Newton, Sweeney and Malin, 2005) were tried first: they are so near to
everybody of the same gender and age that a recogniser told x from strangers by them (AUC .77 to .89 for means
of three to eight faces, .66 for one donor; dlib's recogniser, 120 held-out faces).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.datasets.landmarks import SURE, Landmarks
from uunet_lab.methods.uunet.components import Floats, components, one_hot, project
from uunet_lab.training.errors import TrainingError

Image = npt.NDArray[np.uint8]

MOUTH = 3
"""Principal components of the mouth that stand for the expression."""

LOOK = 40
"""Numbers in the code of an appearance."""

_SIDE = 48  # of an aligned face
_MEAN_FACE = _SIDE * np.array([[0.34, 0.40], [0.66, 0.40], [0.5, 0.58], [0.37, 0.74], [0.63, 0.74]])
_MOUTH = (slice(28, 44), slice(12, 36))  # of an aligned face: rows, columns
_FACE = (slice(8, 44), slice(6, 42))
_LIGHT = 6  # cells a side by which the light on a face is compared
_POOL = 100  # matching faces among which a donor is drawn
_LEAST = 8  # fewer to choose from would make few faces out of many
_BLURRED = 0.3  # share of the faces that are too blurred for donors
_BEYOND = 3.0  # largest size of a number in a code
_STIFF = 40.0  # how much a warp keeps to rotation and scaling, in pixels² of a still of 96
_DETAIL = 128  # principal components of the appearance, from which pose, light and expression are regressed
_RIDGE = 10.0  # of that regression, in faces: with few of them it would explain their looks away
_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What faces are matched and told apart by.

    Attributes:
        turn, move: (N,) complex: landmark p of the still, x + iy in its pixels, is turn · p + move in the
            aligned face.
        match: (N, d) pose, expression and light, in units in which distances can be added.
        mouth: (N, MOUTH) the expression, mean 0 and standard deviation 1.
        look: (N, LOOK) the code of the appearance.
        sure: (N,) whether the landmarks may be trusted.
        donors: (N,) whether the face is sure and sharp enough to be painted.
    """

    turn: npt.NDArray[np.complex128]
    move: npt.NDArray[np.complex128]
    match: npt.NDArray[np.float32]
    mouth: npt.NDArray[np.float32]
    look: npt.NDArray[np.float32]
    sure: npt.NDArray[np.bool_]
    donors: npt.NDArray[np.bool_]


def traits(
    images: Image, landmarks: Landmarks, scores: npt.NDArray[np.float32], rows: Codes, kept: Codes
) -> Traits:
    """Measure the traits of stills.

    Args:
        images: uint8 RGB (N, side, side, 3).
        landmarks, scores: of `find_landmarks`.
        rows: by which principal components are found, those of the training split.
        kept: (N, k) codes of the labels that surrogates share with their stills.

    Raises:
        TrainingError: there are too few faces among the rows.
    """
    sure = scores >= SURE
    trusted = rows[sure[rows]]
    if len(trusted) < _LEAST:
        raise TrainingError(
            f"faces can be found in {len(trusted)} of {len(rows)} images, which is too few to train on",
            "add images that show faces with some surroundings",
        )
    points = landmarks.astype(np.float64) * images.shape[1]
    turn, move = _similarity(points, _MEAN_FACE)
    aligned = turn[:, None] * (points @ [1, 1j]) + move[:, None]
    pose = (np.stack([aligned.real, aligned.imag], 2) - _MEAN_FACE).reshape(-1, 10)
    light, mouth, look, detail = [], [], [], []
    for image, matrix in zip(images, _matrix(turn, move), strict=True):
        face = _warp(np.asarray(image), matrix, _SIDE)
        grey = face.mean(2)
        light.append(_level(cv2.resize(grey[_FACE], (_LIGHT, _LIGHT), interpolation=cv2.INTER_AREA)))
        mouth.append(_level(cv2.resize(grey[_MOUTH], (16, 10), interpolation=cv2.INTER_AREA)))
        even = face / (_mean_colour(face, _OVAL) + 8)
        small = cv2.resize(even * _OVAL, (_SIDE // 2, _SIDE // 2), interpolation=cv2.INTER_AREA)
        look.append(np.minimum(small, 3).ravel())
        detail.append(float((np.abs(cv2.Laplacian(even.mean(2), cv2.CV_32F)) * _OVAL[:, :, 0]).mean()))
    expression = components(np.stack(mouth), MOUTH, trusted)
    explained = np.concatenate([pose, expression, np.stack(light), one_hot(kept)], 1)
    sharp = np.array(detail) > np.quantile(np.array(detail)[trusted], _BLURRED)
    return Traits(
        turn,
        move,
        np.concatenate([pose, expression, 0.5 * np.stack(light)], 1).astype(np.float32),
        expression.astype(np.float32),
        _code(np.stack(look), explained, trusted),
        sure,
        sure & sharp,
    )


def nearest(found: Traits, faces: FaceSet, keep: Sequence[str], rows: Codes) -> Codes:
    """The possible donors of each still: other people's faces of the same kept labels that match it best.

    Args:
        found: traits of the set's stills.
        faces: the set.
        keep: labels that surrogates share with their stills; of a still of which one is unknown, the others.
        rows: which stills get donors, and may be donors.

    Returns:
        (N, pool) row numbers in no order, -1 where there are fewer; only -1 in rows that have none.

    Raises:
        TrainingError: too few people share the kept labels.
    """
    identity, kept = faces.identity, faces.table(keep)
    usable = rows[found.sure[rows]]
    possible = usable[found.donors[usable]]
    codes, groups = np.unique(kept[usable], axis=0, return_inverse=True)
    result = np.full((len(identity), _POOL), -1, np.int64)
    for group, code in enumerate(codes):
        members, known = usable[groups.ravel() == group], code >= 0
        donors = possible[(kept[possible][:, known] == code[known]).all(1)]
        people = len(np.unique(identity[donors]))
        if people <= _LEAST:
            raise _too_few(people, faces, keep, code)
        pool = min(_POOL, len(donors) - 1)
        features = found.match[donors]
        for begin in range(0, len(members), _BLOCK):
            here = members[begin : begin + _BLOCK]
            distance = (features**2).sum(1)[None] - 2 * found.match[here] @ features.T
            distance[identity[here][:, None] == identity[donors][None]] = np.inf
            best = np.argpartition(distance, pool - 1, 1)[:, :pool]
            others = np.isfinite(np.take_along_axis(distance, best, 1))
            result[here, :pool] = np.where(others, donors[best], -1)
    return result


def _too_few(people: int, faces: FaceSet, keep: Sequence[str], codes: Codes) -> TrainingError:
    """The error of a group of kept labels, whose codes these are, that has no more people than this."""
    if not keep:
        return TrainingError(f"only {people} people have a sharp face, {_LEAST + 1} are needed", "add people")
    values = (
        faces.values(name)[code] if code >= 0 else "unknown" for name, code in zip(keep, codes, strict=True)
    )
    group = ", ".join(f"{name} {value}" for name, value in zip(keep, values, strict=True))
    return TrainingError(
        f"only {people} people with a sharp face share the labels to keep ({group}), {_LEAST + 1} are needed",
        f"add such people, or keep fewer: --keep takes any of {', '.join(faces.told)}, or '' for none",
    )


class Surrogates:
    """Makes surrogates of stills.

    Args:
        images: uint8 RGB (N, side, side, 3).
        landmarks: of `find_landmarks`.
        found: traits of the stills.
    """

    def __init__(self, images: Image, landmarks: Landmarks, found: Traits) -> None:
        self._images, self._found = images, found
        self._points = landmarks.astype(np.float64) * images.shape[1]
        self._stiff = _STIFF * (images.shape[1] / 96) ** 2

    def of(self, row: int, donor: int) -> Image:
        """The surrogate of one still by one donor, uint8 RGB (side, side, 3)."""
        still = np.asarray(self._images[row], np.float32)
        side = still.shape[0]
        face = _warp(np.asarray(self._images[donor]), self._onto(row, donor), side)
        back = _matrix(
            1 / self._found.turn[row : row + 1], -(self._found.move / self._found.turn)[row : row + 1]
        )
        oval = np.asarray(cv2.warpAffine(_OVAL, back[0], (side, side)), np.float32)[:, :, None]
        head = np.asarray(cv2.warpAffine(_HEAD, back[0], (side, side)), np.float32)[:, :, None]
        gain = (_mean_colour(still, oval) + 8) / (_mean_colour(face, oval) + 8)
        around, own = _thumbnail(still), _thumbnail(face)
        contrast = (around.mean(2, keepdims=True) + 20) / (own.mean(2, keepdims=True) + 20)
        outside = (face - own) * np.clip(contrast, 0.5, 1.6) + around
        light = np.clip(gain.mean(), 0.4, 2.2)
        made = head * face * light * np.clip(gain / gain.mean(), 0.75, 1.33) + (1 - head) * outside
        return np.asarray(np.clip(made, 0, 255), np.uint8)

    def _onto(self, row: int, donor: int) -> Floats:
        """(2, 3) the affine map of the donor's pixels to the still's: a similarity, bent to the landmarks."""
        found, points = self._found, self._points[donor]
        turn = found.turn[donor] / found.turn[row]
        move = (found.move[donor] - found.move[row]) / found.turn[row]
        similar = _matrix(np.array([turn]), np.array([move]))[0]
        left = self._points[row] - points @ similar[:, :2].T - similar[:, 2]
        centre = points.mean(0)
        arms = np.concatenate([points - centre, np.ones((5, 1))], 1)
        gram = arms.T @ arms + np.diag([self._stiff, self._stiff, 1e-3])
        bend = np.linalg.solve(gram, arms.T @ left).T.copy()
        bend[:, 2] -= bend[:, :2] @ centre
        return np.asarray(similar + bend)


def _similarity(
    points: Floats, mean: Floats
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]:
    """Least squares of turn · p + move = mean over (N, 5, 2) points."""
    p, q = points @ [1, 1j], mean @ [1, 1j]
    middle = p.mean(1, keepdims=True)
    turn = ((q - q.mean()) * np.conj(p - middle)).sum(1) / (np.abs(p - middle) ** 2).sum(1).clip(1e-6)
    return turn, q.mean() - turn * middle[:, 0]


def _matrix(turn: npt.NDArray[np.complex128], move: npt.NDArray[np.complex128]) -> Floats:
    """(n, 2, 3) affine maps of complex similarities."""
    rows = [[turn.real, -turn.imag, move.real], [turn.imag, turn.real, move.imag]]
    return np.asarray(np.array(rows).transpose(2, 0, 1), np.float64)


def _warp(image: npt.NDArray[np.uint8], matrix: Floats, side: int) -> npt.NDArray[np.float32]:
    warped = cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.float32)


def _thumbnail(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The 8×8 thumbnail that the painter is given, enlarged."""
    small = cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _level(patch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Without brightness and contrast, flat; the 4 keeps noise in flat patches small."""
    return np.asarray(((patch - patch.mean()) / (patch.std() + 4)).ravel(), np.float32)


def _mean_colour(image: npt.NDArray[np.float32], oval: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray((image * oval).sum((0, 1)) / (oval.sum() + 1e-3))


def _code(looks: npt.NDArray[np.float32], explained: Floats, rows: Codes) -> npt.NDArray[np.float32]:
    """What is left of appearances when pose, light, expression and kept labels are known, in LOOK numbers.

    Where there are fewer faces than that, the rest are 0.
    """
    detail = min(_DETAIL, len(rows) - 1)
    main = project(looks.astype(np.float64), detail, rows)
    known = explained[rows]
    weights = np.linalg.solve(known.T @ known + _RIDGE * np.eye(known.shape[1]), known.T @ main[rows])
    left = main - explained @ weights
    code = np.zeros((len(looks), LOOK), np.float32)
    scores = project(left, min(LOOK, detail), rows)
    code[:, : scores.shape[1]] = scores / scores[rows].std(0).clip(1e-6)
    return code.clip(-_BEYOND, _BEYOND)


def _soft_oval(centre: float, across: float, down: float) -> npt.NDArray[np.float32]:
    """(48, 48, 1): 1 in an oval of an aligned face, 0 outside it, with a soft edge.

    Args:
        centre: its row; across, down: its radii, in pixels.
    """
    y, x = np.mgrid[:_SIDE, :_SIDE]
    t = np.clip((1.25 - np.hypot((x - _SIDE / 2) / across, (y - centre) / down)) / 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)[:, :, None]


_OVAL = _soft_oval(27, 15, 19)  # the face
_HEAD = _soft_oval(24.6, 19.6, 24.5)  # with most of the hair
