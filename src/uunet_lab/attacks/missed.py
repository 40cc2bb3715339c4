"""Raw faces left in a published file, found by a slower detector at double resolution in the original.

CenterFace in 32 bits is of the make of the instrument's own detector; MTCNN, which the paper takes, is of
another, and may see faces that both of them overlook.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from uunet.audit.faces import COVERED, TRUTH, Seen, judged, slow_detector
from uunet.audit.pairing import together, working_codec
from uunet.inspection import inspect
from uunet.models import read_card, shipped
from uunet.types import FaceDetector, FrameSize
from uunet.video import PublicReader, RawReader
from uunet_lab.attacks.finding import Finding, named

_BANDS = (0.25, 0.35, 0.5, 1.01)
_MOST_LISTED = 60
_DOUBLE = 2.0  # how many times the resolution at which `deidentify` looks, and MTCNN those of the picture
_SURE = 0.9  # MTCNN's score of a face: what it gives less is mostly none

Eye = Literal["centerface", "mtcnn"]
CALLED: dict[Eye, str] = {"centerface": "a slower detector", "mtcnn": "MTCNN"}


def missed(
    original: Path,
    public: Path,
    *,
    every: int = 4,
    model: Path | None = None,
    eye: Eye = "centerface",
    judge: FaceDetector | None = None,
) -> Finding:
    """Look for faces of the original that are not replaced in the public file.

    Args:
        original: the source.
        public: what was published of it, with the same frames.
        every: looks at each `every`-th frame.
        model: U_e, whose card says which regions are filled; None takes the shipped one.
        eye: who finds faces: CenterFace in 32 bits at twice its automatic scale, or MTCNN at twice the
            picture's resolution.
        judge: one of your own, in its place.

    Raises:
        AuditError: the two don't have the same frames.
        MeasuringError: MTCNN's weights are not installed.
        UUNetError: one of them can't be read.
    """
    smallest = read_card(model or shipped("public")).smallest
    pair = inspect(public).pair
    seen: list[Seen] = []
    frames = looked = unread = 0
    with PublicReader(public) as reader, RawReader(original, codec=working_codec(reader.info)) as raw:
        detector = judge or _detector(eye, raw.info.size)
        for frame, found in together(raw, reader, pair):
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
        "detector": eye,
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
        "faces_to_look_at": [_row(s) for s in left[:_MOST_LISTED]],
    }
    title = f"raw faces left in a published file, in the eyes of {CALLED[eye]}"
    return Finding(title, f"{original.name} and {public.name}", metrics, verdict_on(seen, looked, eye))


def _detector(eye: Eye, size: FrameSize) -> FaceDetector:
    if eye == "centerface":
        return slow_detector(size, _DOUBLE)
    from uunet_lab.measuring.mtcnn import MTCNN  # noqa: PLC0415 (PyTorch: paid by those who want it)

    return MTCNN(_SURE, _DOUBLE)


def _row(seen: Seen) -> dict[str, Any]:
    """Plain values, for the results."""
    d = seen.face
    return {
        "frame": seen.frame,
        "seconds": round(seen.seconds, 2),
        "box": [round(v) for v in (d.x0, d.y0, d.x1, d.y1)],
        "score": round(d.score, 2),
        "share_replaced": round(seen.share, 2),
        "grey_levels_changed": round(seen.change, 1),
        "around": round(seen.noise, 1),
    }


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


def verdict_on(seen: Sequence[Seen], looked: int, eye: Eye = "centerface") -> str:
    """What the figures say, in plain words."""
    if not seen:
        found = f"{CALLED[eye]} finds no face in {named(looked, 'frame')} of the original."
        return found[0].upper() + found[1:]
    whole = sum(s.covered and s.changed for s in seen)
    bare = sum(not s.covered and not s.changed for s in seen)
    partly = len(seen) - whole - bare
    frames = len({s.frame for s in seen if not (s.covered and s.changed)})
    return (
        f"Of {named(len(seen), 'face')} that {CALLED[eye]} finds in {named(looked, 'frame')} of the "
        f"original, {whole} are replaced or filled to {COVERED:.0%} and have changed; {bare} are published "
        f"as they were, {partly} lie at the border of a region, or changed little or elsewhere: "
        + (f"a person should look at {named(frames, 'frame')}." if frames else "none is left to look at.")
    )
