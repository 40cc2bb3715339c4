"""Writing: windows of frames become a file with exact time stamps, encoded one thread behind."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from uunet.channel import Channel, Closed
from uunet.errors import FaultError, OutputError
from uunet.fingerprint import Witness
from uunet.types import Box, Mark, Picture, Plane, PublicFrame, RawFrame
from uunet.video.containers import container_for
from uunet.video.encoder import Coded, Encoder
from uunet.video.formats import VideoInfo, conversion_notes
from uunet.video.muxer import Muxer
from uunet.video.passthrough import Span
from uunet.video.settings import EncodeSettings
from uunet.video.stills import ImageFiles

F = TypeVar("F", RawFrame, PublicFrame)

_WAITING = 0  # windows that wait while one is encoded and one is made: at 1080p each takes 150 MB


@dataclass(slots=True)
class WriterReport:
    """What happened. Complete after `commit`.

    Attributes:
        frames, windows: how many were written.
        attempts: how often each strength of the mark was the one that was kept.
        unread: numbers (from 0) of the windows whose mark could not be read back at any strength.
        stripped: names of what was left behind on purpose (metadata, thumbnails, data streams …).
        dropped: what the output can't hold, in words.
        notes: what was converted.
        time_error: the largest difference between a frame's time in the source and in the output, seconds;
            0 unless the container is coarser than the source (Matroska counts milliseconds).
        time_shift: how much later everything is than in the source, sound too, seconds; 0 unless the source
            has times below zero (the start-up of AAC sound) and the container has not (Matroska, MPEG-TS).
    """

    frames: int = 0
    windows: int = 0
    attempts: Counter[int] = field(default_factory=Counter)
    unread: list[int] = field(default_factory=list)
    stripped: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    time_error: Fraction = Fraction(0)
    time_shift: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Job(Generic[F]):
    frames: deque[F]
    mark: Mark | None
    rois: Sequence[Sequence[Box]]
    done: Callable[[], None] | None

    def drained(self) -> Iterator[Picture]:
        """The pictures, each of which is let go of when the next one is asked for."""
        while self.frames:
            try:
                yield self.frames.popleft().picture
            finally:
                if self.done is not None:
                    self.done()


class _Writer(Generic[F]):
    """What both writers share. The file appears under its name in `commit` and at no other time.

    Args:
        path: the output; its suffix names the container. An image (.png, .jpg), or a pattern for several
            (`frame_%04d.png`, numbered as the input's, else from 0), wants the settings' codec from
            `image_codec`.
        info: the source's properties, from a reader.
        settings: how to encode.
        copy_streams: whether anything but pictures of `info.path` is copied.
        keep_metadata: whether tags, chapters, data streams and fonts are kept. Pictures never are.
        keep_sound: whether sound and subtitles are kept.
        span: seconds between which other streams are copied, where not the whole video is written.
        witness: is shown each window as it is in the file, and adds to what stands beside it. Not for images.

    Raises:
        OutputError: unknown suffix, unsuitable codec, no such folder, no permission, output = input.
    """

    _mode = 0o666

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        settings: EncodeSettings | None = None,
        *,
        copy_streams: bool = True,
        keep_metadata: bool = False,
        keep_sound: bool = True,
        span: Span = (None, None),
        witness: Witness | None = None,
    ) -> None:
        settings = settings or EncodeSettings()
        container = container_for(Path(path), settings)
        self._encoder = Encoder(info, settings, global_header=container.global_header)
        self._muxer: Muxer | ImageFiles
        if settings.still:
            self._muxer = ImageFiles(Path(path), self._encoder, self._mode)
        else:
            self._muxer = Muxer(
                Path(path),
                container,
                self._encoder,
                copy_streams=copy_streams,
                keep_metadata=keep_metadata,
                keep_sound=keep_sound,
                span=span,
                mode=self._mode,
                witness=witness,
            )
        self.report = WriterReport(notes=conversion_notes(info.layout.name, self._encoder.format))
        self._committed = False
        self._jobs: Channel[_Job[F]] = Channel(_WAITING)
        self._thread = threading.Thread(target=self._work, name="uunet-writer", daemon=True)
        try:
            self._thread.start()
        except BaseException:  # Ctrl-C: nobody else knows of the file yet
            self._jobs.abandon()
            self._muxer.abort()
            raise

    def write(
        self,
        frames: Sequence[F],
        mark: Mark | None = None,
        rois: Sequence[Sequence[Box]] = (),
        done: Callable[[], None] | None = None,
    ) -> None:
        """Takes one window; returns when there is room for it, not when it is written.

        Args:
            frames: of the size and layout that `info` says, pts strictly increasing over all windows.
            mark: what is written into the pixels and read back after encoding, stronger where that fails.
            rois: per frame, the regions that deserve the encoder's bits; empty for none.
            done: is called by the writer's thread whenever it has let go of a frame.

        Raises:
            UUNetError: user data that the codec has no place for; what an earlier window failed with.
            ValueError: `rois` does not fit `frames`.
        """
        if rois and len(rois) != len(frames):
            raise ValueError(f"{len(rois)} lists of regions for {len(frames)} frames")
        if not frames:
            return
        self._check(frames)
        try:
            self._jobs.put(_Job(deque(frames), mark, rois, done))
        except Closed:
            raise FaultError("the writer is closed already") from None

    def commit(self, last_duration: int | None = None) -> WriterReport:
        """Waits for the last window, completes the file, gives it its name, and reports.

        Args:
            last_duration: how long the last frame is shown (a reader's `last_duration`), in units of the
                time base; None takes the time between the two frames before.

        Raises:
            UUNetError: what a window failed with; the disk is full; nothing was written.
        """
        self._jobs.finish()
        self._thread.join()
        try:
            self._jobs.check()
            self._muxer.finish(last_duration)
        except BaseException:
            self.abort()
            raise
        self._committed = True
        self.report.stripped = tuple(dict.fromkeys(self._muxer.stripped))
        self.report.dropped = tuple(dict.fromkeys(self._muxer.dropped))
        self.report.time_error = self._muxer.time_error
        self.report.time_shift = self._muxer.time_shift
        return self.report

    def abort(self) -> None:
        """Ends without an output. Does nothing after `commit`; may be called twice."""
        if self._committed:
            return
        self._jobs.abandon()
        self._thread.join()
        self._muxer.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    # --- the writer's thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while True:
                job = self._jobs.get()
                try:
                    self._one_window(job)
                finally:  # whoever makes the next window waits for room: only with it the error is met
                    for _ in job.drained():
                        pass
        except Closed:
            return
        except BaseException as error:  # noqa: BLE001 (carried to the thread that writes)
            self._jobs.abandon(error)

    def _one_window(self, job: _Job[F]) -> None:
        pts = [frame.pts for frame in job.frames]
        payloads = [frame.payloads if isinstance(frame, PublicFrame) else () for frame in job.frames]
        self._muxer.add(self._encode(job), pts, payloads)
        self.report.windows += 1
        self.report.frames += len(pts)

    def _check(self, frames: Sequence[F]) -> None:
        settings = self._encoder.settings
        if not settings.takes_user_data and any(isinstance(f, PublicFrame) and f.payloads for f in frames):
            raise OutputError(
                f"{settings.codec} has no place for user data",
                "hide the message in the picture (carrier lsb)",
            )

    def _encode(self, job: _Job[F]) -> list[Coded]:
        """Encodes; where there is a mark, reads it back and tries stronger until it comes through.

        The frames are let go of on the way. A further attempt, which is seldom needed, marks what the one
        before it has left of them: a window takes 66 MB at 720p.
        """
        mark, encode = job.mark, self._encoder.encode
        if mark is None:
            return encode(job.drained(), job.rois)
        _public(job.frames)
        coded: list[Coded] = []
        pictures: Iterator[Picture] = job.drained()
        lumas: Iterator[Plane] = (frame.picture.luma for frame in job.frames)
        depth = job.frames[0].picture.layout.depth
        for attempt in range(mark.attempts):
            marked = map(mark.change(lumas, depth, attempt), pictures)
            coded = encode(marked, job.rois)
            if mark.survives(self._encoder.decode_lumas(coded)):
                self.report.attempts[attempt] += 1
                return coded
            pictures = self._encoder.decode(coded)
            lumas = (picture.luma for picture in self._encoder.decode(coded))
        self.report.attempts[mark.attempts - 1] += 1
        self.report.unread.append(self.report.windows)
        return coded


def _public(frames: Iterable[RawFrame | PublicFrame]) -> None:
    if not all(isinstance(frame, PublicFrame) for frame in frames):
        raise FaultError("only public frames may be published or marked")


class PublicWriter(_Writer[PublicFrame]):
    """Writes what may be published, and nothing else."""

    def _check(self, frames: Sequence[PublicFrame]) -> None:
        _public(frames)  # attack: a caller that no type checker saw hands over what the camera recorded
        super()._check(frames)


class RawWriter(_Writer[RawFrame]):
    """Writes restored video, which shows faces: its files are their owner's alone."""

    _mode = 0o600
