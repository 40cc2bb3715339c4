"""Keys that are the same in every run, and what attackers do to bytes. Helpers, no tests."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import lru_cache

from uunet.keys.identity import Group, PublicKey, SecretKey

ALICE, BOB, CAROL, DAVE, CAMERA = (SecretKey(bytes((number,)) * 32) for number in (1, 2, 3, 4, 9))


@lru_cache
def public(key: SecretKey) -> PublicKey:
    """The public form, made once."""
    return key.public()


def only(*keys: SecretKey) -> tuple[Group, ...]:
    """Each of them for itself."""
    return tuple(Group(1, (public(key),)) for key in keys)


def flipped(data: bytes, at: int, change: int = 1) -> bytes:
    """The same with one byte changed."""
    return data[:at] + bytes((data[at] ^ change,)) + data[at + 1 :]


def every_bit(data: bytes) -> Iterator[bytes]:
    """All strings of bytes that differ in one bit."""
    for bit in range(8 * len(data)):
        yield flipped(data, bit // 8, 1 << bit % 8)


def forms(secret: bytes) -> tuple[str, ...]:
    """How a secret might come out in a text: pieces of it too."""
    coded = base64.b64encode(secret).decode()
    return secret.hex()[:12], secret.hex()[-12:], coded[:10], base64.urlsafe_b64encode(secret).decode()[4:14]
