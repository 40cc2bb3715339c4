"""`uunet-lab evaluate run`: the paper's experiments on packed sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from uunet.commands import guarded
from uunet.models import shipped
from uunet_lab import options
from uunet_lab.measuring.names import Name

CROSSED: tuple[Name, ...] = ("recognition", "consistency", "diversity", "reversibility")
"""What Fig. 13 compares."""

_NAMES = ", ".join(get_args(Name))


def run(  # noqa: PLR0917 (typer's arguments are options)
    output: options.Results = Path("results"),
    model: options.Models = None,
    data: options.Data = None,
    unseen: options.Unseen = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {_NAMES}; may be given again. Default: all.")
    ] = None,
    recogniser: options.Own = None,
    quick: options.Quick = False,
    count: options.Count = None,
) -> None:
    """Run the paper's experiments; writes OUTPUT/SET/MODEL/EXPERIMENT.json."""
    with guarded() as terminal:
        from uunet_lab.evaluation.registry import EXPERIMENTS  # noqa: PLC0415
        from uunet_lab.evaluation.runner import COUNT, QUICK, opened  # noqa: PLC0415
        from uunet_lab.evaluation.runner import run as measure  # noqa: PLC0415
        from uunet_lab.measuring.embedder import TrainedJudge  # noqa: PLC0415
        from uunet_lab.measuring.errors import MeasuringError  # noqa: PLC0415

        unknown = set(only or []) - set(EXPERIMENTS)
        if unknown:
            raise MeasuringError(f"there is no experiment {min(unknown)!r}", f"there are {_NAMES}")
        sources = opened(data or [], unseen or [], terminal.say)
        wanted = [name for name in EXPERIMENTS if not only or name in only]
        models = model or (shipped("public"), shipped("private"))
        chosen = count or (QUICK if quick else COUNT)
        own = None if recogniser is None else TrainedJudge(recogniser)
        if not measure(sources, models, wanted, chosen, output, terminal.say, quick, own):
            raise MeasuringError("nothing was measured", "the lines above say what each set lacks")


def cross(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="MODELS SET…",
            help="A folder with public.onnx and private.onnx and the set of its training, in turn.",
        ),
    ],
    output: options.Results = Path("results"),
    quick: options.Quick = False,
    count: options.Count = None,
) -> None:
    """Fig. 13: every pair on its own set, on people whom it never saw, and on the others' sets."""
    with guarded() as terminal:
        from uunet_lab.datasets.named import packed  # noqa: PLC0415
        from uunet_lab.evaluation.runner import COUNT, QUICK, Source  # noqa: PLC0415
        from uunet_lab.evaluation.runner import run as measure  # noqa: PLC0415
        from uunet_lab.measuring.errors import MeasuringError  # noqa: PLC0415

        if len(given) < 4 or len(given) % 2:
            raise MeasuringError(
                "there are not two pairs, each with its set", "give MODELS SET MODELS SET, and so on"
            )
        pairs, sets = map(Path, given[::2]), [packed(name, terminal.say) for name in given[1::2]]
        chosen = count or (QUICK if quick else COUNT)
        for folder, own in zip(pairs, sets, strict=True):
            sources = [Source(faces, faces != own) for faces in sets]
            models = folder / "public.onnx", folder / "private.onnx"
            measure(sources, models, CROSSED, chosen, output, terminal.say, quick)
