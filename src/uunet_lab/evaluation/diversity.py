"""IV-E, Fig. 10: does a person get another virtual identity in another session?

Genuine pairs are the replaced faces of two tracks of one person: two sequences, or two stills, each of which
is a track with its own noise. The lower d' (eq. 14), the less links the sessions; raw faces show what there
is to be linked.
"""

from __future__ import annotations

from typing import Any

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.sampling import impostor_pairs
from uunet_lab.measuring.environment import Environment


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    sessions, impostor = gallery.sessions(), impostor_pairs(gallery.identity)
    return {
        f"{kind}-{kind}'": Environment.between(
            gallery.described(kind), gallery.described(kind), gallery.identity, sessions, impostor
        ).figures()
        for kind in ("x", "a")
    }


DIVERSITY = Experiment(
    "Diversity of virtual identities over sessions",
    "IV-E, Fig. 10",
    needs=("two people", "several sessions"),
    recognises=True,
    measure=_measure,
)
