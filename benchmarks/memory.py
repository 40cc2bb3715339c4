"""Does the memory of `deidentify` stay flat? Peak and curve at 1280×720 for videos of several lengths.

    python benchmarks/memory.py --seconds 10 60 300 -o results/memory.json [--evidence exact]

The clip of `media.py` (three faces in every frame) is repeated without encoding it again; every length is a
process of its own. Measured is the resident set, and what of it is mapped files: the code of the libraries,
which all processes share and the system may drop. Some kernels map much more of it than is used.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import media
from revision import commit

GOAL = 500.0  # MB (10^6 bytes)
POINTS = 24  # of each curve
RATE = 25
PERIOD = 2 * media.FRAMES  # frames after which the clip is where it began


def repeated(clip: Path, target: Path, frames: int) -> None:
    """The clip's packets over and over, up to a keyframe group's end at or after `frames`."""
    with av.open(str(clip)) as reader, av.open(str(target), "w") as writer:
        source = reader.streams.video[0]
        stream = writer.add_stream_from_template(source)
        packets = [packet for packet in reader.demux(source) if packet.size]
        base = source.time_base
        step = round(1 / (RATE * base))
        for again in range(-(-frames // PERIOD)):
            for original in packets:
                packet = av.Packet(bytes(original))
                packet.pts, packet.dts = (
                    value + again * PERIOD * step for value in (original.pts, original.dts)
                )
                packet.time_base, packet.stream = base, stream
                packet.is_keyframe = original.is_keyframe
                writer.mux(packet)


def published(source: Path, target: Path, evidence: str) -> dict[str, Any]:
    """`deidentify` in this process, with its peak."""
    from uunet.job import Options  # noqa: PLC0415
    from uunet.pipeline import deidentify  # noqa: PLC0415

    seal = None
    if evidence != "none":  # else no cryptography is in memory
        from uunet.evidence.sealing import Seal  # noqa: PLC0415
        from uunet.keys.identity import Group, SecretKey  # noqa: PLC0415

        mode: Any = evidence
        seal = Seal((Group(1, (SecretKey.generate().public(),)),), mode)
    done = deidentify(source, target, Options(seed=1, seal=seal))
    return {"frames": done.frames, "faces": done.faces, "peak_mb": _megabytes(os.getpid(), "VmHWM")}


def watched(source: Path, target: Path, evidence: str) -> dict[str, Any]:
    """Runs `deidentify` in a process of its own and reads its resident set ten times a second."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", str(source), str(target), evidence]
    began, curve, mapped = time.perf_counter(), [], [0.0]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            curve.append((round(time.perf_counter() - began, 1), _megabytes(process.pid, "VmRSS")))
            mapped.append(_megabytes(process.pid, "RssFile"))
            time.sleep(0.1)
        said = json.loads(process.stdout.read() if process.stdout else "{}")
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    every = max(len(curve) // POINTS, 1)
    parts = [curve[i : i + every] for i in range(0, len(curve), every)]
    return {
        "frames": said["frames"],
        "faces": said["faces"],
        "peak_mb": said["peak_mb"],
        "mapped_files_mb": max(mapped),
        "curve_mb": " ".join(f"{part[0][0]:g}s:{max(size for _, size in part):.0f}" for part in parts),
    }


def _megabytes(process: int, field: str) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((round(int(line.split()[1]) * 1.024e-3, 1) for line in lines if line.startswith(field)), 0.0)


def main() -> int:
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(published(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])))
        return 0
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, nargs="+", default=[10, 60, 300])
    parser.add_argument("--evidence", choices=("none", "visual", "exact"), default="none")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/memory.json"))
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seconds in given.seconds:
            source, short = folder / "long.mp4", min(seconds * RATE, PERIOD)
            media.build(source if short < PERIOD else folder / "period.mp4", short)
            if short == PERIOD:
                repeated(folder / "period.mp4", source, seconds * RATE)
            rows.append({"seconds_asked": seconds, **watched(source, folder / "public.mp4", given.evidence)})
            print(f"{seconds} s: {rows[-1]['frames']} frames, peak {rows[-1]['peak_mb']} MB", flush=True)
    peaks = [row["peak_mb"] for row in rows]
    report = {
        "metric": "peak resident set of a process that runs deidentify on 1280x720, MB of 10^6 bytes",
        "goal_mb": GOAL,
        "reached": max(peaks) < GOAL,
        "growth_from_shortest_to_longest_mb": round(peaks[-1] - peaks[0], 1),
        "lengths": rows,
        "cores": len(os.sched_getaffinity(0)),
        "commit": commit(),
        "command": " ".join(["python benchmarks/memory.py", *sys.argv[1:]]),
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if report["reached"] else 1


if __name__ == "__main__":
    sys.exit(main())
