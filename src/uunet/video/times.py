"""Times of frames, as far as files tell them."""

from __future__ import annotations

from collections.abc import Iterable


def rising(times: Iterable[int], last: int | None) -> tuple[int, ...]:
    """Times of frames in their order, each later than the one before: broken ones, and those that a container
    rounded to the same, come right after the one before.

    Args:
        times: in units of the stream's time base.
        last: of the frame before these; None if there is none.
    """
    risen: list[int] = []
    for time in times:
        last = time if last is None or time > last else last + 1
        risen.append(last)
    return tuple(risen)
