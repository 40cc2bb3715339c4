"""From the options of `uunet-lab train` to a run: opens sets and matchers, and puts a training together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from lightning_fabric import Fabric
from torch import nn

from uunet_lab.datasets.index import Codes
from uunet_lab.datasets.landmarks import landmarks_of
from uunet_lab.datasets.packing import open_set
from uunet_lab.datasets.pairs import PairSource
from uunet_lab.methods.recogniser.train import PROFILE as RECOGNISER
from uunet_lab.methods.recogniser.train import RecogniserTraining
from uunet_lab.methods.uunet.attributes import Label, Preset, column, s_vector
from uunet_lab.methods.uunet.matcher import MATCHERS, MatcherTraining, agreement, framing, load_matcher
from uunet_lab.methods.uunet.paper_train import PROFILES, SHRINKING, PaperName, PaperTraining
from uunet_lab.methods.uunet.profile import SEEN_HIDDEN
from uunet_lab.methods.uunet.sources import FaceSource, default_labels, labels_of
from uunet_lab.methods.uunet.subjects import SubjectSource
from uunet_lab.methods.uunet.train import SeenHiddenTraining, painted_steps
from uunet_lab.training.errors import TrainingError
from uunet_lab.training.loop import CHECKPOINT, load
from uunet_lab.training.parts import parts

MatcherName = Literal["paper", "paper-slim", "paper-256"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall become of the labels; see `s_vector`."""

    keep: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    preset: Preset | None = None


@dataclass(frozen=True, slots=True)
class Phases:
    """What is asked of the two phases of `seen-hidden`.

    Attributes:
        painter: a run whose first phase is over: its G is taken, and the second phase begins.
        paint, hide: steps, instead of the profile's; those of `painter` count, where it is given.
    """

    painter: Path | None = None
    paint: int | None = None
    hide: int | None = None


