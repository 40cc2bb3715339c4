"""Muxing: encoded windows get their real time stamps, other streams join, a finished file gets its name."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.container import Flags as ContainerFlags
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from uunet import bitstream
from uunet.errors import OutputError
from uunet.fingerprint import (
    CodedWindow,
    Witness,
    digest_of,
    parameter_sets,
    parameter_sets_of_headers,
    picture_digest,
)
from uunet.video.containers import Container
from uunet.video.encoder import Coded, Encoder
from uunet.video.formats import VideoInfo
from uunet.video.partial import named, reserve, settle
from uunet.video.passthrough import Passthrough, Span
from uunet.video.settings import LIBRARY

Payloads = Sequence[tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class _Window:
    """Encoded frames that wait for the time stamp after them, which says how long their last one lasts."""

    packets: Sequence[Coded]
    pts: Sequence[int]
    payloads: Payloads


class Muxer:
    """One output file. It lies beside its future name until `finish`.

    Attributes:
        stripped, dropped: see `WriterReport`.
        time_error, time_shift: see `WriterReport`.
    """

    def __init__(
        self,
        path: Path,
        container: Container,
        encoder: Encoder,
        *,
        copy_streams: bool,
        keep_metadata: bool,
        keep_sound: bool,
        span: Span,
        mode: int = 0o666,
        witness: Witness | None = None,
    ) -> None:
        self._path = path
        self._witness = witness
        self._container = container
        self._encoder = encoder
        self._info: VideoInfo = encoder.info
        self._waiting: _Window | None = None
        self._recent: deque[int] = deque()  # the last pts, of which decoding times are made
        self._gap = 1
        self._written = 0
        self._delay = 0  # packets that a decoder must hold back, of this encoder
        self.dropped: list[str] = []
        self.stripped: list[str] = []
        self.time_error = Fraction(0)
        self.time_shift = Fraction(0)
        self._first: int | None = None
        self._first_dts = 0
        self._source: Passthrough | None = None
        self._partial = reserve(path, self._info.path, mode)
        try:
            self._output: OutputContainer = av.open(
                f"file:{self._partial}",
                "w",
                format=container.muxer,
                container_options=container.options_for(self._info.time_base),
            )
            self._stream = self._open_video()
            if copy_streams:
                self._source = Passthrough(
                    *(self._info, self._output),
                    keep_metadata=keep_metadata,
                    keep_sound=keep_sound,
                    span=span,
                )
                self._source.copy_video_tags(self._stream)
        except BaseException:
            self._partial.unlink(missing_ok=True)
            raise

    def add(self, packets: Sequence[Coded], pts: Sequence[int], payloads: Payloads) -> None:
        """Takes a window, in decoding order, with its frames' times and user data; writes the one before.

        Raises:
            OutputError: the disk is full, or the container refuses.
        """
        if self._waiting is not None:
            self._write(self._waiting, pts[0])
        else:
            self._delay = self._encoder.delay
            self._first = pts[0]
        self._waiting = _Window(packets, pts, payloads)

    def finish(self, last_duration: int | None) -> None:
        """Completes the file and gives it its name.

        Raises:
            OutputError: nothing was written, or the disk is full.
        """
        if self._waiting is None:
            raise OutputError("no frame was written", "the input may have no frames in this span")
        pts = self._waiting.pts
        gap = last_duration or (pts[-1] - pts[-2] if len(pts) > 1 else self._nominal_gap())
        self._write(self._waiting, pts[-1] + gap, last=True)
        with named(self._path):
            if self._source is not None:
                self._source.copy_until(None)
                self.stripped += self._source.stripped
                self.dropped += self._source.dropped
            self._output.close()
            self.time_shift = self._measure_shift()
            self._partial.replace(self._path)
        settle(self._partial)
        self._close_source()

    def abort(self) -> None:
        """Removes what was written."""
        self._close_source()
        with contextlib.suppress(av.error.FFmpegError, OSError):  # a full disk: the file goes anyway
            self._output.close()
        self._partial.unlink(missing_ok=True)
        settle(self._partial)

    def _close_source(self) -> None:
        if self._source is not None:
            self._source.close()

    def _open_video(self) -> VideoStream:
        info, output = self._info, self._output
        output.flags |= cast(int, ContainerFlags.bitexact.value)  # no muxer's banner, no date
        # This stream's own encoder never encodes: it makes the headers, which are those of every window's.
        name: str = LIBRARY[self._encoder.settings.codec]
        stream = output.add_stream(name, rate=info.average_rate)
        if not isinstance(stream, VideoStream):
            raise OutputError(f"{name} is no video codec here", "install the PyAV wheel from PyPI")
        self._encoder.configure(stream.codec_context, idle=True)
        if self._encoder.settings.codec == "hevc" and self._container.muxer in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # Apple's players don't know hev1
        stream.time_base = info.time_base
        if info.rotation or info.display_matrix is not None:
            if self._container.rotation and info.display_matrix is not None:
                stream.set_display_matrix(info.display_matrix)
            elif self._container.rotation:
                stream.set_display_rotation(90 * info.rotation)
            else:
                self.dropped.append(f"rotation: {self._path.suffix} has no place for it; use .mp4 or .mkv")
        squeezed = info.sample_aspect not in (None, 1)
        if (
            squeezed
            and self._encoder.settings.codec == "av1"
            and self._container.muxer in ("matroska", "webm")
        ):
            # AV1 itself has no place for it, and PyAV does not let us set Matroska's
            self.dropped.append(f"pixel aspect ratio: not in AV1 in {self._path.suffix}; use .mp4")
        return stream

    # --- one window ------------------------------------------------------------------------------------

    def _write(self, window: _Window, end: int, *, last: bool = False) -> None:
        """Muxes a window whose last frame is shown until `end`."""
        base = len(self._recent)
        self._recent.extend(window.pts)
        if self._written == 0:
            self._gap = window.pts[1] - window.pts[0] if len(window.pts) > 1 else self._nominal_gap()
            self._first_dts = self._decode_time(0)
        ends = [*window.pts[1:], end]
        payloads = self._witnessed(window, last)
        with named(self._path):
            for number, coded in enumerate(window.packets, start=base):
                packet = self._packet(coded, payloads[coded.index])
                packet.pts = window.pts[coded.index]
                packet.dts = self._decode_time(number)
                packet.duration = ends[coded.index] - packet.pts
                if last and coded is window.packets[-1] and self._container.sums_durations:
                    packet.duration = max(end - (self._first or 0) - (packet.dts - self._first_dts), 1)
                if self._source is not None:
                    self._source.copy_until(packet.dts * self._info.time_base)
                self._output.mux(packet)
                self._written += 1
                self._note_error(packet, window.pts[coded.index])
            self._check_headers()
        while len(self._recent) > self._delay:
            self._recent.popleft()

    def _witnessed(self, window: _Window, last: bool) -> Payloads:
        """The payloads of a window with what its witness says of it."""
        if self._witness is None:
            return window.payloads
        codec, headers = self._encoder.settings.stream, self._encoder.headers
        sets = parameter_sets_of_headers(codec, headers) if self._container.global_header else frozenset()
        for coded in window.packets:
            sets |= parameter_sets(codec, coded.data, annexb=True)
        seen = CodedWindow(
            tuple(picture_digest(codec, coded.data, annexb=True) for coded in window.packets),
            digest_of(sorted(sets)),
            tuple(window.payloads[coded.index] for coded in window.packets),
            last,
        )
        return [(*window.payloads[0], *self._witness(seen)), *window.payloads[1:]]

    def _check_headers(self) -> None:
        """The file's headers come from an encoder that never ran: they must fit every window's."""
        wanted, got = self._encoder.headers, self._stream.codec_context.extradata
        if self._container.global_header and wanted != got:
            raise ValueError("the encoder's headers differ from window to window")

    def _decode_time(self, number: int) -> int:
        """Packet `number` is decoded when the frame `delay` places before it is shown: monotonic for ever."""
        place = number - self._delay
        return self._recent[place] if place >= 0 else self._recent[0] + place * self._gap

    def _packet(self, coded: Coded, payloads: tuple[bytes, ...]) -> Packet[VideoStream]:
        data = coded.data
        if payloads:
            data = bitstream.insert(self._encoder.settings.stream, data, payloads, annexb=True)
        packet: Packet[VideoStream] = Packet(data)  # type: ignore[assignment]
        packet.stream = self._stream
        packet.time_base = self._info.time_base
        packet.is_keyframe = coded.key
        return packet

    def _note_error(self, packet: Packet[VideoStream], pts: int) -> None:
        """`mux` has rounded the packet's time to the container's time base: how far from the true time?"""
        written = (packet.pts or 0) * Fraction(packet.time_base)
        error = abs(written - pts * self._info.time_base)
        self.time_error = max(self.time_error, error)

    def _measure_shift(self) -> Fraction:
        """How much later everything is than in the source: some containers have no negative times."""
        with av.open(f"file:{self._partial}") as written:
            stream = written.streams.video[0]
            if self._first is None or stream.start_time is None or stream.time_base is None:
                return Fraction(0)
            shift = stream.start_time * stream.time_base - self._first * self._info.time_base
            return shift if abs(shift) > max(self.time_error, Fraction(1, 1000)) else Fraction(0)

    def _nominal_gap(self) -> int:
        return max(round(1 / (self._info.average_rate * self._info.time_base)), 1)
