"""Surrogate faces: what the painter learns to paint in place of a face.

A surrogate of a still is the mean of a few faces of other people in the same pose, light and expression and
with the same kept labels, each warped onto the still's five landmarks and put into its light: the k-Same of
Newton, Sweeney and Malin (2005), with aligned faces. It takes nothing from the still but what it is matched
by, its landmarks and its thumbnail, so a network that is taught to paint it has no reason to pass on more.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.index import Codes
from uunet_lab.datasets.landmarks import SURE, Landmarks
from uunet_lab.training.errors import TrainingError

Floats = npt.NDArray[np.float64]

MOUTH = 3
"""Principal components of the mouth that stand for the expression."""

LOOK = 4
"""Principal components by which the code z chooses among the matching faces."""

_SIDE = 48  # of an aligned face
_MEAN_FACE = _SIDE * np.array([[0.34, 0.40], [0.66, 0.40], [0.5, 0.58], [0.37, 0.74], [0.63, 0.74]])
_MOUTH = (slice(28, 44), slice(12, 36))  # of an aligned face: rows, columns
_FACE = (slice(8, 44), slice(6, 42))
_LIGHT = 6  # cells a side by which the light on a face is compared
_POOL = 40  # matching faces among which z chooses
_LEAST = 8  # fewer to choose from would show who they are
_OTHER_LABEL = 6.0  # added to the squared distance for each label that is not kept and differs
_STIFF = 40.0  # how much a warp keeps to rotation and scaling, in pixels²
_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What faces are matched and told apart by.

    Attributes:
        turn, move: (N,) complex: landmark p of the still, x + iy in its pixels, is turn · p + move in the
            aligned face.
        match: (N, d) pose, light and expression, in units in which distances can be added.
        mouth: (N, MOUTH) the expression, mean 0 and standard deviation 1.
        look: (N, LOOK) the appearance of the aligned face.
        sure: (N,) whether the landmarks may be trusted.
    """

    turn: npt.NDArray[np.complex128]
    move: npt.NDArray[np.complex128]
    match: npt.NDArray[np.float32]
    mouth: npt.NDArray[np.float32]
    look: npt.NDArray[np.float32]
    sure: npt.NDArray[np.bool_]


def traits(
    images: npt.NDArray[np.uint8], landmarks: Landmarks, scores: npt.NDArray[np.float32], rows: Codes
) -> Traits:
    """Measure the traits of stills.

    Args:
        images: uint8 RGB (N, side, side, 3).
        landmarks, scores: of `find_landmarks`.
        rows: by which the principal components are found, those of the training split.

    Raises:
        TrainingError: there are too few faces among the rows.
    """
    sure = scores >= SURE
    kept = rows[sure[rows]]
    if len(kept) < _LEAST:
        raise TrainingError(
            f"faces can be found in {len(kept)} of {len(rows)} images, which is too few to train on",
            "add images that show faces with some surroundings",
        )
    points = landmarks.astype(np.float64) * images.shape[1]
    turn, move = _similarity(points, _MEAN_FACE)
    aligned = turn[:, None] * (points @ [1, 1j]) + move[:, None]
    pose = np.stack([aligned.real, aligned.imag], 2) - _MEAN_FACE
    light, mouth, look = [], [], []
    for i in range(len(images)):
        face = _warp(np.asarray(images[i]), _matrix(turn[i : i + 1], move[i : i + 1])[0], _SIDE)
        grey = face.mean(2)
        light.append(_level(cv2.resize(grey[_FACE], (_LIGHT, _LIGHT), interpolation=cv2.INTER_AREA)))
        mouth.append(_level(cv2.resize(grey[_MOUTH], (16, 10), interpolation=cv2.INTER_AREA)))
        small = cv2.resize(face, (24, 24), interpolation=cv2.INTER_AREA)
        look.append(_level(small - cv2.GaussianBlur(small, (0, 0), 5)))
    expression = _components(np.stack(mouth), MOUTH, kept)
    match = np.concatenate([pose.reshape(-1, 10), 0.5 * np.stack(light), expression], 1)
    return Traits(
        turn,
        move,
        match.astype(np.float32),
        expression.astype(np.float32),
        _components(np.stack(look), LOOK, kept).astype(np.float32),
        sure,
    )


