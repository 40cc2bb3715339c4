"""What goes from the source into the output untouched (sound, subtitles), and what is left behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from uunet.video.formats import VideoInfo
from uunet.video.headers import clean_header, is_font
from uunet.video.opening import is_cover, main_video, open_input

# Says how a file is built, not where, when, by whom or with what it was recorded.
_STRUCTURE = frozenset(
    {
        *("major_brand", "minor_version", "compatible_brands", "language", "variant_bitrate"),
        *("duration", "number_of_frames", "number_of_bytes", "bps", "rotate"),
    }
)
_MUXER_TAGS = frozenset({"encoder", "vendor_id", "handler_name"})  # named when stripped, useless when kept
_KEPT_DISPOSITION = Disposition.default | Disposition.forced | Disposition.hearing_impaired

Span = tuple[Fraction | None, Fraction | None]
"""From and to, in seconds of the source's time; None is open."""


class Passthrough:
    """Copies packets of the source's other streams into an output, up to a time at a time.

    Attributes:
        stripped: names (never values) of what was left behind on purpose.
        dropped: what could not be kept, in words.
    """

    def __init__(
        self,
        info: VideoInfo,
        output: OutputContainer,
        *,
        keep_metadata: bool,
        keep_sound: bool,
        span: Span = (None, None),
    ) -> None:
        self._output = output
        self._span = span
        self._keep = keep_metadata
        self._kinds = ["audio", "subtitle"] if keep_sound else []
        self._kinds += ["data", "attachment"] if keep_metadata else []
        self._copies: dict[int, Stream] = {}
        self.stripped: list[str] = []
        self.dropped: list[str] = []
        self._input: InputContainer = open_input(info.path)
        self._video = main_video(self._input)
        self._tags("", self._input.metadata, output.metadata)
        for stream in self._input.streams:
            self._plan(stream)
        chapters = self._input.chapters()
        if chapters and keep_metadata:
            output.set_chapters(chapters)
        elif chapters:
            self.stripped.append(f"{len(chapters)} chapters")
        self._packets = self._demux()
        self._waiting: Packet[Stream] | None = None

    def copy_video_tags(self, target: Stream) -> None:
        """Tags of the video stream itself, onto the output's."""
        if self._video is not None:
            self._tags("video: ", self._video.metadata, target.metadata)

    def copy_until(self, time: Fraction | None) -> None:
        """Muxes every packet that is due before `time` (seconds); all that is left for None."""
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                return
            if time is not None and _due(packet) >= time:
                self._waiting = packet
                return
            packet.stream = self._copies[packet.stream_index]
            self._output.mux(packet)

    def close(self) -> None:
        """Closes the source."""
        self._input.close()

    def _demux(self) -> Iterator[Packet[Stream]]:
        sources = [s for s in self._input.streams if s.index in self._copies]
        if not sources:
            return
        start, stop = self._span
        try:
            for packet in self._input.demux(sources):
                if not packet.size or packet.is_corrupt:
                    continue
                if packet.dts is None:
                    packet.dts = packet.pts
                if packet.dts is None:
                    continue
                time = _due(packet)
                if (start is None or time >= start) and (stop is None or time < stop):
                    yield packet
        except (av.error.InvalidDataError, EOFError):
            self.dropped.append("sound and subtitles after the damage")

    def _plan(self, stream: Stream) -> None:
        if stream is self._video:
            return
        name = _name(stream)
        if (
            stream.type in self._kinds
            and not is_cover(stream)
            and (stream.type != "attachment" or is_font(stream))
        ):
            self._copy(stream, name)
        else:
            # Pictures beside the video (covers, thumbnails, a second camera, whatever is attached and is no
            # font) show what the video hides, so that they are left behind even where metadata is kept.
            self.stripped.append(name)

    def _copy(self, stream: Stream, name: str) -> None:
        if not _fits(stream, self._output.format.name):
            self.dropped.append(f"{name}: the output's container can't hold it")
            return
        target = self._output.add_stream_from_template(stream, opaque=True)
        target.metadata.clear()
        self._clean_header(stream, target, name)
        self._tags(f"{name}: ", stream.metadata, target.metadata)
        target.disposition = stream.disposition & _KEPT_DISPOSITION
        if stream.type != "attachment":  # an attachment is in the header: there are no packets to copy
            self._copies[stream.index] = target

    def _clean_header(self, stream: Stream, target: Stream, name: str) -> None:
        """What a codec's own header tells besides how to decode, pictures among it, stays behind."""
        header = stream.codec_context.extradata if stream.codec_context is not None else None
        if not header:
            return
        clean = clean_header(stream.codec_context.name, header)
        if clean != header:
            target.codec_context.extradata = clean
            self.stripped.append(f"{name}: comments in its header")

    def _tags(self, prefix: str, source: dict[str, str], target: dict[str, str]) -> None:
        """Copies tags, or only the language, and notes the names of the others."""
        for key, value in source.items():
            name = key.lower()
            if name == "language" or (self._keep and name not in _STRUCTURE | _MUXER_TAGS):
                target[key] = value
            elif name not in _STRUCTURE and not name.startswith("_statistics"):
                self.stripped.append(prefix + name)


def _fits(stream: Stream, muxer: str) -> bool:
    """Whether a container takes a stream; some say so only when asked for a header, hence a trial."""
    try:
        with av.open(io.BytesIO(), "w", format=muxer) as trial:
            trial.add_stream_from_template(stream, opaque=True)
            trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _due(packet: Packet[Stream]) -> Fraction:
    return (packet.dts or 0) * Fraction(packet.time_base)


def _name(stream: Stream) -> str:
    codec = stream.codec_context.name if stream.codec_context is not None else ""
    kind = "cover picture" if is_cover(stream) else stream.type
    return f"{kind} stream {stream.index}" + (f" ({codec})" if codec else "")
