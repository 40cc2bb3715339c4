"""What the spread carrier survives, what it costs, and whether it ever reads what nobody wrote.

    python benchmarks/carrier.py --clips DIR -o results/carrier.json

DIR holds video files (searched recursively). Each clip is cut into windows, each window gets the message of
1, 4, 10 and 20 moving faces and is published with each codec (stronger where `survives` asks for it); every
file is encoded a second time in each of the ways of SECOND. No metadata reaches the reader. Rows that the
output has already are kept, so a run can be interrupted, or made in parts.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import math
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.logging
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType
from revision import commit

from uunet.conceal import SpreadMark, SpreadReader, spread
from uunet.conceal.grid import thumbnail
from uunet.conceal.mark import mean_thumbnail
from uunet.message import pack_compact, roi_key, unpack_compact
from uunet.types import WINDOW, Layout, Picture, Segment

Yuv = npt.NDArray[np.uint8]  # a yuv420p frame as PyAV gives it: (height * 3 / 2, width)

LAYOUT = Layout("yuv420p", 8, 2, 2, True, False, "bt601")
FACES = (1, 4, 10, 20)
MAX_FRAMES = 3 * WINDOW + WINDOW // 2 - 1
KEY = roi_key("benchmark pair")


@dataclass(frozen=True)
class Encoder:
    """One way to encode; the options are FFmpeg's."""

    name: str
    options: dict[str, str]
    scale: float = 1.0


PUBLISHERS = {
    "h264": Encoder("libx264", {"crf": "18", "preset": "veryfast"}),
    "hevc": Encoder("libx265", {"crf": "20", "preset": "veryfast", "x265-params": "log-level=none"}),
    "av1": Encoder("libsvtav1", {"crf": "26", "preset": "9"}),
}
SECOND = {
    "x264 crf 23": Encoder("libx264", {"crf": "23", "preset": "medium"}),
    "x264 crf 28": Encoder("libx264", {"crf": "28", "preset": "medium"}),
    "x265 crf 28": Encoder("libx265", {"crf": "28", "preset": "medium", "x265-params": "log-level=none"}),
    "svt-av1 crf 45": Encoder("libsvtav1", {"crf": "45", "preset": "8"}),
    "half size, x264 crf 23": Encoder("libx264", {"crf": "23", "preset": "medium"}, 0.5),
}


