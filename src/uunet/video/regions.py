"""Regions of interest: where the encoder is to spend its bits.

Encoders heed them block by block, and to build FFmpeg's filter takes 0.3 ms: regions that move within the
same blocks share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av

from uunet.types import Box, FrameSize

_DETAILED = 64  # pixels: a model tells no more of a larger face
_BLOCK = 16  # pixels: libx264 and libx265 take every block that a region touches


def offset_for(box: Box, offset: float) -> float:
    """The quantiser offset of a region: less where the model's pixels are spread over more of the video."""
    return offset * min(1.0, _DETAILED / max(box.w, box.h, 1))


class RegionMarker:
    """Attaches regions of interest to frames: PyAV can't, FFmpeg's `addroi` filter can (pixels untouched)."""

    def __init__(self, size: FrameSize, pixel_format: str, offset: float) -> None:
        self._size = size
        self._format = pixel_format
        self._offset = offset
        self._nodes: list[str] = []
        self._graph: av.filter.Graph | None = None

    def mark(self, frame: av.VideoFrame, boxes: Sequence[Box]) -> av.VideoFrame:
        """The same frame, with `boxes` as its regions."""
        if not boxes:
            return frame
        nodes = [self._node(box) for box in boxes]
        if self._graph is None or nodes != self._nodes:
            self._nodes = nodes
            self._graph = self._build(frame.time_base or Fraction(1))
        self._graph.push(frame)
        return self._graph.vpull()

    def _node(self, box: Box) -> str:
        """The arguments of a filter for the blocks that a box touches."""
        x, y = box.x // _BLOCK * _BLOCK, box.y // _BLOCK * _BLOCK
        w = min(-(-(box.x + box.w) // _BLOCK) * _BLOCK, self._size[0]) - x
        h = min(-(-(box.y + box.h) // _BLOCK) * _BLOCK, self._size[1]) - y
        return f"x={x}:y={y}:w={w}:h={h}:qoffset={offset_for(box, self._offset):.2f}"

    def _build(self, time_base: Fraction) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = 1  # threads would cost 60 times the work (0.1 ms)
        last = graph.add_buffer(
            width=self._size[0],
            height=self._size[1],
            format=av.VideoFormat(self._format),
            time_base=time_base,
        )
        for node in self._nodes:
            region = graph.add("addroi", node)
            last.link_to(region)
            last = region
        last.link_to(graph.add("buffersink"))
        graph.configure()
        return graph
