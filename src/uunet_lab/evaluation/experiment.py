"""What an experiment is, what it needs of a set, and what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from uunet.types import FaceDetector
from uunet_lab.evaluation.gallery import Gallery, Kind
from uunet_lab.measuring.landmarks import LandmarkFinder
from uunet_lab.measuring.lpips import LPIPS
from uunet_lab.measuring.resampling import LEAST_PEOPLE

if TYPE_CHECKING:
    from uunet_lab.evaluation.detection import Found

Need = Literal["two people", "consecutive frames", "several sessions", "soft labels", "many people", "groups"]

SOFT_LABELS: dict[str, tuple[str, ...]] = {
    "gender": ("gender",),
    "ethnicity": ("ethnicity", "race"),
    "hairstyle": ("hairstyle", "hair"),
}
"""Those of Table III, and how sets name them."""

BY_GROUP = {label: SOFT_LABELS[label] for label in ("gender", "ethnicity")} | {"age": ("age",)}
"""Labels by which people are compared, and how sets name them."""

SHOWN, LEARNT = 6, 50
"""People whom Fig. 8 shows, and on how many others at most its embedding is learnt; half as many as are shown
must be there."""

WANTING: dict[Need, str] = {
    "two people": "only one person is measured",
    "consecutive frames": "no frame of a sequence follows another: there are stills only",
    "several sessions": "there are no two sequences, nor two stills, of one person",
    "soft labels": "it has no gender, ethnicity or hairstyle",
    "groups": f"no two genders, ethnicities or ages have {LEAST_PEOPLE} people each",
    "many people": f"fewer than {SHOWN + SHOWN // 2} people have two images",
}
"""What is said of a set that lacks it."""

NO_MTCNN = 'the weights of MTCNN are not installed (pip install "uunet[judge]")'
UNTRAINED = "no --recogniser is given (`uunet-lab train recogniser`)"


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What an experiment works with.

    Attributes:
        gallery: the faces.
        detector: of faces; it is not the recogniser's.
        landmarks: of faces; None where no experiment needs them.
        quick: whether it has to be, at the cost of wide intervals.
        trained: faces of people whom a recogniser of our own never saw, and what it says of them; None where
            none was given.
        second: MTCNN, the paper's detector; None where its weights are not installed.
        lpips: how different images look; None where its weights are not installed.
        labels: what the pair's card says that its training was told of each label; empty if it does not.
        found: what the detector has found in the faces so far, by kind; see `detection.found_in`.
    """

    gallery: Gallery
    detector: FaceDetector
    landmarks: LandmarkFinder | None = None
    quick: bool = False
    trained: Gallery | None = None
    second: FaceDetector | None = None
    lpips: LPIPS | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    found: dict[Kind, Found] = field(default_factory=dict)

    def second_detector(self) -> FaceDetector:
        """MTCNN.

        Raises:
            ValueError: there is none.
        """
        if self.second is None:
            raise ValueError("this experiment needs MTCNN")
        return self.second

    def landmark_finder(self) -> LandmarkFinder:
        """Who finds landmarks.

        Raises:
            ValueError: nobody.
        """
        if self.landmarks is None:
            raise ValueError("this experiment needs landmarks")
        return self.landmarks

    def seen(self, *, trained: bool) -> Gallery:
        """The faces, in the eyes of one of the two recognisers.

        Raises:
            ValueError: there is none of our own.
        """
        if not trained:
            return self.gallery
        if self.trained is None:
            raise ValueError("this experiment needs a recogniser of our own")
        return self.trained


@dataclass(frozen=True, slots=True)
class Experiment:
    """One file of results.

    Attributes:
        title: what is measured.
        paper: section, and figure or table, of the revised paper.
        needs: what the measured faces must have.
        recognises: whether it needs a recogniser.
        measure: gives the figures by name.
        landmarks: whether it needs them.
        trained: whether a recogniser of our own judges.
        second: whether MTCNN detects.
    """

    title: str
    paper: str
    needs: tuple[Need, ...]
    recognises: bool
    measure: Callable[[Bench], dict[str, Any]]
    landmarks: bool = False
    trained: bool = False
    second: bool = False

    def lacks(self, gallery: Gallery) -> str | None:
        """Why it can't be done on these faces; None if it can."""
        return next((WANTING[need] for need in self.needs if not _has(gallery, need)), None)


def _has(gallery: Gallery, need: Need) -> bool:
    match need:
        case "two people":
            return len(np.unique(gallery.identity)) > 1
        case "consecutive frames":
            return len(gallery.runs()) > 0
        case "several sessions":
            return len(gallery.sessions()) > 0
        case "soft labels":
            return any(gallery.told(names) for names in SOFT_LABELS.values())
        case "groups":
            return any(len(gallery.groups(names)) > 1 for names in BY_GROUP.values())
        case "many people":
            return int((np.unique(gallery.identity, return_counts=True)[1] > 1).sum()) >= SHOWN + SHOWN // 2
