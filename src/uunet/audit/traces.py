"""What a file tells beside its pictures and its sound: tags, chapters, data, thumbnails, banners, Exif."""

from __future__ import annotations

import mmap
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from uunet.bitstream import CODECS, UUID, is_annexb, length_size
from uunet.errors import AuditError, MessageError
from uunet.units import nal_units, obu_type, obus, unescape
from uunet.video import image_codec

_CONVENTIONAL = {b"und", b"VideoHandler", b"SoundHandler", b"DataHandler", b"[0][0][0][0]", b"FFMP"}
_FORMAT_TAGS = {"major_brand", "minor_version", "compatible_brands", "duration", "DURATION"}
_BANNER = re.compile(
    rb"(?:Lav[cf]\d|x26[45] - core|x265 \(|SVT-AV1|libaom|GoPro|HandBrake|Adobe|Photoshop)[ -~]{0,40}"
)
_TEXT = re.compile(rb"[ -~]{6,}")
_OF_THE_SOUND = "of the sound's encoder"
_LONGEST = 4096  # bytes of a data packet or a picture that are kept: enough to find it again


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that a file tells.

    Attributes:
        kind: what it is: `container tag`, `stream tag`, `chapter`, `cover picture`, `data stream`,
            `attachment`, `user data in the video`, `banner`, `image segment`.
        name: of the tag, the codec, the segment; of a banner, whose it is, where that is known.
        value: its bytes, cut to 4096.
    """

    kind: str
    name: str
    value: bytes

    def shown(self) -> str:
        """For people: one line, without what can't be printed."""
        text = self.value[:60].decode("ascii", "replace")
        what = f"{self.kind} {self.name}".strip()
        return f"{what}: " + "".join(c if c.isprintable() else "." for c in text)


def traces(path: Path) -> list[Trace]:
    """Everything that a file tells, but for what every file of its format has.

    Args:
        path: a video, or an image (.png, .jpg).

    Raises:
        AuditError: it can't be read.
    """
    try:
        still = image_codec(path)
        found = list(_of_image(still, path.read_bytes()) if still else _of_video(path))
        with _mapped(path) as data:
            banners = Counter(match[0] for match in _BANNER.finditer(data))
    except (av.FFmpegError, OSError, MessageError, IndexError) as error:
        raise AuditError(f"{path} can't be read: {error}", "give a video, a PNG or a JPEG") from error
    known = Counter(trace.value for trace in found if trace.name == _OF_THE_SOUND)
    found += [Trace("banner", "", text) for text in sorted(banners - known)]
    return [trace for trace in found if trace.value and trace.value not in _CONVENTIONAL]


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, which may be larger than the memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _of_video(path: Path) -> Iterator[Trace]:
    with av.open(str(path)) as source:
        yield from _tags("container tag", source.metadata)
        for chapter in source.chapters():
            yield from (Trace("chapter", name, text.encode()) for name, text in chapter["metadata"].items())
        kinds: dict[int, str] = {}
        for stream in source.streams:
            yield from _tags("stream tag", stream.metadata)
            if stream.type == "attachment":
                content: Any = stream  # PyAV's stubs don't tell streams apart by `type`
                yield Trace("attachment", str(content.name), bytes(content.data or b"")[:_LONGEST])
            kinds[stream.index] = _kind(stream)
            if stream.type == "audio":
                yield from _of_sound(stream.codec_context.extradata or b"")
        for packet in source.demux():
            kind = kinds.get(packet.stream_index, "sound") if packet.size else "nothing"
            if kind == "video":
                yield from _user_data(source.streams[packet.stream_index].codec_context, bytes(packet))
            elif kind == "audio":
                yield from _of_sound(bytes(packet))
            elif kind in ("cover picture", "data stream"):
                yield Trace(kind, "", bytes(packet)[:_LONGEST])


def _of_sound(coded: bytes) -> Iterator[Trace]:
    """What encoded a sound stands inside its packets: whoever copies sound copies that."""
    return (Trace("banner", _OF_THE_SOUND, text) for text in _BANNER.findall(coded))


def _kind(stream: Any) -> str:
    if stream.type == "video":
        return "cover picture" if stream.disposition & av.stream.Disposition.attached_pic else "video"
    return "data stream" if stream.type == "data" else str(stream.type)


def _tags(kind: str, metadata: dict[str, str]) -> Iterator[Trace]:
    for name, text in metadata.items():
        if name not in _FORMAT_TAGS:
            yield Trace(kind, name, text.encode())


def _user_data(codec: Any, packet: bytes) -> Iterator[Trace]:
    """The texts in SEI messages and metadata OBUs that are not ours."""
    name = str(codec.name).removeprefix("lib").replace("dav1d", "av1")
    if name not in CODECS:
        return
    for unit in _metadata_units(name, codec.extradata, packet):
        if UUID not in unit:
            yield from (Trace("user data in the video", name, text) for text in _TEXT.findall(unit))


def _metadata_units(codec: str, headers: bytes | None, packet: bytes) -> Iterator[bytes]:
    if codec == "av1":
        for unit in obus(packet):
            if obu_type(packet[unit.start]) == 5:
                yield packet[unit.body : unit.stop]
        return
    for unit in nal_units(packet, is_annexb(codec, headers), length_size(codec, headers)):
        kind = packet[unit.body]
        if kind & 31 == 6 if codec == "h264" else kind >> 1 & 63 in (39, 40):
            yield unescape(packet[unit.body : unit.stop])


def _of_image(codec: str, data: bytes) -> Iterator[Trace]:
    """Segments of a JPEG, chunks of a PNG, but for those that hold the picture or are ours."""
    parts = _png_chunks(data) if codec == "png" else _jpeg_segments(data)
    for name, body in parts:
        if name != "uuNt" and not body.startswith((b"UU-Net\0", b"JFIF\0")):
            yield Trace("image segment", name, body[:_LONGEST])


_PICTURE_CHUNKS = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "pHYs", "sBIT", "cICP"}


def _png_chunks(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8].decode("ascii", "replace")
        if name not in _PICTURE_CHUNKS:
            yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def _jpeg_segments(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        marker = data[at + 1]
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            yield f"APP{marker - 0xE0}" if marker != 0xFE else "COM", data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def left(of: Iterable[Trace], public: Path) -> list[Trace]:
    """Those traces of an original that a public file still holds.

    A value of at least four bytes counts as held if it stands anywhere in the file, be it as it is or in
    UTF-16; a shorter one if the same tag has it; of pictures and data a piece out of the middle is enough.
    """
    told = {(trace.name, trace.value) for trace in traces(public)}
    with _mapped(public) as data:
        return [trace for trace in of if (trace.name, trace.value) in told or _stands_in(trace.value, data)]


def _stands_in(value: bytes, data: mmap.mmap) -> bool:
    if len(value) < 4:
        return False
    middle = value[len(value) // 2 - 16 :][:32] if len(value) > 64 else value
    wide = value.decode("utf-8", "replace").encode("utf-16-le")
    return any(data.find(piece) >= 0 for piece in (value, middle, wide))