def load(path: Path) -> list[Yuv]:
    """The first frames of a clip, cut to even sizes."""
    frames = []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            even = frame.reformat(frame.width // 2 * 2, frame.height // 2 * 2, "yuv420p")
            frames.append(np.asarray(even.to_ndarray(), np.uint8))
            if len(frames) == MAX_FRAMES:
                break
    return frames


def code(frames: Sequence[Yuv], encoder: Encoder) -> tuple[list[Yuv], int]:
    """The frames after encoding and decoding, and the bytes of the file."""
    buffer = io.BytesIO()
    width, height = frames[0].shape[1], frames[0].shape[0] * 2 // 3
    size = (int(width * encoder.scale) // 2 * 2, int(height * encoder.scale) // 2 * 2)
    with av.open(buffer, "w", format="matroska") as out:
        stream = out.add_stream(encoder.name, rate=25, options=encoder.options)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(encoder.name)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for i, yuv in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(yuv, "yuv420p")
            frame = frame if encoder.scale == 1 else frame.reformat(*size, interpolation="BICUBIC")
            frame.pts = i
            frame.pict_type = PictureType.NONE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    length = buffer.tell()
    buffer.seek(0)
    with av.open(buffer, "r") as file:
        decoded = [np.asarray(frame.to_ndarray(), np.uint8) for frame in file.decode(video=0)]
    if len(decoded) != len(frames):
        raise RuntimeError(f"{encoder.name} gave {len(decoded)} frames for {len(frames)}")
    return decoded, length


def luma(yuv: Yuv) -> Yuv:
    return np.ascontiguousarray(yuv[: yuv.shape[0] * 2 // 3])


def windows(count: int) -> Iterator[tuple[int, int]]:
    """(first frame, frames) of each window, the tail rule applied."""
    whole = max((count + WINDOW // 2) // WINDOW, 1)
    for i in range(whole):
        first = i * WINDOW
        yield first, (count - first if i == whole - 1 else WINDOW)


def message(window: int, faces: int, frames: int) -> bytes:
    """A window's message: faces that walk."""
    rng = np.random.default_rng([window, faces])
    segments = []
    for track in range(faces):
        cx, cy, side = (int(n) for n in rng.integers((40, 40, 150), (2000, 2000, 300)))
        dx, dy, ds = (int(n) for n in rng.integers((-40, -20, -9), (41, 21, 10)))
        segments.append(Segment(track, 0, frames - 1, cx, cy, cx + dx, cy + dy, side, side + ds))
    return pack_compact(window, b"benchmrk", segments, KEY, frames=frames)


def publish(frames: Sequence[Yuv], faces: int, encoder: Encoder) -> dict[str, Any]:
    """Mark and encode a clip window by window, as the writer does."""
    height, width = luma(frames[0]).shape
    public: list[Yuv] = []
    size = plain_size = 0
    attempts, errors, psnr, sent = [], [], [], []
    for number, (first, count) in enumerate(windows(len(frames))):
        part = list(frames[first : first + count])
        sent.append(message(number, faces, count))
        mark = SpreadMark(sent[-1], KEY, (width, height))
        source = part
        for attempt in range(mark.attempts):
            change = mark.change((luma(f) for f in source), 8, attempt)
            lumas = [change(Picture((luma(f),), LAYOUT)).luma for f in source]
            chroma = [yuv[height:] for yuv in source]
            marked = [np.concatenate(both).astype(np.uint8) for both in zip(lumas, chroma, strict=True)]
            decoded, length = code(marked, encoder)
            if mark.survives([luma(f) for f in decoded]):
                break
            source = decoded
        public += decoded
        size += length
        plain_size += code(part, encoder)[1]
        attempts.append(attempt)
        reading = spread.reveal(mean_thumbnail(thumbnail(luma(f)) for f in decoded), KEY)
        errors.append(None if reading is None else round(reading.error, 3))
        noise = np.mean([(a.astype(float) - luma(b)) ** 2 for a, b in zip(lumas, part, strict=True)])
        psnr.append(round(10 * math.log10(255**2 / noise), 2))
    return {
        "public": public,
        "sent": sent,
        "psnr_y": psnr,
        "rate_cost_percent": round(100 * (size / plain_size - 1), 2),
        "strengths": attempts,
        "error_after_publishing": errors,
    }


def read(frames: Sequence[Yuv], sent: Sequence[bytes]) -> dict[str, Any]:
    """Read a file from its pixels alone and compare with what was written."""
    reader = SpreadReader(KEY)
    found = [window for f in frames for window in reader.feed(luma(f))] + reader.finish()
    right = 0
    for expected, window in zip(sent, found, strict=False):
        if window.reading is not None:
            right += unpack_compact(window.reading.message, KEY) == unpack_compact(expected, KEY)
    return {
        "read": right,
        "windows": len(sent),
        "errors": [None if w.reading is None else round(w.reading.error, 3) for w in found],
    }


def false_reads(clips: dict[str, list[Yuv]], trials: int) -> dict[str, Any]:
    """Readings in video that carries no mark, at every offset of every clip, with many keys."""
    means = []
    for frames in clips.values():
        small = [thumbnail(luma(f)) for f in frames]
        count = min(WINDOW, len(small))
        means += [mean_thumbnail(small[i : i + count]) for i in range(len(small) - count + 1)]
    found = done = 0
    best = 0.0
    while done < trials:
        key = roi_key(f"false reads {done}")
        for mean in means[: trials - done]:
            found += spread.reveal(mean, key) is not None
            best = max(best, spread.score(mean, key)) if done % 10 == 0 else best
            done += 1
    return {
        "trials": done,
        "pictures": len(means),
        "false_reads": found,
        "highest_score_of_every_tenth": round(best, 2),
        "upper_bound_95": round(3 / done, 6) if not found else None,
    }


def wilson(right: int, total: int) -> list[float]:
    """95 % confidence interval of a share."""
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    spread_ = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return [round((middle + sign * spread_) / (1 + z * z / total), 4) for sign in (-1, 1)]


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Windows read, summed over the clips."""
    table = []
    for faces in FACES:
        for publisher in PUBLISHERS:
            mine = [r for r in rows if r["faces"] == faces and r["publisher"] == publisher]
            if not mine:
                continue
            psnr = [p for r in mine for p in r["psnr_y"]]
            costs = sorted(r["rate_cost_percent"] for r in mine)
            entry: dict[str, Any] = {
                "clips": len(mine),
                "faces": faces,
                "publisher": publisher,
                "message_bytes": mine[0]["message_bytes"],
                "psnr_y_mean": round(float(np.mean(psnr)), 2),
                "psnr_y_lowest": min(psnr),
                "windows_raised": sum(s > 0 for r in mine for s in r["strengths"]),
                "rate_cost_percent_median": costs[len(costs) // 2],
                "rate_cost_percent_highest": costs[-1],
            }
            for way in mine[0]["survival"]:
                right = sum(r["survival"][way]["read"] for r in mine)
                total = sum(r["survival"][way]["windows"] for r in mine)
                entry[way] = {"read": right, "windows": total, "interval_95": wilson(right, total)}
            table.append(entry)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="parts of file names; all clips without it")
    parser.add_argument("--faces", type=int, nargs="*", default=list(FACES))
    parser.add_argument("--publishers", nargs="*", default=list(PUBLISHERS))
    parser.add_argument("--trials", type=int, default=10_000)
    args = parser.parse_args()
    os.environ.setdefault("SVT_LOG", "1")
    av.logging.set_level(av.logging.PANIC)
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    names = sorted(p for p in args.clips.rglob("*") if p.suffix in {".mp4", ".mkv", ".gif", ".mov"})
    names = [p for p in names if not args.only or any(part in p.name for part in args.only)]
    clips = {p.name: load(p) for p in names}
    old = json.loads(args.output.read_text()) if args.output.exists() else {}
    result = {
        "about": "Windows of the spread carrier that are read back, its luma PSNR and rate cost.",
        "commands": [*old.get("commands", []), "python benchmarks/carrier.py " + " ".join(sys.argv[1:])],
        "versions": {"python": platform.python_version(), "av": av.__version__, "numpy": np.__version__},
        "publishers": {k: [v.name, v.options] for k, v in PUBLISHERS.items()},
        "second": {k: [v.name, v.options, v.scale] for k, v in SECOND.items()},
        "summary": [],
        "unmarked": old.get("unmarked"),
        "rows": old.get("rows", []),
    }
    rows: list[dict[str, Any]] = result["rows"]
    # now: the code that is measured is the code that was loaded
    measured = commit()
    done = {(r["clip"], r["publisher"], r["faces"]) for r in rows}
    for name, frames in clips.items():
        for publisher in args.publishers:
            for faces in args.faces:
                if (name, publisher, faces) in done:
                    continue
                rows.append({"clip": name, "commit": measured, **measure(frames, publisher, faces)})
                result["summary"] = summary(rows)
                args.output.write_text(json.dumps(result, indent=1) + "\n")
    if args.trials:
        result["unmarked"] = false_reads(clips, args.trials)
    result["summary"] = summary(rows)
    args.output.write_text(json.dumps(result, indent=1) + "\n")


def measure(frames: Sequence[Yuv], publisher: str, faces: int) -> dict[str, Any]:
    """One clip, one codec, one number of faces, and all second encodes."""
    started = time.monotonic()
    made = publish(frames, faces, PUBLISHERS[publisher])
    public, sent = made.pop("public"), made.pop("sent")
    survival = {"published": read(public, sent)}
    for way, encoder in SECOND.items():
        survival[way] = read(code(public, encoder)[0], sent)
    score = " ".join(f"{s['read']}/{s['windows']}" for s in survival.values())
    logging.info("%s %d faces: %s (%.0f s)", publisher, faces, score, time.monotonic() - started)
    return {
        "frames": len(frames),
        "size": [frames[0].shape[1], frames[0].shape[0] * 2 // 3],
        "publisher": publisher,
        "faces": faces,
        "message_bytes": len(sent[0]),
        **made,
        "survival": survival,
    }


if __name__ == "__main__":
    main()
