"""Hide and reveal: brings messages and carriers together, so that a video carries where its faces are."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from uunet.conceal import SPREAD_CAPACITY, SpreadMark, hide_lsb, reveal_lsb
from uunet.errors import MessageError
from uunet.listening import Beside, Pixels, Revealed
from uunet.message import (
    Contents,
    Header,
    UnreadableError,
    join,
    pack,
    pack_compact,
    pack_plain,
    roi_key,
    unpack_compact,
    unwrap,
    wrap,
)
from uunet.models import Card
from uunet.types import WINDOW, Box, Mark, PublicFrame, RawFrame, Window
from uunet.video import PublicReader


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


def was_published(frame: RawFrame, pair: str) -> bool:
    """Whether a frame from a camera has, in its lowest bits, a message of this pair: it is none then, but one
    of a lossless public file. What stands beside pictures the reader sees by itself.
    """
    return reveal_lsb(frame.picture, roi_key(pair)) is not None


def _into_pixels(
    frame: PublicFrame, payloads: tuple[bytes, ...], boxes: Sequence[Box], key: bytes
) -> PublicFrame:
    try:
        return frame.with_picture(hide_lsb(frame.picture, join(payloads), key))
    except MessageError:
        if boxes:
            raise
        return frame  # a few pixels without a face have nothing to say


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
    beside, pixels = Beside(key, pair), Pixels(key)
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


def find_header(path: Path) -> Header | None:
    """What a file says of its models, beside one of its first pictures: every window's first has it.

    Raises:
        InputError: no video.
    """
    with PublicReader(path) as reader:
        for frame in islice(reader, 2 * WINDOW):
            try:
                header = unwrap(frame.payloads).header
            except UnreadableError:
                continue
            if header is not None:
                return header
    return None
