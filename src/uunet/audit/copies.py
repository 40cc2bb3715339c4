"""What is left of a public file once somebody has encoded it again: of its messages, and of its faces."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from uunet.audit.likeness import SIDE, difference
from uunet.audit.pairing import working_codec
from uunet.geometry import crop
from uunet.hiding import reveal
from uunet.listening import Revealed
from uunet.masking import is_reversible, unmask
from uunet.models import Restorer
from uunet.types import WINDOW, RawFrame
from uunet.video import EncodeSettings, PublicReader, RawReader, RawWriter

FRAMES = 5 * WINDOW
"""How much of the file is encoded again: its beginning, about ten seconds."""

_EVERY = 12  # frames from one whose faces are restored to the next
_LEAST = 24  # pixels of a region below which its restoration is not measured

WAYS: dict[str, EncodeSettings] = {
    "H.264 crf 23": EncodeSettings("h264", crf=23, preset="medium"),
    "H.264 crf 28": EncodeSettings("h264", crf=28, preset="medium"),
    "HEVC crf 28": EncodeSettings("hevc", crf=28),
    "AV1 crf 35": EncodeSettings("av1", crf=35),
}
"""How services encode what is sent to them; what stands beside the pictures is gone then."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What is left in one copy.

    Attributes:
        way: how it was encoded.
        frames: how many.
        readable: of them, whose message can still be read.
        regions: whose restoration was measured; 0 without a decoder.
        psnr: of the middle of restored faces against the original's, median, dB; None if there are none.
    """

    way: str
    frames: int
    readable: int
    regions: int
    psnr: float | None


def copies(public: Path, original: Path, pair: str, restorer: Restorer | None) -> list[Copy]:
    """Encode the beginning of a public file again in each of WAYS, and read and restore what comes out.

    Args:
        public, original: with the same frames.
        pair: of the models that made the file.
        restorer: U_d of the pair; None leaves restoration out.

    Raises:
        UUNetError: a file can't be read, or a copy not be written.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for way, settings in WAYS.items():
            path = Path(folder) / "copy.mkv"
            _encode(public, path, settings)
            found.append(_measured(way, path, original, pair, restorer))
            path.unlink()
    return found


def _encode(public: Path, target: Path, settings: EncodeSettings) -> None:
    """As somebody who knows nothing of messages would: pictures alone."""
    with (
        PublicReader(public, codec=settings.codec) as reader,
        RawWriter(target, reader.info, settings, copy_streams=False) as writer,
    ):
        shown = (RawFrame(f.picture, f.index, f.pts) for f in islice(reader, FRAMES))
        while window := list(islice(shown, WINDOW)):
            writer.write([reader.prepared(frame) for frame in window])
        writer.commit()


def _measured(way: str, copy: Path, original: Path, pair: str, restorer: Restorer | None) -> Copy:
    frames = readable = 0
    quality: list[float] = []
    with PublicReader(copy) as reader, RawReader(original, codec=working_codec(reader.info)) as raw:
        for frame, told in zip(raw, chain.from_iterable(reveal(reader, pair)), strict=False):
            frames += 1
            readable += told.verdict in ("OK", "INCOMPLETE")
            if restorer is not None and frame.index % _EVERY == 0 and told.boxes:
                quality += _restored(frame, told, restorer, raw.info.rotation)
    psnr = float(np.median(quality)) if quality else None
    return Copy(way, frames, readable, len(quality), psnr)


def _restored(frame: RawFrame, told: Revealed, restorer: Restorer, rotation: int) -> Iterator[float]:
    """How near restored faces of a frame come to the original's, dB each."""
    restored = unmask(told.frame, told.boxes, restorer, rotation)
    for box in told.boxes:
        if is_reversible(box, max(restorer.card.smallest, _LEAST)):
            pictures = frame.picture, restored.picture
            x, r = (
                np.rint(crop(picture, box, SIDE, rotation) * 255).astype(np.uint8) for picture in pictures
            )
            yield difference(x, r)
