"""`uunet-lab dataset …`: from raw video, or from a published set, to what training opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uunet.commands import finish, guarded
from uunet.console import Terminal
from uunet.errors import OutputError, UUNetError
from uunet.job import Listener, Progress
from uunet_lab.datasets.registry import KINDS, Kind
from uunet_lab.datasets.tracklets import TrackletRules

if TYPE_CHECKING:
    from uunet_lab.datasets.building import Built
    from uunet_lab.datasets.labels import Labels

app = typer.Typer(
    help="Sets of faces to train on. What they write shows faces: personal data, never to be published.",
    no_args_is_help=True,
)

_USUAL = TrackletRules()


@app.command()
def build(  # noqa: PLR0917 (typer's arguments are options)
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO…", help="Whatever `uunet` reads.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the shards; goes on with it.")],
    labels: Annotated[
        Path | None,
        typer.Option(
            help="CSV: video, optionally sequence and identity (`-` drops it), and labels. "
            "It is about the whole folder, also about videos that are not given now."
        ),
    ] = None,
    smallest: Annotated[int, typer.Option(help="Side of a face in pixels.")] = _USUAL.smallest,
    shortest: Annotated[int, typer.Option(help="Crops in a tracklet, at least.")] = _USUAL.shortest,
    longest: Annotated[int, typer.Option(help="Crops in a tracklet, at most.")] = _USUAL.longest,
    score: Annotated[float, typer.Option(help="Of the detector, median of a tracklet.")] = (
        _USUAL.typical_score
    ),
    sharp: Annotated[float, typer.Option(help="Least sharpness of a crop.")] = _USUAL.sharp,
    change: Annotated[
        int, typer.Option(help="dHash distance (0 to 64) that ends a tracklet.")
    ] = _USUAL.change,
) -> None:
    """Raw video to tracklets: a shard, a contact sheet and a summary per video. Look at the sheets."""
    with guarded() as terminal:
        from uunet.detect import CenterFaceDetector  # noqa: PLC0415
        from uunet_lab.datasets.building import build as build_one  # noqa: PLC0415
        from uunet_lab.datasets.building import summary  # noqa: PLC0415
        from uunet_lab.datasets.labels import read_labels  # noqa: PLC0415

        rules = TrackletRules(
            smallest=smallest,
            shortest=shortest,
            longest=longest,
            typical_score=score,
            sharp=sharp,
            change=change,
        )
        there = summary(output)
        said = read_labels(labels) if labels else None
        failed = _label_others(terminal, output, there, said, videos) if said else 0
        detector = CenterFaceDetector()
        for video in videos:
            try:
                with _writing(output), terminal.progress(video.name) as bar:
                    told = partial(_tell, bar)
                    built, before = build_one(video, output, detector, rules, said, told)
            except UUNetError as error:
                terminal.fail(error, video.name)
                failed += 1
                continue
            if built.damage:
                terminal.warn(f"{video}: {built.damage}; the frames before that were used")
            state = " (done before)" if before else ""
            terminal.say(f"{video} → {built.camera}: {built.tracklets} tracklets, {built.crops} faces{state}")
        _conclude(terminal, output, summary(output))
        finish(1 if failed else 0)


def _label_others(
    terminal: Terminal, folder: Path, there: list[Built], said: Labels, videos: list[Path]
) -> int:
    """What labels say of videos that are not built in this call; how many of them have labels that don't fit.

    The table is about the whole folder, so a row about a video of an earlier call works now: else a tracklet
    that it drops would stay until somebody gives that video again. Rows about videos that are nowhere are no
    error, since those videos may come with a later call; but a mistyped name looks the same.
    """
    from uunet_lab.datasets.building import label  # noqa: PLC0415
    from uunet_lab.datasets.labels import listed  # noqa: PLC0415

    given = {str(video.resolve()) for video in videos}
    failed = labelled = 0
    for built in there:
        if built.video in given or not said.about(built.video):
            continue
        try:
            with _writing(folder):
                label(folder, built, said)
            labelled += 1
        except UUNetError as error:
            terminal.fail(error)
            failed += 1
    if labelled:
        terminal.say(
            f"{folder}: labelled {labelled} videos that were not given, but named in {said.path.name}"
        )
    nowhere = said.about_none([*given, *(built.video for built in there)])
    if nowhere:
        named = listed([f"{row.video} (line {row.line})" for row in nowhere])
        where = f"about videos that are neither given nor in {folder}"
        terminal.warn(f"{said.path} has rows that do nothing, {where}: {named}")
    return failed


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """What the operating system refuses, said as an error of the output: readers have errors of their own."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"can't write to {folder}: {error.strerror or error}", "check the folder and free space"
        ) from error


def _tell(bar: Listener, frames: int) -> None:
    bar(Progress(frames, None, 0))


def _conclude(terminal: Terminal, folder: Path, built: list[Built]) -> None:
    """What is in the folder now, and why other faces are not."""
    reasons: Counter[str] = Counter()
    for video in built:
        reasons.update(video.dropped)
    tracklets, crops = sum(video.tracklets for video in built), sum(video.crops for video in built)
    cuts = sum(video.cuts for video in built)
    terminal.say(f"{folder}: {len(built)} videos, {tracklets} tracklets, {crops} faces, {cuts} cuts by dHash")
    words = ", ".join(f"{count} {WHY[reason]}" for reason, count in reasons.most_common())
    terminal.say(f"left out: {words or 'nothing'}")
    terminal.say("These are faces of real people: personal data. Keep the folder as you keep the videos.")


WHY = {
    "unseen": "where the detector saw no face",
    "edge": "cut off by the frame's edge",
    "small": "too small",
    "unsure": "of too low a score",
    "blurred": "blurred",
    "surplus": "beyond the longest tracklet",
    "short": "in tracklets too short",
    "doubtful": "in tracklets of too low a score",
}
"""The reasons of `Gatherer.dropped` and `Built.dropped`, in words."""


@app.command()
def pack(
    path: Annotated[Path, typer.Argument(help="The set: a folder, or a tar with its CSV beside it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the packed set; must be new.")],
    kind: Annotated[
        Kind,
        typer.Option(help="; ".join(f"{name}: {what}" for name, what in KINDS.items()) + ".", metavar="KIND"),
    ] = "shards",
    side: Annotated[int, typer.Option(min=32, max=512, help="Of the images in pixels.")] = 96,
) -> None:
    """Any set to one array and one table, which training maps."""
    with guarded() as terminal:
        from uunet_lab.datasets.packing import pack as write  # noqa: PLC0415
        from uunet_lab.datasets.registry import load  # noqa: PLC0415

        with _writing(output):
            faces = write(load(kind, path, side), output, side=side, source=f"{kind} {path.name}")
        sequences = len(faces.names["sequence"])
        terminal.say(f"{output}: {len(faces)} faces, {faces.people} people, {sequences} tracklets")
        for label, codes in faces.labels.items():
            count = int((codes >= 0).sum())
            terminal.say(f"{label}: {count} faces, {len(faces.names[label])} values")


@app.command()
def show(
    packed: Annotated[Path, typer.Argument(help="A packed set.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The sheet, .jpg or .png.")],
    rows: Annotated[int, typer.Option(min=1, max=500, help="People, evenly spread over the set.")] = 24,
) -> None:
    """A contact sheet of a packed set: a row per person."""
    with guarded() as terminal:
        from uunet_lab.datasets.packing import open_set  # noqa: PLC0415
        from uunet_lab.datasets.sheet import draw  # noqa: PLC0415

        draw(open_set(packed), output, rows)
        terminal.say(f"{output} shows faces: keep it with the set")
