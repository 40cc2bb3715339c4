"""What `verify` finds: verdicts of all windows, what is sealed and when, what can still be restored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.table import Table

from uunet.console import Terminal
from uunet.custody import publisher_key
from uunet.errors import MessageError
from uunet.evidence.chain import Chain, Judgement
from uunet.evidence.reading import WindowEvidence, windows
from uunet.evidence.sightings import sightings
from uunet.inspection import Span, inspect
from uunet.origins import EVIDENCE, owner, verdicts
from uunet.wording import seen

_MOST_SHOWN = 24
_UNTOLD = {"PICTURES_MISSING", "ALTERED_PICTURES", "ALTERED_MESSAGES"}  # nobody knows when they were seen


@dataclass(slots=True)
class Finding:
    """A window that is not as it was signed.

    Attributes:
        number: as signed; None where nothing says so.
        begin, end: seconds.
        words: what is wrong (see `evidence.chain`).
        missing: windows that should stand before it.
    """

    number: int | None
    begin: Fraction
    end: Fraction
    words: tuple[str, ...]
    missing: tuple[int, int] | None


@dataclass(slots=True)
class Sealed:
    """Of which windows evidence of a track is there, and when the track is seen.

    Attributes:
        begin, end: of the first and the last of these windows, seconds.
        windows: their numbers, in runs: first and last, both included.
        seen: the frames of these windows that have the track's region, as `inspect` tells them; nothing of
            windows whose messages can't be read, or are not as they were signed.
    """

    begin: Fraction
    end: Fraction
    windows: list[tuple[int, int]] = field(default_factory=list)
    seen: list[Span] = field(default_factory=list)

    def add(self, number: int, end: Fraction) -> None:
        """One window more."""
        self.end = end
        if self.windows and self.windows[-1][1] == number - 1:
            self.windows[-1] = self.windows[-1][0], number
        else:
            self.windows.append((number, number))


@dataclass(slots=True)
class Verification:
    """What a file's signatures say.

    Attributes:
        windows: how many have which verdicts.
        judged: how many there are.
        asked: whether somebody said who must have signed.
        other: who signed instead, hexadecimal.
        findings: the windows that are not as they were signed.
        video: its id, hexadecimal.
        publisher: signing key, hexadecimal.
        lasting: whether that key belongs to somebody, or was made for the file.
        complete: whether the signed end is there.
        mode: how pixels are sealed.
        groups: threshold and number of custodians, of each group that can open it.
        tracks: of which there is evidence, and where.
        frames: how many pictures the file has.
        neural: whether U_d can still estimate: how many frames say where, and out of how many; None where a
            signed message beside the pictures made it needless to look.
    """

    windows: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    asked: bool = False
    other: str | None = None
    findings: list[Finding] = field(default_factory=list)
    video: str | None = None
    publisher: str | None = None
    lasting: bool = False
    complete: bool = False
    mode: str | None = None
    groups: tuple[tuple[int, int], ...] = ()
    tracks: dict[int, Sealed] = field(default_factory=dict)
    frames: int = 0
    neural: tuple[int, int] | None = None

    @property
    def good(self) -> bool:
        """Whether all is as it was signed."""
        return bool(self.windows) and set(self.windows) == {"OK"} and self.complete

    @property
    def shredded(self) -> bool:
        """Whether its evidence was taken away on purpose, and all else is as it was signed."""
        return "SHREDDED" in self.windows and set(self.windows) <= {"OK", "SHREDDED"} and self.complete


def check(public: Path, publisher: str | None = None) -> Verification:
    """Verify a file.

    Args:
        public: the file.
        publisher: who must have signed it, in any form of a public key; None: whoever did.

    Raises:
        InputError: no H.264, HEVC or AV1 video.
    """
    chain, found = Chain(publisher_key(publisher)), Verification()
    for window in windows(public):
        _take(found, window, chain.judge(window))
    found.video = None if chain.video is None else chain.video.hex()
    found.publisher = None if chain.publisher is None else chain.publisher.hex()
    found.lasting, found.complete, found.asked = chain.lasting, chain.complete, chain.asked
    found.other = None if chain.other is None else chain.other.hex()
    if set(found.windows) <= {"NO_EVIDENCE"}:
        found.neural = _neural(public)
    return found


def show(terminal: Terminal, public: Path, found: Verification) -> None:
    """For people, or as a JSON document."""
    about = Table.grid(padding=(0, 2))
    about.add_column(style="bold", no_wrap=True)
    about.add_column(overflow="fold")
    for row in _about(found):
        about.add_row(*row)
    terminal.show(about)
    if found.tracks:
        head = ("track", "seen (seconds from the beginning)", "sealed in windows, each whole")
        tracks = Table(*head, box=None, header_style="bold")
        for track, sealed in sorted(found.tracks.items()):
            runs = (str(a) if a == b else f"{a}-{b}" for a, b in sealed.windows)
            tracks.add_row(str(track), seen(sealed.seen) or "not known", ", ".join(runs))
        terminal.show(tracks)
    for line in _lines(found.findings):
        terminal.say(line)
    if found.windows and not found.complete and found.video is not None:
        terminal.say(f"TRUNCATED: {EVIDENCE['TRUNCATED']}")
    terminal.document(_document(public, found))


def _take(found: Verification, window: WindowEvidence, judgement: Judgement) -> None:
    for sealed in found.tracks.values():  # the last frame of a window is shown until the next one comes
        if sealed.seen and sealed.seen[-1].last == found.frames - 1:
            sealed.seen[-1].end = window.begin
    found.windows.update(judgement.words)
    found.judged += 1
    if judgement.words != ("OK",):
        found.findings.append(
            Finding(judgement.number, window.begin, window.end, judgement.words, judgement.missing)
        )
    if window.header is not None:
        found.mode = window.header.mode
    if window.envelope is not None:
        found.groups = tuple((t, len(capsules)) for t, capsules in window.envelope.groups)
        for piece in window.sealed:
            sealed = found.tracks.setdefault(piece.track, Sealed(window.begin, window.end))
            sealed.add(piece.window, window.end)
        if judgement.number is not None and not _UNTOLD & set(judgement.words):
            _see(found, window)
    found.frames += len(window.pts)


def _see(found: Verification, window: WindowEvidence) -> None:
    """The frames of a window in which its tracks are seen."""
    for track, runs in sightings(window).items():
        spans = found.tracks[track].seen
        for first, last in runs:
            end = window.end if last + 1 == len(window.times) else window.times[last + 1]
            if spans and spans[-1].last == found.frames + first - 1:
                spans[-1].last, spans[-1].end = found.frames + last, end
            else:
                spans.append(Span(found.frames + first, found.frames + last, window.times[first], end))


def _neural(public: Path) -> tuple[int, int]:
    try:
        seen = inspect(public)
    except MessageError:  # of another pair than the shipped one: whoever has its decoder can tell
        return 0, 0
    return seen.readable, seen.frames


def _about(found: Verification) -> list[tuple[str, str]]:
    rows = []
    if found.other is not None:
        rows.append(("publisher", f"{found.other[:16]}, not the one that was asked for"))
    if found.video is not None:
        rows.append(("video", found.video))
        signer = f"{(found.publisher or '')[:16]}, {owner(lasting=found.lasting, asked=found.asked)}"
        rows.append(("publisher", signer))
        groups = ", ".join("one key" if n == 1 else f"{t} of {n} custodians" for t, n in found.groups)
        sealed = f"{found.mode}, opened by {groups}" if groups else "none that can be opened"
        rows.append(("evidence", sealed))
    rows.append(("windows", verdicts(found.judged, found.windows) or "none"))
    if found.neural is not None:
        readable, frames = found.neural
        said = (
            f"the private model can still estimate: {readable} of {frames} frames say where"
            if readable
            else "unknown"
        )
        rows.append(("evidence", "none: it was never made, or was stripped when this copy was made"))
        rows.append(("estimate", said))
    return rows


def _lines(findings: Sequence[Finding]) -> list[str]:
    lines = []
    for one in findings[:_MOST_SHOWN]:
        name = "window ?" if one.number is None else f"window {one.number}"
        for word in one.words:
            gap = (
                f" (windows {one.missing[0]} to {one.missing[1]})"
                if word == "CHAIN_GAP" and one.missing
                else ""
            )
            lines.append(
                f"{name}, {float(one.begin):.2f}-{float(one.end):.2f} s: {word}{gap}: {EVIDENCE[word]}"
            )
    if len(findings) > _MOST_SHOWN:
        lines.append(f"and {len(findings) - _MOST_SHOWN} windows more; --json names all")
    return lines


def _document(public: Path, found: Verification) -> dict[str, Any]:
    tracks = sorted(found.tracks.items())
    return {
        "uunet": "verify",
        "format": 1,
        "exit_code": 0 if found.good else 1,
        "file": str(public),
        "good": found.good,
        "video": found.video,
        "publisher": found.publisher,
        "lasting_key": found.lasting,
        "complete": found.complete,
        "mode": found.mode,
        "groups": [list(group) for group in found.groups],
        "publisher_checked": found.asked,
        "windows_judged": found.judged,
        "windows": dict(found.windows),
        "findings": [
            {
                "window": one.number,
                "begin": float(one.begin),
                "end": float(one.end),
                "verdicts": list(one.words),
                "missing": None if one.missing is None else list(one.missing),
            }
            for one in found.findings
        ],
        "tracks": {str(t): [float(one.begin), float(one.end)] for t, one in tracks},
        "sealed_windows": {str(t): [list(run) for run in one.windows] for t, one in tracks},
        "seen": {str(t): [[float(s.begin), float(s.end)] for s in one.seen] for t, one in tracks},
        "frames_with_message": None if found.neural is None else list(found.neural),
    }
