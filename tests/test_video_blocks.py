"""Memory of pictures: used again, but never while anything can still see what is in it."""

from __future__ import annotations

import numpy as np
import pytest

from uunet.types import Layout, Picture
from uunet.video.blocks import Blocks

LAYOUT = Layout("yuv420p", 8, 2, 2, colour=True, full_range=False, matrix="bt709")


def grey(value: int, size: tuple[int, int] = (32, 16)) -> Picture:
    width, height = size
    shapes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    return Picture(tuple(np.full(shape, value, np.uint8) for shape in shapes), LAYOUT)


def address(picture: Picture) -> int:
    return picture.planes[0].ctypes.data


def test_memory_of_a_picture_that_is_gone_is_used_again() -> None:
    blocks = Blocks()
    first = blocks.copy(grey(10))
    was = address(first)
    del first
    again = blocks.copy(grey(20))
    assert address(again) == was
    assert [plane.max() for plane in again.planes] == [20] * 3
    again.planes[1][...] = 7  # its own: may be painted over


@pytest.mark.parametrize("part", ["plane", "slice of a slice", "other type", "memory view", "transposed"])
def test_whatever_still_looks_at_a_picture_keeps_its_memory(part: str) -> None:
    blocks = Blocks()
    picture = blocks.copy(grey(10))
    luma = picture.planes[2]
    kept = {
        "plane": luma,
        "slice of a slice": luma[1:5][1:, 2:4],
        "other type": luma.view(np.int8),
        "memory view": memoryview(luma.data),
        "transposed": luma.T[:4],
    }[part]
    was = address(picture)
    del picture, luma
    others = [blocks.copy(grey(200)) for _ in range(8)]
    assert was not in {address(other) for other in others}
    assert np.asarray(kept).max() == 10


def test_another_size_gets_memory_of_its_own() -> None:
    blocks = Blocks()
    small = blocks.copy(grey(1))
    del small
    large = blocks.copy(grey(2, (64, 32)))
    assert large.size == (64, 32)
    assert large.planes[0].min() == 2
