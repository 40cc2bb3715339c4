"""`uunet-lab attack …`. What is heavy is imported inside the commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from uunet.commands import guarded
from uunet_lab.options import Own, Precision

if TYPE_CHECKING:
    from uunet_lab.attacks.finding import Finding

app = typer.Typer(help="Attack what was published; writes results/attacks/*.json.", no_args_is_help=True)

Output = Annotated[Path, typer.Option("-o", "--output", help="The JSON file.")]


@app.command("messages")
def attack_messages(
    clip: Annotated[Path, typer.Argument(help="A video of at least 120 frames; it is published first.")],
    output: Output,
    other: Annotated[
        Path | None, typer.Option(help="Whose windows are spliced in; default: the same, published again.")
    ] = None,
) -> None:
    """Forge, splice, replay, drop and reorder the messages of a public file: what does a reader notice?"""

    def attack() -> Finding:
        from uunet_lab.attacks.messages import messages  # noqa: PLC0415

        return messages(clip, other)

    _attack(output, attack)


@app.command("metadata")
def attack_metadata(
    original: Annotated[
        Path, typer.Argument(help="The source; without --public traces are planted beside its pictures.")
    ],
    output: Output,
    public: Annotated[Path | None, typer.Option(help="What was published of it.")] = None,
) -> None:
    """Tags, places, devices, chapters, thumbnails, banners: what does a public file still tell?"""

    def attack() -> Finding:
        from uunet_lab.attacks.metadata import metadata  # noqa: PLC0415

        return metadata(original, public)

    _attack(output, attack)


@app.command("missed")
def attack_missed(  # noqa: PLR0917 (typer's arguments are options)
    original: Annotated[Path, typer.Argument(help="The source.")],
    public: Annotated[Path, typer.Argument(help="What was published of it, uncut.")],
    output: Output,
    every: Annotated[int, typer.Option(min=1, help="Looks at each n-th frame: a second each.")] = 4,
    detector: Annotated[
        Literal["centerface", "mtcnn"], typer.Option(help="CenterFace in 32 bits, or the paper's MTCNN.")
    ] = "centerface",
    model: Annotated[Path | None, typer.Option(help="U_e; default: the demonstration's.")] = None,
) -> None:
    """Are raw faces left? A slower detector, at double resolution, says where to look."""

    def attack() -> Finding:
        from uunet_lab.attacks.missed import missed  # noqa: PLC0415

        return missed(original, public, every=every, model=model, eye=detector)

    _attack(output, attack)


@app.command("inversion")
def attack_inversion(  # noqa: PLR0917 (typer's arguments are options)
    faces: Annotated[
        Path, typer.Option(help="The packed set of the training; its held-out part is measured.")
    ],
    output: Output,
    public: Annotated[Path | None, typer.Option(help="U_e; default: the demonstration's.")] = None,
    private: Annotated[Path | None, typer.Option(help="U_d, to compare with; the demonstration's.")] = None,
    pairs: Annotated[
        list[int] | None, typer.Option(min=1, help="N, once for each; 100, 1000, 10000.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Of the training, for each N; 600.")] = None,
    precision: Precision = "auto",
    seed: int = 1,
    quick: Annotated[bool, typer.Option("--quick", help="100 queries, 60 steps, 70 faces.")] = False,
) -> None:
    """Train a decoder by asking U_e alone: how near does it come to the owner's U_d, over N queries?"""

    def attack() -> Finding:
        from uunet_lab.trials import try_inversion  # noqa: PLC0415

        return try_inversion(
            faces,
            (public, private),
            pairs=tuple(pairs or ()),
            steps=steps,
            precision=precision,
            seed=seed,
            quick=quick,
        )

    _attack(output, attack)


@app.command("steganalysis")
def attack_steganalysis(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP…", help="Videos; 20 give an interval.")],
    output: Output,
    seed: int = 1,
) -> None:
    """Can the mark in the pixels be noticed, by somebody who has no key, and by somebody who has?"""

    def attack() -> Finding:
        from uunet_lab.attacks.steganalysis import steganalysis  # noqa: PLC0415

        return steganalysis(clips, seed)

    _attack(output, attack)


@app.command("linkability")
def attack_linkability(
    table: Annotated[Path, typer.Argument(help="A CSV with identity and path, several recordings a person.")],
    output: Output,
    public: Annotated[Path | None, typer.Option(help="U_e; default: the demonstration's.")] = None,
    each: Annotated[int | None, typer.Option(min=1, help="Recordings of a person at most.")] = None,
    seed: int = 1,
) -> None:
    """Does a recogniser link two published recordings of one person by the face?"""

    def attack() -> Finding:
        from uunet_lab.trials import try_linkability  # noqa: PLC0415

        return try_linkability(table, public, each=each, seed=seed)

    _attack(output, attack)


@app.command("naive")
def attack_naive(  # noqa: PLR0917
    people: Annotated[
        Path, typer.Option(help="A packed set with several images of a person, never trained on.")
    ],
    output: Output,
    public: Annotated[Path | None, typer.Option(help="U_e; default: the demonstration's.")] = None,
    count: Annotated[int, typer.Option(min=2, help="People at most.")] = 300,
    recogniser: Own = None,
    seed: int = 1,
) -> None:
    """Does a recogniser off the shelf, which has a raw image of each person, name replaced faces?"""

    def attack() -> Finding:
        from uunet_lab.measuring.embedder import TrainedJudge  # noqa: PLC0415
        from uunet_lab.trials import try_naive  # noqa: PLC0415

        own = None if recogniser is None else TrainedJudge(recogniser)
        return try_naive(people, public, count=count, seed=seed, own=own)

    _attack(output, attack)


@app.command("parrot")
def attack_parrot(  # noqa: PLR0917 (typer's arguments are options)
    people: Annotated[
        Path, typer.Option(help="A packed set with several images of a person, never trained on.")
    ],
    faces: Annotated[Path, typer.Option(help="A packed set of other people, for the attacker's network.")],
    output: Output,
    public: Annotated[Path | None, typer.Option(help="U_e; default: the demonstration's.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Of the network's training.")] = None,
    precision: Precision = "32-true",
    seed: int = 1,
    quick: Annotated[bool, typer.Option("--quick", help="40 people, and a network hardly trained.")] = False,
) -> None:
    """Does a recogniser that was made for replaced faces, by somebody who has U_e, name them?"""

    def attack() -> Finding:
        from uunet_lab.trials import try_parrot  # noqa: PLC0415

        return try_parrot(people, faces, public, steps=steps, precision=precision, seed=seed, quick=quick)

    _attack(output, attack)


def _attack(output: Path, attack: Callable[[], Finding]) -> None:
    """Try it, write what was found, say the verdict."""
    with guarded() as terminal:
        from uunet_lab.attacks.finding import record, refuse  # noqa: PLC0415

        refuse(output)
        began = time.monotonic()
        found = attack()
        record(output, found, time.monotonic() - began)
        terminal.say(found.verdict)
        terminal.say(f"{output}: all figures")
