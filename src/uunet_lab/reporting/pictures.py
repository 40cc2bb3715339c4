"""Pictures inside the page: figures as SVG, contact sheets as JPEG of a size that prints well."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from uunet_lab.measuring.errors import MeasuringError
from uunet_lab.paper.style import svg_of

_WIDEST = 1600  # pixels of a contact sheet: 8 inches at 200 dots each
_QUALITY = 88


def svg(draw: Callable[[], Figure], ready: Path | None = None) -> str:
    """A figure as the address of an image that lies in the page itself.

    Args:
        draw: draws it.
        ready: where it may lie drawn already.
    """
    if ready is not None and ready.is_file():
        return _address("image/svg+xml", ready.read_bytes())
    return _address("image/svg+xml", svg_of(draw))


def sheet(path: Path) -> str:
    """A contact sheet, reduced to at most _WIDEST pixels, as such an address.

    Raises:
        MeasuringError: it is no picture.
    """
    picture = cv2.imread(str(path))
    if picture is None:
        raise MeasuringError(f"{path} is no picture", "draw it again, or take it out of the folder")
    image: npt.NDArray[np.uint8] = np.asarray(picture, np.uint8)
    height, width = image.shape[:2]
    if width > _WIDEST:
        size = _WIDEST, round(height * _WIDEST / width)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return _address("image/jpeg", data.tobytes())


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
