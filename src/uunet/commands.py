"""What the commands of `cli` share: how a command ends, and what is said of its jobs."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import typer

from uunet.batch import Job, Outcome
from uunet.console import Terminal
from uunet.errors import FaultError, OutputError, UUNetError
from uunet.job import Options, Summary
from uunet.ledger import Ledger
from uunet.models import Role, read_card, shipped
from uunet.origins import verdicts
from uunet.pipeline import deidentify
from uunet.stopping import Stop, Stopped, ignore_further
from uunet.tools import Tools
from uunet.video import EncodeSettings, image_codec
from uunet.wording import demonstration_warning, faceless_warning, summary_table

_PIPE = 141  # 128 + SIGPIPE, which Python makes an exception
_MOST_NAMED = 8


@contextmanager
def guarded(*, quiet: bool = False, as_json: bool = False, debug: bool | None = None) -> Iterator[Terminal]:
    """Every end of a command: an error and its hint, an exit code, never a traceback unless asked for.

    Args:
        quiet, as_json: as of `Terminal`.
        debug: as of `Terminal`; None, of a command without that option, asks the environment.
    """
    stop = Stop()
    shown = bool(os.environ.get("UUNET_DEBUG")) if debug is None else debug
    terminal = Terminal(quiet=quiet, as_json=as_json, debug=shown, check=stop.check)
    try:
        with stop.listening():
            yield terminal
        sys.stdout.flush()
    except typer.Exit:
        raise
    except UUNetError as error:
        terminal.fail(error)
        terminal.refusal(error)
        raise typer.Exit(error.exit_code) from None
    except Stopped as error:
        ignore_further()
        terminal.stopped(error.exit_code)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        # who reads has gone; Python would complain once more when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_PIPE) from None
    except Exception as error:  # noqa: BLE001 (the last line of defence: reported as a bug)
        refused = _of_a_place(error) or _of_a_package(error)
        terminal.fail(refused or error)
        raise typer.Exit((refused or FaultError).exit_code) from None


def _of_a_place(error: Exception) -> UUNetError | None:
    """What the system refused with the name of a file or folder is no fault of the program."""
    if not isinstance(error, OSError) or error.filename is None:
        return None
    return OutputError(
        f"{error.filename}: {error.strerror}", "see that the path is right, and may be read and written"
    )


def _of_a_package(error: Exception) -> UUNetError | None:
    """A package that is not there is no fault of the program: those of the laboratory come by its extra."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    package = error.name.partition(".")[0]
    if package in ("uunet", "uunet_lab"):
        return None
    return UUNetError(
        f"the package {package} is not installed",
        'pip install "uunet[lab,judge]", or ".[lab,judge]" in a clone, brings what uunet-lab needs',
    )


def finish(code: int) -> None:
    """End with an exit code, once everything has been said."""
    sys.stdout.flush()
    if code:
        raise typer.Exit(code)


def for_target(encode: EncodeSettings, job: Job) -> EncodeSettings:
    """The settings for this output: an image has a codec of its own, which its suffix names."""
    still = image_codec(job.target)
    return encode if still is None else replace(encode, codec=still, crf=None, preset=None)


def model_path(name: str, role: Role = "private") -> Path:
    """The model of this name; `demo` is the shipped one of that role."""
    return shipped(role) if name == "demo" else Path(name)


def publisher(options: Options, terminal: Terminal, place: str) -> Callable[[Job], Summary]:
    """What does one job of `deidentify`, with progress; `place` is " of 12" if there are 12."""
    number, tools = count(1), Tools()

    def work(job: Job) -> Summary:
        what = f"{next(number)}{place} {job.source.name}" if place else job.source.name
        with terminal.progress(what) as listen:
            chosen = replace(options, encode=for_target(options.encode, job))
            return deidentify(job.source, job.target, chosen, listen, tools=tools)

    return work


