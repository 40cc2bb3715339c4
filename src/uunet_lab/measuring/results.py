"""results/*.json: every figure with its data, its commit and the command that made it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# a list of numbers, which then stands on one line; no string of JSON has a line break in it
_NUMBERS = re.compile(r"\[\n[\d\s,.eE+-]+\]")


def revision() -> str:
    """Which code this is: the short git revision of the checkout that it lies in; its version, if in none."""
    source = Path(__file__)
    head = _git(source.parent, "rev-parse", "--short", "HEAD")
    # an environment may lie in somebody else's checkout
    if head and _git(source.parent, "ls-files", source.name):
        return head
    return f"uunet {version('uunet')}"


def _git(folder: Path, *arguments: str) -> str:
    """What git says of a folder; nothing where it says nothing, or is not installed."""
    try:
        said = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return said.stdout.strip()


def write(
    path: Path, title: str, data: str, metrics: dict[str, Any], *, seconds: float | None = None
) -> None:
    """Write one file of results; it appears whole or not at all.

    Args:
        path: the JSON file.
        title: what was measured.
        data: on what.
        metrics: figures by name; use `interval` for those that have a spread.
        seconds: how long it took; None leaves it out.
    """
    command = " ".join(["uunet-lab", *sys.argv[1:]])
    content: dict[str, Any] = {"title": title, "data": data, "commit": revision(), "command": command}
    if seconds is not None:
        content["seconds"] = round(seconds, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content | {"metrics": metrics}, indent=1)
    write_whole(path, _NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file of text, or replace one; it appears whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)


def interval(values: npt.NDArray[np.float64], digits: int = 3) -> dict[str, float | None]:
    """Mean of independent samples and half of its 95 % confidence interval (normal approximation).

    One sample has no interval: None, as JSON has no NaN.
    """
    mean, n = round(float(values.mean()), digits), len(values)
    half = round(1.96 * float(values.std(ddof=1)) / n**0.5, digits) if n > 1 else None
    return {"mean": mean, "ci95": half, "n": n}


def card_metrics(path: Path) -> dict[str, float]:
    """The figures of a results file, flat, as a model's card carries them: `stills.auc_x_a` → .674."""
    flat: dict[str, float] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{prefix}.{name}" if prefix else name, inner)
        elif isinstance(value, int | float):
            flat[prefix.removesuffix(".mean")] = float(value)

    walk("", json.loads(path.read_text("utf-8"))["metrics"])
    return {name: value for name, value in flat.items() if not name.endswith((".ci95", ".n"))}
