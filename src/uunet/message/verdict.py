"""What is wrong with a message that can't be used."""

from __future__ import annotations

from typing import Literal

from uunet.errors import MessageError

FORMAT = 1
"""Version of the formats in this package: in the header and, as a nibble, in every packet."""

Verdict = Literal["NO_MESSAGE", "BAD_MAC", "BAD_GRAMMAR", "UNSUPPORTED_VERSION"]


class UnreadableError(MessageError):
    """A message that was found but can't be used.

    Attributes:
        verdict: NO_MESSAGE (nothing to read), BAD_MAC (damaged, or of another model pair), BAD_GRAMMAR
            (contradicts the format), UNSUPPORTED_VERSION.
    """

    def __init__(self, verdict: Verdict, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.verdict: Verdict = verdict


def grammar(message: str) -> UnreadableError:
    """A BAD_GRAMMAR."""
    return UnreadableError("BAD_GRAMMAR", message, "the file may be damaged, or written by another program")
