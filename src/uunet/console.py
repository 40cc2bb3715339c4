"""The terminal: lines, tables, progress and errors for people, or one JSON document for machines."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from uunet.errors import FaultError, UUNetError
from uunet.job import Listener
from uunet.job import Progress as Event
from uunet.shown import visible, withheld
from uunet.wording import error_value

_WIDE = 240  # columns where no terminal says how many: a row is a line for whoever searches it

# attack: a name or a case in brackets is taken for Rich's markup, which swallows it, or ends the command
_PLAIN: dict[str, Any] = {"highlight": False, "soft_wrap": True, "markup": False, "emoji": False}


class _Pipe(Console):
    """A console that lets `commands.guarded` decide what happens when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Terminal:
    """Where things are shown.

    Args:
        quiet: show errors and warnings only.
        as_json: keep standard output for one JSON document.
        debug: show the traceback of what nobody foresaw.
        check: is called with each progress; raises if the run is to end.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        as_json: bool = False,
        debug: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._quiet = quiet
        self._json = as_json
        self._debug = debug
        self._check = check
        self._out = _Pipe(**_PLAIN, width=None if sys.stdout.isatty() else _WIDE)
        self._err = _Pipe(**_PLAIN, stderr=True)

    def say(self, text: str = "") -> None:
        """A line for people, on standard output."""
        if not (self._quiet or self._json):
            self._out.print(visible(text))

    def show(self, table: Table) -> None:
        """A table for people, on standard output."""
        if not (self._quiet or self._json):
            self._out.print(table, soft_wrap=False)

    def document(self, value: dict[str, Any]) -> None:
        """The JSON document, if that is wanted."""
        if self._json:
            sys.stdout.write(withheld(json.dumps(value, indent=2, default=_plain)) + "\n")

    def refusal(self, error: UUNetError) -> None:
        """The JSON document of a command that could not begin."""
        self.document(
            {"uunet": "error", "format": 1, "exit_code": error.exit_code, "error": error_value(error)}
        )

    def stopped(self, code: int) -> None:
        """A signal ended the command: said to people and, if wanted, as the JSON document."""
        message = "stopped; there is no output of what was not finished"
        self.warn(message)
        hint = "the same command does the rest: outputs that are complete are skipped in a folder"
        said = {"kind": "Stopped", "message": message, "hint": hint}
        self.document({"uunet": "error", "format": 1, "exit_code": code, "error": said})

    def warn(self, text: str) -> None:
        """A line on standard error, always."""
        self._err.print(Text.assemble(("warning: ", "yellow"), visible(text)))

    def fail(self, error: BaseException, name: str = "", place: str = "") -> None:
        """An error and its hint on standard error, always.

        Args:
            error: what happened.
            name: of the job's input.
            place: "2 of 12 " where there are 12 jobs: the input is named then, if the error does not.
        """
        if isinstance(error, UUNetError):
            message, hint = str(error), error.hint
            if place and name not in message:
                message = f"{name}: {message}"
        else:
            where = f" with {name}" if name else ""
            message = f"an unexpected fault{where}: {type(error).__name__}: {error}"
            hint = FaultError.HINT
        if self._debug and getattr(error, "exit_code", FaultError.exit_code) == FaultError.exit_code:
            sys.stderr.write(withheld("".join(traceback.format_exception(error))))
        self._err.print(Text.assemble(("error: ", "bold red"), place, visible(message)))
        self._err.print(Text.assemble(("hint: ", "cyan"), visible(hint)))

    @contextmanager
    def progress(self, what: str) -> Iterator[Listener]:
        """A bar on standard error, where that is a terminal; gives what the library tells its progress."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Counted(),
            TimeRemainingColumn(compact=True),
        )
        hidden = self._quiet or not self._err.is_terminal
        with Progress(*columns, console=self._err, transient=True, disable=hidden) as bar:
            task = bar.add_task(visible(what), total=None)

            def listen(event: Event) -> None:
                self._check()
                total = None if event.total is None else max(event.total, event.done)
                bar.update(task, completed=event.done, total=total)

            yield listen


class _Counted(TextColumn):
    """Frames done, of how many, and per second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f"/{task.total:.0f}"
        speed = task.finished_speed or task.speed
        return Text(
            f"{task.completed:.0f}{total} frames" + (f", {speed:.1f} frames/s" if speed else ""), "green"
        )


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    return float(value) if isinstance(value, Fraction) else str(value)
