"""A public file as whoever changes it sees it: coded frames, window by window, and what stands beside each.

No picture is decoded or coded again: what the file shows stays as it was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from uunet.bitstream import CODECS, UUID, extract, insert, is_annexb, length_size, strip_foreign
from uunet.message import unwrap
from uunet_lab.attacks.finding import AttackError

_DELAY = 16  # frames by which decoding is said to be ahead: no encoder reorders over more
_FOREIGN = bytes(byte ^ 0xFF for byte in UUID)


@dataclass(frozen=True, slots=True, eq=False)
class CodedFrame:
    """One frame.

    Attributes:
        data: the access unit (AV1: temporal unit), framed as in the file, without our user data.
        shown: its place in its window, in order of presentation, from 0.
        payloads: what stood beside it.
    """

    data: bytes
    shown: int
    payloads: tuple[bytes, ...]


Coded = list[CodedFrame]
"""A window, in order of decoding."""


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A public file in pieces.

    Attributes:
        path: the file, whose headers `save` copies.
        codec: one of `bitstream.CODECS`.
        headers: the codec's, as they stand outside the packets.
        step: seconds from frame to frame; `save` gives every frame the same.
        windows: in order.
    """

    path: Path
    codec: str
    headers: bytes
    step: Fraction
    windows: tuple[Coded, ...]

    @property
    def frames(self) -> int:
        """How many."""
        return sum(map(len, self.windows))


def load(path: Path) -> Film:
    """Take a public file to pieces.

    Raises:
        AttackError: it is no video, of a codec without user data, or no public file.
    """
    try:
        with av.open(str(path)) as source:
            stream = source.streams.video[0]
            codec, headers = stream.codec_context.name.removeprefix("lib"), stream.codec_context.extradata
            codec = "av1" if "av1" in codec else codec
            if codec not in CODECS:
                raise AttackError(f"{path} holds {codec}", "give an H.264, HEVC or AV1 file")
            step = 1 / Fraction(stream.average_rate or 25)
            packets = [(p.pts or 0, bytes(p)) for p in source.demux(stream) if p.size]
    except (av.FFmpegError, OSError, IndexError) as error:
        raise AttackError(f"{path} can't be read as a video", "give a file that uunet published") from error
    annexb, size = is_annexb(codec, headers), length_size(codec, headers)
    told = [extract(codec, data, annexb=annexb, length_size=size) for _, data in packets]
    begins = [i for i, payloads in enumerate(told) if unwrap(payloads).packets]
    if not begins or begins[0]:
        raise AttackError(f"{path} has no messages beside its frames", "give a file that uunet published")
    windows = []
    for begin, end in zip(begins, [*begins[1:], len(packets)], strict=True):
        order = sorted(pts for pts, _ in packets[begin:end])
        windows.append(
            [
                CodedFrame(_bare(codec, data, annexb, size), order.index(pts), payloads)
                for (pts, data), payloads in zip(packets[begin:end], told[begin:end], strict=True)
            ]
        )
    return Film(path, codec, headers or b"", step, tuple(windows))


def save(film: Film, windows: Sequence[Coded], target: Path) -> None:
    """Write windows, of this film or another with the same headers, as one file: the inverse of `load`.

    Args:
        film: whose headers the file gets.
        windows: in any order, any number of times, with frames left out at will.
        target: a .mkv file.
    """
    annexb, size = is_annexb(film.codec, film.headers), length_size(film.codec, film.headers)
    base = Fraction(1, 1000)
    with av.open(str(film.path)) as source, av.open(str(target), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0], opaque=True)
        decoded = first = 0
        for window in windows:
            places = sorted(frame.shown for frame in window)
            for frame in window:
                data = insert(film.codec, frame.data, frame.payloads, annexb=annexb, length_size=size)
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, base
                packet.pts = round((first + places.index(frame.shown)) * film.step / base)
                packet.dts = round((decoded - _DELAY) * film.step / base)
                packet.is_keyframe = frame is window[0]
                output.mux(packet)
                decoded += 1
            first += len(window)


def with_payloads(window: Coded, payloads: Sequence[tuple[bytes, ...]]) -> Coded:
    """The window with other things beside its frames, in order of presentation."""
    return [CodedFrame(frame.data, frame.shown, payloads[frame.shown]) for frame in window]


def payloads_of(window: Coded) -> list[tuple[bytes, ...]]:
    """What stands beside the frames of a window, in order of presentation."""
    return [frame.payloads for frame in sorted(window, key=lambda frame: frame.shown)]


def _bare(codec: str, data: bytes, annexb: bool, size: int) -> bytes:
    """Without our user data: once it no longer begins with our UUID, it is foreign."""
    renamed = data.replace(UUID, _FOREIGN)
    return strip_foreign(codec, renamed, annexb=annexb, length_size=size)
