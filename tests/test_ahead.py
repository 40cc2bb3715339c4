"""Work ahead: in order, bounded, errors come through, and it ends when nobody wants more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from uunet.ahead import Ahead


class Maker:
    """Doubles numbers and counts; fails at `wrong`."""

    def __init__(self, wrong: int = -1) -> None:
        self.made = 0
        self.threads: set[str] = set()
        self._wrong = wrong

    def __call__(self, items: Iterable[int]) -> Iterator[int]:
        for item in items:
            if item == self._wrong:
                raise ArithmeticError(item)
            self.threads.add(threading.current_thread().name)
            self.made += 1
            yield 2 * item


def settled(maker: Maker) -> int:
    """How many were made once no more come."""
    before = -1
    while maker.made != before:
        before = maker.made
        time.sleep(0.1)
    return before


def nobody_left(name: str) -> bool:
    return all(thread.name != name for thread in threading.enumerate())


@pytest.mark.parametrize("room", [1, 2, 5])
def test_order_and_room(room: int) -> None:
    maker, came = Maker(), []
    with Ahead(maker, range(20), room=room, name="maker") as ahead:
        for number in ahead:
            came.append(number)
            if len(came) in (1, 7):
                assert settled(maker) == min(len(came) - 1 + room, 20)
            ahead.done()
    assert came == list(range(0, 40, 2))
    assert maker.threads == {"maker"} and nobody_left("maker")


def test_errors_come_after_what_was_made_before() -> None:
    came = []
    with pytest.raises(ArithmeticError), Ahead(Maker(3), range(9), room=2, name="maker") as ahead:
        for number in ahead:
            came.append(number)
            ahead.done()
    assert came == [0, 2, 4] and nobody_left("maker")


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_leaving_ends_the_thread_wherever_it_waits(taken: int) -> None:
    """For room (nothing is `done`), and in the middle of endless items that make nothing."""
    maker = Maker()
    with Ahead(maker, iter(int, 1), room=4, name="maker") as ahead:
        for _ in zip(range(taken), ahead, strict=False):
            pass
    assert nobody_left("maker") and maker.made <= 5

    def nothing(items: Iterable[int]) -> Iterator[int]:
        return (item for item in items if item)

    with pytest.raises(KeyboardInterrupt), Ahead(nothing, iter(int, 1), room=1, name="maker"):
        raise KeyboardInterrupt
    assert nobody_left("maker")


def test_what_was_taken_is_not_kept() -> None:
    """A window is 70 MB: nobody but the taker may hold it."""

    class Thing:
        alive = 0

        def __init__(self) -> None:
            Thing.alive += 1

        def __del__(self) -> None:
            Thing.alive -= 1

    with Ahead(lambda items: (Thing() for _ in items), range(3), room=1, name="maker") as ahead:
        things = iter(ahead)
        thing = next(things)
        time.sleep(0.1)
        assert Thing.alive == 1
        del thing
        assert Thing.alive == 0
