"""What can go wrong with keys. This room imports nothing of ours, so that it can be read alone."""

from __future__ import annotations


class SealError(Exception):
    """Base. The message never holds a secret, only what happened; the hint says what to do.

    `verdict` is the frozen word for it that stands in reports (SPEC.md).
    """

    verdict = "UNREADABLE"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class KeyTextError(SealError):
    """A key, or a file of one, can't be read: mistyped, cut off, of another kind, wrong passphrase."""

    verdict = "BAD_KEY"


class WrongKeyError(SealError):
    """None of the keys or grants opens this."""

    verdict = "WRONG_KEY_OR_CONTEXT"


class NeedSharesError(SealError):
    """Fewer custodians than the threshold asks for."""

    verdict = "NEED_SHARES"

    def __init__(self, have: int, need: int) -> None:
        super().__init__(
            f"{have} of the {need} custodians that are needed are here",
            "add the keys or the grants of more custodians of this group",
        )
        self.have, self.need = have, need


class AlteredError(SealError):
    """A seal or a signature does not fit what it stands on."""

    verdict = "ALTERED"
