"""Models in 8 bits: which are, and what they compute without rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def is_quantised(data: Path | bytes) -> bool:
    """Whether an ONNX file has nodes that round to 8 bits."""
    return b"QuantizeLinear" in (data if isinstance(data, bytes) else data.read_bytes())


def roundings(model: Any) -> list[tuple[Any, Any]]:
    """Where a model rounds to 8 bits: the first node of each place, and the last, which scales back."""
    found = []
    for first in model.get_ordered_ops():
        if first.get_type_name() != "FakeQuantize":
            continue
        last = first
        while last.get_type_name() != "Multiply":
            after = [port.get_node() for port in last.output(0).get_target_inputs()]
            if len(after) != 1 or after[0].get_type_name() not in {"Convert", "Subtract", "Multiply"}:
                break
            last = after[0]
        found.append((first, last))
    return found


def unround(model: Any) -> None:
    """Takes what `roundings` finds out of a model: it then gives what it would without rounding."""
    for first, last in roundings(model):
        last.output(0).replace(first.input_value(0))
