"""Real encoders in the training loop: what libx264, libx265 and SVT-AV1 do to a batch of regions."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

_GRID = 16  # the codecs' blocks; each region lies somewhere on their grid, with replicated pixels around it


@dataclass(frozen=True, slots=True)
class RealCodec:
    """An encoder with the settings that a publisher would choose.

    Attributes:
        encoder, decoder: FFmpeg's names.
        crf: range of its quality parameter, drawn uniformly.
        options: further options.
    """

    encoder: str
    decoder: str
    crf: tuple[int, int]
    options: tuple[tuple[str, str], ...]


X264 = RealCodec("libx264", "h264", (16, 28), (("preset", "veryfast"),))
X265 = RealCodec(
    "libx265", "hevc", (20, 30), (("preset", "ultrafast"), ("x265-params", "log-level=error:pools=none"))
)
AV1 = RealCodec("libsvtav1", "libdav1d", (25, 40), (("preset", "10"), ("svtav1-params", "lp=1")))

REAL = (X264, X264, X264, X265, X265, AV1)
"""H.264 is what most cameras and services speak, so it is drawn three times as often as AV1."""


def code_real(image: Tensor, codec: RealCodec, crf: int, rng: torch.Generator) -> Tensor:
    """Encode and decode a batch with a real encoder; the gradient passes straight through.

    The regions are laid out as tiles of one picture, each with an even offset of its own. Two
    pictures are encoded, the first with its tiles displaced by up to two pixels, and the second is returned:
    it is predicted from the first, as the pictures of a video are.

    Args:
        image: (B, 3, s, s), RGB in [0, 1].
        codec: which encoder.
        crf: its quality.
        rng: CPU generator of the offsets and displacements.

    Returns:
        (B, 3, s, s), RGB in [0, 1], rounded to 1/255.
    """
    count, side = image.shape[0], image.shape[-1]
    tile = side + (-side) % _GRID + 2 * _GRID
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    corners = (
        torch.randint(_GRID // 2, tile - side - _GRID // 2, (count, 2), generator=rng) // 2 * 2
    ).tolist()
    drift = torch.randint(-2, 3, (count, 2), generator=rng).tolist()
    shown = (image.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu()
    pictures = np.zeros((2, rows * tile, columns * tile, 3), np.uint8)
    for k, ((y, x), (dy, dx)) in enumerate(zip(corners, drift, strict=True)):
        padding = (x, tile - side - x, y, tile - side - y)
        padded = F.pad(shown[k][None].float(), padding, mode="replicate")[0].to(torch.uint8)
        top, left = k // columns * tile, k % columns * tile
        here = padded.permute(1, 2, 0).numpy()
        pictures[0, top : top + tile, left : left + tile] = np.roll(here, (dy, dx), (0, 1))
        pictures[1, top : top + tile, left : left + tile] = here
    coded = _round_trip(pictures, codec, crf)
    cut = np.stack(
        [
            coded[k // columns * tile + y :, k % columns * tile + x :][:side, :side]
            for k, (y, x) in enumerate(corners)
        ]
    )
    decoded = torch.from_numpy(cut).permute(0, 3, 1, 2).to(image) / 255
    return image + (decoded - image).detach()


def _round_trip(pictures: npt.NDArray[np.uint8], codec: RealCodec, crf: int) -> npt.NDArray[np.uint8]:
    """The last of some pictures (n, h, w, 3) after encoding and decoding them all."""
    os.environ.setdefault("SVT_LOG", "1")  # errors only: there is no option for it
    encoder: Any = av.CodecContext.create(codec.encoder, "w")
    encoder.height, encoder.width = pictures.shape[1:3]
    encoder.pix_fmt, encoder.time_base, encoder.thread_count = "yuv420p", Fraction(1, 25), 1
    encoder.options = {"crf": str(crf), **dict(codec.options)}
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder: Any = av.CodecContext.create(codec.decoder, "r")
    decoder.extradata = encoder.extradata
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    frames += decoder.decode(None)
    last: npt.NDArray[np.uint8] = max(frames, key=lambda frame: frame.pts).to_ndarray(format="rgb24")
    return last
