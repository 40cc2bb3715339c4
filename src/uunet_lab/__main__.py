"""`uunet-lab`: data sets, training, export and measuring."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from uunet.arguments import UsageError
from uunet.commands import guarded
from uunet.usage import HintedGroup
from uunet_lab.attack_commands import app as attack_app
from uunet_lab.comparison_commands import ablations, resolution
from uunet_lab.datasets.commands import app as dataset_app
from uunet_lab.evaluation.commands import cross as evaluate_cross
from uunet_lab.evaluation.commands import run as evaluate_run
from uunet_lab.paper.commands import paper
from uunet_lab.prove_command import prove
from uunet_lab.reporting.commands import numbers, report
from uunet_lab.train_commands import app as train_app

app = typer.Typer(
    name="uunet-lab",
    cls=HintedGroup,
    help="Make and measure the models that uunet runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
quantise_app = typer.Typer(help="Models in 8 bits, for processors.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Measure models; writes results/*.json.", no_args_is_help=True)
app.add_typer(dataset_app, name="dataset")
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(quantise_app, name="quantise")
evaluate_app.command("run")(evaluate_run)
evaluate_app.command("cross")(evaluate_cross)
evaluate_app.command("ablations")(ablations)
evaluate_app.command("resolution")(resolution)
app.command()(prove)
app.command()(paper)
app.command()(report)
app.command()(numbers)
app.add_typer(attack_app, name="attack")


@app.command()
def export(  # noqa: PLR0917
    run: Annotated[Path, typer.Argument(help="Folder of a run.", exists=True)],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for public.onnx and private.onnx.")],
    name: Annotated[str, typer.Option(help="Of the pair.")],
    data: Annotated[str, typer.Option(help="What it was trained on, with the licence.")],
    pair: Annotated[str | None, typer.Option(help="32 hexadecimal digits; default: drawn.")] = None,
    demonstration: Annotated[bool, typer.Option(help="The private model will be public.")] = False,
    metrics: Annotated[Path | None, typer.Option(help="What `evaluate pair` wrote, for the cards.")] = None,
) -> None:
    """Write a run's models as ONNX files with their cards, and prove that they compute the same."""
    with guarded() as terminal:
        from uunet.models import Card  # noqa: PLC0415
        from uunet_lab.measuring.results import card_metrics, revision  # noqa: PLC0415
        from uunet_lab.methods.uunet.pair import labels_asked, load_pair, side_of  # noqa: PLC0415
        from uunet_lab.training.export import export as write  # noqa: PLC0415
        from uunet_lab.training.loop import load  # noqa: PLC0415

        encoder, decoder = load_pair(run / "last.pt")
        state = load(run / "last.pt")
        output.mkdir(parents=True, exist_ok=True)
        card = Card(
            name=name,
            role="public",
            pair=pair or secrets.token_hex(16),
            side=side_of(state),
            smallest=20,
            demonstration=demonstration,
            data=data,
            revision=revision(),
            metrics=card_metrics(metrics) if metrics else {},
            labels=labels_asked(state),
        )
        write(encoder, 4, card, output / "public.onnx")
        write(decoder, 3, replace(card, role="private"), output / "private.onnx")
        terminal.say(
            f"{output}: public.onnx, and private.onnx, which restores: keep it from everybody who must not"
        )


@quantise_app.command("detector")
def quantise_detector_(
    clips: Annotated[list[Path], typer.Argument(metavar="VIDEO…", help="Like those that it will see.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The ONNX file.")],
    frames: Annotated[int, typer.Option(min=1, help="Of each video.")] = 8,
) -> None:
    """Write the face detector in 8 bits, for processors."""
    with guarded() as terminal:
        from uunet_lab.training.quantise import quantise_detector  # noqa: PLC0415

        used = quantise_detector(clips, output, frames)
        terminal.say(f"{output}: from {used} frames")


