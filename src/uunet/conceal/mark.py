"""`SpreadMark`: the `spread` carrier as the writer of public video uses it, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.conceal import grid, spread
from uunet.conceal.grid import Thumbnail
from uunet.errors import MessageError
from uunet.types import FrameSize, Picture, Plane


class SpreadMark:
    """A message for one window's luma; a `types.Mark`.

    The same change is added to every frame of the window, so the mark costs an encoder little and the window
    must begin with a keyframe.
    """

    attempts: int = spread.STRENGTHS

    def __init__(self, message: bytes, key: bytes, size: FrameSize) -> None:
        """Prepare, without pixels.

        Args:
            message: at most `spread.CAPACITY` bytes; zero bytes at its end are not kept apart from filling.
            key: any bytes, the reader's too.
            size: (width, height) of the frames.

        Raises:
            MessageError: the message is too long or the frames are too small.
        """
        spread.check_size(size)
        self._message = message.ljust(spread.fitting_size(message), b"\x00")
        self._key = key
        self._size = size

    def change(self, lumas: Iterable[Plane], depth: int, attempt: int) -> Callable[[Picture], Picture]:
        """What the mark at strength number `attempt`, 0..attempts - 1, adds to each picture of the window.

        It may hold a weaker one of the same message already: the new one is what is read then.

        Raises:
            MessageError: no pictures, or pictures of another size.
        """
        mean = _thumbnail_of_mean(self._fitting(lumas), depth)
        change = spread.change_for(mean, self._message, self._key, attempt)
        full = spread.upsample(change, self._size)
        # whole numbers, held within bytes: copies in 32 bit would come when a window takes most memory
        lighter, darker = (
            np.asarray(cv2.addWeighted(full, sign, full, 0, 0, dtype=cv2.CV_8U), np.uint8) for sign in (1, -1)
        )
        return lambda picture: _add(picture, lighter, darker)

    def _fitting(self, lumas: Iterable[Plane]) -> Iterator[Plane]:
        for luma in lumas:
            if luma.shape[::-1] != self._size:
                raise MessageError(
                    "the frames have another size than the mark", "make one mark per picture size"
                )
            yield luma

    def survives(self, lumas: Iterable[npt.NDArray[np.uint8]]) -> bool:
        """Whether the message is read back from decoded luma planes with a margin for another encode."""
        reading = spread.reveal(_thumbnail_of_mean(lumas), self._key)
        return reading is not None and reading.message == self._message and reading.error <= spread.MARGIN


def _thumbnail_of_mean(lumas: Iterable[Plane], depth: int = 8) -> Thumbnail:
    """What `mean_thumbnail` gives for the thumbnails of these planes, but for rounding, for less work."""
    total: npt.NDArray[np.float32] | None = None
    count = 0
    for luma in lumas:
        if total is None:
            total = np.zeros(luma.shape, np.float32)
        cv2.accumulate(luma, total)  # whole numbers below 2**24: exact
        count += 1
    if total is None:
        raise _nothing()
    total /= np.float32(count)
    mean: Any = total  # resizing takes 32 bit like 8 and 16
    return grid.thumbnail(mean, depth)


def mean_thumbnail(thumbnails: Iterable[Thumbnail]) -> Thumbnail:
    """The mean of thumbnails.

    Raises:
        MessageError: there are none.
    """
    total = np.zeros((grid.HEIGHT, grid.WIDTH), np.float64)
    count = 0
    for picture in thumbnails:
        total += picture
        count += 1
    if not count:
        raise _nothing()
    return (total / count).astype(np.float32)


def _nothing() -> MessageError:
    return MessageError("no frames to carry a message", "hand over at least one frame")


def _add(picture: Picture, lighter: npt.NDArray[np.uint8], darker: npt.NDArray[np.uint8]) -> Picture:
    """The picture with a luma change in 8-bit steps, held inside the range of its samples."""
    depth = picture.layout.depth
    if picture.layout.matrix == "gbr":  # the same change of all three is that of the luma
        return Picture(tuple(_sum(plane, lighter, darker, depth) for plane in picture.planes), picture.layout)
    return Picture((_sum(picture.planes[0], lighter, darker, depth), *picture.planes[1:]), picture.layout)


def _sum(plane: Plane, lighter: npt.NDArray[np.uint8], darker: npt.NDArray[np.uint8], depth: int) -> Plane:
    if plane.dtype == np.uint8:  # saturating sums of bytes: 20 times faster than one of 8 and 16 bits
        return np.asarray(cv2.subtract(cv2.add(plane, lighter), darker), np.uint8)
    change = (lighter.astype(np.int32) - darker) << (depth - 8)
    return np.clip(plane + change, 0, 2**depth - 1).astype(np.uint16)
