"""Whether anything could shine through a picture: FFmpeg gives every GIF an alpha channel, used or not."""

from __future__ import annotations

from pathlib import Path

import av.error

from uunet.errors import InputError
from uunet.video import VideoInfo
from uunet.video.formats import TRANSPARENCY
from uunet.video.opening import main_video, open_input

_CHEAP = ("gif", "png_pipe")  # to decode once more: what finds faces takes twenty times as long


def opaque_or_told(info: VideoInfo) -> tuple[str, ...]:
    """The notes of a video, without that of a transparency which none of its pixels has."""
    if TRANSPARENCY not in info.notes or info.container not in _CHEAP or not _opaque(info.path):
        return info.notes
    return tuple(note for note in info.notes if note != TRANSPARENCY)


def _opaque(path: Path) -> bool:
    """Whether every pixel is; False where that can't be told."""
    try:
        with open_input(path) as container:
            stream = main_video(container)
            if stream is None:
                return False
            stream.thread_type = "AUTO"
            return all(
                frame.to_ndarray(format="bgra")[..., 3].min() == 255 for frame in container.decode(stream)
            )
    except (av.error.FFmpegError, OSError, InputError):
        return False
