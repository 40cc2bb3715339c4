"""IV-B, Fig. 5 and Table II: are de-identified faces still found as faces, and how surely?

The paper takes "the mean Average Precision in each split" of samples of 90 % of its test data, drawn with
repetition, 50 as in its Table III; it says neither what counts as found, nor where the faces are. Read here
as: there is one class, so that the mean is over the splits alone; each region holds one face, whose box is
known from how regions are framed (FACE); a detection is right if it overlaps that box by half (intersection
over union), and is the strongest that does; every other detection is wrong, but for those that lie on what
is mirrored round a region (NEAR): whole rows of half faces, which are the mosaic's. AP is the sum over
detections, strongest first, of precision times gain in recall (no interpolation). The box is where a
detector mostly sees a face: a face that sits elsewhere in its region counts as missed there, raw ones above
all, as replaced ones are painted in the middle. Whether a face is found at all (`found`) asks less: that a
sure detection lies near the middle of its region; and `kept` is the share of those faces found raw that are
found replaced too, whatever else is found.

Two detectors look: CenterFace in full precision, which is of the make of the instrument's own, and MTCNN,
the paper's, for which fewer faces have to do (MOSAICS): it takes seconds for a picture. The sets are others
than the paper's: figures go with those of x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.detect import CenterFaceDetector, full_precision
from uunet.geometry import paste
from uunet.types import Box, Detection, FaceDetector
from uunet_lab.evaluation.baselines import BASELINES
from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Kind
from uunet_lab.measuring.agreement import correlation
from uunet_lab.measuring.mosaic import COLUMNS, ROWS, Image, Mosaic
from uunet_lab.measuring.resampling import Codes, Floats, mean_over_people, over_people

Shares = tuple[float, float, float, float]

FACE: Shares = (0.165, 0.037, 0.805, 0.868)
"""x0, y0, x1, y1 of CenterFace's box in a region, as shares of its side: the median of 138 raw faces of
FairFace; half of them lie within .06 of it across and .03 down."""

FACE_MTCNN: Shares = (0.148, -0.032, 0.802, 0.864)
"""MTCNN's, of 133 raw faces of FairFace in which it found one."""

MOSAICS = 6
"""Pictures of faces that MTCNN looks at."""

NEAR = 0.3
"""How far from a region's middle a detection's centre may lie, as a share of its side, across and down."""

