"""How alike are faces and what replaces them: by their pixels, and for a recogniser where there is one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uunet.audit.recogniser import SAME_PERSON, Descriptors, Image, Recogniser

SAMPLES = 96
"""Regions that are compared, drawn at random from all."""

_INNER = slice(32, 96)  # of a sample's 128 pixels: the middle of the face
SIDE = 128
"""Pixels of a sample."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One region: as the camera saw it (x), as published (a), restored (r, if a decoder was given).

    Attributes:
        track: the stretch of a track that it belongs to; None if that is not known.
        x, a, r: RGB, (SIDE, SIDE, 3).
    """

    track: int | None
    x: Image
    a: Image
    r: Image | None


class Reservoir:
    """Draws SAMPLES of a stream of unknown length, each as likely as any other, in little memory.

    Attributes:
        kept: the samples so far.
    """

    def __init__(self, size: int = SAMPLES) -> None:
        self.kept: list[Sample] = []
        self._size, self._offered = size, 0
        self._rng = np.random.default_rng(0)

    def offer(self, make: Callable[[], Sample]) -> None:
        """One more; it is only made if it is drawn."""
        self._offered += 1
        if len(self.kept) < self._size:
            self.kept.append(make())
            return
        place = int(self._rng.integers(self._offered))
        if place < self._size:
            self.kept[place] = make()


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a recogniser says; shares are None where there is no such pair.

    Attributes:
        own: share of x ↔ a of one region that it takes for one person.
        others: the same of x ↔ a of different tracks: what chance gives it.
        raw: the same of x ↔ x of one track, at different times: that it works on these images at all.
        restored: the same of x ↔ r of one region.
        auc: how often x ↔ a of one region is nearer than x ↔ a of different tracks; .5 is chance.
    """

    own: float
    others: float | None
    raw: float | None
    restored: float | None
    auc: float | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of the regions sampled.

    Attributes:
        regions, tracks: how many.
        correlation: of the luma of the middles of x and a, median; 1 for the same picture.
        correlation_others: the same of x and of a of other tracks; None if there is one track only.
        psnr_published: of the middle of a against x, median, dB.
        psnr_restored: of the middle of r against x, median, dB; None without a decoder.
        recognised: None where no recogniser is installed.
    """

    regions: int
    tracks: int
    correlation: float
    correlation_others: float | None
    psnr_published: float
    psnr_restored: float | None
    recognised: Recognised | None


def likeness(samples: list[Sample], recogniser: Recogniser | None) -> Likeness | None:
    """Compare what was sampled; None if there is nothing."""
    if not samples:
        return None
    codes = [sample.track for sample in samples]
    known = np.array([code is not None for code in codes])
    number = np.array([-1 if code is None else code for code in codes])
    different = (number[:, None] != number[None]) & known[:, None] & known[None]
    x, a = (_standard([getattr(sample, kind) for sample in samples]) for kind in "xa")
    correlation = x @ a.T
    own = np.diag(correlation)
    restored = [(s.x, s.r) for s in samples if s.r is not None]
    return Likeness(
        regions=len(samples),
        tracks=len(np.unique(number[known])),
        correlation=float(np.median(own)),
        correlation_others=float(np.median(correlation[different])) if different.any() else None,
        psnr_published=float(np.median([difference(s.x, s.a) for s in samples])),
        psnr_restored=float(np.median([difference(*pair) for pair in restored])) if restored else None,
        recognised=None if recogniser is None else _recognised(samples, number, different, recogniser),
    )


def _standard(images: list[Image]) -> Floats:
    """(n, pixels): the luma of the middle of each image, with mean 0 and length 1."""
    luma = np.stack([image[_INNER, _INNER] @ np.array([0.299, 0.587, 0.114]) for image in images])
    flat = luma.reshape(len(images), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9))


def difference(one: Image, other: Image) -> float:
    """Peak signal to noise ratio of the middles of two samples, dB."""
    error = float(np.mean((one[_INNER, _INNER].astype(np.float64) - other[_INNER, _INNER]) ** 2))
    return 10 * math.log10(255**2 / max(error, 1e-3))


def _recognised(
    samples: list[Sample], number: npt.NDArray[np.int64], different: npt.NDArray[np.bool_], who: Recogniser
) -> Recognised:
    x, a = (who.describe([getattr(sample, kind) for sample in samples]) for kind in "xa")
    r = [sample.r for sample in samples if sample.r is not None]
    raw = np.triu((number[:, None] == number[None]) & (number[:, None] >= 0), 1)
    between, within = _distances(x, a), _distances(x, x)
    own, others = np.diag(between), np.sort(between[different])
    auc = None
    if len(others):
        below = np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")
        auc = float(1 - below.mean() / 2 / len(others))
    restored = np.linalg.norm(x - who.describe(r), axis=1) if len(r) == len(samples) else np.empty(0)
    return Recognised(
        own=float((own < SAME_PERSON).mean()),
        others=_share(others),
        raw=_share(within[raw]),
        restored=_share(restored),
        auc=auc,
    )


def _distances(one: Descriptors, other: Descriptors) -> Floats:
    return np.asarray(np.linalg.norm(one[:, None] - other[None], axis=2))


def _share(distances: Floats) -> float | None:
    return float((distances < SAME_PERSON).mean()) if len(distances) else None
