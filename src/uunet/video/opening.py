"""Opening an input: what can't be a video is refused here, what breaks off is recognised here."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from uunet.errors import InputError

PATTERN = re.compile(r"%0?(\d*)d")
"""What stands for the number in the name of an image sequence."""

_NETWORK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # as pathlib leaves an address
_TS_PACKETS = (188, 192, 204)  # plain, with a time code (M2TS), with error correction


_TOLERANT: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)  # PyAV 19 takes tags that are no UTF-8 as they come


def open_input(path: Path) -> InputContainer:
    """Opens a file, or an image sequence by its pattern.

    Raises:
        InputError: it is missing, a folder, empty, or nothing that FFmpeg knows.
    """
    options = {}
    if PATTERN.search(path.name):
        options["start_number"] = str(first_number(path))  # FFmpeg alone looks for 0 to 4 only
    else:
        if _NETWORK.match(str(path)) and not path.exists():
            raise InputError(f"{path} is not a file: network streams are not read", "record or copy it first")
        if not path.exists():
            raise InputError(f"{path} does not exist", "check the path")
        if path.is_dir():
            raise InputError(f"{path} is a folder", "give a file, or a pattern such as frame_%04d.png")
        if path.is_file() and path.stat().st_size == 0:
            raise InputError(f"{path} is empty", "the recording or the copy may have failed")
    try:
        # "file:" keeps a name such as "tcp:x" from being a protocol; the whitelist keeps a play list in a
        # hostile file from reaching the network
        whitelist = {"protocol_whitelist": "file,crypto,data"}
        opened: InputContainer = av.open(
            f"file:{path}", options=options, container_options=whitelist, **_TOLERANT
        )
        return opened
    except PermissionError as error:
        raise InputError(f"{path} may not be read", "check its permissions") from error
    except FileNotFoundError as error:
        raise InputError(f"no file matches {path}", "check the path and the pattern") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a video that FFmpeg can open ({reason_of(error)})",
            "it may be damaged, cut off before its index (MP4), or no video at all",
        ) from error


def first_number(path: Path) -> int:
    """The lowest number of an image sequence that is there; 0 if there is none."""
    return min(sequence_files(path), default=0)


def sequence_files(path: Path) -> dict[int, Path]:
    """The files of an image sequence that are there, by number."""
    before, width, after = PATTERN.split(path.name, maxsplit=1)
    digits = re.compile(re.escape(before) + rf"(\d{{{width or 1},}})" + re.escape(after))
    files = path.parent.iterdir() if path.parent.is_dir() else ()
    return {int(match[1]): file for file in files if (match := digits.fullmatch(file.name))}


def main_video(container: InputContainer) -> VideoStream | None:
    """The first video stream that is not a cover picture."""
    return next((s for s in container.streams.video if not is_cover(s)), None)


def is_cover(stream: Stream) -> bool:
    """Whether a stream is a still picture beside the video."""
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def what_is_missing(container: InputContainer, path: Path, end: Fraction, last_byte: int) -> str | None:
    """Why a file whose packets have all been read must have been cut off; None if nothing says so.

    Most demuxers take a file that was cut off for one that ends: its header or its form tells more.

    Args:
        container, path: the file.
        end: the latest end of any packet, seconds.
        last_byte: where the last packet ends in the file.
    """
    if not path.is_file():  # an image sequence
        return None
    size, name = path.stat().st_size, container.format.name
    if name.startswith("mov,"):
        reach = [entry.pos + entry.size for s in container.streams for entry in s.index_entries]
        return "the file is shorter than its index says" if reach and max(reach) > size else None
    if name == "mpegts":
        whole = any(size % packet == 0 for packet in _TS_PACKETS)
        return None if whole else "it ends within a transport packet"
    if name == "gif":
        with path.open("rb") as file:
            file.seek(max(size - 64, 0))
            ends = file.read().rstrip(b"\0").endswith(b";")
        return None if ends and size - last_byte < 4096 else "there is no end mark after its last picture"
    if name in ("matroska,webm", "flv") and container.duration:
        promised = Fraction(container.duration, av.time_base)
        lacking = promised - end + min(Fraction(container.start_time or 0, av.time_base), Fraction(0))
        if lacking > Fraction(1, 10) and lacking * 200 > promised:
            return f"its header promises {float(promised):.2f} s"
    return None


def reason_of(error: BaseException) -> str:
    """What the operating system or FFmpeg says, in lower case."""
    return (getattr(error, "strerror", None) or str(error)).lower()
