"""Raw faces left in a published file, found by a slower detector at double resolution in the original."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.detect import CenterFaceDetector, automatic_scale, full_precision
from uunet.hiding import reveal
from uunet.inspection import inspect
from uunet.listening import Revealed
from uunet.models import read_card, shipped
from uunet.types import Box, Detection, FaceDetector, Picture, RawFrame
from uunet.video import PublicReader, RawReader
from uunet_lab.attacks.finding import AttackError, Finding, named
from uunet_lab.measuring.coverage import covered

COVERED = 0.9
"""Share of a face that must be replaced or filled, its centre too: as in benchmarks/coverage.py."""

CHANGED = 2.0
"""A face has changed if its inner half differs by so many times what the rest of the picture does, and by a
grey level more: the rest differs by the mark and by what the encoder lost."""

TRUTH = 0.25
"""Score from which a detection counts as a face."""

_BANDS = (0.25, 0.35, 0.5, 1.01)
_MOST_LISTED = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """A face that the slow detector finds in the original.

    Attributes:
        frame: its number, from 0.
        seconds: its time.
        face: where.
        share: of its area that is replaced or filled in the public file; 0 if its centre is not.
        change: mean difference of luma in its inner half, original to public, 8-bit grey levels.
        noise: the same outside all regions.
    """

    frame: int
    seconds: float
    face: Detection
    share: float
    change: float
    noise: float

    @property
    def covered(self) -> bool:
        """Whether it is replaced or filled, by the boxes of the message."""
        return self.share >= COVERED

    @property
    def changed(self) -> bool:
        """Whether its pixels have changed."""
        return self.change > CHANGED * self.noise + 1

    def row(self) -> dict[str, Any]:
        """Plain values, for the results."""
        d = self.face
        return {
            "frame": self.frame,
            "seconds": round(self.seconds, 2),
            "box": [round(v) for v in (d.x0, d.y0, d.x1, d.y1)],
            "score": round(d.score, 2),
            "share_replaced": round(self.share, 2),
            "grey_levels_changed": round(self.change, 1),
            "around": round(self.noise, 1),
        }


def missed(
    original: Path,
    public: Path,
    *,
    every: int = 4,
    model: Path | None = None,
    judge: FaceDetector | None = None,
) -> Finding:
    """Look for faces of the original that are not replaced in the public file.

    Args:
        original: the source.
        public: what was published of it, with the same frames.
        every: looks at each `every`-th frame.
        model: U_e, whose card says which regions are filled; None takes the shipped one.
        judge: who finds faces; None takes CenterFace in 32 bits, at twice its automatic scale.

    Raises:
        AttackError: the two don't have the same frames.
        UUNetError: one of them can't be read.
    """
    smallest = read_card(model or shipped("public")).smallest
    seen: list[Seen] = []
    frames = looked = unread = 0
    with RawReader(original, codec="h264") as raw:
        detector = judge or _slow(raw.info.size)
        for frame, found in _together(raw, public):
            frames += 1
            unread += found.verdict not in ("OK", "INCOMPLETE")
            if frame.index % every:
                continue
            looked += 1
            time = float(frame.pts * raw.info.time_base)
            faces = detector.detect(frame.picture, frame.index, raw.info.rotation)
            strong = [face for face in faces if face.score >= TRUTH]
            seen += judged(frame, found, strong, smallest, time)
    left = sorted((s for s in seen if not (s.covered and s.changed)), key=lambda s: -s.face.score)
    metrics = {
        "frames": frames,
        "frames_looked_at": looked,
        "frames_without_message": unread,
        "faces": len(seen),
        "replaced_or_filled": _share([s.covered for s in seen]),
        "pixels_changed": _share([s.changed for s in seen]),
        "neither": sum(not s.covered and not s.changed for s in seen),
        "no_interval": "faces of frames that follow one another are not independent",
        "by_score": [_band(seen, low, high) for low, high in pairwise(_BANDS)],
        "frames_to_look_at": sorted({s.frame for s in left}),
        "faces_to_look_at": [s.row() for s in left[:_MOST_LISTED]],
    }
    title = "raw faces left in a published file"
    return Finding(title, f"{original.name} and {public.name}", metrics, verdict_on(seen, looked))


def _slow(size: tuple[int, int]) -> FaceDetector:
    scale = min(2 * automatic_scale(size), 4.0)
    return CenterFaceDetector(TRUTH, scale=scale, engine=full_precision())


def _together(raw: RawReader, public: Path) -> Iterator[tuple[RawFrame, Revealed]]:
    """The frames of both files, side by side."""
    pair = inspect(public).pair
    with PublicReader(public) as reader:
        if reader.info.size != raw.info.size:
            raise AttackError(
                f"{public} has another size than {raw.info.path}", "give a file and what was published of it"
            )
        found = chain.from_iterable(reveal(reader, pair))
        for frame, told in zip_longest(raw, found):
            if frame is None or told is None:
                raise AttackError(
                    f"{public} and {raw.info.path} don't have the same number of frames",
                    "give a file and what was published of it, uncut",
                )
            yield frame, told


def judged(
    frame: RawFrame, found: Revealed, faces: Sequence[Detection], smallest: int, seconds: float
) -> list[Seen]:
    """What has become of the faces of one frame.

    Args:
        frame: of the original.
        found: the same frame as published, with the boxes of its message.
        faces: of the original.
        smallest: side from which on a region is replaced, not filled, in pixels.
        seconds: the frame's time.
    """
    before, after = (_eight_bit(picture) for picture in (frame.picture, found.frame.picture))
    difference = np.abs(before - after)
    outside = np.ones(difference.shape, bool)
    for box in (*found.boxes, *(_inner(face, frame.picture.size, 1.0) for face in faces)):
        outside[box.y : box.y + box.h, box.x : box.x + box.w] = False
    noise = float(difference[outside].mean()) if outside.any() else 0.0
    seen = []
    for face in faces:
        inner = _inner(face, frame.picture.size, 0.5)
        here = difference[inner.y : inner.y + inner.h, inner.x : inner.x + inner.w]
        picture = frame.picture
        share = covered(face, found.boxes, picture.size, picture.layout, smallest)
        seen.append(Seen(frame.index, seconds, face, share, float(here.mean()), noise))
    return seen


def _eight_bit(picture: Picture) -> npt.NDArray[np.float32]:
    return np.asarray(picture.luma, np.float32) / np.float32(1 << (picture.layout.depth - 8))


def _inner(face: Detection, size: tuple[int, int], share: float) -> Box:
    """The middle `share` of a face's width and height, inside the picture, at least a pixel."""
    cx, cy = (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2
    w, h = (face.x1 - face.x0) * share, (face.y1 - face.y0) * share
    x0, y0 = int(np.clip(cx - w / 2, 0, size[0] - 1)), int(np.clip(cy - h / 2, 0, size[1] - 1))
    x1, y1 = int(np.clip(cx + w / 2, x0 + 1, size[0])), int(np.clip(cy + h / 2, y0 + 1, size[1]))
    return Box(x0, y0, x1 - x0, y1 - y0)


def _share(good: Sequence[bool]) -> float | None:
    return round(float(np.mean(good)), 4) if good else None


def _band(seen: Sequence[Seen], low: float, high: float) -> dict[str, Any]:
    here = [s for s in seen if low <= s.face.score < high]
    return {
        "from": low,
        "faces": len(here),
        "replaced_or_filled": sum(s.covered for s in here),
        "pixels_changed": sum(s.changed for s in here),
    }


def verdict_on(seen: Sequence[Seen], looked: int) -> str:
    """What the figures say, in plain words."""
    if not seen:
        return f"The slower detector finds no face in {named(looked, 'frame')} of the original."
    whole = sum(s.covered and s.changed for s in seen)
    bare = sum(not s.covered and not s.changed for s in seen)
    partly = len(seen) - whole - bare
    frames = len({s.frame for s in seen if not (s.covered and s.changed)})
    return (
        f"Of {named(len(seen), 'face')} that a slower detector finds in {named(looked, 'frame')} of the "
        f"original, {whole} are replaced or filled to {COVERED:.0%} and have changed; {bare} are published "
        f"as they were, {partly} lie at the border of a region, or changed little or elsewhere: "
        + (f"a person should look at {named(frames, 'frame')}." if frames else "none is left to look at.")
    )
