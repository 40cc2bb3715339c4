"""How good a pair of models is: privacy of a, quality of r, on people whom training never saw."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

from uunet.detect import CenterFaceDetector, full_precision
from uunet.masking import NoiseBank, Region, mask, unmask
from uunet.models import Restorer, Swapper
from uunet.types import PublicFrame, RawFrame
from uunet.video import EncodeSettings, PublicReader, PublicWriter, VideoInfo
from uunet_lab.evaluation.judge import DlibDetector, DlibJudge, auc, decidability
from uunet_lab.evaluation.labels import LabelProbe, label_agreement
from uunet_lab.evaluation.mosaic import COLUMNS, LAYOUT, ROWS, Image, Mosaic, shaken
from uunet_lab.evaluation.results import interval
from uunet_lab.training.cards import pair_cards

Floats = npt.NDArray[np.float64]

CRFS = (18, 23, 28)
"""H.264, from what is published by default to a poor copy."""

SIZES = (24, 32, 48, 64, 96)
"""Pixels; the stills have no detail for larger ones."""

_FRAMES = 24


class Pair:
    """The two models, run as the instrument runs them.

    Args:
        public, private: model files.
        seed: of the virtual identities.

    Raises:
        ModelError, TrainingError: they are no models, or no pair.
    """

    def __init__(self, public: Path, private: Path, seed: int = 1) -> None:
        pair_cards(public, private)
        self.swapper, self.restorer = Swapper(public), Restorer(private)
        self.noise = NoiseBank(seed, self.swapper.card.side)

    def mask(self, x: Mosaic, first_track: int = 0) -> Mosaic:
        """Regions replaced, each a track of its own."""
        regions = [Region(box, first_track + i) for i, box in enumerate(x.boxes)]
        return x.with_picture(mask(RawFrame(x.picture, 0, 0), regions, self.swapper, self.noise).picture)

    def unmask(self, a: Mosaic) -> Mosaic:
        """Published regions restored."""
        return a.with_picture(unmask(PublicFrame(a.picture, 0, 0), a.boxes, self.restorer).picture)


def psnr(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """Peak signal to noise ratio of each face, in dB, over RGB."""
    errors = [np.mean((a.astype(np.float64) - b) ** 2) for a, b in zip(x, r, strict=True)]
    return 10 * np.log10(255**2 / np.maximum(errors, 1e-3))


def ssim(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """Structural similarity of each face (Wang et al. 2004)."""
    scores = [structural_similarity(a, b, channel_axis=2) for a, b in zip(x, r, strict=True)]  # type: ignore[no-untyped-call]
    return np.array(scores)


def through_codec(x: Mosaic, pair: Pair, settings: EncodeSettings) -> Mosaic:
    """A second of the masked picture, shaken, through the public writer and back; its last frame."""
    height, width = x.picture.planes[0].shape
    info = VideoInfo(
        Path("mosaic"), "none", "none", "yuv420p", (width, height), LAYOUT, Fraction(1, 25), Fraction(25)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mosaic.mp4"
        with PublicWriter(path, info, settings, copy_streams=False) as writer:
            pictures = [*(shaken(x.picture, i - _FRAMES + 1) for i in range(_FRAMES - 1)), x.picture]
            frames = [
                PublicFrame(pair.mask(x.with_picture(picture)).picture, i, i)
                for i, picture in enumerate(pictures)
            ]
            writer.write(frames, None, [x.boxes] * len(frames))
            writer.commit()
        with PublicReader(path) as reader:
            *_, last = reader
            return x.with_picture(last.picture.copy())


@dataclass(frozen=True, slots=True, eq=False)
class Judges:
    """Who judges stills.

    Attributes:
        recogniser: says who is who.
        detector: a second one, beside the instrument's.
        gender: tells the gender from descriptors, with the truth of each still (0 or 1); None leaves it out.
    """

    recogniser: DlibJudge
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
        metrics[f"dprime_x_{name}"] = round(decidability(described["x"], described[name]), 3)
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
    pairs: Sequence[tuple[Image, Image]], pair: Pair, judge: DlibJudge, margin: float
) -> dict[str, Any]:
    """Recognition across two different images of each person, as the paper's Fig. 6 has it.

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
        for figure, compute in (("auc", auc), ("dprime", decidability))
    }
