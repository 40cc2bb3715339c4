"""Who can open and sign: secret keys, their public forms, groups of custodians.

A secret key is 32 random bytes, of which two keys are made that never meet: one opens what was sealed to
its public form (HPKE, RFC 9180, with the hybrid KEM MLKEM768-X25519, "X-Wing": what is published today may
be kept until there are quantum computers), one signs (Ed25519, RFC 8032).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from uunet.keys import text
from uunet.keys.errors import AlteredError, KeyTextError, WrongKeyError
from uunet.keys.text import SECRET

PUBLIC = "uunet-public-key-1-"
GROUP = "uunet-group-1-"

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ROOT = 32
_SIGNING, _LATTICE, _CURVE = 32, 1184, 32  # bytes of the public keys of Ed25519, ML-KEM-768, X25519
_PUBLIC = _SIGNING + _LATTICE + _CURVE
MOST_CUSTODIANS = 16


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What others need to seal something to a key, and to check what it signed. No secret.

    Attributes:
        signing: 32 bytes, Ed25519.
        sealing: 1,216 bytes, ML-KEM-768 and X25519.
    """

    signing: bytes
    sealing: bytes

    def __str__(self) -> str:
        """The one-line form, about 1,700 characters: most of it is the lattice key."""
        return text.encode(PUBLIC, self.signing + self.sealing)

    @classmethod
    def parse(cls, line: str) -> Self:
        """Inverse of `str`.

        Raises:
            KeyTextError: it is no public key.
        """
        data = text.decode(PUBLIC, line.strip(), _PUBLIC)
        return cls(data[:_SIGNING], data[_SIGNING:])

    @property
    def fingerprint(self) -> str:
        """Eight groups of four hexadecimal digits, for people to compare: of both keys."""
        digest = hashlib.sha256(self.signing + self.sealing).hexdigest()[:32]
        return "-".join(digest[i : i + 4] for i in range(0, 32, 4))

    @property
    def signer(self) -> str:
        """What it signs as: see `signer_name`."""
        return signer_name(self.signing)

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """A capsule that only the secret key opens, and only under the same context (HPKE `info`)."""
        lattice, curve = self.sealing[:_LATTICE], self.sealing[_LATTICE:]
        try:
            key = MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(lattice), X25519PublicKey.from_public_bytes(curve)
            )
            return _SUITE.encrypt(plaintext, key, info=context)
        except ValueError as error:
            raise KeyTextError("a public key has impossible values", "ask its owner for it again") from error

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises AlteredError unless the secret key signed these very bytes."""
        check_signature(self.signing, signature, message)


@dataclass(frozen=True, slots=True)
class SecretKey:
    """Opens and signs. Never shown: neither `repr` nor `str` give it away, only `line` does."""

    _root: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new one, of the operating system's randomness."""
        return cls(secrets.token_bytes(_ROOT))

    @classmethod
    def parse(cls, line: str) -> Self:
        """Inverse of `line`.

        Raises:
            KeyTextError: it is no secret key.
        """
        return cls(text.decode(SECRET, line.strip(), _ROOT))

    def line(self) -> str:
        """The secret itself in one line, for `keyfile` alone."""
        return text.encode(SECRET, self._root)

    def public(self) -> PublicKey:
        """The public form."""
        lattice, curve = self._sealing()
        sealing = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        return PublicKey(self._signing().public_key().public_bytes_raw(), sealing)

    def open(self, capsule: bytes, context: bytes) -> bytes:
        """What was sealed to the public form under this context.

        Raises:
            WrongKeyError: it was sealed to another key or under another context, or was changed.
        """
        try:
            return _SUITE.decrypt(capsule, MLKEM768X25519PrivateKey(*self._sealing()), info=context)
        except (InvalidTag, ValueError) as error:
            raise WrongKeyError("this key does not open it", "use a key that it was sealed to") from error

    def sign(self, message: bytes) -> bytes:
        """64 bytes, Ed25519."""
        return self._signing().sign(message)

    def _signing(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._derived(b"uunet signing key 1"))

    def _sealing(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        # draft-connolly-cfrg-xwing-kem, 5.2: both keys are SHAKE-256 of one seed
        expanded = hashlib.shake_256(self._derived(b"uunet sealing key 1")).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )

    def _derived(self, purpose: bytes) -> bytes:
        # attack: one key in two algorithms can make one break the other; so each has a key of its own
        return HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(self._root)


@dataclass(frozen=True, slots=True)
class Group:
    """Custodians, of whom `threshold` must act together. A single key is a group of one.

    Attributes:
        threshold: how many, 1 to len(custodians).
        custodians: their public keys, at most 16, all different.
    """

    threshold: int
    custodians: tuple[PublicKey, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.custodians) <= MOST_CUSTODIANS:
            raise KeyTextError(
                f"{self.threshold} of {len(self.custodians)} custodians is not possible",
                f"a group has up to {MOST_CUSTODIANS} custodians and needs one to all of them",
            )
        if len(set(self.custodians)) < len(self.custodians):
            raise KeyTextError("a custodian is named twice in a group", "each must have a key of their own")

    def includes(self, signing: bytes) -> bool:
        """Whether one of the custodians signs with this key."""
        return any(key.signing == signing for key in self.custodians)

    def __str__(self) -> str:
        """The one-line form: `uunet-group-1-2of3-` and all keys; the checksum is over the numbers too."""
        if len(self.custodians) == 1:
            return str(self.custodians[0])
        keys = b"".join(key.signing + key.sealing for key in self.custodians)
        return text.encode(f"{GROUP}{self.threshold}of{len(self.custodians)}-", keys)

    @classmethod
    def parse(cls, line: str) -> Self:
        """Inverse of `str`; takes a single public key too.

        Raises:
            KeyTextError: it is neither.
        """
        line = line.strip()
        if not line.startswith(GROUP):
            return cls(1, (PublicKey.parse(line),))
        match = re.match(r"([1-9]\d?)of([1-9]\d?)-", line[len(GROUP) :])
        if not match:
            raise KeyTextError("a group of keys is mistyped or cut off", "copy the whole line")
        count = int(match[2])
        data = text.decode(GROUP + match[0], line, count * _PUBLIC)
        keys = (data[i * _PUBLIC : (i + 1) * _PUBLIC] for i in range(count))
        return cls(int(match[1]), tuple(PublicKey(key[:_SIGNING], key[_SIGNING:]) for key in keys))


def signer_name(signing: bytes) -> str:
    """The first 16 hexadecimal digits of a signing key, as `keygen`, `verify` and `log` show it."""
    return signing.hex()[:16]


def check_signature(signing: bytes, signature: bytes, message: bytes) -> None:
    """Raises AlteredError unless the owner of this Ed25519 public key signed these very bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(signing).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise AlteredError("a signature does not fit", "another key made it, or the data changed") from error