def report(terminal: Terminal, outcome: Outcome, place: str = "", *, restored: bool = False) -> None:
    """Say how one job ended, as soon as it has."""
    job, summary = outcome.job, outcome.summary
    if outcome.status == "skipped":
        terminal.say(f"{place}{job.target} is there already: skipped")
    if summary is not None:
        terminal.say(f"{place}{job.source} → {job.target}")
        terminal.show(summary_table(summary, restored=restored))
        if summary.weak_windows:
            terminal.warn(
                f"windows {_few(summary.weak_windows)} of {job.target}: the message in their "
                "pixels may not survive another encode; what stands beside the pictures is not affected"
            )
        if summary.faceless and not restored:
            terminal.warn(faceless_warning(job.source, job.target))
        if restored and summary.filled and not summary.faces:
            terminal.warn(
                f"no region was restored: {job.target} shows what {job.source} shows. If that was made "
                "smaller after it was published, try the file as it was published"
            )
        _warn_of_gaps(terminal, job, summary)
    if outcome.error is not None:
        terminal.fail(outcome.error, str(job.source), place)


def _few(numbers: Collection[int]) -> str:
    """Numbers for people: a long video may have thousands."""
    shown = ", ".join(map(str, islice(numbers, _MOST_NAMED)))
    return shown + (f" and {len(numbers) - _MOST_NAMED} more" if len(numbers) > _MOST_NAMED else "")


def _warn_of_gaps(terminal: Terminal, job: Job, summary: Summary) -> None:
    """What can't be restored though a model could: now, or once somebody strips the public file."""
    if summary.left_out:
        terminal.warn(
            f"windows {_few(summary.left_out)} of {job.target}: the message in their pixels has no room for "
            f"up to {max(summary.left_out.values())} regions, which can't be restored once a service has "
            "stripped what stands beside the pictures"
        )
    ledger = summary.ledger
    if ledger and ledger.judged:
        _warn_of_evidence(terminal, job.source, ledger)
    if summary.silent > summary.silent_opened:
        left = summary.silent - summary.silent_opened
        terminal.warn(f"{left} frames of {job.source} stay as they were published")
    if summary.incomplete:
        terminal.warn(
            f"{summary.incomplete} frames of {job.source} may have more faces than their message names; "
            "these stay as they were published"
        )
    if summary.unnamed:
        terminal.warn(
            f"{summary.unnamed} regions of {job.source} are of no known track and stay as published; "
            "without --track they are restored"
        )


def _warn_of_evidence(terminal: Terminal, source: Path, ledger: Ledger) -> None:
    """Where keys were used: what they did not open, and what is not as its publisher signed it."""
    if ledger.labels and not ledger.labels["exact"] + ledger.labels["visual"]:
        why = ", ".join(ledger.refusals) or next((w for w in ledger.windows if w != "OK"), "NO_EVIDENCE")
        terminal.warn(f"the keys opened nothing of {source} ({why}): all is estimated")
    if ledger.video is None or (set(ledger.windows) == {"OK"} and ledger.complete):
        return
    if set(ledger.windows) <= {"OK", "SHREDDED"} and ledger.complete:
        terminal.warn(f"evidence of {source} was dropped on purpose: {ledger.windows['SHREDDED']} windows")
    else:
        terminal.warn(
            f"{source} is not as it was published ({verdicts(ledger.judged, ledger.windows)}"
            f"{'' if ledger.complete else ', TRUNCATED'}): windows may be missing, moved or repeated; "
            "`uunet verify` says which"
        )


def conclude(terminal: Terminal, outcomes: Sequence[Outcome], model: Path | None, *, several: bool) -> None:
    """What is to be said at the end of `deidentify`."""
    if several:
        counts = Counter(outcome.status for outcome in outcomes)
        terminal.say(", ".join(f"{number} {status}" for status, number in counts.items()))
    if not any(outcome.summary and outcome.summary.faces for outcome in outcomes):
        return
    terminal.say("The result is pseudonymised personal data: whoever has the private model can restore it.")
    card = read_card(model or shipped("public"))
    if card.demonstration:
        terminal.warn(demonstration_warning(card))
