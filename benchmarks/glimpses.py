"""Is somebody overlooked who shows himself for a moment, between two looks of the detector? Writes JSON.

    python benchmarks/glimpses.py CLIP… --faces SET -o results/glimpses.json

Faces of a packed set are put into real clips where no other face is, each for a few frames and standing
still, which is harder to notice than one that moves. The detector finds what it finds in the clip, and the
faces that were put in whenever it looks: what is measured is where it looks. A face counts as covered in a
frame if at least 90 % of it is replaced or filled there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from coverage import SMALLEST, rate, read, regions
from revision import commit

from uunet.audit.coverage import covered
from uunet.detect import CenterFaceDetector
from uunet.track import Tracker, TrackSettings
from uunet.types import Detection, Picture, RawFrame
from uunet_lab.datasets.packing import open_set

HEIGHTS = (20, 28, 40, 56, 80)  # pixels of a face
LENGTHS = (1, 2, 3, 4, 6, 9)  # frames
WAYS = {"default": None, "--every 1": 1}  # frames between two looks; None is a fifth of a second
AROUND = 40  # frames before and after it that are tracked
SCORE = 0.8
TRIES = 40  # of a place that no face is near


class Row(NamedTuple):
    height: int
    length: int
    covered: int
    """Frames of `length`."""


@dataclass(frozen=True)
class Known:
    """A detector that knows what there is."""

    found: list[list[Detection]]

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:  # noqa: ARG002
        return self.found[index]


@dataclass(frozen=True)
class Clip:
    """A clip, and what the detector finds in each of its frames."""

    frames: list[RawFrame]
    found: list[list[Detection]]
    settings: TrackSettings

    @classmethod
    def of(cls, path: Path) -> Clip:
        frames, detector = list(read(path)), CenterFaceDetector()
        found = [detector.detect(frame.picture, frame.index, 0) for frame in frames]
        return cls(frames, found, TrackSettings.at(rate(path)))


def put(frame: RawFrame, patch: np.ndarray, soft: np.ndarray, x: int, y: int) -> RawFrame:
    """The frame with a face in its luma; colour stays that of the wall."""
    luma = frame.picture.planes[0].copy()
    height, width = patch.shape
    under = luma[y : y + height, x : x + width]
    under[...] = np.rint(soft * patch + (1 - soft) * under)
    return replace(frame, picture=replace(frame.picture, planes=(luma, *frame.picture.planes[1:])))


def trial(clip: Clip, face: np.ndarray, where: Detection, span: range, every: int | None) -> int:
    """In how many of the frames that show the face it is covered."""
    frames, found = clip.frames, clip.found
    x, y, height = int(where.x0), int(where.y0), int(where.y1 - where.y0)
    width = int(where.x1) - x
    rows, columns = (np.linspace(-1, 1, n) for n in (height, width))
    soft = np.clip((1 - np.hypot(*np.meshgrid(columns, rows))) * 4, 0, 1)
    patch = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA)
    first = max(span.start - AROUND, 0)
    shown, known = [], []
    for k in range(first, min(span.stop + AROUND, len(frames))):
        frame = put(frames[k], patch, soft, x, y) if k in span else frames[k]
        shown.append(replace(frame, index=k - first))
        known.append([*found[k], where] if k in span else found[k])
    settings = clip.settings if every is None else replace(clip.settings, every=every)
    boxes = regions(list(Tracker(Known(known), settings).windows(shown)))
    picture = shown[0].picture
    return sum(covered(where, boxes[k - first], picture.size, picture.layout, SMALLEST) >= 0.9 for k in span)


def place(
    found: list[list[Detection]], span: range, height: int, size: tuple[int, int], rng: np.random.Generator
) -> Detection | None:
    """A place that no face is near while the new one is shown, or just before or after."""
    width = round(0.75 * height)
    near = [d for k in range(max(span.start - 6, 0), min(span.stop + 6, len(found))) for d in found[k]]
    for _ in range(TRIES if height < size[1] and width < size[0] else 0):
        x, y = int(rng.integers(size[0] - width)), int(rng.integers(size[1] - height))
        free = all(
            x > d.x1 + height or x + width < d.x0 - height or y > d.y1 + height or y + height < d.y0 - height
            for d in near
        )
        if free:
            return Detection(x, y, x + width, y + height, SCORE)
    return None


def measure(clip: Clip, faces: np.ndarray, trials: int, every: int | None) -> Iterator[Row]:
    size = clip.frames[0].picture.size
    rng = np.random.default_rng(5)
    for height, length, _ in product(HEIGHTS, LENGTHS, range(trials)):
        begin = int(rng.integers(8, len(clip.frames) - length - 8))
        span = range(begin, begin + length)
        image = faces[rng.integers(len(faces))]
        where = place(clip.found, span, height, size, rng)
        if where is not None:
            side = len(image)
            face = cv2.cvtColor(image[side // 6 : -side // 8, side // 5 : -side // 5], cv2.COLOR_RGB2GRAY)
            yield Row(height, length, trial(clip, face, where, span, every))


def table(rows: list[Row]) -> list[dict[str, Any]]:
    """For each height and length: trials, share of them in which no frame is bare, of frames covered."""
    cells = []
    for height, length in product(HEIGHTS, LENGTHS):
        covered = [row.covered for row in rows if (row.height, row.length) == (height, length)]
        if covered:
            cell = {
                "face_px": height,
                "frames": length,
                "trials": len(covered),
                "covered_whole": round(covered.count(length) / len(covered), 4),
                "frames_covered": round(sum(covered) / (length * len(covered)), 4),
            }
            cells.append(cell)
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--faces", type=Path, required=True, help="a packed set")
    parser.add_argument("--trials", type=int, default=6, help="for each clip, height and length")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/glimpses.json"))
    given = parser.parse_args()
    begin = time.perf_counter()
    faces = open_set(given.faces)
    rows: dict[str, list[Row]] = {way: [] for way in WAYS}
    for path in given.clips:
        clip = Clip.of(path)
        for way, every in WAYS.items():
            trials = (
                given.trials if every is None else 1
            )  # there is little to find out where all is looked at
            rows[way] += measure(clip, faces.images, trials, every)
        print(path.name, f"{time.perf_counter() - begin:.0f} s", flush=True)
    report = {
        "metric": "faces put into a clip for some frames: share covered (>= 90 %) in all of these frames",
        "clips": [path.name for path in given.clips],
        "faces": str(faces.origin),
        "ways": {way: table(made) for way, made in rows.items()},
        "commit": commit(),
        "seconds": round(time.perf_counter() - begin),
        "command": f"python benchmarks/glimpses.py {' '.join(p.name for p in given.clips)} "
        f"--faces {given.faces} --trials {given.trials} -o {given.output}",
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