@quantise_app.command("pair")
def quantise_pair_(  # noqa: PLR0917
    public: Annotated[Path, typer.Argument(help="U_e.", exists=True)],
    private: Annotated[Path, typer.Argument(help="U_d.", exists=True)],
    faces: Annotated[Path, typer.Option(help="A packed set, like the one of the training.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for public.onnx and private.onnx.")],
    count: Annotated[int, typer.Option(min=1, help="Faces from which the ranges of values are taken.")] = 256,
    metrics: Annotated[Path | None, typer.Option(help="What `evaluate pair` wrote, for the cards.")] = None,
) -> None:
    """Write a pair in 8 bits, for processors without bfloat16; measure it with `evaluate pair`."""
    with guarded() as terminal:
        from uunet_lab.measuring.results import card_metrics  # noqa: PLC0415
        from uunet_lab.methods.uunet.quantise import quantise_pair  # noqa: PLC0415

        figures = card_metrics(metrics) if metrics else {}
        for path in quantise_pair(public, private, faces, output, count=count, metrics=figures):
            terminal.say(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


@evaluate_app.command("pair")
def evaluate_pair(  # noqa: PLR0917
    faces: Annotated[Path, typer.Option(help="The packed set of the training; its held-out part is used.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The JSON file.")],
    public: Annotated[Path, typer.Option(help="U_e.", exists=True)],
    private: Annotated[Path, typer.Option(help="U_d.", exists=True)],
    people: Annotated[Path | None, typer.Option(help="LFW's tar: people with several images.")] = None,
    people_table: Annotated[Path | None, typer.Option(help="Its CSV, with a column `identity`.")] = None,
    clip: Annotated[list[Path] | None, typer.Option(help="Clips for temporal consistency.")] = None,
    count: Annotated[int, typer.Option(help="Held-out faces.")] = 280,
    sheets: Annotated[Path | None, typer.Option(help="Folder for contact sheets x | a | r.")] = None,
) -> None:
    """Measure privacy and restoration of a pair on people whom training never saw."""
    with guarded() as terminal:
        from uunet_lab.evaluation.report import headline, measure  # noqa: PLC0415

        if (people is None) != (people_table is None):
            raise UsageError("--people and --people-table go together", "give both, or neither")
        metrics = measure(
            faces,
            people=(people, people_table) if people and people_table else None,
            clips=clip or [],
            models=(public, private),
            count=count,
            output=output,
            sheets=sheets,
        )
        terminal.say(headline(metrics))
        terminal.say(f"{output}: all figures" + (f"; {sheets}: faces to look at" if sheets else ""))


@evaluate_app.command("matcher")
def evaluate_matcher(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Of `train matcher`.")],
    faces: Annotated[
        list[Path], typer.Option(help="The packed set of each run, in their order; one may serve all.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The JSON file.")],
    pairs: Annotated[int, typer.Option(min=10, help="Of each label.")] = 4000,
) -> None:
    """AUC of each matcher on people whom its training never saw, with an interval over people."""
    with guarded() as terminal:
        from uunet_lab.assembly import judge  # noqa: PLC0415
        from uunet_lab.measuring.agreement import auc_interval  # noqa: PLC0415
        from uunet_lab.measuring.results import write  # noqa: PLC0415

        if len(faces) not in (1, len(runs)):
            raise UsageError(f"{len(runs)} runs and {len(faces)} sets", "give --faces once, or for each run")
        metrics: dict[str, dict[str, Any]] = {}
        sets = faces * len(runs) if len(faces) == 1 else faces
        for run, packed in zip(runs, sets, strict=True):
            seen = judge(run, packed, pairs)
            found = auc_interval(seen.scores, seen.same, seen.first, seen.second)
            metrics[seen.label] = found | {"steps": seen.steps}
            why = found.get("no_interval")
            spread = f"no interval: {why}" if why else f"{found['low']} to {found['high']}"
            terminal.say(f"{seen.label}: AUC {found['auc']} ({spread}), {found['people']} people")
        data = "held-out people of " + ", ".join(sorted({packed.name for packed in faces}))
        write(output, "the matchers D_a of Table I", data, metrics)
        terminal.say(f"{output}: all figures")


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
