"""Verdicts: whether each window is what its publisher signed, and whether all are there, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from uunet.errors import EvidenceError
from uunet.evidence.reading import WindowEvidence
from uunet.evidence.statement import Statement, digest_of_sealed
from uunet.keys import signing
from uunet.keys.errors import SealError

Word = Literal[
    "OK",
    "NO_EVIDENCE",
    "UNSUPPORTED_VERSION",
    "OTHER_VIDEO",
    "OTHER_PUBLISHER",
    "BAD_SIGNATURE",
    "PICTURES_MISSING",
    "ALTERED_PICTURES",
    "ALTERED_MESSAGES",
    "ALTERED_EVIDENCE",
    "EVIDENCE_MISSING",
    "SHREDDED",
    "CHAIN_GAP",
    "BROKEN_CHAIN",
    "OUT_OF_ORDER",
    "TRUNCATED",
]
"""Frozen: the words stand in SPEC.md, 11."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of one window.

    Attributes:
        number: of the window, as signed; None where nothing signed says so.
        words: `OK` alone, or everything that is wrong.
        missing: first and last number of the windows that should stand before it, where some are missing.
        trusted: track and digest of each piece of evidence that the publisher signed for this window;
            whatever else stands there is nobody's.
    """

    number: int | None
    words: tuple[Word, ...]
    missing: tuple[int, int] | None = None
    trusted: tuple[tuple[int, bytes], ...] = ()


class Chain:
    """Judges the windows of one file, in order.

    Args:
        publisher: the Ed25519 public key that must have signed; None takes that of the file's first window,
            which says only that all is of one hand.

    Attributes:
        video: id of the video, once known.
        publisher: who signs.
        lasting: whether that key belongs to somebody (see `EvidenceHeader`).
        asked: whether it was given.
        other: who signs instead; None if nobody does.
    """

    def __init__(self, publisher: bytes | None = None) -> None:
        self.video: bytes | None = None
        self.publisher = publisher
        self.asked = publisher is not None
        self.other: bytes | None = None
        self.lasting = False
        self._last: Statement | None = None
        self._last_digest = b""
        self._short = False  # whether the last one lacks pictures

    def judge(self, window: WindowEvidence) -> Judgement:
        """What is to be said of the next window."""
        header = window.header
        if header is None:
            damaged: Word = "ALTERED_EVIDENCE" if window.begins else "NO_EVIDENCE"
            return Judgement(None, ("UNSUPPORTED_VERSION" if window.newer else damaged,))
        if self.publisher is not None and header.publisher != self.publisher and self.video is None:
            self.other = header.publisher
            return Judgement(None, ("OTHER_PUBLISHER",))
        if self.video is None:
            self.video, self.publisher, self.lasting = header.video_id, header.publisher, header.lasting
        if header.video_id != self.video:
            return Judgement(None, ("OTHER_VIDEO",))
        try:
            said = Statement.verify(window.statement or b"", header.publisher)
        except (SealError, EvidenceError):
            return Judgement(None, ("BAD_SIGNATURE",))
        if said.video != self.video:
            return Judgement(None, ("OTHER_VIDEO",))
        words = [*_content(window, said)]
        missing = None
        for word, gap in self._place(said, window):
            words.append(word)
            missing = gap or missing
        self._last, self._last_digest = said, signing.digest(window.statement or b"")
        self._short = "PICTURES_MISSING" in words
        return Judgement(said.window, tuple(words) or ("OK",), missing, said.evidence)

    @property
    def complete(self) -> bool:
        """Whether the last window that was judged is the last of the video, with all its pictures."""
        return self._last is not None and self._last.last and not self._short

    def _place(
        self, said: Statement, window: WindowEvidence
    ) -> Iterator[tuple[Word, tuple[int, int] | None]]:
        expected = 0 if self._last is None else self._last.window + 1
        if said.window > expected:
            yield "CHAIN_GAP", (expected, said.window - 1)
        elif said.window < expected or (self._last is not None and self._last.last):
            yield "OUT_OF_ORDER", None
        else:
            header = window.header
            before = self._last_digest if self._last or header is None else signing.digest(header.pack())
            if said.previous != before:
                yield "BROKEN_CHAIN", None


def _content(window: WindowEvidence, said: Statement) -> Iterator[Word]:
    if len(window.pts) < said.frames:
        yield "PICTURES_MISSING"
    elif (len(window.pts), window.pictures, window.parameters) != (
        said.frames,
        said.pictures,
        said.parameters,
    ):
        yield "ALTERED_PICTURES"
    elif window.messages != said.messages:
        yield "ALTERED_MESSAGES"
    there = tuple(map(digest_of_sealed, window.sealed))
    if window.damaged or not set(there) <= set(said.evidence):
        yield "ALTERED_EVIDENCE"
    elif set(there) != set(said.evidence):
        yield "SHREDDED" if window.shredded else "EVIDENCE_MISSING"
    elif there != said.evidence:
        yield "ALTERED_EVIDENCE"
    elif said.evidence and window.envelope is None:
        yield "SHREDDED" if window.shredded else "EVIDENCE_MISSING"
