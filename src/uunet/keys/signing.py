"""Signed statements: COSE_Sign1 (RFC 9052) with EdDSA (RFC 9053), over deterministic CBOR."""

from __future__ import annotations

import hashlib
from typing import Any

import cbor2

from uunet.keys.codec import pack, unpack
from uunet.keys.errors import AlteredError
from uunet.keys.identity import SecretKey, check_signature

_TAG = 18  # COSE_Sign1
_PROTECTED = pack({1: -8})  # alg: EdDSA


def sign(key: SecretKey, purpose: str, value: Any) -> bytes:
    """A statement that the owner of `key` says `value`, for this purpose and no other."""
    payload = pack(value)
    signature = key.sign(_signed(purpose, payload))
    return pack(cbor2.CBORTag(_TAG, [_PROTECTED, {}, payload, signature]))


def read(statement: bytes) -> Any:
    """What a statement says, not verified: to find out whose key it should be verified with.

    Raises:
        AlteredError: it is no statement.
    """
    return unpack(_parts(statement)[0])


def verify(signing: bytes, purpose: str, statement: bytes) -> Any:
    """What a statement says, inverse of `sign`.

    Args:
        signing: the signer's Ed25519 public key, 32 bytes.
        purpose: what it must have been signed for.
        statement: as `sign` made it.

    Raises:
        AlteredError: it is no statement, or the signature is not of this key for this purpose.
    """
    payload, signature = _parts(statement)
    check_signature(signing, signature, _signed(purpose, payload))
    return unpack(payload)


def digest(data: bytes) -> bytes:
    """SHA-256, 32 bytes: how a statement refers to another one."""
    return hashlib.sha256(data).digest()


def _signed(purpose: str, payload: bytes) -> bytes:
    # attack: a statement made for one purpose is shown for another; the external data (RFC 9052, 4.3) tell
    return pack(["Signature1", _PROTECTED, b"UUE1 " + purpose.encode(), payload])


def _parts(statement: bytes) -> tuple[bytes, bytes]:
    value = unpack(statement)
    if isinstance(value, cbor2.CBORTag) and value.tag == _TAG and isinstance(value.value, list | tuple):
        match value.value:
            # attack: an empty list or 0 in place of the empty map: another digest under the same signature
            case [protected, unprotected, bytes() as payload, bytes() as signature] if (
                protected == _PROTECTED and unprotected == {}
            ):
                return payload, signature
    raise AlteredError("a statement is damaged", "use an undamaged copy of the file")
