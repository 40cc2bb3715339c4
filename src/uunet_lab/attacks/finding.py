"""What an attack found: figures, and a verdict in plain words that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uunet.errors import OutputError, UUNetError
from uunet_lab.measuring.results import write


class AttackError(UUNetError):
    """An attack can't be tried on what was given."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an attack found.

    Attributes:
        title: what was tried.
        data: on what.
        metrics: the figures by name, plain values.
        verdict: one or two plain sentences, made from the figures.
    """

    title: str
    data: str
    metrics: dict[str, Any]
    verdict: str


def refuse(output: Path) -> None:
    """Say early, before minutes are spent, that a results file can't be written.

    Raises:
        OutputError: it is a folder, or no .json.
    """
    if output.is_dir() or output.suffix != ".json":
        raise OutputError(f"{output} is no name for a file of results", "name a file that ends in .json")


def record(output: Path, finding: Finding, seconds: float) -> None:
    """Write a finding, whole or not at all.

    Args:
        output: the JSON file.
        finding: what was found.
        seconds: that the attack took, wall-clock.

    Raises:
        OutputError: the file can't be written.
    """
    metrics = {"verdict": finding.verdict} | finding.metrics
    try:
        write(output, finding.title, finding.data, metrics, seconds=seconds)
    except OSError as error:
        raise OutputError(f"can't write {output}: {error.strerror or error}", "name another file") from error


def named(count: int, one: str, many: str | None = None) -> str:
    """`1 window`, `2 windows`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
