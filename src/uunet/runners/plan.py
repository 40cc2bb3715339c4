"""What every engine is told, and what it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]
Precision = Literal["auto", "f32", "bf16"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is to be run; see `Engine`."""

    precision: Precision
    threads: int
    wanted: Sequence[str] | None
    pictures: bool
    batch: int | None


class Runner(Protocol):
    """One opened model in one engine."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        """All outputs for these inputs, as arrays of their own (no views of the engine's memory)."""
        ...
