"""`uunet-lab`: data sets, training, export and measuring."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from uunet_lab.datasets.commands import app as dataset_app

app = typer.Typer(
    name="uunet-lab",
    help="Make and measure the models that uunet runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(help="Train models.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Measure models; writes results/*.json.", no_args_is_help=True)
app.add_typer(dataset_app, name="dataset")
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")

Archive = Annotated[Path, typer.Option("--archive", help="Tar of face images.", exists=True)]
Table = Annotated[Path, typer.Option("--table", help="Its CSV; column `file` names the member.", exists=True)]
Cache = Annotated[Path, typer.Option(help="Where decoded images are kept between runs.")]
HELD_OUT = 2000
"""Images at the end of a fixed permutation that no training sees."""


@train_app.command("uunet")
def train_uunet(  # noqa: PLR0917 (typer's arguments are options)
    run: Annotated[Path, typer.Argument(help="Folder of the run; a run that is there goes on.")],
    archive: Archive,
    table: Table,
    cache: Cache = Path("runs/cache.npy"),
    paint_steps: Annotated[int, typer.Option(help="Of the first phase.")] = 8000,
    hide_steps: Annotated[int, typer.Option(help="Of the second phase.")] = 4000,
    seed: int = 1,
) -> None:
    """Train U_e and U_d with the `seen-hidden` profile (its docstring says what departs from the paper)."""
    from uunet_lab.datasets.records import pack  # noqa: PLC0415
    from uunet_lab.methods.uunet.train import SEEN_HIDDEN, Trainer, train  # noqa: PLC0415
    from uunet_lab.training.augment import StillSource, split  # noqa: PLC0415

    images = pack(archive, table, cache)
    profile = replace(SEEN_HIDDEN, paint_steps=paint_steps, hide_steps=hide_steps)
    training, _ = split(len(images), HELD_OUT)
    trainer = Trainer(StillSource(images, training, seed), profile, run, seed)
    if (run / "last.pt").exists():
        trainer.resume()
    train(trainer, typer.echo)


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
    from uunet.models import Card  # noqa: PLC0415
    from uunet_lab.evaluation.results import card_metrics, revision  # noqa: PLC0415
    from uunet_lab.methods.uunet.train import load_pair  # noqa: PLC0415
    from uunet_lab.training.export import export as write  # noqa: PLC0415

    encoder, decoder = load_pair(run / "last.pt")
    output.mkdir(parents=True, exist_ok=True)
    card = Card(
        name=name,
        role="public",
        pair=pair or secrets.token_hex(16),
        side=64,
        smallest=20,
        demonstration=demonstration,
        data=data,
        revision=revision(),
        metrics=card_metrics(metrics) if metrics else {},
    )
    write(encoder, 4, card, output / "public.onnx")
    write(decoder, 3, replace(card, role="private"), output / "private.onnx")


@evaluate_app.command("pair")
def evaluate_pair(  # noqa: PLR0917
    archive: Archive,
    table: Table,
    output: Annotated[Path, typer.Option("-o", "--output", help="The JSON file.")],
    public: Annotated[Path, typer.Option(help="U_e.", exists=True)],
    private: Annotated[Path, typer.Option(help="U_d.", exists=True)],
    cache: Cache = Path("runs/cache.npy"),
    people: Annotated[Path | None, typer.Option(help="Tar of another set with several images each.")] = None,
    people_table: Annotated[Path | None, typer.Option(help="Its CSV, with a column `identity`.")] = None,
    clip: Annotated[list[Path] | None, typer.Option(help="Clips for temporal consistency.")] = None,
    count: Annotated[int, typer.Option(help="Held-out faces.")] = 280,
    sheets: Annotated[Path | None, typer.Option(help="Folder for contact sheets x | a | r.")] = None,
) -> None:
    """Measure privacy and restoration of a pair on people whom training never saw."""
    from uunet_lab.evaluation.report import measure  # noqa: PLC0415

    measure(
        stills=(archive, table, cache),
        people=(people, people_table) if people and people_table else None,
        clips=clip or [],
        models=(public, private),
        held_out=HELD_OUT,
        count=count,
        output=output,
        sheets=sheets,
    )


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
