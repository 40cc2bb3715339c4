"""A clip, its boxes and exact models, and what published files say: for tests of the whole program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tiny_models import PAIR, private_model, public_model
from uunet.hiding import reveal
from uunet.job import Options
from uunet.listening import Revealed
from uunet.video import Codec, EncodeSettings, PublicReader, RawReader
from video_media import make_video


def boxes_file(path: Path, size: tuple[int, int], frames: int, small: bool = False) -> Path:
    """A face that walks, in every frame from the third on, and a tiny one if `small`."""
    listed: dict[str, list[list[float]]] = {"0": [], "1": []}
    for k in range(2, frames):
        listed[str(k)] = [[40.0 + k, 30, 70 + k, 68]] + ([[5.0, 5, 8, 9]] if small else [])
    content = {"format": "uunet-boxes", "version": 1, "size": list(size), "frames": listed}
    path.write_text(json.dumps(content))
    return path


class Kit:
    """A clip with sound, its boxes, and a pair of exact models."""

    def __init__(self, folder: Path, frames: int = 60, **how: Any) -> None:
        self.folder = folder
        self.size = how.pop("size", (192, 144))
        name = how.pop("name", "camera.mp4")
        self.source = make_video(folder / name, frames=frames, size=self.size, options={"crf": "12"}, **how)
        self.boxes = boxes_file(folder / "boxes.json", self.size, frames)
        self.public, self.private = public_model(folder), private_model(folder)

    def options(self, codec: Codec = "h264", **other: Any) -> Options:
        settings = EncodeSettings(codec)
        return Options(**{"model": self.public, "encode": settings, "seed": 1, "boxes": self.boxes, **other})


def lumas(path: Path) -> list[np.ndarray[Any, np.dtype[np.int16]]]:
    with RawReader(path) as reader:
        return [frame.picture.planes[0].astype(np.int16) for frame in reader]


def read(path: Path, pair: str = PAIR) -> list[Revealed]:
    with PublicReader(path) as reader:
        return [found for group in reveal(reader, pair) for found in group]
