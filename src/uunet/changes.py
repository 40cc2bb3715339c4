"""What two looks of the detector have in common: who is in both, and whom one of them alone shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from uunet.assignment import assign
from uunet.types import Detection

_SHIFT = 0.8  # face heights that a face may move between two looks that explain each other
_GROWTH = 1.35  # and the ratio by which it may grow or shrink
_CALM_SHIFT, _CALM_GROWTH = 0.4, 1.2  # the same where nobody looks between them for long
_CALM_SCORE = 0.35  # a face that is weaker may be gone in the next frame

_Floats = npt.NDArray[np.float64]
_Match = tuple[_Floats, _Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """From one look to the next.

    Attributes:
        pairs: the faces that both show, as each does.
        lost, new: those that only the first, only the last one shows.
    """

    pairs: list[tuple[Detection, Detection]]
    lost: list[Detection]
    new: list[Detection]

    @classmethod
    def between(cls, first: list[Detection], last: list[Detection]) -> Self:
        """Of two looks."""
        if not first or not last:
            return cls([], first, last)
        shift, growth, rows, columns = _matched(first, last, _SHIFT, _GROWTH)
        good = (shift[rows, columns] <= _SHIFT) & (growth[rows, columns] <= np.log(_GROWTH))
        places = [(int(r), int(c)) for r, c in zip(rows[good], columns[good], strict=True)]
        met = {i for i, _ in places}, {j for _, j in places}
        lost, new = (
            [face for i, face in enumerate(look) if i not in known]
            for look, known in zip((first, last), met, strict=True)
        )
        return cls([(first[i], last[j]) for i, j in places], lost, new)

    @property
    def complete(self) -> bool:
        """Whether each face of one look has its own in the other."""
        return not self.lost and not self.new

    def explained(self, start: float) -> bool:
        """Whether straight lines from one look to the other account for what both show.

        A face that only one of them shows needs no look between if it stays where it is: `filling.fill`
        covers it beyond its first and last detection. One that moved far, or a pair of strangers, one in each
        look, does, however far apart: they may be one face that runs.

        Args:
            start: score from which a face, of two strangers the surer, must be explained.
        """
        return not any(max(a.score, b.score) >= start for a in self.lost for b in self.new)


def calm_pairs(first: list[Detection], last: list[Detection]) -> list[tuple[Detection, Detection]] | None:
    """The faces of two looks, if both show the same ones, all clearly, nearly where they were; else None."""
    if len(first) != len(last) or any(d.score < _CALM_SCORE for d in (*first, *last)):
        return None
    if not first:
        return []
    shift, growth, rows, columns = _matched(first, last, _CALM_SHIFT, _CALM_GROWTH)
    moved, grown = shift[rows, columns].max(), growth[rows, columns].max()
    if moved > _CALM_SHIFT or grown > np.log(_CALM_GROWTH):
        return None
    return [(first[int(r)], last[int(c)]) for r, c in zip(rows, columns, strict=True)]


def _matched(first: list[Detection], last: list[Detection], far: float, much: float) -> _Match:
    """How far each face of one look is from each of the other, and which belong together.

    Returns:
        (n, m) distances in face heights, (n, m) logarithms of the ratios of sizes, rows and columns of pairs.
    """
    a, b = _centres(first), _centres(last)
    size = np.maximum(a[:, None, 2], b[None, :, 2])
    shift = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]) / size
    growth = np.abs(np.log(a[:, None, 2] / b[None, :, 2]))
    return shift, growth, *assign(np.minimum(shift / far + growth / np.log(much), 4.0))


def _centres(detections: list[Detection]) -> _Floats:
    """(n, 3): centre x, centre y, size."""
    rows = [((d.x0 + d.x1) / 2, (d.y0 + d.y1) / 2, max(d.x1 - d.x0, d.y1 - d.y0)) for d in detections]
    return np.asarray(rows, np.float64)
