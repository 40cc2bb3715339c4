"""`audit`: a public file against its original, frame by frame."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from uunet.audit.copies import Copy, copies
from uunet.audit.coverage import covered
from uunet.audit.events import Event, Events, Sighting, overlap
from uunet.audit.faces import TRUTH, Seen, grey_difference, judged, noise_outside, slow_detector
from uunet.audit.likeness import SIDE, Likeness, Reservoir, Sample, likeness
from uunet.audit.originals import Kept, kept
from uunet.audit.pairing import together, working_codec
from uunet.audit.presence import Presence, holds
from uunet.audit.recogniser import Image, Recogniser
from uunet.audit.traces import Trace, left, traces
from uunet.errors import AuditError, TruncatedError
from uunet.geometry import crop
from uunet.inspection import Inspection, inspect
from uunet.job import Listener, Progress
from uunet.listening import Revealed
from uunet.masking import is_reversible, unmask
from uunet.message import unwrap_evidence
from uunet.models import Card, Restorer, read_card, shipped
from uunet.shown import visible
from uunet.types import Detection, FaceDetector, Picture, PublicFrame, RawFrame
from uunet.video import PublicReader, RawReader

STRETCH = 12
"""Frames that are one step of the drawing over time: half a second."""

_STRANGE = 16.0  # grey levels by which files may differ outside regions: heavy encoding gives 5
_AT_FIRST = 25  # frames after which that is judged
_SAME = 0.3  # intersection over union from which a face of both files is one
_SMALLEST_SAMPLE = 24  # pixels of a region below which faces are not compared


@dataclass(frozen=True, slots=True)
class Settings:
    """How to look.

    Attributes:
        every: looks for faces in each `every`-th frame; messages are read in all.
        threshold: score from which a detection counts as a face, in (0, 1).
        copies: whether the file's beginning is encoded again, to see what that leaves.
    """

    every: int = 1
    threshold: float = TRUTH
    copies: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """STRETCH frames, for the drawing over time: frames looked at, faces found, regions, faces to look at."""

    looked: int
    faces: int
    regions: int
    flagged: int


@dataclass(slots=True)
class Audit:
    """What was found.

    Attributes:
        public, original: names of the files, without folders.
        digests: SHA-256 of both.
        settings: how it was looked.
        rate: frames per second.
        inspection: what the public file says of itself.
        card: of the public model: given, or the shipped one if the file is of its pair; None if unknown.
        looked: frames in which faces were looked for.
        faces: found in the original in these, over all frames.
        fates: of these faces, how many have which fate (`faces.Fate`).
        still_found: faces that a detector finds in the regions of the public file.
        filled: regions covered with one colour, which nobody can restore; 0 where `card` is None.
        evidence: bytes of sealed originals and signatures beside the pictures.
        kept: what of the originals that is (see `originals.kept`).
        presence: regions, with and without a face in the original.
        events: what to look at.
        over_time: every STRETCH frames.
        likeness: of faces and their replacements; None if there is no region to compare.
        copies: what is left in copies that were encoded again; empty if that was not asked.
        remains: what the original tells beside pictures and sound and the public file still does.
        own: what the public file tells that its original does not.
        damage: set if one of the files breaks off.
    """

    public: str
    original: str
    digests: tuple[str, str]
    settings: Settings
    rate: float
    inspection: Inspection
    card: Card | None
    looked: int = 0
    faces: int = 0
    fates: dict[str, int] = field(default_factory=dict)
    still_found: int = 0
    filled: int = 0
    evidence: int = 0
    kept: Kept | None = None
    presence: Presence = field(default_factory=Presence)
    events: list[Event] = field(default_factory=list)
    over_time: list[Stretch] = field(default_factory=list)
    likeness: Likeness | None = None
    copies: list[Copy] = field(default_factory=list)
    remains: tuple[Trace, ...] = ()
    own: tuple[Trace, ...] = ()
    damage: TruncatedError | None = None

    @property
    def model(self) -> str | None:
        """The public model's name: the file's own word, whatever model was given to look with."""
        header = self.inspection.header
        return visible(header.model) if header else self.card.name if self.card else None

    @property
    def seconds(self) -> float:
        """Length of the public video."""
        return float(self.inspection.windows[-1].span.end) if self.inspection.windows else 0.0


def audit(
    public: Path,
    original: Path,
    settings: Settings | None = None,
    *,
    model: Path | None = None,
    decoder: Path | None = None,
    detector: FaceDetector | None = None,
    recogniser: Recogniser | None = None,
    listen: Listener | None = None,
) -> Audit:
    """Hold a public file against its original.

    Args:
        public: what was published.
        original: of what; nothing of it is kept but figures.
        settings: how to look.
        model: a model of the pair, whose card says which regions are filled; None takes the shipped ones
            for files of their pair.
        decoder: the private model of the pair, to measure how well it restores; None leaves that out.
        detector: who finds faces; None takes CenterFace, not in 8 bits, in every pixel.
        recogniser: who compares faces; None leaves that out.
        listen: is told the progress.

    Raises:
        AuditError: the files don't belong together.
        UUNetError: one of the files, or a model, can't be read.
    """
    settings = settings or Settings()
    restorer = None if decoder is None else Restorer(decoder)
    card = read_card(model) if model is not None else restorer.card if restorer is not None else None
    found = inspect(public, None if card is None else card.pair)
    if card is None and read_card(shipped("public")).pair == found.pair and found.readable:
        card = read_card(shipped("public"))
    with PublicReader(public) as reader, RawReader(original, codec=working_codec(reader.info)) as raw:
        rate = float(reader.info.average_rate)
        digests = _digest(public), _digest(original)
        result = Audit(public.name, original.name, digests, settings, rate, found, card)
        detector = detector or slow_detector(raw.info.size)
        work = _Work(result, raw, detector, restorer)
        for number, (frame, told) in enumerate(together(raw, reader, found.pair)):
            work.take(frame, told)
            if listen is not None:
                listen(Progress(number + 1, found.frames, result.faces))
        work.finish()
        result.damage = reader.damage or raw.damage
    result.likeness = likeness(work.reservoir.kept, recogniser)
    if settings.copies:
        result.copies = copies(public, original, found.pair, restorer)
    told_before = list(dict.fromkeys(traces(original)))
    result.remains = tuple(left(told_before, public))
    result.kept = kept(public) if result.evidence else None
    result.own = tuple(trace for trace in dict.fromkeys(traces(public)) if trace not in result.remains)
    return result


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Work:
    """What goes on from frame to frame."""

    def __init__(
        self, result: Audit, raw: RawReader, detector: FaceDetector, restorer: Restorer | None
    ) -> None:
        self._result, self._raw, self._detector, self._restorer = result, raw, detector, restorer
        every = result.settings.every
        self._events = Events(max(every, round(result.rate / 2)), raw.info.rotation)
        self._start: int | None = None
        self._noise: list[float] = []
        self._counts = np.zeros(4, int)
        # without a card every region counts as replaced, so that its soft border counts as bare
        self._smallest = result.card.smallest if result.card else 1
        self.reservoir = Reservoir()
        result.presence = Presence(every)

    def take(self, frame: RawFrame, told: Revealed) -> None:
        """One frame of both files."""
        self._start = frame.pts if self._start is None else self._start
        self._result.evidence += sum(map(len, unwrap_evidence(told.frame.payloads)[0]))
        if frame.index and frame.index % STRETCH == 0:
            self._end_stretch()
        if frame.index % self._result.settings.every == 0:
            self._look(frame, told)

    def finish(self) -> None:
        """After the last frame."""
        self._end_stretch()
        self._judge_noise()
        self._result.presence.finish()
        self._result.events = self._events.found

    def _end_stretch(self) -> None:
        self._result.over_time.append(Stretch(*(int(count) for count in self._counts)))
        self._counts[:] = 0

    def _look(self, frame: RawFrame, told: Revealed) -> None:
        result = self._result
        self._compare_surroundings(frame, told)
        all_faces = self._found(frame.picture, frame.index)
        strong = [face for face in all_faces if face.score >= result.settings.threshold]
        time = float((frame.pts - (self._start or 0)) * self._raw.info.time_base)
        seen = judged(frame, told, strong, self._smallest, time)
        sightings = [Sighting(one.fate, one.face, one.share) for one in seen if one.fate != "replaced"]
        sightings += self._shown(told, seen)
        self._events.add(told.frame, time, sightings)
        for one in seen:
            result.fates[one.fate] = result.fates.get(one.fate, 0) + 1
        result.looked += 1
        result.faces += len(seen)
        result.presence.add(frame.index, told.boxes, told.tracks, all_faces)
        if result.card is not None:
            result.filled += sum(not is_reversible(box, result.card.smallest) for box in told.boxes)
        self._counts += (1, len(seen), len(told.boxes), len(sightings))
        self._sample(frame, told, strong)

    def _found(self, picture: Picture, index: int) -> list[Detection]:
        return self._detector.detect(picture, index, self._raw.info.rotation)

    def _shown(self, told: Revealed, seen: Sequence[Seen]) -> list[Sighting]:
        """Faces of the public file in no region, but for those of the original that are looked at anyway."""
        picture = told.frame.picture
        sightings = []
        for face in self._found(picture, told.frame.index):
            if face.score < self._result.settings.threshold:
                continue
            if covered(face, told.boxes, picture.size, picture.layout, self._smallest) > 0:
                self._result.still_found += 1
            elif all(overlap(face, one.face) < _SAME for one in seen):
                sightings.append(Sighting("shown", face, 0.0))
        return sightings

    def _compare_surroundings(self, frame: RawFrame, told: Revealed) -> None:
        """Another video of the same size and length is noticed where no region is."""
        if len(self._noise) < _AT_FIRST:
            self._noise.append(noise_outside(grey_difference(frame.picture, told.frame.picture), told.boxes))
            if len(self._noise) == _AT_FIRST:
                self._judge_noise()

    def _judge_noise(self) -> None:
        if self._noise and median(self._noise) > _STRANGE:
            raise AuditError(
                f"{self._result.public} shows something else than {self._result.original}: outside its "
                f"regions they differ by {median(self._noise):.0f} of 255 grey levels",
                "give a file and what was published of it",
            )

    def _sample(self, frame: RawFrame, told: Revealed, faces: Sequence[Detection]) -> None:
        """Offers the regions in which a face is seen, and a model's replacement of it, for comparison."""
        for place, (box, track) in enumerate(zip(told.boxes, told.tracks, strict=True)):
            large = min(box.w, box.h) >= max(_SMALLEST_SAMPLE, self._smallest)
            if not large or not any(holds(box, face) for face in faces):
                continue

            def make(place: int = place, track: int | None = track) -> Sample:
                restored = self._restored(told.frame, told, place)
                pictures = frame.picture, told.frame.picture
                x, a = (self._crop(picture, told, place) for picture in pictures)
                return Sample(track, x, a, None if restored is None else self._crop(restored, told, place))

            self.reservoir.offer(make)

    def _restored(self, frame: PublicFrame, told: Revealed, place: int) -> Picture | None:
        if self._restorer is None:
            return None
        rotation = self._raw.info.rotation
        return unmask(frame, told.boxes, self._restorer, rotation, frozenset([place])).picture

    def _crop(self, picture: Picture, told: Revealed, place: int) -> Image:
        patch = crop(picture, told.boxes[place], SIDE, self._raw.info.rotation)
        return np.asarray(np.rint(patch * 255), np.uint8)
