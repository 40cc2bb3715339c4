"""`uunet-lab attack …`. What is heavy is imported inside the commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uunet.commands import guarded

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
def attack_missed(
    original: Annotated[Path, typer.Argument(help="The source.")],
    public: Annotated[Path, typer.Argument(help="What was published of it, uncut.")],
    output: Output,
    every: Annotated[int, typer.Option(min=1, help="Looks at each n-th frame: a second each.")] = 4,
    model: Annotated[Path | None, typer.Option(help="U_e; default: the demonstration's.")] = None,
) -> None:
    """Are raw faces left? A slower detector, at double resolution, says where to look."""

    def attack() -> Finding:
        from uunet_lab.attacks.missed import missed  # noqa: PLC0415

        return missed(original, public, every=every, model=model)

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
