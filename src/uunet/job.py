"""What a run is told, and what it tells: options, progress, summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from uunet.errors import TruncatedError
from uunet.opacity import opaque_or_told
from uunet.track import TrackSettings
from uunet.types import TRACKS, FaceDetector
from uunet.video import EncodeSettings, PublicReader, RawReader, VideoInfo, WriterReport

if TYPE_CHECKING:
    from uunet.evidence.sealing import Seal
    from uunet.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Progress:
    """An event: how far a run is.

    Attributes:
        done: frames finished.
        total: frames in all, an estimate; None where nothing is known.
        faces: regions treated so far, over all frames.
    """

    done: int
    total: int | None
    faces: int


Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to de-identify.

    Attributes:
        model: the public encoder; None takes the shipped demonstration model.
        encode: codec and quality of the public file.
        tracking: how faces are followed; None takes what suits the frame rate, but for the next three.
        lookahead, every: frames, see TrackSettings; None takes what suits the frame rate.
        threshold: the detector's score in (0, 1) above which something counts as a face; None takes the
            default. Weaker detections still continue tracks.
        seed: of the virtual identities; None draws one, so that nobody can repeat the run.
        keep_metadata: keep tags, chapters and data streams.
        keep_sound: keep sound, by whose voices people can be known, and subtitles.
        boxes: a file of boxes to use instead of a detector.
        detector: your own instead of the built-in one.
        export_boxes: where to write the detections.
        seal: what of the original is kept, encrypted, in the public file, and who signs it; None: nothing.
        require_faces: a video in which no face is found is an error, where nobody looks at what is published.
    """

    model: Path | None = None
    encode: EncodeSettings = field(default_factory=EncodeSettings)
    tracking: TrackSettings | None = None
    lookahead: int | None = None
    every: int | None = None
    threshold: float | None = None
    seed: int | None = None
    keep_metadata: bool = False
    keep_sound: bool = True
    boxes: Path | None = None
    detector: FaceDetector | None = None
    export_boxes: Path | None = None
    seal: Seal | None = None
    require_faces: bool = False

    def tracking_at(self, rate: float) -> TrackSettings:
        """How faces are followed at `rate` frames per second.

        Raises:
            DetectionError: a value is out of range, or they don't go together.
        """
        if self.tracking is not None:
            return self.tracking
        usual = TrackSettings.at(rate)
        lookahead = usual.lookahead if self.lookahead is None else self.lookahead
        every = min(usual.every, lookahead) if self.every is None else self.every
        return replace(
            usual,
            lookahead=lookahead,
            every=every,
            head=min(max(usual.head, every), lookahead),
            tail=min(max(usual.tail, every), lookahead),
            start=usual.start if self.threshold is None else self.threshold,
        )


@dataclass(slots=True)
class FrameRun:
    """Frames one after another of which the same is to be said: `first` to `last`, both included."""

    first: int
    last: int
    verdict: str

    @property
    def count(self) -> int:
        """How many frames."""
        return self.last - self.first + 1


def note_frame(runs: list[FrameRun], index: int, verdict: str) -> None:
    """Add a frame to the last run if it goes on there, else begin a run: the list stays short."""
    if runs and (runs[-1].last, runs[-1].verdict) == (index - 1, verdict):
        runs[-1].last = index
    else:
        runs.append(FrameRun(index, index, verdict))


