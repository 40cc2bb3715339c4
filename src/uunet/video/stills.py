"""Image files: user data and orientation in PNG chunks and JPEG segments."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from uunet.errors import OutputError
from uunet.video.encoder import Coded, Encoder
from uunet.video.formats import Codec
from uunet.video.muxer import Payloads
from uunet.video.opening import PATTERN, first_number
from uunet.video.partial import named, reserve, settle

_SUFFIXES: dict[str, Codec] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_CHUNK = b"uuNt"  # PNG: ancillary, private, may be copied by editors that don't know it
_APP = 0xEF  # JPEG: application segment 15
_NAME = b"UU-Net\0"
_ORIENTATION = {1: 8, 2: 3, 3: 6}  # quarter turns counter-clockwise → Exif (0x0112)
_PNG_HEADER = 8 + 25  # signature and IHDR


def image_codec(path: Path) -> Codec | None:
    """What an image file is encoded with, by its suffix; None where the path does not name an image."""
    return _SUFFIXES.get(path.suffix.lower())


def insert(codec: str, image: bytes, payloads: Sequence[bytes], rotation: int = 0) -> bytes:
    """The image with user data in it, and with the orientation that makes it upright.

    Args:
        codec: "png" or "jpeg".
        image: a whole file.
        payloads: each up to 65,000 bytes.
        rotation: quarter turns counter-clockwise.

    Raises:
        OutputError: a payload is too long for a JPEG segment.
    """
    exif = _exif(_ORIENTATION[rotation]) if rotation else b""
    if codec == "png":
        chunks = [_png_chunk(b"eXIf", exif)] if exif else []
        chunks += [_png_chunk(_CHUNK, payload) for payload in payloads]
        return image[:_PNG_HEADER] + b"".join(chunks) + image[_PNG_HEADER:]
    segments = [_jpeg_segment(0xE1, b"Exif\0\0" + exif)] if exif else []
    segments += [_jpeg_segment(_APP, _NAME + payload) for payload in payloads]
    return image[:2] + b"".join(segments) + image[2:]


def extract(codec: str, image: bytes) -> tuple[bytes, ...]:
    """The payloads that `insert` put into an image, in their order; none from a damaged one."""
    if codec == "png":
        return tuple(data for kind, data in _png_chunks(image) if kind == _CHUNK)
    named_data = (data for marker, data in _jpeg_segments(image) if marker == _APP)
    return tuple(data[len(_NAME) :] for data in named_data if data.startswith(_NAME))


class ImageFiles:
    """The images of one output, in the place of `Muxer`: they lie beside their names until `finish`."""

    def __init__(self, path: Path, encoder: Encoder, mode: int) -> None:
        self._mode = mode
        self._path = path
        self._encoder = encoder
        self._files: list[tuple[Path, Path]] = []  # where it lies, what it will be called
        source = encoder.info.path
        self._first = first_number(source) if PATTERN.search(source.name) else 0
        self.stripped = ["metadata of the pictures, if any (Exif, text)"]
        self.dropped: list[str] = []
        self.time_error = self.time_shift = Fraction(0)
        reserve(path, source).unlink()  # says early what can't be written

    def add(self, packets: Sequence[Coded], pts: Sequence[int], payloads: Payloads) -> None:
        """Writes the images of a window under temporary names.

        Raises:
            OutputError: the disk is full; several images for one name.
        """
        del pts  # an image has no time
        info = self._encoder.info
        for coded in packets:
            number = len(self._files)
            if number and not PATTERN.search(self._path.name):
                raise OutputError(
                    f"{self._path.name} holds one picture only", "name a sequence, for example frame_%04d.png"
                )
            target = self._path
            if PATTERN.search(self._path.name):
                target = self._path.with_name(self._path.name % (self._first + number))
            data = insert(self._encoder.settings.stream, coded.data, payloads[coded.index], info.rotation)
            if (
                PATTERN.search(info.path.name)
                and target.exists()
                and target.parent.samefile(info.path.parent)
            ):
                raise OutputError(f"{target} may be one of the inputs", "write into another folder")
            partial = reserve(target, info.path, self._mode)
            self._files.append((partial, target))
            with named(target):
                partial.write_bytes(data)

    def finish(self, last_duration: int | None) -> None:
        """Gives the images their names.

        Raises:
            OutputError: there are none.
        """
        del last_duration
        if not self._files:
            raise OutputError("no frame was written", "the input may have no frames in this span")
        for partial, target in self._files:
            with named(target):
                partial.replace(target)
                settle(partial)

    def abort(self) -> None:
        """Removes what was written."""
        for partial, _ in self._files:
            partial.unlink(missing_ok=True)
            settle(partial)


def _exif(orientation: int) -> bytes:
    """A TIFF header with one entry: the orientation."""
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(image):
        (length,) = struct.unpack_from(">I", image, at)
        kind, data = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        check = image[at + 8 + length : at + 12 + length]
        if check == struct.pack(">I", zlib.crc32(kind + data)):
            yield kind, data
        at += 12 + length


def _jpeg_segment(marker: int, data: bytes) -> bytes:
    if len(data) > 65_533:
        raise OutputError(f"user data of {len(data)} bytes do not fit into a JPEG", "use PNG")
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _jpeg_segments(image: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(image) and image[at] == 0xFF and image[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", image, at + 2)
        yield image[at + 1], image[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
