"""Small videos of every kind, made on the spot with PyAV. Helpers of the video tests, no tests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

from uunet.types import WINDOW, PublicFrame, RawFrame
from uunet.video import Codec, EncodeSettings, PublicWriter, RawReader, VideoInfo, WriterReport

RGB = npt.NDArray[np.uint8]


def scene(index: int, size: tuple[int, int]) -> RGB:
    """A picture that differs in every frame: gradients, a moving bright square, a little noise."""
    width, height = size
    if width > 2000:  # 8K by tiles: what is in it does not matter, making it takes seconds
        tile = scene(index, (width // 8, height // 8))
        return np.ascontiguousarray(np.tile(tile, (8, 8, 1)))
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(index).integers(0, 6, (height, width))
    red = (x * 255 // max(width - 1, 1) + 3 * index) % 256
    green = (y * 200 // max(height - 1, 1) + noise) % 256
    blue = (x + y + 5 * index) % 256
    picture = np.stack([red, green, blue], axis=-1).astype(np.uint8)
    left = (4 * index) % max(width - 8, 1)
    picture[height // 3 : height // 3 + 8, left : left + 8] = (240, 230, 220)
    return np.ascontiguousarray(picture)


def video_frame(index: int, size: tuple[int, int], pixel_format: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(scene(index, size), format="rgb24")
    return frame.reformat(format=pixel_format) if pixel_format != "rgb24" else frame


def make_video(
    path: Path,
    *,
    frames: int = 12,
    size: tuple[int, int] = (64, 48),
    pixel_format: str = "yuv420p",
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    rate: int = 25,
    time_base: Fraction | None = None,
    pts: Sequence[int] | None = None,
    offset: int = 0,
    sound: float | None = None,
    sound_codec: str = "aac",
    subtitles: bool = False,
    setup: dict[str, Any] | None = None,
    rotation: int | None = None,
    tags: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    container: str | None = None,
) -> Path:
    """Writes a video, `sound` seconds of a tone beside it, and returns the path."""
    base = time_base or Fraction(1, rate)
    with av.open(str(path), "w", format=container, container_options=muxer or {}) as output:
        output.metadata.update(tags or {})
        stream = output.add_stream(codec, rate=rate, options=options or {})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = base
        stream.time_base = base
        for name, value in (setup or {}).items():
            setattr(stream.codec_context, name, value)
        if rotation is not None:
            stream.set_display_rotation(rotation)
        audio = output.add_stream(sound_codec, rate=48000) if sound else None
        text = output.add_mux_stream("subrip", time_base=Fraction(1, 1000)) if subtitles else None
        for index in range(frames):
            frame = video_frame(index, size, pixel_format)
            frame.pts = pts[index] if pts is not None else offset + index * round(1 / (rate * base))
            frame.time_base = base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if audio is not None and sound is not None:
            _tone(output, audio, sound, offset * base)
        if text is not None:
            _text(output, text)
    return path


def make_sound(path: Path) -> Path:
    """A file with a second of sound and no picture."""
    with av.open(str(path), "w") as output:
        _tone(output, output.add_stream("aac", rate=48000), 1.0, Fraction(0))
    return path


def _tone(output: Any, stream: Any, seconds: float, start: Fraction) -> None:
    time = np.arange(int(48000 * seconds)) / 48000
    wave = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    layout_format = stream.codec_context.format.name
    for at in range(0, len(wave), 1024):
        chunk = wave[at : at + 1024]
        frame = av.AudioFrame.from_ndarray(np.stack([chunk, chunk]), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        frame.pts = at + round(start * 48000)
        frame.time_base = Fraction(1, 48000)
        if layout_format != "fltp":
            frame = av.AudioResampler(format=layout_format, layout="stereo", rate=48000).resample(frame)[0]
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def _text(output: Any, stream: Any) -> None:
    for start in (0, 200):
        packet = av.Packet(b"hello %d" % start)
        packet.stream = stream
        packet.time_base = Fraction(1, 1000)
        packet.pts = packet.dts = start
        packet.duration = 150
        output.mux(packet)


def luma_of(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """The luma samples of an 8-bit frame, (height, width), by the layout of its memory."""
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(frame.height, -1)  # type: ignore[call-overload]
    step = 2 if frame.format.name == "yuyv422" else 1
    luma: npt.NDArray[np.uint8] = rows[:, : frame.width * step : step]
    return luma


def packets(path: Path, kind: str) -> list[tuple[Fraction, str]]:
    """Time and hash of every packet of the first stream of a kind."""
    found = []
    with av.open(str(path)) as source:
        stream = next(s for s in source.streams if s.type == kind)
        for packet in source.demux(stream):
            if packet.size:
                time = (packet.pts or 0) * Fraction(packet.time_base)
                found.append((time, hashlib.sha256(bytes(packet)).hexdigest()))
    return found


def times(path: Path) -> list[Fraction]:
    """Presentation times of every frame, seconds, by PyAV alone."""
    with av.open(str(path)) as source:
        base = source.streams.video[0].time_base or Fraction(1)
        return [(frame.pts or 0) * base for frame in source.decode(source.streams.video[0])]


def publish(frame: RawFrame, payloads: tuple[bytes, ...] = ()) -> PublicFrame:
    """What masking does, for tests in which nothing needs to be hidden."""
    return PublicFrame(frame.picture, frame.index, frame.pts, payloads)


SUFFIX: dict[Codec, str] = {
    "h264": ".mp4",
    "hevc": ".mp4",
    "av1": ".mp4",
    "ffv1": ".mkv",
    "h264-lossless": ".mov",
}


def transcode(
    source: Path, target: Path, settings: EncodeSettings | None = None, window: int = WINDOW, **options: Any
) -> tuple[list[PublicFrame], VideoInfo, WriterReport]:
    """Source to target, `window` frames at a time, user data `frame <n>` beside each."""
    settings = settings or EncodeSettings()
    sent = []
    with (
        RawReader(source, codec=settings.codec) as reader,
        PublicWriter(target, reader.info, settings, **options) as writer,
    ):
        for frame in reader:
            payloads = (b"frame %d" % frame.index,) if settings.takes_user_data else ()
            sent.append(publish(frame, payloads))
        for at in range(0, len(sent), window):
            writer.write(sent[at : at + window])
        return sent, reader.info, writer.commit(reader.last_duration)


def same_pictures(one: Sequence[PublicFrame | RawFrame], other: Sequence[PublicFrame | RawFrame]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b)
        for x, y in zip(one, other, strict=True)
        for a, b in zip(x.picture.planes, y.picture.planes, strict=True)
    )