def nearest(
    found: Traits, identity: Codes, kept: npt.NDArray[np.int64], others: npt.NDArray[np.int64], rows: Codes
) -> Codes:
    """The faces of other people that match each still best, of the same kept labels.

    Args:
        found: traits of N stills.
        identity: (N,) who is in them.
        kept: (N, k) codes of the labels that surrogates share with their stills; -1 is unknown.
        others: (N, l) codes of labels that they share if that costs little.
        rows: which stills get neighbours, and may be neighbours.

    Returns:
        (N, pool) row numbers, without any order; -1 in rows that have none.

    Raises:
        TrainingError: too few people share a kept label.
    """
    usable = rows[found.sure[rows]]
    groups = np.unique(kept[usable], axis=0, return_inverse=True)[1].ravel()
    pool = _POOL
    for group in range(groups.max() + 1):
        people = len(np.unique(identity[usable[groups == group]]))
        if people <= _LEAST:
            raise TrainingError(
                f"only {people} people share a combination of the labels to keep",
                "keep fewer labels, or add people",
            )
        pool = min(pool, int((groups == group).sum()) - 1)
    result = np.full((len(identity), pool), -1, np.int64)
    for group in range(groups.max() + 1):
        members = usable[groups == group]
        features = found.match[members]
        for begin in range(0, len(members), _BLOCK):
            here = members[begin : begin + _BLOCK]
            distance = ((features**2).sum(1)[None] - 2 * found.match[here] @ features.T).astype(np.float64)
            for label in range(others.shape[1]):
                distance += (others[here, label][:, None] != others[members, label][None]) * _OTHER_LABEL
            distance[identity[here][:, None] == identity[members][None]] = np.inf
            best = np.argpartition(distance, pool - 1, 1)[:, :pool]
            enough = np.isfinite(np.take_along_axis(distance, best, 1)).sum(1) >= _LEAST
            chosen = np.where(np.isfinite(np.take_along_axis(distance, best, 1)), members[best], -1)
            result[here] = np.where(enough[:, None], chosen, -1)
    return result


class Surrogates:
    """Makes surrogates of stills.

    Args:
        images: uint8 RGB (N, side, side, 3).
        landmarks: of `find_landmarks`.
        found: traits of the stills.
        neighbours: of `nearest`.
    """

    def __init__(
        self, images: npt.NDArray[np.uint8], landmarks: Landmarks, found: Traits, neighbours: Codes
    ) -> None:
        self._images, self._found, self._neighbours = images, found, neighbours
        self._points = landmarks.astype(np.float64) * images.shape[1]

    def of(self, row: int, look: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.uint8]:
        """The surrogate of one still, uint8 RGB (side, side, 3).

        Args:
            row: which still; it has neighbours.
            look: (LOOK,) the direction of the appearance that is preferred.
            count: how many faces it is the mean of.
        """
        pool = self._neighbours[row]
        pool = pool[pool >= 0]
        chosen = pool[np.argsort(-(self._found.look[pool] @ look), kind="stable")[:count]]
        still = np.asarray(self._images[row], np.float32)
        side = still.shape[0]
        thumbnail = _thumbnail(still)
        brightness = thumbnail.mean(2, keepdims=True) + 20
        total = np.zeros_like(still)
        for other, matrix in zip(chosen, self._warps(chosen, row), strict=True):
            face = _warp(np.asarray(self._images[other]), matrix, side)
            own = _thumbnail(face)
            gain = np.clip(brightness / (own.mean(2, keepdims=True) + 20), 0.5, 1.6)
            total += (face - own) * gain
        return np.clip(total / len(chosen) + thumbnail, 0, 255).astype(np.uint8)

    def _warps(self, others: Codes, row: int) -> Floats:
        """(n, 2, 3) affine maps of the others' pixels to the still's: a similarity, bent to the landmarks."""
        turn = self._found.turn[others] / self._found.turn[row]
        move = (self._found.move[others] - self._found.move[row]) / self._found.turn[row]
        maps = _matrix(turn, move)
        points = self._points[others]
        mapped = np.einsum("nij,npj->npi", maps[:, :, :2], points) + maps[:, None, :, 2]
        left = self._points[row][None] - mapped
        centre = points.mean(1)
        arms = np.concatenate([points - centre[:, None], np.ones((len(points), 5, 1))], 2)
        stiff = np.diag([_STIFF, _STIFF, 1e-3])
        gram = np.einsum("npi,npj->nij", arms, arms) + stiff
        bend = np.linalg.solve(gram, np.einsum("npi,npj->nij", arms, left)).transpose(0, 2, 1).copy()
        bend[:, :, 2] -= np.einsum("nij,nj->ni", bend[:, :, :2], centre)
        return np.asarray(maps + bend)


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


def _components(values: npt.NDArray[np.float32], count: int, rows: Codes) -> Floats:
    """The first principal components, in units of their standard deviation in the rows."""
    centred = (values - values[rows].mean(0)).astype(np.float64)
    directions = np.linalg.eigh(centred[rows].T @ centred[rows])[1][:, ::-1][:, :count]
    scores = centred @ directions
    return np.asarray(scores / scores[rows].std(0).clip(1e-6))
