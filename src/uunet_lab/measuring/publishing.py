"""A window of video as the instrument publishes it, what others do to the file, and what it says then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import av
from av.video.frame import PictureType

from uunet.hiding import Signature, hide, reveal
from uunet.listening import Revealed
from uunet.types import POSITION_UNITS, WINDOW, Box, Picture, PublicFrame, Segment, Window, nearest_side
from uunet.video import EncodeSettings, PublicReader, PublicWriter, VideoInfo
from uunet_lab.measuring.mosaic import TAGS

PAIR = "5e" * 16
"""Of the signature: messages are read by it, and these are nobody's."""

RATE = 25


@dataclass(frozen=True, slots=True)
class Again:
    """A second encode, without what stands beside the pictures, as a service makes it.

    Attributes:
        encoder: FFmpeg's name.
        options: its options.
        scale: of width and height.
        form: FFmpeg's pixel format.
    """

    encoder: str
    options: tuple[tuple[str, str], ...]
    scale: Fraction = Fraction(1)
    form: str = "yuv420p"


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Where the regions of a window are: each stays where it is, written as messages write it.

    Attributes:
        segments: one for each region.
    """

    frames: ClassVar[int] = WINDOW
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, boxes: Sequence[Box], size: tuple[int, int]) -> Paths:
        """The nearest to these that a message can say.

        Args:
            boxes: at most 64 squares.
            size: of the frames.
        """
        found = []
        for track, box in enumerate(boxes):
            x, y = (
                round((start + length / 2) / whole * POSITION_UNITS - 0.5)
                for start, length, whole in ((box.x, box.w, size[0]), (box.y, box.h, size[1]))
            )
            side = nearest_side(box.w / max(size))
            found.append(Segment(track, 0, cls.frames - 1, x, y, x, y, side, side))
        return cls(tuple(found))

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        """The regions in every frame of a video of this size, which may be another than that of `of`."""
        placed = (segment.box(0, size) for segment in self.segments)
        return [box for box in placed if box is not None]


def publish(pictures: Sequence[Picture], paths: Paths, settings: EncodeSettings, path: Path) -> None:
    """Write replaced pictures with their messages, as `deidentify` does.

    Args:
        pictures: `Paths.frames` of them, of one size.
        paths: of the regions that were replaced.
        settings: codec and quality.
        path: the file; for images a pattern, `frame_%04d.jpg`.

    Raises:
        OutputError: it can't be written.
    """
    size, layout = pictures[0].size, pictures[0].layout
    about = (Path("window"), "none", "none", layout.name, size, layout, Fraction(1, RATE), Fraction(RATE))
    info = VideoInfo(*about, colour=TAGS)
    boxes = [paths.boxes(size)] * len(pictures)
    frames = [PublicFrame(picture, i, i) for i, picture in enumerate(pictures)]
    window = Window(0, (), paths.segments, tuple(range(len(paths.segments))))
    signature = Signature("measured", PAIR, bytes(8))
    hidden = hide(frames, window, boxes, signature, lossless=settings.lossless)
    with PublicWriter(path, info, settings, copy_streams=False) as writer:
        writer.write(hidden.frames, hidden.mark, boxes)
        writer.commit()


def again(source: Path, target: Path, how: Again) -> None:
    """Decode a file, scale its pictures and encode them; but for the colour matrix nothing goes along."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        taken = reader.streams.video[0]
        stream: Any = writer.add_stream(how.encoder, rate=RATE, options=dict(how.options))
        stream.width, stream.height = (
            int(length * how.scale) // 2 * 2 for length in (taken.width, taken.height)
        )
        stream.pix_fmt = how.form
        stream.codec_context.colorspace = taken.codec_context.colorspace
        for index, frame in enumerate(reader.decode(taken)):
            scaled = frame.reformat(stream.width, stream.height, how.form, interpolation="BICUBIC")
            scaled.pts, scaled.time_base, scaled.pict_type = index, Fraction(1, RATE), PictureType.NONE
            writer.mux(stream.encode(scaled))
        writer.mux(stream.encode(None))


def received(path: Path) -> list[PublicFrame]:
    """The frames of a file, each in memory of its own."""
    with PublicReader(path) as reader:
        return [frame.with_picture(frame.picture.copy()) for frame in reader]


def heard(frames: Sequence[PublicFrame], *, alone: bool) -> list[Revealed]:
    """What frames say of their regions; `alone` if what stands beside the pictures is lost."""
    shown = (replace(frame, payloads=()) if alone else frame for frame in frames)
    return [revealed for group in reveal(shown, PAIR) for revealed in group]
