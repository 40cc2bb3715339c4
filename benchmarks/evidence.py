"""What does sealed evidence cost, and does it bring every bit back? Bytes, time, and SHA-256 of every region.

    python benchmarks/evidence.py CLIP… -o results/evidence.json [--codecs h264 hevc av1]

Every clip is published without evidence, with `visual` and with `exact`, in processes of their own with the
same settings and seed. Counted are the bytes of evidence and signatures for each region and frame, by the
region's side, and what they add to the file; time is that of the processor, against none. Then each file is
verified, copied into the other containers and verified again, and opened: every plane of every region, in
every frame, must be what the camera's file decodes to (as `deidentify` works on it: in the pixel format of
its output).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from revision import commit

MODES = ("none", "visual", "exact")
SIDES = (24, 48, 80, 120, 200)  # pixels: the borders between the sizes that are told apart
KEY = "benchmark.key"


def publish(source: Path, target: Path, mode: str, codec: str) -> dict[str, Any]:
    """`deidentify` in this process; what it took, its imports and models included."""
    from uunet.evidence.sealing import Seal  # noqa: PLC0415
    from uunet.job import Options  # noqa: PLC0415
    from uunet.keys import keyfile  # noqa: PLC0415
    from uunet.keys.identity import Group  # noqa: PLC0415
    from uunet.pipeline import deidentify  # noqa: PLC0415
    from uunet.video import EncodeSettings  # noqa: PLC0415

    key = keyfile.load(target.parent / KEY, str)
    seal = None if mode == "none" else Seal((Group(1, (key.public(),)),), mode)  # type: ignore[arg-type]
    began = time.perf_counter()
    done = deidentify(source, target, Options(seed=1, seal=seal, encode=EncodeSettings(codec)))  # type: ignore[arg-type]
    seconds = time.perf_counter() - began
    return {
        "frames": done.frames,
        "regions": done.faces + done.filled,
        "evidence": done.evidence,
        "seconds": seconds,
        "seal_seconds": done.seconds.get("seal", 0.0),
        "processor": time.process_time(),
    }


def run(source: Path, target: Path, mode: str, codec: str) -> dict[str, Any]:
    """`publish` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(source), str(target), mode, codec]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result | {"file": target.stat().st_size}


def opened(source: Path, public: Path, codec: str) -> dict[str, Any]:
    """Planes that come back bit for bit; bytes of each piece by the median side of its regions."""
    from uunet.evidence.opening import Keyring, Originals  # noqa: PLC0415
    from uunet.geometry import plane_slices  # noqa: PLC0415
    from uunet.keys import keyfile  # noqa: PLC0415
    from uunet.video import PublicReader, RawReader  # noqa: PLC0415

    keyring = Keyring((keyfile.load(public.parent / KEY, str),))
    originals, planes, same, regions = Originals(public, keyring), 0, 0, 0
    with RawReader(source, codec=codec) as camera, PublicReader(public) as reader:  # type: ignore[arg-type]
        for raw, frame in zip(camera, reader, strict=True):
            for original in originals.at(frame.pts, frame.picture):
                regions += 1
                original.lay(frame.picture)
            for original in originals.at(frame.pts, frame.picture):
                for i, where in enumerate(plane_slices(raw.picture.layout, original.box)):
                    planes += 1
                    same += np.array_equal(raw.picture.planes[i][where], frame.picture.planes[i][where])
    return {"regions": regions, "planes": planes, "planes_same": same, "shut": dict(originals.refusals)}


def sizes(public: Path) -> list[tuple[float, float, int]]:
    """Median side of a piece's regions, bytes for each of them, and how many they are."""
    from uunet.evidence.opening import Keyring  # noqa: PLC0415
    from uunet.evidence.piece import Piece  # noqa: PLC0415
    from uunet.evidence.reading import windows  # noqa: PLC0415
    from uunet.keys import keyfile  # noqa: PLC0415

    keyring = Keyring((keyfile.load(public.parent / KEY, str),))
    found = []
    for window in windows(public):
        opens = keyring.opened(window)
        for sealed in window.sealed:
            regions = Piece.unpack(opens.open(sealed)).regions
            side = statistics.median(max(r.box.w, r.box.h) for r in regions)
            found.append((side, len(sealed.pack()) / len(regions), len(regions)))
    return found


