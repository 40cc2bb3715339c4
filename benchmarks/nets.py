"""What the nets take, each alone on one thread: time of a call and memory, run in the ways that there are.

    python benchmarks/nets.py -o results/nets.json

Every row is a process of its own; the rows of a net take turns, and the medians of all rounds are compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from revision import commit

from uunet.detect import WEIGHTS, WEIGHTS_INT8
from uunet.engine import Engine
from uunet.models import shipped

SIZE = (736, 1280)  # height and width of the detector's input for 720p
OUTPUTS = ("537", "538", "539")

DETECTOR: dict[str, Any] = {"wanted": OUTPUTS, "pictures": True, "threads": 1}
ROWS: dict[str, dict[str, tuple[Path, dict[str, Any], tuple[int, ...]]]] = {
    "detector, one picture of 1280x736": {
        "8 bits (as shipped)": (WEIGHTS_INT8, DETECTOR, (1, 3, *SIZE)),
        "bfloat16": (WEIGHTS, DETECTOR, (1, 3, *SIZE)),
        "32 bits": (WEIGHTS, {**DETECTOR, "precision": "f32"}, (1, 3, *SIZE)),
    },
    "U_e, four faces": {
        "four at a time (as shipped)": (shipped("public"), {"threads": 1, "batch": 4}, (4, 4, 64, 64)),
        "any number": (shipped("public"), {"threads": 1}, (4, 4, 64, 64)),
        "32 bits, four at a time": (
            shipped("public"),
            {"threads": 1, "batch": 4, "precision": "f32"},
            (4, 4, 64, 64),
        ),
    },
    "U_d, four faces": {
        "two at a time (as shipped)": (shipped("private"), {"threads": 1, "batch": 2}, (4, 3, 64, 64)),
        "any number": (shipped("private"), {"threads": 1}, (4, 3, 64, 64)),
        "32 bits, two at a time": (
            shipped("private"),
            {"threads": 1, "batch": 2, "precision": "f32"},
            (4, 3, 64, 64),
        ),
    },
}


def add_eight_bits(folder: Path) -> None:
    """Rows for the pair that `uunet-lab quantise pair` wrote into a folder."""
    for net, name, batch, channels in (("U_e", "public", 4, 4), ("U_d", "private", 2, 3)):
        how: dict[str, Any] = {"threads": 1, "batch": batch}
        for way, also in (("8 bits", {}), ("8 bits, the rest in 32", {"precision": "f32"})):
            row = (folder / f"{name}.onnx", {**how, **also}, (4, channels, 64, 64))
            ROWS[f"{net}, four faces"][way] = row


def measured(net: str, way: str, seconds: float) -> dict[str, Any]:
    """One row, in this process."""
    path, how, shape = ROWS[net][way]
    before = _peak()
    engine = Engine(path, **how)
    kind = np.uint8 if how.get("pictures") else np.float32
    feeds = {engine.inputs[0]: (np.random.default_rng(0).random(shape) * (255 if kind is np.uint8 else 1))}
    feeds = {name: value.astype(kind) for name, value in feeds.items()}
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 8:
        began = time.process_time()
        engine.run(feeds)
        times.append(1000 * (time.process_time() - began))
    return {"engine": engine.name, "ms": statistics.median(times[2:]), "mb": _peak() - before}


def _peak() -> float:
    """The largest resident set so far, in MB of 10^6 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each row in each round")
    parser.add_argument("--one", nargs=2, metavar=("NET", "WAY"), help="measure one row and print it")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/nets.json"))
    parser.add_argument("--eight", type=Path, metavar="FOLDER", help="a pair in 8 bits, to be measured too")
    given = parser.parse_args()
    if given.eight:
        add_eight_bits(given.eight)
    if given.one:
        print(json.dumps(measured(*given.one, given.seconds)))
        return 0
    found: dict[str, dict[str, list[dict[str, Any]]]] = {net: {way: [] for way in ROWS[net]} for net in ROWS}
    for _ in range(given.rounds):
        for net, ways in ROWS.items():
            for way in ways:
                command = [sys.executable, __file__, "--one", net, way, "--seconds", str(given.seconds)]
                command += ["--eight", str(given.eight)] if given.eight else []
                run = subprocess.run(command, check=True, capture_output=True, text=True)
                found[net][way].append(json.loads(run.stdout))
    report = {
        "metric": "processor milliseconds of a call, median; peak MB of 10^6 bytes, with the engine",
        "nets": {net: _summary(ways) for net, ways in found.items()},
        "commit": commit(),
        "command": "python benchmarks/nets.py" + (" --eight FOLDER" if given.eight else ""),
    }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report["nets"], indent=1))
    return 0


def _summary(ways: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    ms = {way: statistics.median(run["ms"] for run in runs) for way, runs in ways.items()}
    first = next(iter(ms.values()))
    return {
        way: {
            "engine": runs[0]["engine"],
            "ms": round(ms[way], 2),
            "times_as_shipped": round(ms[way] / first, 2),
            "mb": round(statistics.median(run["mb"] for run in runs), 1),
        }
        for way, runs in ways.items()
    }


if __name__ == "__main__":
    sys.exit(main())
