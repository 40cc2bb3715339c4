"""One input file, opened and decoded with PyAV: its properties, its frames in order, its damage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from uunet import bitstream
from uunet.cores import share
from uunet.errors import InputError, MessageError, TruncatedError
from uunet.types import WINDOW, Layout
from uunet.video import stills
from uunet.video.display import display_matrix, display_notes, read_display, side_data
from uunet.video.formats import (
    Codec,
    StreamInfo,
    VideoInfo,
    conversion_notes,
    frame_colour,
    make_layout,
    player_notes,
    working_colour,
    working_format,
)
from uunet.video.opening import is_cover, main_video, open_input, reason_of, what_is_missing
from uunet.video.times import rising

_RATE = Fraction(25)  # assumed where a file says nothing of its rate
_WANTED_PAYLOADS = 4 * WINDOW  # packets that wait for their frame; decoders reorder by 16 at most


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded frame, its time in the stream's time base, its duration if known, its user data."""

    frame: av.VideoFrame
    pts: int
    duration: int | None
    payloads: tuple[bytes, ...]


class Source:
    """The video stream of a file. `info` is complete after construction, `damage` after `frames`.

    `own` is how the decoder's own pixel format is to be read, `nearest` the working format that loses least
    of it; `info.layout` is the working format that suits what the output will be encoded with.
    """

    own: Layout
    nearest: Layout

    def __init__(self, path: Path, codec: Codec | None, threads: int | None, *, payloads: bool) -> None:
        self._path = path
        self._container = open_input(path)
        self.damage: TruncatedError | None = None
        self._payloads: dict[int, list[tuple[bytes, ...]]] = {}
        self._end = Fraction(0)  # the latest end of any packet, seconds
        self._last_byte = 0  # the last byte of any packet in the file
        self._started = False  # a good frame has come
        self._turns: int | None = None  # quarter turns of the first picture
        try:
            self._stream = self._find_stream(threads)
            self._extract = payloads and self._stream.codec_context.name in DECODERS
            self._iterator = self._decode()
            self._first = next(self._iterator, None)
            if self._first is None:
                raise InputError(f"{path} has no picture that can be decoded", _hint(self.damage))
            self.info = self._describe(self._first.frame, codec)
        except BaseException:
            self._container.close()
            raise

    def close(self) -> None:
        """Closes the file. May be called twice."""
        self._container.close()

    def frames(self) -> Iterator[Decoded]:
        """The frames up to the end or to the damage, pts strictly increasing."""
        first, self._first = self._first, None
        if first is not None:
            yield first
        yield from self._iterator

    def _find_stream(self, threads: int | None) -> VideoStream:
        if self._container.format.name == "tty":  # FFmpeg would draw a text file as pictures of letters
            raise InputError(f"{self._path} is a text file", "give a video")
        stream = main_video(self._container)
        if stream is None:
            found = ", ".join(sorted({s.type for s in self._container.streams})) or "no streams"
            raise InputError(f"{self._path} has no video (it has: {found})", "give a file with pictures")
        if stream.codec_context is None:
            raise InputError(
                f"{self._path} has a video stream of a codec that this FFmpeg lacks",
                "convert it to H.264 with the vendor's software",
            )
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads or share(4)
        return stream

    # --- decoding --------------------------------------------------------------------------------------

    def _decode(self) -> Iterator[Decoded]:
        """Frames with repaired pts; ends at the first damage and says so in `damage`."""
        last: int | None = None
        step = max(round(1 / ((self._stream.average_rate or _RATE) * self._time_base)), 1)
        for frame in self._raw_frames():
            raw = frame.pts if frame.pts is not None else frame.dts
            pts = raw if raw is not None else (0 if last is None else last + step)
            (last,) = rising([pts], last)
            payloads = self._beside(raw)
            yield Decoded(frame, last, frame.duration or None, payloads)

    def _beside(self, pts: int | None) -> tuple[bytes, ...]:
        """The user data of the next frame of this time; of frames of one time, one after another."""
        waiting = [] if pts is None else self._payloads.get(pts, [])
        found = waiting.pop(0) if waiting else ()
        if pts is not None and not waiting:
            self._payloads.pop(pts, None)
        return found

    def _raw_frames(self) -> Iterator[av.VideoFrame]:
        for frame in self._decoder_output():
            if not frame.is_corrupt:
                self._started = True
                self._refuse_turned(frame)
                yield frame
            elif self._started:
                self._damaged("a picture is damaged")
                return

    def _refuse_turned(self, frame: av.VideoFrame) -> None:
        """A picture turned otherwise than the first would be looked at, and shown, lying on its side."""
        turns = round(frame.rotation / 90) % 4
        if self._turns not in (None, turns):
            raise InputError(
                f"{self._path}: pictures are turned differently (Exif orientation): the first by "
                f"{90 * (self._turns or 0)} degrees, another by {90 * turns}",
                "turn them upright first, or do those of one orientation at a time",
            )
        self._turns = turns

    def _decoder_output(self) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            self._inspect(packet)
            try:
                yield from self._stream.decode(packet)
            except av.error.FFmpegError as error:
                if self._started:
                    self._damaged(reason_of(error))
                    break
                # else: a recording that begins between two keyframes
        try:
            yield from self._stream.decode(None)  # what the decoder's threads still hold
        except EOFError:
            return
        except av.error.FFmpegError as error:
            self._damaged(reason_of(error))

    def _packets(self) -> Iterator[Packet[Stream]]:
        """The video's packets up to the damage, which is noted."""
        held: Packet[Stream] | None = None  # the last packet of a file that was cut off is not to be trusted
        try:
            for packet in self._container.demux():
                if packet.stream_index != self._stream.index:
                    self._note_end(packet)
                elif packet.size and packet.is_corrupt:
                    self._damaged("a packet is incomplete")
                    break
                elif packet.size:
                    if held is not None:
                        yield held
                    held = packet
                    self._note_end(packet)
        except EOFError:
            pass
        except (av.error.FFmpegError, OSError) as error:
            self._damaged(reason_of(error))
        if self.damage is None:
            missing = what_is_missing(self._container, self._path, self._end, self._last_byte)
            if missing is not None:
                self._damaged(missing)
                return
        if held is not None:
            yield held

    def _inspect(self, packet: Packet[Stream]) -> None:
        if packet.has_sidedata("encryption_info"):
            raise InputError(f"{self._path} is encrypted", "decrypt it first, with the key of its maker")
        if not self._extract or packet.pts is None:
            return
        codec, headers = self._stream.codec_context.name, self._stream.codec_context.extradata
        codec = DECODERS[codec]
        try:
            found = (
                stills.extract(codec, bytes(packet))
                if codec in ("png", "jpeg")
                else bitstream.extract(
                    codec,
                    bytes(packet),
                    annexb=bitstream.is_annexb(codec, headers),
                    length_size=bitstream.length_size(codec, headers),
                )
            )
        except MessageError:  # a broken packet carries no message; the decoder judges the picture
            return
        if found:
            self._payloads.setdefault(packet.pts, []).append(found)
        while len(self._payloads) > _WANTED_PAYLOADS:
            self._payloads.pop(next(iter(self._payloads)))

    def _note_end(self, packet: Packet[Stream]) -> None:
        if packet.pts is not None and packet.size:
            end = (packet.pts + (packet.duration or 0)) * Fraction(packet.time_base)
            self._end = max(self._end, end)
        if packet.pos is not None and packet.size:
            self._last_byte = max(self._last_byte, packet.pos + packet.size)

    def _damaged(self, what: str) -> None:
        if self.damage is None:
            at = f" after {float(self._end):.2f} s" if self._end else ""
            self.damage = TruncatedError(
                f"{self._path} is damaged{at}: {what}",
                "what was before the damage is processed: get a complete copy, and do it again",
            )

    # --- description -----------------------------------------------------------------------------------

    @property
    def _time_base(self) -> Fraction:
        return self._stream.time_base or Fraction(1, 1000)

    def _describe(self, frame: av.VideoFrame, codec: Codec | None) -> VideoInfo:
        stream, container = self._stream, self._container
        size = (frame.width, frame.height)
        source_format = frame.format.name
        target = working_format(source_format, codec, size)
        colour = working_colour(frame, target, codec)
        self.own = make_layout(source_format, frame_colour(frame), size)
        nearest = working_format(source_format, None, size)
        self.nearest = make_layout(nearest, working_colour(frame, nearest), size)
        notes = [*conversion_notes(source_format, target), *player_notes(source_format, target, codec)]
        coder = stream.codec_context.codec.canonical_name
        display = read_display(frame, coder, stream.codec_context.field_order, side_data(frame))
        layout = make_layout(target, colour, size)
        if codec is not None:
            notes += display_notes(display, codec, layout.chroma_h, size)
        rate = Fraction(stream.average_rate or stream.guessed_rate or _RATE)
        duration = None
        if stream.duration:
            duration = stream.duration * self._time_base
        elif container.duration:
            duration = Fraction(container.duration, av.time_base)
        frames = stream.frames or (round(duration * rate) if duration else None)
        aspect = stream.sample_aspect_ratio
        return VideoInfo(
            path=self._path,
            container=container.format.name,
            codec=coder,
            source_format=source_format,
            size=size,
            layout=layout,
            time_base=self._time_base,
            average_rate=rate,
            rotation=round(frame.rotation / 90) % 4,
            display_matrix=display_matrix(frame),
            sample_aspect=Fraction(aspect) if aspect and aspect > 0 else None,
            colour=colour,
            frames=frames,
            duration=duration,
            display=display,
            streams=tuple(_stream_info(s) for s in container.streams if s is not stream),
            notes=tuple(notes),
        )


DECODERS = {  # of streams that can carry user data, by FFmpeg's names
    "h264": "h264",
    "hevc": "hevc",
    "av1": "av1",
    "libdav1d": "av1",
    "libaom-av1": "av1",
    "png": "png",
    "mjpeg": "jpeg",
}


def _stream_info(stream: Stream) -> StreamInfo:
    codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
    language = stream.metadata.get("language")
    return StreamInfo(stream.index, stream.type, codec, language, is_cover(stream))


def _hint(damage: TruncatedError | None) -> str:
    return f"{damage}" if damage else "the file has a video stream without frames"
