"""Wide layers, a few channels at a time: fewer values at once, and each as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from uunet_lab.training.splitting import split_expansion

CHANNELS = 12


def quantised(*, depthwise: bool = True) -> onnx.ModelProto:
    """A 3×3 convolution, an expansion to CHANNELS, a depthwise convolution and a projection, in 8 bits."""
    random = np.random.default_rng(0)
    weights: dict[str, npt.NDArray[Any]] = {"step": np.array(0.05, np.float32), "zero": np.array(3, np.uint8)}
    nodes = []

    def layer(source: str, name: str, shape: tuple[int, ...], groups: int = 1) -> str:
        filters = random.integers(-60, 60, shape).astype(np.int8)
        scales = random.uniform(0.001, 0.02, shape[0]).astype(np.float32)
        weights.update({f"{name}.w": filters, f"{name}.s": scales, f"{name}.z": np.zeros(shape[0], np.int8)})
        weights[f"{name}.b"] = random.normal(size=shape[0]).astype(np.float32)
        pads = [shape[2] // 2] * 4
        layers: list[tuple[str, list[str], str, dict[str, Any]]] = [
            ("DequantizeLinear", [f"{name}.w", f"{name}.s", f"{name}.z"], f"{name}.f", {"axis": 0}),
            ("Conv", [source, f"{name}.f", f"{name}.b"], f"{name}.c", {"group": groups, "pads": pads}),
            ("Relu", [f"{name}.c"], f"{name}.r", {}),
            ("QuantizeLinear", [f"{name}.r", "step", "zero"], f"{name}.q", {}),
            ("DequantizeLinear", [f"{name}.q", "step", "zero"], name, {}),
        ]
        for kind, inputs, output, more in layers:
            if kind == "Conv":
                more["kernel_shape"] = list(shape[2:])
            nodes.append(helper.make_node(kind, inputs, [output], name=f"{kind}_{output}", **more))
        return name

    x = layer("x", "stem", (4, 3, 3, 3))
    x = layer(x, "wide", (CHANNELS, 4, 1, 1))
    groups = CHANNELS if depthwise else 1
    x = layer(x, "deep", (CHANNELS, CHANNELS // groups, 3, 3), groups)
    layer(x, "narrow", (5, CHANNELS, 1, 1))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, channels, 8, 8))
        for name, channels in (("x", 3), ("narrow", 5))
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def run(model: onnx.ModelProto) -> npt.NDArray[np.float32]:
    options = onnxruntime.SessionOptions()  # optimised, it would round in other places
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    x = np.random.default_rng(1).normal(size=(1, 3, 8, 8)).astype(np.float32)
    (result,) = session.run(None, {"x": x})
    return np.asarray(result)


@pytest.mark.parametrize("parts", [2, 3, 12])
def test_the_result_is_the_same_to_the_bit(parts: int) -> None:
    model = quantised()
    before = run(model)
    split_expansion(model, parts)
    onnx.checker.check_model(model, full_check=True)
    assert before.std() > 0.1
    np.testing.assert_array_equal(run(model), before)


def test_only_parts_of_the_widest_layers_are_left() -> None:
    model = quantised()
    split_expansion(model, 3)
    shapes = onnx.shape_inference.infer_shapes(model).graph.value_info
    channels = {one.name: one.type.tensor_type.shape.dim[1].dim_value for one in shapes}
    assert [channels[f"wide.{part}"] for part in range(3)] == [CHANNELS // 3] * 3
    assert "wide" not in channels
    assert "wide.w" not in {tensor.name for tensor in model.graph.initializer}


def test_what_can_not_be_split_is_left_alone_and_said() -> None:
    model = quantised()
    was = model.SerializeToString()
    with pytest.raises(ValueError, match="12 channels can't be split into 5"):
        split_expansion(model, 5)
    with pytest.raises(ValueError, match="no expansion"):
        split_expansion(quantised(depthwise=False), 2)
    assert model.SerializeToString() == was
