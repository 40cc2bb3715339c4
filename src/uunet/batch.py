"""Many inputs, one after the other: what becomes what, what is done already, what went wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from uunet.errors import InputError, OutputError
from uunet.job import Summary
from uunet.video import EncodeSettings, refuse_input
from uunet.video.containers import container_for
from uunet.video.opening import PATTERN, sequence_files

IMAGES = frozenset(
    (".bmp", ".jp2", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp")
)
_VIDEOS = (
    *(".264", ".265", ".3g2", ".3gp", ".apng", ".asf", ".av1", ".avi", ".divx", ".dv", ".f4v", ".flv"),
    *(".gif", ".h264", ".h265", ".hevc", ".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mj2", ".mjpeg"),
    *(".mjpg", ".mkv", ".mod", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv"),
    *(".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
)
VIDEOS = frozenset(_VIDEOS)
"""What is taken from a folder, by suffix. A file that is named itself may have any."""


@dataclass(frozen=True, slots=True)
class Job:
    """One input and what it becomes.

    Attributes:
        source, target: files.
    """

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        jobs: in order.
        ignored: files in the folders that are neither video nor image.
        several: whether outputs that exist are skipped and errors don't end the run.
    """

    jobs: tuple[Job, ...]
    ignored: tuple[Path, ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: the job.
        status: `done`; `truncated`: the input broke off, the output ends there; `failed`: there is no output;
            `skipped`: the output was there already.
        summary: of the run, where there was one.
        error: why it failed or was truncated.
    """

    job: Job
    status: Literal["done", "truncated", "failed", "skipped"]
    summary: Summary | None = None
    error: Exception | None = None

    @property
    def exit_code(self) -> int:
        """That of its error; 0 without; 70 for an error that nobody foresaw."""
        return 0 if self.error is None else getattr(self.error, "exit_code", 70)


def plan(inputs: Sequence[Path], output: Path, encode: EncodeSettings) -> Plan:
    """What becomes what.

    One file becomes the file `output` (or, if that is a folder, a file in it). Several inputs or a folder
    fill the folder `output`; a folder keeps its tree, in a folder of its own name if there are more inputs.

    Args:
        inputs: files, folders or patterns (`frame_%04d.png`), at least one.
        output: a file or a folder.
        encode: decides about the suffix: the input's where its container can hold the codec.

    Raises:
        InputError: a folder without videos and images.
        OutputError: an output would be an input, or two outputs have one name.
    """
    several = len(inputs) > 1 or inputs[0].is_dir()
    named_like_a_file = output.suffix.lower() in IMAGES | VIDEOS and not output.is_dir()
    if several and (named_like_a_file or output.is_file()):
        raise OutputError(f"{output} is a file, or named like one", "several inputs need a folder as output")
    if not several and not output.is_dir():
        return Plan((Job(inputs[0], output),))
    found: list[tuple[Path, Path]] = []  # the input, its place in the output
    ignored: list[Path] = []
    for path in inputs:
        if not path.is_dir():
            found.append((path, Path(path.name)))
            continue
        if output.exists() and path.samefile(output):
            raise OutputError(f"{output} is the input folder", "give the output another folder")
        root = Path(path.resolve().name) if len(inputs) > 1 else Path()
        for file in _files(path, output):
            if file.suffix.lower() in IMAGES | VIDEOS:
                found.append((file, root / file.relative_to(path)))
            else:
                ignored.append(file)
    if not found:
        raise InputError(
            f"{', '.join(map(str, inputs))} has no video and no image", "files are known by their suffix"
        )
    jobs = _jobs(list(dict.fromkeys(found)), output, encode)
    _refuse_overlap(jobs)
    return Plan(tuple(jobs), tuple(ignored), several)


def run(todo: Plan, work: Callable[[Job], Summary], *, force: bool = False) -> Iterator[Outcome]:
    """Do the jobs, one after the other.

    Args:
        todo: what.
        work: does one.
        force: also where the output is there already. Without it a plan of one refuses, a plan of several
            takes the job for done: outputs appear only when they are complete.
    """
    for job in todo.jobs:
        try:
            refuse_input(job.target, job.source)  # a link to what the camera recorded is nothing that is done
            if job.target.is_file() and not force and todo.several:
                yield Outcome(job, "skipped")
                continue
            if not force:
                refuse_existing(job.target)
            if todo.several:
                _make_folder(job.target.parent)
            summary = work(job)
        except Exception as error:  # noqa: BLE001 (one bad file must not stop the rest; it is reported)
            yield Outcome(job, "failed", error=error)
        else:
            damage = summary.damage
            yield Outcome(job, "truncated" if damage else "done", summary, damage)


def exit_code(outcomes: Sequence[Outcome], *, several: bool) -> int:
    """1 if any job failed (a single one: its own code), else 4 if any input was truncated, else 0."""
    if not several:
        return outcomes[0].exit_code
    statuses = {outcome.status for outcome in outcomes}
    return 1 if "failed" in statuses else 4 if "truncated" in statuses else 0


def refuse_existing(path: Path) -> None:
    """Raises OutputError if there is something under this name, or one of a pattern's names."""
    there = next(iter(sequence_files(path).values()), None) if PATTERN.search(path.name) else path
    if there is not None and there.is_file():
        raise OutputError(f"{there} exists already", "give another name, or --force to overwrite it")


def _files(folder: Path, output: Path) -> Iterator[Path]:
    """The files below a folder, sorted, without hidden ones and without what is in the output."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not (output.exists() and (here / name).samefile(output))
        )
        for name in sorted(names):
            if not name.startswith(".") and (here / name).is_file():
                yield here / name


def _jobs(found: Sequence[tuple[Path, Path]], output: Path, encode: EncodeSettings) -> list[Job]:
    jobs = []
    for source, place in found:
        suffix = _suffix(place, encode)
        # x.gif becomes x.gif.mp4: a name must not depend on what else is there (an x.mp4, today or tomorrow)
        name = place.name if suffix == place.suffix else place.name + suffix
        jobs.append(Job(source, output / place.with_name(name)))
    return jobs


def _suffix(path: Path, encode: EncodeSettings) -> str:
    if path.suffix.lower() in IMAGES:
        return ".png"
    try:
        container_for(path, encode)
    except OutputError:
        return ".mkv" if encode.codec == "ffv1" else ".mp4"
    return path.suffix


def _refuse_overlap(jobs: Sequence[Job]) -> None:
    sources = {job.source.resolve() for job in jobs}
    seen: dict[Path, Path] = {}
    for job in jobs:
        if job.target.resolve() in sources:
            raise OutputError(f"{job.target} is an input", "give the output another folder")
        if job.target in seen:
            raise OutputError(
                f"{seen[job.target]} and {job.source} would both become {job.target}",
                "give their folders instead of the files, or run twice",
            )
        seen[job.target] = job.source


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"can't make the folder {folder}: {error.strerror or error}", "check the path and permissions"
        ) from error
