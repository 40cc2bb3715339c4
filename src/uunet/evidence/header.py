"""What the evidence of a video begins with: whose it is and what it can hold. It names the video."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Literal, Self

from uunet.errors import EvidenceError
from uunet.keys.codec import pack, unpack
from uunet.types import FrameSize

Mode = Literal["exact", "visual", "none"]
"""How the pixels are kept: bit for bit, small, or not at all (statements alone)."""

_VERSION = 1


@dataclass(frozen=True, slots=True)
class EvidenceHeader:
    """The same in every window of a file, whoever it is sealed to.

    Attributes:
        nonce: 16 random bytes: no two videos have one id.
        publisher: Ed25519 public key that signs the chain of windows, 32 bytes.
        lasting: whether that key was given; else it was made for this file and forgotten, and says only that
            all windows come from one hand.
        mode: how the pixels are kept.
        size: of the frames.
        pair: id of the models that replaced the faces.
    """

    nonce: bytes
    publisher: bytes
    lasting: bool
    mode: Mode
    size: FrameSize
    pair: str

    @classmethod
    def new(cls, publisher: bytes, mode: Mode, size: FrameSize, pair: str, *, lasting: bool) -> Self:
        """Of a new video."""
        return cls(secrets.token_bytes(16), publisher, lasting, mode, size, pair)

    @property
    def video_id(self) -> bytes:
        """16 bytes, which everything that is sealed or signed for this video names."""
        return hashlib.sha256(self.pack()).digest()[:16]

    def pack(self) -> bytes:
        """Deterministic CBOR."""
        values: dict[str, Any] = {
            "version": _VERSION,
            "nonce": self.nonce,
            "publisher": self.publisher,
            "lasting": self.lasting,
            "mode": self.mode,
            "size": list(self.size),
            "pair": self.pair,
        }
        return pack(values)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Inverse of `pack`.

        Raises:
            EvidenceError: it is none, or of another version.
            SealError: it is not in its one encoding.
        """
        match unpack(data):
            case {"version": int() as version} if version != _VERSION:
                raise EvidenceError(
                    f"the evidence is of version {version}", "use a newer uunet", "UNSUPPORTED_VERSION"
                )
            case {
                "nonce": bytes() as nonce,
                "publisher": bytes() as publisher,
                "lasting": bool() as lasting,
                "mode": "exact" | "visual" | "none" as mode,
                "size": [int() as width, int() as height],
                "pair": str() as pair,
                **others,
            } if set(others) == {"version"} and len(nonce) == 16 and len(publisher) == 32:
                return cls(nonce, publisher, lasting, mode, (width, height), pair)
        raise EvidenceError("the header of the evidence is damaged", "use an undamaged copy of the file")
