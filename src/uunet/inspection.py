"""What is in a public file: which models made it, which tracks it has, how well its messages can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from uunet.errors import TruncatedError
from uunet.hiding import find_header, reveal
from uunet.lineup import Lineup
from uunet.listening import Revealed
from uunet.message import Header, unwrap_evidence
from uunet.models import shipped_pair
from uunet.video import PublicReader, VideoInfo


@dataclass(slots=True)
class Span:
    """A run of frames.

    Attributes:
        first, last: their numbers from 0, both included.
        begin, end: from when the first is shown until the last no longer is, seconds of the video.
    """

    first: int
    last: int
    begin: Fraction
    end: Fraction


@dataclass(slots=True)
class WindowHealth:
    """How well one window's message can be read.

    Attributes:
        number: of the window modulo 65536, as written in its message; None where none could be read.
        span: its frames.
        carriers: how many frames each carrier spoke for.
        verdicts: how many frames have which verdict; all OK in a healthy file, INCOMPLETE where the message
            names only some of the regions.
        regions: replaced regions, over all frames.
    """

    number: int | None
    span: Span
    carriers: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    regions: int = 0


@dataclass(slots=True)
class Inspection:
    """What a file says about itself.

    Attributes:
        info: the video.
        pair: whose messages were looked for.
        header: what the file says of its models; None where what stood beside the pictures is lost.
        frames: how many could be decoded.
        windows: in order; frames without a readable message form windows without a number.
        tracks: where each track, 0..63, is seen; track numbers are used again after 64 tracks.
        unnamed: regions that belong to no known track.
        evidence: bytes of sealed evidence and signatures; `uunet verify` says what they are worth.
        damage: set if the file breaks off.
    """

    info: VideoInfo
    pair: str
    header: Header | None = None
    frames: int = 0
    windows: list[WindowHealth] = field(default_factory=list)
    tracks: dict[int, list[Span]] = field(default_factory=dict)
    unnamed: int = 0
    evidence: int = 0
    damage: TruncatedError | None = None

    @property
    def readable(self) -> int:
        """Frames whose message can be read, as far as it goes."""
        return sum(window.verdicts["OK"] + window.verdicts["INCOMPLETE"] for window in self.windows)

    @property
    def incomplete(self) -> int:
        """Frames among them whose message names only some of the regions of its window."""
        return sum(window.verdicts["INCOMPLETE"] for window in self.windows)


def inspect(path: Path, pair: str | None = None, lineup: Lineup | None = None) -> Inspection:
    """Read all messages of a public file; no model is run.

    Args:
        path: a video or image.
        pair: of the models that made it; None takes the file's own word, else the shipped pair.
        lineup: is shown every frame.

    Raises:
        InputError: no video.
        MessageError: the file says that it is of another pair than `pair`.
    """
    header = find_header(path)
    pair = pair or (header.pair if header is not None else shipped_pair())
    with PublicReader(path) as reader:
        result = Inspection(reader.info, pair, header)
        start, time = None, Fraction(0)
        for group in reveal(reader, pair):
            for found in group:
                start = found.frame.pts if start is None else start
                time = (found.frame.pts - start) * reader.info.time_base
                _end(result, time)
                _take(result, found, time)
                if lineup is not None:
                    lineup.see(found.frame, found.boxes, found.tracks, reader.info.rotation)
        _end(result, time + (reader.last_duration or 0) * reader.info.time_base)
        result.damage = reader.damage
    return result


def _end(result: Inspection, time: Fraction) -> None:
    """The frame that was taken last is shown until `time`."""
    if result.windows:
        result.windows[-1].span.end = time
    for spans in result.tracks.values():
        if spans[-1].last == result.frames - 1:
            spans[-1].end = time


def _take(result: Inspection, found: Revealed, time: Fraction) -> None:
    index = found.frame.index
    result.frames += 1
    result.evidence += sum(map(len, unwrap_evidence(found.frame.payloads)[0]))
    result.header = result.header or found.header
    window = _window_of(result, found, index, time)
    window.span.last = index
    window.verdicts[found.verdict] += 1
    window.carriers[found.carrier] += 1
    window.regions += len(found.boxes)
    for track in found.tracks:
        if track is None:
            result.unnamed += 1
            continue
        spans = result.tracks.setdefault(track, [])
        if spans and spans[-1].last >= index - 1:
            spans[-1].last = index
        else:
            spans.append(Span(index, index, time, time))


def _window_of(result: Inspection, found: Revealed, index: int, time: Fraction) -> WindowHealth:
    """The window that this frame belongs to; a new one where its message begins, or where reading stops."""
    last = result.windows[-1] if result.windows else None
    number = found.window.window if found.window is not None else None
    silent = found.carrier == "none"
    if last is None or number is not None or silent != ("none" in last.carriers):
        last = WindowHealth(number, Span(index, index, time, time))
        result.windows.append(last)
    return last
