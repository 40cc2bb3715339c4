"""What a restored file shows, region by region: an original, an estimate, or what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uunet.evidence.outline import Mark, Outlines
from uunet.listening import Revealed
from uunet.types import TRACKS, Box, RawFrame

if TYPE_CHECKING:
    from uunet.evidence.opening import Digest, Keyring, Label, Original, Originals


@dataclass(frozen=True, slots=True)
class Opening:
    """With what evidence is opened.

    Attributes:
        keyring: keys and grants.
        publisher: Ed25519 public key of who must have signed; None: whoever signed the first window.
    """

    keyring: Keyring
    publisher: bytes | None = None


@dataclass(slots=True)
class RegionRun:
    """Frames one after another in which the same is to be said of a track: `first` to `last`, both included.

    Attributes:
        track: its number; modulo 64 where no evidence tells the full one, None where nothing tells it.
        first, last: frames of the file, from 0.
        label: where the pixels come from.
        why: OK; IN_PART for an original that lacks what it shares with a region that stayed shut; or why
            there is nothing better.
    """

    track: int | None
    first: int
    last: int
    label: Label
    why: str


@dataclass(slots=True)
class Ledger:
    """What is known of a restoration, complete at its end.

    Attributes:
        runs: every region, in runs.
        labels: how many regions, over all frames, have which label.
        in_part: how many opened regions, over all frames, share samples with a region that stayed shut: those
            samples are as published, or estimated.
        lacking: how many luma samples that is.
        windows: how many windows have which verdicts (see `evidence.chain`).
        judged: how many windows there are.
        refusals: how many pieces of evidence stayed shut, by verdict.
        hints: what happened there and what to do about it, by verdict.
        digests: of the exact pieces that were opened.
        video, publisher: ids, hexadecimal; None where no evidence says so.
        lasting: whether the publisher's key belongs to somebody.
        asked: whether somebody said who must have signed.
        complete: whether the end of the video is there, and signed.
        lossless: whether the restored file brings back every sample of what was laid into it.
    """

    runs: list[RegionRun] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    in_part: int = 0
    lacking: int = 0
    windows: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    hints: dict[str, tuple[str, str]] = field(default_factory=dict)
    digests: list[Digest] = field(default_factory=list)
    video: str | None = None
    publisher: str | None = None
    lasting: bool = False
    asked: bool = False
    complete: bool = False
    lossless: bool = False
    _open: dict[int | None, RegionRun] = field(default_factory=dict)

    @property
    def restored(self) -> int:
        """How many regions, over all frames, are not as published."""
        return sum(self.labels.values()) - self.labels["unavailable"]

    @property
    def tracks(self) -> int:
        """How many tracks are, somewhere, not as published."""
        return len({run.track for run in self.runs if run.label != "unavailable"} - {None})

    def note(self, track: int | None, frame: int, label: Label, why: str = "OK") -> None:
        """One region of one frame."""
        self.labels[label] += 1
        run = self._open.get(track)
        if run is not None and run.last in (frame - 1, frame) and (run.label, run.why) == (label, why):
            run.last = frame
            return
        self._open[track] = RegionRun(track, frame, frame, label, why)
        self.runs.append(self._open[track])

    def conclude(self, originals: Originals) -> None:
        """What the evidence said of itself."""
        self.windows, self.refusals = originals.judgements, originals.refusals
        self.judged = originals.judged
        self.hints = {word: (str(fault), fault.hint) for word, fault in originals.faults.items()}
        self.digests, chain = originals.digests, originals.chain
        self.video = None if chain.video is None else chain.video.hex()
        self.publisher = None if chain.publisher is None else chain.publisher.hex()
        self.lasting, self.complete, self.asked = chain.lasting, chain.complete, chain.asked


class Restoring:
    """Puts originals into frames, where keys open them, and keeps the ledger.

    Args:
        originals: of the file; None: nothing is opened.
        outlined: draw a thin line round each region that tells where its pixels come from.
        turns: quarter turns counter-clockwise that make the pictures upright.
    """

    def __init__(self, originals: Originals | None, *, outlined: bool, turns: int = 0) -> None:
        self._originals = originals
        self._outlines = Outlines(turns) if outlined else None
        self._marks: list[Mark] = []
        self._placed: Sequence[Original] = ()
        self.ledger = Ledger()

    def estimated(self, found: Revealed, chosen: frozenset[int]) -> frozenset[int]:
        """Which of the chosen regions of the next frame no original is there for."""
        if self._originals is not None:
            self._placed = self._originals.at(found.frame.pts, found.frame.picture)
        known = {original.box for original in self._placed}
        return frozenset(i for i in chosen if found.boxes[i] not in known)

    def finish(self, frame: RawFrame, found: Revealed, left: Mapping[int, bool]) -> None:
        """Lay the originals into the frame, and note what became of each of its regions.

        Args:
            frame: restored as far as U_d can; changed in place.
            found: the published frame.
            left: the regions without original, and whether U_d restored them.
        """
        for i, estimated in left.items():
            label: Label = "neural" if estimated else "unavailable"
            self._say(frame, found.boxes[i], found.tracks[i], label, self._why(found.tracks[i]))
        for original in self._placed:
            self._say(frame, original.box, original.track, original.label, self._lacking(frame, original))
        if self._outlines is not None:
            self._outlines.draw(frame.picture, self._marks)
        self._marks = []
        for original in self._placed:  # last: no line and no word stands on an original
            original.lay(frame.picture)

    @property
    def opens(self) -> bool:
        """Whether there are originals of the frame that `estimated` was asked about last."""
        return bool(self._placed)

    def conclude(self, *, lossless: bool) -> Ledger:
        """The ledger, once all frames are done."""
        self.ledger.lossless = lossless
        if self._originals is not None:
            self._originals.finish()
            self.ledger.conclude(self._originals)
        return self.ledger

    def _lacking(self, frame: RawFrame, original: Original) -> str:
        count = original.lacking(self._placed, frame.picture.layout)
        self.ledger.lacking += count
        self.ledger.in_part += count > 0
        return "IN_PART" if count else "OK"

    def _say(self, frame: RawFrame, box: Box, track: int | None, label: Label, why: str = "OK") -> None:
        self.ledger.note(track, frame.index, label, why)
        self._marks.append(Mark(box, track, label, why == "IN_PART"))

    def _why(self, track: int | None) -> str:
        if self._originals is None:
            return "NOT_ASKED"
        shut = (verdict for number, verdict in self._originals.shut.items() if number % TRACKS == track)
        verdict = self._originals.verdict
        return next(shut, "NO_EVIDENCE" if verdict == "OK" else verdict)
