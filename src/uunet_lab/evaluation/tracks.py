"""Does a virtual identity stay the same in a track, and differ between tracks? On real clips."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.detect import CenterFaceDetector
from uunet.geometry import crop
from uunet.masking import NoiseBank, Region, mask
from uunet.models import Swapper
from uunet.track import Tracker, TrackSettings
from uunet.video import RawReader
from uunet_lab.measuring.judge import Recogniser

Image = npt.NDArray[np.uint8]

SAME_PERSON = 0.6
"""dlib's threshold: two descriptors further apart belong to different people."""


def track_faces(
    clip: Path, swapper: Swapper, every: int, limit: int
) -> tuple[list[list[Image]], list[list[Image]]]:
    """The faces of each track of a clip, raw and de-identified, in frames that follow one another.

    Args:
        clip: a video.
        swapper: U_e.
        every: takes runs of consecutive frames, one run of 4 for each `every` frames.
        limit: most frames of a track.

    Returns:
        (x, a): per track, lists of RGB images.
    """
    raw: dict[int, list[Image]] = defaultdict(list)
    public: dict[int, list[Image]] = defaultdict(list)
    noise = NoiseBank(1, swapper.card.side)
    with RawReader(clip, codec="h264") as reader:
        tracker = Tracker(CenterFaceDetector(), TrackSettings.at(float(reader.info.average_rate)))
        for window in tracker.windows(reader, reader.info.rotation):
            for k, frame in enumerate(window.frames):
                if frame.index % every >= 4:
                    continue
                size = frame.picture.size
                placed = zip((s.box(k, size) for s in window.segments), window.tracks, strict=True)
                regions = [Region(box, track) for box, track in placed if box is not None and box.w >= 40]
                shown = mask(frame, regions, swapper, noise, reader.info.rotation)
                for region in regions:
                    if len(raw[region.track]) < limit:
                        raw[region.track].append(_rgb(crop(frame.picture, region.box, 64)))
                        public[region.track].append(_rgb(crop(shown.picture, region.box, 64)))
    kept = [track for track, faces in raw.items() if len(faces) >= 4]
    return [raw[t] for t in kept], [public[t] for t in kept]


def _rgb(patch: npt.NDArray[np.float32]) -> Image:
    return np.rint(patch * 255).astype(np.uint8)


def measure_consistency(clips: list[Path], swapper: Swapper, judge: Recogniser) -> dict[str, Any]:
    """How often consecutive frames of a track change identity, in x (the judge's own noise) and in a."""
    changes: dict[str, list[bool]] = {"x": [], "a": []}
    steps: dict[str, list[float]] = {"x": [], "a": []}
    tracks = 0
    for clip in clips:
        raw, public = track_faces(clip, swapper, every=12, limit=24)
        tracks += len(raw)
        for name, faces_of_tracks in (("x", raw), ("a", public)):
            for faces in faces_of_tracks:
                described = judge.describe(faces)
                distances = np.linalg.norm(described[1:] - described[:-1], axis=1)
                inside = [i for i in range(len(distances)) if i % 4 != 3]  # runs of four frames
                changes[name] += [bool(distances[i] > SAME_PERSON) for i in inside]
                steps[name] += [float(distances[i]) for i in inside]
    return {
        "tracks": tracks,
        "pairs": len(changes["x"]),
        "changed_x": round(float(np.mean(changes["x"])), 4),
        "changed_a": round(float(np.mean(changes["a"])), 4),
        "distance_x": round(float(np.mean(steps["x"])), 3),
        "distance_a": round(float(np.mean(steps["a"])), 3),
    }
