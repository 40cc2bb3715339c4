"""Reads the messages of public frames: beside them, in their lowest bits, or in their pixels."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from uunet.conceal import SpreadReader, WindowReading, reveal_lsb
from uunet.errors import MessageError
from uunet.message import (
    Contents,
    Header,
    UnreadableError,
    WindowMessage,
    split,
    unpack,
    unpack_compact,
    unpack_plain,
    unwrap,
    unwrap_evidence,
)
from uunet.types import Box, PublicFrame

_PATIENCE = 3  # frames without a message in their lowest bits after which nobody looks there any more


@dataclass(frozen=True, slots=True, eq=False)
class Revealed:
    """A public frame with what its message says.

    Attributes:
        frame: as published.
        boxes: in the order of masking; empty if there is no face or no message.
        tracks: the track of each box, 0..63; None where the packets that name it are lost.
        carrier: what spoke: `sei`, `lsb`, `spread`, or `none`.
        verdict: OK; INCOMPLETE if the message says that it names only some of its window's regions, so that
            this frame may have more than `boxes`; or why there is no message: NO_MESSAGE, BAD_GRAMMAR,
            BAD_MAC, UNSUPPORTED_VERSION or DESYNC.
        header, window: the file's header and the window's message, in the frame that carries them.
    """

    frame: PublicFrame
    boxes: tuple[Box, ...] = ()
    tracks: tuple[int | None, ...] = ()
    carrier: str = "none"
    verdict: str = "NO_MESSAGE"
    header: Header | None = None
    window: WindowMessage | None = None

    def positions(self, tracks: frozenset[int] | None) -> frozenset[int]:
        """Which boxes belong to the wanted tracks; all if none are named."""
        return frozenset(i for i, track in enumerate(self.tracks) if tracks is None or track in tracks)


class Beside:
    """Reads what is said for every frame: beside it, or in its lowest bits."""

    def __init__(self, key: bytes, pair: str) -> None:
        self._key, self._pair = key, pair
        self._window: WindowMessage | None = None
        self._position = 0
        self._misses = 0

    def read(self, frame: PublicFrame) -> Revealed | None:
        """None if nothing is said for this frame."""
        carrier, (_, payloads) = "sei", unwrap_evidence(frame.payloads)
        if not payloads:
            carrier, payloads = "lsb", self._lowest_bits(frame)
        self._position += 1
        if not payloads:
            return None
        try:
            return self._understand(frame, unwrap(payloads), carrier)
        except UnreadableError as fault:
            return Revealed(frame, carrier=carrier, verdict=fault.verdict)

    def _lowest_bits(self, frame: PublicFrame) -> tuple[bytes, ...]:
        if self._misses >= _PATIENCE:
            return ()
        joined = reveal_lsb(frame.picture, self._key)
        self._misses = self._misses + 1 if joined is None else 0
        return split(joined) if joined is not None else ()

    def _understand(self, frame: PublicFrame, contents: Contents, carrier: str) -> Revealed:
        if contents.header is not None and contents.header.pair != self._pair:
            raise MessageError(
                f"this video was made with the models of another pair ({contents.header.model})",
                "use the private decoder of that pair",
            )
        if contents.packets:
            self._window, self._position = unpack(contents.packets, self._key), 0
        if contents.plain is None:
            return Revealed(frame, carrier=carrier, header=contents.header, window=self._window)
        boxes = tuple(unpack_plain(contents.plain))
        width, height = frame.picture.size
        if any(box.x + box.w > width or box.y + box.h > height for box in boxes):
            return Revealed(frame, carrier=carrier, verdict="BAD_GRAMMAR", header=contents.header)
        window = self._window if contents.packets else None
        return Revealed(frame, boxes, self._tracks(frame, boxes), carrier, "OK", contents.header, window)

    def _tracks(self, frame: PublicFrame, boxes: tuple[Box, ...]) -> tuple[int | None, ...]:
        """Whose boxes these are; unknown if the packets that came last don't speak of them (a cut), or for
        those whose packet is lost.
        """
        if self._window is None:
            return (None,) * len(boxes)
        named = deque(_boxes_of(self._window, self._position, frame))
        tracks = tuple(named.popleft()[1] if named and named[0][0] == box else None for box in boxes)
        if named or (self._window.complete and None in tracks):
            return (None,) * len(boxes)
        return tracks


class Pixels:
    """Reads windows from the pixels of frames that have nothing beside them."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._reader: SpreadReader | None = None
        self._waiting: list[PublicFrame] = []
        self.alone = True  # whether no frame so far had anything beside it
        self._before: tuple[bytes, int, int] | None = None  # video, window and frame where the last run ended

    def read(self, frame: PublicFrame) -> list[Revealed]:
        """The frames that have become clear, this one later."""
        self._reader = self._reader or SpreadReader(self._key)
        self._waiting.append(frame)
        readings = self._reader.feed(frame.picture.luma, frame.picture.layout.depth)
        return [found for reading in readings for found in self._window(reading)]

    def finish(self) -> list[Revealed]:
        """The frames that are left."""
        if self._reader is None:
            return []
        readings = self._reader.finish()
        self._reader = None
        return [found for reading in readings for found in self._window(reading)]

    def _window(self, reading: WindowReading) -> list[Revealed]:
        frames, self._waiting = self._waiting[: reading.count], self._waiting[reading.count :]
        if reading.reading is None:
            return [Revealed(frame, verdict=reading.verdict) for frame in frames]
        try:
            message = unpack_compact(reading.reading.message, self._key)
        except UnreadableError as fault:
            return [Revealed(frame, carrier="spread", verdict=fault.verdict) for frame in frames]
        skipped = self._skipped(reading, message)
        if skipped is None:
            return [Revealed(frame, carrier="spread", verdict="DESYNC") for frame in frames]
        found = []
        verdict = "OK" if message.complete else "INCOMPLETE"
        for k, frame in enumerate(frames):
            named = _boxes_of(message, k + skipped, frame)
            boxes, tracks = tuple(box for box, _ in named), tuple(track for _, track in named)
            found.append(Revealed(frame, boxes, tracks, "spread", verdict))
        if found:
            found[0] = replace(found[0], window=message)
        return found

    def _skipped(self, reading: WindowReading, message: WindowMessage) -> int | None:
        """Which frame of its window a run begins with; None if nothing tells."""
        offset, before = reading.offset, self._before
        missing = message.frames - reading.count
        if before is not None and before[:2] == (message.video_id, message.window):
            offset = before[2]  # a long window that was read in two pieces
        elif reading.first == 0 and offset == 0 and missing > 0 and not self.alone:
            return None  # a gap somewhere in a file that speaks beside its frames
        elif reading.first == 0 and offset == 0 and missing > 0 and message.window > 0:
            offset = missing  # one piece of a later window is all there is: take it for the window's end
        self._before = message.video_id, message.window, offset + reading.count
        return offset


def _boxes_of(message: WindowMessage, position: int, frame: PublicFrame) -> list[tuple[Box, int]]:
    size = frame.picture.size
    placed = ((segment.box(position, size), segment.track) for segment in message.segments)
    return [(box, track) for box, track in placed if box is not None]
