"""Reading: any file that FFmpeg reads becomes frames with exact time stamps, decoded one thread ahead."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from uunet.channel import Channel, Closed
from uunet.errors import TruncatedError
from uunet.types import Layout, Picture, PublicFrame, RawFrame
from uunet.video.blocks import Blocks
from uunet.video.formats import Codec, VideoInfo
from uunet.video.pictures import Converter, to_frame
from uunet.video.source import Source

F = TypeVar("F", RawFrame, PublicFrame)

_AHEAD = 1  # frame decoded in advance: it keeps both threads busy, and is little at 8K


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What passes from the decoding thread: a picture of its own, pts, duration if known, user data."""

    picture: Picture
    pts: int
    duration: int | None
    payloads: tuple[bytes, ...]


class _Reader(ABC, Generic[F]):
    """What both readers share. One pass: iterate once, inside `with`.

    Args:
        path: a video, GIF, MJPEG, single image, or an image sequence as a pattern (`frame_%04d.png`).
        codec: what the output will be encoded with; the working format is chosen so that no second
            conversion is needed. None keeps what is nearest to the file.
        threads: of the decoder; None takes a quarter of the cores: more cost memory and are not needed beside
            an encoder.

    Attributes:
        info: the video's properties, known from its headers and its first frame.
        damage: set once iteration has ended early because the file breaks off or is damaged.
        scaled: how many frames had another size than the first and were scaled to it, so far.
        last_duration: how long the last frame is shown, in units of the time base, once iteration has ended
            and if the file says so.

    Raises:
        InputError: missing, empty, not a video, encrypted, without pictures, of an unknown codec.
    """

    def __init__(self, path: Path, *, codec: Codec | None = None, threads: int | None = None) -> None:
        self._source = Source(Path(path), codec, threads, payloads=self._wants_payloads)
        self._channel: Channel[_Read] = Channel(_AHEAD)
        self._converter = Converter(self._layout(), self.info.size, self._source.own)
        self._thread: threading.Thread | None = None
        self.last_duration: int | None = None

    _wants_payloads = False

    def _layout(self) -> Layout:
        """Of the frames."""
        return self.info.layout

    @property
    def info(self) -> VideoInfo:
        return self._source.info

    @property
    def damage(self) -> TruncatedError | None:
        return self._source.damage

    @property
    def scaled(self) -> int:
        return self._converter.scaled

    @property
    def content_notes(self) -> tuple[str, ...]:
        """What the frames brought to light, in words for the summary; complete once iteration has ended."""
        if not self.scaled:
            return ()
        width, height = self.info.size
        return (f"{self.scaled} frames of another size scaled to {width}x{height}, that of the first",)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends decoding and closes the file. May be called twice."""
        self._channel.abandon()
        if self._thread is not None:
            self._thread.join()
        self._source.close()

    def __iter__(self) -> Iterator[F]:
        """The frames, in order of presentation, with strictly increasing pts."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._decode, name="uunet-reader", daemon=True)
            self._thread.start()
        index = 0
        while True:
            try:
                read = self._channel.get()
            except Closed:
                return
            self.last_duration = read.duration
            yield self._make(read, index)
            index += 1

    def _decode(self) -> None:
        blocks = Blocks()
        with self._channel.feeding():
            for decoded in self._source.frames():
                # a copy of its own can be painted over, and the decoder gets its memory back at once
                picture = blocks.copy(self._converter.picture(decoded.frame))
                self._channel.put(_Read(picture, decoded.pts, decoded.duration, decoded.payloads))

    @abstractmethod
    def _make(self, read: _Read, index: int) -> F: ...


class RawReader(_Reader[RawFrame]):
    """Reads what a camera recorded: frames that may show faces."""

    _wants_payloads = True
    published = False
    """Whether a message was found in it: it is a public file. Who looks into the pixels may say so too."""

    @property
    def content_notes(self) -> tuple[str, ...]:
        """As in other readers; and whether the video was published before."""
        again = "the input is a public file of uunet: what is restored from the output is that public file"
        return (*super().content_notes, *((again,) if self.published else ()))

    def _make(self, read: _Read, index: int) -> RawFrame:
        self.published |= bool(read.payloads)
        return RawFrame(read.picture, index, read.pts)


class PublicReader(_Reader[PublicFrame]):
    """Reads a published video: frames with the user data that was stored beside them.

    The pictures are those of the file, since a message may stand in their lowest bits: `prepared` turns them
    into what the output's codec takes.
    """

    _wants_payloads = True

    def _layout(self) -> Layout:
        return self._source.nearest

    def prepared(self, frame: RawFrame) -> RawFrame:
        """A frame that was made of one of this reader's, in the layout of `info`, as writers want it.

        Its planes may not be written to.
        """
        if self._source.nearest == self.info.layout:
            return frame
        return RawFrame(self._last_step.picture(to_frame(frame.picture)), frame.index, frame.pts)

    @cached_property
    def _last_step(self) -> Converter:
        return Converter(self.info.layout, self.info.size, self._source.nearest)

    def _make(self, read: _Read, index: int) -> PublicFrame:
        return PublicFrame(read.picture, index, read.pts, read.payloads)
