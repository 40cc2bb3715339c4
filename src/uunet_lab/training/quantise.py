"""Models in 8 bits: post-training quantisation with NNCF, on the user's own pictures."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import version_converter

from uunet.detect import WEIGHTS, CenterFaceDetector, full_precision
from uunet.video import RawReader
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.splitting import split_expansion

_PARTS = 3  # of the widest layers: 8 MB less at 1280x736; with more parts others are the widest
_OPSET = 13  # the first in which each channel of a weight has a scale of its own
_NECK = ("505", "509", "512", "515", "519", "522", "526", "529", "533", "536", "538", "539", "540")
"""Outputs of the layers that stay as they are: the last stages and the heads. In 8 bits they moved corners by
twice as much (mean intersection over union with the boxes of 32 bits .933 instead of .965)."""


def eight_bits(
    model: onnx.ModelProto,
    examples: Sequence[Mapping[str, npt.NDArray[np.float32]]],
    kept: Sequence[str],
    *,
    only: Collection[str] = (),
) -> onnx.ModelProto:
    """A model whose weights and activations are computed with in 8 bits.

    Args:
        model: of opset 13 or later, every node with a name, every weight a constant.
        examples: inputs, from which the ranges of the activations are taken.
        kept: names of nodes that stay as they are.
        only: types of the operators that are computed in 8 bits; all that can be, if empty.

    Raises:
        TrainingError: NNCF is not installed.
    """
    os.environ.setdefault("NNCF_CI", "1")  # else it reports each call to its makers' server
    try:
        import nncf  # noqa: PLC0415
        from nncf.quantization.advanced_parameters import (  # noqa: PLC0415
            AdvancedQuantizationParameters,
            OverflowFix,
        )
    except ImportError as error:
        raise TrainingError("quantisation needs the package nncf", "pip install 'uunet[quantise]'") from error
    nncf.set_log_level(logging.ERROR)
    others = {node.op_type for node in model.graph.node}.difference(only) if only else set()
    # On processors without VNNI sums of two products overflow 16 bits unless weights leave a bit unused.
    room = AdvancedQuantizationParameters(overflow_fix=OverflowFix.ENABLE)
    quantised: onnx.ModelProto = nncf.quantize(
        model,
        nncf.Dataset(examples),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(examples),
        ignored_scope=nncf.IgnoredScope(names=list(kept), types=sorted(others)),
        advanced_parameters=room,
    )
    return quantised


def quantise_detector(clips: Sequence[Path], target: Path, frames: int) -> int:
    """Write CenterFace in 8 bits.

    Args:
        clips: videos from which the ranges of its activations are taken.
        target: the ONNX file.
        frames: of each clip, evenly spread.

    Returns:
        How many frames were used.

    Raises:
        TrainingError: NNCF is not installed.
        UUNetError: a clip can't be read.
    """
    detector = CenterFaceDetector(engine=full_precision())
    examples = [example for clip in clips for example in _examples(clip, frames, detector)]
    model = version_converter.convert_version(onnx.load(str(WEIGHTS)), _OPSET)
    for node in model.graph.node:  # it goes by names, and these have none
        node.name = f"{node.op_type}_{node.output[0]}"
    kept = [node.name for node in model.graph.node if node.output[0] in _NECK]
    quantised = eight_bits(model, [{"input.1": example.astype(np.float32)} for example in examples], kept)
    split_expansion(quantised, _PARTS)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    onnx.save(quantised, str(partial))
    partial.rename(target)
    return len(examples)


def _examples(clip: Path, frames: int, detector: CenterFaceDetector) -> Iterator[npt.NDArray[np.uint8]]:
    """(1, 3, height, width) each, as the detector gives them to its net."""
    with RawReader(clip) as reader:
        total = sum(1 for _ in reader)
    wanted = set(np.linspace(0, total - 1, frames).round().astype(int).tolist())
    with RawReader(clip) as reader:
        for frame in reader:
            if frame.index in wanted:
                yield detector.prepared(frame.picture).copy()
