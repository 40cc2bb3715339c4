"""IV-G, Fig. 12: are the pose, the background and the expression of a replaced face those of the real one?

The paper's estimators were trained for it (Deep Head Pose, a segmentation of skin and hair, a classifier of
expressions); here all three come from dlib's 68 landmarks. Pose: the rotation of a rigid head that fits them
(`measuring.pose`). Where it fits badly in x or in a (MISFIT), the paper's people looked and rejected faces;
here the fit decides, and the share is given. Background: what lies outside the head of x, the convex hull of
its landmarks and of a forehead, enlarged (HEAD_SCALE); residuals there are Euclidean distances in CIE L*a*b*
(D65), and where a region keeps its surroundings they are none. Expression: five ratios of distances
(`measuring.expression`), Pearson's coefficient of each in x and a, and how often both lie on the same side of
the median in x (a half by chance). How much two strangers differ says what keeping nothing would give.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from skimage.color import rgb2lab

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.measuring.agreement import correlation
from uunet_lab.measuring.expression import EXPRESSION, expression
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.pose import ANGLES, pose
from uunet_lab.measuring.resampling import Codes, Floats, mean_over_people, over_people

Compared = Literal["a", "r", "stranger"]
COMPARED: tuple[Compared, ...] = ("a", "r", "stranger")
"""With x: the same face replaced, restored, and another person's raw one."""

MISFIT = 0.15
"""Distance of a rigid head from its landmarks, in distances between the eyes, above which no pose is read."""

HEAD_SCALE = 1.3
_FOREHEAD = 1.0  # how far it reaches above the brows, in distances of brows and nose tip
LEAST_BACKGROUND = 0.05  # share of a region below which it has none
POSE_BINS, LARGEST_ANGLE = 30, 1.0
COLOUR_BINS, LARGEST_COLOUR = 40, 60.0


def head(points: Floats, side: int) -> npt.NDArray[np.bool_]:
    """(side, side), True where the head is.

    Args:
        points: (68, 2) landmarks in shares of the side.
        side: of the region.
    """
    brows, tip = points[17:27], points[30]
    forehead = brows + _FOREHEAD * (brows.mean(0) - tip)
    outline = np.concatenate([points, forehead])
    middle = outline.mean(0)
    corners = ((middle + HEAD_SCALE * (outline - middle)) * side).astype(np.float32)
    mask = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(cv2.convexHull(corners)).astype(np.int32), 1)
    return mask > 0


def colour_residuals(first: Image, second: Image) -> Floats:
    """(h, w) Euclidean distance in CIE 1976 L*a*b* of two uint8 RGB images (h, w, 3)."""
    one, other = (rgb2lab(image) for image in (first, second))
    return np.asarray(np.linalg.norm(one - other, axis=2), np.float64)


def strangers(identity: Codes) -> Codes:
    """(n,) for each position one of another person; itself where there is nobody else."""
    n = len(identity)
    found = np.arange(n)
    for shift in [*range(n // 2, n), *range(1, n // 2)]:
        still, other = found == np.arange(n), np.roll(np.arange(n), shift)
        found = np.where(still & (identity[other] != identity), other, found)
    return found


def _pose(points: dict[str, Floats], person: Codes) -> dict[str, Any]:
    angles, misfit = zip(*(pose(points[kind]) for kind in ("x", *COMPARED)), strict=True)
    x, *others = angles
    fits = [found <= MISFIT for found in misfit]
    found: dict[str, Any] = {
        "rejected": mean_over_people((~(fits[0] & fits[1])).astype(np.float64), person),
    }
    for kind, other, fit in zip(COMPARED, others, fits[1:], strict=True):
        kept = fits[0] & fit
        found[kind] = {"n": int(kept.sum())}
        if kept.any():
            found[kind] |= {name: _angle(x[kept, i], other[kept, i], person[kept]) for i, name in _angles()}
    return found


def _angles() -> list[tuple[int, str]]:
    return list(enumerate(ANGLES))


def _angle(x: Floats, other: Floats, person: Codes) -> dict[str, Any]:
    away = np.abs(x - other)
    inside = np.minimum(away, LARGEST_ANGLE)
    return {
        "error": mean_over_people(away, person),
        "sd": round(float(away.std()), 3),
        "pearson": over_people(partial(correlation, x, other), person),
        "counts": np.histogram(inside, POSE_BINS, (0, LARGEST_ANGLE))[0].tolist(),
    }


def _background(images: dict[str, list[Image]], points: Floats, person: Codes) -> dict[str, Any]:
    heads = np.stack(
        [head(found, len(image)) for found, image in zip(points, images["x"], strict=True)],
    )
    kept = np.flatnonzero((~heads).mean((1, 2)) >= LEAST_BACKGROUND)
    found: dict[str, Any] = {"n": len(kept), "share": round(float((~heads).mean()), 3)}
    for kind in COMPARED if len(kept) else ():
        away = [colour_residuals(images["x"][i], images[kind][i]) for i in kept]
        outside = [residual[~heads[i]] for i, residual in zip(kept, away, strict=True)]
        inside = [residual[heads[i]] for i, residual in zip(kept, away, strict=True)]
        levels = np.minimum(np.concatenate(outside), LARGEST_COLOUR)
        found[kind] = {
            "background": mean_over_people(np.array([one.mean() for one in outside]), person[kept], 2),
            "head": mean_over_people(np.array([one.mean() for one in inside]), person[kept], 2),
            "counts": np.histogram(levels, COLOUR_BINS, (0, LARGEST_COLOUR))[0].tolist(),
        }
    return found


def _expression(points: dict[str, Floats], person: Codes) -> dict[str, Any]:
    measured = {kind: expression(found) for kind, found in points.items()}
    median = np.median(measured["x"], 0)
    found: dict[str, Any] = {}
    for kind in COMPARED:
        same = ((measured["x"] > median) == (measured[kind] > median)).astype(np.float64)
        found[kind] = {
            name: {
                "pearson": over_people(
                    partial(correlation, measured["x"][:, i], measured[kind][:, i]), person
                ),
                "agree": mean_over_people(same[:, i], person),
            }
            for i, name in enumerate(EXPRESSION)
        }
        found[kind]["agree"] = mean_over_people(same.mean(1), person)
    return found


def _measure(bench: Bench) -> dict[str, Any]:
    gallery, finder = bench.gallery, bench.landmark_finder()
    images = {kind: gallery.images(kind) for kind in ("x", "a", "r")}
    points = {kind: finder.find(faces) for kind, faces in images.items()}
    other = strangers(gallery.identity)
    images["stranger"] = [images["x"][i] for i in other]
    points["stranger"] = points["x"][other]
    person = gallery.identity
    return {
        "pose": _pose(points, person) | {"bins": POSE_BINS, "largest": LARGEST_ANGLE, "misfit": MISFIT},
        "background": _background(images, points["x"], person)
        | {"bins": COLOUR_BINS, "largest": LARGEST_COLOUR},
        "expression": _expression(points, person),
    }


SCENE = Experiment(
    "Pose, background and expression of replaced and restored faces",
    "IV-G, Fig. 12",
    needs=("two people",),
    recognises=False,
    measure=_measure,
    landmarks=True,
)
