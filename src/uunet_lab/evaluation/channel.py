"""What the paper never tested: what codecs leave of restored faces and of messages, by the size of faces.

Faces stand in the tiles of a picture that shakes for a window of frames, as before a camera that is not
firm. Each window is published as the instrument publishes, its messages with it (WAYS), or published as H.264
of crf 18 and then encoded once more by somebody else, who scales it and keeps nothing but pictures (AGAIN).
Restoration is measured in FRAMES of the window, on the regions that were replaced, whether or not a message
was read, against the raw regions at the size at which they come back; what was scaled below the smallest
side that the model takes is not restored. A still has no detail for regions larger than about 90 pixels.
A message counts as read in a frame if it names exactly the regions that were replaced: beside the picture or
in the lowest bits (`message`), and from the pixels alone (`message_alone`), as after a service has stripped
what stands beside. Without loss there is no mark in the pixels, so that both are the same.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from uunet.geometry import crop
from uunet.types import Box, Picture, PublicFrame
from uunet.video import EncodeSettings
from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.sampling import by_turns, impostor_pairs
from uunet_lab.evaluation.tracks import SAME_PERSON
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.mosaic import MARGIN, Image, Mosaic, shaken
from uunet_lab.measuring.pair import psnr, ssim
from uunet_lab.measuring.publishing import Again, Paths, again, heard, publish, received
from uunet_lab.measuring.resampling import Codes, Floats, mean_over_people

SIDES, QUICK_SIDES = (24, 32, 48, 64, 96, 128), (64,)
"""Pixels."""

SHAPE = (5, 4)  # tiles of a picture
WINDOWS = 2  # pictures; one if it has to be quick
CELL = 96  # of a tile, at least: so that a picture has 480 × 384 pixels or more
FRAMES = (15, 31, 47)  # in which restoration is measured; the last does not shake

WAYS: dict[str, EncodeSettings] = {
    "lossless": EncodeSettings("h264-lossless"),
    "H.264 18": EncodeSettings("h264", crf=18),
    "H.264 23": EncodeSettings("h264", crf=23),
    "H.264 28": EncodeSettings("h264", crf=28),
    "HEVC 28": EncodeSettings("hevc", crf=28),
    "AV1 35": EncodeSettings("av1", crf=35),
    "JPEG 2": EncodeSettings("jpeg", crf=2),
}
"""How it is published: codec and crf, or JPEG's quantiser (2 is the instrument's)."""

_SERVICE = (("crf", "23"), ("preset", "medium"))
AGAIN: dict[str, Again] = {
    "again H.264 23": Again("libx264", _SERVICE),
    "again 3/4, H.264 23": Again("libx264", _SERVICE, Fraction(3, 4)),
    "again 1/2, H.264 23": Again("libx264", _SERVICE, Fraction(1, 2)),
    "again JPEG 5": Again("mjpeg", (("qmin", "5"), ("qmax", "5")), form="yuvj420p"),
}
"""What is done to the file of H.264 18."""

PUBLISHED = "H.264 18"


@dataclass(slots=True)
class _Found:
    """What came back by one way, of all faces in order.

    Attributes:
        psnr, ssim: of each face, mean of FRAMES.
        faces: restored, in the last frame.
        read, alone: of each window, the share of frames whose message names the regions.
    """

    psnr: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    faces: list[Image] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)


def _cut(picture: Picture, boxes: Sequence[Box], sides: Sequence[int]) -> list[Image]:
    found = (crop(picture, box, side) for box, side in zip(boxes, sides, strict=True))
    return [np.rint(face * 255).astype(np.uint8) for face in found]


def _share(frames: Sequence[PublicFrame], paths: Paths, *, alone: bool) -> float:
    """Of frames whose message names the regions exactly."""
    wanted = tuple(paths.boxes(frames[0].picture.size))
    return float(np.mean([revealed.boxes == wanted for revealed in heard(frames, alone=alone)]))


def _add(  # noqa: PLR0917
    found: _Found, frames: list[PublicFrame], raw: list[Picture], paths: Paths, gallery: Gallery, way: str
) -> None:
    size = frames[0].picture.size
    boxes, there = paths.boxes(raw[0].size), paths.boxes(size)
    sides = [box.w for box in there]
    quality = []
    for k in FRAMES:
        restored = gallery.restored(Mosaic(frames[k].picture, there))
        x, r = _cut(raw[k], boxes, sides), _cut(restored.picture, there, sides)
        quality.append((psnr(x, r), ssim(x, r)))
    found.faces += r
    of_psnr, of_ssim = np.mean(quality, 0)
    found.psnr += of_psnr.tolist()
    found.ssim += of_ssim.tolist()
    found.read.append(_share(frames, paths, alone=False))
    found.alone.append(found.read[-1] if way == "lossless" else _share(frames, paths, alone=True))


def _files(public: list[Picture], paths: Paths, folder: Path) -> Iterator[tuple[str, list[PublicFrame]]]:
    """What comes back, way by way."""
    for way, settings in WAYS.items():
        path = folder / ("frame_%04d.jpg" if settings.still else f"{way}.mkv")
        publish(public, paths, settings, path)
        yield way, received(path)
    for way, how in AGAIN.items():
        target = folder / "again.mkv"
        again(folder / f"{PUBLISHED}.mkv", target, how)
        yield way, received(target)


def _window(gallery: Gallery, rows: Codes, side: int, found: dict[str, _Found]) -> list[Image]:
    """Sends a picture of faces by all ways; gives the raw regions of its last frame."""
    cell = max(CELL, side * 3 // 2)
    x = Mosaic.of([gallery.still(int(row)) for row in rows], MARGIN, side, cell=cell, shape=SHAPE)
    paths = Paths.of(x.boxes, x.picture.size)
    boxes = paths.boxes(x.picture.size)
    raw = [shaken(x.picture, k + 1 - paths.frames) for k in range(paths.frames - 1)] + [x.picture]
    tracks = gallery.track[rows].tolist()
    public = [gallery.masked(Mosaic(picture, boxes), tracks).picture for picture in raw]
    with tempfile.TemporaryDirectory() as folder:
        for way, frames in _files(public, paths, Path(folder)):
            _add(found[way], frames, raw, paths, gallery, way)
    return _cut(x.picture, boxes, [box.w for box in boxes])


def _figures(found: _Found, described: Floats, gallery: Gallery, person: Codes) -> dict[str, Any]:
    itself = np.stack([np.arange(len(person))] * 2, 1)
    restored = gallery.describe(found.faces)
    environment = Environment.between(described, restored, person, itself, impostor_pairs(person))
    same = (environment.distance[environment.same] <= SAME_PERSON).astype(np.float64)
    figures = environment.figures()
    return {
        "psnr": mean_over_people(np.array(found.psnr), person, 2),
        "ssim": mean_over_people(np.array(found.ssim), person),
        "auc": figures["auc"],
        "dprime": figures["dprime"],
        "same_person": mean_over_people(same, person),
        "message": round(float(np.mean(found.read)), 3),
        "message_alone": round(float(np.mean(found.alone)), 3),
        "windows": len(found.read),
    }


def _measure(bench: Bench) -> dict[str, Any]:
    gallery, per = bench.gallery, SHAPE[0] * SHAPE[1]
    rows = by_turns(gallery.identity)[: per * (1 if bench.quick else WINDOWS)]
    sides = QUICK_SIDES if bench.quick else SIDES
    by_side: dict[str, Any] = {}
    for side in sides:
        found: dict[str, _Found] = defaultdict(_Found)
        raw: list[Image] = []
        for begin in range(0, len(rows), per):
            raw += _window(gallery, rows[begin : begin + per], side, found)
        described = gallery.describe(raw)
        person = gallery.identity[rows]
        by_side[str(side)] = {way: _figures(one, described, gallery, person) for way, one in found.items()}
    return {"faces": len(rows), "frames": Paths.frames, "published": PUBLISHED, "sides": by_side}


CHANNEL = Experiment(
    "Restoration and messages after codecs, second encodes and rescaling, by the size of faces",
    "not in the paper",
    needs=("two people",),
    recognises=True,
    measure=_measure,
)
