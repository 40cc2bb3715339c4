"""The faces of a run: x, a and r of each, and their descriptors, made once and shared by all experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.evaluation.sampling import genuine_pairs
from uunet_lab.measuring.judge import Descriptors, Recogniser
from uunet_lab.measuring.mosaic import COLUMNS, MARGIN, ROWS, Image, Mosaic
from uunet_lab.measuring.resampling import LEAST_PEOPLE

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
        self._strangers: tuple[Codes, Descriptors] | None = None

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
        if kind == "r":
            return [self._pair.unmask(a) for a in self.mosaics("a", draw)]
        if kind == "a":
            return self.replaced(self.track, draw)
        return self._shown(self._rows)

    def still(self, position: int) -> Image:
        """One of the faces as it is packed, (side, side, 3), without surroundings."""
        return np.ascontiguousarray(self._faces.images[self._rows[position]])

    def masked(self, x: Mosaic, tracks: Sequence[int]) -> Mosaic:
        """Regions of any picture replaced, each of the track that is named for it."""
        return self._pair.mask_as(x, tracks)

    def restored(self, a: Mosaic) -> Mosaic:
        """Regions of any picture restored."""
        return self._pair.unmask(a)

    def _shown(self, rows: Codes) -> list[Mosaic]:
        per = COLUMNS * ROWS
        images = [np.ascontiguousarray(self._faces.images[row]) for row in rows]
        return [Mosaic.of(images[i : i + per], MARGIN) for i in range(0, len(images), per)]

    def replaced(self, tracks: Codes, draw: int = 0) -> list[Mosaic]:
        """All faces replaced, each as one of the track that is named for it.

        Args:
            tracks: (n,) codes; faces of one code share their noise plane.
            draw: of the noise.
        """
        per = COLUMNS * ROWS
        parts = (tracks[i : i + per].tolist() for i in range(0, len(self), per))
        return [self._pair.mask_as(x, part, draw) for x, part in zip(self.mosaics("x"), parts, strict=True)]

    def images(self, kind: Kind, draw: int = 0) -> list[Image]:
        """The regions of all faces, uint8 RGB (64, 64, 3); arguments as for `mosaics`."""
        return [face for mosaic in self.mosaics(kind, draw) for face in mosaic.faces()]

    def described(self, kind: Kind, draw: int = 0) -> Descriptors:
        """(n, d) descriptors of all faces; arguments as for `mosaics`.

        Raises:
            ValueError: there is no recogniser.
        """
        key = (kind, 0 if kind == "x" else draw)
        if key not in self._described:
            self._described[key] = self.describe(self.images(*key))
        return self._described[key]

    def describe(self, faces: Sequence[Image]) -> Descriptors:
        """(n, d) descriptors of regions in the eyes of the recogniser.

        Raises:
            ValueError: there is none.
        """
        if self._recogniser is None:
            raise ValueError("descriptors need a recogniser")
        return self._recogniser.describe(faces)

    def told(self, names: Sequence[str]) -> str | None:
        """The first of these names of a label that the set has; None if it has none."""
        return next((name for name in names if name in self._faces.told), None)

    def label(self, name: str) -> tuple[Codes, tuple[str, ...]]:
        """(n,) codes of a label of the measured faces, -1 where unknown, and what they stand for."""
        return self._faces.codes(name)[self._rows], self._faces.values(name)

    def groups(self, names: Sequence[str]) -> dict[str, Codes]:
        """Positions of the faces of each value of a label that LEAST_PEOPLE people or more have.

        Args:
            names: of the label, as for `told`; where the set has none of them, there are no groups.
        """
        name = self.told(names)
        if name is None:
            return {}
        codes, values = self.label(name)
        found = {value: np.flatnonzero(codes == code) for code, value in enumerate(values)}
        return {
            value: rows
            for value, rows in found.items()
            if len(np.unique(self.identity[rows])) >= LEAST_PEOPLE
        }

    def strangers(self, limit: int, seed: int = 0) -> tuple[Codes, Descriptors]:
        """Raw faces of people who are not measured, for a judge to learn from; made once.

        Args:
            limit: how many at most, drawn at random.
            seed: of the draw.

        Returns:
            (m,) their rows in the set, for `labels_of`, and (m, d) descriptors.
        """
        if self._strangers is None:
            others = np.flatnonzero(~np.isin(self._faces.identity, self.identity))
            rows = np.sort(np.random.default_rng(seed).permutation(others)[:limit])
            faces = [face for mosaic in self._shown(rows) for face in mosaic.faces()]
            self._strangers = rows, self.describe(faces) if faces else np.zeros((0, 0))
        return self._strangers

    def labels_of(self, rows: Codes, name: str) -> Codes:
        """(m,) codes of a label of rows of the set."""
        return self._faces.codes(name)[rows]

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
