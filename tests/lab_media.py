"""Made-up sets of faces for the laboratory's tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cartoon import draw, street
from uunet_lab.datasets.index import FaceSet
from uunet_lab.datasets.landmarks import Landmarks
from uunet_lab.methods.uunet.sources import FaceSource

Image = npt.NDArray[np.uint8]


def noise_set(people: int = 12, each: int = 2, side: int = 72) -> FaceSet:
    """Stills of noise, `each` of one person alike but for a little; gender and race by turns."""
    rng = np.random.default_rng(0)
    count = people * each
    identity = np.repeat(np.arange(people), each)
    looks = rng.integers(30, 226, (people, side, side, 3))
    images = (looks[identity] + rng.integers(-20, 21, (count, side, side, 3))).astype(np.uint8)
    return _labelled(images, identity)


def _labelled(images: Image, identity: npt.NDArray[np.int64]) -> FaceSet:
    """Stills of these people; gender and race by turns."""
    still = np.full(len(identity), -1)
    people = tuple(f"p{i:02}" for i in range(int(identity.max()) + 1))
    return FaceSet(
        images,
        identity,
        still,
        np.zeros(len(identity), np.int64),
        still,
        {"gender": identity % 2, "race": identity % 3},
        {"identity": people, "sequence": (), "camera": (), "gender": ("F", "M"), "race": ("a", "b", "c")},
    )


def drawn_faces(count: int, side: int = 96, seed: int = 0) -> tuple[Image, Landmarks]:
    """Stills of drawn faces, shifted, scaled and in several colours, and where their landmarks are.

    Returns:
        uint8 RGB (count, side, side, 3) and (count, 5, 2) in [0, 1].
    """
    rng = np.random.default_rng(seed)
    marks = np.array([[-16, -10], [16, -10], [0, 13], [-14, 28], [14, 28]])
    images, points = [], []
    for _ in range(count):
        image = street(side, side)
        height = rng.uniform(0.6, 0.75) * side
        centre = side / 2 + rng.uniform(-0.05, 0.05, 2) * side
        draw(image, centre[0], centre[1], height)
        tint = rng.uniform(0.7, 1.1, 3)
        images.append(np.clip(image[:, :, ::-1] * tint, 0, 255).astype(np.uint8))
        points.append((centre + marks * height / 100) / side)
    return np.stack(images), np.stack(points).astype(np.float32)


def drawn_set(people: int = 36) -> FaceSet:
    """A still of each of these made-up people; gender and race by turns."""
    images, _ = drawn_faces(people)
    return _labelled(images, np.arange(people))


def made_up_source(people: int = 36, keep: tuple[str, ...] = ("gender",)) -> FaceSource:
    """What `seen-hidden` trains on, made up."""
    _, points = drawn_faces(people)
    scores = np.ones(people, np.float32)
    return FaceSource(drawn_set(people), np.arange(people), points, scores, keep, seed=1)
