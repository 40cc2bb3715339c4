"""`uunet-lab evaluate run`: the paper's experiments on packed sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from uunet.commands import guarded
from uunet.models import shipped
from uunet_lab.measuring.names import Name

CROSSED: tuple[Name, ...] = ("recognition", "consistency", "diversity", "reversibility")
"""What Fig. 13 compares."""

_NAMES = ", ".join(get_args(Name))


def run(  # noqa: PLR0917 (typer's arguments are options)
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of all results.")] = Path("results"),
    model: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="PUBLIC PRIVATE: U_e and U_d; default: the demonstration pair."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="A packed set, or KIND:PATH of any set that `dataset pack` takes, like mars:/data/MARS; "
            "what every training keeps of it is measured. May be given again."
        ),
    ] = None,
    unseen: Annotated[
        list[str] | None,
        typer.Option(help="The same of a set of which no training saw anything: all of it may be measured."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {_NAMES}; may be given again. Default: all.")
    ] = None,
    recogniser: Annotated[
        Path | None, typer.Option(help="A run of `train recogniser`, which judges beside dlib's.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few faces: wide intervals, minutes.")] = False,
    count: Annotated[
        int | None, typer.Option(min=2, help="Faces of each set; default 1200, with --quick 210.")
    ] = None,
) -> None:
    """Run the paper's experiments; writes OUTPUT/SET/MODEL/EXPERIMENT.json."""
    with guarded() as terminal:
        from uunet_lab.datasets.named import packed  # noqa: PLC0415
        from uunet_lab.evaluation.registry import EXPERIMENTS  # noqa: PLC0415
        from uunet_lab.evaluation.runner import COUNT, QUICK, Source  # noqa: PLC0415
        from uunet_lab.evaluation.runner import run as measure  # noqa: PLC0415
        from uunet_lab.measuring.embedder import TrainedJudge  # noqa: PLC0415
        from uunet_lab.measuring.errors import MeasuringError  # noqa: PLC0415

        if not (data or unseen):
            raise MeasuringError(
                "no set is given", "pack one with `uunet-lab dataset pack`, give it to --data"
            )
        unknown = set(only or []) - set(EXPERIMENTS)
        if unknown:
            raise MeasuringError(f"there is no experiment {min(unknown)!r}", f"there are {_NAMES}")
        sources = [Source(packed(name, terminal.say), False) for name in data or []]
        sources += [Source(packed(name, terminal.say), True) for name in unseen or []]
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
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of all results.")] = Path("results"),
    quick: Annotated[bool, typer.Option("--quick", help="Few faces: wide intervals, minutes.")] = False,
    count: Annotated[
        int | None, typer.Option(min=2, help="Faces of each set; default 1200, with --quick 210.")
    ] = None,
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
