"""A bounded queue between two threads that carries errors across and can be shut from either side."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):  # noqa: N818 (a signal between two threads, not an error)
    """The other side is gone: nothing more will come, or nothing more is wanted."""


class Channel(Generic[T]):
    """One thread puts, another gets. At most `room` items wait in between when `put` returns."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[T] = deque()
        self._condition = threading.Condition()
        self._finished = False  # nothing more will be put
        self._abandoned = False  # nothing more will be got
        self._error: BaseException | None = None

    def put(self, item: T) -> None:
        """Hands an item over; returns once no more than `room` wait (0: once this one has been got).

        Raises:
            Closed: the getter has gone.
            BaseException: what the getter failed with (see `abandon`).
        """
        with self._condition:
            self._items.append(item)
            self._condition.notify_all()
            self._condition.wait_for(lambda: len(self._items) <= self._room or self._abandoned)
            if self._abandoned:
                raise self._error or Closed

    def get(self) -> T:
        """Waits for the next item.

        Raises:
            Closed: all items have been got.
            BaseException: what the putter failed with (see `finish`), after the items before it.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._items or self._finished or self._abandoned)
            if self._items and not self._abandoned:
                item = self._items.popleft()
                self._condition.notify_all()
                return item
            raise self._error or Closed

    @contextmanager
    def feeding(self) -> Iterator[None]:
        """What a putter's thread does, whole: its end finishes the channel, its error is carried across.

        A getter that has gone ends the block quietly.
        """
        try:
            yield
        except Closed:
            return
        except BaseException as error:  # noqa: BLE001 (carried to the thread that gets)
            self.finish(error)
        else:
            self.finish()

    def wanted(self) -> bool:
        """Whether the getter is still there."""
        with self._condition:
            return not self._abandoned

    def check(self) -> None:
        """Raises what either side failed with, if any did."""
        with self._condition:
            if self._error is not None:
                raise self._error

    def finish(self, error: BaseException | None = None) -> None:
        """The putter has no more, because of `error` if given."""
        with self._condition:
            self._finished = True
            self._error = self._error or error
            self._condition.notify_all()

    def abandon(self, error: BaseException | None = None) -> None:
        """The getter wants no more, because of `error` if given; what waits is thrown away."""
        with self._condition:
            self._abandoned = True
            self._error = self._error or error
            self._items.clear()
            self._condition.notify_all()
