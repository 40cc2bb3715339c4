"""Who is seen together in phase 2: x_ijk, x_ijk' and x_ij'k of the paper's L_con and L_div."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from uunet_lab.datasets.index import Codes, FaceSet


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """(B,) rows of a set each: a frame; another of its sequence; one of another sequence of the person.

    Where the set has no other, the same row stands again: its crop and noise differ all the same.
    """

    frame: Codes
    same_sequence: Codes
    other_sequence: Codes


class SubjectSource:
    """Batches of subjects, every person equally often; `batch` is a pure function of (seed, step).

    A still that belongs to no tracklet is a sequence of its own: two photographs of a person were taken on
    two occasions.

    Args:
        faces: the set.
        rows: what may be drawn, one part of `FaceSet.split`.
        seed: of the order.
    """

    def __init__(self, faces: FaceSet, rows: Codes, seed: int) -> None:
        sequence = faces.sequence[rows]
        alone = sequence < 0
        sequence = np.where(alone, sequence.max(initial=-1) + 1 + np.arange(len(rows)), sequence)
        order = np.lexsort((rows, sequence, faces.identity[rows]))
        self.images, self._rows, self._seed = faces.images, rows[order], seed
        self._person = _starts(faces.identity[rows][order])
        self._sequence = _starts(sequence[order])

    def batch(self, step: int, size: int) -> Subjects:
        """The subjects of one step."""
        rng = np.random.default_rng((self._seed, step))
        person = rng.integers(0, len(self._person) - 1, size)
        begin, end = self._person[person], self._person[person + 1]
        at = rng.integers(begin, end)
        run = np.searchsorted(self._sequence, at, "right") - 1
        first, last = self._sequence[run], self._sequence[run + 1]
        near = _another(rng, at, first, last, at, at + 1)
        far = _another(rng, at, begin, end, first, last)
        return Subjects(self._rows[at], self._rows[near], self._rows[far])


def _another(  # noqa: PLR0917
    rng: np.random.Generator, at: Codes, begin: Codes, end: Codes, hole: Codes, after: Codes
) -> Codes:
    """A place of begin..end - 1 outside hole..after - 1; `at` where there is none."""
    room = end - begin - (after - hole)
    drawn = begin + rng.integers(0, np.maximum(room, 1))
    drawn = np.where(drawn >= hole, drawn + after - hole, drawn)
    return np.where(room > 0, drawn, at)


def _starts(codes: Codes) -> Codes:
    """Where runs of equal codes begin, and the end."""
    return np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]])