def names_of(text: str) -> tuple[str, ...]:
    """`gender,ethnicity` → ("gender", "ethnicity")."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def matcher_training(  # noqa: PLR0917
    fabric: Fabric, faces: Path, label: Label, profile: MatcherName, steps: int | None, seed: int
) -> MatcherTraining:
    """Phase 1 of the paper.

    Args:
        fabric: devices.
        faces: a packed set that has the label.
        label, profile: what to train, and how.
        steps: instead of the profile's.
        seed: of everything.

    Raises:
        DatasetError, TrainingError: the set or its labels don't do.
    """
    packed, chosen = open_set(faces), MATCHERS[profile]
    return MatcherTraining(
        fabric,
        packed.images,
        PairSource(packed, column(packed, label), parts(packed)[0], seed),
        label=label,
        profile=replace(chosen, steps=steps or chosen.steps),
        seed=seed,
        origin=packed.origin,
    )


def paper_training(  # noqa: PLR0917
    fabric: Fabric,
    faces: Path,
    matchers: Sequence[Path],
    wanted: Wanted,
    profile: PaperName,
    steps: int | None,
    seed: int,
    changes: Mapping[str, Any] | None = None,
) -> PaperTraining:
    """Phase 2 of the paper.

    Args:
        fabric: devices.
        faces: a packed set.
        matchers: runs of phase 1, one for each label, `id` among them.
        wanted: of the labels.
        profile: how.
        steps: instead of the profile's.
        seed: of everything.
        changes: fields of the profile that shall be others.

    Raises:
        DatasetError, TrainingError: the set, the matchers or what is wanted of them don't do.
    """
    loaded = [load_matcher(run) for run in matchers]
    by_label: dict[str, nn.Module] = {label: D_a for label, D_a in loaded}  # noqa: C416 (wider types)
    if len(by_label) < len(loaded):
        twice = next(label for i, (label, _) in enumerate(loaded) if label in dict(loaded[:i]))
        raise TrainingError(f"two matchers are of {twice!r}", "give --matcher once for each label")
    s = s_vector(tuple(by_label), wanted.keep, wanted.change, wanted.preset)
    packed, chosen = open_set(faces), replace(PROFILES[profile], **(changes or {}))
    for label, D_a in loaded:
        if D_a.side > chosen.side or (D_a.side < chosen.side and profile not in SHRINKING):
            fitting = next((name for name, one in MATCHERS.items() if one.side == chosen.side), "paper")
            raise TrainingError(
                f"the matcher of {label!r} compares images of {D_a.side} pixels, not of {chosen.side}",
                f"train it with --profile {fitting}",
            )
    return PaperTraining(
        fabric,
        SubjectSource(packed, parts(packed)[0], seed),
        matchers=by_label,
        s=s,
        profile=replace(chosen, steps=steps or chosen.steps),
        seed=seed,
        origin=packed.origin,
    )


def seen_hidden_training(  # noqa: PLR0917
    fabric: Fabric,
    faces: Path,
    keep: Sequence[str] | None,
    phases: Phases,
    seed: int,
    tell: Callable[[str], None],
) -> SeenHiddenTraining:
    """The profile that ships.

    Args:
        fabric: devices.
        faces: a packed set.
        keep: labels that faces share with their surrogates; None for `default_labels`.
        phases: how long they shall be, and whose painter is taken.
        seed: of everything.
        tell: is told what takes minutes before the first step, a line now and then.

    Raises:
        DatasetError, TrainingError: the set, its labels or the run of the painter don't do.
    """
    if phases.painter is not None and phases.painter.is_file():
        raise TrainingError(f"{phases.painter} is a file", "name the folder of the painter's run")
    before = None if phases.painter is None else load(phases.painter / CHECKPOINT)
    paint_steps = phases.paint if before is None else painted_steps(before)
    profile = replace(
        SEEN_HIDDEN,
        paint_steps=SEEN_HIDDEN.paint_steps if paint_steps is None else paint_steps,
        hide_steps=SEEN_HIDDEN.hide_steps if phases.hide is None else phases.hide,
    )
    if not profile.steps:
        raise TrainingError(
            "a run of no steps leaves no model", "give --paint-steps or --hide-steps a number"
        )
    packed = open_set(faces)
    names = default_labels(packed) if keep is None else labels_of(packed, keep)
    with fabric.rank_zero_first():
        landmarks, scores = landmarks_of(faces, packed.images, tell)
    source = FaceSource(packed, parts(packed)[0], landmarks, scores, names, seed)
    training = SeenHiddenTraining(fabric, source, profile, seed, packed.origin)
    if before is not None:
        training.take_painter(before)
    return training


def recogniser_training(fabric: Fabric, faces: Path, steps: int | None, seed: int) -> RecogniserTraining:
    """The recogniser that judges beside dlib's.

    Args:
        fabric: devices.
        faces: a packed set with several images of its people.
        steps: instead of the profile's.
        seed: of everything.

    Raises:
        DatasetError, TrainingError: the set doesn't do.
    """
    packed = open_set(faces)
    chosen = replace(RECOGNISER, steps=steps or RECOGNISER.steps)
    return RecogniserTraining(fabric, packed, parts(packed)[0], chosen, seed)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a matcher says of held-out pairs: (n,) b̂ and b of eq. 1 and 2, and who is in each pair."""

    label: Label
    scores: npt.NDArray[np.float64]
    same: npt.NDArray[np.bool_]
    first: Codes
    second: Codes
    steps: int


def judge(run: Path, faces: Path, pairs: int) -> Judged:
    """Let a matcher judge balanced pairs of people whom its training never saw.

    Args:
        run: of phase 1.
        faces: the packed set that it was trained on; its held-out part is used.
        pairs: how many.

    Raises:
        DatasetError, TrainingError: the run, the set or its labels don't do.
    """
    label, D_a = load_matcher(run)
    packed = open_set(faces)
    drawn = PairSource(packed, column(packed, label), parts(packed)[1], seed=0).batch(0, pairs)
    scores = agreement(D_a, packed.images, drawn.first, drawn.second, framing(run))
    people = packed.identity
    steps = int(load(run / CHECKPOINT)["step"])
    return Judged(label, scores, drawn.same, people[drawn.first], people[drawn.second], steps)
