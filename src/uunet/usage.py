"""A wrong command line ends like any other error: what is wrong, and a hint."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

_UsageError: Any = typer.BadParameter.__base__  # whichever click Typer goes by, its own or the package


class HintedGroup(TyperGroup):
    """Commands whose misuse says `error:` and `hint:`, for `Typer(cls=…)`."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Runs a command and ends the program; the exit code is 2 where the command line is wrong."""
        standalone = extra.pop("standalone_mode", True)
        try:
            code = super().main(*args, standalone_mode=False, **extra)  # type: ignore[misc]
        except _UsageError as error:
            if not standalone:
                raise
            given = args[0] if args else extra.get("args")
            _show(error, as_json="--json" in (sys.argv[1:] if given is None else given))
            sys.exit(error.exit_code)
        if not standalone:
            return code
        sys.exit(code if isinstance(code, int) else 0)


def _show(error: Any, *, as_json: bool) -> None:
    from uunet.arguments import UsageError  # noqa: PLC0415
    from uunet.console import Terminal  # noqa: PLC0415

    if type(error).__name__ == "NoArgsIsHelpError":  # the help itself
        error.show()
        return
    command = error.ctx.command_path if error.ctx is not None else "uunet"
    message = error.format_message().replace("Value error, ", "").strip().rstrip(".")
    refused = UsageError(message, f"`{command} --help` names all arguments and options")
    terminal = Terminal(as_json=as_json)
    terminal.fail(refused)
    terminal.refusal(refused)
