"""A pair in 8 bits: for processors that don't compute with bfloat16 natively."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from uunet.engine import Engine
from uunet.models import Card
from uunet_lab.datasets.packing import open_set
from uunet_lab.training.augment import REGION, crop, draw_boxes
from uunet_lab.training.cards import pair_cards
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.export import give_card
from uunet_lab.training.parts import parts
from uunet_lab.training.quantise import eight_bits

Floats = npt.NDArray[np.float32]


def quantise_pair(
    public: Path, private: Path, faces: Path, output: Path, *, count: int, metrics: Mapping[str, float]
) -> tuple[Path, Path]:
    """Write both models of a pair in 8 bits. They stay a pair: with each other, and with those they came of.

    Convolutions alone are computed in 8 bits: with the additions and products between them, faces were found
    in fewer of the a (.82 instead of .91 of the x) and r lost 1.5 dB.

    Args:
        public, private: the models.
        faces: a packed set; the ranges of the activations are taken from its training part.
        output: folder for `public.onnx` and `private.onnx`.
        count: faces from which the ranges are taken.
        metrics: for the cards; those of the originals are not theirs.

    Returns:
        The two files.

    Raises:
        ModelError, DatasetError, TrainingError: the files or the set don't do, or NNCF is not installed.
    """
    cards = pair_cards(public, private)
    targets = output / "public.onnx", output / "private.onnx"
    for source, target in zip((public, private), targets, strict=True):
        if target.exists() and target.samefile(source):
            raise TrainingError(f"{target} would be overwritten", "choose another folder")
        if any(node.op_type == "QuantizeLinear" for node in onnx.load(str(source)).graph.node):
            raise TrainingError(
                f"{source} is in 8 bits already", "give the model that `uunet-lab export` wrote"
            )
    x = _regions(faces, cards[0].side, count)
    noise = np.random.default_rng(0).random((len(x), 1, *x.shape[2:]), np.float32)
    seen = np.concatenate([x, noise], 1)
    engine = Engine(public, precision="f32")
    name, result = engine.inputs[0], engine.outputs[0]
    a = np.concatenate([engine.run({name: face[None]})[result] for face in seen])
    a = np.rint(a * 255) / np.float32(255)  # as it is published
    output.mkdir(parents=True, exist_ok=True)
    new = [replace(card, name=f"{card.name}-int8", metrics=dict(metrics)) for card in cards]
    _quantise(public, new[0], seen, targets[0])
    _quantise(private, new[1], a, targets[1])
    return targets


def _quantise(source: Path, card: Card, inputs: Floats, target: Path) -> None:
    partial = target.with_suffix(".partial")
    model = _folded(source, partial)
    name = model.graph.input[0].name
    quantised = eight_bits(model, [{name: image[None]} for image in inputs], _delicate(model), only=["Conv"])
    give_card(quantised, card)
    onnx.save(quantised, str(partial))
    partial.rename(target)


def _folded(source: Path, place: Path) -> onnx.ModelProto:
    """The same model, in which weights that are computed from others are constants."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(place)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    return onnx.load(str(place))


def _delicate(model: onnx.ModelProto) -> list[str]:
    """Layers that stay as they are: those that end in a picture, and the few small ones that are dense."""
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "Gemm" or (node.op_type == "Conv" and node.input[1].endswith("out.weight"))
    ]


def _regions(faces: Path, side: int, count: int) -> Floats:
    """(count, 3, side, side) in [0, 1]: clear ones, as rarer values of training would widen all ranges."""
    packed = open_set(faces)
    rows = parts(packed)[0][:count]
    stills = (
        torch.from_numpy(np.stack([packed.images[row] for row in rows])).permute(0, 3, 1, 2).float() / 255
    )
    rng = torch.Generator().manual_seed(0)
    return np.asarray(crop(stills, draw_boxes(len(stills), REGION, rng), side).numpy(), np.float32)
