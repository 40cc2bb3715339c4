"""Computes the widest layers of a quantised MobileNet a few channels at a time: for less memory."""

from __future__ import annotations

from graphlib import TopologicalSorter

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

_CHAIN = ("Conv", "Relu", "QuantizeLinear", "DequantizeLinear") * 2
"""An expansion by 1×1 filters and the depthwise convolution of what it gives, each rounded to 8 bits."""


def split_expansion(model: onnx.ModelProto, parts: int) -> None:
    """Splits the first expansion and its depthwise convolution by channels, in place.

    The depthwise convolution does not mix channels, so every value stays what it is, to the bit. Before it is
    the largest map of the net (CenterFace at 1280x736: 96 channels at half the size, 23 MB), of which only
    one part is there at a time.

    Args:
        model: quantised with QuantizeLinear and DequantizeLinear, every node with a name.
        parts: into how many; the number of channels is a multiple of it.

    Raises:
        ValueError: the model has no such layers, or no such number of channels.
    """
    graph = model.graph
    chain = _expansion(graph)
    makers = {name: node for node in graph.node for name in node.output}
    nodes = [*(makers[conv.input[1]] for conv in (chain[0], chain[4])), *chain]  # with those of the filters
    channels = _groups(chain[4])
    if channels % parts:
        raise ValueError(f"{channels} channels can't be split into {parts} equal parts")
    for part, rows in enumerate(np.split(np.arange(channels), parts)):
        graph.node.extend(_part(graph, nodes, f".{part}", rows, channels))
    (end,) = chain[-1].output
    for node in nodes:
        graph.node.remove(node)
    ends = [f"{end}.{part}" for part in range(parts)]
    graph.node.append(helper.make_node("Concat", ends, [end], name=f"Concat_{end}", axis=1))
    _tidy(graph)


def _expansion(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes of the first chain of these kinds: pixel by pixel first, then channel by channel."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for node in graph.node:
        chain = [node]
        while len(chain) < len(_CHAIN) and len(users.get(chain[-1].output[0], ())) == 1:
            chain += users[chain[-1].output[0]]
        if tuple(one.op_type for one in chain) == _CHAIN and _mixes(chain[0]) and _groups(chain[4]) > 1:
            return chain
    raise ValueError("there is no expansion before a depthwise convolution")


def _mixes(conv: onnx.NodeProto) -> bool:
    """Whether it mixes the channels of each pixel, and nothing else."""
    shapes = [list(attribute.ints) for attribute in conv.attribute if attribute.name == "kernel_shape"]
    return shapes == [[1, 1]] and _groups(conv) == 1


def _groups(conv: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in conv.attribute if attribute.name == "group"), 1)


def _part(
    graph: onnx.GraphProto,
    nodes: list[onnx.NodeProto],
    suffix: str,
    rows: npt.NDArray[np.intp],
    channels: int,
) -> list[onnx.NodeProto]:
    """Copies of nodes for some of the channels, with those of their weights that belong to these."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    split = {name for node in nodes for name in node.output}
    copies = []
    for node in nodes:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name += suffix
        copy.output[0] += suffix
        for place, name in enumerate(node.input):
            tensor = weights.get(name)
            if tensor is not None and list(tensor.dims[:1]) == [channels]:
                graph.initializer.append(
                    numpy_helper.from_array(numpy_helper.to_array(tensor)[rows], name + suffix)
                )
            elif name not in split:
                continue
            copy.input[place] += suffix
        for attribute in copy.attribute:
            if attribute.name == "group" and attribute.i == channels:
                attribute.i = len(rows)
        copies.append(copy)
    return copies


def _tidy(graph: onnx.GraphProto) -> None:
    """Nodes in an order in which they can be computed, and each weight once, if anybody needs it."""
    nodes = {node.output[0]: node for node in graph.node}
    before = {name: [one for one in node.input if one in nodes] for name, node in nodes.items()}
    ordered = [nodes[name] for name in TopologicalSorter(before).static_order()]
    used = {name for node in ordered for name in node.input}
    weights = {tensor.name: tensor for tensor in graph.initializer if tensor.name in used}
    del graph.node[:], graph.initializer[:]
    graph.node.extend(ordered)
    graph.initializer.extend(weights.values())
