"""Transparency is told of where a pixel has it, not wherever a format could hold it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from uunet.opacity import opaque_or_told
from uunet.video import RawReader
from uunet.video.formats import TRANSPARENCY


def gif(path: Path, clear: int) -> Path:
    """Three frames on the move; the last `clear` of them have a hole."""
    colours = np.full((256, 4), 255, np.uint8)
    colours[0] = 0  # alpha too: whoever has index 0 is clear
    with av.open(str(path), "w") as output:
        stream = output.add_stream("gif", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width = stream.height = 32
        stream.pix_fmt = "pal8"
        for k in range(3):
            indices = np.full((32, 32), 10 + k, np.uint8)
            indices[8:16, 8:16] = 0 if k >= 3 - clear else 20
            frame = av.VideoFrame.from_ndarray((indices, colours), format="pal8")  # type: ignore[arg-type]
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def png(path: Path, alpha: int) -> Path:
    image = np.full((16, 16, 4), 255, np.uint8)
    image[3, 3, 3] = alpha
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as output:
        stream = output.add_stream("png", rate=1)
        assert isinstance(stream, VideoStream)
        stream.width = stream.height = 16
        stream.pix_fmt = "rgba"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgba")))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("clear", "told"), [(0, False), (3, True)])
def test_a_gif(tmp_path: Path, clear: int, told: bool) -> None:
    with RawReader(gif(tmp_path / "x.gif", clear)) as reader:
        assert TRANSPARENCY in reader.info.notes
        assert (TRANSPARENCY in opaque_or_told(reader.info)) is told


@pytest.mark.parametrize(("alpha", "told"), [(255, False), (254, True)])
def test_a_picture(tmp_path: Path, alpha: int, told: bool) -> None:
    with RawReader(png(tmp_path / "x.png", alpha), codec="h264") as reader:
        notes = opaque_or_told(reader.info)
        assert (TRANSPARENCY in notes) is told
        assert len(notes) == len(reader.info.notes) - (not told) >= 1  # the others stay


def test_where_it_cannot_be_looked_at_it_is_told(tmp_path: Path) -> None:
    with RawReader(gif(tmp_path / "x.gif", 0)) as reader:
        (tmp_path / "x.gif").unlink()
        assert TRANSPARENCY in opaque_or_told(reader.info)
