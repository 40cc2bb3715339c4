"""Made-up sets of faces for the laboratory's tests."""

from __future__ import annotations

import numpy as np

from uunet_lab.datasets.index import FaceSet


def noise_set(people: int = 12, each: int = 2, side: int = 72) -> FaceSet:
    """Stills of noise, `each` of one person alike but for a little; gender and race by turns."""
    rng = np.random.default_rng(0)
    count = people * each
    identity = np.repeat(np.arange(people), each)
    looks = rng.integers(30, 226, (people, side, side, 3))
    images = (looks[identity] + rng.integers(-20, 21, (count, side, side, 3))).astype(np.uint8)
    still = np.full(count, -1)
    names = {"identity": tuple(f"p{i}" for i in range(people)), "sequence": (), "camera": ()}
    return FaceSet(
        images,
        identity,
        still,
        np.zeros(count, np.int64),
        still,
        {"gender": identity % 2, "race": identity % 3},
        names | {"gender": ("F", "M"), "race": ("a", "b", "c")},
    )
