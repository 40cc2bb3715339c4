"""Torch → ONNX with a card: the artefact between the laboratory and the instrument."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from uunet.models import CARD_FORMAT, CARD_KEY, Card

_OPSET = 18
_TOLERANCE = 2e-4  # a twentieth of a grey level


def export(net: nn.Module, channels: int, card: Card, target: Path) -> float:
    """Write a model file and prove that it computes what the net computes.

    Args:
        net: (B, channels, side, side) in [0, 1] → (B, 3, side, side) in [0, 1].
        channels: of the input, 4 for U_e and 3 for U_d.
        card: what the model is; `sha256` is left out.
        target: the ONNX file.

    Returns:
        The largest difference between torch and ONNX Runtime on random images.

    Raises:
        RuntimeError: the two differ by more than a twentieth of a grey level; nothing is written then.
    """
    net = net.eval().float().cpu()
    example = torch.rand(2, channels, card.side, card.side, generator=torch.Generator().manual_seed(0))
    partial = target.with_suffix(".partial")
    batch = torch.export.Dim("batch", min=1, max=256)
    with _quiet():
        torch.onnx.export(
            net,
            (example,),
            str(partial),
            input_names=["image"],
            output_names=["result"],
            opset_version=_OPSET,
            dynamic_shapes=({0: batch},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    model = onnx.load(str(partial))
    give_card(model, card)
    model.doc_string = ""
    for node in model.graph.node:  # the exporter writes the paths of our sources into every node
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, str(partial))
    difference = _difference(net, partial, channels, card.side)
    if difference > _TOLERANCE:
        partial.unlink()
        raise RuntimeError(f"ONNX and torch differ by {difference:.2g}: {target} was not written")
    partial.rename(target)
    return difference


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of itself: that it could do more with torchvision, and deprecations."""
    log = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        log.setLevel(level)


def give_card(model: onnx.ModelProto, card: Card) -> None:
    """Put a card into a model, in place of all that it says of itself; `sha256` is left out."""
    fields = {name: value for name, value in asdict(card).items() if name != "sha256"}
    del model.metadata_props[:]
    model.metadata_props.add(key=CARD_KEY, value=json.dumps({"format": CARD_FORMAT, **fields}))


def _difference(net: nn.Module, path: Path, channels: int, side: int) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for count in (1, 5):
        image = torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(count))
        with torch.no_grad():
            expected = net(image).numpy()
        (result,) = session.run(None, {"image": image.numpy()})
        worst = max(worst, float(np.abs(np.asarray(result) - expected).max()))
    return worst
