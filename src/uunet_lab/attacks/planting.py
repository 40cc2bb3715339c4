"""Files that tell as much as files can: what the attack on metadata plants and then looks for.

Every planted text has the word PLANTED in it, and names of its own: no two are alike.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from uunet.bitstream import UUID, insert

Image = npt.NDArray[np.uint8]
"""RGB, (height, width, 3)."""

TAGS = {
    "title": "PLANTED title, front door",
    "comment": "PLANTED comment, camera 7",
    "artist": "PLANTED artist, J. Smith",
    "location": "+51.5007-000.1246/",
    "com.apple.quicktime.location.ISO6709": "+48.8584+002.2945+035.000/",
    "com.apple.quicktime.make": "PLANTED make",
    "com.apple.quicktime.model": "PLANTED model, serial 4711",
    "com.apple.quicktime.creationdate": "2024-05-06T09:08:07+0200",
    "creation_time": "2024-05-06T07:08:09.000000Z",
}
_STREAM_TAGS = {"handler_name": "PLANTED handler, GoPro AVC", "language": "eng"}
_FOREIGN = bytes(range(16, 32))  # the identifier of somebody else's user data
_RATE = 24


def plant_video(path: Path, pictures: Sequence[Image]) -> Path:
    """An H.264 file with everything that its container takes.

    Args:
        path: .mp4 (tags, chapters, a cover picture), .mov (tags of any name, chapters), .mkv (the same and an
            attachment), .ts (a data stream).
        pictures: of even width and height.
    """
    suffix = path.suffix
    options = {"movflags": "use_metadata_tags"} if suffix == ".mov" else {}  # then there is no cover
    with av.open(str(path), "w", container_options=options) as output:
        output.metadata.update(TAGS)
        video = _video_stream(output, pictures[0])
        sound = output.add_stream("aac", rate=48000)
        for stream in (video, sound):
            stream.metadata.update(_STREAM_TAGS)
        extra = output.add_data_stream("klv") if suffix == ".ts" else None
        if suffix == ".mkv":
            output.add_attachment("PLANTED-name.bin", "application/octet-stream", b"PLANTED attachment " * 9)
        cover = _cover_stream(output) if suffix == ".mp4" else None
        if suffix != ".ts":
            output.set_chapters([_chapter()])
        if cover is not None:
            _mux(output, cover, av.VideoFrame.from_ndarray(_thumbnail(), format="rgb24"))
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, _RATE)
            _mux(output, video, frame)
        _mux(output, video, None)
        _hum(output, sound, len(pictures) / _RATE)
        if extra is not None:
            packet = av.Packet(b"PLANTED telemetry 51.5007 -0.1246")
            packet.stream, packet.pts, packet.dts, packet.time_base = extra, 0, 0, Fraction(1, _RATE)
            output.mux(packet)
    return path


def _video_stream(output: Any, picture: Image) -> Any:
    stream = output.add_stream("libx264", rate=_RATE, options={"crf": "16", "preset": "veryfast"})
    stream.height, stream.width = picture.shape[:2]
    stream.pix_fmt = "yuv420p"
    return stream


def _cover_stream(output: Any) -> Any:
    stream = output.add_stream("png", rate=1)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "rgb24"
    stream.disposition = av.stream.Disposition.attached_pic
    return stream


def _thumbnail() -> Image:
    return np.random.default_rng(1).integers(0, 256, (32, 32, 3)).astype(np.uint8)


def _chapter() -> Any:
    title = {"title": "PLANTED chapter, burglary"}
    return {"id": 1, "start": 0, "end": 900, "time_base": Fraction(1, 1000), "metadata": title}


def _mux(output: Any, stream: Any, frame: Any) -> None:
    """Encode; beside every picture of a video stands the user data of a camera."""
    for packet in stream.encode(frame):
        if stream.codec_context.name == "libx264":
            data = insert("h264", bytes(packet), [b"PLANTED user data"], annexb=True)
            told = av.Packet(data.replace(UUID, _FOREIGN))
            told.stream, told.time_base = packet.stream, packet.time_base
            told.pts, told.dts, told.is_keyframe = packet.pts, packet.dts, packet.is_keyframe
            output.mux(told)
        else:
            output.mux(packet)


def _hum(output: Any, stream: Any, seconds: float) -> None:
    wave = np.sin(np.arange(int(48000 * seconds)) / 20).astype(np.float32) / 4
    for at in range(0, len(wave) - 1023, 1024):
        frame = av.AudioFrame.from_ndarray(np.stack([wave[at : at + 1024]] * 2), format="fltp")
        frame.sample_rate, frame.pts, frame.time_base = 48000, at, Fraction(1, 48000)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def plant_image(path: Path, picture: Image) -> Path:
    """A .jpg with Exif (device, place, thumbnail), XMP, IPTC and a comment, or a .png with the like."""
    coded = cv2.imencode(path.suffix, np.ascontiguousarray(picture[:, :, ::-1]))[1].tobytes()
    xmp = b"<x:xmpmeta>PLANTED XMP, author J. Smith</x:xmpmeta>"
    if path.suffix == ".png":
        chunks = [
            (b"eXIf", _exif()),
            (b"tEXt", b"Author\0PLANTED text, J. Smith"),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
            (b"tIME", struct.pack(">H5B", 2024, 5, 6, 7, 8, 9)),
        ]
        path.write_bytes(coded[:33] + b"".join(_chunk(*chunk) for chunk in chunks) + coded[33:])
        return path
    segments = [
        (0xE1, b"Exif\0\0" + _exif()),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp),
        (0xED, b"Photoshop 3.0\0PLANTED IPTC, caption"),
        (0xFE, b"PLANTED comment, gate 3"),
    ]
    told = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in segments)
    path.write_bytes(coded[:2] + told + coded[2:])
    return path


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _exif() -> bytes:
    """A TIFF header with make, model and a GPS directory (Exif 2.32, tables 4 and 15), a thumbnail after."""
    make, model = b"PLANTED make\0", b"PLANTED model, serial 4711\0"
    gps_at = 8 + 2 + 3 * 12 + 4
    texts_at = gps_at + 2 + 2 * 12 + 4
    first = struct.pack("<H", 3)
    first += struct.pack("<HHII", 0x010F, 2, len(make), texts_at)
    first += struct.pack("<HHII", 0x0110, 2, len(model), texts_at + len(make))
    first += struct.pack("<HHII", 0x8825, 4, 1, gps_at) + struct.pack("<I", 0)
    gps = struct.pack("<H", 2) + struct.pack("<HHI4s", 1, 2, 2, b"N\0\0\0")
    gps += struct.pack("<HHII", 2, 5, 3, texts_at + len(make) + len(model)) + struct.pack("<I", 0)
    degrees = struct.pack("<6I", 51, 1, 30, 1, 2520, 1000)
    thumbnail = cv2.imencode(".jpg", _thumbnail())[1].tobytes()
    return b"II*\0" + struct.pack("<I", 8) + first + gps + make + model + degrees + thumbnail
