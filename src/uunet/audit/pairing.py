"""The frames of an original and of what was published of it, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest

from uunet.errors import AuditError
from uunet.hiding import reveal
from uunet.listening import Revealed
from uunet.types import RawFrame
from uunet.video import Codec, PublicReader, RawReader, VideoInfo

_WORKING: dict[str, Codec] = {
    "h264": "h264",
    "hevc": "hevc",
    "av1": "av1",
    "ffv1": "ffv1",
    "png": "png",
    "mjpeg": "jpeg",
}
"""FFmpeg's names of what `deidentify` writes, as it calls them: who compares works in the same format."""


def working_codec(info: VideoInfo) -> Codec:
    """What the original has to be read for, to have the planes of the public file; H.264's for others."""
    return _WORKING.get(info.codec, "h264")


def together(raw: RawReader, public: PublicReader, pair: str) -> Iterator[tuple[RawFrame, Revealed]]:
    """The frames of both files in order, with what the public file's messages say of them.

    Args:
        raw: of the original, opened for `working_codec`.
        public: of what was published of it.
        pair: of the models that made it.

    Raises:
        AuditError: the pictures have another size, or one file has more frames, unless it breaks off.
        MessageError: see `hiding.reveal`.
    """
    if public.info.size != raw.info.size:
        sizes = [f"{width}x{height}" for width, height in (public.info.size, raw.info.size)]
        raise AuditError(
            f"{public.info.path} is {sizes[0]} and {raw.info.path} {sizes[1]}: another size",
            "give a file and what was published of it, neither scaled nor cropped",
        )
    for frame, found in zip_longest(raw, chain.from_iterable(reveal(public, pair))):
        if frame is None or found is None:
            if (raw if frame is None else public).damage is not None:
                return
            longer, shorter = (public, raw) if frame is None else (raw, public)
            raise AuditError(
                f"{longer.info.path} has more frames than {shorter.info.path}: not the same number",
                "give a file and what was published of it, uncut",
            )
        yield frame, found
