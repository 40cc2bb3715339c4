from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from uunet.onnxfile import metadata


def model(properties: dict[str, str]) -> bytes:
    port = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    made = helper.make_model(
        helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", port[:1], port[1:])
    )
    helper.set_model_props(made, properties)
    return bytes(made.SerializeToString())


@given(st.dictionaries(st.text(), st.text(), max_size=4))
def test_reads_what_onnx_writes(properties: dict[str, str]) -> None:
    assert metadata(model(properties)) == properties


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_or_have_none(data: bytes) -> None:
    with suppress(ValueError):  # and no other
        assert metadata(data) == {} or b"\x72" in data


def test_a_part_of_a_file_is_refused(tmp_path: Path) -> None:
    whole = model({"key": "value" * 50})
    graph = whole.index(b"Relu")
    for length in (0, 1, graph, len(whole) - 1):
        with pytest.raises(ValueError, match=r"ends|no graph|not end"):
            metadata(whole[:length])
