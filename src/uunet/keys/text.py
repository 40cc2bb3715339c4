"""Keys as one line of text: a name that says what it is, then base64url of the bytes and a checksum."""

from __future__ import annotations

import base64
import binascii
import hashlib

from uunet.keys.errors import KeyTextError

SECRET = "UUNET-SECRET-KEY-1-"  # noqa: S105 (a name, no secret)
"""Name of a secret key. Whatever begins with it is never shown."""

_CHECK = 4  # bytes of the checksum: finds what was mistyped or cut off, keeps nobody out


def encode(name: str, data: bytes) -> str:
    """`name` and the bytes, in one line."""
    return name + base64.urlsafe_b64encode(data + _checksum(name, data)).decode().rstrip("=")


def decode(name: str, text: str, length: int) -> bytes:
    """Inverse of `encode`.

    Raises:
        KeyTextError: another name, another length, or a checksum that does not fit. It never holds the text.
    """
    if not text.startswith(name):
        raise KeyTextError(f"this is no {name.rstrip('-')}", "give a key that `uunet keygen` wrote")
    body = text[len(name) :]
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    key, check = data[:-_CHECK], data[-_CHECK:]
    # one key has one line: base64's other alphabet and the bits that its last letter leaves over are mistyped
    if len(key) != length or check != _checksum(name, key) or encode(name, key) != text:
        # `from None`: the decoder's complaint may quote the secret
        raise KeyTextError(f"a {name.rstrip('-')} is mistyped or cut off", "copy the whole line") from None
    return key


def _checksum(name: str, data: bytes) -> bytes:
    return hashlib.sha256(name.encode() + data).digest()[:_CHECK]
