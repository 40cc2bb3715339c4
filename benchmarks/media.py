"""The clip that the benchmarks of speed and memory measure on, made of the demo's material.

    python benchmarks/media.py clip.mp4 [--frames 200]

A 1280×720 lobby camera, 25 frames per second, H.264: two people walk and one waits, so that every frame shows
three faces, with camera noise and changing light. Longer clips go forwards and backwards, without cuts.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np

from uunet.demo import scene

FRAMES = 200
PEOPLE = (
    scene._Actor("hopper", (660, 625), (300, 310), (575, 582), (2.0, 1.0)),
    scene._Actor("collins", (1040, 930), (420, 500), (728, 770), (2.5, 2.0)),
    scene._Actor("hopper", (170, 330), (390, 470), (732, 795), (2.0, 3.0)),
)


def build(path: Path, frames: int = FRAMES) -> None:
    """Writes the clip, without sound; the same frames on every computer."""
    rng = np.random.default_rng(11)
    room = scene._lobby()
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", scene.RATE, options={"crf": "17", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = scene.WIDTH, scene.HEIGHT, "yuv420p"
        for i in range(frames):
            picture = _picture(room, 1 - abs(1 - i / FRAMES % 2), rng)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(video.encode(None))


def _picture(room: np.ndarray, t: float, rng: np.random.Generator) -> np.ndarray:
    picture = room.copy()
    for person in PEOPLE:
        scene._place(picture, person, t)
    picture *= 1 + 0.06 * np.sin(2 * np.pi * t)
    picture += rng.standard_normal(picture.shape, np.float32) * np.float32(2.2)
    return np.clip(picture, 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--frames", type=int, default=FRAMES)
    given = parser.parse_args()
    build(given.path, given.frames)


if __name__ == "__main__":
    main()
