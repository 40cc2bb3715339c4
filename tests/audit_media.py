"""A clip of two drawn people, published with those of them that are wanted. Helpers, no tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from cartoon import draw, street
from tiny_models import public_model
from uunet import Options, deidentify
from uunet.types import Detection, Picture

SIZE, FRAMES, HEIGHT = (320, 240), 6, 60


def places(frame: int) -> list[tuple[float, float]]:
    """Middles of the two faces in a frame: one walks, one stands."""
    return [(80.0 + frame, 90.0), (230.0, 110.0)]


def two_people(path: Path) -> Path:
    """Two drawn people, one of whom walks; 25 frames per second."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k in range(FRAMES):
            image = street(*SIZE)
            for x, y in places(k):
                draw(image, x, y, HEIGHT)
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.7), np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        output.mux(stream.encode(None))
    return path


def published(clip: Path, folder: Path, faces: Sequence[int]) -> Path:
    """The clip with these of its two faces replaced by their negatives."""
    listed: dict[str, list[list[float]]] = {}
    for k in range(FRAMES):
        boxes = [[x - 25, y - 32, x + 25, y + 34] for x, y in places(k)]
        listed[str(k)] = [boxes[i] for i in faces]
    content: dict[str, Any] = {"format": "uunet-boxes", "version": 1, "size": SIZE, "frames": listed}
    (folder / "boxes.json").write_text(json.dumps(content))
    target = folder / "public.mkv"
    options = Options(model=public_model(folder), seed=1, boxes=folder / "boxes.json")
    deidentify(clip, target, options)
    return target


class Told:
    """A detector that says what it was told, call by call: of an original picture, then of the public one."""

    def __init__(self, *calls: Sequence[Detection]) -> None:
        self._calls = list(calls)

    def detect(self, picture: Picture, index: int, rotation: int) -> list[Detection]:
        return list(self._calls.pop(0)) if self._calls else []
