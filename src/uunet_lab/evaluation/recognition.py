"""IV-C, Fig. 6: does a recogniser that took no part in training match a replaced face to its person?

The paper trains VGG-Face2 on 80 % of the people of each set. Here two judge: dlib's recogniser, which saw
none of them, and one of our own, which learnt other people of the same set (`measuring.embedder`). A
measured set has at most a few thousand pairs of one person, where the paper draws 10,000. Figures go with
those of x ↔ x', not with the paper's. The same pairs are compared three times: with the second image raw
(x'), replaced (a') and restored (r'). Each environment has its own threshold for TAR@FAR: whoever attacks
knows what strangers score.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uunet_lab.evaluation.experiment import Experiment
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.sampling import genuine_pairs, impostor_pairs
from uunet_lab.measuring.environment import Environment


def _measure(gallery: Gallery) -> dict[str, Any]:
    x, a, r = (gallery.described(kind) for kind in ("x", "a", "r"))
    impostor = impostor_pairs(gallery.identity)
    itself = np.stack([np.arange(len(gallery))] * 2, 1)
    compared = {"x-a": (a, itself), "x-r": (r, itself)}
    other = genuine_pairs(gallery.identity)
    if len(other):
        compared = {"x-x'": (x, other), "x-a'": (a, other), "x-r'": (r, other)} | compared
    return {
        name: Environment.between(x, second, gallery.identity, genuine, impostor).figures()
        for name, (second, genuine) in compared.items()
    }


RECOGNITION = Experiment(
    "Recognition of raw faces in replaced and restored ones: another image of the person (') and the same",
    "IV-C, Fig. 6, eq. 14",
    needs=("two people",),
    recognises=True,
    measure=lambda bench: _measure(bench.gallery),
)

RECOGNITION_TRAINED = Experiment(
    "The same in the eyes of a recogniser of our own, of people whom its training never saw",
    "IV-C, Fig. 6, eq. 14",
    needs=("two people",),
    recognises=False,
    trained=True,
    measure=lambda bench: _measure(bench.seen(trained=True)),
)
