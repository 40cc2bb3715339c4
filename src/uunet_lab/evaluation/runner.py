"""Runs experiments on packed sets and writes DIR/<set>/<model>/<experiment>.json."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.named import called, packed
from uunet_lab.datasets.packing import open_set
from uunet_lab.evaluation.detection import WEAKEST, strict_detector
from uunet_lab.evaluation.experiment import NO_MTCNN, UNTRAINED, Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.registry import EXPERIMENTS
from uunet_lab.evaluation.sampling import choose
from uunet_lab.measuring import lpips, mtcnn
from uunet_lab.measuring.embedder import TrainedJudge
from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.measuring.landmarks import DlibLandmarks
from uunet_lab.measuring.names import Name
from uunet_lab.measuring.pair import Pair
from uunet_lab.measuring.recogniser import FastJudge
from uunet_lab.measuring.results import write
from uunet_lab.training.parts import parts

COUNT, QUICK = 1200, 210
"""Faces of each set."""


@dataclass(frozen=True, slots=True)
class Source:
    """A packed set to measure on.

    Attributes:
        folder: of the set; its name is that of the set in the results.
        unseen: True if no training saw anything of it; else only what every training keeps is measured.
    """

    folder: Path
    unseen: bool


def opened(seen: Sequence[str], unseen: Sequence[str], tell: Callable[[str], None]) -> list[Source]:
    """Sets by name, packed where they are not yet.

    Args:
        seen: those of which trainings keep a part, which is measured.
        unseen: those of which no training saw anything.
        tell: is told what takes long.

    Raises:
        MeasuringError: there is none.
        DatasetError: one is no set.
    """
    if not (seen or unseen):
        raise MeasuringError("no set is given", "pack one with `uunet-lab dataset pack`, give it to --data")
    return [Source(packed(name, tell), False) for name in seen] + [
        Source(packed(name, tell), True) for name in unseen
    ]


def run(  # noqa: PLR0917
    sources: Sequence[Source],
    models: tuple[Path, Path],
    only: Sequence[Name],
    count: int,
    output: Path,
    tell: Callable[[str], None],
    quick: bool = False,
    own: TrainedJudge | None = None,
    once: Collection[Name] = (),
) -> list[Path]:
    """Measure a pair on sets.

    Args:
        sources: the sets.
        models: U_e and U_d.
        only: which experiments.
        count: faces of each set, about.
        output: the folder of all results.
        tell: is told what is written, and what is skipped and why, a line each.
        quick: whether experiments that take long shall measure less.
        own: a recogniser of our own, which judges beside dlib's.
        once: experiments that are measured on the first set alone.

    Returns:
        The files written.

    Raises:
        DatasetError, ModelError, TrainingError, MeasuringError: a set, or the models, don't do; the
            recogniser is not installed.
    """
    names = {called(source.folder) for source in sources}
    if len(names) < len(sources):
        raise MeasuringError(
            "two sets have one name", "the name of a set's folder names its results: rename one"
        )
    recognises = any(EXPERIMENTS[name].recognises for name in only)
    pair, judge = Pair(*models), FastJudge() if recognises else None
    finder = DlibLandmarks() if any(EXPERIMENTS[name].landmarks for name in only) else None
    detector = strict_detector()
    wants_second = any(EXPERIMENTS[name].second for name in only)
    second = mtcnn.MTCNN(WEAKEST) if wants_second and mtcnn.installed() else None
    looks = lpips.LPIPS() if "reversibility" in only and lpips.installed() else None
    if "reversibility" in only and looks is None:
        tell(f"reversibility goes without LPIPS, whose weights are not installed ({lpips.INSTALL})")
    model = re.sub(r"[^\w.-]+", "-", pair.swapper.card.name)
    written = []
    for source in sources:
        faces = open_set(source.folder)
        rows = np.arange(len(faces)) if source.unseen else parts(faces)[1]
        gallery = Gallery(faces, choose(faces, rows, count), pair, judge)
        trained = (
            None if own is None else Gallery(faces, choose(faces, own.unseen(faces, rows), count), pair, own)
        )
        bench = Bench(gallery, detector, finder, quick, trained, second, looks, pair.swapper.card.labels)
        for name in only:
            path = output / called(source.folder) / model / f"{name}.json"
            mine = EXPERIMENTS[name].trained
            why = UNTRAINED if mine and own is None else EXPERIMENTS[name].lacks(bench.seen(trained=mine))
            if EXPERIMENTS[name].second and second is None:
                why = NO_MTCNN
            if name in once and source is not sources[0]:
                why = "it is measured on the first set alone"
            if why is not None:
                tell(f"{path}: skipped, {why}")
                continue
            tell(_measured(path, EXPERIMENTS[name], bench, faces, source, pair, own if mine else None))
            written.append(path)
    return written


def _measured(  # noqa: PLR0917
    path: Path,
    experiment: Experiment,
    bench: Bench,
    faces: FaceSet,
    source: Source,
    pair: Pair,
    own: TrainedJudge | None,
) -> str:
    """One experiment on one set, written to `path`; gives what is told of it."""
    begin = time.monotonic()
    metrics = experiment.measure(bench)
    seconds = time.monotonic() - begin
    seen = bench.seen(trained=experiment.trained)
    extra = {
        "models": {net.card.role: net.card.sha256 for net in (pair.swapper, pair.restorer)},
        "trained_on": pair.swapper.card.data,
        "set": described(faces, seen, source),
    }
    if own is not None:
        extra["recogniser"] = {"steps": own.steps, "learnt_from": str(own.origin)}
    title = f"{experiment.title} ({experiment.paper})"
    write(path, title, _data(faces, seen, source), metrics | extra, seconds=seconds)
    return f"{path}: {len(seen)} faces, {seconds:.0f} s"


def described(faces: FaceSet, gallery: Gallery, source: Source) -> dict[str, Any]:
    """What was measured of a set, and which set it was: its fingerprint is that of `Origin`."""
    return {
        "faces": len(gallery),
        "people": len(np.unique(gallery.identity)),
        "sequences": len(np.unique(gallery.sequence[gallery.sequence >= 0])),
        "unseen": source.unseen,
        "fingerprint": faces.origin.fingerprint if faces.origin else None,
    }


def _data(faces: FaceSet, gallery: Gallery, source: Source) -> str:
    which = "no training saw" if source.unseen else "held out from training"
    people = len(np.unique(gallery.identity))
    filmed = gallery.sequence >= 0
    tracks = len(np.unique(gallery.sequence[filmed]))
    shown = "stills" if not tracks else f"{'frames' if filmed.all() else 'faces'} of {tracks} tracks"
    kind = faces.origin.source if faces.origin else ""
    return f"{len(gallery)} {shown} of {people} people of {called(source.folder)} ({kind}), {which}"
