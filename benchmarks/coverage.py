"""Does tracking cover what detection on every frame finds? Writes JSON; exits with 1 where it does not.

    python benchmarks/coverage.py --clips CLIP… --held-out CLIP… -o results/coverage.json

Truth is the detector in full precision, not in 8 bits, on every frame at the same scale. A box of it counts
as covered if at least 90 % of its area is replaced or filled in its frame, and its centre is. Truth
is not cleaned: what the detector takes for a face in one frame, such as a moving hand, counts like a face,
from a score of 0.25.
The settings were chosen on the clips under `--clips`, and not on those under `--held-out`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from revision import commit

from uunet.audit.coverage import covered
from uunet.detect import CenterFaceDetector, automatic_scale, full_precision
from uunet.models import read_card, shipped
from uunet.track import Tracker, TrackSettings
from uunet.types import Box, Detection, Layout, Picture, RawFrame, Window

GOAL = 0.995
TRUTH = 0.25  # score from which a box of every frame's detection counts
BANDS = (0.25, 0.35, 0.5, 1.01)  # of scores, for the breakdown
SMALLEST = read_card(shipped("public")).smallest
LAYOUT = Layout("yuv420p", 8, 2, 2, colour=True, full_range=False, matrix="bt709")


def read(path: Path) -> Iterator[RawFrame]:
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            full = frame.format.name.startswith("yuvj")
            if frame.format.name not in {"yuv420p", "yuvj420p"}:
                frame = frame.reformat(format="yuv420p")  # noqa: PLW2901
            planes = []
            for number, plane in enumerate(frame.planes):
                rows, columns = (-(-v // (2 if number else 1)) for v in (frame.height, frame.width))
                data = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
                planes.append(data[:rows, :columns].copy())
            layout = Layout("yuv420p", 8, 2, 2, True, full, "bt601")
            yield RawFrame(Picture(tuple(planes), layout), index, index)


def rate(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(container.streams.video[0].average_rate or 24)


def regions(windows: list[Window]) -> list[list[Box]]:
    return [
        [box for segment in w.segments if (box := segment.box(k, frame.picture.size))]
        for w in windows
        for k, frame in enumerate(w.frames)
    ]


def area(boxes: list[Box], size: tuple[int, int]) -> float:
    """Share of the frame that lies in boxes."""
    shown = np.zeros((size[1], size[0]), bool)
    for b in boxes:
        shown[b.y : b.y + b.h, b.x : b.x + b.w] = True
    return float(shown.mean())


def measure(path: Path, detector: CenterFaceDetector, judge: CenterFaceDetector) -> dict[str, Any]:
    frames = list(read(path))
    size = frames[0].picture.size
    settings = TrackSettings.at(rate(path))
    detector.detect(frames[0].picture, 0, 0)  # warm up
    begin = time.perf_counter()
    windows = list(Tracker(detector, settings).windows(frames))
    middle = time.perf_counter()
    truth = [judge.detect(frame.picture, frame.index, 0) for frame in frames]
    end = time.perf_counter()
    boxes = regions(windows)
    faces = [(i, d) for i, found in enumerate(truth) for d in found if d.score >= TRUTH]
    shares = [covered(d, boxes[i], size, LAYOUT, SMALLEST) for i, d in faces]
    missed = [
        [i, *(round(v) for v in (d.x0, d.y0, d.x1, d.y1)), round(d.score, 2), round(share, 2)]
        for (i, d), share in zip(faces, shares, strict=True)
        if share < 0.9
    ]
    tight = [[_tight(d, size) for d in found if d.score >= TRUTH] for found in truth]
    in_windows = sum(len(set(w.tracks)) for w in windows)
    return {
        "clip": path.name,
        "size": size,
        "frames": len(frames),
        "scale": round(automatic_scale(size), 3),
        "every": settings.every,
        "faces_in_truth": len(faces),
        "covered": round(1 - len(missed) / max(len(faces), 1), 5),
        "covered_by_score": [_band(faces, shares, *edges) for edges in pairwise(BANDS)],
        "missed": missed,
        "frame_area_covered": round(float(np.mean([area(b, size) for b in boxes])), 5),
        "frame_area_of_truth": round(float(np.mean([area(b, size) for b in tight])), 5),
        "tracks": len({t for w in windows for t in w.tracks}),
        "pieces_per_track_and_window": round(sum(len(w.segments) for w in windows) / max(in_windows, 1), 2),
        "most_pieces_in_a_window": max(len(w.segments) for w in windows),
        "detector_calls_per_frame": round(sum(w.stats["looks"] for w in windows) / len(frames), 3),
        "ms_per_frame": round((middle - begin) / len(frames) * 1e3, 2),
        "ms_per_frame_every_frame": round((end - middle) / len(frames) * 1e3, 2),
        "stats": {key: sum(w.stats[key] for w in windows) for key in windows[0].stats},
    }


def _band(faces: list[tuple[int, Detection]], shares: list[float], low: float, high: float) -> dict[str, Any]:
    inside = [share >= 0.9 for (_, d), share in zip(faces, shares, strict=True) if low <= d.score < high]
    return {"from": low, "faces": len(inside), "covered": sum(inside)}


def _tight(face: Detection, size: tuple[int, int]) -> Box:
    x0, y0 = max(round(face.x0), 0), max(round(face.y0), 0)
    return Box(x0, y0, min(round(face.x1), size[0]) - x0, min(round(face.y1), size[1]) - y0)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", type=Path, required=True)
    parser.add_argument("--held-out", nargs="*", type=Path, default=[])
    parser.add_argument("-o", "--output", type=Path, default=Path("results/coverage.json"))
    given = parser.parse_args()
    detector, judge = CenterFaceDetector(), CenterFaceDetector(engine=full_precision())
    clips = []
    for path in given.clips + given.held_out:
        clips.append({"held_out": path in given.held_out, **measure(path, detector, judge)})
        print(json.dumps(clips[-1]))
    faces = sum(clip["faces_in_truth"] for clip in clips)
    pooled = sum(clip["covered"] * clip["faces_in_truth"] for clip in clips) / max(faces, 1)
    names, others = (" ".join(p.name for p in paths) for paths in (given.clips, given.held_out))
    report = {
        "metric": "share of the faces that detection on every frame finds, >= 90 % replaced or filled",
        "goal_per_clip": GOAL,
        "truth_from_score": TRUTH,
        "start": TrackSettings().start,
        "threshold": detector.threshold,
        "engine": detector.engine.name,
        "engine_of_truth": judge.engine.name,
        "commit": commit(),
        "command": f"python benchmarks/coverage.py --clips {names} --held-out {others} -o {given.output}",
        "failed": [clip["clip"] for clip in clips if clip["covered"] < GOAL],
        "faces": faces,
        "covered": round(pooled, 5),
        "clips": clips,
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if all(clip["covered"] >= GOAL for clip in clips) else 1


if __name__ == "__main__":
    sys.exit(main())
