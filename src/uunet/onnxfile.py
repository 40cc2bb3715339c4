"""The metadata of an ONNX file, read without an inference engine: opening one takes 30 MB and a while.

An ONNX file is one protobuf message, `ModelProto`; its `metadata_props` are messages of key and value.
Format: https://protobuf.dev/programming-guides/encoding, onnx.proto3 (field numbers never change there).
"""

from __future__ import annotations

from collections.abc import Iterator

_PROPERTIES = 14  # ModelProto.metadata_props
_GRAPH = 7  # ModelProto.graph
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_KEY, _VALUE = 1, 2


def metadata(data: bytes) -> dict[str, str]:
    """The metadata properties of an ONNX file.

    Raises:
        ValueError: these bytes are no ONNX model, or not all of one.
    """
    view = memoryview(data)
    fields = list(_fields(view))
    if not any(number == _GRAPH for number, _ in fields):
        raise ValueError("no graph")
    found = {}
    for number, content in fields:
        if number == _PROPERTIES:
            entry = dict(_fields(content))
            key, value = (bytes(entry.get(part, b"")).decode() for part in (_KEY, _VALUE))
            found[key] = value
    return found


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number and the bytes of each field of a message, without copying."""
    at = 0
    while at < len(view):
        tag, at = _varint(view, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _, end = _varint(view, at)
        elif kind == _BYTES:
            length, at = _varint(view, at)
            end = at + length
        elif kind in (_FIXED32, _FIXED64):
            end = at + (4 if kind == _FIXED32 else 8)
        else:
            raise ValueError(f"kind {kind} of field {number}")
        if number == 0 or end > len(view):
            raise ValueError(f"field {number} ends behind its message")
        yield number, view[at:end]
        at = end


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    """A number in base 128, the lowest digits first, and where it ends."""
    value = 0
    for place in range(10):
        if at + place >= len(view):
            break
        byte = view[at + place]
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number does not end")