def by_size(found: Sequence[tuple[float, float, int]]) -> list[dict[str, Any]]:
    """Bytes for each region and frame, by the side of regions."""
    rows = []
    for low, high in pairwise(SIDES):
        here = [(side, each, count) for side, each, count in found if low <= side < high]
        total = sum(count for *_, count in here)
        if total:
            mean = sum(each * count for _, each, count in here) / total
            side = sum(side * count for side, _, count in here) / total
            rows.append(
                {
                    "sides": [low, high],
                    "mean_side": round(side, 1),
                    "regions": total,
                    "bytes": round(mean),
                    "bytes_at_96": round(mean * (96 / side) ** 2),
                }
            )
    return rows


def copies(public: Path) -> dict[str, bool]:
    """Whether all is as it was signed, in the file and in copies in other containers."""
    from uunet.verification import check  # noqa: PLC0415

    verified = {public.suffix: check(public).good}
    for suffix in (".mp4", ".mkv", ".ts"):
        if suffix == public.suffix or (suffix == ".ts" and "av1" in public.name):
            continue
        copy = public.with_name(public.stem + "-copy" + suffix)
        with av.open(str(public)) as reader, av.open(str(copy), "w") as writer:
            stream = writer.add_stream_from_template(reader.streams.video[0], opaque=True)
            for packet in reader.demux(reader.streams.video[0]):
                if packet.size:
                    packet.stream = stream
                    writer.mux(packet)
        verified[suffix] = check(copy).good
    return verified


def measure(clip: Path, codec: str, suffix: str, folder: Path) -> dict[str, Any]:
    """One clip with one codec."""
    made = {}
    for mode in MODES:
        target = folder / f"{clip.stem}-{codec}-{mode}{suffix}"
        made[mode] = run(clip, target, mode, codec), target
    plain = made["none"][0]
    with av.open(str(clip)) as camera:
        rate = float(camera.streams.video[0].average_rate or 25)
    row: dict[str, Any] = {"clip": clip.name, "codec": codec, "container": suffix}
    row |= {"frames": plain["frames"], "regions": plain["regions"], "frames_per_second": rate}
    for mode in MODES[1:]:
        done, target = made[mode]
        row[mode] = {
            "bytes_per_region_and_frame": round(done["evidence"] / max(done["regions"], 1)),
            "bytes_per_region_and_second": round(rate * done["evidence"] / max(done["regions"], 1)),
            "percent_of_file": round(100 * done["evidence"] / done["file"], 1),
            "file_grows_by_percent": round(100 * (done["file"] / plain["file"] - 1), 1),
            "processor_time_added_percent": round(100 * (done["processor"] / plain["processor"] - 1), 1),
            "seal_stage_percent_of_run": round(100 * done["seal_seconds"] / done["seconds"], 1),
            "seal_stage_ms_per_frame": round(1000 * done["seal_seconds"] / done["frames"], 2),
            "by_size": by_size(sizes(target)),
            "verified": copies(target),
        }
    row["exact"] |= opened(clip, made["exact"][1], codec)
    return row


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--codecs", nargs="+", default=["h264", "hevc", "av1"])
    parser.add_argument("--suffix", default=".mp4")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/evidence.json"))
    given = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        from uunet.keys import keyfile  # noqa: PLC0415
        from uunet.keys.identity import SecretKey  # noqa: PLC0415

        folder = Path(name)
        keyfile.save(folder / KEY, SecretKey.generate(), None)
        for clip in given.clips:
            for codec in given.codecs:
                rows.append(measure(clip, codec, given.suffix, folder))
                print(json.dumps(rows[-1]), flush=True)
    exact = [row["exact"] for row in rows]
    result = {
        "metric": "cost of sealed evidence; planes of regions that come back bit for bit",
        "planes": sum(row["planes"] for row in exact),
        "planes_same": sum(row["planes_same"] for row in exact),
        "copies_verified": all(all(row[mode]["verified"].values()) for row in rows for mode in MODES[1:]),
        "goals": {"exact_bytes_at_96": 6000, "visual_bytes_at_96": 400, "percent_of_time": 10},
        "runs": rows,
        "cores": os.cpu_count(),
        "commit": commit(),
        "command": "python benchmarks/evidence.py " + " ".join(arguments),
    }
    given.output.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        source, target, mode, codec = sys.argv[2:]
        print(json.dumps(publish(Path(source), Path(target), mode, codec)))
    else:
        main(sys.argv[1:])
