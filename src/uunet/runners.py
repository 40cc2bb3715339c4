"""The engines behind `engine.Engine`: OpenVINO, ONNX Runtime, and which is best on this computer."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]
Precision = Literal["auto", "f32", "bf16"]

# Best first. TensorRT is left out: it builds for minutes before the first frame.
_ACCELERATORS = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "OpenVINOExecutionProvider",
)
_CPU = "CPUExecutionProvider"
_STREAMS = 2  # batches that OpenVINO computes side by side: each takes 9 MB more for U_e


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


def best(data: Path | bytes, plan: Plan) -> Runner:
    """An accelerator, else OpenVINO, else ONNX Runtime on the processor."""
    runner: Runner | None = None
    if accelerators():
        runner = OnnxRuntime(data, plan)
        if not runner.name.endswith(_CPU):  # a provider that is listed may still lack its driver
            return runner
    try:
        return OpenVino(data, plan)
    except ImportError:
        return runner or OnnxRuntime(data, plan)


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


@contextmanager
def _converter_left_out() -> Iterator[None]:
    """Import OpenVINO without its model converter, which it takes for optional.

    The converter brings a client that reports its use to a server of Google (openvino-telemetry): a program
    that handles faces should not even load it. It also takes 15 MB.
    """
    name = "openvino.tools"
    if "openvino" in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # Python's way to say that it can't be imported
    try:
        yield
    finally:
        if name in sys.modules and sys.modules[name] is None:
            del sys.modules[name]  # whoever wants it may import it


class OpenVino:
    """OpenVINO on the processor, tuned for latency.

    Of a model that takes any number of items, batches are computed side by side, each on its share of the
    threads: U_e then needs a quarter less processor time than one batch after the other on all of them.

    A model in 8 bits that can't be computed in them here is computed without their rounding, and `name` says
    so: OpenVINO up to 2026.4 can't on processors with AMX, where it computes in bfloat16 as fast.
    """

    def __init__(self, data: Path | bytes, plan: Plan) -> None:
        with _converter_left_out():
            import openvino  # noqa: PLC0415  (0.5 s: paid by those who run a model, not by `import uunet`)

        self._openvino, self._data, self._plan = openvino, data, plan
        self._shapes: dict[str, list[int]] = {}
        self._rounds = True
        with _signal_stack_kept():
            self._core = openvino.Core()
            native = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            kind = "bf16" if native and plan.precision != "f32" else "f32"
            self._config: dict[str, Any] = {
                "INFERENCE_PRECISION_HINT": kind,
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1 if plan.batch is None else min(plan.threads, _STREAMS),
                "INFERENCE_NUM_THREADS": plan.threads,
            }
            model = self._read()
            self._rounds = bool(_roundings(model))
            self.name = f"OpenVINO CPU {'int8' if self._rounds else kind}"
            self.inputs = tuple(port.get_any_name() for port in model.inputs)
            self.outputs = tuple(port.get_any_name() for port in model.outputs)
            if plan.batch is not None:
                model.reshape({port: [plan.batch, *port.partial_shape[1:]] for port in model.inputs})
            if not plan.pictures:  # else it is compiled as soon as its shapes are known
                self._requests = self._compiled(model)

    def _read(self) -> Any:
        """The model as it is in its file, but for what the plan asks."""
        model = self._core.read_model(self._data)
        if self._plan.wanted is not None:
            ports = [model.output(name) for name in self._plan.wanted]
            model = self._openvino.Model([port.node for port in ports], model.get_parameters())
        if not self._rounds:
            _unround(model)
        if not self._plan.pictures:
            return model
        steps = self._openvino.preprocess.PrePostProcessor(model)
        for port in model.inputs:
            steps.input(port.get_any_name()).tensor().set_element_type(self._openvino.Type.u8)
        return steps.build()

    def _compiled(self, model: Any) -> Any:
        """The model, ready to run, behind as many requests as it has streams."""
        try:
            compiled = self._core.compile_model(model, "CPU", self._config)
        except RuntimeError:
            if not self._rounds:
                raise
            _unround(model)
            compiled = self._core.compile_model(model, "CPU", self._config)
            self._rounds, self.name = False, f"OpenVINO CPU {self._config['INFERENCE_PRECISION_HINT']}"
        return self._openvino.AsyncInferQueue(compiled, self._config["NUM_STREAMS"])

    def _fit(self, shapes: dict[str, list[int]]) -> None:
        """Makes sure that a model for pictures is compiled for these shapes."""
        if not self._plan.pictures or shapes == self._shapes:
            return
        with _signal_stack_kept():
            self._requests, self._shapes = None, {}  # frees the memory for the last ones first
            model = self._read()  # anew: kept, it would take 3 MB beside the compiled one
            model.reshape(shapes)
            self._requests, self._shapes = self._compiled(model), shapes

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        """See `Runner.run`."""
        if self._plan.batch is None:
            self._fit({name: list(array.shape) for name, array in feeds.items()})
            return self._infer([feeds])[0]
        done = self._infer(list(_pieces(feeds, self._plan.batch)))
        count = len(next(iter(feeds.values())))
        return {name: np.concatenate([piece[name] for piece in done])[:count] for name in self.outputs}

    def _infer(self, pieces: Sequence[Arrays]) -> list[dict[str, npt.NDArray[Any]]]:
        """The outputs of each piece."""
        done: dict[int, dict[str, npt.NDArray[Any]]] = {}

        def take(request: Any, place: int) -> None:
            done[place] = {
                name: request.get_output_tensor(i).data.copy() for i, name in enumerate(self.outputs)
            }

        self._requests.set_callback(take)
        for place, piece in enumerate(pieces):
            ready = {name: np.ascontiguousarray(array) for name, array in piece.items()}
            self._requests.start_async(ready, place, share_inputs=True)
        self._requests.wait_all()
        return [done[place] for place in range(len(pieces))]


def _roundings(model: Any) -> list[tuple[Any, Any]]:
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


def _unround(model: Any) -> None:
    """Takes what `_roundings` finds out of a model: it then gives what it would without rounding."""
    for first, last in _roundings(model):
        last.output(0).replace(first.input_value(0))


def _pieces(feeds: Arrays, batch: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Runs of `batch` items, the last filled up with copies of its last item."""
    count = len(next(iter(feeds.values())))
    for first in range(0, count, batch):
        places = np.minimum(np.arange(first, first + batch), count - 1)
        yield {name: array[places] for name, array in feeds.items()}


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
        self.name = f"ONNX Runtime {self._session.get_providers()[0]}"
        self.inputs = tuple(port.name for port in self._session.get_inputs())
        self.outputs = tuple(plan.wanted or (port.name for port in self._session.get_outputs()))
        self._type = np.float32 if plan.pictures else None

    def run(self, feeds: Arrays) -> dict[str, npt.NDArray[Any]]:
        """See `Runner.run`."""
        ready = {name: np.ascontiguousarray(array, self._type) for name, array in feeds.items()}
        values = self._session.run(list(self.outputs), ready)
        return dict(zip(self.outputs, values, strict=True))
