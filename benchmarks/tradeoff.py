"""Privacy against restoration: every demonstration pair that was ever measured, from git's history.

    python benchmarks/tradeoff.py -o results/tradeoff.json

Each row is a version of results/pair.json: another training, the same people and judges. Needs a clone with
its history.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from revision import commit

FIGURES = Path("results/pair.json")
WANTED = {
    "auc_x_a": ("stills", "auc_x_a"),
    "auc_x_another_a": ("people", "auc x a'"),
    "detected_a_relative": ("stills", "detected_a_relative"),
    "gender_pearson": ("stills", "gender", "pearson"),
    "psnr_clean": ("stills", "psnr_clean", "mean"),
    "ssim_clean": ("stills", "ssim_clean", "mean"),
    "psnr_h264_crf18": ("stills", "psnr_h264_crf18", "mean"),
    "psnr_h264_crf23": ("stills", "psnr_h264_crf23", "mean"),
}


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return run.stdout


def row(revision: str) -> dict[str, Any]:
    """The figures of one version, None where a figure was not taken then."""
    document = json.loads(_git("show", f"{revision}:{FIGURES}"))
    found: dict[str, Any] = {
        "measured": document["commit"],
        "n": document["metrics"]["stills"]["psnr_clean"]["n"],
    }
    for name, path in WANTED.items():
        value: Any = document["metrics"]
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        found[name] = value
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("results/tradeoff.json"))
    given = parser.parse_args()
    versions = _git("log", "--reverse", "--format=%h", "--", str(FIGURES)).split()
    report = {
        "metric": "of each demonstration pair: recognition AUC of a (privacy) against PSNR and SSIM of r",
        "pairs": [row(version) for version in versions],
        "commit": commit(),
        "command": "python benchmarks/tradeoff.py",
    }
    given.output.write_text(json.dumps(report, indent=1) + "\n")
    for pair in report["pairs"]:
        print(pair)
    return 0


if __name__ == "__main__":
    sys.exit(main())
