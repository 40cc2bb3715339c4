"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from uunet.arguments import UsageError

STOPPED = 143
"""Exit code of a training that SIGTERM stopped, as README says."""

Results = Annotated[Path, typer.Option("-o", "--output", help="Folder of all results.")]
Models = Annotated[
    tuple[Path, Path] | None,
    typer.Option(help="PUBLIC PRIVATE: U_e and U_d; default: the demonstration pair."),
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        help="A packed set, or KIND:PATH of any set that `dataset pack` takes, like mars:/data/MARS; "
        "what every training keeps of it is measured. May be given again."
    ),
]
Unseen = Annotated[
    list[str] | None,
    typer.Option(help="The same of a set of which no training saw anything: all of it may be measured."),
]
Own = Annotated[Path | None, typer.Option(help="A run of `train recogniser`, which judges beside dlib's.")]
Quick = Annotated[bool, typer.Option("--quick", help="Few faces: wide intervals, minutes.")]
Precision = Annotated[
    Literal["auto", "32-true", "bf16-mixed"],
    typer.Option(help="Of the forward passes; weights have 32 bits. auto: bf16 where the device has it."),
]
Count = Annotated[int | None, typer.Option(min=2, help="Faces of each set; default 1200, with --quick 210.")]


def refuse_file(run: Path) -> None:
    """Before anything is computed for a run.

    Raises:
        UsageError: its folder is a file.
    """
    if run.exists() and not run.is_dir():
        raise UsageError(f"{run} is a file", "name a folder for the run")
