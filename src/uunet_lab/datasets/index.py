"""A set of faces as arrays: what training draws from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.errors import DatasetError

Codes = npt.NDArray[np.int64]
"""(N,) whole numbers; what they stand for is in `FaceSet.names`. -1 is unknown."""

IDENTITY: Literal["identity"] = "identity"

FILES = 10
"""Cameras from which on a set of tracks is split by camera."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which packed set something was made from.

    Attributes:
        source: what the set is, for people.
        faces: how many.
        fingerprint: of its content, in hexadecimal: the same wherever the set lies, and whatever its name.
    """

    source: str
    faces: int
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.source or 'a set'}, {self.faces} faces ({self.fingerprint[:8]})"


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """N faces and what is known about them. Rows are in the order of the source; nothing changes them.

    Attributes:
        images: uint8 RGB, shape (N, side, side, 3), read-only, usually mapped from a file: index it with
            sorted indices and copy what you take.
        identity: codes of people, 0..people-1, never -1. A person is a track where nobody knows better.
        sequence: codes of tracklets; -1 for a still.
        frame: numbers of the frames in their videos, so that of one sequence `frame` n + 1 follows n, and two
            sequences of one camera that share a frame show two people. 0 for stills.
        camera: codes of cameras; -1 if unknown.
        labels: soft labels by name, each codes; -1 where an image has none.
        names: what the codes of "identity", "sequence", "camera" and of each label stand for.
        origin: the packed set that these are of; None if they are of none.
    """

    images: npt.NDArray[np.uint8]
    identity: Codes
    sequence: Codes
    frame: Codes
    camera: Codes
    labels: dict[str, Codes]
    names: dict[str, tuple[str, ...]]
    origin: Origin | None = None

    def __len__(self) -> int:
        return len(self.identity)

    @property
    def people(self) -> int:
        """How many identities there are."""
        return len(self.names[IDENTITY])

    @property
    def told(self) -> tuple[str, ...]:
        """The labels that some image has."""
        return tuple(name for name, codes in self.labels.items() if (codes >= 0).any())

    def codes(self, label: str) -> Codes:
        """The codes of a label; `identity` (also `id`) is one.

        Raises:
            DatasetError: the set has no such label.
        """
        if label in (IDENTITY, "id"):
            return self.identity
        if label not in self.labels:
            known = ", ".join([IDENTITY, *self.labels])
            raise DatasetError(f"the set has no label {label!r}", f"it has {known}")
        return self.labels[label]

    def table(self, labels: Sequence[str]) -> Codes:
        """(N, k): the codes of several labels; k may be 0.

        Raises:
            DatasetError: the set has no such label.
        """
        return (
            np.stack([self.codes(label) for label in labels], 1)
            if labels
            else np.zeros((len(self), 0), np.int64)
        )

    def values(self, label: str) -> tuple[str, ...]:
        """What the codes of a label stand for.

        Raises:
            DatasetError: the set has no such label.
        """
        self.codes(label)
        return self.names[IDENTITY if label == "id" else label]

    def merely_tracks(self) -> npt.NDArray[np.bool_]:
        """(people,): True for those of whom nothing is known but a track: two of them may be one person."""
        track = np.array([*self.names["sequence"], ""])[self.sequence]
        person = np.array(self.names[IDENTITY])[self.identity]
        merely = np.zeros(self.people, bool)
        merely[self.identity[person == track]] = True
        return merely

    def split(
        self, held_out: int, seed: int = 0, by: Literal["identity", "camera"] | None = None
    ) -> tuple[Codes, Codes]:
        """(training, held out): row indices, ascending, which never share a person.

        People are held out whole, in a permutation that depends on `seed` and their number alone, until there
        are at least `held_out` images: the same on every computer.

        Args:
            held_out: least number of images held out, 0..N - 1.
            seed: of the permutation.
            by: `camera` holds out whole cameras, since two tracks of one video may be one person who left and
                came back. None does so where people are merely tracks, of at least FILES cameras; with fewer,
                too much would be held out, and a person may be on both sides.

        Raises:
            DatasetError: nothing would be left to train on, or no camera is known.
        """
        if by is None:
            many = len(self.names["camera"]) >= FILES and bool((self.camera >= 0).all())
            by = "camera" if many and self.merely_tracks().any() else IDENTITY
        groups = self.identity if by == IDENTITY else _join(self.camera, self.identity)
        order = np.random.default_rng(seed).permutation(int(groups.max(initial=-1)) + 1)
        sizes = np.bincount(groups, minlength=len(order))
        taken = int(np.searchsorted(np.cumsum(sizes[order]), held_out)) + 1 if held_out > 0 else 0
        if taken >= len(order):
            kind = "people" if by == IDENTITY else "groups of cameras that share people"
            raise DatasetError(
                f"can't hold out {held_out} of {len(self)} images: there are {len(order)} {kind}",
                "hold out fewer, or add videos",
            )
        held = np.isin(groups, order[:taken])
        return np.flatnonzero(~held), np.flatnonzero(held)

    def runs(self, length: int, rows: Codes | None = None) -> Codes:
        """Every run of consecutive frames of a tracklet, for L_con.

        Args:
            length: frames in a run, at least 2.
            rows: restricts to these rows; None takes all.

        Returns:
            (runs, length) row indices: of one sequence each, frames n, n + 1, …; runs may overlap. It has no
            rows if the set has stills only.
        """
        chosen = np.arange(len(self)) if rows is None else rows
        chosen = chosen[self.sequence[chosen] >= 0]
        order = chosen[np.lexsort((self.frame[chosen], self.sequence[chosen]))]
        follows = (np.diff(self.sequence[order]) == 0) & (np.diff(self.frame[order]) == 1)
        starts = [i for i in range(len(order) - length + 1) if follows[i : i + length - 1].all()]
        return np.asarray(order[np.asarray(starts, np.int64)[:, None] + np.arange(length)])


def encode(values: Iterable[str]) -> tuple[Codes, tuple[str, ...]]:
    """Texts to codes: (codes, names), names sorted; the empty text is unknown, -1."""
    texts = list(values)
    names = tuple(sorted(set(texts) - {""}))
    code = {name: i for i, name in enumerate(names)} | {"": -1}
    return np.array([code[text] for text in texts], np.int64), names


def _join(camera: Codes, identity: Codes) -> Codes:
    """Codes of the smallest groups of images such that no camera and no person is in two groups."""
    if (camera < 0).any():
        raise DatasetError("some images have no camera", "split by identity")
    group = camera.copy()
    while True:
        before = group.copy()
        for codes in (identity, camera):
            least = np.full(int(codes.max()) + 1, len(group), np.int64)
            np.minimum.at(least, codes, group)
            group = least[codes]
        if np.array_equal(before, group):
            return np.asarray(np.unique(group, return_inverse=True)[1], np.int64)
