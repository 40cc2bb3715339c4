"""ONNX Runtime, and which of its accelerators are on this computer."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.runners.plan import Arrays, Plan

# Best first. TensorRT is left out: it builds for minutes before the first frame.
_ACCELERATORS = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "OpenVINOExecutionProvider",
)
_CPU = "CPUExecutionProvider"


def accelerators() -> list[str]:
    """The providers of ONNX Runtime other than the processor's, best first; one may still lack its driver."""
    if sys.platform == "linux" and not _has_providers():
        return []
    try:
        import onnxruntime  # noqa: PLC0415
    except ImportError:
        return []
    available = set(onnxruntime.get_available_providers())
    return [name for name in _ACCELERATORS if name in available]


def _has_providers() -> bool:
    """Whether ONNX Runtime came with accelerators: on Linux, each is a library of its own beside it.

    Looking for them saves its import, 30 MB of memory, where OpenVINO does the work.
    """
    found = find_spec("onnxruntime")
    folders = found.submodule_search_locations if found is not None else None
    names = [
        path.name
        for folder in folders or ()
        for path in Path(folder, "capi").glob("libonnxruntime_providers_*")
    ]
    return any("_shared" not in name for name in names)


class OnnxRuntime:
    """ONNX Runtime with the best provider that is really there."""

    def __init__(self, data: Path | bytes, plan: Plan) -> None:
        import onnxruntime  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # its warnings go straight to stderr, past the program
        # Waiting threads that spin would take the cores from the encoder.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.intra_op_num_threads = plan.threads
        providers = [*accelerators(), _CPU]
        self._session = onnxruntime.InferenceSession(data, options, providers=providers)
        provider = self._session.get_providers()[0]
        self.name, self.accelerated = f"ONNX Runtime {provider}", provider != _CPU
        self.inputs = tuple(port.name for port in self._session.get_inputs())
        self.outputs = tuple(plan.wanted or (port.name for port in self._session.get_outputs()))
        self._type = np.float32 if plan.pictures else None

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        """See `Runner.run`."""
        ready = {name: np.ascontiguousarray(array, self._type) for name, array in feeds.items()}
        values = self._session.run(list(self.outputs), ready)
        return dict(zip(self.outputs, values, strict=True))
