"""Attacks on what lies in files and folders: each opens sets, models and judges, and tries one."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from uunet.models import Swapper, shipped
from uunet_lab.attacks.finding import Finding
from uunet_lab.attacks.inversion import FULL as INVERSION
from uunet_lab.attacks.inversion import QUICK as INVERSION_QUICK
from uunet_lab.attacks.inversion import inversion
from uunet_lab.attacks.linkability import linkability
from uunet_lab.attacks.naive import naive
from uunet_lab.attacks.parrot import FULL as PARROT
from uunet_lab.attacks.parrot import QUICK as PARROT_QUICK
from uunet_lab.attacks.parrot import parrot
from uunet_lab.datasets.packing import open_set
from uunet_lab.measuring.embedder import TrainedJudge
from uunet_lab.measuring.pair import Pair
from uunet_lab.measuring.recogniser import FastJudge
from uunet_lab.methods.uunet.networks import Restorer
from uunet_lab.training.devices import Precision, open_devices


def try_inversion(
    faces: Path,
    models: tuple[Path | None, Path | None] = (None, None),
    *,
    pairs: tuple[int, ...] = (),
    steps: int | None = None,
    precision: Precision = "auto",
    seed: int = 1,
    quick: bool = False,
) -> Finding:
    """`attacks.inversion` of U_e on a packed set.

    Args:
        faces: the packed set of the training; its held-out part is measured.
        models: U_e, and U_d to compare with; None takes the demonstration's.
        pairs, steps: of the attack's profile, where given.
        precision: of the forward passes.
        seed: of all that is drawn.
        quick: fewer pairs, faces and steps.

    Raises:
        UUNetError: the set, or the models, don't do.
    """
    chosen = INVERSION_QUICK if quick else INVERSION
    public, private = models
    return inversion(
        open_devices(precision),
        open_set(faces),
        Pair(public or shipped("public"), private or shipped("private")),
        Restorer,
        profile=replace(chosen, pairs=pairs or chosen.pairs, steps=steps or chosen.steps),
        seed=seed,
        judge=FastJudge() if find_spec("dlib") else None,
    )


def try_naive(
    people: Path,
    public: Path | None = None,
    *,
    count: int,
    seed: int = 1,
    own: TrainedJudge | None = None,
) -> Finding:
    """`attacks.naive` on a packed set with several images of a person, `count` people at most.

    Args:
        people: the set.
        public: U_e; None takes the demonstration's.
        count: people at most.
        seed: of all that is drawn.
        own: a recogniser of our own, which is asked beside dlib's.

    Raises:
        UUNetError: the set, or the model, does not do; the judge is not installed.
    """
    faces = open_set(people)
    second = None if own is None else (own, own.unseen(faces, np.arange(len(faces))))
    return naive(faces, Swapper(public), FastJudge(), people=count, seed=seed, second=second)


def try_parrot(
    people: Path,
    faces: Path,
    public: Path | None = None,
    *,
    steps: int | None = None,
    precision: Precision = "32-true",
    seed: int = 1,
    quick: bool = False,
) -> Finding:
    """`attacks.parrot` on packed sets.

    Args:
        people: with several images of a person, never trained on.
        faces: other people, for the attacker's network.
        public: U_e; None takes the demonstration's.
        steps: of the network's training, where given.
        precision: of its forward passes.
        seed: of all that is drawn.
        quick: fewer people, and a network hardly trained.

    Raises:
        UUNetError: a set, or the model, does not do; the judge is not installed.
    """
    chosen = PARROT_QUICK if quick else PARROT
    if steps is not None:
        chosen = replace(chosen, network=replace(chosen.network, steps=steps))
    fabric, known, others = open_devices(precision), open_set(people), open_set(faces)
    return parrot(fabric, known, others, Swapper(public), FastJudge(), profile=chosen, seed=seed)


def try_linkability(
    table: Path, public: Path | None = None, *, each: int | None = None, seed: int = 1
) -> Finding:
    """`attacks.linkability` on the recordings of a CSV, at most `each` of a person.

    Raises:
        UUNetError: the table, or the model, does not do; the judge is not installed.
    """
    return linkability(table, FastJudge(), model=public, each=each, seed=seed)
