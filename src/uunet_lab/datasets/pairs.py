"""Which images training sees together: balanced pairs for D_a, consecutive frames for L_con."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.index import Codes, FaceSet

_ATTEMPTS = 200  # draws of a pair of people until one is certain to be two


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """A batch of pairs.

    Attributes:
        first, second: (B,) rows of the FaceSet.
        same: (B,) bool: whether the label agrees, one component of b in eq. 1 of the paper.
    """

    first: Codes
    second: Codes
    same: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Nest:
    """Images in units in groups, as offsets: group g has units first_unit[g]..first_unit[g + 1] - 1."""

    first_unit: Codes
    first_row: Codes
    rows: Codes

    def units(self, group: Codes) -> Codes:
        return np.asarray(self.first_unit[group + 1] - self.first_unit[group])

    def draw(self, group: Codes, unit: Codes, rng: np.random.Generator) -> Codes:
        """A row of each unit (counted in its group)."""
        place = self.first_unit[group] + unit
        size = self.first_row[place + 1] - self.first_row[place]
        return np.asarray(self.rows[self.first_row[place] + rng.integers(0, size)])


class PairSource:
    """Pairs whose label agrees in exactly half of a batch (rounded up) and disagrees in the others.

    One label at a time, since the paper trains a model for each (IV-A), with one component of b (eq. 1) as
    target. Balance is threefold: pairs that agree and pairs that don't; values of the label (each drawn
    equally often, however rare); people (each equally often, however many images they have). Pairs that agree
    in a soft label are of two people, so that nothing but the label can be recognised. Pairs that agree in
    `identity` are of two sequences if the person has two, else of two images.

    Where a person is merely a track (`identity` and `sequence` have one name), two tracks of one camera count
    as two people only if they share a frame: somebody may have left and come back. Tracks of different
    cameras count as two people: give identities if that is wrong for a set.

    Args:
        faces: the set.
        label: `identity` (or `id`) or one of `faces.labels`.
        rows: what may be drawn, one part of `FaceSet.split`.
        seed: of the order; `batch` is a pure function of it and of the step.

    Raises:
        DatasetError: no pair agrees or none disagrees, or there is no such label.
    """

    def __init__(self, faces: FaceSet, label: str, rows: Codes, seed: int) -> None:
        codes = faces.codes(label)
        rows = rows[codes[rows] >= 0]
        unit = _sequences(faces, rows) if codes is faces.identity else faces.identity[rows]
        self._nest = _nest(codes[rows], unit, rows)
        self._groups = np.arange(len(self._nest.first_unit) - 1)
        self._several = self._groups[self._nest.units(self._groups) > 1]
        if not len(self._several) or len(self._groups) < 2:
            what = "agree" if len(self._groups) > 1 else "disagree"
            raise DatasetError(
                f"no two of {len(rows)} images {what} in {label!r}",
                "a matcher needs people with several images, or values that several people have",
            )
        self._tracks = _Tracks(faces) if codes is faces.identity else None
        self._label, self._seed = label, seed

    def batch(self, step: int, size: int, lean: float = 0.0) -> Pairs:
        """The pairs of one step.

        Args:
            step: which.
            size: pairs.
            lean: share of the pairs in which at least one image has one value of the label, always the same
                one: with 1 a pair agrees if and only if both have it. Half of them still agree.

        Raises:
            DatasetError: no two people are certain to be two.
        """
        rng = np.random.default_rng((self._seed, step))
        agreeing = (size + 1) // 2
        first, second = self._agreeing(agreeing, lean, rng)
        other = self._disagreeing(size - agreeing, lean, rng)
        order = rng.permutation(size)
        same = np.arange(size) < agreeing
        return Pairs(
            np.concatenate([first, other[0]])[order], np.concatenate([second, other[1]])[order], same[order]
        )

    def _agreeing(self, count: int, lean: float, rng: np.random.Generator) -> tuple[Codes, Codes]:
        group = rng.choice(self._several, count)
        group[: round(lean * count)] = self._several[0]
        units = self._nest.units(group)
        unit = rng.integers(0, units)
        another = (unit + 1 + rng.integers(0, units - 1)) % units
        return self._nest.draw(group, unit, rng), self._nest.draw(group, another, rng)

    def _disagreeing(self, count: int, lean: float, rng: np.random.Generator) -> tuple[Codes, Codes]:
        first, second = np.zeros(count, np.int64), np.zeros(count, np.int64)
        left = np.arange(count)
        for _ in range(_ATTEMPTS):
            first[left], second[left] = self._two_groups(len(left), lean, rng)
            if self._tracks is not None:
                left = left[~self._tracks.certain(first[left], second[left])]
            else:
                left = left[:0]
            if not len(left):
                return first, second
        raise DatasetError(
            "no two tracks are certain to be two people: each video seems to show one face at a time",
            "add videos of other cameras, or name the people with the column `identity` of --labels",
        )

    def _two_groups(self, count: int, lean: float, rng: np.random.Generator) -> tuple[Codes, Codes]:
        groups = len(self._groups)
        a = rng.integers(0, groups, count)
        a[: round(lean * count)] = self._several[0]
        b = (a + 1 + rng.integers(0, groups - 1, count)) % groups
        if lean:  # else the first of two would tell that they differ
            swap = rng.random(count) < 0.5
            a, b = np.where(swap, b, a), np.where(swap, a, b)
        return (
            self._nest.draw(a, rng.integers(0, self._nest.units(a)), rng),
            self._nest.draw(b, rng.integers(0, self._nest.units(b)), rng),
        )


class RunSource:
    """Batches of consecutive frames; every person equally often, `batch` a pure function of (seed, step).

    Args:
        faces: the set.
        rows: what may be drawn.
        length: frames in a run.
        seed: of the order.

    Raises:
        DatasetError: there is no run of this length.
    """

    def __init__(self, faces: FaceSet, rows: Codes, length: int, seed: int) -> None:
        self._runs = faces.runs(length, rows)
        if not len(self._runs):
            raise DatasetError(
                f"there are no {length} consecutive frames of one tracklet",
                "stills have none: build tracklets with `uunet-lab dataset build`",
            )
        people = faces.identity[self._runs[:, 0]]
        self._nest = _nest(people, np.arange(len(people)), np.arange(len(people)))
        self._seed = seed

    def batch(self, step: int, size: int) -> Codes:
        """(size, length) rows of the set."""
        rng = np.random.default_rng((self._seed, step))
        group = rng.integers(0, len(self._nest.first_unit) - 1, size)
        return np.asarray(self._runs[self._nest.draw(group, rng.integers(0, self._nest.units(group)), rng)])


class _Tracks:
    """Tells whether two people are certain to be two."""

    def __init__(self, faces: FaceSet) -> None:
        self._identity, self._camera = faces.identity, faces.camera
        self._only_track = faces.merely_tracks()
        self._first = np.full(faces.people, np.iinfo(np.int64).max)
        self._last = np.full(faces.people, -1)
        np.minimum.at(self._first, faces.identity, faces.frame)
        np.maximum.at(self._last, faces.identity, faces.frame)

    def certain(self, first: Codes, second: Codes) -> npt.NDArray[np.bool_]:
        """(B,) bool of rows of different identities."""
        a, b = self._identity[first], self._identity[second]
        proven = ~(self._only_track[a] | self._only_track[b])
        apart = self._camera[first] != self._camera[second]
        together = (self._first[a] <= self._last[b]) & (self._first[b] <= self._last[a])
        return np.asarray(proven | apart | together)


def _sequences(faces: FaceSet, rows: Codes) -> Codes:
    """Units of identity pairs: sequences of people who have two, single images of the others."""
    sequence, person = faces.sequence[rows], faces.identity[rows]
    pairs = np.unique(np.stack([person, sequence], 1)[sequence >= 0], axis=0)
    counts = np.bincount(pairs[:, 0], minlength=faces.people)
    several = (counts[person] > 1) & (sequence >= 0)
    return np.where(several, sequence, len(faces.names["sequence"]) + np.arange(len(rows)))


def _nest(group: Codes, unit: Codes, rows: Codes) -> _Nest:
    order = np.lexsort((rows, unit, group))
    group, unit, rows = group[order], unit[order], rows[order]
    new_group = np.diff(group, prepend=-1) != 0
    new_unit = new_group | (np.diff(unit, prepend=-1) != 0)
    units_at = np.flatnonzero(new_unit)
    return _Nest(
        first_unit=np.append(np.flatnonzero(new_group[units_at]), len(units_at)),
        first_row=np.append(units_at, len(rows)),
        rows=rows,
    )
