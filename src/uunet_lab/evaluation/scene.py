"""IV-G, Fig. 12: are the pose, the background and the expression of a replaced face those of the real one?

The paper's estimators are nets that others trained (Deep Head Pose, a segmentation of skin and hair, a
classifier of expressions); here all three come from dlib's 68 landmarks. Pose: the rotation of a rigid head
that fits them (`measuring.pose`). Where it fits badly in x or in a (MISFIT), the paper's people looked and
rejected faces; here the fit decides, and the share is given. Background: what lies outside both heads, each
the convex hull of its landmarks and of a forehead, enlarged (HEAD_SCALE); residuals there are Euclidean
distances in CIE L*a*b* (D65), and where a region keeps its surroundings they are none. Expression: five
ratios of distances (`measuring.expression`), Pearson's coefficient of each in x and a, and how often both
lie on the same side of the median in x (a half by chance). How much two strangers differ says what keeping
nothing would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from skimage.color import rgb2lab

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Kind
from uunet_lab.evaluation.sampling import impostor_pairs
from uunet_lab.measuring.agreement import correlation
from uunet_lab.measuring.expression import EXPRESSION, expression
from uunet_lab.measuring.mosaic import Image
from uunet_lab.measuring.pose import ANGLES, pose
from uunet_lab.measuring.resampling import Codes, Floats, mean_over_people, over_people

Compared = Literal["a", "r", "stranger"]
"""With x: the same face replaced, restored, and raw ones of other people."""

KINDS: tuple[Kind, ...] = ("x", "a", "r")
STRANGERS = 4

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


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Raw faces, and what each is compared with.

    Attributes:
        x: (m,) positions of raw faces.
        kind: of the others.
        other: (m,) their positions.
    """

    x: Codes
    kind: Kind
    other: Codes


def pairs(identity: Codes) -> dict[Compared, Pairs]:
    """Each face with itself replaced and restored, and with raw ones of STRANGERS other people, at random."""
    itself = np.arange(len(identity))
    first, second = impostor_pairs(identity, STRANGERS * len(identity)).T
    return {
        "a": Pairs(itself, "a", itself),
        "r": Pairs(itself, "r", itself),
        "stranger": Pairs(first, "x", second),
    }


def _pose(points: Mapping[Kind, Floats], compared: dict[Compared, Pairs], person: Codes) -> dict[str, Any]:
    angles: dict[Kind, Floats] = {}
    fits: dict[Kind, npt.NDArray[np.bool_]] = {}
    for kind, found in points.items():
        angles[kind], misfit = pose(found)
        fits[kind] = misfit <= MISFIT
    figures: dict[str, Any] = {
        "rejected": mean_over_people((~(fits["x"] & fits["a"])).astype(np.float64), person),
    }
    for name, pair in compared.items():
        kept = fits["x"][pair.x] & fits[pair.kind][pair.other]
        figures[name] = {"n": int(kept.sum())}
        if kept.any():
            x, other = angles["x"][pair.x][kept], angles[pair.kind][pair.other][kept]
            whose = person[pair.x][kept]
            figures[name] |= {angle: _angle(x[:, i], other[:, i], whose) for i, angle in enumerate(ANGLES)}
    return figures | {"bins": POSE_BINS, "largest": LARGEST_ANGLE, "misfit": MISFIT}


def _angle(x: Floats, other: Floats, person: Codes) -> dict[str, Any]:
    away = np.abs(x - other)
    inside = np.minimum(away, LARGEST_ANGLE)
    return {
        "error": mean_over_people(away, person),
        "sd": round(float(away.std()), 3),
        "pearson": over_people(partial(correlation, x, other), person),
        "counts": np.histogram(inside, POSE_BINS, (0, LARGEST_ANGLE))[0].tolist(),
    }


def _background(
    images: Mapping[Kind, list[Image]],
    points: Mapping[Kind, Floats],
    compared: dict[Compared, Pairs],
    person: Codes,
) -> dict[str, Any]:
    heads = {
        kind: np.stack([head(one, len(image)) for one, image in zip(found, images[kind], strict=True)])
        for kind, found in points.items()
    }
    alone = (~heads["x"]).mean((1, 2))
    figures: dict[str, Any] = {
        "n": int((alone >= LEAST_BACKGROUND).sum()),
        "share": round(float(alone.mean()), 3),
    }
    for name, pair in compared.items():
        either = heads["x"][pair.x] | heads[pair.kind][pair.other]
        kept = np.flatnonzero((~either).mean((1, 2)) >= LEAST_BACKGROUND)
        if not len(kept):
            continue
        of_x, others = pair.x[kept], pair.other[kept]
        away = [
            colour_residuals(images["x"][i], images[pair.kind][j])
            for i, j in zip(of_x.tolist(), others.tolist(), strict=True)
        ]
        outside = [residual[~one] for one, residual in zip(either[kept], away, strict=True)]
        inside = [residual[one] for one, residual in zip(either[kept], away, strict=True)]
        levels = np.minimum(np.concatenate(outside), LARGEST_COLOUR)
        figures[name] = {
            "background": mean_over_people(np.array([one.mean() for one in outside]), person[of_x], 2),
            "head": mean_over_people(np.array([one.mean() for one in inside]), person[of_x], 2),
            "counts": np.histogram(levels, COLOUR_BINS, (0, LARGEST_COLOUR))[0].tolist(),
        }
    return figures | {"bins": COLOUR_BINS, "largest": LARGEST_COLOUR}


def _expression(
    points: Mapping[Kind, Floats], compared: dict[Compared, Pairs], person: Codes
) -> dict[str, Any]:
    measured = {kind: expression(found) for kind, found in points.items()}
    median = np.median(measured["x"], 0)
    figures: dict[str, Any] = {}
    for name, pair in compared.items():
        x, other, whose = measured["x"][pair.x], measured[pair.kind][pair.other], person[pair.x]
        same = ((x > median) == (other > median)).astype(np.float64)
        figures[name] = {
            ratio: {
                "pearson": over_people(partial(correlation, x[:, i], other[:, i]), whose),
                "agree": mean_over_people(same[:, i], whose),
            }
            for i, ratio in enumerate(EXPRESSION)
        }
        figures[name]["agree"] = mean_over_people(same.mean(1), whose)
    return figures


def _measure(bench: Bench) -> dict[str, Any]:
    gallery, finder = bench.gallery, bench.landmark_finder()
    images = {kind: gallery.images(kind) for kind in KINDS}
    points: dict[Kind, Floats] = {kind: finder.find(images[kind]) for kind in KINDS}
    compared, person = pairs(gallery.identity), gallery.identity
    return {
        "pose": _pose(points, compared, person),
        "background": _background(images, points, compared, person),
        "expression": _expression(points, compared, person),
    }


SCENE = Experiment(
    "Pose, background and expression of replaced and restored faces",
    "IV-G, Fig. 12",
    needs=("two people",),
    recognises=False,
    measure=_measure,
    landmarks=True,
)
