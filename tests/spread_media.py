"""Small moving pictures for the tests of the `spread` carrier, and what encoders make of them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import av
import cv2
import numpy as np
import numpy.typing as npt

from uunet.types import Layout, Mark, Picture, Plane, PublicFrame

Luma = npt.NDArray[np.uint8]


def scene(count: int, size: tuple[int, int] = (320, 240), seed: int = 0, shift: float = 1.5) -> list[Luma]:
    """A textured wall, a lighter shape that walks across it, and sensor noise; shape (height, width) each."""
    width, height = size
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 190, (height // 24 + 2, width // 24 + 2)).astype(np.float32)
    fine = rng.uniform(-25, 25, (height // 3, width // 3)).astype(np.float32)
    wall = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + cv2.resize(fine, size)
    frames = []
    for k in range(count):
        picture = wall.copy()
        x = int(width * 0.1 + shift * k) % width
        picture[height // 3 : height // 3 * 2, x : x + width // 8] += 45
        picture += rng.normal(0, 1.5, picture.shape)
        frames.append(np.clip(picture, 16, 235).astype(np.uint8))
    return frames


def public(lumas: Sequence[Plane], depth: int = 8) -> list[PublicFrame]:
    """Public frames of one plane."""
    layout = Layout("gray" if depth == 8 else f"gray{depth}le", depth, 1, 1, False, False, "bt709")
    return [PublicFrame(Picture((luma,), layout), k, k) for k, luma in enumerate(lumas)]


def applied(mark: Mark, frames: Sequence[PublicFrame], attempt: int) -> list[PublicFrame]:
    """The frames with a mark, as the writer makes them."""
    depth = frames[0].picture.layout.depth if frames else 8
    change = mark.change((frame.picture.luma for frame in frames), depth, attempt)
    return [frame.with_picture(change(frame.picture)) for frame in frames]


def luma_of(frames: Iterable[PublicFrame]) -> list[Luma]:
    """The luma planes of 8-bit frames."""
    return [np.asarray(frame.picture.planes[0], np.uint8) for frame in frames]


def encoded(lumas: Sequence[Luma], codec: str = "libx264", scale: float = 1.0, **options: str) -> list[Luma]:
    """The luma planes after an encoder and its decoder."""
    buffer = io.BytesIO()
    height, width = lumas[0].shape
    size = (int(width * scale) // 2 * 2, int(height * scale) // 2 * 2)
    with av.open(buffer, "w", format="matroska") as out:
        stream = out.add_stream(codec, rate=25, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for k, luma in enumerate(lumas):
            grey = np.full((luma.shape[0] // 2, luma.shape[1]), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate([luma, grey]), "yuv420p")
            frame = frame if scale == 1 else frame.reformat(*size)
            frame.pts = k
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    buffer.seek(0)
    decoded = []
    with av.open(buffer, "r") as file:
        for frame in file.decode(video=0):
            yuv = frame.to_ndarray()
            decoded.append(np.ascontiguousarray(yuv[: frame.height], np.uint8))
    return decoded


def psnr(a: Sequence[Plane], b: Sequence[Plane], peak: int = 255) -> float:
    """Peak signal-to-noise ratio in dB over all frames."""
    error = np.mean([(x.astype(np.float64) - y) ** 2 for x, y in zip(a, b, strict=True)])
    return float(10 * np.log10(peak**2 / error))
