"""What goes wrong in the room of keys, as an error of this program's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from uunet.errors import EvidenceError
from uunet.keys.errors import SealError


@contextmanager
def explained() -> Iterator[None]:
    """Turns a SealError into an EvidenceError."""
    try:
        yield
    except SealError as error:
        raise EvidenceError(str(error), error.hint, error.verdict) from error
