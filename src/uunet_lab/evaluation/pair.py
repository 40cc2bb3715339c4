"""How good a pair of models is: privacy of a, quality of r, on people whom training never saw."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

from uunet.detect import CenterFaceDetector
from uunet.geometry import crop
from uunet.masking import NoiseBank, Region, mask, unmask
from uunet.models import Restorer, Swapper
from uunet.types import Box, Layout, Picture, PublicFrame, RawFrame
from uunet.video import EncodeSettings, PublicReader, PublicWriter, VideoInfo
from uunet_lab.evaluation.judge import DlibDetector, DlibJudge, auc, decidability
from uunet_lab.evaluation.labels import LabelProbe, label_agreement
from uunet_lab.evaluation.results import interval

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_CELL = 96  # pixels of a tile of a mosaic: a region of 64 with its surroundings
_SIDE = 64
_COLUMNS, _ROWS = 10, 7
_FRAMES = 24
_LAYOUT = Layout("yuv420p", 8, 2, 2, colour=True, full_range=False, matrix="bt709")


def _tile(face: Image, margin: float) -> Image:
    """A face as it stands in a frame: (_CELL, _CELL, 3), its region of _SIDE in the middle.

    Args:
        face: a still; margin: surroundings that the region takes beyond the still, mirrored, per side.
    """
    inner = round(_SIDE / (1 + 2 * margin))
    small = cv2.resize(face, (inner, inner), interpolation=cv2.INTER_AREA)
    before = (_CELL - inner) // 2
    after = _CELL - inner - before
    return np.asarray(
        cv2.copyMakeBorder(small, before, after, before, after, cv2.BORDER_REFLECT_101), np.uint8
    )


def _mosaic(tiles: Sequence[Image]) -> Picture:
    canvas = np.full((_ROWS * _CELL, _COLUMNS * _CELL, 3), 127, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = divmod(i, _COLUMNS)
        canvas[y * _CELL : (y + 1) * _CELL, x * _CELL : (x + 1) * _CELL] = tile
    yuv = canvas.astype(np.float32) / 255
    y_plane = yuv @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    chroma = [(yuv[:, :, 2] - y_plane) / 1.8556, (yuv[:, :, 0] - y_plane) / 1.5748]
    planes = [y_plane * 219 + 16] + [
        cv2.resize(c, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) * 224 + 128 for c in chroma
    ]
    return Picture(tuple(np.asarray(np.rint(np.clip(p, 0, 255)), np.uint8) for p in planes), _LAYOUT)


def _boxes(count: int) -> list[Box]:
    offset = (_CELL - _SIDE) // 2
    return [
        Box(i % _COLUMNS * _CELL + offset, i // _COLUMNS * _CELL + offset, _SIDE, _SIDE) for i in range(count)
    ]


def _moving(picture: Picture, step: int) -> Picture:
    """The picture as a camera that shakes sees it: shifted by whole chroma samples, circularly."""
    dx, dy = round(2 * np.sin(step * 0.9)), round(1.5 * np.cos(step * 0.7))
    return Picture(
        tuple(
            np.roll(p, (dy * (2 if i == 0 else 1), dx * (2 if i == 0 else 1)), (0, 1))
            for i, p in enumerate(picture.planes)
        ),
        picture.layout,
    )


class Pair:
    """The two models, run as the instrument runs them.

    Args:
        public, private: model files.
        seed: of the virtual identities.
    """

    def __init__(self, public: Path, private: Path, seed: int = 1) -> None:
        self.swapper, self.restorer = Swapper(public), Restorer(private)
        self.noise = NoiseBank(seed, self.swapper.card.side)

    def mask(self, picture: Picture, boxes: Sequence[Box], first_track: int = 0) -> PublicFrame:
        """A picture with its regions replaced, each a track of its own."""
        regions = [Region(box, first_track + i) for i, box in enumerate(boxes)]
        return mask(RawFrame(picture, 0, 0), regions, self.swapper, self.noise)

    def unmask(self, picture: Picture, boxes: Sequence[Box]) -> Picture:
        """A published picture with its regions restored."""
        return unmask(PublicFrame(picture, 0, 0), boxes, self.restorer).picture


def faces_of(picture: Picture, boxes: Sequence[Box]) -> list[Image]:
    """The regions of a picture as RGB."""
    return [np.rint(crop(picture, box, _SIDE) * 255).astype(np.uint8) for box in boxes]


def psnr(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """Peak signal to noise ratio of each face, in dB, over RGB."""
    errors = [np.mean((a.astype(np.float64) - b) ** 2) for a, b in zip(x, r, strict=True)]
    return 10 * np.log10(255**2 / np.maximum(errors, 1e-3))


def ssim(x: Sequence[Image], r: Sequence[Image]) -> Floats:
    """Structural similarity of each face (Wang et al. 2004)."""
    scores = [structural_similarity(a, b, channel_axis=2) for a, b in zip(x, r, strict=True)]  # type: ignore[no-untyped-call]
    return np.array(scores)


def through_codec(picture: Picture, pair: Pair, boxes: Sequence[Box], settings: EncodeSettings) -> Picture:
    """A second of the masked picture, shaken, through the public writer and back; its last frame."""
    height, width = picture.planes[0].shape
    info = VideoInfo(
        Path("mosaic"), "none", "none", "yuv420p", (width, height), _LAYOUT, Fraction(1, 25), Fraction(25)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mosaic.mp4"
        with PublicWriter(path, info, settings, copy_streams=False) as writer:
            frames = []
            for i in range(_FRAMES):
                shaken = _moving(picture, i - _FRAMES + 1) if i < _FRAMES - 1 else picture
                public = pair.mask(shaken, boxes)
                frames.append(PublicFrame(public.picture, i, i))
            writer.write(frames, None, [boxes] * len(frames))
            writer.commit()
        with PublicReader(path) as reader:
            *_, last = reader
            return Picture(tuple(plane.copy() for plane in last.picture.planes), last.picture.layout)


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
        margin: see `_tile`.
    """
    quality: dict[str, list[Floats]] = defaultdict(list)
    seen: dict[str, list[Image]] = defaultdict(list)
    found = np.zeros((2, len(stills)))
    detector = CenterFaceDetector(0.3, scale=2.0)
    per = _COLUMNS * _ROWS
    for begin in range(0, len(stills), per):
        tiles = [_tile(face, margin) for face in stills[begin : begin + per]]
        boxes, picture = _boxes(len(tiles)), _mosaic(tiles)
        public = pair.mask(picture, boxes, begin).picture
        restored = pair.unmask(public, boxes)
        x, a, r = (faces_of(p, boxes) for p in (picture, public, restored))
        quality["psnr_clean"].append(psnr(x, r))
        quality["ssim_clean"].append(ssim(x, r))
        for crf in (18, 23):
            coded = through_codec(picture, pair, boxes, EncodeSettings(crf=crf))
            after = faces_of(pair.unmask(coded, boxes), boxes)
            quality[f"psnr_h264_crf{crf}"].append(psnr(x, after))
            seen[f"r{crf}"] += after
            if crf == 18:
                seen["a18"] += faces_of(coded, boxes)
        for row, shown in enumerate((picture, public)):
            centres = [((d.x0 + d.x1) / 2, (d.y0 + d.y1) / 2) for d in detector.detect(shown, 0, 0)]
            for i, box in enumerate(boxes):
                found[row, begin + i] = any(
                    abs(cx - box.x - 32) < 20 and abs(cy - box.y - 32) < 20 for cx, cy in centres
                )
        for name, faces in (("x", x), ("a", a), ("r", r)):
            seen[name] += faces
    metrics: dict[str, Any] = {name: interval(np.concatenate(parts)) for name, parts in quality.items()}
    metrics["detected_x"], metrics["detected_a"] = (round(float(row.mean()), 3) for row in found)
    metrics["detected_a_relative"] = round(float(found[1][found[0] > 0].mean()), 3)
    by_dlib = np.array([[judges.detector.finds(face) for face in seen[name]] for name in ("x", "a")])
    metrics["dlib_detected_x"], metrics["dlib_detected_a"] = (round(float(row.mean()), 3) for row in by_dlib)
    metrics["dlib_detected_a_relative"] = round(float(by_dlib[1][by_dlib[0]].mean()), 3)
    described = {name: judges.recogniser.describe(faces) for name, faces in seen.items()}
    for name in ("a", "a18", "r", "r18", "r23"):
        metrics[f"auc_x_{name}"] = round(auc(described["x"], described[name]), 3)
        metrics[f"dprime_x_{name}"] = round(decidability(described["x"], described[name]), 3)
    if judges.gender is not None:
        probe, truth = judges.gender
        of_x, of_a = (probe.scores(described[name]) for name in ("x", "a"))
        metrics["gender"] = label_agreement(of_x, of_a, truth)
    return metrics


