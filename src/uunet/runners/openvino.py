"""OpenVINO on the processor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from uunet.runners.plan import Arrays, Plan
from uunet.runners.rounding import is_quantised, roundings, unround
from uunet.runners.signals import signal_stack_kept

_STREAMS = 2  # batches that OpenVINO computes side by side: each takes 9 MB more for U_e


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


def _leave_amx_alone() -> None:
    """Keep OpenVINO's kernels from using AMX, for the whole process; its user's own choice goes first.

    OpenVINO up to 2026.4 refuses most convolutions in 8 bits where they may use AMX. Without it they take the
    time that bfloat16 takes with it, and 60 MB less. The kernels ask only once: this comes too late if a
    model is open already.
    """
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")  # the next below AMX: no other knows it


class OpenVino:
    """OpenVINO on the processor, tuned for latency.

    Of a model that takes any number of items, batches are computed side by side, each on its share of the
    threads: U_e then needs a quarter less processor time than one batch after the other on all of them.

    A model in 8 bits that can't be computed in them here is computed without their rounding, and `name` says
    so.
    """

    def __init__(self, data: Path | bytes, plan: Plan) -> None:
        if is_quantised(data):
            _leave_amx_alone()
        with _converter_left_out():
            import openvino  # noqa: PLC0415  (0.5 s: paid by those who run a model, not by `import uunet`)

        self._openvino, self._data, self._plan = openvino, data, plan
        self._shapes: dict[str, list[int]] = {}
        self._rounds = True
        with signal_stack_kept():
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
            self._rounds = bool(roundings(model))
            self.name = f"OpenVINO CPU {'int8' if self._rounds else kind}"
            self.inputs = tuple(port.get_any_name() for port in model.inputs)
            self.outputs = tuple(port.get_any_name() for port in model.outputs)
            if plan.batch is not None:
                model.reshape({port: [plan.batch, *port.partial_shape[1:]] for port in model.inputs})
            if plan.pictures:
                self._unshaped: Any = model  # compiled as soon as its shapes are known
            else:
                self._requests = self._compiled(model)

    def _read(self) -> Any:
        """The model as it is in its file, but for what the plan asks."""
        model = self._core.read_model(self._data)
        if self._plan.wanted is not None:
            ports = [model.output(name) for name in self._plan.wanted]
            model = self._openvino.Model([port.node for port in ports], model.get_parameters())
        if not self._rounds:
            unround(model)
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
            unround(model)  # as on a processor with AMX, if another model was opened before: see there
            compiled = self._core.compile_model(model, "CPU", self._config)
            self._rounds, self.name = False, f"OpenVINO CPU {self._config['INFERENCE_PRECISION_HINT']}"
        return self._openvino.AsyncInferQueue(compiled, self._config["NUM_STREAMS"])

    def _fit(self, shapes: dict[str, list[int]]) -> None:
        """Makes sure that a model for pictures is compiled for these shapes."""
        if not self._plan.pictures or shapes == self._shapes:
            return
        with signal_stack_kept():
            self._requests, self._shapes = None, {}  # frees the memory for the last ones first
            model, self._unshaped = self._unshaped or self._read(), None
            model.reshape(shapes)  # for other shapes it is read anew: kept, it would take 3 MB
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


def _pieces(feeds: Arrays, batch: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Runs of `batch` items, the last filled up with copies of its last item."""
    count = len(next(iter(feeds.values())))
    for first in range(0, count, batch):
        places = np.minimum(np.arange(first, first + batch), count - 1)
        yield {name: array[places] for name, array in feeds.items()}
