"""Copies of a public file for other recipients, or for nobody any more: not a picture is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from uunet.errors import EvidenceError
from uunet.evidence.atoms import Atom, Kind, kind_of, spread
from uunet.evidence.faults import explained
from uunet.evidence.header import EvidenceHeader
from uunet.evidence.opening import Keyring
from uunet.evidence.reading import WindowEvidence, windows
from uunet.keys.envelope import Envelope, Sealing
from uunet.keys.identity import Group
from uunet.message import unwrap_evidence, wrap_evidence
from uunet.video import copy_with_payloads


@dataclass(slots=True)
class Copied:
    """What a copy changed: windows, and pieces of evidence."""

    windows: int = 0
    pieces: int = 0


def refuse_publisher(header: EvidenceHeader | None, recipients: Sequence[Group]) -> None:
    """Raises EvidenceError if these recipients are about to open what one of them has signed."""
    if header is not None and any(group.includes(header.publisher) for group in recipients):
        # attack: who steals the camera must not get the faces
        raise EvidenceError(
            "the publisher's key is among those that could open",
            "name other keys: what stands at the camera must open nothing",
        )


def rekey(source: Path, target: Path, keyring: Keyring, recipients: Sequence[Group]) -> Copied:
    """A copy that these recipients can open, and nobody else; the evidence itself is not encrypted again.

    Args:
        source: a public file with evidence.
        target: appears only when it is complete.
        keyring: opens all of it: secret keys, as many custodians' as its threshold asks for.
        recipients: the new ones.

    Raises:
        EvidenceError: there is no evidence, the keys don't open all of it, or who signed it is among the
            recipients. There is no output then.
        OutputError: the target can't be written.
    """
    done = Copied()
    fresh: dict[bytes, tuple[Envelope, Sealing]] = {}

    def rewritten(window: WindowEvidence) -> WindowEvidence:
        if window.header is None or window.damaged:
            raise EvidenceError("some evidence is damaged", "use an undamaged copy of the file")
        if not (window.sealed or window.envelope):
            return window
        refuse_publisher(window.header, recipients)
        video = window.header.video_id
        with explained():
            opened = keyring.opened(window)
            if video not in fresh:
                fresh[video] = Envelope.seal(video, recipients)
            envelope, sealing = fresh[video]
            sealed = tuple(sealing.rewrap(piece, opened.key(piece)) for piece in window.sealed)
        done.windows, done.pieces = done.windows + 1, done.pieces + len(sealed)
        return replace(window, envelope=envelope, sealed=sealed)

    _copy(source, target, rewritten, done)
    return done


def shred(source: Path, target: Path, *, envelopes_only: bool = False) -> Copied:
    """A copy without the evidence, or without the envelopes alone, which nobody can open any more.

    What U_d restores from the pictures is not touched: see SECURITY.md.

    Raises:
        EvidenceError: there is no evidence.
        OutputError: the target can't be written.
    """
    done = Copied()

    def rewritten(window: WindowEvidence) -> WindowEvidence:
        if window.header is not None and not (window.sealed or window.envelope or window.damaged):
            return window
        done.windows, done.pieces = done.windows + 1, done.pieces + len(window.sealed)
        # without envelope the wrapped keys are noise: whoever once opened it keeps the seeds, so they go too
        kept = tuple(replace(piece, wraps=()) for piece in window.sealed) if envelopes_only else ()
        return replace(window, envelope=None, sealed=kept, shredded=True)

    _copy(source, target, rewritten, done)
    return done


def _copy(
    source: Path, target: Path, rewritten: Callable[[WindowEvidence], WindowEvidence], done: Copied
) -> None:
    read = windows(source)
    places: Iterator[list[bytes]] = iter(())

    def beside(payloads: tuple[bytes, ...]) -> tuple[bytes, ...]:
        nonlocal places
        atoms, others = unwrap_evidence(payloads)
        if Kind.HEADER in map(kind_of, atoms):
            window = rewritten(next(w for w in read if w.begins))
            places = iter(spread(_atoms(window), len(window.pts)))
        return (*others, *wrap_evidence(next(places, [])))

    def check() -> None:
        if not done.windows:
            raise EvidenceError(
                f"{source} has no sealed evidence", "it was never made, or was stripped or shredded"
            )

    copy_with_payloads(source, target, beside, check)


def _atoms(window: WindowEvidence) -> list[Atom]:
    """All atoms of a window, as its publisher's writer would store them."""
    number = window.sealed[0].window if window.sealed else 0
    held: list[tuple[Kind, list[bytes]]] = [
        (Kind.HEADER, [] if window.header is None else [window.header.pack()]),
        (Kind.STATEMENT, [] if window.statement is None else [window.statement]),
        (Kind.ENVELOPE, [] if window.envelope is None else [window.envelope.pack()]),
        (Kind.SHREDDED, [b""] if window.shredded else []),
        (Kind.SEALED, [piece.pack() for piece in window.sealed]),
    ]
    return [Atom(kind, number, item, data) for kind, some in held for item, data in enumerate(some)]
