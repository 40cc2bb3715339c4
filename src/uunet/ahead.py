"""Work that goes on in a thread of its own, a little ahead of whoever uses what it makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from uunet.channel import Channel, Closed

S = TypeVar("S")
T = TypeVar("T")


class Ahead(Generic[S, T]):
    """What `make` makes of `items`, made in a thread of its own. Iterate once, inside `with`.

    The thread takes the next item as long as fewer than `room` of those it took are not `done`: that bounds
    memory. When it works does not change what it makes, nor the order.

    Args:
        make: turns what goes in into what comes out, one after the other, when it is asked for.
        items: what goes in. Nobody else may iterate them meanwhile.
        room: how many of them there may be at a time: more than `make` ever needs before it gives out what
            it makes of the first ones, or nobody can go on.
        name: of the thread.

    Raises:
        BaseException: from the iteration, what `make` or `items` failed with, after all that was made before.
    """

    def __init__(
        self, make: Callable[[Iterable[S]], Iterable[T]], items: Iterable[S], *, room: int, name: str
    ) -> None:
        self._make, self._items = make, items
        self._made: Channel[T] = Channel(room)  # never full: nothing is made of no item
        self._room = threading.Semaphore(room)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except BaseException:  # Ctrl-C: nobody else will end it
            self._made.abandon()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the thread, at the latest when it asks for its next item."""
        self._made.abandon()
        self._room.release()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                yield self._made.get()
            except Closed:
                return

    def done(self) -> None:
        """An item that went in is used up: there is room for another. Any thread may say so."""
        self._room.release()

    def _work(self) -> None:
        with self._made.feeding():
            for made in self._make(self._taken()):
                self._made.put(made)
                del made  # whoever gets it may let go of it

    def _taken(self) -> Iterator[S]:
        items = iter(self._items)
        while True:
            self._room.acquire()
            if not self._made.wanted():
                raise Closed
            try:
                item = next(items)
            except StopIteration:
                return
            yield item
            del item
