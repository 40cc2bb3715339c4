"""Content keys in shares: t of a group's n custodians can open one thing, and fewer learn nothing of it.

Shamir's scheme is PyCryptodome's, over GF(2^128): a content key of 32 bytes is two secrets of 16. Each
share is wrapped (AES key wrap, RFC 3394) under the leaf of its custodian's tree, so that a custodian who
hands out a leaf hands out one share of one thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from Crypto.Protocol.SecretSharing import Shamir
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from uunet.keys.errors import NeedSharesError, WrongKeyError

WRAPPED = 40
"""Bytes of a wrapped share."""

_HALF = 16


def wrap(key: bytes, threshold: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The shares of a content key (32 bytes), one for each custodian's leaf (32 bytes)."""
    return [
        aes_key_wrap(leaf, share)
        for leaf, share in zip(leaves, _split(key, threshold, len(leaves)), strict=True)
    ]


def unwrap(wrapped: Sequence[bytes], threshold: int, leaves: Mapping[int, bytes]) -> bytes:
    """Inverse of `wrap`, from the leaves of some custodians, by their place in the group.

    Raises:
        NeedSharesError: fewer than `threshold` open.
        WrongKeyError: none opens.
    """
    shares = {}
    for place, leaf in leaves.items():
        if place < len(wrapped):
            try:
                shares[place] = aes_key_unwrap(leaf, wrapped[place])
            except (InvalidUnwrap, ValueError):
                continue
    if not shares:
        raise WrongKeyError("this key does not open it", "use a key that it was sealed to")
    if len(shares) < threshold:
        raise NeedSharesError(len(shares), threshold)
    return _combine(dict(list(shares.items())[:threshold]), threshold)


def _split(key: bytes, threshold: int, count: int) -> list[bytes]:
    if threshold == 1:
        return [key] * count
    halves = [Shamir.split(threshold, count, key[at : at + _HALF], ssss=False) for at in (0, _HALF)]
    return [first + second for (_, first), (_, second) in zip(*halves, strict=True)]


def _combine(shares: Mapping[int, bytes], threshold: int) -> bytes:
    if threshold == 1:
        return next(iter(shares.values()))
    numbered = [(place + 1, share) for place, share in shares.items()]  # Shamir's x, from 1
    return b"".join(
        Shamir.combine([(x, share[at : at + _HALF]) for x, share in numbered], ssss=False)
        for at in (0, _HALF)
    )
