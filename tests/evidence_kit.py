"""A small sealed video, its parts taken apart and put together otherwise, and verdicts. Helpers, no tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet

from key_kit import ALICE, CAMERA, only
from kit import Kit
from uunet.bitstream import is_annexb, length_size
from uunet.evidence.atoms import Kind, kind_of
from uunet.evidence.chain import Chain
from uunet.evidence.opening import Keyring, Originals
from uunet.evidence.piece import Placed
from uunet.evidence.reading import windows
from uunet.evidence.sealing import Seal
from uunet.geometry import plane_slices
from uunet.keys.identity import SecretKey
from uunet.message import unwrap_evidence, wrap_evidence
from uunet.pipeline import deidentify
from uunet.types import WINDOW, Picture
from uunet.video import Codec, CodedReader, PublicReader, RawReader
from uunet.video.coded import copy_with_payloads

EXACT = Seal(only(ALICE), "exact", CAMERA)


def two_faces(path: Path, size: tuple[int, int], frames: int, down: int = 0) -> Path:
    """A face that walks to and fro in front of one that stands: tracks 0 and 1, which share pixels."""
    listed = {}
    for k in range(frames):
        step = abs(k % 64 - 32)
        listed[str(k)] = [[22.0 + step, 20 + down, 48 + step, 52 + down], [66.0, 34, 92, 66]]
    content = {"format": "uunet-boxes", "version": 1, "size": list(size), "frames": listed}
    path.write_text(json.dumps(content))
    return path


class SealedKit(Kit):
    """A clip with two faces, and sealed public files of it."""

    def __init__(self, folder: Path, windows: int = 2, **how: Any) -> None:
        super().__init__(folder, frames=windows * WINDOW, size=(96, 80), **how)  # too small for a mark: fast
        self.boxes = two_faces(folder / "boxes.json", self.size, windows * WINDOW)

    def publish(self, name: str, seal: Seal = EXACT, codec: Codec = "h264", **other: Any) -> Path:
        """The file of this name, made once."""
        target = self.folder / name
        if not target.exists():
            deidentify(self.source, target, self.options(codec, seal=seal, **other))
        return target


# --- verdicts ------------------------------------------------------------------------------------------


def verdicts(path: Path, publisher: bytes | None = None) -> tuple[list[str], bool]:
    """What is said of each window, and whether the signed end is there."""
    chain = Chain(publisher)
    return [" ".join(chain.judge(window).words) for window in windows(path)], chain.complete


@dataclass
class Opened:
    """What keys open: by track how many regions, all compared with the camera's; and why others did not."""

    exact: dict[int, int]
    refusals: dict[str, int]
    hints: list[str]


def opened(
    public: Path, camera: Path, keyring: Keyring, tracks: frozenset[int] | None = None, *, shift: int = 0
) -> Opened:
    """Opens all frames and holds every sample against the camera's; `shift` frames are missing in front."""
    originals, exact = Originals(public, keyring, tracks), dict[int, int]()
    with RawReader(camera) as raw, PublicReader(public) as frames:
        pictures = [frame.picture for frame in raw][shift:]
        for frame, wanted in zip(frames, pictures, strict=False):
            for original in originals.at(frame.pts, frame.picture):
                assert same_samples(wanted, original.placed, original.pixels)
                exact[original.track] = exact.get(original.track, 0) + (original.label == "exact")
    hints = [fault.hint for fault in originals.faults.values()]
    return Opened(exact, dict(originals.refusals), hints)


def same_samples(picture: Picture, placed: Placed, pixels: Sequence[Any]) -> bool:
    """Whether all samples that belong to a region are the picture's."""
    slices, owns = plane_slices(picture.layout, placed.box), placed.own(picture.layout)
    return all(
        np.array_equal(plane[where][own], crop[own])
        if own is not None
        else np.array_equal(plane[where], crop)
        for plane, where, own, crop in zip(picture.planes, slices, owns, pixels, strict=True)
    )


def ring(*keys: SecretKey) -> Keyring:
    return Keyring(keys)


# --- taking apart ----------------------------------------------------------------------------------------


@dataclass
class Part:
    """A packet of the video."""

    data: bytes
    pts: int
    dts: int
    key: bool


def parts_of(path: Path) -> list[list[Part]]:
    """The packets of each window, times from its first frame on."""
    with CodedReader(path) as reader:
        heads = [Kind.HEADER in map(kind_of, unwrap_evidence(picture.payloads)[0]) for picture in reader]
    found: list[list[Part]] = []
    with av.open(str(path)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
    for packet, head in zip(packets, heads, strict=True):
        if head:
            found.append([])
        found[-1].append(Part(bytes(packet), packet.pts or 0, packet.dts or 0, packet.is_keyframe))
    for window in found:
        start = min(part.pts for part in window)
        for part in window:
            part.pts, part.dts = part.pts - start, part.dts - start
    return found


def put_together(like: Path, target: Path, groups: Sequence[Sequence[Part]]) -> Path:
    """A file like another one, of these windows one after the other."""
    with av.open(str(like)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0], opaque=True)
        base = old.streams.video[0].time_base
        assert base is not None
        frame, start = round(1 / (25 * base)), 0
        for group in groups:
            for part in group:
                packet = Packet(part.data)
                packet.pts, packet.dts, packet.time_base = part.pts + start, part.dts + start, base
                packet.is_keyframe, packet.duration, packet.stream = part.key, frame, stream
                new.mux(packet)
            start += WINDOW * frame
    return target


def with_atoms(source: Path, target: Path, change: Callable[[int, list[bytes]], Sequence[bytes]]) -> Path:
    """A copy in which the atoms beside each picture are others; `change` is told the window they are in."""
    number = -1

    def beside(payloads: tuple[bytes, ...]) -> tuple[bytes, ...]:
        nonlocal number
        atoms, others = unwrap_evidence(payloads)
        number += Kind.HEADER in map(kind_of, atoms)
        return (*others, *wrap_evidence(change(number, list(atoms))))

    copy_with_payloads(source, target, beside, lambda: None)
    return target


def moved(source: Path, target: Path, taken: dict[int, list[list[bytes]]]) -> Path:
    """A copy in which the atoms of some windows stand beside the pictures of others."""
    positions: dict[int, int] = {}

    def change(number: int, atoms: list[bytes]) -> list[bytes]:
        at = positions[number] = positions.get(number, -1) + 1
        return taken[number][at] if number in taken else atoms

    return with_atoms(source, target, change)


def atoms_of(path: Path) -> list[list[list[bytes]]]:
    """By window and picture."""
    found: list[list[list[bytes]]] = []

    def note(number: int, atoms: list[bytes]) -> list[bytes]:
        if number == len(found):
            found.append([])
        found[number].append(atoms)
        return atoms

    with_atoms(path, path.with_name(f"noted-{path.name}"), note)
    path.with_name(f"noted-{path.name}").unlink()
    return found


def framing(path: Path) -> dict[str, Any]:
    """How the packets of a file are framed, as `bitstream` wants to know it."""
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        name = {"libdav1d": "av1"}.get(context.name, context.name)
        return {
            "annexb": is_annexb(name, context.extradata),
            "length_size": length_size(name, context.extradata),
        }