def sound_note(info: VideoInfo, options: Options) -> tuple[str, ...]:
    """What is to be said where voices are published."""
    copied = options.keep_sound and not options.encode.still
    if copied and any(stream.kind == "audio" for stream in info.streams):
        return ("sound is published as it was: voices identify people, --no-sound leaves them out",)
    return ()


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        frames: how many were written.
        faces: regions that were replaced (or restored), over all frames.
        filled: regions that no model could take, covered with one colour; only sealed originals undo that.
        tracks: different tracks.
        coasted: regions covered in frames in which the detector saw nothing there.
        bridged: frames in which a gap between two detections of a track was filled.
        stripped, dropped, notes: see `video.WriterReport`.
        weak_windows: windows whose pixel message could not be read back at any strength.
        left_out: windows of which the pixels do not name every region: number, and how many segments are
            left out. Those can't be restored once what stands beside the pictures is stripped.
        silent_frames: frames of which no message could be read (reconstruct), and why.
        incomplete_frames: frames whose message names only some regions (reconstruct): there may be others,
            which stay as published.
        unnamed: regions that belong to no known track, where tracks were chosen (reconstruct): they stay as
            published.
        carriers: how many frames each carrier spoke for (reconstruct).
        engines: what ran the models.
        ledger: what each region shows, and where from (reconstruct).
        evidence: bytes of sealed evidence and signatures in the file.
        sealed: whether originals are among them.
        silent_opened: how many of the silent frames got originals all the same.
        seconds: by stage; `total` is wall-clock. `detect and track` goes on beside the others, which overlap
            with the reader's and writer's threads.
        damage: set if the input broke off; everything before the damage is in the output.
    """

    frames: int = 0
    faces: int = 0
    filled: int = 0
    tracks: int = 0
    coasted: int = 0
    bridged: int = 0
    stripped: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    weak_windows: tuple[int, ...] = ()
    left_out: dict[int, int] = field(default_factory=dict)
    silent_frames: list[FrameRun] = field(default_factory=list)
    incomplete_frames: list[FrameRun] = field(default_factory=list)
    unnamed: int = 0
    carriers: dict[str, int] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    ledger: Ledger | None = None
    evidence: int = 0
    sealed: bool = False
    silent_opened: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    damage: TruncatedError | None = None

    def concluded(
        self,
        reader: RawReader | PublicReader,
        report: WriterReport,
        seconds: dict[str, float],
        notes: Sequence[str] = (),
    ) -> Summary:
        """The same, with what reader and writer tell at the end, and `notes` of others."""
        self.damage, self.seconds = reader.damage, seconds
        self.stripped, self.dropped = report.stripped, report.dropped
        self.weak_windows = tuple(report.unread)
        noted = (*opaque_or_told(reader.info), *reader.content_notes, *notes, *report.notes)
        self.notes = (*noted, *_of_times(report))
        return self

    @property
    def faceless(self) -> bool:
        """Whether no region was found in any frame."""
        return not (self.faces or self.filled)

    @property
    def of_a_copy(self) -> bool:
        """Whether nothing but the pixels spoke: what was published was stripped or encoded again since."""
        return "spread" in self.carriers and not {"sei", "lsb"} & set(self.carriers)

    @property
    def silent(self) -> int:
        """How many frames have no message that could be read."""
        return sum(run.count for run in self.silent_frames)

    @property
    def incomplete(self) -> int:
        """How many frames were restored by an incomplete message."""
        return sum(run.count for run in self.incomplete_frames)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to restore: seconds from the video's first frame (None: open), and which tracks (None: all)."""

    begin: Fraction | None = None
    end: Fraction | None = None
    tracks: frozenset[int] | None = None

    @property
    def numbers(self) -> frozenset[int] | None:
        """The tracks as messages number them, modulo 64."""
        return None if self.tracks is None else frozenset(track % TRACKS for track in self.tracks)

    def holds(self, seconds: Fraction) -> bool:
        """Whether a frame at this time is wanted."""
        return (self.begin is None or seconds >= self.begin) and (self.end is None or seconds < self.end)


def _of_times(report: WriterReport) -> tuple[str, ...]:
    """What is to be said where all times moved."""
    if not report.time_shift:
        return ()
    return (
        f"everything is {1000 * float(report.time_shift):.0f} ms later than in the source, sound too: it has "
        "times below zero, as AAC sound begins with, which this container can't hold",
    )
