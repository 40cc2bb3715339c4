"""Runs of the command line, and small clips and images with a drawn face for them. Helpers, no tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream
from typer.testing import CliRunner

from cartoon import draw, street
from uunet.cli import app

Image = npt.NDArray[np.uint8]

_PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": None, "UUNET_DEBUG": None, "TTY_COMPATIBLE": None}


class Ran:
    """What a command left on the terminal; `traceback` says whether one has to be there."""

    def __init__(self, *arguments: object, traceback: bool = False) -> None:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=_PLAIN)
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert ("Traceback" in self.out + self.err) is traceback, self.err

    @property
    def json(self) -> Any:
        """The document on standard output."""
        return json.loads(self.out)

    def fails(self, code: int, *texts: str) -> None:
        """It ended with this code, one error and one hint that say these texts."""
        assert self.code == code, self.err
        assert self.err.count("error: ") == self.err.count("hint: ") == 1, self.err
        for text in texts:
            assert text in self.err, self.err


def face_image(index: int = 0, size: tuple[int, int] = (192, 144)) -> Image:
    """A drawn face that moves a little from frame to frame; B, G, R."""
    image = street(*size)
    draw(image, size[0] / 2 + index, size[1] / 2.4, size[1] / 2.5)
    noise = np.random.default_rng(index).integers(0, 5, image.shape, np.uint8)
    return np.asarray(cv2.add(cv2.GaussianBlur(image, (0, 0), 0.7), noise), np.uint8)


def face_clip(path: Path, frames: int = 5, size: tuple[int, int] = (192, 144), **setup: Any) -> Path:
    """A clip of `face_image`, 10 frames per second."""
    with av.open(str(path), "w") as output:
        output.metadata.update(setup.get("tags", {}))
        stream = output.add_stream("libx264", rate=10, options={"crf": "12", "preset": "ultrafast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(face_image(index, size), format="bgr24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def face_file(path: Path, size: tuple[int, int] = (192, 144)) -> Path:
    """An image of `face_image`; the suffix names its kind."""
    assert cv2.imwrite(str(path), face_image(0, size))
    return path
