"""Changes of what stands beside the pictures of a public file: windows in other places, messages that lie.

K_roi is derived from the pair id, which stands in the file (SPEC.md): whoever forges needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from uunet.message import Contents, WindowMessage, pack, pack_plain, roi_key, unpack, unwrap, wrap
from uunet.types import POSITION_UNITS, Box, FrameSize, Segment
from uunet_lab.attacks.film import Coded, payloads_of, with_payloads

LOST = 12
"""Frames, half a second, that are cut out of the middle of a file; a message is moved by as many."""


@dataclass(frozen=True, slots=True)
class Forger:
    """Who writes messages with boxes of their own choice.

    Attributes:
        pair: the name of the model pair, as it stands in the file.
        key: what messages are made with; K_roi for a forger who has read the pair's name.
        size: of the pictures.
    """

    pair: str
    key: bytes
    size: FrameSize

    @classmethod
    def of(cls, window: Coded, size: FrameSize) -> Forger:
        """A forger who knows nothing but what a public file's first window says."""
        header = next(header for payloads in payloads_of(window) if (header := unwrap(payloads).header))
        return cls(header.pair, roi_key(header.pair), size)

    def segments(self, window: Coded) -> tuple[Segment, ...]:
        """As many regions as a window has, but elsewhere: turned round the picture's centre; or one in a
        corner, if it has none."""
        n = len(window)
        own = self.true_message(window).segments or (Segment(63, 0, n - 1, 300, 300, 300, 300, 400, 400),)
        top = POSITION_UNITS - 1
        return tuple(
            replace(s, cx0=top - s.cx0, cy0=top - s.cy0, cx1=top - s.cx1, cy1=top - s.cy1) for s in own
        )

    def boxes(self, window: Coded) -> list[list[Box]]:
        """What a reader that believes the forged message finds in each frame of a window."""
        segments, frames = self.segments(window), range(len(window))
        placed = ([segment.box(k, self.size) for segment in segments] for k in frames)
        return [[box for box in here if box is not None] for here in placed]

    def true_message(self, window: Coded) -> WindowMessage:
        """What the window's own packets say."""
        return unpack(unwrap(payloads_of(window)[0]).packets, roi_key(self.pair))

    def forged(self, window: Coded) -> Coded:
        """All messages of a window replaced: text and packets name the forger's regions."""
        return self._said(window, self.segments(window), self.boxes(window))

    def emptied(self, window: Coded) -> Coded:
        """All messages of a window replaced: there is no face, they say."""
        return self._said(window, (), [[] for _ in window])

    def retold(self, window: Coded) -> Coded:
        """The text of each frame replaced, which has no MAC; the packets stay."""
        payloads = [
            wrap(Contents(pack_plain(here), true.packets, true.header))
            for here, true in zip(self.boxes(window), map(unwrap, payloads_of(window)), strict=True)
        ]
        return with_payloads(window, payloads)

    def _said(self, window: Coded, segments: Sequence[Segment], boxes: Sequence[Sequence[Box]]) -> Coded:
        true = self.true_message(window)
        packets = pack(true.window, true.video_id, segments, self.key, frames=len(window))
        payloads = [wrap(Contents(pack_plain(here))) for here in boxes]
        header = unwrap(payloads_of(window)[0]).header
        payloads[0] = wrap(Contents(pack_plain(boxes[0]), tuple(packets), header))
        return with_payloads(window, payloads)


def damaged(window: Coded) -> Coded:
    """One bit of each packet is another."""
    payloads = []
    for true in map(unwrap, payloads_of(window)):
        packets = tuple(
            packet[:20] + bytes((packet[20] ^ 1,)) + packet[21:] for packet in true.packets
        )  # byte 20 lies in the first slot
        payloads.append(wrap(Contents(true.plain, packets, true.header)))
    return with_payloads(window, payloads)


def late(window: Coded) -> Coded:
    """The text of each frame is that of LOST frames before; the packets stay."""
    true = [unwrap(payloads) for payloads in payloads_of(window)]
    payloads = [
        wrap(Contents(true[max(k - LOST, 0)].plain, here.packets, here.header)) for k, here in enumerate(true)
    ]
    return with_payloads(window, payloads)


Rearranged = Callable[[Sequence[Coded], Sequence[Coded]], list[Coded]]
"""(the windows of a file, those of another one) → those of the changed file."""

REARRANGED: dict[str, Rearranged] = {
    "splice": lambda own, other: [own[0], other[1], *own[2:]],
    "replay": lambda own, _: [own[0], *own],
    "drop window": lambda own, _: [own[0], *own[2:]],
    "drop frames": lambda own, _: [own[0], own[1][:-LOST], *own[2:]],
    "reorder": lambda own, _: [own[1], own[0], *own[2:]],
    "other's messages": lambda own, other: [
        own[0],
        with_payloads(own[1], _as_many(payloads_of(other[1]), len(own[1]))),
        *own[2:],
    ],
}
"""What can be done to a file without writing a message; the middle of the file is its second window."""


def _as_many(payloads: list[tuple[bytes, ...]], count: int) -> list[tuple[bytes, ...]]:
    return [*payloads, *[()] * count][:count]
