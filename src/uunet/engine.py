"""Runs an ONNX file with the fastest engine that this computer has, and says which one that is."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from uunet.cores import share
from uunet.errors import ModelError

Arrays = Mapping[str, npt.NDArray[Any]]
Precision = Literal["auto", "f32", "bf16"]
Backend = Literal["auto", "openvino", "onnxruntime"]

# Best first. TensorRT is left out: it builds for minutes before the first frame.
_ACCELERATORS = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "OpenVINOExecutionProvider",
)
_CPU = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a model is to be run; see `Engine`."""

    precision: Precision
    threads: int
    wanted: Sequence[str] | None
    pictures: bool


class _Runner(Protocol):
    """One opened model in one engine."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        """All outputs for these inputs, as arrays of their own (no views of the engine's memory)."""
        ...


class Engine:
    """A model that is ready to run.

    Args:
        source: path of an ONNX file, or its bytes.
        precision: `f32` computes in 32 bit; `bf16` in bfloat16 where the engine and the processor can and in
            32 bit elsewhere; `auto` is bf16 where the processor computes with it natively. bfloat16 halves
            the time of ordinary convolutions and makes depthwise ones slower: measure before choosing.
        threads: processor threads, at least 1; None takes half of the cores: nets run beside decoders,
            encoders and other nets.
        backend: `auto` takes an accelerator where ONNX Runtime has one, else OpenVINO where it is
            installed, else ONNX Runtime on the processor.
        wanted: names of the outputs that are computed; None for all.
        pictures: for a model whose inputs are large pictures: they are handed over as uint8, and OpenVINO
            plans its memory for their shape, anew (0.2 s) whenever it changes. That halves what it needs:
            for CenterFace at 1280×736 58 MB instead of 106.

    Attributes:
        name: what runs, for people: "OpenVINO CPU bf16", "ONNX Runtime CUDAExecutionProvider".
        inputs, outputs: names of the model's inputs and outputs, in the model's order.

    Raises:
        ModelError: the file is missing or damaged, or the engine that was asked for is not installed.
    """

    def __init__(
        self,
        source: Path | str | bytes,
        *,
        precision: Precision = "auto",
        threads: int | None = None,
        backend: Backend = "auto",
        wanted: Sequence[str] | None = None,
        pictures: bool = False,
    ) -> None:
        if threads is not None and threads < 1:
            raise ModelError(f"{threads} threads can't run a model", "give 1 or more, or leave it out")
        data, self._label = _load(source)
        plan = _Plan(precision, threads or share(2), wanted, pictures)
        self._runner = _open(data, self._label, plan, backend)
        self._lock = threading.Lock()  # OpenVINO's requests may not be used by two threads at a time
        self.name = self._runner.name
        self.inputs = self._runner.inputs
        self.outputs = self._runner.outputs

    def run(self, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Runs the model once.

        Args:
            inputs: one array per input, by name, of the shape and type that the model declares (but see
                `pictures`).

        Returns:
            One array per output, by name; each is the caller's own.

        Raises:
            ModelError: a name is missing or too many, or the engine can't take these shapes.
        """
        if set(inputs) != set(self.inputs):
            raise ModelError(
                f"{self._label} takes the inputs {', '.join(self.inputs)}, not {', '.join(sorted(inputs))}",
                "use a model file that was made for this role",
            )
        with self._lock:
            try:
                return self._runner.run(inputs)
            except Exception as error:
                shapes = ", ".join(f"{name} {array.shape}" for name, array in inputs.items())
                raise ModelError(
                    f"{self._label} could not run on {shapes}: {_first_line(error)}",
                    "use a model file that was made for this role",
                ) from error


def _load(source: Path | str | bytes) -> tuple[bytes, str]:
    """The bytes of a model and what to call it in messages."""
    if isinstance(source, bytes):
        data, label = source, "the model"
    else:
        label = Path(source).name
        try:
            data = Path(source).read_bytes()
        except OSError as error:
            raise ModelError(
                f"can't read the model {source}: {error.strerror or error}",
                "check the path of the model file",
            ) from error
    if not data:
        raise ModelError(f"{label} is empty", "fetch or export the model file again")
    return data, label


def _open(data: bytes, label: str, plan: _Plan, backend: Backend) -> _Runner:
    try:
        if backend == "openvino":
            return _OpenVino(data, plan)
        if backend == "onnxruntime":
            return _OnnxRuntime(data, plan)
        return _best(data, plan)
    except ImportError as error:
        raise ModelError(
            f"the inference engine {error.name or backend} is not installed",
            "pip install onnxruntime openvino",
        ) from error
    except Exception as error:
        raise ModelError(
            f"{label} is not a model that can be opened: {_first_line(error)}",
            "the file is damaged or not ONNX: fetch or export it again",
        ) from error


def _best(data: bytes, plan: _Plan) -> _Runner:
    """An accelerator, else OpenVINO, else ONNX Runtime on the processor."""
    runner: _Runner | None = None
    if _accelerators():
        runner = _OnnxRuntime(data, plan)
        if not runner.name.endswith(_CPU):  # a provider that is listed may still lack its driver
            return runner
    try:
        return _OpenVino(data, plan)
    except ImportError:
        return runner or _OnnxRuntime(data, plan)


def _accelerators() -> list[str]:
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


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


class _SignalStack(ctypes.Structure):
    """`stack_t` of Linux."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def _signal_stack_kept() -> Iterator[None]:
    """Keep OpenVINO from leaving the thread a stack for signals that is gone.

    Its plugin for the processor puts one in place when it is loaded, and puts back what it found when it is
    closed. Of two models that are closed in the order in which they were opened the second puts back the
    first one's, which has
    been freed: the next signal that Python handles (Ctrl-C, SIGTERM) is a segmentation fault. If each finds
    what was there before all of them, their order does not matter. Seen with OpenVINO 2026 on Linux.
    """
    if sys.platform != "linux":
        yield
        return
    libc, before = ctypes.CDLL(None), _SignalStack()
    known = libc.sigaltstack(None, ctypes.byref(before)) == 0
    try:
        yield
    finally:
        if known:
            libc.sigaltstack(ctypes.byref(before), None)


class _OpenVino:
    """OpenVINO on the processor, one stream, tuned for latency. Dynamic shapes cost nothing measurable."""

    def __init__(self, data: bytes, plan: _Plan) -> None:
        import openvino  # noqa: PLC0415  (0.5 s: paid by those who run a model, not by `import uunet`)

        with _signal_stack_kept():
            self._core = openvino.Core()
            native = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            kind = "bf16" if native and plan.precision != "f32" else "f32"
            self._config: dict[str, Any] = {
                "INFERENCE_PRECISION_HINT": kind,
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": plan.threads,
            }
            model = self._core.read_model(data)
            if plan.wanted is not None:
                ports = [model.output(name) for name in plan.wanted]
                model = openvino.Model([port.node for port in ports], model.get_parameters())
            self.name = f"OpenVINO CPU {kind}"
            self.inputs = tuple(port.get_any_name() for port in model.inputs)
            self.outputs = tuple(port.get_any_name() for port in model.outputs)
            self._shapes: dict[str, list[int]] = {}
            if plan.pictures:
                steps = openvino.preprocess.PrePostProcessor(model)
                for name in self.inputs:
                    steps.input(name).tensor().set_element_type(openvino.Type.u8)
                self._model = steps.build()  # compiled as soon as its shapes are known
            else:
                self._model = None
                self._request = self._compiled(model)

    def _compiled(self, model: Any) -> Any:
        return self._core.compile_model(model, "CPU", self._config).create_infer_request()

    def _fit(self, shapes: dict[str, list[int]]) -> None:
        """Makes sure that the model is compiled for these shapes."""
        if self._model is None or shapes == self._shapes:
            return
        with _signal_stack_kept():
            self._request, self._shapes = None, {}  # frees the memory for the last ones first
            self._model.reshape(shapes)
            self._request, self._shapes = self._compiled(self._model), shapes

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        self._fit({name: list(array.shape) for name, array in feeds.items()})
        self._request.infer({k: np.ascontiguousarray(v) for k, v in feeds.items()}, share_inputs=True)
        return {name: self._request.get_output_tensor(i).data.copy() for i, name in enumerate(self.outputs)}


class _OnnxRuntime:
    """ONNX Runtime with the best provider that is really there."""

    def __init__(self, data: bytes, plan: _Plan) -> None:
        import onnxruntime  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # its warnings go straight to stderr, past the program
        # Waiting threads that spin would take the cores from the encoder.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.intra_op_num_threads = plan.threads
        providers = [*_accelerators(), _CPU]
        self._session = onnxruntime.InferenceSession(data, options, providers=providers)
        self.name = f"ONNX Runtime {self._session.get_providers()[0]}"
        self.inputs = tuple(port.name for port in self._session.get_inputs())
        self.outputs = tuple(plan.wanted or (port.name for port in self._session.get_outputs()))
        self._type = np.float32 if plan.pictures else None

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        ready = {name: np.ascontiguousarray(array, self._type) for name, array in feeds.items()}
        values = self._session.run(list(self.outputs), ready)
        return dict(zip(self.outputs, values, strict=True))