def mosaic_of(stills: Sequence[Image], pair: Pair, margin: float) -> list[list[Image]]:
    """x, a and r of some stills, without a codec, to look at."""
    boxes, picture = _boxes(len(stills)), _mosaic([_tile(face, margin) for face in stills])
    public = pair.mask(picture, boxes).picture
    return [faces_of(shown, boxes) for shown in (picture, public, pair.unmask(public, boxes))]


def measure_people(
    pairs: Sequence[tuple[Image, Image]], pair: Pair, judge: DlibJudge, margin: float
) -> dict[str, Any]:
    """Recognition across two different images of each person, as the paper's Fig. 6 has it.

    Args:
        pairs: two stills of each person, another image each.
        pair, judge, margin: as above.
    """
    named: dict[str, list[Image]] = defaultdict(list)
    per = _COLUMNS * _ROWS
    for begin in range(0, len(pairs), per):
        chunk = pairs[begin : begin + per]
        boxes = _boxes(len(chunk))
        first = _mosaic([_tile(one, margin) for one, _ in chunk])
        second = _mosaic([_tile(two, margin) for _, two in chunk])
        public = pair.mask(second, boxes, begin).picture
        named["x"] += faces_of(first, boxes)
        named["x'"] += faces_of(second, boxes)
        named["a'"] += faces_of(public, boxes)
        named["r'"] += faces_of(pair.unmask(public, boxes), boxes)
    described = {name: judge.describe(faces) for name, faces in named.items()}
    return {
        f"{figure} x {other}": round(compute(described["x"], described[other]), 3)
        for other in ("x'", "a'", "r'")
        for figure, compute in (("auc", auc), ("dprime", decidability))
    }
