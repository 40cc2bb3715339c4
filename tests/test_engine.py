"""The engine: the same answer from every back end, and a clear error from every damaged file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import uunet
from uunet.detect import WEIGHTS_INT8
from uunet.engine import Backend, Engine
from uunet.errors import ModelError
from uunet.models import shipped
from uunet.runners import OnnxRuntime, Plan

MODEL = Path(uunet.__file__).parent / "weights" / "centerface.onnx"
INPUT = {"input.1": np.full((1, 3, 64, 96), 90.0, np.float32)}


def backends() -> list[Backend]:
    found: list[Backend] = ["onnxruntime"]
    try:
        import openvino  # noqa: F401, PLC0415
    except ImportError:
        return found
    return [*found, "openvino"]


@pytest.mark.parametrize("backend", backends())
def test_runs_any_size_and_names_itself(backend: Backend) -> None:
    engine = Engine(MODEL, precision="f32", threads=1, backend=backend)
    assert engine.inputs == ("input.1",)
    assert engine.outputs == ("537", "538", "539", "540")
    assert {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO CPU f32"}[backend] in engine.name
    for height, width in ((64, 96), (32, 32), (128, 64)):
        out = engine.run({"input.1": np.zeros((1, 3, height, width), np.float32)})
        assert out["538"].shape == (1, 2, height // 4, width // 4)


@pytest.mark.skipif(len(backends()) < 2, reason="OpenVINO is not installed")
def test_engines_agree() -> None:
    noise = np.random.default_rng(0).uniform(0, 255, (1, 3, 64, 96)).astype(np.float32)
    a, b = (Engine(MODEL, precision="f32", backend=name).run({"input.1": noise}) for name in backends())
    for name in a:
        np.testing.assert_allclose(a[name], b[name], atol=2e-3)


@pytest.mark.skipif(len(backends()) < 2, reason="OpenVINO is not installed")
@pytest.mark.parametrize("pictures", [False, True])
def test_a_processor_that_cannot_compute_in_8_bits(pictures: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino  # noqa: PLC0415

    real, refused = openvino.Core.compile_model, []

    def compile_model(core: object, model: openvino.Model, *rest: object) -> object:
        if any(op.get_type_name() == "FakeQuantize" for op in model.get_ordered_ops()):
            refused.append(model)
            raise RuntimeError("No suitable implementations")
        return real(core, model, *rest)

    monkeypatch.setattr(openvino.Core, "compile_model", compile_model)
    engine = Engine(WEIGHTS_INT8, backend="openvino", pictures=pictures)
    exact = Engine(MODEL, precision="f32", backend="openvino")
    noise = np.random.default_rng(0).integers(0, 256, (1, 3, 64, 96)).astype(np.float32)
    for shape in (np.s_[:], np.s_[:, :, :32]):  # a second shape is compiled anew
        picture = np.ascontiguousarray(noise[shape])
        given, wanted = (
            engine.run({"input.1": picture.astype(np.uint8) if pictures else picture}),
            exact.run({"input.1": picture}),
        )
        for name in wanted:
            assert np.abs(given[name] - wanted[name]).mean() < 0.1 * np.abs(wanted[name]).mean() + 0.01
    assert engine.name in {"OpenVINO CPU bf16", "OpenVINO CPU f32"}
    assert len(refused) == 1


@pytest.mark.parametrize("backend", backends())
def test_outputs_belong_to_the_caller(backend: Backend) -> None:
    engine = Engine(MODEL.read_bytes(), threads=1, backend=backend)
    first = engine.run(INPUT)["538"]
    kept = first.copy()
    engine.run({"input.1": np.zeros((1, 3, 64, 96), np.float32)})
    np.testing.assert_array_equal(first, kept)
    first[:] = 0  # writable


@pytest.mark.parametrize("backend", ["auto", *backends()])
@pytest.mark.parametrize("data", [b"", b"not a model", MODEL.read_bytes()[:200_000]])
def test_damaged_bytes(backend: Backend, data: bytes) -> None:
    with pytest.raises(ModelError) as caught:
        Engine(data, backend=backend)
    assert "again" in caught.value.hint


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.onnx"):
        Engine(tmp_path / "absent.onnx")


@pytest.mark.parametrize("backend", backends())
def test_a_fixed_batch_changes_nothing(backend: Backend) -> None:
    path = shipped("private")  # in 32 bits: others may round a value to its neighbour
    any_number = Engine(path, precision="f32", threads=1, backend=backend)
    two = Engine(path, precision="f32", threads=1, backend=backend, batch=2)
    for count in (1, 2, 3):
        image = np.random.default_rng(count).random((count, 3, 64, 64), np.float32)
        wanted, found = (engine.run({"image": image})["result"] for engine in (any_number, two))
        assert found.shape == (count, 3, 64, 64)
        np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("backend", backends())
def test_wrong_inputs(backend: Backend) -> None:
    engine = Engine(MODEL, threads=1, backend=backend)
    with pytest.raises(ModelError, match=r"takes the inputs input\.1"):
        engine.run({"image": INPUT["input.1"]})
    with pytest.raises(ModelError, match="could not run"):
        engine.run({"input.1": np.zeros((1, 5, 64, 96), np.float32)})


def test_threads_must_be_positive() -> None:
    with pytest.raises(ModelError):
        Engine(MODEL, threads=0)


def test_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelError, match="not installed"):
        Engine(MODEL, backend="openvino")
    assert Engine(MODEL, threads=1).name.startswith("ONNX Runtime")  # auto falls back


def test_eight_bits_are_for_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    def name() -> str:
        return Engine(MODEL, threads=1, on_processor=WEIGHTS_INT8).name

    quantised = name()  # "bf16" where a processor has AMX and a model is open already
    assert quantised.startswith("ONNX Runtime") or quantised in {"OpenVINO CPU int8", "OpenVINO CPU bf16"}
    opened: list[object] = []

    def note(data: Path, plan: Plan) -> OnnxRuntime:
        opened.append(data)
        return OnnxRuntime(data, plan)

    monkeypatch.setattr("uunet.engine.best", note)
    name()
    monkeypatch.setattr("uunet.engine.accelerators", lambda: ["CUDAExecutionProvider"])
    name()
    assert opened == [WEIGHTS_INT8, MODEL]


def test_import_is_lazy() -> None:
    code = (
        "import sys, uunet.engine, uunet.detect, uunet.track;"
        "print({'openvino', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(uunet.__file__).parents[1])},
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(len(backends()) < 2, reason="OpenVINO is not installed")
def test_nothing_that_phones_home_is_loaded() -> None:
    code = f"""
import sys
from uunet.engine import Engine
engine = Engine({str(MODEL)!r}, backend="openvino")
print([name for name in sys.modules if "telemetry" in name or name in ("ssl", "http.client")])
import openvino.tools.ovc  # others may still convert models
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_signals_are_heard_after_models_were_closed_in_the_order_in_which_they_were_opened() -> None:
    """OpenVINO's models leave a freed signal stack behind them otherwise: a segmentation fault."""
    code = f"""
import gc, os, signal
from uunet.engine import Engine
signal.signal(signal.SIGTERM, lambda *_: print("heard"))
first, second = Engine({str(MODEL)!r}), Engine({str(MODEL)!r})
del first
gc.collect()
del second
gc.collect()
os.kill(os.getpid(), signal.SIGTERM)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr
