"""Training faces with what the painter needs to know of them: landmarks, kept labels, surrogates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from uunet_lab.datasets.index import Codes, FaceSet
from uunet_lab.datasets.landmarks import Landmarks
from uunet_lab.methods.uunet.attributes import LABELS, column
from uunet_lab.methods.uunet.surrogates import Surrogates, nearest, traits
from uunet_lab.training.augment import StillSource, as_tensor, shuffled
from uunet_lab.training.errors import TrainingError


@dataclass(frozen=True, slots=True, eq=False)
class PairedFaces:
    """A batch for the painter.

    Attributes:
        stills, surrogates: (B, 3, side, side) in [0, 1].
        points: (B, 5, 2) landmarks of both, in [0, 1] of the still.
        labels: (B, k) codes of the kept labels, -1 where unknown.
        mouth: (B, MOUTH) the expression.
        look: (B, LOOK) the code of the donor's appearance, a part of z.
    """

    stills: Tensor
    surrogates: Tensor
    points: Tensor
    labels: Tensor
    mouth: Tensor
    look: Tensor


class FaceSource:
    """Batches of a packed set; each is a pure function of (seed, step).

    Measuring all faces and matching them takes about half a minute for 40,000.

    Args:
        faces: the set.
        rows: the training split.
        landmarks, scores: of `find_landmarks`.
        keep: names of the labels that surrogates share with their stills.
        seed: of the order.

    Raises:
        DatasetError: the set has no such label.
        TrainingError: there are too few faces, or too few of one kind.
    """

    def __init__(  # noqa: PLR0917
        self,
        faces: FaceSet,
        rows: Codes,
        landmarks: Landmarks,
        scores: npt.NDArray[np.float32],
        keep: Sequence[str],
        seed: int,
    ) -> None:
        self.kept = {name: faces.values(name) for name in keep}
        self._labels = faces.table(keep)
        self._images, self._points, self._seed = faces.images, landmarks, seed
        self._found = traits(faces.images, landmarks, scores, rows, self._labels)
        self._surrogates = Surrogates(faces.images, landmarks, self._found)
        self._donors = nearest(self._found, faces, keep, rows)
        self._paired = np.flatnonzero((self._donors >= 0).any(1))
        self._stills = StillSource(faces.images, rows, seed)

    def stills(self, step: int, size: int) -> Tensor:
        """(size, 3, side, side) in [0, 1], of all training faces."""
        return self._stills.batch(step, size)

    def paired(self, step: int, size: int) -> PairedFaces:
        """A batch for the painter.

        Raises:
            TrainingError: fewer faces than that have surrogates.
        """
        rows = shuffled(self._paired, self._seed, step, size)
        rng = np.random.default_rng((self._seed, step, 1))
        donors = np.array([rng.choice(pool[pool >= 0]) for pool in self._donors[rows]])
        made = [self._surrogates.of(int(row), int(donor)) for row, donor in zip(rows, donors, strict=True)]
        return PairedFaces(
            as_tensor(np.ascontiguousarray(self._images[rows])),
            as_tensor(np.stack(made)),
            torch.from_numpy(self._points[rows]),
            torch.from_numpy(self._labels[rows]),
            torch.from_numpy(self._found.mouth[rows]),
            torch.from_numpy(self._found.look[donors]),
        )


def default_labels(faces: FaceSet) -> tuple[str, ...]:
    """The labels that are kept if nobody says: the gender, where the set knows it."""
    return ("gender",) if "gender" in faces.told else ()


def labels_of(faces: FaceSet, keep: Sequence[str]) -> tuple[str, ...]:
    """How the set names the labels to keep; those of the paper may have another name there (`column`).

    Raises:
        DatasetError, TrainingError: the set has no such label; or it is the identity.
    """
    if {"id", "identity"} & set(keep):
        raise TrainingError(
            "the identity can't be kept: changing it is the purpose", "leave it out of --keep"
        )
    names = tuple(dict.fromkeys(column(faces, name) if name in LABELS else name for name in keep))
    for name in names:
        faces.codes(name)
    return names
