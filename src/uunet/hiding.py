"""Hide and reveal: brings messages and carriers together, so that a video carries where its faces are."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from uunet.conceal import SPREAD_CAPACITY, SpreadMark, SpreadReader, WindowReading, hide_lsb, reveal_lsb
from uunet.errors import MessageError
from uunet.message import (
    Contents,
    Header,
    UnreadableError,
    WindowMessage,
    join,
    pack,
    pack_compact,
    pack_plain,
    roi_key,
    split,
    unpack,
    unpack_compact,
    unpack_plain,
    unwrap,
    wrap,
)
from uunet.models import Card
from uunet.types import WINDOW, Box, Mark, PublicFrame, Window

_PATIENCE = 3  # frames without a message in their lowest bits after which nobody looks there any more


@dataclass(frozen=True, slots=True)
class Signature:
    """What identifies a public video: the model that made it, its pair, and a random number of its own."""

    model: str
    pair: str
    video_id: bytes

    @classmethod
    def new(cls, card: Card, seed: int | None) -> Signature:
        """A signature for one run; repeatable if it has a seed."""
        number = secrets.token_bytes(8) if seed is None else np.random.default_rng((seed, 1)).bytes(8)
        return cls(card.name, card.pair, number)


class Hidden(NamedTuple):
    """A window with its messages.

    Attributes:
        frames: with what stands beside them, or in their lowest bits.
        mark: what the writer has to bring through the codec; None: nothing to bring through, or the picture
            is too small for it.
        left_out: how many of the window's segments the pixels of a lossy file do not name, for lack of room:
            they can be restored only as long as nobody strips what stands beside the pictures.
    """

    frames: list[PublicFrame]
    mark: Mark | None
    left_out: int


def hide(
    frames: Sequence[PublicFrame],
    window: Window,
    boxes: Sequence[Sequence[Box]],
    signature: Signature,
    *,
    lossless: bool,
) -> Hidden:
    """Give a window its messages.

    Every frame gets the paper's text (III-C); the window's first frame also gets the header and the UUB1
    packets, which name the tracks. They are stored in the luma's lowest bits if the codec is lossless, else
    beside the picture; then the compact message goes into the pixels too, since what stands beside a
    picture is gone after a transcode.

    Args:
        frames: masked.
        window: what they were masked by.
        boxes: those of each frame, in the order of masking.
        signature: of this video.
        lossless: whether the codec brings back every bit.

    Raises:
        MessageError: there are boxes, and a picture is too small to say where; or there are more than 1024.
    """
    key = roi_key(signature.pair)
    named = {"window": window.number, "video_id": signature.video_id, "segments": window.segments, "key": key}
    packets = tuple(pack(**named, frames=len(frames)))  # type: ignore[arg-type]
    header = Header(signature.model, signature.pair)
    payloads = [wrap(Contents(pack_plain(here))) for here in boxes]
    payloads[0] = wrap(Contents(pack_plain(boxes[0]), packets, header))
    if lossless:
        return Hidden(
            [_into_pixels(f, p, b, key) for f, p, b in zip(frames, payloads, boxes, strict=True)], None, 0
        )
    told = [frame.with_payloads(p) for frame, p in zip(frames, payloads, strict=True)]
    compact = pack_compact(**named, frames=len(frames), limit=SPREAD_CAPACITY)  # type: ignore[arg-type]
    try:
        mark = SpreadMark(compact, key, frames[0].picture.size)
    except MessageError:  # too small a picture: the message stands beside it only
        return Hidden(told, None, len(window.segments))
    return Hidden(told, mark, len(window.segments) - len(unpack_compact(compact, key).segments))


def _into_pixels(
    frame: PublicFrame, payloads: tuple[bytes, ...], boxes: Sequence[Box], key: bytes
) -> PublicFrame:
    try:
        return frame.with_picture(hide_lsb(frame.picture, join(payloads), key))
    except MessageError:
        if boxes:
            raise
        return frame  # a few pixels without a face have nothing to say


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


def reveal(frames: Iterable[PublicFrame], pair: str) -> Iterator[list[Revealed]]:
    """Find the messages of a public video, in whatever carrier is left: the inverse of `hide`.

    Args:
        frames: in order, from the public reader.
        pair: of the models that made it; says where and how to look.

    Yields:
        The frames in groups of at most about two windows, none left out. Memory does not grow.

    Raises:
        MessageError: the video says that another pair of models made it.
    """
    key = roi_key(pair)
    beside, pixels = _Beside(key, pair), _Pixels(key)
    told: list[Revealed] = []
    for frame in frames:
        found = beside.read(frame)
        if found is not None:
            told += pixels.finish()
            pixels.alone = False
            told.append(found)
        else:
            told += pixels.read(frame)
        if len(told) >= WINDOW:
            yield told
            told = []
    told += pixels.finish()
    if told:
        yield told


class _Beside:
    """Reads what is said for every frame: beside it, or in its lowest bits."""

    def __init__(self, key: bytes, pair: str) -> None:
        self._key, self._pair = key, pair
        self._window: WindowMessage | None = None
        self._position = 0
        self._misses = 0

    def read(self, frame: PublicFrame) -> Revealed | None:
        """None if nothing is said for this frame."""
        carrier, payloads = "sei", frame.payloads
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


class _Pixels:
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
