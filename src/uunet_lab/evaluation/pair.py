"""How good a pair of models is: privacy of a, quality of r, on people whom training never saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.detect import CenterFaceDetector, full_precision
from uunet.video import EncodeSettings
from uunet_lab.evaluation.labels import LabelProbe, label_agreement
from uunet_lab.measuring.judge import DlibDetector, Recogniser, auc, decidability_daugman
from uunet_lab.measuring.mosaic import COLUMNS, ROWS, Image, Mosaic
from uunet_lab.measuring.pair import Pair, psnr, ssim, through_codec
from uunet_lab.measuring.results import interval

Floats = npt.NDArray[np.float64]

CRFS = (18, 23, 28)
"""H.264, from what is published by default to a poor copy."""

SIZES = (24, 32, 48, 64, 96)
"""Pixels; the stills have no detail for larger ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Judges:
    """Who judges stills.

    Attributes:
        recogniser: says who is who.
        detector: a second one, beside the instrument's.
        gender: tells the gender from descriptors, with the truth of each still (0 or 1); None leaves it out.
    """

    recogniser: Recogniser
    detector: DlibDetector
    gender: tuple[LabelProbe, npt.NDArray[np.int64]] | None


def measure_stills(stills: Sequence[Image], pair: Pair, judges: Judges, margin: float) -> dict[str, Any]:
    """Privacy and restoration on single images, one per person.

    Args:
        stills: RGB, square.
        pair: the models.
        judges: of recognition, detection and gender.
        margin: see `Mosaic.of`.
    """
    quality: dict[str, list[Floats]] = defaultdict(list)
    seen: dict[str, list[Image]] = defaultdict(list)
    found = np.zeros((2, len(stills)))
    detector = CenterFaceDetector(0.3, scale=2.0, engine=full_precision())  # a judge does not change
    per = COLUMNS * ROWS
    for begin in range(0, len(stills), per):
        x = Mosaic.of(stills[begin : begin + per], margin)
        a = pair.mask(x, begin)
        r = pair.unmask(a)
        faces = {"x": x.faces(), "a": a.faces(), "r": r.faces()}
        quality["psnr_clean"].append(psnr(faces["x"], faces["r"]))
        quality["ssim_clean"].append(ssim(faces["x"], faces["r"]))
        for crf in CRFS:
            coded = through_codec(x, pair, EncodeSettings(crf=crf))
            faces[f"r{crf}"] = pair.unmask(coded).faces()
            quality[f"psnr_h264_crf{crf}"].append(psnr(faces["x"], faces[f"r{crf}"]))
            if crf == CRFS[0]:
                faces[f"a{crf}"] = coded.faces()
        for row, shown in enumerate((x, a)):
            centres = [((d.x0 + d.x1) / 2, (d.y0 + d.y1) / 2) for d in detector.detect(shown.picture, 0, 0)]
            for i, box in enumerate(shown.boxes):
                found[row, begin + i] = any(
                    abs(cx - box.x - 32) < 20 and abs(cy - box.y - 32) < 20 for cx, cy in centres
                )
        for name, several in faces.items():
            seen[name] += several
    metrics: dict[str, Any] = {name: interval(np.concatenate(parts)) for name, parts in quality.items()}
    metrics["detected_x"], metrics["detected_a"] = (round(float(row.mean()), 3) for row in found)
    metrics["detected_a_relative"] = round(float(found[1][found[0] > 0].mean()), 3)
    by_dlib = np.array([[judges.detector.finds(face) for face in seen[name]] for name in ("x", "a")])
    metrics["dlib_detected_x"], metrics["dlib_detected_a"] = (round(float(row.mean()), 3) for row in by_dlib)
    metrics["dlib_detected_a_relative"] = round(float(by_dlib[1][by_dlib[0]].mean()), 3)
    described = {name: judges.recogniser.describe(faces) for name, faces in seen.items()}
    for name in (name for name in seen if name != "x"):
        metrics[f"auc_x_{name}"] = round(auc(described["x"], described[name]), 3)
        metrics[f"dprime_x_{name}"] = round(decidability_daugman(described["x"], described[name]), 3)
    if judges.gender is not None:
        probe, truth = judges.gender
        of_x, of_a = (probe.scores(described[name]) for name in ("x", "a"))
        metrics["gender"] = label_agreement(of_x, of_a, truth)
    return metrics


def measure_sizes(stills: Sequence[Image], pair: Pair, margin: float) -> dict[str, Any]:
    """Restoration of regions of several sizes, without a codec and after H.264, at the size that they have.

    Args:
        stills, pair, margin: as above; as many stills as one picture holds are used.
    """
    stills, sizes = stills[: COLUMNS * ROWS], {}
    for side in SIZES:
        x = Mosaic.of(stills, margin, side)
        raw = x.faces()
        published = {
            "psnr_clean": pair.mask(x),
            f"psnr_h264_crf{CRFS[0]}": through_codec(x, pair, EncodeSettings(crf=CRFS[0])),
        }
        sizes[str(side)] = {
            name: interval(psnr(raw, pair.unmask(a).faces())) for name, a in published.items()
        }
    return sizes


def faces_to_show(stills: Sequence[Image], pair: Pair, margin: float) -> list[list[Image]]:
    """x, a and r of some stills, without a codec, to look at."""
    x = Mosaic.of(stills, margin)
    a = pair.mask(x)
    return [x.faces(), a.faces(), pair.unmask(a).faces()]


def measure_people(
    pairs: Sequence[tuple[Image, Image]], pair: Pair, judge: Recogniser, margin: float
) -> dict[str, Any]:
    """Recognition across two different images of each person, x and a' of Fig. 6, a pair for each.

    Args:
        pairs: two stills of each person, another image each.
        pair, judge, margin: as above.
    """
    named: dict[str, list[Image]] = defaultdict(list)
    per = COLUMNS * ROWS
    for begin in range(0, len(pairs), per):
        chunk = pairs[begin : begin + per]
        first, second = (Mosaic.of([two[i] for two in chunk], margin) for i in (0, 1))
        public = pair.mask(second, begin)
        named["x"] += first.faces()
        named["x'"] += second.faces()
        named["a'"] += public.faces()
        named["r'"] += pair.unmask(public).faces()
    described = {name: judge.describe(faces) for name, faces in named.items()}
    return {
        f"{figure} x {other}": round(compute(described["x"], described[other]), 3)
        for other in ("x'", "a'", "r'")
        for figure, compute in (("auc", auc), ("dprime", decidability_daugman))
    }
