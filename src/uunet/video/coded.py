"""Coded video without decoding it: its pictures' user data and digests, and copies with other user data."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypedDict, cast

import av
import av.error
from av.container import Flags as ContainerFlags
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from uunet import bitstream
from uunet.bitstream import is_annexb, length_size
from uunet.errors import MessageError, NoCarrierError, OutputError
from uunet.fingerprint import parameter_sets, parameter_sets_of_headers, picture_digest
from uunet.video.containers import container_by_suffix
from uunet.video.opening import main_video, open_input
from uunet.video.partial import named, reserve, settle
from uunet.video.source import DECODERS

Change = Callable[[tuple[bytes, ...]], Sequence[bytes]]
"""From the payloads beside a picture to those that shall be there."""


class _Framing(TypedDict):
    annexb: bool
    length_size: int


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """One picture as it is in the file.

    Attributes:
        pts: presentation time in units of the stream's time base.
        end: when it is no longer shown, as far as the file says.
        payloads: user data of ours beside it.
        digest: see `fingerprint.picture_digest`.
        parameters: the parameter sets in the stream's headers and with this picture.
    """

    pts: int
    end: int
    payloads: tuple[bytes, ...]
    digest: bytes
    parameters: frozenset[bytes]


class CodedReader:
    """The coded pictures of a file, in decoding order. One pass, inside `with`.

    Attributes:
        time_base: of the pts.

    Raises:
        InputError: no video; NoCarrierError: one whose codec has no place for user data.
    """

    def __init__(self, path: Path) -> None:
        self._input = open_input(path)
        stream = main_video(self._input)
        codec = None if stream is None else DECODERS.get(stream.codec_context.name)
        if stream is None or codec not in bitstream.CODECS:
            self._input.close()
            raise NoCarrierError(
                f"{path} is no H.264, HEVC or AV1 video",
                "evidence stands in public files of these codecs only",
            )
        self.codec: str = codec
        self.time_base = Fraction(stream.time_base or Fraction(1, 1000))
        self._stream = stream
        self._headers = stream.codec_context.extradata
        self._framing = _Framing(
            annexb=is_annexb(codec, self._headers), length_size=length_size(codec, self._headers)
        )

    def __enter__(self) -> CodedReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._input.close()

    def __iter__(self) -> Iterator[CodedPicture]:
        outside = parameter_sets_of_headers(self.codec, self._headers)
        for packet in _packets(self._input, [self._stream]):
            data = bytes(packet)
            try:
                payloads = bitstream.extract(self.codec, data, **self._framing)
                digest = picture_digest(self.codec, data, **self._framing)
                inside = parameter_sets(self.codec, data, **self._framing)
            except MessageError:  # damaged: a picture that fits no statement
                payloads, digest, inside = (), b"", frozenset()
            pts = packet.pts or 0
            yield CodedPicture(pts, pts + (packet.duration or 0), payloads, digest, outside | inside)

    def copy_to(self, output: OutputContainer, other: Change) -> None:
        """Every stream, its tags and its packets, with other payloads beside the pictures."""
        output.flags |= cast(int, ContainerFlags.bitexact.value)  # no muxer's banner, no date
        output.metadata.update(self._input.metadata)
        targets: dict[int, Stream] = {}
        for stream in self._input.streams:
            target = output.add_stream_from_template(stream, opaque=True)
            target.metadata.update(stream.metadata)
            target.disposition = stream.disposition
            targets[stream.index] = target
        carrying = [s for s in self._input.streams if s.type != "attachment"]  # those are in the header
        for packet in _packets(self._input, carrying):
            copied = packet
            if packet.stream_index == self._stream.index:
                copied = Packet(bitstream.replace(self.codec, bytes(packet), other, **self._framing))
                copied.pts, copied.dts, copied.duration = packet.pts, packet.dts, packet.duration
                copied.time_base, copied.is_keyframe = packet.time_base, packet.is_keyframe
            copied.stream = targets[packet.stream_index]
            output.mux(copied)


def copy_with_payloads(source: Path, target: Path, other: Change, check: Callable[[], None]) -> None:
    """A copy of a file in which other user data stand beside the pictures; not a picture is touched.

    Args:
        source: a public file.
        target: of the same suffix. It appears only when it is complete.
        other: is called for each picture, in decoding order.
        check: is called after all of them, and may refuse what they came to: there is no output then.

    Raises:
        NoCarrierError: no H.264, HEVC or AV1 video.
        OutputError: the target can't be written.
        MessageError: a picture that can't be read.
    """
    if source.suffix.lower() != target.suffix.lower():
        raise OutputError(
            f"{target} has another suffix than {source}", "the container stays as it is: keep the suffix"
        )
    with CodedReader(source) as reader:
        container = container_by_suffix(target)
        partial = reserve(target, source)
        try:
            with named(target):
                options = container.options_for(reader.time_base)
                with av.open(
                    f"file:{partial}", "w", format=container.muxer, container_options=options
                ) as output:
                    reader.copy_to(output, other)
            check()
            with named(target):
                partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        finally:
            settle(partial)


def _packets(container: InputContainer, streams: Sequence[Stream]) -> Iterator[Packet[Stream]]:
    """Up to the end, or to the damage: what is missing then shows in the chain of statements."""
    with contextlib.suppress(av.error.FFmpegError, EOFError, OSError):
        for packet in container.demux(list(streams)):
            if packet.size and not packet.is_corrupt:
                yield packet
