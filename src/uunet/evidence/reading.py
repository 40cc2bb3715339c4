"""The windows of a public file with their evidence, read without decoding a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

from uunet.errors import EvidenceError, NoCarrierError
from uunet.evidence.atoms import Collector, Kind, kind_of
from uunet.evidence.header import EvidenceHeader
from uunet.evidence.statement import digest_of_messages
from uunet.fingerprint import digest_of
from uunet.keys.envelope import Envelope, Sealed
from uunet.keys.errors import SealError
from uunet.message import UnreadableError, unwrap, unwrap_evidence
from uunet.types import WINDOW
from uunet.video import CodedPicture, CodedReader, rising

_MOST = 4 * WINDOW  # pictures that are taken together at most: no window has half as many


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """What stands beside the pictures of one window.

    Attributes:
        begin, end: from when its first picture is shown until its last no longer is, seconds of the file.
        pts: of its pictures, in order of presentation, rising as the decoder's reader makes them.
        pictures, parameters, messages: digests of what is coded and of what stands beside it, as the
            publisher's statement has them.
        header: of the evidence; None where there is none, or it is damaged.
        envelope: for whom it is sealed; None where nothing is, or it was taken away.
        sealed: the evidence, one piece for each track, in the publisher's order.
        statement: what the publisher signed; None where it is missing.
        shredded: whether a note says that evidence was taken away on purpose.
        damaged: how many structures can't be read.
        begins: whether its first picture has a header, be it a damaged one.
        newer: whether its header is of a version that is not known here.
        times: when each of its pictures is shown, seconds of the file, in the order of `pts`.
        packets: the window's message, as it stands beside its first picture.
    """

    begin: Fraction
    end: Fraction
    pts: tuple[int, ...]
    pictures: bytes
    parameters: bytes
    messages: bytes
    header: EvidenceHeader | None = None
    envelope: Envelope | None = None
    sealed: tuple[Sealed, ...] = ()
    statement: bytes | None = None
    shredded: bool = False
    damaged: int = 0
    begins: bool = False
    newer: bool = False
    times: tuple[Fraction, ...] = ()
    packets: tuple[bytes, ...] = ()


def windows(path: Path) -> Iterator[WindowEvidence]:
    """The windows of a file, in order. Memory does not grow with its length.

    A window begins where a header stands. Pictures that belong to none (a stripped or foreign file) come in
    windows without a header.

    Raises:
        InputError: no H.264, HEVC or AV1 video.
    """
    with CodedReader(path) as reader:
        start = last = None
        group: list[CodedPicture] = []
        for picture in chain(reader, [None]):
            if group and (picture is None or _begins(picture) or len(group) == _MOST):
                pts = rising(sorted(picture.pts for picture in group), last)
                start, last = pts[0] if start is None else start, pts[-1]
                yield _window(group, pts, start, reader.time_base)
                group = []
            if picture is not None:
                group.append(picture)


def windows_if_any(path: Path) -> Iterator[WindowEvidence]:
    """The same; none of a file whose codec carries no evidence: it is a copy that was encoded again.

    Raises:
        InputError: no video.
    """
    try:
        yield from windows(path)
    except NoCarrierError:
        return


def find_evidence(path: Path) -> EvidenceHeader | None:
    """The header of a file's evidence, which every window has; None where there is none.

    Raises:
        InputError: no video.
    """
    return next((window.header for window in windows_if_any(path) if window.header is not None), None)


def _window(
    group: list[CodedPicture], pts: tuple[int, ...], start: int, time_base: Fraction
) -> WindowEvidence:
    collector = Collector()
    for picture in group:
        for piece in unwrap_evidence(picture.payloads)[0]:
            collector.add(piece)
    parameters = frozenset().union(*(picture.parameters for picture in group))
    found = _Found()
    for atom in collector.atoms():
        found.take(atom.kind, atom.data)
    return WindowEvidence(
        (pts[0] - start) * time_base,
        (max(picture.end for picture in group) - start) * time_base,
        pts,
        digest_of(picture.digest for picture in group),
        digest_of(sorted(parameters)),
        digest_of_messages(picture.payloads for picture in group),
        found.header,
        found.envelope,
        tuple(found.sealed),
        found.statement,
        found.shredded,
        found.damaged + collector.damaged,
        _begins(group[0]),
        found.newer,
        tuple((one - start) * time_base for one in pts),
        _packets(group[0]),
    )


def _packets(picture: CodedPicture) -> tuple[bytes, ...]:
    try:
        return unwrap(picture.payloads).packets
    except UnreadableError:
        return ()


def _begins(picture: CodedPicture) -> bool:
    return Kind.HEADER in map(kind_of, unwrap_evidence(picture.payloads)[0])


class _Found:
    """The structures of one window, as they are put together."""

    def __init__(self) -> None:
        self.header: EvidenceHeader | None = None
        self.envelope: Envelope | None = None
        self.sealed: list[Sealed] = []
        self.statement: bytes | None = None
        self.shredded = self.newer = False
        self.damaged = 0

    def take(self, kind: Kind, data: bytes) -> None:
        try:
            if kind is Kind.HEADER:
                self.header = EvidenceHeader.unpack(data)
            elif kind is Kind.ENVELOPE:
                self.envelope = Envelope.unpack(data)
            elif kind is Kind.SEALED:
                self.sealed.append(Sealed.unpack(data))
            elif kind is Kind.STATEMENT:
                self.statement = data
            else:
                self.shredded = True
        except (EvidenceError, SealError) as error:
            self.damaged += 1
            self.newer |= error.verdict == "UNSUPPORTED_VERSION"
