"""The engines behind `engine.Engine`: OpenVINO, ONNX Runtime, and which is best on this computer."""

from __future__ import annotations

from pathlib import Path

from uunet.runners.onnxruntime import OnnxRuntime, accelerators
from uunet.runners.openvino import OpenVino
from uunet.runners.plan import Arrays, Plan, Precision, Runner

__all__ = ["Arrays", "OnnxRuntime", "OpenVino", "Plan", "Precision", "Runner", "accelerators", "best"]


def best(data: Path | bytes, plan: Plan) -> Runner:
    """An accelerator, else OpenVINO, else ONNX Runtime on the processor."""
    runner: Runner | None = None
    if accelerators():
        runner = OnnxRuntime(data, plan)
        if runner.accelerated:  # a provider that is listed may still lack its driver
            return runner
    try:
        return OpenVino(data, plan)
    except ImportError:
        return runner or OnnxRuntime(data, plan)
