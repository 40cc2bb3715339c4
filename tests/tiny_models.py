"""Model files of a few hundred bytes, made on the spot, so that tests know exactly what a net computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
PAIR = "0123456789abcdef" * 2

CARD: dict[str, Any] = {
    "format": 1,
    "name": "negative",
    "role": "public",
    "pair": PAIR,
    "side": SIDE,
    "smallest": 12,
    "demonstration": False,
    "data": "none",
    "revision": "test",
    "metrics": {},
}


def write_model(
    path: Path, body: str = "negative", channels: int = 4, card: dict[str, Any] | str | None = None
) -> Path:
    """A model file.

    Args:
        path: of the file.
        body: `negative` gives 1 - RGB, `identity` RGB, `noise` the fourth channel thrice, `nan` no numbers,
            `narrow` an image that lacks rows.
        channels: of the input.
        card: its fields, or the text that stands in its place; None for no card.
    """
    constants = {
        "one": np.ones(1, np.float32),
        "starts": np.array([3 if body == "noise" else 0]),
        "ends": np.array([4 if body == "noise" else 3]),
        "channel_axis": np.array([1]),
        "zero": np.zeros(1, np.float32),
        "row_ends": np.array([SIDE // 2]),
        "row_axis": np.array([2]),
        "row_starts": np.array([0]),
    }
    nodes = [helper.make_node("Slice", ["image", "starts", "ends", "channel_axis"], ["rgb"])]
    last = {
        "negative": [helper.make_node("Sub", ["one", "rgb"], ["result"])],
        "identity": [helper.make_node("Add", ["rgb", "zero"], ["result"])],
        "noise": [helper.make_node("Concat", ["rgb", "rgb", "rgb"], ["result"], axis=1)],
        "nan": [
            helper.make_node("Mul", ["rgb", "zero"], ["nothing"]),
            helper.make_node("Div", ["nothing", "nothing"], ["result"]),
        ],
        "narrow": [helper.make_node("Slice", ["rgb", "row_starts", "row_ends", "row_axis"], ["result"])],
    }[body]
    rows = SIDE // 2 if body == "narrow" else SIDE
    graph = helper.make_graph(
        [*nodes, *last],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", channels, SIDE, SIDE])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, ["batch", 3, rows, SIDE])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if card is not None:
        text = card if isinstance(card, str) else json.dumps(card)
        model.metadata_props.add(key="uunet.card", value=text)
    path.write_bytes(model.SerializeToString())
    return path


def public_model(folder: Path, body: str = "negative", **fields: Any) -> Path:
    """A U_e in `folder`; the negative of a face can be turned back exactly."""
    return write_model(folder / f"{body}-public.onnx", body, 4, {**CARD, **fields})


def private_model(folder: Path, body: str = "negative", **fields: Any) -> Path:
    """The U_d to `public_model`."""
    return write_model(folder / f"{body}-private.onnx", body, 3, {**CARD, "role": "private", **fields})
