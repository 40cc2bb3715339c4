"""IV-C, Fig. 6: does a recogniser that took no part in training match a replaced face to its person?

The paper trains VGG-Face2 on 80 % of the people of each set. Here two judge: dlib's recogniser, which saw
none of them, and one of our own, which learnt other people of the same set (`measuring.embedder`). A
measured set has at most a few thousand pairs of one person, where the paper draws 10,000. Figures go with
those of x ↔ x', not with the paper's. The same pairs are compared three times: with the second image raw
(x'), replaced (a') and restored (r'). Each environment has its own threshold for TAR@FAR: whoever attacks
knows what strangers score.

A recogniser that looks at the whole region sees what was painted and what was left round it. Ours is asked
for each alone too, with the rest of the region taken from a stranger's, as published: what is told by
`inside` is U_e's, what is told by `rim` no model can change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uunet.geometry import soft_border
from uunet_lab.evaluation.experiment import Experiment
from uunet_lab.evaluation.gallery import Gallery
from uunet_lab.evaluation.sampling import genuine_pairs, impostor_pairs
from uunet_lab.measuring.environment import Environment
from uunet_lab.measuring.mosaic import Image


def _measure(gallery: Gallery, *, by_part: bool = False) -> dict[str, Any]:
    seen = {kind: gallery.described(kind) for kind in ("x", "a", "r")}
    x, impostor = seen["x"], impostor_pairs(gallery.identity)
    if by_part:
        seen |= {part: gallery.describe(faces) for part, faces in _parts(gallery).items()}
    itself = np.stack([np.arange(len(gallery))] * 2, 1)
    other = genuine_pairs(gallery.identity)
    compared = {f"x-{kind}": (second, itself) for kind, second in seen.items() if kind != "x"}
    if len(other):
        compared |= {f"x-{kind}'": (second, other) for kind, second in seen.items()}
    return {
        name: Environment.between(x, second, gallery.identity, genuine, impostor).figures()
        for name, (second, genuine) in compared.items()
    }


def _parts(gallery: Gallery) -> dict[str, list[Image]]:
    """The regions as published, of which one part is a stranger's: all but the rim, or the rim."""
    a = np.stack(gallery.images("a")).astype(np.float32)
    rng, people = np.random.default_rng(0), gallery.identity
    stranger = a[[rng.choice(np.flatnonzero(people != person)) for person in people]]
    M = soft_border(a.shape[2], a.shape[1])[..., None]
    rim, inside = M * stranger + (1 - M) * a, M * a + (1 - M) * stranger
    return {name: list(np.rint(part).astype(np.uint8)) for name, part in (("rim", rim), ("inside", inside))}


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
    measure=lambda bench: _measure(bench.seen(trained=True), by_part=True),
)
