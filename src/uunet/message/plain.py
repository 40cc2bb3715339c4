"""The paper's text for the boxes of one frame (III-C)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from uunet.message.verdict import grammar
from uunet.types import Box

_NUMBER = re.compile(rb"(0|[1-9][0-9]{0,6}),")


def pack_plain(boxes: Sequence[Box]) -> bytes:
    """The paper's text for the boxes of one frame: n and x, y, w, h of each, all followed by commas.

    Example: `2,10,16,9,15,25,45,8,14,`; `0,` for no box.
    """
    numbers = [len(boxes)]
    for box in boxes:
        numbers += [box.x, box.y, box.w, box.h]
    text = b"".join(b"%d," % n for n in numbers)
    unpack_plain(text)  # refuses what no reader would take
    return text


def unpack_plain(text: bytes) -> list[Box]:
    """The boxes of one frame from the paper's text.

    Raises:
        UnreadableError: BAD_GRAMMAR for anything but exactly n ROIs of naturals below 10,000,000 without
            leading zeros, w and h at least 1.
    """
    if not re.fullmatch(rb"(?:" + _NUMBER.pattern + rb")+", text):
        raise grammar("the ROI text has something else than numbers and commas")
    numbers = [int(n) for n in _NUMBER.findall(text)]
    if len(numbers) != 1 + 4 * numbers[0]:
        raise grammar(f"the ROI text announces {numbers[0]} ROIs and has {(len(numbers) - 1) / 4:g}")
    boxes = [Box(*numbers[i : i + 4]) for i in range(1, len(numbers), 4)]
    if any(not (box.w and box.h) for box in boxes):
        raise grammar("the ROI text has an empty ROI")
    return boxes
