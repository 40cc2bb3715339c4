"""What plain words consist of, and how a figure stands in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["protects", "preserves", "restores"]
"""What an experiment speaks of."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of an experiment.

    Attributes:
        side: what it speaks of.
        heading: of its part of the page.
        asks: what it asks, and how to read it, for whoever knows no statistics.
        found: what came out for one file of results.
    """

    side: Side
    heading: str
    asks: str
    found: Callable[[dict[str, Any]], str]


def told(figure: dict[str, Any], form: str = ".0%") -> str:
    """A figure with its interval; – for none."""
    if figure["value"] is None:
        return "–"
    value = format(figure["value"], form)
    if figure["low"] is None:
        return value
    return f"{value} (95 % interval {format(figure['low'], form)} to {format(figure['high'], form)})"
