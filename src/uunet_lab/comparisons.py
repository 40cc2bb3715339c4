"""Several runs of phase 2 that differ in one thing, from training to figures: Fig. 14 and Fig. 15."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from lightning_fabric import Fabric

from uunet_lab.assembly import Wanted, paper_training
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.index import IDENTITY
from uunet_lab.datasets.packing import open_set
from uunet_lab.evaluation.ablations import ablations
from uunet_lab.evaluation.resolution import HELD_OUT, Domain, resolutions
from uunet_lab.evaluation.trained import FACES
from uunet_lab.measuring.results import write_whole
from uunet_lab.methods.uunet.matcher import load_matcher
from uunet_lab.methods.uunet.paper_networks import SIDE
from uunet_lab.methods.uunet.paper_train import PROFILES, PaperName, PaperTraining
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.loop import CHECKPOINT, load, resume, run
from uunet_lab.training.parts import parts

Tell = Callable[[str], None]
Compared = tuple[dict[str, Any], npt.NDArray[np.uint8], str]
"""The figures, a montage, and what they were measured on."""

PACE = "pace.json"
"""In the folder of a run: how many of its steps were timed, and how many seconds they took."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What all trainings of a comparison share.

    Attributes:
        fabric, wanted, seed: as in `paper_training`.
        matchers: runs of phase 1, one for each label, `id` among them.
        profile: of phase 2.
        steps: of each training.
        runs: folder of the runs, one for each training; those that are there go on.
        tell: is told of each, a line now and then.
    """

    fabric: Fabric
    matchers: Sequence[Path]
    wanted: Wanted
    profile: PaperName
    steps: int
    seed: int
    runs: Path
    tell: Tell

    def training(self, faces: Path, matchers: Sequence[Path], changes: Mapping[str, Any]) -> PaperTraining:
        """One of them: by these matchers, with these changes of its profile.

        Raises:
            DatasetError, TrainingError: as in `paper_training`.
        """
        return paper_training(
            *(self.fabric, faces, matchers, self.wanted, self.profile, self.steps, self.seed), changes
        )


def ablated(faces: Path, asked: Asked) -> Compared | None:
    """Trainings of phase 2 with one weight changed each; see `evaluation.ablations`.

    Args:
        faces: a packed set.
        asked: how.

    Returns:
        The figures, a montage, and what they were measured on; None if it was stopped by SIGTERM.

    Raises:
        DatasetError, TrainingError: as in `paper_training`.
    """
    packed = open_set(faces)
    s: dict[str, int] = {}
    learnt = {label: steps_of for label, steps_of, _ in _judges(asked.matchers)}
    unchanged = PROFILES[asked.profile]

    def train(name: str, factors: Mapping[str, float]) -> PaperTraining | None:
        changes = {field: getattr(unchanged, field) * by for field, by in factors.items()}
        training = asked.training(faces, asked.matchers, changes)
        s.update(zip(learnt, map(int, training.s), strict=True))
        folder = asked.runs / next(iter(factors), "unchanged")
        resume(training, folder)
        return training if run(training, folder, partial(_say, asked.tell, name)) else None

    rows = parts(packed)[1]
    measured = ablations(train, packed, rows, asked.tell)
    if measured is None:
        return None
    variants, montage = measured
    data = f"{min(len(rows), FACES)} faces of {faces.resolve().name}, held out from training"
    about = {"steps": asked.steps, "profile": asked.profile, "s": s, "matcher_steps": learnt}
    return about | {"variants": variants}, montage, data


def resolved(faces: tuple[Path, Path], others: Sequence[Path], asked: Asked) -> Compared | None:
    """Trainings of phase 2 of 64×64 pixels and of the profile's; see `evaluation.resolution`.

    All that can be refused is refused before the first of them begins.

    Args:
        faces: packed sets, of the smaller and of the larger training. The second has images of at least the
            profile's side: enlarged ones hold nothing more to learn from. (A set does not know whether its
            faces were that large before they were packed.)
        others: packed sets of other domains, of any side; the montage is of the first.
        asked: how. Each training takes the matchers of its own side, or all if none is. The profile is that
            of the larger training; of the smaller too, but for its side, so that both have one batch.

    Returns:
        As it says; None if it was stopped by SIGTERM.

    Raises:
        DatasetError, TrainingError: as in `paper_training`, or the sets or the matchers don't go together.
    """
    profile = PROFILES[asked.profile]
    sides = SIDE, profile.side
    domains = _domains(faces, others, sides)
    judges = {side: _of_side(asked.matchers, side) for side in sides}
    trainings = {
        side: asked.training(path, judges[side], {"side": side})
        for side, path in zip(sides, faces, strict=True)
    }
    s = _labels_of(trainings, judges)
    folders = {side: asked.runs / str(side) for side in sides}
    for side, training in trainings.items():
        resume(training, folders[side])
    for side, training in trainings.items():
        if not _timed(training, folders[side], partial(_say, asked.tell, f"{side} pixels")):
            return None
    figures, montage = resolutions(trainings, domains)
    about = {
        str(side): {
            "set": path.resolve().name,
            "stills": int(open_set(path).images.shape[1]),
            "matchers": {label: {"steps": n, "side": side_of} for label, n, side_of in _judges(judges[side])},
            "seconds_per_step": _seconds_per_step(folders[side]),
        }
        for side, path in zip(sides, faces, strict=True)
    }
    common = {"steps": asked.steps, "batch": profile.batch, "profile": asked.profile, "s": s}
    same = len({id(own) for own, _ in domains[0].faces.values()}) == 1
    names = [" and ".join(path.resolve().name for path in faces[same:]), *(p.resolve().name for p in others)]
    data = f"{FACES} faces of {names[0]}, held out from training, and of {', '.join(names[1:])}"
    return common | {"sides": list(sides), "trainings": about, "domains": figures}, montage, data


def _domains(faces: tuple[Path, Path], others: Sequence[Path], sides: tuple[int, int]) -> list[Domain]:
    """What is measured: people held out of the trainings' own sets first, then the others.

    If both sets hold the same people in the same order, the larger one's images are what both trainings are
    measured by; if not, each has its own.
    """
    small, large = (open_set(path) for path in faces)
    if large.images.shape[1] < sides[1]:
        raise DatasetError(
            f"{faces[1]} has images of {large.images.shape[1]} pixels, the larger training has {sides[1]}",
            f"pack them again with --side {sides[1]}",
        )
    alike = small.names[IDENTITY] == large.names[IDENTITY] and np.array_equal(small.identity, large.identity)
    held_out = {side: (one, parts(one)[1]) for side, one in zip(sides, (small, large), strict=True)}
    found = [Domain(HELD_OUT, {side: held_out[sides[1] if alike else side] for side in sides})]
    for path in others:
        other, name = open_set(path), path.resolve().name
        if other.origin in (small.origin, large.origin):
            raise DatasetError(f"{path} is a set of the training", "name sets of other domains as --other")
        if name in [domain.name for domain in found]:
            raise DatasetError(f"two sets are named {name!r}", "rename a folder: results go by its name")
        found.append(Domain(name, dict.fromkeys(sides, (other, np.arange(len(other))))))
    return found


def _of_side(matchers: Sequence[Path], side: int) -> list[Path]:
    """Those that compare images of this side; all if none does."""
    return [run for run in matchers if load_matcher(run)[1].side == side] or list(matchers)


def _labels_of(
    trainings: Mapping[int, PaperTraining], judges: Mapping[int, Sequence[Path]]
) -> dict[str, int]:
    """What becomes of each label, which must be the same in all trainings."""
    told = [
        {label: int(of) for (label, _, _), of in zip(_judges(judges[side]), training.s, strict=True)}
        for side, training in trainings.items()
    ]
    if any(one != told[0] for one in told):
        raise TrainingError(
            "the matchers of each side are of other labels: " + "; ".join(", ".join(one) for one in told),
            "give the same labels for all sides",
        )
    return told[0]


def _judges(matchers: Sequence[Path]) -> list[tuple[str, int, int]]:
    """Label, steps and side of each."""
    found: list[tuple[str, int, int]] = []
    for folder in matchers:
        label, D_a = load_matcher(folder)
        found.append((label, int(load(folder / CHECKPOINT)["step"]), D_a.side))
    return found


def _say(tell: Tell, name: str, line: str) -> None:
    tell(f"{name}: {line}")


def _timed(training: PaperTraining, folder: Path, tell: Tell) -> bool:
    """`run`, whose time is kept beside its checkpoint: it may take several calls."""
    begun, first = time.monotonic(), training.step
    finished = run(training, folder, tell)
    done, took = training.step - first, time.monotonic() - begun
    if done:
        before = json.loads((folder / PACE).read_text("utf-8")) if first and (folder / PACE).exists() else {}
        pace = {"steps": before.get("steps", 0) + done, "seconds": before.get("seconds", 0.0) + took}
        write_whole(folder / PACE, json.dumps(pace) + "\n")
    return finished


def _seconds_per_step(folder: Path) -> float | None:
    """None of a run that another command trained."""
    if not (folder / PACE).exists():
        return None
    pace = json.loads((folder / PACE).read_text("utf-8"))
    return round(float(pace["seconds"]) / int(pace["steps"]), 2)
