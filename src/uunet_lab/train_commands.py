"""`uunet-lab train …`. What is heavy is imported inside the commands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from uunet.arguments import UsageError
from uunet.commands import finish, guarded
from uunet_lab.options import STOPPED, Precision, refuse_file

if TYPE_CHECKING:
    from uunet.console import Terminal
    from uunet_lab.training.loop import Training

app = typer.Typer(help="Train models.", no_args_is_help=True)

Run = Annotated[Path, typer.Argument(help="Folder of the run; a run that is there goes on.")]
Steps = Annotated[int | None, typer.Option(min=1, help="paper, paper-slim: instead of the profile's.")]
Devices = Annotated[int, typer.Option(help="GPUs, or processes where there is none.")]


@app.command("matcher")
def train_matcher(  # noqa: PLR0917 (typer's arguments are options)
    run: Run,
    label: Annotated[
        Literal["id", "gender", "ethnicity", "hairstyle", "age"], typer.Option(help="What to compare.")
    ],
    faces: Annotated[Path, typer.Option(help="A packed set: see `uunet-lab dataset pack`.")],
    profile: Annotated[
        Literal["paper", "paper-slim", "paper-256"],
        typer.Option(help="paper: until it converges; paper-slim: for a CPU; paper-256: of 256 pixels."),
    ] = "paper-slim",
    steps: Steps = None,
    devices: Devices = 1,
    precision: Precision = "auto",
    seed: int = 1,
) -> None:
    """Phase 1 of the paper: D_a of its Table I for one label, from balanced pairs."""
    with guarded() as terminal:
        from uunet_lab.assembly import matcher_training  # noqa: PLC0415
        from uunet_lab.training.devices import open_devices  # noqa: PLC0415

        refuse_file(run)
        fabric = open_devices(precision, devices)
        measure = ["uunet-lab", "evaluate", "matcher", str(run), "--faces", str(faces), "-o", "matcher.json"]
        _go(terminal, matcher_training(fabric, faces, label, profile, steps, seed), run, measure)


@app.command("recogniser")
def train_recogniser(  # noqa: PLR0917 (typer's arguments are options)
    run: Run,
    faces: Annotated[Path, typer.Option(help="A packed set with several images of its people.")],
    steps: Annotated[int | None, typer.Option(min=1, help="Instead of the profile's.")] = None,
    devices: Devices = 1,
    precision: Precision = "32-true",
    seed: int = 1,
) -> None:
    """A judge of our own, beside dlib's, as IV-C has one: it learns people on whom nothing is measured."""
    with guarded() as terminal:
        from uunet_lab.assembly import recogniser_training  # noqa: PLC0415
        from uunet_lab.training.devices import open_devices  # noqa: PLC0415

        refuse_file(run)
        training = recogniser_training(open_devices(precision, devices), faces, steps, seed)
        command = ["uunet-lab", "evaluate", "run", "--unseen", str(faces), "--recogniser", str(run)]
        _go(terminal, training, run, command)


@app.command("uunet")
def train_uunet(  # noqa: PLR0917
    run: Run,
    faces: Annotated[Path, typer.Option(help="A packed set: see `uunet-lab dataset pack`.")],
    profile: Annotated[
        Literal["seen-hidden", "paper", "paper-slim", "paper-thin", "paper-256", "paper-thin-256"],
        typer.Option(
            help="seen-hidden: what ships; paper: the paper's own; paper-slim: for a CPU; paper-thin: for "
            "many runs; paper-256: its Fig. 15, 256×256 pixels, for a GPU and a set packed with --side 256; "
            "paper-thin-256: the same for a CPU, with matchers of 64 pixels."
        ),
    ] = "seen-hidden",
    painter: Annotated[
        Path | None,
        typer.Option(
            help="seen-hidden: a run whose first phase is over: its painter; only the second is run."
        ),
    ] = None,
    paint_steps: Annotated[int | None, typer.Option(min=0, help="seen-hidden: of the first phase.")] = None,
    hide_steps: Annotated[int | None, typer.Option(min=0, help="seen-hidden: of the second phase.")] = None,
    matcher: Annotated[
        list[Path] | None, typer.Option(help="paper: a run of `train matcher`, once for each label.")
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(help="Labels to keep, like gender,ethnicity. seen-hidden: gender, if the set knows it."),
    ] = None,
    change: Annotated[str, typer.Option(help="paper: labels to change, like hairstyle.")] = "",
    preset: Annotated[
        Literal["equal-soft", "all-different"] | None,
        typer.Option(help="paper: keep, or change, all labels but the identity."),
    ] = None,
    steps: Steps = None,
    devices: Devices = 1,
    precision: Precision = "auto",
    seed: int = 1,
) -> None:
    """Train U_e and U_d. What a profile departs in from the paper, and why, stands in its docstring, in
    `methods/uunet/profile.py` and `paper_train.py`.

    paper: as IV-A of the paper has it. paper-slim: the same at half the width and a quicker pace, for a CPU;
    paper-thin: at a quarter.
    seen-hidden: the face that is seen and what is hidden in it are made by two networks.
    """
    with guarded() as terminal:
        ours: dict[str, Any] = {"painter": painter, "paint_steps": paint_steps, "hide_steps": hide_steps}
        theirs = {"matcher": matcher, "change": change, "preset": preset, "steps": steps}
        _refuse(profile, theirs if profile == "seen-hidden" else ours)
        if painter is not None:
            _refuse("a run with another's --painter", {"paint_steps": paint_steps})
        from uunet_lab import assembly  # noqa: PLC0415
        from uunet_lab.training.devices import open_devices  # noqa: PLC0415

        refuse_file(run)
        fabric = open_devices(precision, devices)
        kept = None if keep is None else assembly.names_of(keep)
        training: Training
        if profile == "seen-hidden":
            phases = assembly.Phases(painter, paint_steps, hide_steps)
            training = assembly.seen_hidden_training(fabric, faces, kept, phases, seed, terminal.say)
        else:
            wanted = assembly.Wanted(kept or (), assembly.names_of(change), preset)
            training = assembly.paper_training(fabric, faces, matcher or [], wanted, profile, steps, seed)
        export = ["uunet-lab", "export", str(run), "-o", "models", "--name", run.name]
        _go(terminal, training, run, [*export, "--data", "where the faces come from"])


def _refuse(profile: str, options: dict[str, Any]) -> None:
    """Options of another profile are no use: say so, rather than train something else than was wanted."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if given:
        raise UsageError(f"{profile} has no {', '.join(given)}", "see uunet-lab train uunet --help")


def _go(terminal: Terminal, training: Training, run: Path, after: list[str]) -> None:
    """Begin or go on; the first process speaks for all. `after` is the command that uses what was trained."""
    from uunet_lab.training import loop  # noqa: PLC0415

    first = training.fabric.is_global_zero
    if loop.resume(training, run) and first:
        terminal.say(f"{run} goes on after step {training.step} of {training.steps}")
    finished = loop.run(training, run, terminal.say if first else lambda _: None)
    if first:
        what = "done" if finished else "stopped; the same command goes on"
        terminal.say(f"{run}: {what}, step {training.step} of {training.steps}")
    if first and finished:
        terminal.say(f"checkpoint: {run / loop.CHECKPOINT}; next: {shlex.join(after)}")
    finish(0 if finished else STOPPED)
