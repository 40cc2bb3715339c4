"""IV-E, Fig. 10: does a person get another virtual identity in another session?

Genuine pairs are the replaced faces of two tracks of one person: two sequences, or two stills, each of
which is a track with its own noise; impostors are two people, both replaced (the paper says nothing of its
own). The lower d' (eq. 14), the less links the sessions; raw faces show what there is to be linked. What
noise alone does is seen in the same image, replaced twice with other noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uunet_lab.evaluation.experiment import Bench, Experiment
from uunet_lab.evaluation.sampling import impostor_pairs
from uunet_lab.measuring.environment import Environment


def _measure(bench: Bench) -> dict[str, Any]:
    gallery = bench.gallery
    x, a, again = gallery.described("x"), gallery.described("a"), gallery.described("a", draw=1)
    sessions, impostor = gallery.sessions(), impostor_pairs(gallery.identity)
    itself = np.stack([np.arange(len(gallery))] * 2, 1)
    compared = {
        "x-x'": (x, x, sessions),
        "a-a'": (a, a, sessions),
        "a-a' of one image": (a, again, itself),
    }
    return {
        name: Environment.between(first, second, gallery.identity, genuine, impostor).figures()
        for name, (first, second, genuine) in compared.items()
    }


DIVERSITY = Experiment(
    "Diversity of virtual identities over sessions",
    "IV-E, Fig. 10",
    needs=("two people", "several sessions"),
    recognises=True,
    measure=_measure,
)
