"""Ctrl-C and SIGTERM: they end a command, whoever swallows the exception on its way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """A signal asked for the end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.exit_code = 128 + number


class Stop:
    """Whether a signal has asked for the end.

    An exception that a handler raises is lost if a compiled extension is being imported just then, or in a
    callback of C code. So the request is kept, and `check` raises it once more.
    """

    def __init__(self) -> None:
        self._number: int | None = None

    def check(self) -> None:
        """Raises:
        Stopped: the end was asked for.
        """
        if self._number is not None:
            raise Stopped(self._number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals until the end of the block, which checks; one that is ignored stays ignored."""
        before: dict[int, Any] = {number: signal.getsignal(number) for number in _SIGNALS}
        heard = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
        try:
            for number in heard:
                signal.signal(number, self._handle)
            yield
            self.check()
        finally:
            for number in heard:
                signal.signal(number, before[number])

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._number is None:  # a second one would interrupt what the first one makes tidy
            self._number = number
            self.check()


def ignore_further() -> None:
    """Let no signal disturb the end of the process, which is near."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
