"""How large is the instrument alone, and how fast does it start? Installs it in a fresh environment.

python benchmarks/install.py -o results/install.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from importlib import metadata
from pathlib import Path
from typing import Any

from revision import commit

ROOT = Path(__file__).resolve().parents[1]
GOAL = 0.5  # seconds that `import uunet` may take
FORBIDDEN = ("torch", "matplotlib", "torchvision", "scipy")


def size_of(path: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(item.stat().st_size for item in path.rglob("*") if item.is_file() and not item.is_symlink())


def packages(folder: Path) -> dict[str, float]:
    """Megabytes of each installed package, the largest first."""
    sizes = {}
    for found in metadata.distributions(path=[str(folder)]):
        files = [Path(str(found.locate_file(item))) for item in found.files or ()]
        sizes[found.name] = round(sum(f.stat().st_size for f in files if f.is_file()) / 1e6, 2)
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def seconds(command: list[str], times: int) -> dict[str, Any]:
    """Of a process from start to end, after one that warms the caches."""
    runs = []
    for _ in range(times + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        runs.append(round(time.perf_counter() - began, 3))
    return {"median_s": statistics.median(runs[1:]), "spread_s": [min(runs[1:]), max(runs[1:])]}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=Path("results/install.json"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder, with_pip=True)
        python = str(folder / "bin" / "python")
        before = size_of(folder)
        subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
        (site,) = folder.glob("lib/python*/site-packages")
        there = [n for n in FORBIDDEN if (site / n).exists()]
        report = {
            "metric": "MB of 10^6 bytes of files; wall-clock seconds of processes",
            "installed_mb": round((size_of(folder) - before) / 1e6, 1),
            "packages_mb": packages(site),
            "forbidden_packages_found": there,
            "python_alone": (alone := seconds([python, "-c", "pass"], given.times)),
            "import_uunet": (imported := seconds([python, "-c", "import uunet"], given.times)),
            "import_uunet_pipeline": seconds([python, "-c", "import uunet.pipeline"], given.times),
            "uunet_help": seconds([str(folder / "bin" / "uunet"), "--help"], given.times),
            "import_uunet_s": round(imported["median_s"] - alone["median_s"], 3),
            "goal_import_s": GOAL,
            "commit": commit(),
            "command": "python benchmarks/install.py",
        }
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    return 0 if not there and report["import_uunet_s"] < GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
