"""The faces of a run: x, a and r of each, and their descriptors, made once and shared by all experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.evaluation.sampling import genuine_pairs
from uunet_lab.measuring.judge import Descriptors
from uunet_lab.measuring.mosaic import COLUMNS, MARGIN, ROWS, Image, Mosaic

Kind = Literal["x", "a", "r"]
"""Raw, as published (replaced), restored."""


class Deidentifier(Protocol):
    """U_e and U_d at work: `measuring.pair.Pair`."""

    def mask_as(self, x: Mosaic, tracks: Sequence[int], draw: int = 0) -> Mosaic:
        """Regions replaced; see `Pair.mask_as`."""
        ...

    def unmask(self, a: Mosaic) -> Mosaic:
        """Published regions restored."""
        ...


class Recogniser(Protocol):
    """Who says who is who: `measuring.judge.DlibJudge`."""

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """Descriptors (n, d) of RGB faces."""
        ...


class Gallery:
    """Chosen faces of a packed set.

    Every face stands in a region as in a frame. Faces of one sequence are one track and get one noise plane;
    a still is a track of its own.

    Args:
        faces: the set.
        rows: which of its faces, (n,).
        pair: the models.
        recogniser: of descriptors; None where no experiment needs one.

    Attributes:
        identity, sequence, frame: (n,) codes of the set; sequence is -1 for a still.
        track: (n,) codes: faces of one track share their noise plane.
    """

    def __init__(
        self, faces: FaceSet, rows: Codes, pair: Deidentifier, recogniser: Recogniser | None
    ) -> None:
        self.identity, self.sequence, self.frame = (
            codes[rows] for codes in (faces.identity, faces.sequence, faces.frame)
        )
        self._faces, self._rows, self._pair, self._recogniser = faces, rows, pair, recogniser
        stills = self.sequence < 0
        own = len(faces.names["sequence"]) + rows
        self.track: Codes = np.where(stills, own, self.sequence)
        self._mosaics: dict[tuple[Kind, int], list[Mosaic]] = {}
        self._described: dict[tuple[Kind, int], Descriptors] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def mosaics(self, kind: Kind, draw: int = 0) -> list[Mosaic]:
        """Pictures of all faces, in order, COLUMNS × ROWS in each but the last.

        Args:
            kind: what is shown.
            draw: of the noise, see `Pair.mask_as`; x has none.
        """
        key = (kind, 0 if kind == "x" else draw)
        if key not in self._mosaics:
            self._mosaics[key] = self._made(*key)
        return self._mosaics[key]

    def _made(self, kind: Kind, draw: int) -> list[Mosaic]:
        per = COLUMNS * ROWS
        if kind == "r":
            return [self._pair.unmask(a) for a in self.mosaics("a", draw)]
        if kind == "a":
            parts = (self.track[i : i + per].tolist() for i in range(0, len(self), per))
            return [
                self._pair.mask_as(x, tracks, draw)
                for x, tracks in zip(self.mosaics("x"), parts, strict=True)
            ]
        images = [np.ascontiguousarray(self._faces.images[row]) for row in self._rows]
        return [Mosaic.of(images[i : i + per], MARGIN) for i in range(0, len(self), per)]

    def images(self, kind: Kind, draw: int = 0) -> list[Image]:
        """The regions of all faces, uint8 RGB (64, 64, 3); arguments as for `mosaics`."""
        return [face for mosaic in self.mosaics(kind, draw) for face in mosaic.faces()]

    def described(self, kind: Kind, draw: int = 0) -> Descriptors:
        """(n, d) descriptors of all faces; arguments as for `mosaics`.

        Raises:
            ValueError: there is no recogniser.
        """
        if self._recogniser is None:
            raise ValueError("descriptors need a recogniser")
        key = (kind, 0 if kind == "x" else draw)
        if key not in self._described:
            self._described[key] = self._recogniser.describe(self.images(*key))
        return self._described[key]

    def runs(self) -> Codes:
        """(m, 2) positions of consecutive frames of one sequence: t and t + 1."""
        order = np.lexsort((self.frame, self.sequence))
        order = order[self.sequence[order] >= 0]
        follows = (np.diff(self.sequence[order]) == 0) & (np.diff(self.frame[order]) == 1)
        return np.stack([order[:-1][follows], order[1:][follows]], 1)

    def sessions(self) -> Codes:
        """(m, 2) positions of two tracks of one person: other sessions, or other stills."""
        first, second = genuine_pairs(self.identity).T
        other = self.track[first] != self.track[second]
        return np.stack([first[other], second[other]], 1)
