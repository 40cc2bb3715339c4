"""What the publisher signs of each window: pictures, messages, evidence, and the window before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from uunet.errors import EvidenceError
from uunet.fingerprint import CodedWindow, digest_of
from uunet.keys import signing
from uunet.keys.envelope import Sealed
from uunet.keys.identity import SecretKey
from uunet.message import unwrap_evidence

_PURPOSE = "window"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one window.

    Attributes:
        video: id of the video.
        window: its number, from 0.
        previous: SHA-256 of the statement before, of the header for the first.
        frames: how many.
        pictures, parameters: of what is coded (see `fingerprint`).
        messages: of what stands beside the pictures but the evidence (see `digest_of_messages`).
        evidence: track and SHA-256 of each piece of sealed evidence, in order.
        last: whether the video ends here.
    """

    video: bytes
    window: int
    previous: bytes
    frames: int
    pictures: bytes
    parameters: bytes
    messages: bytes
    evidence: tuple[tuple[int, bytes], ...]
    last: bool

    @classmethod
    def of(
        cls,
        video: bytes,
        window: int,
        previous: bytes,
        coded: CodedWindow,
        evidence: Sequence[tuple[int, bytes]],
    ) -> Self:
        """Of a window as it is in the file."""
        return cls(
            *(video, window, previous, len(coded.pictures), digest_of(coded.pictures), coded.parameters),
            digest_of_messages(coded.payloads),
            tuple(evidence),
            coded.last,
        )

    def sign(self, key: SecretKey) -> bytes:
        """COSE_Sign1."""
        values: list[Any] = [
            *(self.video, self.window, self.previous, self.frames, self.pictures, self.parameters),
            self.messages,
            [[track, digest] for track, digest in self.evidence],
            self.last,
        ]
        return signing.sign(key, _PURPOSE, values)

    @classmethod
    def verify(cls, data: bytes, publisher: bytes) -> Self:
        """Inverse of `sign`.

        Raises:
            SealError: it is not signed by this publisher.
            EvidenceError: it is of another form.
        """
        match signing.verify(publisher, _PURPOSE, data):
            case [
                bytes() as video,
                int() as window,
                bytes() as previous,
                int() as frames,
                bytes() as pictures,
                bytes() as parameters,
                bytes() as messages,
                [*evidence],
                bool() as last,
            ]:
                pairs = tuple(_pair(item) for item in evidence)
                return cls(video, window, previous, frames, pictures, parameters, messages, pairs, last)
        raise EvidenceError("a statement is of an unknown form", "a newer uunet may read it")


def digest_of_messages(beside: Iterable[tuple[bytes, ...]]) -> bytes:
    """SHA-256 of what stands beside the pictures of a window, without evidence, which is signed by itself.

    attack: messages name tracks; who changes them, and leaves the pictures, has the custodian look for one
    person and open another.

    Args:
        beside: the payloads of each picture, in decoding order.
    """
    return digest_of(digest_of(unwrap_evidence(payloads)[1]) for payloads in beside)


def digest_of_sealed(sealed: Sealed) -> tuple[int, bytes]:
    """How a statement names a piece of evidence: without what changes with its recipients."""
    return sealed.track, hashlib.sha256(sealed.sealed).digest()


def _pair(value: Any) -> tuple[int, bytes]:
    match value:
        case [int() as track, bytes() as digest]:
            return track, digest
    raise EvidenceError("a statement is of an unknown form", "a newer uunet may read it")
