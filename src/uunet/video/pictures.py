"""Pictures as numpy planes, from decoded frames and back."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from uunet.types import FrameSize, Layout, Picture, Plane
from uunet.video.formats import FULL_RANGE, STUDIO_RANGE, chroma_and_depth, is_rgb

SWS_MATRIX = {"bt709": 1, "bt601": 5, "bt2020": 9}
"""libswscale's numbers; without one it takes BT.601 for RGB."""


class Converter:
    """Turns decoded frames into pictures of one layout and size, without copying where it can.

    Args:
        layout: of the pictures.
        size: of the pictures.
        own: how the stream's own samples are to be read, in its own format.
    """

    def __init__(self, layout: Layout, size: FrameSize, own: Layout) -> None:
        self.layout = layout
        self.size = size
        self.scaled = 0  # frames of another size, so far
        self._own = own
        matrix_stays = not layout.colour or own.matrix == layout.matrix
        self._stays = matrix_stays and own.full_range == layout.full_range
        self._reformatter = VideoReformatter()

    def picture(self, frame: av.VideoFrame) -> Picture:
        """The frame as a picture; without copying, unless the format or the size must change."""
        same_size = (frame.width, frame.height) == self.size
        if same_size and self._stays and (_planar(frame) == self.layout.name or self._takes_grey(frame)):
            return self._planes(frame)
        self.scaled += not same_size
        return self._planes(self._convert(frame))

    def _takes_grey(self, frame: av.VideoFrame) -> bool:
        """Whether a frame is the luma of the picture, whose chroma is neutral."""
        grey = "gray" if self.layout.depth == 8 else f"gray{self.layout.depth}le"
        return self.layout.is_chroma(1) and self.layout.colour and _planar(frame) == grey

    def _planes(self, frame: av.VideoFrame) -> Picture:
        if self._takes_grey(frame):
            luma = planes_of(frame, 1, self.layout.depth)[0]
            return Picture((luma, *_neutral_chroma(self.layout, self.size)), self.layout)
        return Picture(planes_of(frame, 3 if self.layout.colour else 1, self.layout.depth), self.layout)

    def _convert(self, frame: av.VideoFrame) -> av.VideoFrame:
        layout, own, name = self.layout, self._own, frame.format.name
        target, rgb = layout.name, is_rgb(name)
        if layout.colour and layout.is_chroma(1) and not rgb and chroma_and_depth(name)[0] is None:
            target = "gray" if layout.depth == 8 else f"gray{layout.depth}le"
        if frame.format.has_palette and layout.matrix == "gbr":  # in one step, libswscale would round
            frame = self._reformatter.reformat(frame, format="rgb24")
        return self._reformatter.reformat(
            frame,
            width=self.size[0],
            height=self.size[1],
            format=target,
            src_colorspace=None if rgb else SWS_MATRIX.get(own.matrix),
            dst_colorspace=SWS_MATRIX.get(layout.matrix),
            src_color_range=FULL_RANGE if rgb or own.full_range else STUDIO_RANGE,
            dst_color_range=FULL_RANGE if layout.full_range else STUDIO_RANGE,
            interpolation="BICUBIC",
        )


def _planar(frame: av.VideoFrame) -> str:
    """A frame's format by what its first planes hold: `yuvj420p` and `yuva420p` are `yuv420p`."""
    name = frame.format.name.replace("yuvj", "yuv").replace("yuva", "yuv")
    return "gray" if name == "gray8" else name


def to_frame(picture: Picture, again: av.VideoFrame | None = None) -> av.VideoFrame:
    """A copy of a picture as a frame for an encoder. Inverse of `Converter.picture`.

    Args:
        picture: any.
        again: a frame of the same format and size to copy it into; new memory costs more than filling it.
    """
    frame = again or av.VideoFrame(*picture.size, picture.layout.name)
    frame.make_writable()  # an encoder may still hold what was in it
    for plane, source in zip(frame.planes, picture.planes, strict=True):
        rows = np.frombuffer(plane, source.dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
        rows[:, : plane.width] = source
    return frame


def planes_of(frame: av.VideoFrame, count: int, depth: int) -> tuple[Plane, ...]:
    """Views on the first planes of a frame. The decoder may still need them: they can't be written to."""
    dtype = np.uint8 if depth == 8 else np.uint16
    views = []
    for plane in frame.planes[:count]:
        rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
        view = rows[:, : plane.width]
        view.flags.writeable = False
        views.append(view)
    return tuple(views)


def _neutral_chroma(layout: Layout, size: FrameSize) -> tuple[Plane, Plane]:
    shape = (-(-size[1] // layout.chroma_h), -(-size[0] // layout.chroma_w))
    grey = np.full(shape, 1 << (layout.depth - 1), np.uint8 if layout.depth == 8 else np.uint16)
    grey.flags.writeable = False
    return grey, grey
