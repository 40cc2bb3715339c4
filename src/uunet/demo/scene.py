"""The demo's clip: a lobby camera, two people who walk and turn, changing light, noise, and sound."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 25, 6
_SOUND_RATE = 48000


@dataclass(frozen=True, slots=True)
class _Actor:
    """A cut-out person. Positions and heights are in pixels of the scene, times in [0, 1].

    Attributes:
        name: of the portrait.
        path: x of the middle at begin and end.
        height: of the cut-out at begin and end.
        floor: y of the lower edge at begin and end.
        sway: of the head, in degrees, and how often.
    """

    name: str
    path: tuple[float, float]
    height: tuple[float, float]
    floor: tuple[float, float]
    sway: tuple[float, float]


_ACTORS = (
    _Actor("collins", (1010, 730), (430, 540), (728, 790), (2.5, 2.0)),
    _Actor("hopper", (170, 470), (390, 480), (732, 800), (2.0, 3.0)),
)


def _portrait(name: str) -> tuple[Image, npt.NDArray[np.float32]]:
    """BGR and alpha in [0, 1] of a cut-out."""
    folder = resources.files("uunet.demo") / "portraits"
    image, mask = (
        cv2.imdecode(np.frombuffer((folder / file).read_bytes(), np.uint8), flag)
        for file, flag in ((f"{name}.jpg", cv2.IMREAD_COLOR), (f"{name}-mask.png", cv2.IMREAD_GRAYSCALE))
    )
    return np.asarray(image, np.uint8), np.asarray(mask, np.float32) / np.float32(255)


def _lobby() -> npt.NDArray[np.float32]:
    """The empty room, BGR, float32 in 0..255."""
    rows = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    wall = np.array([176, 190, 196], np.float32) * (1.05 - 0.35 * rows) + np.zeros((1, WIDTH, 3), np.float32)
    room = np.clip(wall, 0, 255).astype(np.uint8)  # OpenCV writes text on 8 bits only
    horizon = 430
    floor = np.array([98, 112, 124], np.float32)
    fade = np.linspace(0.8, 1.3, HEIGHT - horizon, dtype=np.float32)[:, None, None]
    room[horizon:] = (floor * fade).astype(np.uint8)
    for i in range(-12, 13):  # tiles in perspective
        cv2.line(room, (640 + i * 34, horizon), (640 + i * 190, HEIGHT), (84, 96, 106), 2, cv2.LINE_AA)
    for depth in (0.04, 0.11, 0.21, 0.36, 0.58, 0.86):
        y = int(horizon + depth * (HEIGHT - horizon))
        cv2.line(room, (0, y), (WIDTH, y), (84, 96, 106), 2, cv2.LINE_AA)
    cv2.rectangle(room, (520, 150), (760, horizon), (92, 80, 66), -1)  # lift
    cv2.rectangle(room, (532, 162), (638, horizon), (168, 164, 156), -1)
    cv2.rectangle(room, (642, 162), (748, horizon), (160, 156, 148), -1)
    cv2.rectangle(room, (600, 110), (680, 138), (40, 42, 46), -1)
    cv2.putText(room, "07", (620, 133), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (60, 90, 235), 2, cv2.LINE_AA)
    cv2.rectangle(room, (60, 90), (330, 330), (206, 186, 150), -1)  # window
    cv2.rectangle(room, (60, 90), (330, 330), (70, 74, 80), 6)
    cv2.line(room, (195, 90), (195, 330), (70, 74, 80), 5)
    cv2.rectangle(room, (930, 120), (1180, 260), (64, 84, 120), -1)  # board
    for i, text in enumerate(("2  Registry", "3  Archive", "5  Laboratory")):
        cv2.putText(
            room, text, (952, 160 + 36 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (216, 220, 226), 1, cv2.LINE_AA
        )
    return np.asarray(cv2.GaussianBlur(room, (0, 0), 1.1), np.float32)


def _place(scene: npt.NDArray[np.float32], actor: _Actor, t: float) -> None:
    image, alpha = _portrait(actor.name)
    x, height, floor = (a + (b - a) * t for a, b in (actor.path, actor.height, actor.floor))
    scale = height / image.shape[0]
    x += 6 * np.sin(2 * np.pi * 3 * t)
    floor += 5 * abs(np.sin(2 * np.pi * 4 * t))
    matrix = cv2.getRotationMatrix2D(
        (image.shape[1] / 2, image.shape[0]), actor.sway[0] * np.sin(2 * np.pi * actor.sway[1] * t), scale
    )
    matrix[:, 2] += (x - image.shape[1] / 2, floor - image.shape[0])
    size, flag = (WIDTH, HEIGHT), cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    person = cv2.warpAffine(
        image.astype(np.float32), matrix, size, flags=flag, borderMode=cv2.BORDER_REPLICATE
    )
    cover = cv2.warpAffine(alpha, matrix, size, flags=flag)[..., None]
    scene += cover * (0.94 * person - scene)


def _frame(room: npt.NDArray[np.float32], t: float, rng: np.random.Generator) -> Image:
    scene = room.copy()
    for actor in _ACTORS:
        _place(scene, actor, t)
    columns = np.linspace(0, 1, WIDTH, dtype=np.float32)[None, :, None]
    cloud = 1 - 0.16 * np.exp(-(((columns - 1.4 * t + 0.2) / 0.25) ** 2))  # a shadow passes
    scene *= cloud * (1 + 0.06 * np.sin(2 * np.pi * t))
    scene += rng.normal(0, 2.2, scene.shape).astype(np.float32)
    return np.clip(scene, 0, 255).astype(np.uint8)


def _sound(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """The lift's chime over the hum of a room: (1, samples) in [-1, 1]."""
    t = np.arange(SECONDS * _SOUND_RATE) / _SOUND_RATE
    hum = 0.02 * np.sin(2 * np.pi * 100 * t) + rng.normal(0, 0.004, t.size)
    for start, pitch in ((1.0, 880.0), (1.35, 698.5)):
        rings = np.clip(t - start, 0, None)
        hum += (t >= start) * 0.25 * np.exp(-4 * rings) * np.sin(2 * np.pi * pitch * rings)
    return hum.astype(np.float32)[None]


def build(path: Path) -> None:
    """Write the clip, H.264 with AAC, tagged with a place and a device as a phone would (to be stripped).

    Args:
        path: an .mp4 that will be made.
    """
    rng = np.random.default_rng(7)
    room = _lobby()
    with av.open(str(path), "w") as container:
        container.metadata.update({"location": "+40.2850-007.5040/", "make": "Lobby", "model": "Camera 3"})
        video = container.add_stream("libx264", RATE, options={"crf": "17", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", _SOUND_RATE, layout="mono")
        total = RATE * SECONDS
        for i in range(total):
            frame = av.VideoFrame.from_ndarray(_frame(room, i / total, rng), "bgr24")
            container.mux(video.encode(frame))
        sound = _sound(rng)
        for begin in range(0, sound.shape[1], 1024):
            part = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[:, begin : begin + 1024]), "fltp", "mono"
            )
            part.sample_rate, part.pts, part.time_base = _SOUND_RATE, begin, Fraction(1, _SOUND_RATE)
            container.mux(audio.encode(part))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
