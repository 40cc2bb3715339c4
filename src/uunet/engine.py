"""Runs an ONNX file with the fastest engine that this computer has, and says which one that is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt

from uunet.cores import share
from uunet.errors import ModelError
from uunet.runners import Arrays, OnnxRuntime, OpenVino, Plan, Precision, Runner, accelerators, best

Backend = Literal["auto", "openvino", "onnxruntime"]


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
        on_processor: a file that is opened instead of `source` where no accelerator is: the same model in
            8 bits, which processors are fast with and graphics cards are not.
        batch: for a model that takes any number of items: OpenVINO computes that many at a time, and needs
            memory for no more.

    Attributes:
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
        on_processor: Path | None = None,
        batch: int | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise ModelError(f"{threads} threads can't run a model", "give 1 or more, or leave it out")
        if on_processor is not None and (backend == "openvino" or not accelerators()):
            source = on_processor
        data, self._label = _load(source)
        plan = Plan(precision, threads or share(2), wanted, pictures, batch)
        self._runner = _open(data, self._label, plan, backend)
        self._lock = threading.Lock()  # OpenVINO's requests may not be used by two threads at a time
        self.inputs = self._runner.inputs
        self.outputs = self._runner.outputs

    @property
    def name(self) -> str:
        """What runs, for people: "OpenVINO CPU int8", "ONNX Runtime CUDAExecutionProvider".

        It is known for sure after the first run.
        """
        return self._runner.name

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


def _load(source: Path | str | bytes) -> tuple[Path | bytes, str]:
    """A model and what to call it in messages; a path stays one, since engines then hold one copy less."""
    if isinstance(source, bytes):
        beginning, label = source, "the model"
    else:
        source = Path(source)
        label = source.name
        try:
            with source.open("rb") as file:
                beginning = file.read(1)
        except OSError as error:
            raise ModelError(
                f"can't read the model {source}: {error.strerror or error}",
                "check the path of the model file",
            ) from error
    if not beginning:
        raise ModelError(f"{label} is empty", "fetch or export the model file again")
    return source, label


def _open(data: Path | bytes, label: str, plan: Plan, backend: Backend) -> Runner:
    try:
        if backend == "openvino":
            return OpenVino(data, plan)
        if backend == "onnxruntime":
            return OnnxRuntime(data, plan)
        return best(data, plan)
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


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
