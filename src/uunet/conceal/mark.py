"""`SpreadMark`: the `spread` carrier as the writer of public video uses it, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from uunet.conceal import grid, spread
from uunet.conceal.grid import Thumbnail
from uunet.errors import MessageError
from uunet.types import FrameSize, Picture, Plane

_FIRST = 8  # decoded frames of a window that are read first, since decoding takes most of the time …
_CLEAR = 0.8  # … and share of MARGIN within which they must be: at crf 28 all together have had 1.16 × theirs


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
        self._rest: Thumbnail | None = None  # by which the mean of all frames differs from that of the first

    def change(self, lumas: Iterable[Plane], depth: int, attempt: int) -> Callable[[Picture], Picture]:
        """What the mark at strength number `attempt`, 0..attempts - 1, adds to each picture of the window.

        It may hold a weaker one of the same message already: the new one is what is read then.

        Raises:
            MessageError: no pictures, or pictures of another size.
        """
        every, seen = self._fitting(lumas), _Mean(depth)
        seen.add(islice(every, _FIRST))
        first = seen.thumbnail()
        seen.add(every)
        mean = seen.thumbnail()
        self._rest = mean - first if seen.count > _FIRST else None
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
        """Whether the message is read back from decoded luma planes with a margin for another encode.

        What an encoder does to the mean of the first frames it does to that of all, or less: where that
        leaves the message clear, the others, of whose pictures `change` knows the mean, need not be decoded.
        """
        every, seen = iter(lumas), _Mean()
        if self._rest is not None:
            seen.add(islice(every, _FIRST))
            if self._is_there(seen.thumbnail() + self._rest, _CLEAR * spread.MARGIN):
                return True
        seen.add(every)
        return self._is_there(seen.thumbnail(), spread.MARGIN)

    def _is_there(self, mean: Thumbnail, most: float) -> bool:
        reading = spread.reveal(mean, self._key)
        return reading is not None and reading.message == self._message and reading.error <= most


class _Mean:
    """What `mean_thumbnail` gives for the thumbnails of luma planes, but for rounding, for less work."""

    def __init__(self, depth: int = 8) -> None:
        self.count = 0
        self._depth = depth
        self._total: Any = None

    def add(self, lumas: Iterable[Plane]) -> None:
        """Takes planes of one size, none of which is kept."""
        for luma in lumas:
            if self._total is None:
                self._total = np.zeros(luma.shape, np.float32)
            cv2.accumulate(luma, self._total)  # whole numbers below 2**24: exact
            self.count += 1

    def thumbnail(self) -> Thumbnail:
        """Of all planes so far.

        Raises:
            MessageError: there are none.
        """
        if self._total is None:
            raise _nothing()
        return grid.thumbnail(self._total, self._depth) / np.float32(self.count)


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
        sum_: Any = cv2.add(plane, lighter)
        return np.asarray(cv2.subtract(sum_, darker, dst=sum_), np.uint8)
    change = (lighter.astype(np.int32) - darker) << (depth - 8)
    return np.clip(plane + change, 0, 2**depth - 1).astype(np.uint16)
