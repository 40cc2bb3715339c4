"""Crops of one video → tracklets: one face in many frames, filtered by quality, cut where it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from uunet_lab.datasets.crops import Crop, Image, sharpness
from uunet_lab.datasets.errors import DatasetError
from uunet_lab.datasets.hashing import BITS, dhash, distance


@dataclass(frozen=True, slots=True)
class TrackletRules:
    """What is kept. Thresholds were chosen by eye on surveillance-like clips; look at the contact sheet.

    Attributes:
        smallest: side of a crop in pixels of the video; the shipped models take faces from 20.
        score: the detector's, of each crop, in [0, 1].
        typical_score: the same, the median of a tracklet; what is no face seldom reaches it.
        sharp: least `crops.sharpness`.
        change: largest dHash distance, 0 to 64, between a crop and the one before it in its tracklet. More is
            a scene cut, or another person under the same number: the tracklet ends and another begins.
            A coarse net: 60 % of strangers' faces differ by more than 26, so two of five switched identities
            pass; 5 of 2,084 crops of one person were cut off by it (fast turns of the head).
        pause: frames without a crop after which a tracklet ends.
        shortest: crops in a tracklet.
        longest: crops in a tracklet; later ones of the same run are left out.

    Raises:
        DatasetError: a value is out of range.
    """

    smallest: int = 20
    score: float = 0.3
    typical_score: float = 0.6
    sharp: float = 0.05
    change: int = 26
    pause: int = 24
    shortest: int = 24
    longest: int = 300

    def __post_init__(self) -> None:
        if not (self.smallest >= 2 and 1 <= self.shortest <= self.longest and 0 <= self.change <= BITS):
            raise DatasetError(
                f"can't use smallest={self.smallest}, shortest={self.shortest}, longest={self.longest}, "
                f"change={self.change}",
                f"2 <= smallest, 1 <= shortest <= longest, 0 <= change <= {BITS}",
            )
        if not (
            0 <= self.score <= 1 and 0 <= self.typical_score <= 1 and self.sharp >= 0 and self.pause >= 1
        ):
            raise DatasetError(
                f"can't use score={self.score}, typical_score={self.typical_score}, sharp={self.sharp}, "
                f"pause={self.pause}",
                "scores lie in 0..1, sharp is at least 0, pause at least 1",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """Crops of one face in rising order of frames; all of them have an image.

    Attributes:
        track: number of the track in the video; pieces of one track share it.
        crops: at least `shortest` of them.
    """

    track: int
    crops: tuple[Crop, ...]

    @property
    def images(self) -> list[Image]:
        """The images, at their true sizes."""
        return [crop.image for crop in self.crops if crop.image is not None]


@dataclass(slots=True, eq=False)
class Gatherer:
    """Puts crops together to tracklets. Memory: at most `longest` crops of each face in the picture.

    Args:
        rules: what is kept.

    Attributes:
        dropped: crops by reason: `edge`, `small`, `unsure` (score), `blurred`, `surplus` (over `longest`),
            `short` (in a tracklet that was too short), `doubtful` (in one of too low a median score).
        cuts: tracklets that were ended by a change of the face.
    """

    rules: TrackletRules
    dropped: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    _open: dict[int, list[Crop]] = field(default_factory=dict)
    _latest: dict[int, tuple[int, int]] = field(default_factory=dict)  # track → frame, dHash of its last crop

    def tracklets(self, crops: Iterable[Crop]) -> Iterator[Tracklet]:
        """The tracklets, each as soon as it has ended.

        Args:
            crops: of one video, frames rising but for the few between two looks of the detector.
        """
        for crop in crops:
            yield from self._end_old(crop.frame)
            reason = self._fault(crop)
            if reason is not None:
                self.dropped[reason] += 1
                continue
            yield from self._add(crop)
        for track in sorted(self._open):
            yield from self._end(track)

    def _fault(self, crop: Crop) -> str | None:
        if crop.image is None:
            return "edge"
        if crop.image.shape[0] < self.rules.smallest:
            return "small"
        if crop.score < self.rules.score:
            return "unsure"
        return "blurred" if sharpness(crop.image) < self.rules.sharp else None

    def _add(self, crop: Crop) -> Iterator[Tracklet]:
        if crop.image is None:
            return
        fingerprint = dhash(crop.image)
        latest = self._latest.get(crop.track)
        if latest is not None and distance(latest[1], fingerprint) > self.rules.change:
            self.cuts += 1
            yield from self._end(crop.track)
        self._latest[crop.track] = (crop.frame, fingerprint)
        held = self._open.setdefault(crop.track, [])
        if len(held) < self.rules.longest:
            held.append(crop)
        else:
            self.dropped["surplus"] += 1

    def _end_old(self, frame: int) -> Iterator[Tracklet]:
        old = [track for track, (last, _) in self._latest.items() if frame - last > self.rules.pause]
        for track in old:
            yield from self._end(track)

    def _end(self, track: int) -> Iterator[Tracklet]:
        crops = self._open.pop(track, [])
        self._latest.pop(track, None)
        if len(crops) < self.rules.shortest:
            self.dropped["short"] += len(crops)
        elif float(np.median([crop.score for crop in crops])) < self.rules.typical_score:
            self.dropped["doubtful"] += len(crops)
        else:
            yield Tracklet(track, tuple(crops))
