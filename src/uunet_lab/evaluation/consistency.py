"""IV-D, Fig. 7: does a virtual identity stay the same from frame to frame?

Genuine pairs are two frames of one sequence, impostors two people. A frame changes identity if the recogniser
takes it and the next for two people; x shows how often the recogniser errs by itself. The KS test's p is the
paper's and takes all pairs for independent, which pairs of the same images are not: read it with the number
of people, not alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import ks_2samp

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.gallery import Gallery, Kind
from uunet_lab.evaluation.sampling import GENUINE, drawn, genuine_pairs, impostor_pairs
from uunet_lab.evaluation.tracks import SAME_PERSON
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.resampling import mean_over_people


def _of(gallery: Gallery, kind: Kind) -> dict[str, Any]:
    described, filmed = gallery.described(kind), np.flatnonzero(gallery.sequence >= 0)
    same = filmed[genuine_pairs(gallery.sequence[filmed])]
    environment = Environment.between(
        described,
        described,
        gallery.identity,
        drawn(same, GENUINE, seed=0),
        impostor_pairs(gallery.identity),
    )
    test = ks_2samp(
        environment.distance[environment.same], environment.distance[~environment.same], method="asymp"
    )
    runs = gallery.runs()
    steps = np.linalg.norm(described[runs[:, 0]] - described[runs[:, 1]], axis=1)
    person = gallery.identity[runs[:, 0]]
    return {
        "environment": environment.figures(),
        "ks": {"statistic": round(float(test.statistic), 3), "p": float(test.pvalue)},
        "changed": mean_over_people((steps > SAME_PERSON).astype(np.float64), person, digits=4),
        "step": mean_over_people(steps, person),
    }


def _measure(bench: Bench) -> dict[str, Any]:
    return {kind: _of(bench.gallery, kind) for kind in ("x", "a")}


CONSISTENCY = Experiment(
    "Consistency of virtual identities in sequences",
    "IV-D, Fig. 7",
    needs=("two people", "consecutive frames"),
    recognises=True,
    measure=_measure,
)
