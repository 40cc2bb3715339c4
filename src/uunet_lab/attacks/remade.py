"""Changes of a public file whose pictures are coded again, so that nothing but the pixels speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from uunet.conceal import SPREAD_CAPACITY, SpreadMark
from uunet.message import pack_compact
from uunet.types import WINDOW, Mark, PublicFrame
from uunet.video import PublicReader, PublicWriter, VideoInfo
from uunet_lab.attacks.film import Coded
from uunet_lab.attacks.tampering import LOST, Forger

Frames = list[PublicFrame]

Shuffled = Callable[[Sequence[Frames], Sequence[Frames]], list[Frames]]
"""(the windows of a file, those of another one) → those of the changed file."""

SHUFFLED: dict[str, Shuffled] = {
    "nothing": lambda own, _: [*own],
    "splice": lambda own, other: [own[0], other[1], *own[2:]],
    "replay": lambda own, _: [own[0], *own],
    "drop window": lambda own, _: [own[0], *own[2:]],
    "drop frames": lambda own, _: [own[0], own[1][: LOST // 2], own[1][LOST + LOST // 2 :], *own[2:]],
    "reorder": lambda own, _: [own[1], own[0], *own[2:]],
}
"""`nothing` is what any service does that encodes a file again."""


def decoded(path: Path, windows: Sequence[Coded]) -> tuple[VideoInfo, list[Frames]]:
    """The pictures of a file's first windows, as long as these, without what stands beside them."""
    found: list[Frames] = []
    with PublicReader(path, codec="h264") as reader:
        frames = iter(reader)
        for window in windows:
            found.append([replace(frame, payloads=()) for frame in islice(frames, len(window))])
        return reader.info, found


def remake(info: VideoInfo, windows: Sequence[Frames], target: Path, marks: Sequence[Mark | None]) -> None:
    """Encode windows one after another, as `deidentify` does by default.

    Args:
        info: of the file that they are from.
        windows: pictures; their times are given anew.
        target: the file.
        marks: what is written into the pixels of each window; None for nothing.
    """
    step = round(1 / info.average_rate / info.time_base)
    done = 0
    with PublicWriter(target, info, copy_streams=False) as writer:
        for window, mark in zip(windows, marks, strict=True):
            moved = [replace(frame, index=done + k, pts=(done + k) * step) for k, frame in enumerate(window)]
            writer.write(moved, mark)
            done += len(window)
        writer.commit()


def written_over(windows: Sequence[Coded], forger: Forger) -> list[Mark]:
    """The forger's message for each window, to be written over the one that its pixels hold already."""
    marks: list[Mark] = []
    for window in windows:
        true, lies = forger.true_message(window), forger.segments(window)
        message = pack_compact(
            true.window, true.video_id, lies, forger.key, frames=len(window), limit=SPREAD_CAPACITY
        )
        marks.append(SpreadMark(message, forger.key, forger.size))
    return marks


LEAST_FRAMES = 2 * WINDOW + WINDOW // 2
"""So that there are three windows: one before and one after what is changed."""
