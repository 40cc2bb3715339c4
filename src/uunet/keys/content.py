"""Sealing one thing under a key that is used for nothing else: AES-256-GCM with a commitment to the key."""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from uunet.keys.errors import AlteredError, WrongKeyError

KEY = 32
_LENGTH = 8  # bytes in front of the plaintext that say how long it is without its padding
_NONCE = bytes(12)  # the key is random and seals once, so that no nonce can come twice


def seal(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """commitment (32 bytes) ‖ AES-256-GCM of the padded plaintext, with `context` as associated data.

    Args:
        key: 32 random bytes that seal nothing else, ever.
        plaintext: any length below 2**36.
        context: what it belongs to; opening asks for the same.
    """
    encryption, commitment = _derived(key, context)
    framed = len(plaintext).to_bytes(_LENGTH, "big") + plaintext
    # attack: the length of a person's evidence tells how much they move; Padmé leaves log log n bits of it
    framed += bytes(padded(len(framed)) - len(framed))
    return commitment + AESGCM(encryption).encrypt(_NONCE, framed, context)


def open_(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Inverse of `seal`.

    Raises:
        WrongKeyError: another key, or another context.
        AlteredError: the key is right and the bytes were changed.
    """
    encryption, commitment = _derived(key, context)
    # attack: GCM alone can be made to open to two different faces under two keys
    if not hmac.compare_digest(sealed[: len(commitment)], commitment):
        raise WrongKeyError("this was sealed under another key or elsewhere", "use the key of this file")
    try:
        framed = AESGCM(encryption).decrypt(_NONCE, sealed[len(commitment) :], context)
    except (InvalidTag, ValueError) as error:
        raise AlteredError("sealed evidence was changed", "use an undamaged copy of the file") from error
    end = _LENGTH + int.from_bytes(framed[:_LENGTH], "big")
    if len(framed) < _LENGTH or end > len(framed):
        raise AlteredError("sealed evidence has an impossible length", "report how the file was made")
    return framed[_LENGTH:end]


def padded(length: int) -> int:
    """Padmé (Nikitin et al., PETS 2019, algorithm 1): at most 12 % more, less for long ones."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    low = exponent - exponent.bit_length()
    return -(-length >> low) << low if low > 0 else length


def _derived(key: bytes, context: bytes) -> tuple[bytes, bytes]:
    both = HKDF(hashes.SHA256(), 64, salt=b"UUE1 content", info=context).derive(key)
    return both[:32], both[32:]
