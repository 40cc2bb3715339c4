"""`uunet-lab evaluate ablations|resolution`: trainings that differ in one thing, one after another."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from uunet.commands import finish, guarded
from uunet_lab.options import STOPPED, Results, refuse_file

if TYPE_CHECKING:
    from uunet.console import Terminal
    from uunet_lab.comparisons import Asked, Compared
    from uunet_lab.methods.uunet.paper_train import PaperName

Runs = Annotated[Path, typer.Argument(help="Folder of the runs, one for each; those there go on.")]
Keep = Annotated[str, typer.Option(help="Labels to keep, like gender.")]
Briefly = Annotated[bool, typer.Option("--quick", help="So short that it shows only that all runs.")]


def ablations(  # noqa: PLR0917 (typer's arguments are options)
    runs: Runs,
    faces: Annotated[Path, typer.Option(help="A packed set; what is held out of it is measured.")],
    matcher: Annotated[list[Path], typer.Option(help="A run of `train matcher`, once for each label.")],
    output: Results = Path("results"),
    profile: Annotated[
        Literal["paper", "paper-slim", "paper-thin", "paper-256"],
        typer.Option(help="As `train uunet` has them."),
    ] = "paper-thin",
    keep: Keep = "",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Of each training; default 400, with --quick 10.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="A montage x, a, r of each variant: it shows faces.")
    ] = None,
    quick: Briefly = False,
    seed: int = 1,
) -> None:
    """Fig. 14: trainings of which one weight is a tenth, or δ_gp ten times as large, one after another."""
    with guarded() as terminal:
        from uunet_lab.comparisons import ablated  # noqa: PLC0415
        from uunet_lab.evaluation.ablations import QUICK, STEPS, TITLE  # noqa: PLC0415

        began, chosen = time.monotonic(), steps or (QUICK if quick else STEPS)
        done = ablated(faces, _asked(terminal, runs, matcher, keep, profile, chosen, seed))
        path = output / faces.resolve().name / profile / "ablations.json"
        _conclude(terminal, done, path, sheet, runs, TITLE, began)


def resolution(  # noqa: PLR0917
    runs: Runs,
    faces: Annotated[Path, typer.Option(help="A packed set, for the training of 64×64 pixels.")],
    larger: Annotated[
        Path, typer.Option(help="One for the training of 256×256, packed with --side 256 or more.")
    ],
    other: Annotated[
        list[Path],
        typer.Option(help="A packed set of another domain, of any side. May be given again."),
    ],
    matcher: Annotated[
        list[Path],
        typer.Option(
            help="A run of `train matcher`, once for each label; those of 256 pixels are the larger "
            "training's, if there are any."
        ),
    ],
    output: Results = Path("results"),
    profile: Annotated[
        Literal["paper-256", "paper-thin-256"],
        typer.Option(help="Of the larger training; the smaller one is the same but for its side."),
    ] = "paper-thin-256",
    keep: Keep = "",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Of each training; default 300, with --quick 10.")
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(help="A montage x, a, r of each training, of the first --other: it shows faces."),
    ] = None,
    note: Annotated[
        str, typer.Option(help="What to say of the sets, like how large faces were before they were packed.")
    ] = "",
    quick: Briefly = False,
    seed: int = 1,
) -> None:
    """Fig. 15: does a training of 256×256 pixels help on another domain, beside one of 64×64?"""
    with guarded() as terminal:
        from uunet_lab.comparisons import resolved  # noqa: PLC0415
        from uunet_lab.evaluation.resolution import QUICK, STEPS, TITLE  # noqa: PLC0415

        began, chosen = time.monotonic(), steps or (QUICK if quick else STEPS)
        asked = _asked(terminal, runs, matcher, keep, profile, chosen, seed)
        done = resolved((faces, larger), other, asked)
        if done is not None and note:
            done = (*done[:2], f"{done[2]}; {note}")
        path = output / faces.resolve().name / profile / "resolution.json"
        _conclude(terminal, done, path, sheet, runs, TITLE, began)


def _asked(  # noqa: PLR0917
    terminal: Terminal,
    runs: Path,
    matchers: list[Path],
    keep: str,
    profile: PaperName,
    steps: int,
    seed: int,
) -> Asked:
    """What all trainings share, from options."""
    from uunet_lab.assembly import Wanted, names_of  # noqa: PLC0415
    from uunet_lab.comparisons import Asked  # noqa: PLC0415
    from uunet_lab.training.devices import open_devices  # noqa: PLC0415

    refuse_file(runs)
    wanted = Wanted(keep=names_of(keep))
    return Asked(open_devices("32-true"), matchers, wanted, profile, steps, seed, runs, terminal.say)


def _conclude(  # noqa: PLR0917
    terminal: Terminal,
    done: Compared | None,
    path: Path,
    sheet: Path | None,
    runs: Path,
    title: str,
    began: float,
) -> None:
    """Write figures and montage, or say that the trainings were stopped."""
    from uunet_lab.evaluation.trained import show  # noqa: PLC0415
    from uunet_lab.measuring.results import write  # noqa: PLC0415

    if done is None:
        terminal.say(f"{runs}: stopped; the same command goes on")
        finish(STOPPED)
        return
    metrics, montage, data = done
    write(path, title, data, metrics, seconds=time.monotonic() - began)
    if sheet is not None:
        show(sheet, montage)
    terminal.say(f"{path}: all figures" + (f"; {sheet}: faces to look at" if sheet else ""))
