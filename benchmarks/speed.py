"""How fast is `deidentify`? Against a plain transcode and against deface, in the same run.

    pip install deface onnx onnxruntime   # in an environment of its own
    python benchmarks/speed.py --deface DEFACE_ENVIRONMENT/bin/deface -o results/speed.json

Every contestant is a process of its own, from its start to its end, on the same 1280x720 clip with three
faces in every frame (`media.py`, or `--clip`). They take turns, so that a slow minute of the computer hits
all of them; what counts are ratios of medians. The plain transcode decodes and encodes with the settings of
`deidentify` (H.264 `veryfast`, crf 18) and does nothing between. deface runs with its defaults and with
`--scale 640x360`, with each of its backends (or those of `--backends`: OpenCV has been the faster one).

`--nets-avx2` answers for an older processor on a newer one: OpenVINO and OpenCV, and so the nets of all
contestants, hold to AVX2. x264 and the decoders, which all of them use alike, keep what the processor has.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import media
from revision import commit

GOALS = {"deface": 5.0, "deface --scale 640x360": 2.0, "plain transcode": 0.5}
"""Speed of `deidentify` as a multiple of that of the others: at least."""

NETS_AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "OPENCV_CPU_DISABLE": "AVX512-SKX"}
"""Environment in which OpenVINO and OpenCV use nothing newer than AVX2. ONNX Runtime has no such switch."""


def transcode(source: Path, target: Path) -> dict[str, Any]:
    """Decodes and encodes as `deidentify` does, and nothing else."""
    import av  # noqa: PLC0415 (a contestant pays for its imports)

    frames = 0
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        taken = reader.streams.video[0]
        taken.thread_type = "AUTO"
        given = writer.add_stream("libx264", taken.average_rate, options={"preset": "veryfast", "crf": "18"})
        given.width, given.height, given.pix_fmt = taken.width, taken.height, "yuv420p"
        given.codec_context.time_base = taken.time_base
        for frame in reader.decode(taken):
            frame.pict_type = 0
            writer.mux(given.encode(frame))
            frames += 1
        writer.mux(given.encode(None))
    return {"frames": frames}


def deidentify(source: Path, target: Path) -> dict[str, Any]:
    from uunet.pipeline import Options, deidentify  # noqa: PLC0415

    summary = deidentify(source, target, Options(seed=1))
    return {
        "frames": summary.frames,
        "faces": summary.faces,
        "engines": summary.engines,
        "seconds": {stage: round(seconds, 3) for stage, seconds in summary.seconds.items()},
    }


def contestants(
    clip: Path, folder: Path, deface: Path | None, backends: Sequence[str]
) -> dict[str, list[str]]:
    """Names and command lines."""
    own = [sys.executable, str(Path(__file__).resolve()), "--one"]
    runs = {
        "uunet": [*own, "uunet", str(clip), str(folder / "uunet.mp4")],
        "plain transcode": [*own, "plain", str(clip), str(folder / "plain.mp4")],
    }
    if deface is not None:
        for mode, options in (("deface", []), ("deface --scale 640x360", ["--scale", "640x360"])):
            for backend in backends:
                output = ["--backend", backend, "-o", str(folder / "deface.mp4")]
                runs[f"{mode} ({backend})"] = [str(deface), str(clip), *options, *output]
    return runs


def timed(command: Sequence[str]) -> tuple[dict[str, float], str]:
    """Wall-clock and processor seconds of a process and its children, and what it wrote."""
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, os.times()
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    cpu = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return {"wall": round(wall, 3), "cpu": round(cpu, 3)}, done.stdout


def measure(runs: Mapping[str, Sequence[str]], rounds: int) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """All contestants `rounds` times by turns; also what the last run of `deidentify` said of itself."""
    times: dict[str, list[Any]] = {name: [] for name in runs}
    said: dict[str, Any] = {}
    for turn in range(rounds):
        for name, command in runs.items():
            taken, output = timed(command)
            times[name].append(taken)
            said = json.loads(output) if name == "uunet" else said
            words = f"{taken['wall']:.2f} s, {taken['cpu']:.2f} s of processor"
            print(f"round {turn + 1}: {name}: {words}", flush=True)
    return times, said


def evaluate(times: Mapping[str, Sequence[Mapping[str, float]]], frames: int) -> dict[str, Any]:
    rows = {}
    for name, runs in times.items():
        wall = [run["wall"] for run in runs]
        rows[name] = {
            "median_s": statistics.median(wall),
            "spread_s": [min(wall), max(wall)],
            "frames_per_second": round(frames / statistics.median(wall), 2),
            "processor_ms_per_frame": round(statistics.median(r["cpu"] for r in runs) / frames * 1e3, 2),
            "runs": list(runs),
        }
    ratios = {}
    for mode, goal in GOALS.items():
        rivals = {n: row for n, row in rows.items() if n == mode or n.startswith(f"{mode} (")}
        if rivals:
            best = min(rivals, key=lambda n: rivals[n]["median_s"])
            ratio = rivals[best]["median_s"] / rows["uunet"]["median_s"]
            each = [a["wall"] / b["wall"] for a, b in zip(times[best], times["uunet"], strict=True)]
            ratios[mode] = {
                "fastest": best,
                "uunet_is_faster_by": round(ratio, 3),
                "by_round": [round(r, 3) for r in each],
                "by_processor_time": round(
                    rows[best]["processor_ms_per_frame"] / rows["uunet"]["processor_ms_per_frame"], 3
                ),
                "goal": goal,
                "reached": ratio >= goal,
            }
    return {"ratios": ratios, "contestants": rows}


def versions(deface: Path | None) -> dict[str, str]:
    names = ("av", "numpy", "opencv-python-headless", "onnxruntime", "openvino")
    found = {name: metadata.version(name) for name in names} | {"python": platform.python_version()}
    if deface is not None:
        done = subprocess.run([str(deface), "--version"], capture_output=True, text=True, check=True)
        found["deface"] = done.stdout.strip()
    return found


def main() -> int:
    if sys.argv[1:2] == ["--one"]:
        _, _, which, source, target = sys.argv
        print(json.dumps({"uunet": deidentify, "plain": transcode}[which](Path(source), Path(target))))
        return 0
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", type=Path, help="a clip of your own instead of the one that is made")
    parser.add_argument("--frames", type=int, default=400, help="of the clip that is made")
    parser.add_argument("--deface", type=Path, help="its executable; without it, only the plain transcode")
    parser.add_argument("--backends", nargs="+", default=["opencv", "onnxrt"], help="deface's")
    parser.add_argument("--nets-avx2", action="store_true", help="hold the nets of all to AVX2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, default=Path("results/speed.json"))
    given = parser.parse_args()
    if given.nets_avx2 and "onnxrt" in given.backends and given.deface:
        parser.error("--nets-avx2 can't hold ONNX Runtime: give --backends opencv")
    limits = NETS_AVX2 if given.nets_avx2 else {}
    os.environ.update(limits)  # the contestants inherit it
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = given.clip or folder / "clip.mp4"
        if given.clip is None:
            media.build(clip, given.frames)
        times, said = measure(contestants(clip, folder, given.deface, given.backends), given.rounds)
    report = {
        "metric": "wall-clock seconds from start to end of a process; ratios of medians",
        "clip": given.clip.name if given.clip else f"benchmarks/media.py, {given.frames} frames",
        **evaluate(times, said["frames"]),
        "uunet": said,
        "cores": len(os.sched_getaffinity(0)),
        "load_before_and_after": [load, os.getloadavg()[0]],
        "versions": versions(given.deface),
        "commit": commit(),
        "command": f"python benchmarks/speed.py --rounds {given.rounds} --frames {given.frames}"
        + (f" --deface DEFACE --backends {' '.join(given.backends)}" if given.deface else "")
        + (" --nets-avx2" if given.nets_avx2 else ""),
        "environment": limits,
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report["ratios"], indent=1))
    return 0 if all(ratio["reached"] for ratio in report["ratios"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
