"""A drawn face that CenterFace takes for one, so that tests need no picture of anybody."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from uunet.types import Layout, Picture

YUV444 = Layout("yuv444p", 8, 1, 1, True, True, "bt601")
YUV420 = Layout("yuv420p", 8, 2, 2, True, True, "bt601")

Image = npt.NDArray[np.uint8]


def street(width: int, height: int) -> Image:
    """An empty grey-green background, B, G, R."""
    return np.full((height, width, 3), (120, 130, 120), np.uint8)


def draw(image: Image, cx: float, cy: float, height: float) -> None:
    """Draws head and shoulders whose face is about `height` pixels high, centred at (cx, cy)."""
    s = height / 100

    def at(x: float, y: float) -> tuple[int, int]:
        return round(cx + x * s), round(cy + y * s)

    def ellipse(x: float, y: float, a: float, b: float, colour: tuple[int, int, int]) -> None:
        axes = (max(int(a * s), 1), max(int(b * s), 1))
        cv2.ellipse(image, at(x, y), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

    ellipse(0, 120, 90, 70, (90, 60, 40))
    cv2.rectangle(image, at(-20, 30), at(20, 75), (120, 150, 200), -1)
    ellipse(0, -12, 48, 58, (25, 35, 45))
    ellipse(0, 0, 38, 52, (140, 170, 225))
    ellipse(0, -46, 34, 16, (25, 35, 45))
    for side in (-1, 1):
        ellipse(16 * side, -10, 8, 4.5, (235, 235, 235))
        ellipse(16 * side, -10, 4, 4, (40, 30, 30))
        ellipse(16 * side, -20, 10, 2.5, (35, 45, 60))
        ellipse(4 * side, 13, 2, 2, (80, 100, 150))
    ellipse(0, 5, 5, 12, (125, 155, 210))
    ellipse(0, 28, 14, 5, (90, 90, 190))


def picture(image: Image, layout: Layout = YUV444) -> Picture:
    """The image in planes, full range BT.601, with the layout's chroma grid and depth."""
    blurred = cv2.GaussianBlur(image, (0, 0), 0.7)
    planes = np.moveaxis(cv2.cvtColor(blurred, cv2.COLOR_BGR2YCrCb), 2, 0)[[0, 2, 1]]
    height, width = planes.shape[1:]
    chroma = (-(-width // layout.chroma_w), -(-height // layout.chroma_h))
    small = [cv2.resize(plane, chroma, interpolation=cv2.INTER_AREA) for plane in planes[1:]]
    shift = layout.depth - 8
    kind = np.uint8 if shift == 0 else np.uint16
    found = [plane.astype(kind) << shift for plane in ([planes[0], *small] if layout.colour else planes[:1])]
    return Picture(tuple(np.ascontiguousarray(plane) for plane in found), layout)
