"""Regions of interest: where the encoder is to spend its bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av

from uunet.types import Box, FrameSize

_DETAILED = 64  # pixels: a model tells no more of a larger face


def offset_for(box: Box, offset: float) -> float:
    """The quantiser offset of a region: less where the model's pixels are spread over more of the video."""
    return offset * min(1.0, _DETAILED / max(box.w, box.h, 1))


class RegionMarker:
    """Attaches regions of interest to frames: PyAV can't, FFmpeg's `addroi` filter can (pixels untouched)."""

    def __init__(self, size: FrameSize, pixel_format: str, offset: float) -> None:
        self._size = size
        self._format = pixel_format
        self._offset = offset
        self._boxes: tuple[Box, ...] = ()
        self._graph: av.filter.Graph | None = None

    def mark(self, frame: av.VideoFrame, boxes: Sequence[Box]) -> av.VideoFrame:
        """The same frame, with `boxes` as its regions."""
        if not boxes:
            return frame
        if self._graph is None or tuple(boxes) != self._boxes:
            self._boxes = tuple(boxes)
            self._graph = self._build(frame.time_base or Fraction(1))
        self._graph.push(frame)
        return self._graph.vpull()

    def _build(self, time_base: Fraction) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = 1  # threads would cost 60 times the work (0.1 ms)
        node = graph.add_buffer(
            width=self._size[0],
            height=self._size[1],
            format=av.VideoFormat(self._format),
            time_base=time_base,
        )
        for box in self._boxes:
            place = f"x={box.x}:y={box.y}:w={box.w}:h={box.h}"
            region = graph.add("addroi", f"{place}:qoffset={offset_for(box, self._offset):.4f}")
            node.link_to(region)
            node = region
        node.link_to(graph.add("buffersink"))
        graph.configure()
        return graph
