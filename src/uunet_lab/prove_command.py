"""`uunet-lab prove`: everything about a pair in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from uunet.commands import guarded
from uunet.models import shipped
from uunet_lab import options


def prove(  # noqa: PLR0917 (typer's arguments are options)
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for results/, paper/, report.html and public.mkv.")
    ],
    model: options.Models = None,
    data: options.Data = None,
    unseen: options.Unseen = None,
    clip: Annotated[
        list[Path] | None,
        typer.Option(
            help="A video, unpublished, for the attacks on files. The first, of 120 frames or more, is "
            "attacked in every way, all of them by steganalysis. May be given again."
        ),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(help="A CSV with identity and path, several videos of a person: are they linked?"),
    ] = None,
    recogniser: options.Own = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="60 faces of each set, codecs and MTCNN on the first only, short attacks."
        ),
    ] = False,
) -> None:
    """All experiments and attacks, the paper's tables and figures, and one page that shows all of it."""
    with guarded() as terminal:
        from uunet_lab.evaluation.runner import opened  # noqa: PLC0415
        from uunet_lab.measuring.embedder import TrainedJudge  # noqa: PLC0415
        from uunet_lab.proof import Material  # noqa: PLC0415
        from uunet_lab.proof import prove as all_of  # noqa: PLC0415

        given = Material(
            sources=opened(data or [], unseen or [], terminal.say),
            models=model or (shipped("public"), shipped("private")),
            clips=clip or [],
            recordings=recordings,
            own=None if recogniser is None else TrainedJudge(recogniser),
        )
        page = all_of(given, output, terminal.say, quick=quick)
        terminal.say(f"{page}: all of it, in one page that needs no other")