OVERLAP = 0.5
WEAKEST = 0.05  # score from which a detection counts; lower ones come after almost all faces
SURE = 0.3  # score from which a face is called found, as in `evaluate pair`
SPLITS, SHARE = 50, 0.9
BINS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a detector found in n regions.

    Attributes:
        confidence: (n,) f_c, the score of the right detection; 0 where there is none.
        score, region, right: (m,) of all detections, strongest first: region is that on which it lies.
    """

    confidence: Floats
    score: Floats
    region: Codes
    right: npt.NDArray[np.bool_]

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """(n,) whether a sure detection lies on a region, wherever its sides are."""
        there = np.zeros(len(self.confidence), bool)
        there[self.region[self.score >= SURE]] = True
        return there

    def precision(self, weight: Floats) -> float:
        """AP, if each region counts `weight` (n,) times."""
        counted = weight[self.region]
        hits = np.cumsum(counted * self.right)
        precision = hits / np.maximum(np.cumsum(counted), 1e-12)
        return float((precision * counted * self.right).sum() / weight.sum())


def strict_detector() -> CenterFaceDetector:
    """CenterFace without quantisation at twice the size: a judge does not change with what ships."""
    return CenterFaceDetector(WEAKEST, scale=2.0, engine=full_precision())


def find(detector: FaceDetector, mosaics: Sequence[Mosaic], face: Shares = FACE) -> Found:
    """Look for faces in all regions; `face` is where one is in a region, as this detector sees it."""
    count = 0
    score, region, right = [], [], []
    for mosaic in mosaics:
        used: set[int] = set()
        middles = np.array([(box.x + box.w / 2, box.y + box.h / 2) for box in mosaic.boxes])
        for seen in sorted(detector.detect(mosaic.picture, 0, 0), key=lambda found: -found.score):
            centre = (seen.x0 + seen.x1) / 2, (seen.y0 + seen.y1) / 2
            away = np.abs(middles - centre).max(1)
            nearest = int(away.argmin())
            if away[nearest] > NEAR * mosaic.boxes[nearest].w:
                continue
            hit = nearest not in used and overlap(seen, mosaic.boxes[nearest], face) >= OVERLAP
            used |= {nearest} if hit else set()
            score.append(seen.score)
            region.append(count + nearest)
            right.append(hit)
        count += len(mosaic.boxes)
    order = np.argsort(-np.array(score), kind="stable")
    scores, regions = np.array(score)[order], np.array(region, np.int64)[order]
    hits = np.array(right, bool)[order]
    confidence = np.zeros(count)
    confidence[regions[hits]] = scores[hits]
    return Found(confidence, scores, regions, hits)


def found_in(bench: Bench, kind: Kind) -> Found:
    """What the detector finds in all faces of a kind; it looks once, whoever asks."""
    if kind not in bench.found:
        bench.found[kind] = find(bench.detector, bench.gallery.mosaics(kind))
    return bench.found[kind]


def overlap(seen: Detection, region: Box, face: Shares = FACE) -> float:
    """Intersection over union of a detection and of the face that a region is known to hold."""
    x0, y0, x1, y1 = (
        corner + share * side
        for corner, share, side in zip((region.x, region.y) * 2, face, (region.w, region.h) * 2, strict=True)
    )
    common = max(min(seen.x1, x1) - max(seen.x0, x0), 0) * max(min(seen.y1, y1) - max(seen.y0, y0), 0)
    areas = (x1 - x0) * (y1 - y0) + (seen.x1 - seen.x0) * (seen.y1 - seen.y0)
    return float(common / (areas - common))


def hide(mosaic: Mosaic, baseline: Callable[[Image], Image]) -> Mosaic:
    """Regions hidden as the instrument hides them, with its soft border, but by a baseline."""
    picture = mosaic.picture.copy()
    for box, face in zip(mosaic.boxes, mosaic.faces(), strict=True):
        paste(picture, box, np.asarray(baseline(face) / 255, np.float32))
    return mosaic.with_picture(picture)


def splits(found: Found, seed: int = 0) -> dict[str, float]:
    """Mean and standard deviation of AP over SPLITS samples of SHARE of the regions, with repetition."""
    n, rng = len(found.confidence), np.random.default_rng(seed)
    values = []
    for _ in range(SPLITS):
        drawn = rng.integers(0, n, round(SHARE * n))
        values.append(found.precision(np.bincount(drawn, minlength=n).astype(np.float64)))
    return {"mean": round(float(np.mean(values)), 3), "sd": round(float(np.std(values, ddof=1)), 3)}


def _measure(bench: Bench) -> dict[str, Any]:
    x = bench.gallery.mosaics("x")
    found = {"x": found_in(bench, "x"), "a": found_in(bench, "a")}
    for name, way in BASELINES.items():
        found[name] = find(bench.detector, [hide(mosaic, way) for mosaic in x])
    return _figures(found, bench.gallery.identity)


def _measure_mtcnn(bench: Bench) -> dict[str, Any]:
    mtcnn, x = bench.second_detector(), bench.gallery.mosaics("x")[:MOSAICS]
    looked: dict[str, Sequence[Mosaic]] = {"x": x, "a": bench.gallery.mosaics("a")[:MOSAICS]}
    looked |= {name: [hide(mosaic, way) for mosaic in x] for name, way in BASELINES.items()}
    found = {name: find(mtcnn, mosaics, FACE_MTCNN) for name, mosaics in looked.items()}
    return _figures(found, bench.gallery.identity[: sum(len(mosaic.boxes) for mosaic in x)])


def _figures(found: Mapping[str, Found], person: Codes) -> dict[str, Any]:
    raw, there = found["x"].confidence, found["x"].there
    return {
        "faces": len(raw),
        "confidence": {name: mean_over_people(seen.confidence, person) for name, seen in found.items()},
        "pearson_x": {
            name: over_people(partial(correlation, raw, seen.confidence), person)
            for name, seen in found.items()
            if name != "x"
        },
        "ap": {name: over_people(seen.precision, person) for name, seen in found.items()},
        "ap_splits": {name: splits(seen) for name, seen in found.items()},
        "found": {
            name: mean_over_people(seen.there.astype(np.float64), person) for name, seen in found.items()
        },
        "kept": {
            name: mean_over_people(seen.there[there].astype(np.float64), person[there])
            for name, seen in found.items()
            if name != "x" and there.any()
        },
        "histogram_x_a": {"bins": BINS, "counts": joint(raw, found["a"].confidence)},
    }


def joint(of_x: Floats, of_a: Floats) -> list[list[int]]:
    """BINS × BINS counts over [0, 1]²: rows are bins of f_c(x), columns of f_c(a)."""
    edges = np.linspace(0, 1, BINS + 1)
    return [[int(count) for count in row] for row in np.histogram2d(of_x, of_a, (edges, edges))[0]]


DETECTION = Experiment(
    "Face detection in raw and de-identified faces, and in simple baselines",
    "IV-B, Fig. 5, Table II",
    needs=(),
    recognises=False,
    measure=_measure,
)

DETECTION_MTCNN = Experiment(
    f"The same with MTCNN, the paper's detector, on {MOSAICS * COLUMNS * ROWS} of the faces at most",
    "IV-B, Fig. 5, Table II",
    needs=(),
    recognises=False,
    measure=_measure_mtcnn,
    second=True,
)
