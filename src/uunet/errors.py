"""One error tree. Every error says what happened and, as a hint, what the user can do about it."""

from __future__ import annotations

from typing import Any, ClassVar


class UUNetError(Exception):
    """Base of every error that the instrument raises on purpose.

    Args:
        message: what happened, one line, without a full stop.
        hint: what the user can do about it, one line.

    `exit_code` is what the command line exits with when the error ends a run.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors may come from another process; Python would make them anew from their message alone."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[UUNetError], args: tuple[Any, ...], state: dict[str, Any]) -> UUNetError:
    error = kind.__new__(kind, *args)
    error.__dict__ |= state
    return error


class FaultError(UUNetError):
    """The program contradicts itself. Nobody's input may cause this; `--debug` shows where it happened."""

    exit_code = 70  # EX_SOFTWARE

    HINT: ClassVar[str] = "a bug in uunet: please report it, with what --debug, or UUNET_DEBUG=1, shows"

    def __init__(self, message: str) -> None:
        super().__init__(message, self.HINT)


class InputError(UUNetError):
    """The input can't be read: missing, empty, corrupt, encrypted, without pictures, of an unknown kind."""


class NoCarrierError(InputError):
    """A video of a codec that carries no user data: whatever stood beside its pictures is gone."""


class OutputError(UUNetError):
    """The output can't be written: folder missing, disk full, output = input, unsuitable container."""


class TruncatedError(InputError):
    """The input breaks off or is damaged half way. What was before the damage has been processed."""

    exit_code = 4


class ModelError(UUNetError):
    """A model file is missing, damaged, of the wrong role, or its card does not fit."""


class DetectionError(UUNetError):
    """Detections can't be made or a file of boxes can't be used."""


class MessageError(UUNetError):
    """A hidden message does not fit its carrier, or can't be read back."""


class EvidenceError(UUNetError):
    """Sealed evidence is missing, damaged or not for these keys; or it can't be made.

    `verdict` is the frozen word for it that stands in reports (SPEC.md, 11).
    """

    def __init__(self, message: str, hint: str, verdict: str = "UNREADABLE") -> None:
        super().__init__(message, hint)
        self.verdict = verdict


class AuditError(UUNetError):
    """A public file can't be held against the original: another video, another size, another length."""
