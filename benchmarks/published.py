"""Does what `deidentify` published still say where the faces are, and what do they restore to?

    python benchmarks/published.py CLIP… -o results/published.json

Every clip is published with every lossy codec and read back: with what stands beside its pictures, without
that, and after each of the second encodes of `carrier.py`. A window is read if it names every region as
`hide` was told; where the pictures kept their size, the boxes of every frame must also be those that were
masked, and it is restored: PSNR of each region against the clip's, of which the median is taken. And is what
replaces a face one? The detector looks at each sixth frame of both, in 32 bits at full resolution.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import av.logging
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType
from carrier import SECOND, Encoder
from revision import commit

from uunet import pipeline
from uunet.association import overlap, rect_of
from uunet.audit.faces import slow_detector
from uunet.hiding import Hidden, hide, reveal
from uunet.job import Options
from uunet.listening import Revealed
from uunet.models import shipped, shipped_pair
from uunet.types import Box, PublicFrame, Segment, Window
from uunet.video import EncodeSettings, PublicReader, RawReader

EVERY, SURE, FOUND, SAME = 6, 0.5, 0.25, 0.3
"""Frames from one look to the next; scores of a raw face that counts, and from which it is found in the
public file; how much of both boxes must be common (intersection over union)."""

RGB = npt.NDArray[np.float32]
CODECS = ("h264", "hevc", "av1")


class Told:
    """What `hide` was told: the segments of each window and the boxes of each frame."""

    def __init__(self) -> None:
        self.windows: list[tuple[Segment, ...]] = []
        self.boxes: list[tuple[Box, ...]] = []

    def hide(
        self,
        frames: Sequence[PublicFrame],
        window: Window,
        boxes: Sequence[Sequence[Box]],
        *args: Any,
        **more: Any,
    ) -> Hidden:
        """`uunet.hiding.hide`, overheard."""
        self.windows.append(tuple(window.segments))
        self.boxes += [tuple(here) for here in boxes]
        return hide(frames, window, boxes, *args, **more)


def transcoded(source: Path, target: Path, encoder: Encoder) -> None:
    """Encodes a file again, without its metadata, as a service would."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        taken = reader.streams.video[0]
        stream = writer.add_stream(encoder.name, rate=taken.average_rate, options=encoder.options)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(encoder.name)
        size = (int(taken.width * encoder.scale) // 2 * 2, int(taken.height * encoder.scale) // 2 * 2)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index, frame in enumerate(reader.decode(taken)):
            smaller = frame.reformat(*size, "yuv420p", interpolation="BICUBIC")
            smaller.pts, smaller.time_base = index, 1 / taken.average_rate
            smaller.pict_type = PictureType.NONE
            writer.mux(stream.encode(smaller))
        writer.mux(stream.encode(None))


def read(path: Path, *, stripped: bool) -> Iterator[Revealed]:
    """What the frames of a file say; `stripped` of what stands beside them."""
    with PublicReader(path) as reader:
        frames = (replace(frame, payloads=()) if stripped else frame for frame in reader)
        for group in reveal(frames, shipped_pair()):
            yield from group


def compared(path: Path, told: Told, *, stripped: bool, same_size: bool) -> dict[str, Any]:
    """How many windows and frames of a file say what was hidden in them."""
    found = list(read(path, stripped=stripped))
    windows = [revealed.window.segments for revealed in found if revealed.window is not None]
    right = {
        "windows": sum(tuple(a) == b for a, b in zip(windows, told.windows, strict=False)),
        "of": len(told.windows),
    }
    if same_size:
        right["frames"] = sum(a.boxes == b for a, b in zip(found, told.boxes, strict=False))
        right["of_frames"] = len(told.boxes)
    return right


def pictures(path: Path) -> Iterator[RGB]:
    """The frames of a file, (height, width, 3)."""
    with av.open(str(path)) as video:
        for frame in video.decode(video=0):
            yield frame.to_ndarray(format="rgb24").astype(np.float32)


def psnr(clip: Path, other: Path, told: Told) -> float:
    """Median over all regions, dB."""
    found = []
    for raw, shown, boxes in zip(pictures(clip), pictures(other), told.boxes, strict=True):
        for box in boxes:
            here = np.s_[box.y : box.y + box.h, box.x : box.x + box.w]
            error = float(np.mean((raw[here] - shown[here]) ** 2))
            found.append(10 * np.log10(255**2 / max(error, 1e-3)))
    return round(float(np.median(found)), 1)


def restored(clip: Path, public: Path, told: Told) -> float:
    """PSNR of what a public file restores to, before it is encoded once more."""
    target = public.with_name("restored.mkv")
    pipeline.reconstruct(public, target, shipped("private"), encode=EncodeSettings(codec="ffv1"))
    try:
        return psnr(clip, target, told)
    finally:
        target.unlink()


def still_found(clip: Path, public: Path) -> dict[str, int]:
    """How many faces of the clip the detector finds, and how many of them in the public file too."""
    raw = found = 0
    with RawReader(clip, codec="h264") as first, RawReader(public, codec="h264") as second:
        detector = slow_detector(first.info.size)
        for x, a in zip(first, second, strict=True):
            if x.index % EVERY:
                continue
            seen, shown = (detector.detect(f.picture, f.index, first.info.rotation) for f in (x, a))
            faces = [rect_of(face) for face in seen if face.score >= SURE]
            there = [rect_of(face) for face in shown if face.score >= FOUND]
            raw += len(faces)
            found += sum(any(overlap(face, other) > SAME for other in there) for face in faces)
    return {"raw": raw, "replaced": found}


def measure(clip: Path, codec: Any) -> dict[str, Any]:
    """One clip, one codec."""
    told = Told()
    with tempfile.TemporaryDirectory() as name:
        public = Path(name, "public.mkv")
        with patch.object(pipeline, "hide", told.hide):
            summary = pipeline.deidentify(clip, public, Options(seed=1, encode=EncodeSettings(codec=codec)))
        ways = {
            "as published": compared(public, told, stripped=False, same_size=True),
            "from its pixels": compared(public, told, stripped=True, same_size=True),
        }
        quality = {"public": psnr(clip, public, told), "as published": restored(clip, public, told)}
        for way, encoder in SECOND.items():
            again = Path(name, "again.mkv")
            transcoded(public, again, encoder)
            ways[way] = compared(again, told, stripped=False, same_size=encoder.scale == 1)
            if encoder.scale == 1:
                quality[way] = restored(clip, again, told)
        sides = [box.w for boxes in told.boxes for box in boxes]
        row = {"clip": clip.name, "codec": codec, "bytes": public.stat().st_size}
        row |= {"median_side": float(np.median(sides)), "psnr": quality, "found": still_found(clip, public)}
    return {**row, "frames": summary.frames, "faces": summary.faces + summary.filled, "read": ways}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    os.environ.setdefault("SVT_LOG", "1")
    av.logging.set_level(av.logging.PANIC)
    report: dict[str, Any] = {
        "metric": "windows that name every region as it was hidden; frames whose boxes are those masked; "
        "PSNR of regions against the clip's, dB: as published, and restored; "
        "faces of each sixth frame that the detector finds, and finds replaced too",
        "second": {name: [way.name, way.options, way.scale] for name, way in SECOND.items()},
        "commit": commit(),
        "command": "python benchmarks/published.py " + " ".join(sys.argv[1:]),
        "rows": [],
    }
    for clip in given.clips:
        for codec in CODECS:
            report["rows"].append(measure(clip, codec))
            print(json.dumps(report["rows"][-1]), flush=True)
            given.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
