"""When the tracks of which there is evidence are seen, by the messages beside the same pictures."""

from __future__ import annotations

from collections import Counter

from uunet.evidence.reading import WindowEvidence
from uunet.message import UnreadableError, roi_key, unpack
from uunet.types import TRACKS


def sightings(window: WindowEvidence) -> dict[int, list[tuple[int, int]]]:
    """Full number of each track → runs of frames of the window, first and last, in which its region is.

    Empty where nothing can be read: evidence alone tells windows, no frames. Who has judged the window knows
    whether the messages are those that were signed.
    """
    if window.header is None:
        return {}
    try:
        message = unpack(window.packets, roi_key(window.header.pair))
    except UnreadableError:
        return {}
    if message.frames != len(window.pts) or not message.complete:
        return {}
    shared = Counter(piece.track % TRACKS for piece in window.sealed)
    full = {piece.track % TRACKS: piece.track for piece in window.sealed if shared[piece.track % TRACKS] == 1}
    found: dict[int, list[tuple[int, int]]] = {}
    for segment in sorted(message.segments, key=lambda segment: segment.first):
        if segment.track not in full:
            continue
        runs = found.setdefault(full[segment.track], [])
        if runs and segment.first <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], max(runs[-1][1], segment.last)
        else:
            runs.append((segment.first, segment.last))
    return found
